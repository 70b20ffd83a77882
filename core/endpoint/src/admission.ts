import { monitorEventLoopDelay } from 'node:perf_hooks';
import { SlowLaneError } from '@slowlane/contracts';

/** What the system holds, as it was looked at last. */
export interface Load {
  /** Bytes in use of Redis, and what it may use; 0 = no limit is set. */
  redis: { used: number; most: number };
  /** Events that the archiver has not taken yet, and kept ones. */
  streamLength: number;
  /** Parts that wait in the gate, by operation. */
  waiting: Readonly<Record<string, number>>;
}

export interface AdmissionLimits {
  /** Share of Redis' memory limit above which nothing new is taken, 0 to 1. */
  redisMemory: number;
  /** Events in the stream. */
  streamLength: number;
  /** Waiting parts of one operation. */
  waitingPerOperation: number;
  /** Delay of this process' event loop, ms, as the mean of the last look. */
  loopDelayMs: number;
}

export interface Admission {
  /** Throws `request.overload` or `request.backlog`, both with the seconds after which to try again. */
  admit(operation: string): void;
  /** What is short now; empty when all is well. */
  short(): string[];
  close(): void;
}

const LOOK_MS = 1_000;
const RETRY_SECONDS = 5;

/**
 * Decides whether a new request is taken. Looks at the system once a second and never within a call, so that a refusal costs nothing. A look
 * that fails leaves the last one standing: a Redis that does not answer refuses by itself.
 */
export function startAdmission(
  look: () => Promise<Load>,
  limits: AdmissionLimits,
  options: { lookMs?: number; loopDelay?: () => number } = {},
): Admission {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  let load: Load | undefined;
  let loopDelayMs = 0;
  let looking = false;

  async function lookAgain(): Promise<void> {
    loopDelayMs = options.loopDelay?.() ?? delay.mean / 1e6;
    delay.reset();
    if (looking) return;
    looking = true;
    load = await look().catch(() => load);
    looking = false;
  }
  const timer = setInterval(() => void lookAgain(), options.lookMs ?? LOOK_MS).unref();

  const short = (): string[] => shortOf(load, limits, loopDelayMs);
  return {
    admit(operation) {
      const [first] = short();
      if (first !== undefined) {
        throw new SlowLaneError('request.overload', `no new request is taken: ${first}`, {
          data: { retryAfterSeconds: RETRY_SECONDS },
        });
      }
      const waiting = load?.waiting[operation] ?? 0;
      if (waiting < limits.waitingPerOperation) return;
      throw new SlowLaneError('request.backlog', `${waiting} parts of "${operation}" wait, as many as may`, {
        data: { retryAfterSeconds: RETRY_SECONDS, waiting, most: limits.waitingPerOperation },
      });
    },
    short,
    close() {
      clearInterval(timer);
      delay.disable();
    },
  };
}

function shortOf(load: Load | undefined, limits: AdmissionLimits, loopDelayMs: number): string[] {
  const short: string[] = [];
  if (loopDelayMs > limits.loopDelayMs) short.push(`the process is ${Math.round(loopDelayMs)} ms behind`);
  if (load === undefined) return short;
  const { used, most } = load.redis;
  if (most > 0 && used > most * limits.redisMemory) short.push(`Redis uses ${used} of ${most} bytes`);
  if (load.streamLength > limits.streamLength) short.push(`${load.streamLength} events wait for the archiver`);
  return short;
}
