import type { DatabaseSync } from 'node:sqlite';
import type { Logger, RootSpec, SandboxDriver } from '@slowlane/contracts';
import { inTransaction } from '../store/database.ts';
import type { RunStore } from '../store/run-store.ts';
import type { Compute } from '../clusters/compute.ts';
import type { LogDelivery } from '../clusters/log-delivery.ts';
import type { SecretSource } from '../programs/program.ts';
import type { Task } from '../jobs/schema.ts';
import { limitReached } from './accept-run.ts';
import { createLauncher, type Launcher, type LaunchResult } from './launcher.ts';
import { cancelled, internalError, jobOutcome } from './outcome.ts';
import { removeFolder } from './remove-folder.ts';
import { runFolders } from './run-folders.ts';
import { type RunRecord, settingsOf, type TaskRecord } from './run-record.ts';
import { judgeEnd } from './judge-end.ts';
import { resolveTask } from './resolve-task.ts';
import type { CancelCause, Outcome } from './states.ts';
import { type Composite, type CompositeOptions, createComposite, isComposite } from './composite.ts';
import { conditionOutcome } from './condition.ts';
import { nextAttempt, retryDelay } from './next-attempt.ts';
import type { RunFaults } from './run-faults.ts';
import { decideTask } from './task-order.ts';
import { upstreamOf } from './upstream-of.ts';
import { type EndWatch, type WatchedEnd, watchEnd } from './watch-end.ts';

export interface EngineOptions {
  database: DatabaseSync;
  runs: RunStore;
  /** Where tasks run. */
  compute: Compute;
  driver: SandboxDriver;
  root: RootSpec;
  stateDir: string;
  volumesDir: string;
  objectsDir: string;
  limits: { driverMemoryBytes: number; cpus: number; maxActiveRuns: number; maxRunJobTasks?: number; wallMs: number };
  logger: Logger;
  now: () => number;
  /** File of the class archive, when there is one. */
  classArchive: () => string | undefined;
  /** For `dbutils.secrets`. */
  secrets?: SecretSource;
  /** The language that a workspace object was imported with. */
  languageOf?: (path: string) => string | undefined;
  /** Starts the run of a run_job task; without it such a task fails. */
  startChild?: CompositeOptions['startChild'];
  runFaults?: RunFaults;
  /** Told of what has logs to deliver; without it `cluster_log_conf` does nothing. */
  logs?: LogDelivery;
  /** Time between the polite end of a cancelled program and the hard one. */
  graceMs?: number;
}

export interface Engine {
  /** Takes up what an earlier process left: running programs are watched again, accepted runs are started. Call once, first. */
  resume(): void;
  /** Starts what can start; to be called after every change of a run. */
  pump(): void;
  /** Asks for the end of a job run or of one task run; the run ends when its programs have. Harmless when it has ended. */
  cancel(runId: number, cause: CancelCause): void;
  /** Stops watching; resolves when no start is under way any more. */
  close(): Promise<void>;
}

const tickMs = 1_000;

/**
 * Moves runs through their phases. All state is in the database and is written before the act it announces; the process holds only watches,
 * which `resume` makes anew.
 */
