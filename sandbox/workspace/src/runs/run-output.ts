import { join } from 'node:path';
import { findProgramError } from './program-error.ts';
import { readTail, type Tail } from './read-tail.ts';
import { runFolders } from './run-folders.ts';
import type { TaskRecord } from './run-record.ts';

/** The API gives the last 5 MB of a log. */
const maxLogBytes = 5 * 1_000_000;

/**
 * What a task run printed, as `runs/get-output` gives it: standard output, then standard error; while the program runs, what is there so
 * far. `error` and `error_trace` only for a run that failed.
 */
export async function runOutput(stateDir: string, task: TaskRecord): Promise<Record<string, unknown>> {
  if (task.startAttempt === 0) return failureOf(task, []);
  const record = runFolders(stateDir, task.runId).record(task.startAttempt);
  const stderr = await readTail(join(record, 'stderr'), maxLogBytes);
  const stdout = await readTail(join(record, 'stdout'), Math.max(0, maxLogBytes - Buffer.byteLength(stderr.text)));
  return {
    logs: joinLogs(stdout, stderr),
    logs_truncated: stdout.cut || stderr.cut,
    ...failureOf(task, [stderr.text, stdout.text]),
  };
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
