import type { Store } from './store.ts';

/** Epoch ms by Redis' clock: the only one that counts at the gate. */
export async function redisTime(store: Store): Promise<number> {
  const [seconds, microseconds] = await store.call((redis) => redis.time());
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
}
