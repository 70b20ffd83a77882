import { mkdir } from 'node:fs/promises';
import { isUserFault, SlowLaneError } from '@slowlane/contracts';
import { logDestination } from '../clusters/log-destination.ts';
import { resolveTask } from './resolve-task.ts';
import type { EngineOptions } from './engine.ts';
import { launchSpec } from './launch-spec.ts';
import { cancelled, internalError } from './outcome.ts';
import { hasBegun } from './read-record.ts';
import { makeShared, runFolders } from './run-folders.ts';
import { type RunRecord, settingsOf, type TaskRecord } from './run-record.ts';
import { stageRun } from '../programs/program.ts';
import { writePrivateFiles } from '../programs/write-shared.ts';
import { upstreamValues } from '../programs/upstream-values.ts';
import { upstreamOf } from './upstream-of.ts';
import type { CancelCause, Outcome } from './states.ts';

/** `unknown`: the helper cannot be asked, so the program may or may not run. `waiting`: nothing was started, its cluster is not there yet. */
export type LaunchResult =
  | { kind: 'running'; startAttempt: number }
  | { kind: 'ended'; outcome: Outcome }
  | { kind: 'unknown' }
  | { kind: 'waiting' };

export interface Launcher {
  /**
   * Starts the program of a task once. `again`: an earlier start was written down and nobody knows what became of it; it is looked for first, and
   * only when it left no trace another start is made, which the claim in the sandbox makes harmless should the first still come.
   */
  launch(
    run: RunRecord,
    task: TaskRecord,
    mode: 'first' | 'again',
    cancelCause: () => CancelCause | null,
  ): Promise<LaunchResult>;
  sandboxId(taskRunId: number): string;
}

const maxAttempts = 15;

export function createLauncher(options: EngineOptions): Launcher {
  const { driver, runs, logger, now } = options;
  return { launch, sandboxId };

  function sandboxId(taskRunId: number): string {
    return `run-${taskRunId}`;
  }

  async function launch(
    run: RunRecord,
    task: TaskRecord,
    mode: 'first' | 'again',
    cancelCause: () => CancelCause | null,
  ): Promise<LaunchResult> {
    if (mode === 'again') {
      const found = await findStarted(task);
      if (found !== 'none') return found;
    }
    const startAttempt = mode === 'first' ? task.startAttempt : task.startAttempt + 1;
    if (mode === 'again') runs.updateTask(task.runId, { startAttempt });
    const cause = cancelCause();
    if (cause !== null) return { kind: 'ended', outcome: cancelled(cause) };
    return start(run, { ...task, startAttempt }, cancelCause);
  }

  async function start(run: RunRecord, task: TaskRecord, cancelCause: () => CancelCause | null): Promise<LaunchResult> {
    const folders = runFolders(options.stateDir, task.runId);
    const resolved = resolveTask(run, task, upstreamOf(runs, options.stateDir, run));
    const placement = options.compute.place(run, task, resolved);
    if (placement === 'wait') return { kind: 'waiting' };
    if ('result' in placement) return { kind: 'ended', outcome: placement };
    const { startAttempt } = task;
    const taskValues = await upstreamValues({ stateDir: options.stateDir, run, tasks: runs.tasksOf(run.runId) });
    const parameters = run.parameters;
    const input = { startAttempt, task: resolved, taskValues, parameters };
    const staged = await stageRun({ ...options, ...input, folders, placement });
    if ('problem' in staged) return { kind: 'ended', outcome: staged.problem };
    const cause = cancelCause();
    if (cause !== null) return { kind: 'ended', outcome: cancelled(cause) };
    await makeShared(folders.events);
    const { spec, command, files } = launchSpec({
      ...options,
      id: sandboxId(task.runId),
      scratch: folders.scratch,
      task: resolved,
      placement,
      events: folders.events,
      limits: { ...options.limits, wallMs: wallMsOf(run, task) },
      startAttempt,
      classArchive: options.classArchive(),
      program: staged.program,
    });
    await writePrivateFiles(folders.scratch, files);
    const destination = logDestination(placement.cluster);
    if (destination !== undefined)
      options.logs?.begin({ taskRunId: task.runId, clusterId: placement.clusterId, destination });
    try {
      await driver.supervise(spec, command, folders.record(startAttempt));
      return { kind: 'running', startAttempt };
    } catch (error) {
      return startFailed(task, error);
    }
  }

  /** An error does not say that nothing was started: the answer may have been lost, or the id be taken by an earlier start. */
  async function startFailed(task: TaskRecord, error: unknown): Promise<LaunchResult> {
    logger.warn({ run: task.runId, error: String(error) }, 'start of a run failed');
    const found = await findStarted(task);
    if (found !== 'none') return found;
    if (error instanceof SlowLaneError && error.code === 'sandbox.unavailable') return { kind: 'unknown' };
    // An earlier start whose answer was lost may still be under way: it holds the id, and its supervisor is not there yet.
    if (task.startAttempt > 1 && task.startAttempt < maxAttempts) return { kind: 'unknown' };
    const whose = isUserFault(error) ? 'was refused' : 'failed';
    return { kind: 'ended', outcome: internalError(`The start of the driver ${whose}: ${(error as Error).message}`) };
  }

  async function findStarted(task: TaskRecord): Promise<LaunchResult | 'none'> {
    const folders = runFolders(options.stateDir, task.runId);
    for (let attempt = task.startAttempt; attempt > 0; attempt--) {
      if (await hasBegun(folders.record(attempt))) return { kind: 'running', startAttempt: attempt };
    }
    try {
      if (!(await driver.isRunning(sandboxId(task.runId)))) return 'none';
    } catch {
      return { kind: 'unknown' };
    }
    await mkdir(folders.record(task.startAttempt), { recursive: true, mode: 0o700 });
    return { kind: 'running', startAttempt: task.startAttempt };
  }

  /** The time that is left of the job's limit, the task's own limit, and the workspace's: whichever is shortest. */
  function wallMsOf(run: RunRecord, task: TaskRecord): number {
    const taskLimit = (settingsOf(run, task).timeout_seconds ?? 0) * 1_000;
    const jobLimit = (run.settings.timeout_seconds ?? 0) * 1_000;
    const left = (run.repairedAt ?? run.unqueuedAt ?? run.acceptedAt) + jobLimit - now();
    return Math.min(
      options.limits.wallMs,
      taskLimit > 0 ? taskLimit : Number.POSITIVE_INFINITY,
      jobLimit > 0 ? Math.max(1, left) : Number.POSITIVE_INFINITY,
    );
  }
}
