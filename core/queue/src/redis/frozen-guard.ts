import type { Redis } from 'ioredis';

/**
 * A Redis that holds its connections and does not answer (stopped, or stuck on its disk) would make every caller wait out the time limit of
 * a command. After the first that did, all others are refused at once, until a ping is answered.
 */
export interface FrozenGuard {
  run<T>(command: () => Promise<T>): Promise<T>;
  close(): void;
}

const PING_AGAIN_MS = 100;

export function createFrozenGuard(redis: Pick<Redis, 'ping'>): FrozenGuard {
  let frozen = false;
  let timer: NodeJS.Timeout | undefined;

  function probe(): void {
    redis.ping().then(
      () => (frozen = false),
      (thrown: unknown) => {
        // A connection that is down refuses by itself, and at once.
        if (isTimeout(thrown)) timer = setTimeout(probe, PING_AGAIN_MS);
        else frozen = false;
      },
    );
  }
  return {
    async run(command) {
      if (frozen) throw new Error('Command timed out: Redis has not answered since');
      try {
        return await command();
      } catch (thrown) {
        if (isTimeout(thrown) && !frozen) {
          frozen = true;
          probe();
        }
        throw thrown;
      }
    },
    close: () => clearTimeout(timer),
  };
}

function isTimeout(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message.startsWith('Command timed out');
}
