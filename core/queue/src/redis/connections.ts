import type { Logger } from '@slowlane/contracts';
import type { Redis, RedisOptions } from 'ioredis';
import { GatheringRedis } from './gathering-redis.ts';

/** How each kind of use is connected. All come back by themselves within about a second once Redis answers again. */
const kinds = {
  /** State and gate: fails at once instead of queueing, so that an accept can answer 503. */
  lane: {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: 2_000,
  },
  /** XREAD and XREADGROUP: one command at a time, for as long as it blocks and a little more. */
  blocking: { maxRetriesPerRequest: 2, blockingTimeout: 60_000, blockingTimeoutGrace: 2_000 },
  /** BullMQ demands that its commands are never given up. */
  queue: { maxRetriesPerRequest: null },
  subscriber: { maxRetriesPerRequest: null },
} satisfies Record<string, RedisOptions>;

export type ConnectionKind = keyof typeof kinds;

export interface Connector {
  (kind: ConnectionKind): Redis;
}

export function connector(url: string, logger: Logger): Connector {
  return (kind) => {
    // ioredis' own strategy grows to 20 s between tries.
    const redis = new GatheringRedis(url, {
      ...kinds[kind],
      protocol: 2,
      lazyConnect: true,
      connectTimeout: 5_000,
      keepAlive: 10_000,
      retryStrategy,
    });
    redis.on('error', (error: Error) => logger.debug({ kind, error: error.message }, 'redis connection'));
    return redis;
  };
}

export function retryStrategy(times: number): number {
  return Math.min(50 * times, 1_000);
}
