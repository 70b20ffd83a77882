import { Redis } from 'ioredis';

/** Connections as BullMQ's manual makes them, without anything of ours. @see https://docs.bullmq.io/guide/connections */
export function rawConnector(url: string): () => Redis {
  return () => {
    const redis = new Redis(url, { maxRetriesPerRequest: null });
    // Without a listener ioredis writes every lost connection to stderr.
    redis.on('error', () => undefined);
    return redis;
  };
}
