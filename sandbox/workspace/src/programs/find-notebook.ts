import { openFile } from '../files/safe-folder.ts';
import { shownPath } from '../objects/object-path.ts';
import {
  asLanguage,
  type Notebook,
  type NotebookLanguage,
  parseJupyter,
  parseSource,
  sourceLanguage,
} from './parse-notebook.ts';

const extensions: Record<string, NotebookLanguage> = { py: 'python', scala: 'scala', sql: 'sql', r: 'r' };
const suffixes = ['', '.py', '.ipynb', '.sql', '.scala', '.r', '.R'];
const maxBytes = 10 * 1_024 * 1_024;

type LanguageOf = ((path: string) => string | undefined) | undefined;

/** The notebook at a path of the workspace, with or without its extension; a text says why it cannot be read; `undefined` when there is none. */
export async function findNotebook(
  root: string,
  names: readonly string[],
  languageOf?: LanguageOf,
): Promise<{ names: string[]; notebook: Notebook } | string | undefined> {
  for (const suffix of suffixes) {
    const full = [...names.slice(0, -1), `${names.at(-1)}${suffix}`];
    const content = await readWhole(root, full);
    if (content === undefined || (!isNotebook(full, content) && languageOf?.(shownPath(full)) === undefined)) continue;
    const notebook = readNotebook(full, content, languageOf);
    return typeof notebook === 'string' ? notebook : { names: full, notebook };
  }
  return undefined;
}

/** By its first line, or as Jupyter's JSON. */
export function isNotebook(names: readonly string[], content: Buffer): boolean {
  if (sourceLanguage(content.subarray(0, 200).toString('utf8')) !== undefined) return true;
  return isJupyter(names, content);
}

function isJupyter(names: readonly string[], content: Buffer): boolean {
  if ((names.at(-1) as string).endsWith('.ipynb')) return true;
  return content[0] === 0x7b && content.includes('"nbformat"');
}

export function readNotebook(names: readonly string[], content: Buffer, languageOf?: LanguageOf): Notebook | string {
  const text = content.toString('utf8');
  if (isJupyter(names, content)) {
    try {
      return parseJupyter(text);
    } catch (error) {
      return `The notebook ${shownPath(names)} cannot be read: ${(error as Error).message}.`;
    }
  }
  return parseSource(text, languageFor(names, text, languageOf));
}

/** What it was imported as, else its extension, else its first line, in which Python and R look the same. */
function languageFor(names: readonly string[], text: string, languageOf: LanguageOf): NotebookLanguage {
  const extension = /\.([A-Za-z]+)$/.exec(names.at(-1) as string)?.[1]?.toLowerCase() ?? '';
  const said = sourceLanguage(text);
  const named = asLanguage(languageOf?.(shownPath(names))) ?? extensions[extension];
  return named ?? said ?? 'python';
}

async function readWhole(root: string, names: readonly string[]): Promise<Buffer | undefined> {
  const opened = await openFile(root, names);
  if (opened === undefined) return undefined;
  try {
    return opened.stats.size > maxBytes ? undefined : await opened.handle.readFile();
  } finally {
    await opened.handle.close();
  }
}
