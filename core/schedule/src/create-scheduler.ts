import {
  type Logger,
  type PipelineRevision,
  type PipelineStore,
  type ScheduleControl,
  type ScheduleEntry,
  type ScheduleState,
  type ScheduleStore,
  failureOf,
  isTemporary,
} from '@slowlane/contracts';
import { repeatTurns } from '@slowlane/kit';
import { type FireDeps, fireOccurrence } from './fire-occurrence.ts';
import { occurrenceAfter, occurrencesBetween } from './occurrences.ts';
import { scheduleEntries } from './schedule-entries.ts';
import { createScheduleControl } from './schedule-control.ts';

export interface SchedulerDeps extends FireDeps {
  pipelines: Pick<PipelineStore, 'list' | 'get'>;
  store: ScheduleStore;
  /** Epoch milliseconds. */
  now?(): number;
  logger: Logger;
}

/** Makes requests by the clock. Any number of nodes may run one: each occurrence has its own request id, and the lane accepts an id once. */
export interface Scheduler {
  control: ScheduleControl;
  /** Fires what is due and returns when the next is (at most a minute away): one turn of what `start` repeats. */
  turn(): Promise<number>;
  start(): void;
  stop(): Promise<void>;
}

/** Later than that is not "just now": the node was away, and the catch-up policy decides. */
const lateMs = 120_000;
const mostCaughtUp = 100;
/** A pipeline that was applied meanwhile is seen after this time at most. */
const longestNapMs = 15_000;

export function createScheduler(deps: SchedulerDeps): Scheduler {
  const now = deps.now ?? Date.now;
  const turns = repeatTurns(turnSafely, { now });

  async function turn(): Promise<number> {
    const at = now();
    let next = at + longestNapMs;
    for (const revision of await deps.pipelines.list()) {
      for (const entry of scheduleEntries(revision.file)) {
        await attend(deps, revision, { entry, now: at });
        next = Math.min(next, occurrenceAfter(entry, at) ?? next);
      }
    }
    return next;
  }
  async function turnSafely(): Promise<number> {
    const soon = now() + 5_000;
    return turn().catch((error: unknown) => {
      deps.logger.warn({ failure: failureOf(error) }, 'schedules could not be looked at; tried again soon');
      return soon;
    });
  }
  return {
    control: createScheduleControl({ pipelines: deps.pipelines, store: deps.store, now }),
    turn,
    ...turns,
  };
}

/** Deals with what has come due of one schedule since it was looked at last. */
async function attend(
  deps: SchedulerDeps,
  revision: PipelineRevision,
  { entry, now }: { entry: ScheduleEntry; now: number },
): Promise<void> {
  const schedule = { pipeline: revision.name, name: entry.name };
  const state = await deps.store.begin({ ...schedule, cron: `${entry.cron} ${entry.zone}`, now });
  const isPaused = entry.paused || state.paused !== undefined;
  for (const at of dueOf(entry, state, now)) {
    if (isPaused) await deps.store.advance(schedule, { at, request: undefined, problem: 'skipped: paused' });
    else if (!(await fire(deps, revision, { entry, at }))) return;
  }
}

/** Occurrences to fire, oldest first. What the policy leaves out is passed over when a later one is dealt with. */
function dueOf(entry: ScheduleEntry, state: ScheduleState, now: number): number[] {
  const { occurrences } = occurrencesBetween(entry, { after: state.lastAt, upTo: now, most: mostCaughtUp });
  if (entry.catch_up === 'all') return occurrences;
  if (entry.catch_up === 'last') return occurrences.slice(-1);
  return occurrences.filter((at) => at > now - lateMs).slice(-1);
}

/** False when it is to be tried again: then nothing later may overtake it. */
async function fire(
  deps: SchedulerDeps,
  revision: PipelineRevision,
  { entry, at }: { entry: ScheduleEntry; at: number },
): Promise<boolean> {
  const schedule = { pipeline: revision.name, name: entry.name };
  try {
    const request = await fireOccurrence(deps, revision, { entry, at });
    await deps.store.advance(schedule, { at, request, problem: undefined });
    deps.logger.info({ ...schedule, at, request }, 'schedule fired');
    return true;
  } catch (error) {
    const failure = failureOf(error);
    deps.logger.warn({ ...schedule, at, failure }, 'schedule could not fire');
    if (isTemporary(error)) return false;
    await deps.store.advance(schedule, { at, request: undefined, problem: failure.message });
    return true;
  }
}
