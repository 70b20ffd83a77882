import { isTemporary, SlowLaneError } from '@slowlane/contracts';
import { pause } from '@slowlane/kit';
import type { FollowOptions } from './create-client.ts';

const DEFAULT_PATIENCE_MS = 120_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Decides how long to wait for a service that is away, and when to give up. */
export interface Patience {
  /** The service answered: it is not away. The pauses go on growing until something comes. */
  answered(): void;
  /** Something came. */
  reset(): void;
  /** Waits before the next try; throws the error when it is no break, or has lasted too long. Aborting ends the wait with the abort's reason. */
  wait(error: unknown): Promise<void>;
}

export function createPatience({ signal, patienceMs = DEFAULT_PATIENCE_MS }: FollowOptions): Patience {
  let pauseMs = FIRST_PAUSE_MS;
  let since: number | undefined;
  return {
    answered() {
      since = undefined;
    },
    reset() {
      pauseMs = FIRST_PAUSE_MS;
      since = undefined;
    },
    async wait(error) {
      signal?.throwIfAborted();
      if (!isBreak(error)) throw error;
      since ??= Date.now();
      if (Date.now() - since > patienceMs) throw error;
      await pause(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    },
  };
}

/** The connection broke, or the service is on its way back: what an answer refuses for good is not a break. */
function isBreak(error: unknown): boolean {
  return isTemporary(error) || (error instanceof SlowLaneError && error.code === 'cli.not-running');
}
