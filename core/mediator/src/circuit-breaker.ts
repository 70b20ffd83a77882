import { SlowLaneError } from '@slowlane/contracts';

const opensAfter = 5;
const pauseMs = 15_000;

/**
 * Spares a service that is down, and the workers that would wait for it: after five failures in a row nothing is asked for 15 seconds, then one call tries;
 * that one decides. One breaker per host.
 */
export interface CircuitBreaker {
  /** Throws `mediate.lookup-unavailable` without calling while it is open. Only temporary failures count. */
  run<T>(host: string, call: () => Promise<T>): Promise<T>;
}

export function createCircuitBreaker(now: () => number = Date.now): CircuitBreaker {
  const hosts = new Map<string, { failures: number; openUntil: number }>();
  return {
    async run(host, call) {
      const state = hosts.get(host) ?? { failures: 0, openUntil: 0 };
      hosts.set(host, state);
      if (state.openUntil > now()) throw isOpen(host, state.openUntil - now());
      // Who comes while the one trial call is under way is still refused.
      if (state.failures >= opensAfter) state.openUntil = now() + pauseMs;
      try {
        const value = await call();
        hosts.delete(host);
        return value;
      } catch (error) {
        const counts = error instanceof SlowLaneError && error.kind === 'temporary';
        if (!counts) hosts.delete(host);
        else if (++state.failures >= opensAfter) state.openUntil = now() + pauseMs;
        throw error;
      }
    },
  };
}

function isOpen(host: string, leftMs: number): SlowLaneError {
  return new SlowLaneError(
    'mediate.lookup-unavailable',
    `${host} failed ${opensAfter} times in a row and is not asked for another ${Math.ceil(leftMs / 1_000)} s`,
    { data: { host } },
  );
}
