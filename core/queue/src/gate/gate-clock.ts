import { type Logger, SlowLaneError, errorCodes } from '@slowlane/contracts';
import { gateCalendar, newId } from '@slowlane/kit';
import type { Redis } from 'ioredis';
import { windowState } from './gate-rows.ts';
import { turnMonth } from './month.ts';
import type { Pump } from './pump.ts';
import type { Store } from '../redis/store.ts';
import { finishAbandonedWalk } from '../lanes/walk.ts';

export interface GateClockDeps {
  store: Store;
  pump: Pump;
  /** Subscribed to its own channel by this. */
  subscriber: Redis;
  logger: Logger;
}

/**
 * Carries out what changes by itself: windows, starts, deadlines, quotas, ends of pauses, months. It sleeps until the first of them, or until
 * somebody plans an earlier one. Every node has one; what two of them do at once is done once.
 */
export interface GateClock {
  /** Looks now: after a time without Redis, for what a message was lost. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** setTimeout takes no more than 2^31 ms. */
const LONGEST_SLEEP_MS = 3_600_000;
const AGAIN_MS = 1_000;

export async function startGateClock(deps: GateClockDeps): Promise<GateClock> {
  const { store, subscriber, logger } = deps;
  const channel = store.keys.of('gate:clock');
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let running: Promise<void> | undefined;
  let again = false;

  function sleep(ms: number): void {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(() => void check(), Math.max(1, Math.min(ms, LONGEST_SLEEP_MS)));
  }
  async function look(): Promise<void> {
    do {
      again = false;
      try {
        const waitMs = await applyChanges(deps);
        if (waitMs !== undefined) sleep(waitMs);
      } catch (thrown) {
        logger.debug({ error: String(thrown) }, 'gate clock');
        sleep(AGAIN_MS);
      }
    } while (again && !closed);
  }
  function check(): Promise<void> {
    if (closed) return Promise.resolve();
    if (running !== undefined) again = true;
    running ??= look().finally(() => (running = undefined));
    return running;
  }
  const onMessage = (from: string) => void (from === channel && check());
  subscriber.on('message', onMessage);
  await subscriber.subscribe(channel);
  await check();
  return {
    check,
    async close() {
      closed = true;
      clearTimeout(timer);
      subscriber.off('message', onMessage);
      await running;
    },
  };
}

type ChangeDeps = Pick<GateClockDeps, 'store' | 'pump'>;

/** Carries out what is due now, and what others left in the middle. Returns the ms until the next change, `undefined` when none is planned. */
export async function applyChanges(deps: ChangeDeps): Promise<number | undefined> {
  for (;;) {
    const waitMs = await applyDue(deps);
    if (!(await finishAbandonedWalk(deps))) return waitMs;
  }
}

async function applyDue({ store, pump }: ChangeDeps): Promise<number | undefined> {
  for (;;) {
    const answer = (await store.run('apply-changes', newId('cor'), deadlineHint, siblingFailure)) as [
      string,
      string,
      number,
      number,
      ...string[],
    ];
    const [at, next, granted, budget, ...rows] = answer;
    await pump.goOn(granted, budget);
    for (let row = 0; row + 2 < rows.length; row += 3) {
      const [kind, dimension, rule] = rows.slice(row) as [string, string, string];
      if (kind === 'month') await turnMonth({ store, pump }, Number(at));
      else await turnWindow({ store, pump }, { dimension, rule, at: Number(at) });
    }
    if (rows.length > 0) continue;
    if (next === '') return undefined;
    if (Number(next) > Number(at)) return Number(next) - Number(at);
  }
}

async function turnWindow(
  { store, pump }: ChangeDeps,
  { dimension, rule, at }: { dimension: string; rule: string; at: number },
): Promise<void> {
  const state = rule === '' ? ['1', ''] : windowState(gateCalendar(JSON.parse(rule) as object), at);
  const [granted, budget] = (await store.run('set-window', dimension, rule, ...state, newId('cor'))) as [
    number,
    number,
  ];
  await pump.goOn(granted, budget);
}

const deadlineHint = JSON.stringify(errorCodes['request.deadline'].hint);
const siblingFailure = JSON.stringify(
  new SlowLaneError(
    'run.cancelled',
    'cancelled because the deadline of other parts of the same request passed',
  ).toFailure(),
);
