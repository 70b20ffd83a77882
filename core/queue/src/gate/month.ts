import { newId } from '@slowlane/kit';
import type { Pump } from './pump.ts';
import type { Store } from '../redis/store.ts';

/** Budgets count calendar months, UTC. Begins the one of `at` (Redis' time), once, whoever calls. */
export async function turnMonth({ store, pump }: { store: Store; pump: Pump }, at: number): Promise<void> {
  const month = new Date(at).toISOString().slice(0, 7);
  const [granted, budget] = (await store.run('turn-month', month, endOfMonth(at), newId('cor'))) as [number, number];
  await pump.goOn(granted, budget);
}

export function endOfMonth(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}
