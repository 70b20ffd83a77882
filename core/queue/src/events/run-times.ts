import type { Store } from '../redis/store.ts';

const MOST = 64;

/** Run times of the operation in ms, newest first, at most 64. */
export async function runTimes(store: Store, operation: string): Promise<number[]> {
  return (await store.call((redis) => redis.lrange(store.keys.of(`gate:ran:${operation}`), 0, MOST - 1))).map(Number);
}
