import { digestOf } from '@slowlane/artifacts';
import { type BlobStore, type Logger, SlowLaneError } from '@slowlane/contracts';
import type { Depot, Order, Taken } from './depot.ts';
import type { FileIndex } from './file-index.ts';
import { type GatewayPath, normaliseProject } from './gateway-path.ts';
import type { GatewayLimits } from './limits.ts';
import { createParsedFiles, type SmallOrder } from './read-whole.ts';
import { SimpleProject, type FileRecord } from './schema.ts';
import { parseSimpleHtml, renderSimpleHtml } from './simple-html.ts';
import type { UpstreamBase } from './upstream.ts';

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';
const ACCEPT = `${JSON_TYPE}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1`;
/** Parsed indexes that are kept: pip asks for a project's page once and then for its files. */
const MAX_PARSED = 64;

type ProjectPath = Extract<GatewayPath, { kind: 'pypi-project' }>;
type FilePath = Extract<GatewayPath, { kind: 'pypi-file' }>;
type SimpleFile = SimpleProject['files'][number];

/** A page that was made here. */
export interface Page {
  body: Buffer;
  contentType: string;
  digest: string;
}

export interface Pypi {
  /** The project's page with its files' addresses pointing at the gateway, as JSON or HTML. `undefined`: no such project. */
  page(path: ProjectPath, base: UpstreamBase, client: { accept: string; mountPath: string }): Promise<Page | undefined>;
  /** A file, or the metadata beside a wheel, by the sha256 of the file. */
  file(path: FilePath, base: UpstreamBase): Promise<Taken | undefined>;
}

export interface PypiOptions {
  depot: Depot;
  index: FileIndex;
  blobs: BlobStore;
  limits: GatewayLimits;
  logger: Logger;
}

export function createPypi(options: PypiOptions): Pypi {
  const read = createParsedFiles<SimpleFile[]>(options.depot, options.blobs, MAX_PARSED);
  const filesOf = (project: string, base: UpstreamBase): Promise<SimpleFile[] | undefined> =>
    read(projectOrder(project, base, options.limits), (bytes, record) =>
      parse(bytes.toString('utf8'), record, new URL(`${project}/`, base.url)),
    );

  return {
    async page({ project, registry }, base, { accept, mountPath }) {
      const files = await filesOf(project, base);
      if (files === undefined) return undefined;
      return renderPage(
        project,
        files.map((file) => rewritten(file, `${mountPath}/${registry}`)),
        accept,
      );
    },
    async file(path, base) {
      const file = await findFile(path, (project) => filesOf(project, base));
      const order = file === undefined ? undefined : fileOrder(path, base, file);
      if (order === undefined) return undefined;
      if (!path.isMetadata) await checkPin(options, path);
      return options.depot.take(order, true);
    },
  };
}

function projectOrder(project: string, base: UpstreamBase, limits: GatewayLimits): SmallOrder {
  return {
    path: `/${base.registry}/simple/${project}/`,
    base,
    url: new URL(`${project}/`, base.url),
    immutable: false,
    accept: ACCEPT,
    maxBytes: limits.maxIndexBytes,
  };
}

function parse(text: string, record: FileRecord, pageUrl: URL): SimpleFile[] {
  const files =
    record.contentType?.includes('json') === true ? parseJson(text, pageUrl) : parseSimpleHtml(text, pageUrl);
  return files.flatMap((file) => {
    const isUsable =
      isSha256(file.hashes['sha256']) &&
      /^[A-Za-z0-9._+!-]{1,250}$/.test(file.filename) &&
      URL.canParse(file.url, pageUrl.href);
    return isUsable ? [{ ...file, url: new URL(file.url, pageUrl).href }] : [];
  });
}

function isSha256(text: string | undefined): boolean {
  return text !== undefined && /^[0-9a-f]{64}$/.test(text);
}

function parseJson(text: string, pageUrl: URL): SimpleFile[] {
  try {
    return SimpleProject.parse(JSON.parse(text)).files;
  } catch (error) {
    throw new SlowLaneError('gateway.upstream', `${pageUrl.href}: the index cannot be read`, { cause: error });
  }
}

