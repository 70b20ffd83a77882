import { SlowLaneError } from '@slowlane/contracts';

export interface RateLimit {
  /** Calls per minute that one caller may go on with. */
  perMinute: number;
  /** Calls at once after a pause. */
  burst: number;
}

export interface RateLimiter {
  /** Takes one call of the caller and returns the RateLimit headers. Throws `request.rate` with the seconds until the next one is free. */
  take(caller: string): Record<string, string>;
}

/** So many callers are remembered; beyond them those with a full bucket, which need no memory, are forgotten. */
const MOST_CALLERS = 10_000;

/**
 * A token bucket per caller in the memory of this node: n endpoint processes together let through n times as much. It protects a node from
 * one caller; what the data stores bear is the gate's affair.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
export function createRateLimiter(limit: RateLimit, now: () => number = Date.now): RateLimiter {
  const perMs = limit.perMinute / 60_000;
  const policy = `"caller";q=${limit.burst};w=${Math.ceil(limit.burst / perMs / 1_000)}`;
  const buckets = new Map<string, { left: number; at: number }>();

  function refilled(caller: string): { left: number; at: number } {
    const at = now();
    const bucket = buckets.get(caller);
    if (bucket === undefined) return { left: limit.burst, at };
    return { left: Math.min(limit.burst, bucket.left + Math.max(0, at - bucket.at) * perMs), at };
  }

  function forget(): void {
    for (const caller of buckets.keys()) if (refilled(caller).left >= limit.burst) buckets.delete(caller);
  }

  return {
    take(caller) {
      const bucket = refilled(caller);
      if (bucket.left < 1) {
        const seconds = Math.max(1, Math.ceil((1 - bucket.left) / perMs / 1_000));
        throw new SlowLaneError('request.rate', `"${caller}" may send ${limit.perMinute} calls per minute`, {
          data: { retryAfterSeconds: seconds, perMinute: limit.perMinute, burst: limit.burst },
        });
      }
      if (buckets.size >= MOST_CALLERS) forget();
      buckets.set(caller, { left: bucket.left - 1, at: bucket.at });
      const left = Math.floor(bucket.left - 1);
      const reset = Math.ceil((limit.burst - left) / perMs / 1_000);
      return { 'ratelimit-policy': policy, ratelimit: `"caller";r=${left};t=${reset}` };
    },
  };
}
