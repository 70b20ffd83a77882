import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunFolders } from '../runs/run-folders.ts';
import { type NotebookRecord, parseRecord, readRunFile } from './notebook-record.ts';

const recordName = 'events.jsonl';
const valuesName = 'values.json';
/** What all values of a task may take together. */
const maxValuesBytes = 1_024 * 1_024;

/** Keeps what a program left of lasting use; to be called when it has ended, before its scratch folder goes. */
export async function keepResults(folders: RunFolders): Promise<void> {
  for (const name of [recordName, valuesName]) {
    const text = await readRunFile(folders.scratch, name);
    if (text === undefined) continue;
    await writeFile(join(folders.base, `${name}.part`), text);
    await rename(join(folders.base, `${name}.part`), join(folders.base, name));
  }
}

/** The record of a notebook's cells: what was kept, or what is there so far. `undefined` where no cell has begun. */
export async function readNotebookRecord(folders: RunFolders): Promise<NotebookRecord | undefined> {
  const text = (await readRunFile(folders.base, recordName)) ?? (await readRunFile(folders.scratch, recordName));
  return text === undefined ? undefined : parseRecord(text);
}

/** What `dbutils.jobs.taskValues.set` was given in a task that has ended, by key. */
export async function readTaskValues(folders: RunFolders): Promise<Record<string, unknown>> {
  const text = await readRunFile(folders.base, valuesName, maxValuesBytes);
  try {
    const values: unknown = JSON.parse(text ?? '{}');
    return typeof values === 'object' && values !== null ? (values as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