/** The file with its address at the gateway; metadata is offered only where it can be checked. */
function rewritten(file: SimpleFile, mount: string): SimpleFile {
  const sha256 = file.hashes['sha256'] as string;
  const metadata = metadataSha256(file);
  const offered =
    metadata === undefined ? {} : { 'core-metadata': { sha256: metadata }, 'dist-info-metadata': { sha256: metadata } };
  return {
    filename: file.filename,
    url: `${mount}/files/${sha256}/${encodeURIComponent(file.filename)}`,
    hashes: { sha256 },
    ...(file['requires-python'] == null ? {} : { 'requires-python': file['requires-python'] }),
    ...(file.size == null ? {} : { size: file.size }),
    ...(file['upload-time'] == null ? {} : { 'upload-time': file['upload-time'] }),
    yanked: file.yanked ?? false,
    ...offered,
  };
}

function metadataSha256(file: SimpleFile): string | undefined {
  const metadata = file['core-metadata'] ?? file['dist-info-metadata'];
  const sha256 = typeof metadata === 'object' && metadata !== null ? metadata['sha256'] : undefined;
  return isSha256(sha256) ? sha256 : undefined;
}

function renderPage(project: string, files: SimpleFile[], accept: string): Page {
  const asJson = accept.includes(JSON_TYPE) || accept.includes('application/vnd.pypi.simple.latest+json');
  const body = Buffer.from(
    asJson
      ? JSON.stringify({ meta: { 'api-version': '1.0' }, name: project, files })
      : renderSimpleHtml(project, files),
  );
  return { body, contentType: asJson ? JSON_TYPE : 'text/html; charset=utf-8', digest: digestOf(body) };
}

/**
 * The index entry of a file. Its project is read off its name, because after a restart nobody has asked for the page: names of source
 * archives have dashes in the project too, so each beginning is tried, the longest first.
 */
async function findFile(
  path: FilePath,
  filesOf: (project: string) => Promise<SimpleFile[] | undefined>,
): Promise<SimpleFile | undefined> {
  for (const project of projectsOf(path.fileName)) {
    const file = (await filesOf(project))?.find(
      (candidate) => candidate.filename === path.fileName && candidate.hashes['sha256'] === path.sha256,
    );
    if (file !== undefined) return file;
  }
  return undefined;
}

export function projectsOf(fileName: string): string[] {
  const parts = fileName.split('-');
  if (fileName.endsWith('.whl')) return [normaliseProject(parts[0] as string)];
  const beginnings = parts.slice(0, -1).map((_, index) => normaliseProject(parts.slice(0, index + 1).join('-')));
  return beginnings.reverse().slice(0, 8);
}

function fileOrder(path: FilePath, base: UpstreamBase, file: SimpleFile): Order | undefined {
  const sha256 = path.isMetadata ? metadataSha256(file) : path.sha256;
  if (sha256 === undefined) return undefined;
  const url = new URL(file.url);
  if (path.isMetadata) url.pathname += '.metadata';
  if (url.protocol !== 'https:' && url.protocol !== base.url.protocol) return undefined;
  // The index names the hosts of its files; it was read from the upstream itself, and the bytes must have the digest it gives.
  return {
    path: path.path,
    base: { ...base, hosts: new Set([...base.hosts, url.host]) },
    url,
    immutable: true,
    expected: { kind: 'sha256', sum: sha256 },
  };
}

/** A file name stands for one content for ever: another digest under a name that was served before is an alarm. */
async function checkPin(options: PypiOptions, path: FilePath): Promise<void> {
  const pinPath = `/${path.registry}/pins/${path.fileName}`;
  const digest = `sha256:${path.sha256}`;
  const pin = await options.index.get(pinPath);
  if (pin === undefined) {
    await options.index.put({ path: pinPath, digest, size: 0, immutable: true, checked: 'sha256', fetchedAt: 0 });
  } else if (pin.digest !== digest) {
    options.logger.error(
      { path: path.path, before: pin.digest },
      'ALARM: a registry served other bytes than it should',
    );
    throw new SlowLaneError('gateway.mismatch', `${path.fileName}: it was ${pin.digest} before and is ${digest} now`);
  }
}
