import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silent } from '../__fixtures__/test-workspace.ts';
import type { JobSettings } from '../jobs/schema.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { startOwnRun } from '../runs/start-routes.ts';
import { openDatabase } from '../store/database.ts';
import { type JobStore, openJobStore } from '../store/job-store.ts';
import { openRunStore, type RunStore } from '../store/run-store.ts';
import { createScheduler, type Scheduler } from './create-scheduler.ts';
import { openScheduleStore } from './schedule-store.ts';

/** The real stores on a real file, and a clock that the test moves. */
interface Bench {
  jobs: JobStore;
  runs: RunStore;
  scheduler: Scheduler;
  close: () => void;
}

let folder: string;
let now: number;
let bench: Bench;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slowlane-schedules-'));
  now = Date.parse('2026-11-24T10:00:00Z');
  bench = open();
});
afterEach(async () => {
  bench.close();
  await rm(folder, { recursive: true, force: true });
});

/** `fails`: the process dies between the run and what it would write down about it. */
function open(fails = false, maxActiveRuns = 10): Bench {
  const database = openDatabase(join(folder, 'workspace.db'));
  const jobs = openJobStore(database);
  const runs = openRunStore(database);
  const clock = (): number => now;
  const scheduler = createScheduler({
    ...{ schedules: openScheduleStore(database), runs, now: clock, logger: silent, findJob: jobs.get },
    startRun(job, start) {
      const runId = startOwnRun({ accept: { database, runs, maxActiveRuns, now: clock }, jobs }, job, start);
      if (fails) database.close();
      return runId;
    },
  });
  jobs.onChange(scheduler.follow);
  const close = (): void => {
    scheduler.close();
    if (database.isOpen) database.close();
  };
  scheduler.resume();
  return { jobs, runs, scheduler, close };
}

function restart(...how: Parameters<typeof open>): void {
  bench.close();
  bench = open(...how);
}

function create(settings: Record<string, unknown>): number {
  const tasks = [{ task_key: 'check', condition_task: { op: 'EQUAL_TO', left: '1', right: '1' } }];
  return bench.jobs.create({ max_concurrent_runs: 5, ...settings, tasks } as JobSettings, now);
}

function runsOf(jobId: number): RunRecord[] {
  return bench.runs.list({ jobId, limit: 100 }).items;
}

function pass(seconds: number): void {
  now += seconds * 1_000;
  bench.scheduler.tick();
}

function endRun(run: RunRecord, result: 'SUCCESS' | 'FAILED'): void {
  const isGood = result === 'SUCCESS';
  const outcome = {
    ...({ result, code: isGood ? 'SUCCESS' : 'RUN_EXECUTION_ERROR' } as const),
    ...({ type: isGood ? 'SUCCESS' : 'CLIENT_ERROR', message: '' } as const),
  };
  bench.runs.update(run.runId, { phase: 'ended', endedAt: now, outcome });
}

const everyMinute = { quartz_cron_expression: '0 * * * * ?', timezone_id: 'UTC' };