export function createEngine(options: EngineOptions): Engine {
  const { runs, driver, logger, now } = options;
  const graceMs = options.graceMs ?? 10_000;
  const launcher: Launcher = createLauncher(options);
  const composite: Composite = createComposite({
    ...options,
    startChild:
      options.startChild ??
      (() => {
        throw new Error('This workspace starts no runs of other jobs.');
      }),
  });
  const watches = new Map<number, EndWatch>();
  const launching = new Set<Promise<void>>();
  const lost = new Set<number>();
  let closed = false;
  const timer = setInterval(tick, tickMs);
  timer.unref();

  options.compute.onChange(() => pump());
  options.compute.onLost(lose);
  return { resume, pump, cancel, close };

  function resume(): void {
    for (const run of runs.listActive()) {
      for (const task of runs.activeTasksOf(run.runId)) {
        if (task.phase === 'starting') launch(run, task, 'again');
        if (isComposite(run, task) || isForeign(task)) continue;
        if (task.phase === 'running' || task.phase === 'terminating') watch(task);
      }
    }
    pump();
  }

  function pump(): void {
    if (closed) return;
    unqueue();
    for (const run of runs.listActive()) {
      if (run.phase === 'queued') continue;
      for (const task of runs.activeTasksOf(run.runId)) {
        if (isComposite(run, task) && (task.phase === 'running' || task.phase === 'terminating'))
          follow(run, task.runId);
        else advance(run, task.runId);
      }
    }
  }

  /** Oldest first; a run that waits for its own job's limit does not hold up the others. */
  function unqueue(): void {
    for (const run of runs.listActive()) {
      if (run.phase !== 'queued') continue;
      const reached = limitReached({ runs, ...options.limits }, run.settings);
      if (reached === 'ACTIVE_RUNS_LIMIT_REACHED') return;
      if (reached !== undefined) continue;
      if (run.runType === 'JOB_RUN' && runs.countRunning(run.jobId) >= (run.settings.max_concurrent_runs ?? 1))
        continue;
      runs.update(run.runId, { phase: 'pending', unqueuedAt: now() });
    }
  }

  function advance(run: RunRecord, taskRunId: number): void {
    // Read anew: the end of another task, just above in the same loop, may have started this one.
    const task = runs.getTask(taskRunId) as TaskRecord;
    if (task.phase === 'waiting' && (task.notBefore ?? 0) <= now()) {
      runs.updateTask(taskRunId, { phase: 'pending' });
      task.phase = 'pending';
    }
    if (task.phase !== 'pending' && task.phase !== 'blocked') return;
    const cause = task.cancelCause ?? run.cancelCause;
    if (cause !== null) return endTask(taskRunId, cancelled(cause), now());
    const isIteration = task.parentRunId !== null && task.parentRunId !== undefined;
    const decision = isIteration ? 'start' : decideTask(run, task, runs.tasksOf(run.runId));
    if (decision === 'wait') return;
    if (decision !== 'start') return endTask(taskRunId, decision, now());
    if (task.phase === 'blocked') runs.updateTask(taskRunId, { phase: 'pending' });
    const resolved = resolveTask(run, task, upstreamOf(runs, options.stateDir, run));
    if (resolved.condition_task !== undefined)
      return endTask(taskRunId, conditionOutcome(resolved.condition_task), now());
    if (isComposite(run, task)) return beginComposite(run, task, resolved);
    // The tasks of one run may be many more than the workspace has places.
    if (runs.countStarted() >= options.limits.maxActiveRuns) return;
    const placement = options.compute.place(run, task, resolved);
    if (placement === 'wait') return;
    if ('result' in placement) return endTask(taskRunId, placement, now());
    start(run, task);
  }

  function beginComposite(run: RunRecord, task: TaskRecord, resolved: Task): void {
    const outcome = composite.begin(run, task, resolved);
    if (outcome !== undefined) return endTask(task.runId, outcome, now());
    // There may be a new run now, which whoever goes through the active ones does not know.
    pump();
  }

  function follow(run: RunRecord, taskRunId: number): void {
    const task = runs.getTask(taskRunId) as TaskRecord;
    if (task.phase !== 'running' && task.phase !== 'terminating') return;
    if (task.cancelCause !== null) for (const below of composite.below(task)) cancel(below, task.cancelCause);
    const before = runs.iterationsOf(taskRunId).length;
    const current = runs.getTask(taskRunId) as TaskRecord;
    if (current.phase === 'ended') return;
    const outcome = composite.follow(run, current);
    if (outcome !== undefined) return endTask(taskRunId, outcome, now());
    for (const iteration of runs.iterationsOf(taskRunId).slice(before)) advance(run, iteration.runId);
  }

  /** Their cluster is gone, and this is how they will have ended: written down first, because the programs end in some other way. */
  function lose(taskRunIds: number[], outcome: Outcome): void {
    for (const taskRunId of taskRunIds) {
      const task = runs.getTask(taskRunId);
      if (task === undefined || task.phase === 'ended') continue;
      runs.updateTask(taskRunId, { lostOutcome: outcome });
      lost.add(taskRunId);
      if (watches.has(taskRunId)) void driver.kill(launcher.sandboxId(taskRunId), 'kill').catch(() => undefined);
    }
  }

  function start(run: RunRecord, task: TaskRecord): void {
    runs.updateTask(task.runId, { phase: 'starting', startAttempt: 1 });
    launch(run, { ...task, phase: 'starting', startAttempt: 1 }, 'first');
  }

  function launch(run: RunRecord, task: TaskRecord, mode: 'first' | 'again'): void {
    const work = launcher
      .launch(run, task, mode, () => runs.getTask(task.runId)?.cancelCause ?? null)
      .then(
        (result) => launched(run, task.runId, result),
        (error: unknown) => {
          logger.error({ run: task.runId, error: String(error) }, 'run could not be started');
          launched(run, task.runId, {
            kind: 'ended',
            outcome: internalError(`The run could not be started: ${String(error)}`),
          });
        },
      );
    launching.add(work);
    void work.finally(() => launching.delete(work));
  }

  function launched(run: RunRecord, taskRunId: number, result: LaunchResult): void {
    if (result.kind === 'waiting') return runs.updateTask(taskRunId, { phase: 'pending' });
    if (result.kind === 'unknown') return retryLater(run, taskRunId);
    if (result.kind === 'ended') return endTask(taskRunId, result.outcome, now());
    const task = runs.getTask(taskRunId) as TaskRecord;
    const phase = task.cancelCause === null ? 'running' : 'terminating';
    inTransaction(options.database, () => {
      runs.updateTask(taskRunId, { phase, startedAt: now(), startAttempt: result.startAttempt });
      const current = runs.get(task.jobRunId);
      if (current?.phase === 'pending') runs.update(task.jobRunId, { phase: 'running', startedAt: now() });
    });
    watch({ ...task, phase, startAttempt: result.startAttempt });
  }

  /** Nobody could say whether the program runs: ask again until somebody can. */
  function retryLater(run: RunRecord, taskRunId: number): void {
    if (closed) return;
    const retry = setTimeout(() => {
      if (!closed) launch(run, runs.getTask(taskRunId) as TaskRecord, 'again');
    }, tickMs);
    retry.unref();
  }

  function watch(task: TaskRecord): void {
    if (closed) return;
    if ((runs.getTask(task.runId)?.lostOutcome ?? null) !== null) lost.add(task.runId);
    const folders = runFolders(options.stateDir, task.runId);
    const watched = watchEnd({
      folder: folders.record(task.startAttempt),
      isRunning: () => driver.isRunning(launcher.sandboxId(task.runId)),
      onEnd: (end) => void finish(task.runId, end),
      logger,
    });
    watches.set(task.runId, watched);
    if (task.phase === 'terminating') void end(task.runId);
  }

  async function finish(taskRunId: number, end: WatchedEnd): Promise<void> {
    watches.delete(taskRunId);
    const task = runs.getTask(taskRunId) as TaskRecord;
    const run = runs.get(task.jobRunId);
    if (closed || run === undefined) return;
    try {
      const judged = await judgeEnd(
        { folders: runFolders(options.stateDir, taskRunId), run, task, limits: options.limits },
        end,
      );
      if (closed) return;
      if (judged.kind === 'other-start') {
        runs.updateTask(taskRunId, { startAttempt: judged.startAttempt });
        return watch({ ...task, startAttempt: judged.startAttempt });
      }
      const outcome = task.cancelCause === null ? task.lostOutcome : undefined;
      endTask(taskRunId, outcome ?? judged.outcome, judged.endedAt ?? now());
    } catch (error) {
      logger.error({ run: taskRunId, error: String(error) }, 'end of a run cannot be judged');
      if (!closed) endTask(taskRunId, internalError(`The end of the run cannot be judged: ${String(error)}`), now());
    }
  }

  function endTask(taskRunId: number, outcome: Outcome, endedAt: number): void {
    inTransaction(options.database, () => {
      const task = runs.getTask(taskRunId) as TaskRecord;
      if (task.phase === 'ended') return;
      runs.updateTask(taskRunId, { phase: 'ended', endedAt, outcome });
      retry(task, outcome);
      endRunIfDone(task.jobRunId, endedAt);
    });
    lost.delete(taskRunId);
    const ended = runs.getTask(taskRunId) as TaskRecord;
    const run = runs.get(ended.jobRunId);
    if (run !== undefined) {
      options.compute.taskEnded(run, ended);
      if (run.phase === 'ended') options.compute.runEnded(run);
    }
    const delivery = options.logs?.ended(taskRunId);
    if (delivery === undefined) removeScratch(taskRunId);
    else void delivery.then(() => removeScratch(taskRunId));
    pump();
  }

  /** In the transaction that ends the failed attempt: a run whose task is to be tried again never looks ended. */
  function retry(task: TaskRecord, outcome: Outcome): void {
    const run = runs.get(task.jobRunId);
    const delayMs = run === undefined ? undefined : retryDelay(run, task, outcome);
    if (delayMs === undefined) return;
    const notBefore = now() + delayMs;
    const changes = { acceptedAt: now(), retries: (task.retries ?? 0) + 1, phase: 'waiting' as const, notBefore };
    const input = task.parentRunId === null ? null : (task.input ?? null);
    runs.insertTask(nextAttempt(task, { runId: runs.newId(), ...changes, input }));
    runs.updateTask(task.runId, { superseded: 1 });
  }

  function endRunIfDone(runId: number, endedAt: number): void {
    const run = runs.get(runId);
    const tasks = runs.tasksOf(runId);
    if (run === undefined || tasks.some((task) => task.phase !== 'ended')) return;
    runs.update(runId, { phase: 'ended', endedAt, outcome: jobOutcome(run, tasks) });
  }

  function cancel(runId: number, cause: CancelCause): void {
    const run = runs.get(runId);
    const tasks =
      run === undefined ? [runs.getTask(runId)].filter((task) => task !== undefined) : runs.activeTasksOf(runId);
    const cancelledAt = now();
    inTransaction(options.database, () => {
      if (run !== undefined && run.phase !== 'ended') {
        runs.update(runId, {
          phase: 'terminating',
          ...(run.cancelCause === null ? { cancelCause: cause, cancelledAt } : {}),
        });
      }
      for (const task of tasks) markCancelled(task, cause, cancelledAt);
    });
    for (const task of tasks) {
      if (hasNotBegun(task)) endTask(task.runId, cancelled(cause), cancelledAt);
      const owner = runs.get(task.jobRunId);
      if (owner !== undefined && !isComposite(owner, task) && isForeign(task))
        endTask(task.runId, cancelled(cause), cancelledAt);
      if (task.phase === 'running') void end(task.runId);
      if (owner !== undefined && isComposite(owner, task)) follow(owner, task.runId);
    }
  }

  /** Put there through the control API: it runs without a program of ours, until it is cancelled. */
  function isForeign(task: TaskRecord): boolean {
    return task.phase === 'running' && task.startAttempt === 0;
  }

  function hasNotBegun({ phase }: TaskRecord): boolean {
    return phase === 'queued' || phase === 'blocked' || phase === 'waiting' || phase === 'pending';
  }

  function markCancelled(task: TaskRecord, cause: CancelCause, cancelledAt: number): void {
    if (task.phase === 'ended' || task.cancelCause !== null) return;
    const phase = task.phase === 'running' ? { phase: 'terminating' as const } : {};
    runs.updateTask(task.runId, { cancelCause: cause, cancelledAt, ...phase });
    const run = runs.get(task.jobRunId);
    // The only task of a job run: both are the same run to whoever cancels.
    if (run?.cancelCause === null && run.settings.tasks.length === 1 && task.parentRunId == null) {
      runs.update(run.runId, { phase: 'terminating', cancelCause: cause, cancelledAt });
    }
  }

  async function end(taskRunId: number): Promise<void> {
    const task = runs.getTask(taskRunId);
    if (task === undefined || task.phase !== 'terminating' || !watches.has(taskRunId)) return;
    if (options.runFaults?.holds(task.jobRunId, now() - (task.cancelledAt ?? 0)) === true) return;
    const how = now() - (task.cancelledAt ?? 0) >= graceMs ? 'kill' : 'term';
    await driver.kill(launcher.sandboxId(taskRunId), how).catch((error: unknown) => {
      logger.warn({ run: taskRunId, how, error: String(error) }, 'end of a run could not be asked for; trying again');
    });
  }

  /** Time limits of runs, and programs that did not obey. A supervisor keeps the limit of its own program by itself. */
  function tick(): void {
    if (closed) return;
    for (const run of runs.listActive()) {
      const limitMs = (run.settings.timeout_seconds ?? 0) * 1_000;
      const since = run.repairedAt ?? run.unqueuedAt ?? run.acceptedAt;
      if (run.phase !== 'queued' && run.cancelCause === null && limitMs > 0 && now() - since >= limitMs)
        cancel(run.runId, 'timeout');
      else if (run.phase !== 'queued') tickTasks(run);
    }
    for (const taskRunId of watches.keys()) {
      void end(taskRunId);
      if (lost.has(taskRunId)) void driver.kill(launcher.sandboxId(taskRunId), 'kill').catch(() => undefined);
    }
  }

  function tickTasks(run: RunRecord): void {
    for (const task of runs.activeTasksOf(run.runId)) {
      if (task.phase === 'waiting') advance(run, task.runId);
      const limitMs = (settingsOf(run, task).timeout_seconds ?? 0) * 1_000;
      const isOver = limitMs > 0 && task.startedAt !== null && now() - task.startedAt >= limitMs;
      if (isOver && task.phase === 'running' && isComposite(run, task)) cancel(task.runId, 'timeout');
    }
  }

  function removeScratch(taskRunId: number): void {
    const { scratch } = runFolders(options.stateDir, taskRunId);
    void removeFolder(driver, scratch).catch((error: unknown) => {
      logger.warn({ folder: scratch, error: String(error) }, 'scratch folder of a run could not be removed');
    });
  }

  async function close(): Promise<void> {
    closed = true;
    clearInterval(timer);
    for (const watched of watches.values()) watched.stop();
    await Promise.all(launching);
  }
}
