import { SlowLaneError } from '@slowlane/contracts';
import type { Redis } from 'ioredis';
import { orUnavailable } from './availability.ts';

/** Connections for commands that block: each such command needs one of its own for as long as it blocks. */
export interface BlockingPool {
  use<T>(command: (redis: Redis) => Promise<T>): Promise<T>;
  close(): void;
}

export function createBlockingPool(connect: () => Redis): BlockingPool {
  const all = new Set<Redis>();
  const idle: Redis[] = [];
  const closing = Promise.withResolvers<never>();
  closing.promise.catch(() => undefined);
  let closed = false;

  async function use<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    if (closed) throw new SlowLaneError('queue.unavailable', 'the queue is closed');
    const redis = idle.pop() ?? open();
    try {
      // ioredis leaves a queued command unanswered when it is disconnected between two tries to connect.
      return await orUnavailable(() => Promise.race([command(redis), closing.promise]));
    } finally {
      if (!closed) idle.push(redis);
    }
  }
  function open(): Redis {
    const redis = connect();
    all.add(redis);
    return redis;
  }
  function close(): void {
    closed = true;
    closing.reject(new Error('Connection is closed.'));
    for (const redis of all) redis.disconnect();
  }
  return { use, close };
}
