import { keepResults } from '../programs/program-results.ts';
import { claimedCode, clusterOf } from './launch-spec.ts';
import { memoryLimit } from './memory-limit.ts';
import { internalError, outcomeOf, vanished } from './outcome.ts';
import { readClaim, readRunnerFailure } from './read-record.ts';
import type { RunFolders } from './run-folders.ts';
import { type RunRecord, settingsOf, type TaskRecord } from './run-record.ts';
import type { Outcome } from './states.ts';
import type { WatchedEnd } from './watch-end.ts';

export interface JudgeInput {
  folders: RunFolders;
  run: RunRecord;
  task: TaskRecord;
  limits: { driverMemoryBytes: number };
}

/** `other-start`: the watched start only found that another one had the run already; that one's end counts. */
export type Judged =
  { kind: 'ended'; outcome: Outcome; endedAt: number | undefined } | { kind: 'other-start'; startAttempt: number };

/** What the end of a supervised program means for its task run. */
export async function judgeEnd(input: JudgeInput, end: WatchedEnd): Promise<Judged> {
  if (end === 'vanished') return { kind: 'ended', outcome: vanished, endedAt: undefined };
  if (end === 'unreadable') {
    return { kind: 'ended', outcome: internalError('The record of the driver cannot be read.'), endedAt: undefined };
  }
  const { task, run, folders } = input;
  if (end.reason === 'exit' && end.code === claimedCode) {
    const claim = await readClaim(folders);
    if (claim !== undefined && claim !== task.startAttempt && claim <= task.startAttempt) {
      return { kind: 'other-start', startAttempt: claim };
    }
  }
  await keepResults(folders);
  const settings = settingsOf(run, task);
  const outcome = outcomeOf(end, {
    cancelCause: task.cancelCause,
    cancelledAt: task.cancelledAt,
    memoryBytes: memoryLimit(settings, clusterOf(run, settings), input.limits.driverMemoryBytes),
    libraryFailure: await readRunnerFailure(folders),
  });
  return { kind: 'ended', outcome, endedAt: end.endedAt };
}
