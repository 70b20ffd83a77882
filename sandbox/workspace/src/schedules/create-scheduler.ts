import type { Logger } from '@slowlane/contracts';
import type { JobRecord } from '../store/job-store.ts';
import type { RunStore } from '../store/run-store.ts';
import { firstStart, restartDelayMs, startAfter, startRuleOf } from './next-start.ts';
import type { ScheduleRecord, ScheduleStore } from './schedule-store.ts';

export interface SchedulerOptions {
  schedules: ScheduleStore;
  runs: RunStore;
  /** `undefined` for a job that is gone. */
  findJob: (jobId: number) => JobRecord | undefined;
  /** Accepts a run under a token, once; throws where it cannot be made. */
  startRun: (job: JobRecord, start: { trigger: 'PERIODIC' | 'CONTINUOUS'; token: string }) => number;
  now: () => number;
  logger: Logger;
}

export interface Scheduler {
  /** Compares every job with what is written down; call once, before the first tick. */
  resume(): void;
  /** To be called after every change of a job, and after its deletion. */
  follow(jobId: number): void;
  /** Starts what is due; called every second by itself once resumed. */
  tick(): void;
  close(): void;
}

const tickMs = 1_000;
/** A start whose time passed while the workspace was away for less than this is made up for; older ones are not. */
const graceMs = 60_000;

/**
 * Starts the runs of jobs with a schedule, a periodic trigger or `continuous`. The time of the next start is on the disk before it comes, and
 * every start has its own token, kept in the transaction that writes the run: a process that is killed between the two starts no second run.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { schedules, runs, now, logger } = options;
  let timer: NodeJS.Timeout | undefined;
  return { resume, follow, tick, close: () => clearInterval(timer) };

  function resume(): void {
    const known = new Set([...schedules.jobsWithTriggers(), ...schedules.list().map(({ jobId }) => jobId)]);
    for (const jobId of known) follow(jobId);
    for (const record of schedules.due(now() - graceMs)) skipMissed(record);
    timer = setInterval(tick, tickMs);
    timer.unref();
  }

  function follow(jobId: number): void {
    const job = options.findJob(jobId);
    const rule = job === undefined ? undefined : startRuleOf(job.settings);
    if (rule === undefined) return schedules.remove(jobId);
    const known = schedules.get(jobId);
    if (known !== undefined && JSON.stringify(known.rule) === JSON.stringify(rule)) return;
    const nextAt = firstStart(rule, now()) ?? null;
    schedules.save({ jobId, rule, nextAt, lastRunId: known?.lastRunId ?? null, failures: 0 });
  }

  function skipMissed(record: ScheduleRecord): void {
    if (record.rule.kind === 'continuous') return;
    logger.warn({ job: record.jobId, missed: record.nextAt }, 'the workspace was away when a run was due');
    schedules.save({ ...record, nextAt: startAfter(record.rule, record.nextAt ?? 0, now()) ?? null });
  }

  function tick(): void {
    for (const record of schedules.due(now())) {
      const job = options.findJob(record.jobId);
      if (job === undefined) schedules.remove(record.jobId);
      else if (record.rule.kind === 'continuous') goOn(record, job);
      else occur(record, record.rule, job);
    }
  }

  function occur(record: ScheduleRecord, rule: Parameters<typeof startAfter>[0], job: JobRecord): void {
    const due = record.nextAt as number;
    attempt(job, { trigger: 'PERIODIC', token: tokenOf(job.jobId, due) });
    schedules.save({ ...record, nextAt: startAfter(rule, due, now()) ?? null });
  }

  /** One run after another: the next starts when the last has ended, later the more of them failed. */
  function goOn(record: ScheduleRecord, job: JobRecord): void {
    const last = record.lastRunId === null ? undefined : runs.get(record.lastRunId);
    if (last !== undefined && last.phase !== 'ended') return;
    if (runs.countRunning(job.jobId) > 0) return;
    if (last !== undefined) {
      const failures = hasFailed(last.outcome?.result) ? record.failures + 1 : 0;
      const endedAt = Math.max(last.endedAt ?? now(), (record.nextAt ?? 0) + 1);
      const nextAt = endedAt + restartDelayMs(failures);
      // The run is counted once: from now on only the time is waited for.
      schedules.save({ ...record, lastRunId: null, failures, nextAt });
      if (nextAt > now()) return;
    }
    const current = schedules.get(job.jobId) ?? record;
    const runId = attempt(job, { trigger: 'CONTINUOUS', token: tokenOf(job.jobId, current.nextAt as number) });
    if (runId === undefined) schedules.save({ ...current, nextAt: now() + restartDelayMs(1) });
    else schedules.save({ ...current, lastRunId: runId });
  }

  function attempt(job: JobRecord, start: Parameters<SchedulerOptions['startRun']>[1]): number | undefined {
    try {
      return options.startRun(job, start);
    } catch (error) {
      logger.warn({ job: job.jobId, error: String(error) }, 'a run that was due could not be made');
      return undefined;
    }
  }
}

function hasFailed(result: string | undefined): boolean {
  return result !== 'SUCCESS' && result !== 'SUCCESS_WITH_FAILURES' && result !== 'CANCELED';
}

/** Longer than any token that a caller may choose. */
function tokenOf(jobId: number, due: number): string {
  return `start of job ${jobId} by the workspace itself, due at ${due}`.padEnd(80, '.');
}
