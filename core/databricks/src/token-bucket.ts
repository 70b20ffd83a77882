import type { Clock } from './clock.ts';

export interface TokenBucket {
  /** Resolves when the next call may be sent; callers are served in the order they came. */
  take(signal?: AbortSignal): Promise<void>;
}

/** At most `perSecond` calls a second, with bursts of up to one second's worth. `Infinity` = no limit. */
export function createTokenBucket(perSecond: number, clock: Clock): TokenBucket {
  const intervalMs = perSecond === Infinity ? 0 : 1_000 / perSecond;
  const burstMs = intervalMs * Math.max(0, Math.floor(perSecond) - 1);
  let spentUntil = 0;
  return {
    async take(signal) {
      if (intervalMs === 0) return;
      const now = clock.now();
      spentUntil = Math.max(spentUntil, now) + intervalMs;
      const waitMs = spentUntil - intervalMs - burstMs - now;
      if (waitMs > 0) await clock.sleep(waitMs, signal);
    },
  };
}
