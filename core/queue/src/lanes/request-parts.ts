import type { PartRange, PartRecord, PartState, PartTally } from '@slowlane/contracts';
import { partId } from '@slowlane/kit';
import { partRecordOf } from './request-record.ts';
import type { Store } from '../redis/store.ts';

/** Parts whose answers are on the way at once: one request of 10,000 must not fill the memory of connection and Redis. */
const AT_ONCE = 500;

/** A part that is gone already (its request is being removed) is left out. */
export async function readParts(store: Store, id: string, range?: PartRange): Promise<PartRecord[]> {
  const { from, count } = range ?? { from: 0, count: Infinity };
  // A look at how many there are costs as much as a look at one that is not there.
  const end = count <= AT_ONCE ? from + count : Math.min(from + count, await totalOf(store, id));
  const found: PartRecord[] = [];
  for (const ids of idsInSteps(id, from, end)) {
    const hashes = await store.hashes(ids.map((part) => `part:${part}`));
    found.push(...hashes.flatMap((fields, index) => partRecordOf(ids[index] as string, fields) ?? []));
  }
  return found;
}

export async function tallyParts(store: Store, id: string): Promise<PartTally> {
  const states: PartTally['states'] = {};
  let estimateMicros: number | undefined;
  for (const ids of idsInSteps(id, 0, await totalOf(store, id))) {
    for (const [state, estimate] of await fieldsOfParts(store, ids, ['state', 'estimate'])) {
      if (typeof state !== 'string') continue;
      states[state as PartState] = (states[state as PartState] ?? 0) + 1;
      if (typeof estimate === 'string') estimateMicros = (estimateMicros ?? 0) + Number(estimate);
    }
  }
  return { states, estimateMicros };
}

async function totalOf(store: Store, id: string): Promise<number> {
  return Number((await store.call((redis) => redis.hget(store.keys.of(`req:${id}`), 'total'))) ?? 0);
}

/** Parts that did not succeed of a request whose parts have ended, and what they claim at the gate, each class once. */
export async function unsuccessfulParts(store: Store, id: string): Promise<{ ids: string[]; classes: string[] }> {
  const found: string[] = [];
  const classes = new Set<string>();
  for (const ids of idsInSteps(id, 0, await totalOf(store, id))) {
    const rows = await fieldsOfParts(store, ids, ['state', 'class']);
    for (const [index, [state, claim]] of rows.entries()) {
      if (typeof state !== 'string' || state === 'succeeded') continue;
      found.push(ids[index] as string);
      classes.add(claim as string);
    }
  }
  return { ids: found, classes: [...classes] };
}

/** One write, because the connection gathers what one turn sends: see `GatheringRedis`. */
function fieldsOfParts(store: Store, ids: readonly string[], fields: string[]): Promise<(string | null)[][]> {
  const keys = ids.map((part) => store.keys.of(`part:${part}`));
  return store.call((redis) => Promise.all(keys.map((key) => redis.hmget(key, ...fields))));
}

function* idsInSteps(id: string, from: number, end: number): Generator<string[]> {
  for (let first = from; first < end; first += AT_ONCE)
    yield Array.from({ length: Math.min(AT_ONCE, end - first) }, (_, offset) => partId(id, first + offset));
}
