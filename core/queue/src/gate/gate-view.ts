import type { GateClosure, GateRule, GateView } from '@slowlane/contracts';
import type { Store } from '../redis/store.ts';

type Hash = Record<string, string>;

const hashNames = [
  'limit',
  'declared',
  'by-hand',
  'by-hand-limit',
  'by-hand-at',
  'use',
  'waiting',
  'taken',
  'rule',
] as const;

/** Every dimension that has a limit, is used or waited for, or is closed. */
export async function listGates(store: Store): Promise<GateView[]> {
  const hashes = await store.hashes(hashNames.map((name) => `gate:${name}`));
  const of = Object.fromEntries(hashNames.map((name, index) => [name, hashes[index]])) as Record<
    (typeof hashNames)[number],
    Hash
  >;
  const closures = await closuresOf(store);
  const changes = await windowChanges(store);
  const named = [of.limit, of.declared, of['by-hand'], of.use, of.waiting, of.taken, of.rule].flatMap((hash) =>
    Object.keys(hash),
  );
  return [...new Set([...named, ...closures.keys()])].sort().map((dimension) => ({
    dimension,
    limit: numberOrNull(of.limit[dimension]),
    declared: numberOrNull(of.declared[dimension]),
    byHand: byHandOf(of['by-hand'][dimension], {
      limit: Number(of['by-hand-limit'][dimension]),
      at: Number(of['by-hand-at'][dimension]),
    }),
    inUse: Number(of.use[dimension] ?? 0),
    waiting: Number(of.waiting[dimension] ?? 0),
    ...optional('taken', of.taken[dimension] === undefined ? undefined : Number(of.taken[dimension])),
    ...optional('closed', closures.get(dimension)),
    ...optional('windows', windowsOf(of.rule[dimension])),
    ...optional('changesAt', changes.get(dimension)),
  }));
}

async function closuresOf(store: Store): Promise<Map<string, GateClosure[]>> {
  const closed = await store.call((redis) => redis.smembers(store.keys.of('gate:closed-dimensions')));
  const hashes = await store.hashes(closed.map((dimension) => `gate:closed:${dimension}`));
  return new Map(closed.map((dimension, index) => [dimension, closuresFrom(hashes[index] ?? {})]));
}

export function closuresFrom(hash: Hash): GateClosure[] {
  return Object.entries(hash).map(([cause, text]) => ({ cause, ...(JSON.parse(text) as Omit<GateClosure, 'cause'>) }));
}

async function windowChanges(store: Store): Promise<Map<string, number>> {
  const rules = await store.call((redis) => redis.hkeys(store.keys.of('gate:rule')));
  if (rules.length === 0) return new Map();
  const names = rules.map((dimension) => `window|${dimension}`);
  const times = await store.call((redis) => redis.zmscore(store.keys.of('gate:changes'), ...names));
  return new Map(
    rules.flatMap((dimension, index) => (times[index] == null ? [] : [[dimension, Number(times[index])]])),
  );
}

function windowsOf(rule: string | undefined): readonly string[] | undefined {
  return rule === undefined ? undefined : (JSON.parse(rule) as GateRule).windows;
}

function byHandOf(text: string | undefined, rest: { limit: number; at: number }): GateView['byHand'] {
  return text === undefined ? undefined : { ...(JSON.parse(text) as { by: string; reason: string }), ...rest };
}

function numberOrNull(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

function optional<Name extends string, Value>(name: Name, value: Value | undefined): { [Key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [Key in Name]?: Value });
}
