import type { Store } from '../redis/store.ts';

/** Goes on granting where a script stopped at its budget: a script that uses it up has probably left room. */
export interface Pump {
  goOn(granted: number, budget: number): Promise<void>;
  all(): Promise<void>;
}

const BUDGET = 256;

export function createPump(store: Store): Pump {
  async function goOn(granted: number, budget: number): Promise<void> {
    if (granted >= budget) await all();
  }
  async function all(): Promise<void> {
    while (Number(await store.run('pump', BUDGET)) >= BUDGET);
  }
  return { goOn, all };
}
