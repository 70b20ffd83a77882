import { invalidParameter } from '../http/api-error.ts';
import type { ObjectLanguage } from './notebook-store.ts';
import { JupyterNotebook } from './schema.ts';

const signs: Record<ObjectLanguage, string> = { PYTHON: '#', R: '#', SCALA: '//', SQL: '--' };
const byExtension: Record<string, ObjectLanguage> = { '.py': 'PYTHON', '.r': 'R', '.scala': 'SCALA', '.sql': 'SQL' };
export const extensions: Record<ObjectLanguage, string> = { PYTHON: 'py', R: 'r', SCALA: 'scala', SQL: 'sql' };

/** The language of a file that is a notebook in source format: by its extension, if its first line says so. */
export function languageOfSource(name: string, content: Buffer): ObjectLanguage | undefined {
  const language = byExtension[/\.[A-Za-z]+$/.exec(name)?.[0].toLowerCase() ?? ''];
  return language !== undefined && hasHead(content.subarray(0, 200).toString('utf8'), language) ? language : undefined;
}

/** The text with the first line that makes it a notebook. */
export function withHead(text: string, language: ObjectLanguage): string {
  return hasHead(text, language) ? text : `${signs[language]} Databricks notebook source\n${text}`;
}

function hasHead(text: string, language: ObjectLanguage): boolean {
  return (
    text
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/, 1)[0]
      ?.trimEnd() === `${signs[language]} Databricks notebook source`
  );
}

/** A Jupyter notebook (nbformat 4) in source format. 400 for what is none, or for a language that notebooks do not have. */
export function sourceOfJupyter(content: Buffer, given?: ObjectLanguage): { language: ObjectLanguage; text: string } {
  const notebook = parseJupyter(content);
  const named = notebook.metadata.language_info?.name ?? notebook.metadata.kernelspec?.language ?? 'python';
  const language =
    given ?? (Object.hasOwn(signs, named.toUpperCase()) ? (named.toUpperCase() as ObjectLanguage) : undefined);
  if (language === undefined)
    throw invalidParameter(`The notebook's language '${named.slice(0, 40)}' is not supported.`);
  const sign = signs[language];
  const cells = notebook.cells.map(({ cell_type, source }) => {
    const text = typeof source === 'string' ? source : source.join('');
    const isMagic = cell_type === 'code' && text.startsWith('%');
    if (cell_type === 'code' && !isMagic) return text;
    const lines = (isMagic ? text : `%md\n${text}`).split('\n');
    return lines.map((line) => `${sign} MAGIC ${line}`).join('\n');
  });
  return {
    language,
    text: `${sign} Databricks notebook source\n${cells.join(`\n\n${sign} COMMAND ----------\n\n`)}\n`,
  };
}

function parseJupyter(content: Buffer): JupyterNotebook {
  let value: unknown;
  try {
    value = JSON.parse(content.toString('utf8'));
  } catch {
    throw invalidParameter('The content is not a Jupyter notebook: it is not JSON.');
  }
  const parsed = JupyterNotebook.safeParse(value);
  if (!parsed.success)
    throw invalidParameter(`The content is not a Jupyter notebook: ${parsed.error.issues[0]?.message}`);
  return parsed.data;
}

/** A notebook in source format as a Jupyter notebook: code cells, and Markdown cells for `%md`. */
export function jupyterOfSource(text: string, language: ObjectLanguage): string {
  const sign = signs[language].replaceAll('/', '\\/');
  const body = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .slice(1)
    .join('\n');
  const cells = body.split(new RegExp(`^${sign} COMMAND -{5,}[ \\t]*$`, 'm')).map((cell) => cellOf(cell.trim(), sign));
  const metadata = { language_info: { name: language.toLowerCase() } };
  return JSON.stringify({
    cells: cells.filter((cell) => cell.source.length > 0),
    metadata,
    nbformat: 4,
    nbformat_minor: 5,
  });
}

function cellOf(text: string, sign: string): { cell_type: string; metadata: object; source: string[] } {
  const magic = new RegExp(`^${sign} MAGIC ?`);
  const lines = text.split('\n');
  const isMagic = text !== '' && lines.every((line) => magic.test(line));
  const plain = isMagic ? lines.map((line) => line.replace(magic, '')) : lines;
  const isMarkdown = isMagic && /^%md\b/.test(plain[0] ?? '');
  const shown = isMarkdown
    ? [(plain[0] as string).replace(/^%md ?/, ''), ...plain.slice(1)].filter((line, i) => i > 0 || line !== '')
    : plain;
  const source =
    shown.join('\n') === '' ? [] : shown.map((line, index) => (index < shown.length - 1 ? `${line}\n` : line));
  if (isMarkdown) return { cell_type: 'markdown', metadata: {}, source };
  return { cell_type: 'code', metadata: {}, source, ...{ execution_count: null, outputs: [] } };
}
