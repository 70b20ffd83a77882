import { readFileSync } from 'node:fs';

export interface MarkdownBlock {
  file: string;
  /** Line of the fence, from 1. */
  line: number;
  language: string;
  /** What stands behind the language: `run`, `slowlane`, `file=a/b.ts`. */
  marker: string;
  text: string;
}

export interface MarkdownPage {
  file: string;
  blocks: MarkdownBlock[];
  /** Outside of blocks. */
  links: { target: string; line: number }[];
  inlineCode: { text: string; line: number }[];
  /** What `#…` may name, as GitHub makes it of headings. */
  anchors: Set<string>;
}

/** The parts of a page that can be true or false. */
export function readMarkdown(file: string): MarkdownPage {
  const page: MarkdownPage = { file, blocks: [], links: [], inlineCode: [], anchors: new Set() };
  let open: MarkdownBlock | undefined;
  for (const [index, text] of readFileSync(file, 'utf8').split('\n').entries()) {
    const line = index + 1;
    const fence = /^\s*```(\S*)\s*(.*)$/.exec(text);
    if (fence === null) {
      if (open === undefined) readLine(page, text, line);
      else open.text += `${text}\n`;
    } else if (open === undefined) {
      open = { file, line, language: fence[1] as string, marker: (fence[2] as string).trim(), text: '' };
    } else {
      page.blocks.push(open);
      open = undefined;
    }
  }
  return page;
}

function readLine(page: MarkdownPage, text: string, line: number): void {
  const heading = /^#+ (.*)$/.exec(text);
  if (heading !== null) page.anchors.add(anchorOf(heading[1] as string));
  for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) page.links.push({ target: target as string, line });
  for (const [, code] of text.matchAll(/`([^`]+)`/g))
    page.inlineCode.push({ text: (code as string).replaceAll('\\|', '|'), line });
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
