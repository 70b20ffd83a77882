import { type GateControl, SlowLaneError } from '@slowlane/contracts';
import { newId } from '@slowlane/kit';
import type { Pump } from './pump.ts';
import type { Store } from '../redis/store.ts';

type Truth = Pick<GateControl, 'foreign' | 'reconcile' | 'closeIfOlderThan'>;

/** Ids that an event names at most; the count says how many there are. */
const MOST_NAMED = 20;

/** What others see: runs that are not ours, parts that really hold something, and how far history reaches. */
export function createGateTruth(
  { store, pump }: { store: Store; pump: Pump },
  { close }: Pick<GateControl, 'close'>,
): Truth {
  return {
    async foreign(workspace, count, detail = {}) {
      const places = placesOf(workspace, count, detail.pools ?? {});
      const data = { workspace, count, pools: detail.pools, runs: detail.runs?.slice(0, MOST_NAMED) };
      const row = [workspace, JSON.stringify(data), newId('cor'), ...places];
      const [granted, budget] = (await store.run('set-foreign', ...row)) as [number, number];
      await pump.goOn(granted, budget);
    },
    async reconcile(truth) {
      const [granted, budget, flat, holders] = (await store.run('reconcile', newId('cor'))) as [
        number,
        number,
        string[],
        string[],
      ];
      await pump.goOn(granted, budget);
      return { drift: driftOf(flat), ...compare(holders, truth?.holding) };
    },
    async closeIfOlderThan(lastArchivedId) {
      const newest = await lastGeneratedId(store);
      if (compareIds(newest, lastArchivedId) >= 0) return false;
      await close(
        `Redis went back in time: its newest event is ${newest}, the archive holds ${lastArchivedId}. Reconcile, then open the gate.`,
      );
      return true;
    },
  };
}

function placesOf(workspace: string, count: number, pools: Record<string, number>): (string | number)[] {
  for (const places of [count, ...Object.values(pools)]) {
    if (!Number.isSafeInteger(places) || places < 0)
      throw new SlowLaneError('request.invalid', `not a number of runs: ${places}`, {
        hint: 'Use a whole number from 0.',
      });
  }
  const inPools = Object.entries(pools).flatMap(([pool, places]) => [`pool:${pool}`, places]);
  return [`ws:${workspace}`, count, `quota:${workspace}:tasks`, count, ...inPools];
}

function driftOf(flat: readonly string[]): Awaited<ReturnType<Truth['reconcile']>>['drift'] {
  return Array.from({ length: flat.length / 4 }, (_, row) => ({
    dimension: flat[row * 4] as string,
    of: flat[row * 4 + 1] as 'use' | 'waiting',
    counted: Number(flat[row * 4 + 2]),
    actual: Number(flat[row * 4 + 3]),
  }));
}

/** Only a part with a run bound can be missed: one that is being submitted may have a run that nobody has seen yet. */
function compare(
  holders: readonly string[],
  holding: readonly string[] | undefined,
): { notSeen: string[]; notHeld: string[] } {
  if (holding === undefined) return { notSeen: [], notHeld: [] };
  const seen = new Set(holding);
  const rows = Array.from({ length: holders.length / 2 }, (_, row) => holders.slice(row * 2) as [string, string]);
  const held = new Set(rows.map(([part]) => part));
  return {
    notSeen: rows.filter(([part, run]) => run !== '' && !seen.has(part)).map(([part]) => part),
    notHeld: holding.filter((part) => !held.has(part)),
  };
}

/** Of the event stream: that of the newest entry ever made, also when all have been trimmed. */
async function lastGeneratedId(store: Store): Promise<string> {
  const stream = store.keys.of('log');
  if ((await store.call((redis) => redis.exists(stream))) === 0) return '0-0';
  const facts = (await store.call((redis) => redis.xinfo('STREAM', stream))) as (string | number)[];
  return String(facts[facts.indexOf('last-generated-id') + 1]);
}

function compareIds(left: string, right: string): number {
  const [leftMs = 0, leftSequence = 0] = left.split('-').map(Number);
  const [rightMs = 0, rightSequence = 0] = right.split('-').map(Number);
  return leftMs - rightMs || leftSequence - rightSequence;
}
