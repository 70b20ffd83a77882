import { Jupyter } from './schema.ts';

export type Language = 'python' | 'scala' | 'r' | 'sql';
const languages: readonly Language[] = ['python', 'scala', 'r', 'sql'];

const comments: Record<Language, string> = { python: '#', r: '#', scala: '//', sql: '--' };
const byExtension: Record<string, Language> = { py: 'python', scala: 'scala', r: 'r', sql: 'sql' };

/** Largest content that the import call of the workspace takes. @see https://docs.databricks.com/api/workspace/workspace/import */
export const maxNotebookBytes = 10_485_760;

/** What a file is by its name: the language of a source file that might be a notebook, `jupyter`, or nothing. */
export function formatOf(path: string): Language | 'jupyter' | undefined {
  const extension = /\.([A-Za-z]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  return extension === 'ipynb' ? 'jupyter' : byExtension[extension];
}

/**
 * Language of a file that is a notebook: source format by its extension and first line, Jupyter by its metadata. `undefined` for what is no
 * notebook; a text says what is wrong with one that cannot be read.
 */
export function languageOf(path: string, text: string): Language | { wrong: string } | undefined {
  const format = formatOf(path);
  if (format === undefined) return undefined;
  if (format === 'jupyter') return jupyterLanguage(text);
  return hasHead(text, format) ? format : undefined;
}

/** @see https://docs.databricks.com/notebooks/notebook-export-import.html (the first line of a source file) */
function hasHead(text: string, language: Language): boolean {
  const head = (/^\uFEFF?([^\r\n]*)/.exec(text)?.[1] ?? '').trimEnd();
  return head === `${comments[language]} Databricks notebook source`;
}

export function readJupyter(text: string): Jupyter | undefined {
  try {
    return Jupyter.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function jupyterLanguage(text: string): Language | { wrong: string } {
  const notebook = readJupyter(text);
  if (notebook === undefined) return { wrong: 'it is no Jupyter notebook: JSON with "nbformat" and "cells"' };
  if (notebook.nbformat < 4) return { wrong: `nbformat ${notebook.nbformat}; notebooks of format 4 can be taken` };
  const { metadata } = notebook;
  const word =
    metadata['application/vnd.databricks.v1+notebook']?.language ??
    metadata.language_info?.name ??
    metadata.kernelspec?.language ??
    'python';
  return languages.find((one) => one === word.toLowerCase()) ?? { wrong: `its language is ${word.slice(0, 40)}` };
}

/** Path below the workspace folder: notebooks have no extension there. */
export function notebookPath(path: string): string {
  return path.replace(/\.[A-Za-z]+$/, '');
}

/** Targets of `%run` cells, as they are written. */
export function runTargets(path: string, text: string): string[] {
  const format = formatOf(path);
  if (format === undefined) return [];
  const lines =
    format === 'jupyter'
      ? (readJupyter(text)?.cells ?? []).flatMap(({ source }) => [source].flat().join('').split('\n').slice(0, 1))
      : text.split(/\r?\n/).flatMap((line) => {
          const sign = `${comments[format]} MAGIC `;
          return line.startsWith(sign) ? [line.slice(sign.length)] : [];
        });
  return lines.flatMap((line) => {
    const [, quoted, plain] = /^%run\s+(?:"([^"]*)"|(\S+))/.exec(line) ?? [];
    return quoted ?? plain ?? [];
  });
}

/** The path that a relative target of `%run` means, seen from a notebook; `undefined` when it leaves the project. */
export function resolveTarget(from: string, target: string): string | undefined {
  if (target.startsWith('/')) return undefined;
  const steps = from.split('/').slice(0, -1);
  for (const step of target.split('/')) {
    if (step === '.' || step === '') continue;
    if (step !== '..') steps.push(step);
    else if (steps.pop() === undefined) return undefined;
  }
  return notebookPath(steps.join('/'));
}
