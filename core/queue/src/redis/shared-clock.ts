import { redisTime } from './redis-time.ts';
import type { Store } from './store.ts';

/** The time that all nodes share: that of Redis, in which the records are written. */
export interface SharedClock {
  /** Epoch ms; as exact as an answer of Redis is quick. */
  now(): number;
  close(): void;
}

const againMs = 15_000;

/**
 * Asks Redis for its time now and then, and counts on by the monotonic clock between: what this machine takes for the time of day has no part in it,
 * so a node whose clock is off ends no lease, run or cluster too soon or too late. While Redis is away it counts on.
 */
export async function startSharedClock(store: Store): Promise<SharedClock> {
  let aheadMs = await measure(store);
  const timer = setInterval(() => {
    measure(store).then(
      (measured) => (aheadMs = measured),
      () => undefined,
    );
  }, againMs).unref();
  return { now: () => Math.round(performance.now() + aheadMs), close: () => clearInterval(timer) };
}

/** How far Redis' time is ahead of the monotonic clock, ms. */
async function measure(store: Store): Promise<number> {
  const before = performance.now();
  const time = await redisTime(store);
  return time - (before + performance.now()) / 2;
}
