import { join } from 'node:path';
import type { NotebookRecord } from '../programs/notebook-record.ts';
import { readNotebookRecord } from '../programs/program-results.ts';
import { findProgramError } from './program-error.ts';
import { readTail, type Tail } from './read-tail.ts';
import { type RunFolders, runFolders } from './run-folders.ts';
import type { TaskRecord } from './run-record.ts';

/** The API gives the last 5 MB of a log, and the first 5 MB of a notebook's result. */
const maxLogBytes = 5 * 1_000_000;

/**
 * What a task run printed, as `runs/get-output` gives it: standard output, then standard error; while the program runs, what is there so
 * far. A notebook has its result instead of logs. `error` and `error_trace` only for a run that failed.
 */
export async function runOutput(stateDir: string, task: TaskRecord): Promise<Record<string, unknown>> {
  const folders = runFolders(stateDir, task.runId);
  const record = task.startAttempt === 0 ? undefined : await readNotebookRecord(folders);
  if (record !== undefined) return notebookOutput(task, record);
  return programOutput(folders, task);
}

/** The logs of any program, a notebook's as well: for the page of the run. */
export async function programOutput(folders: RunFolders, task: TaskRecord): Promise<Record<string, unknown>> {
  if (task.startAttempt === 0) return failureOf(task, []);
  const record = folders.record(task.startAttempt);
  const stderr = await readTail(join(record, 'stderr'), maxLogBytes);
  const stdout = await readTail(join(record, 'stdout'), Math.max(0, maxLogBytes - Buffer.byteLength(stderr.text)));
  return {
    logs: joinLogs(stdout, stderr),
    logs_truncated: stdout.cut || stderr.cut,
    ...failureOf(task, [stderr.text, stdout.text]),
  };
}

function notebookOutput(task: TaskRecord, record: NotebookRecord): Record<string, unknown> {
  const { exit } = record;
  const bytes = Buffer.from(exit ?? '');
  const result = bytes.length > maxLogBytes ? bytes.subarray(0, maxLogBytes).toString('utf8') : exit;
  const output = exit === undefined ? {} : { result, truncated: bytes.length > maxLogBytes };
  if (task.outcome === null || task.outcome.result === 'SUCCESS') return { notebook_output: output };
  const failed = record.cells.findLast((cell) => cell.error !== undefined);
  const error = task.outcome.byProgram === true && failed !== undefined ? failed.error : task.outcome.message;
  return { notebook_output: output, error, ...(failed?.trace === undefined ? {} : { error_trace: failed.trace }) };
}

function joinLogs(stdout: Tail, stderr: Tail): string {
  const parts = [stdout.text, stderr.text].filter((text) => text !== '');
  const logs = parts.map((text) => (text.endsWith('\n') ? text : `${text}\n`)).join('');
  return logs.replace(/\n+$/, '\n');
}

/** spark-submit sends what a Python program writes to its standard error to standard output, so both are searched. */
function failureOf(task: TaskRecord, texts: readonly string[]): Record<string, unknown> {
  if (task.outcome === null || task.outcome.result === 'SUCCESS') return {};
  const found = texts.map(findProgramError).find((error) => error !== undefined);
  const error = task.outcome.byProgram === true && found !== undefined ? found.error : task.outcome.message;
  return { error, ...(found?.trace === undefined ? {} : { error_trace: found.trace }) };
}
