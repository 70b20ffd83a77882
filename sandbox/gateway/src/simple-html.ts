import type { SimpleProject } from './schema.ts';

type SimpleFile = SimpleProject['files'][number];

/** Files of a PEP 503 page. Links without a sha256 cannot be checked and are left out. */
export function parseSimpleHtml(html: string, pageUrl: URL): SimpleFile[] {
  const files: SimpleFile[] = [];
  for (const anchor of html.matchAll(/<a\s([^>]{1,4000})>([^<]{1,500})<\/a\s*>/gi)) {
    const attributes = readAttributes(anchor[1] as string);
    const href = attributes.get('href');
    if (href === undefined || !URL.canParse(href, pageUrl.href)) continue;
    const url = new URL(href, pageUrl);
    const sha256 = /(?:^#|&)sha256=([0-9a-f]{64})\b/i.exec(url.hash)?.[1]?.toLowerCase();
    if (sha256 === undefined) continue;
    url.hash = '';
    const yanked = attributes.get('data-yanked');
    files.push({
      filename: unescaped(anchor[2] as string).trim(),
      url: url.href,
      hashes: { sha256 },
      'requires-python': attributes.get('data-requires-python'),
      'core-metadata': metadataHash(attributes.get('data-core-metadata') ?? attributes.get('data-dist-info-metadata')),
      ...(yanked === undefined ? {} : { yanked: yanked === '' ? true : yanked }),
    });
  }
  return files;
}

/** A PEP 503 page for tools that do not ask for JSON. */
export function renderSimpleHtml(project: string, files: readonly SimpleFile[]): string {
  const links = files.map(
    (file) =>
      `<a href="${escaped(`${file.url}#sha256=${file.hashes['sha256']}`)}"${dataOf(file)}>${escaped(file.filename)}</a><br>`,
  );
  return `<!DOCTYPE html>\n<html><head><meta name="pypi:repository-version" content="1.0"><title>${escaped(project)}</title></head><body>\n${links.join('\n')}\n</body></html>\n`;
}

function dataOf(file: SimpleFile): string {
  const metadata = file['core-metadata'];
  const hash = typeof metadata === 'object' && metadata !== null ? `sha256=${metadata['sha256']}` : undefined;
  return [
    ['data-requires-python', file['requires-python'] ?? undefined],
    ['data-core-metadata', hash],
    ['data-dist-info-metadata', hash],
    ['data-yanked', file.yanked === true ? '' : file.yanked === false ? undefined : file.yanked],
  ]
    .map(([name, value]) => (value === undefined ? '' : ` ${name}="${escaped(value)}"`))
    .join('');
}

function metadataHash(text: string | undefined): Record<string, string> | undefined {
  const sha256 = /^sha256=([0-9a-f]{64})$/i.exec(text ?? '')?.[1];
  return sha256 === undefined ? undefined : { sha256: sha256.toLowerCase() };
}

function readAttributes(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name, double, single] of text.matchAll(/([a-z-]{1,60})\s*=\s*(?:"([^"]*)"|'([^']*)')/gi)) {
    attributes.set((name as string).toLowerCase(), unescaped(double ?? single ?? ''));
  }
  return attributes;
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d{1,6})|#x([0-9a-f]{1,5})|([a-z]{2,4}));/gi, (all, decimal, hex, name) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hex !== undefined) return String.fromCodePoint(parseInt(hex as string, 16));
    return entities[(name as string).toLowerCase()] ?? (all as string);
  });
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