describe('a job with a schedule', () => {
  it('starts one run per occurrence, however often it is looked at', () => {
    const jobId = create({ schedule: everyMinute });
    pass(59);
    expect(runsOf(jobId)).toEqual([]);
    pass(1);
    pass(0);
    pass(0);
    expect(runsOf(jobId)).toMatchObject([{ trigger: 'PERIODIC', runType: 'JOB_RUN', phase: 'pending' }]);
    pass(60);
    expect(runsOf(jobId)).toHaveLength(2);
  });

  it('starts nothing while it is paused, and goes on from then without what was left out', () => {
    const jobId = create({ schedule: { ...everyMinute, pause_status: 'PAUSED' } });
    pass(600);
    const settings = bench.jobs.get(jobId)?.settings as JobSettings;
    bench.jobs.replace(jobId, { ...settings, schedule: everyMinute });
    pass(0);
    expect(runsOf(jobId)).toEqual([]);
    pass(60);
    expect(runsOf(jobId)).toHaveLength(1);
  });

  it('starts nothing after its deletion', () => {
    const jobId = create({ schedule: everyMinute });
    bench.jobs.delete(jobId, now);
    pass(60);
    expect(runsOf(jobId)).toEqual([]);
  });

  it('starts no second run when the process dies right after the first was written', () => {
    const jobId = create({ schedule: everyMinute });
    restart(true);
    expect(() => pass(60)).toThrow(/finalized|not open/);
    restart();
    pass(1);
    pass(1);
    expect(runsOf(jobId)).toHaveLength(1);
  });

  it('makes up for a short absence, and not for what a long one missed', () => {
    const jobId = create({ schedule: everyMinute });
    bench.close();
    now += 90_000;
    bench = open();
    pass(0);
    expect(runsOf(jobId)).toHaveLength(1);
    bench.close();
    now += 3_600_000;
    bench = open();
    pass(0);
    expect(runsOf(jobId)).toHaveLength(1);
    pass(60);
    expect(runsOf(jobId)).toHaveLength(2);
  });

  it('keeps ten seconds between runs, whatever its seconds say', () => {
    const jobId = create({ schedule: { ...everyMinute, quartz_cron_expression: '* * * * * ?' } });
    for (let second = 0; second < 30; second++) pass(1);
    expect(runsOf(jobId).length).toBe(3);
  });

  it('obeys max_concurrent_runs, with and without a queue', () => {
    const skips = create({ schedule: everyMinute, max_concurrent_runs: 1 });
    const queues = create({ schedule: everyMinute, max_concurrent_runs: 1, queue: { enabled: true } });
    pass(60);
    pass(60);
    expect(runsOf(skips).map((run) => run.outcome?.code ?? run.phase)).toEqual([
      'MAX_CONCURRENT_RUNS_EXCEEDED',
      'pending',
    ]);
    expect(runsOf(queues).map((run) => run.phase)).toEqual(['queued', 'pending']);
  });

  it('shows a run as SKIPPED where the workspace is full', () => {
    restart(false, 1);
    const first = create({ schedule: everyMinute });
    const second = create({ schedule: everyMinute });
    pass(60);
    const ends = [...runsOf(first), ...runsOf(second)].map((run) => run.outcome?.code ?? run.phase);
    expect(ends.sort()).toEqual(['WORKSPACE_RUN_LIMIT_EXCEEDED', 'pending']);
  });
});

describe('a job with a periodic trigger', () => {
  it('starts a run per interval, counted from when it was set', () => {
    const jobId = create({ trigger: { periodic: { interval: 2, unit: 'HOURS' } } });
    pass(7_199);
    expect(runsOf(jobId)).toEqual([]);
    pass(1);
    pass(3_600);
    expect(runsOf(jobId)).toMatchObject([{ trigger: 'PERIODIC' }]);
    pass(3_600);
    expect(runsOf(jobId)).toHaveLength(2);
  });
});

describe('a continuous job', () => {
  it('starts the next run when one has ended, over a restart too', () => {
    const jobId = create({ continuous: { pause_status: 'UNPAUSED' } });
    pass(0);
    pass(5);
    expect(runsOf(jobId)).toMatchObject([{ trigger: 'CONTINUOUS', phase: 'pending' }]);
    restart();
    pass(1);
    expect(runsOf(jobId)).toHaveLength(1);
    endRun(runsOf(jobId)[0] as RunRecord, 'SUCCESS');
    pass(1);
    expect(runsOf(jobId).filter((run) => run.phase !== 'ended')).toHaveLength(1);
    expect(runsOf(jobId)).toHaveLength(2);
  });

  it('waits longer after every failure, and not at all after a success', () => {
    const jobId = create({ continuous: {} });
    const active = (): RunRecord | undefined => runsOf(jobId).find((run) => run.phase !== 'ended');
    pass(0);
    for (const waitSeconds of [10, 20, 40]) {
      pass(1);
      endRun(active() as RunRecord, 'FAILED');
      pass(waitSeconds - 1);
      expect(active()).toBeUndefined();
      pass(1);
      expect(active()).toBeDefined();
    }
    endRun(active() as RunRecord, 'SUCCESS');
    pass(1);
    pass(1);
    endRun(active() as RunRecord, 'FAILED');
    pass(10);
    expect(active()).toBeDefined();
  });

  it('starts no more runs once it is paused, and leaves the one that runs alone', () => {
    const jobId = create({ continuous: {} });
    pass(0);
    const settings = bench.jobs.get(jobId)?.settings as JobSettings;
    bench.jobs.replace(jobId, { ...settings, continuous: { pause_status: 'PAUSED' } });
    expect(runsOf(jobId)).toMatchObject([{ phase: 'pending' }]);
    endRun(runsOf(jobId)[0] as RunRecord, 'SUCCESS');
    pass(60);
    expect(runsOf(jobId)).toHaveLength(1);
  });
});
