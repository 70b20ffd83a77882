import type { Redis } from 'ioredis';
import { keysOf } from '../redis/keys.ts';
import { loadScripts, scriptFolder } from '../redis/scripts.ts';
import type { ScriptName } from '../redis/scripts.ts';
import { type Store, createStore } from '../redis/store.ts';

/** The store of a test, beside that of its queue. */
export function storeOn(redis: Redis, prefix: string): Store {
  const scripts = loadScripts(scriptFolder, { leaseMs: 30_000, patienceMs: 600_000 });
  return createStore(redis, { keys: keysOf(prefix), scripts });
}

/** As the store of a node that dies at the nth call of a script: nothing of it or after it happens. */
export function dyingAt(store: Store, script: ScriptName, nth: number): Store {
  let calls = 0;
  return {
    ...store,
    run: async (name, ...args) => {
      if (name === script && ++calls === nth) throw new Error('killed here');
      return store.run(name, ...args);
    },
  };
}
