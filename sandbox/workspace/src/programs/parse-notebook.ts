import { splitSql } from './split-sql.ts';

export const notebookLanguages = ['python', 'scala', 'r', 'sql'] as const;
export type NotebookLanguage = (typeof notebookLanguages)[number];

/** What a cell is: code of a language, or a magic that the notebook's kernel carries out. `unknown` fails when it is reached. */
export type CellKind = NotebookLanguage | 'md' | 'run' | 'sh' | 'pip' | 'fs' | 'unknown';

export interface NotebookCell {
  kind: CellKind;
  /** The code without its magic; for `run`, `fs` and `pip` the rest of the magic's line. */
  source: string;
  title?: string;
  /** Of a SQL cell. */
  statements?: string[];
}

export interface Notebook {
  language: NotebookLanguage;
  cells: NotebookCell[];
}

/** The word as a language, whatever its case. */
export function asLanguage(word: string | undefined): NotebookLanguage | undefined {
  return notebookLanguages.find((language) => language === word?.toLowerCase());
}

const comments: Record<NotebookLanguage, string> = { python: '#', r: '#', scala: '//', sql: '--' };
const headText = 'Databricks notebook source';

/**
 * The language that the first line of a text says, if it is a notebook in source format. Python and R share their sign for comments:
 * then a name or a setting must tell, and Python stands where none does.
 */
export function sourceLanguage(text: string): 'python' | 'scala' | 'sql' | undefined {
  const head = (/^\uFEFF?([^\r\n]*)/.exec(text)?.[1] ?? '').trimEnd();
  return (['python', 'scala', 'sql'] as const).find((language) => head === `${comments[language]} ${headText}`);
}

/** The cells of a notebook in source format. `language` must be the one whose comments it is written in. */
export function parseSource(text: string, language: NotebookLanguage): Notebook {
  const sign = comments[language];
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines[0]?.trimEnd() === `${sign} ${headText}`) lines.shift();
  const cells: string[][] = [[]];
  for (const line of lines) {
    if (new RegExp(`^${sign} COMMAND -{3,}\\s*$`).test(line)) cells.push([]);
    else (cells.at(-1) as string[]).push(line);
  }
  return { language, cells: cells.map((cell) => sourceCell(cell, sign, language)).filter(isFull) };
}

/** The cells of a Jupyter notebook (nbformat 4). Throws with the reason where the text is none. */
export function parseJupyter(text: string): Notebook {
  const root = parseJson(text) as {
    cells?: unknown;
    metadata?: Record<string, { language?: unknown; name?: unknown } | undefined>;
  };
  if (!Array.isArray(root?.cells)) throw new Error('it has no list of cells');
  const language = jupyterLanguage(root.metadata ?? {});
  const cells = root.cells.map((cell: { cell_type?: unknown; source?: unknown }): NotebookCell => {
    const source = Array.isArray(cell?.source) ? cell.source.join('') : String(cell?.source ?? '');
    if (cell?.cell_type === 'markdown') return { kind: 'md', source };
    return cell?.cell_type === 'code' ? magicCell(source, language) : { kind: 'md', source: '' };
  });
  return { language, cells: cells.filter(isFull) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
}

function jupyterLanguage(
  metadata: Record<string, { language?: unknown; name?: unknown } | undefined>,
): NotebookLanguage {
  const named = [
    metadata['application/vnd.databricks.v1+notebook']?.language,
    metadata['kernelspec']?.language,
    metadata['language_info']?.name,
  ];
  const word = named.find((name) => typeof name === 'string') ?? 'python';
  const language = notebookLanguages.find((one) => one === String(word).toLowerCase());
  if (language === undefined)
    throw new Error(`its language '${String(word)}' is none of ${notebookLanguages.join(', ')}`);
  return language;
}

function sourceCell(lines: string[], sign: string, language: NotebookLanguage): NotebookCell {
  const title = lines
    .map((line) => new RegExp(`^${sign} DBTITLE \\d+,(.*)$`).exec(line)?.[1])
    .find((text) => text !== undefined);
  const body = lines.filter((line) => !line.startsWith(`${sign} DBTITLE `));
  const isMagic = body.some((line) => isMagicLine(line, sign));
  const text = isMagic
    ? body
        .filter((line) => isMagicLine(line, sign))
        .map((line) => line.slice(sign.length + ' MAGIC'.length).replace(/^ /, ''))
    : body;
  const cell = isMagic ? magicCell(text.join('\n'), language) : codeCell(language, text.join('\n'));
  return title === undefined ? cell : { ...cell, title };
}

function isMagicLine(line: string, sign: string): boolean {
  return line === `${sign} MAGIC` || line.startsWith(`${sign} MAGIC `);
}

const magics: Record<string, CellKind> = {
  python: 'python',
  scala: 'scala',
  r: 'r',
  sql: 'sql',
  md: 'md',
  'md-sandbox': 'md',
  run: 'run',
  sh: 'sh',
  pip: 'pip',
  fs: 'fs',
};

function magicCell(text: string, language: NotebookLanguage): NotebookCell {
  const match = /^\s*%([A-Za-z-]+)[ \t]*([^]*)$/.exec(text);
  if (match === null) return codeCell(language, text);
  const [, name, rest] = match as unknown as [string, string, string];
  const kind = Object.hasOwn(magics, name) ? (magics[name] as CellKind) : 'unknown';
  return kind === 'unknown' ? { kind, source: `%${name}` } : codeCell(kind, rest);
}

function codeCell(kind: CellKind, text: string): NotebookCell {
  const source = text.replace(/^(?:[ \t]*\n)+/, '').trimEnd();
  return kind === 'sql' ? { kind, source, statements: splitSql(source) } : { kind, source };
}

function isFull(cell: NotebookCell): boolean {
  return cell.source.trim() !== '';
}
