import { SlowLaneError } from '@slowlane/contracts';
import type { Redis } from 'ioredis';
import { orUnavailable } from './availability.ts';

/** Connections that wait for the next command; those beyond it are given back when theirs is over. */
export const mostIdle = 4;

/** Connections for commands that block: each such command needs one of its own for as long as it blocks. */
export interface BlockingPool {
  use<T>(command: (redis: Redis) => Promise<T>): Promise<T>;
  close(): void;
}

export function createBlockingPool(connect: () => Redis): BlockingPool {
  const all = new Set<Redis>();
  const idle: Redis[] = [];
  const underWay = new Set<(reason: Error) => void>();
  let closed = false;

  async function use<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    if (closed) throw new SlowLaneError('queue.unavailable', 'the queue is closed');
    const redis = idle.pop() ?? open();
    try {
      return await orUnavailable(() => untilClosed(command(redis)));
    } finally {
      if (!closed) giveBack(redis);
    }
  }
  /**
   * ioredis leaves a queued command unanswered when it is disconnected between two tries to connect. Not `Promise.race` with one promise of the pool's
   * whole life: that would keep every reply for as long.
   */
  async function untilClosed<T>(reply: Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    underWay.add(reject);
    reply.then(resolve, reject);
    try {
      return await promise;
    } finally {
      underWay.delete(reject);
    }
  }
  function giveBack(redis: Redis): void {
    if (idle.length < mostIdle) return void idle.push(redis);
    all.delete(redis);
    redis.disconnect();
  }
  function open(): Redis {
    const redis = connect();
    all.add(redis);
    return redis;
  }
  function close(): void {
    closed = true;
    for (const reject of underWay) reject(new Error('Connection is closed.'));
    for (const redis of all) redis.disconnect();
  }
  return { use, close };
}
