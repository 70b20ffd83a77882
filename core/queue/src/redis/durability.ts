import type { Store } from './store.ts';

/** Reads Redis' settings; a Redis that hides them (a managed one) is reported as unknown. */
export async function checkDurability(store: Store): Promise<{ durable: boolean; detail: string }> {
  try {
    const appendonly = await setting(store, 'appendonly');
    const fsync = await setting(store, 'appendfsync');
    const eviction = await setting(store, 'maxmemory-policy');
    if (eviction !== undefined && eviction !== 'noeviction') {
      return {
        durable: false,
        detail: `maxmemory-policy is ${eviction}: Redis may throw requests away; set noeviction`,
      };
    }
    if (appendonly === 'yes' && fsync === 'always')
      return { durable: true, detail: 'appendonly yes, appendfsync always' };
    return {
      durable: false,
      detail: `appendonly ${appendonly}, appendfsync ${fsync}: a power cut can lose acknowledged requests; set yes and always`,
    };
  } catch (thrown) {
    if (!(thrown instanceof Error) || !/unknown command|NOPERM|not allowed/i.test(thrown.message)) throw thrown;
    return { durable: false, detail: 'Redis does not show its settings: make sure that it appends with fsync always' };
  }
}

async function setting(store: Store, name: string): Promise<string | undefined> {
  const reply = (await store.call((redis) => redis.config('GET', name))) as string[];
  return reply[1];
}
