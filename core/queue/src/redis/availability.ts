import { setTimeout as pause } from 'node:timers/promises';
import { SlowLaneError } from '@slowlane/contracts';
import { VERSION_REPLY, versionError } from './version-error.ts';

/** Replies with which Redis says "not now"; any other error reply is a fault of ours. */
const notNow = /^(LOADING|BUSY|MISCONF|READONLY|MASTERDOWN|TRYAGAIN|CLUSTERDOWN|UNBLOCKED|NOREPLICAS)\b/;
const connection =
  /max retries per request|isn't writeable|Connection is closed|Command timed out|Blocking command timed out|Socket (timeout|closed)|ECONN|EPIPE|ETIMEDOUT|ENOENT|EHOSTUNREACH/i;

/** Carries out a call to Redis; throws `queue.unavailable` when Redis does not answer and `queue.full` when its memory is full. */
export async function orUnavailable<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (thrown) {
    throw asUnavailable(thrown);
  }
}

export function asUnavailable(thrown: unknown): unknown {
  if (thrown instanceof SlowLaneError || !(thrown instanceof Error)) return thrown;
  const text = thrown.message;
  if (text.includes(VERSION_REPLY)) return versionError(text);
  if (text.startsWith('OOM')) return new SlowLaneError('queue.full', `Redis: ${text}`, { cause: thrown });
  if (notNow.test(text) || connection.test(`${text} ${codeOf(thrown)}`)) {
    return new SlowLaneError('queue.unavailable', `Redis does not answer: ${text}`, { cause: thrown });
  }
  return thrown;
}

export function isUnavailable(thrown: unknown): boolean {
  return thrown instanceof SlowLaneError && thrown.code === 'queue.unavailable';
}

/**
 * Repeats a call while Redis does not answer, at most for `forMs`: a build of 20 minutes must not be lost to a restart of Redis. Only for
 * steps that are safe to repeat.
 */
export async function patiently<T>(call: () => Promise<T>, forMs = 30_000): Promise<T> {
  const deadline = Date.now() + forMs;
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
    try {
      return await call();
    } catch (thrown) {
      if (!isUnavailable(thrown) || Date.now() + pauseMs > deadline) throw thrown;
      await pause(pauseMs);
    }
  }
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}
