import { type GateControl, type GateView, SlowLaneError } from '@slowlane/contracts';
import { newId } from '@slowlane/kit';
import { isDimension } from './gate-class.ts';
import type { Pump } from './pump.ts';
import type { Gate } from './queue.ts';
import type { Store } from './store.ts';

/** Limits: what files declare, and what people set by hand over it. */
export function createGate({ store, pump }: { store: Store; pump: Pump }): Gate {
  async function setLimits(mode: 'declare' | 'set' | 'reset', rows: string[][]): Promise<void> {
    for (const [dimension] of rows) mustBeDimension(dimension as string);
    if (rows.length === 0) return;
    const [granted, budget] = (await store.run('set-limits', mode, newId('cor'), ...rows.flat())) as [number, number];
    await pump.goOn(granted, budget);
  }
  return {
    list: () => list(store),
    set: async (dimension, limit, by, reason) =>
      setLimits('set', [
        [dimension, limitText(limit), JSON.stringify({ by, reason }), JSON.stringify({ dimension, limit, by, reason })],
      ]),
    reset: (dimension, by) =>
      setLimits('reset', [[dimension, '', '', JSON.stringify({ dimension, limit: null, by, reason: 'reset' })]]),
    declare: async (limits) => setLimits('declare', declaredRows(limits)),
    async restore(limits) {
      const rows = limits.flatMap(({ dimension, limit, by, reason, at }) => [
        dimension,
        limitText(limit),
        JSON.stringify({ by, reason }),
        String(at),
      ]);
      const [done, granted, budget] = (await store.run('restore-limits', ...rows)) as [number, number?, number?];
      if (granted !== undefined && budget !== undefined) await pump.goOn(granted, budget);
      return done === 1;
    },
  };
}

function declaredRows(limits: Parameters<GateControl['declare']>[0]): string[][] {
  return Object.entries(limits).map(([dimension, limit]) => [
    dimension,
    limit === Infinity ? '' : limitText(limit),
    '',
    '',
  ]);
}

async function list(store: Store): Promise<GateView[]> {
  const names = ['limit', 'declared', 'by-hand', 'by-hand-limit', 'by-hand-at', 'use', 'waiting'];
  const [limit, declared, byHand, handLimit, handAt, use, waiting] = (await store.hashes(
    names.map((name) => `gate:${name}`),
  )) as [
    Record<string, string>,
    Record<string, string>,
    Record<string, string>,
    Record<string, string>,
    Record<string, string>,
    Record<string, string>,
    Record<string, string>,
  ];
  const dimensions = new Set([
    ...Object.keys(limit),
    ...Object.keys(declared),
    ...Object.keys(byHand),
    ...Object.keys(use),
    ...Object.keys(waiting),
  ]);
  return [...dimensions].sort().map((dimension) => ({
    dimension,
    limit: numberOrNull(limit[dimension]),
    declared: numberOrNull(declared[dimension]),
    byHand: byHandOf(byHand[dimension], { limit: Number(handLimit[dimension]), at: Number(handAt[dimension]) }),
    inUse: Number(use[dimension] ?? 0),
    waiting: Number(waiting[dimension] ?? 0),
  }));
}

function byHandOf(text: string | undefined, rest: { limit: number; at: number }): GateView['byHand'] {
  return text === undefined ? undefined : { ...(JSON.parse(text) as { by: string; reason: string }), ...rest };
}

function numberOrNull(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

function limitText(limit: number): string {
  if (!Number.isSafeInteger(limit) || limit < 0)
    throw new SlowLaneError('request.invalid', `not a limit: ${limit}`, { hint: 'Use a whole number from 0.' });
  return String(limit);
}

function mustBeDimension(text: string): void {
  if (!isDimension(text))
    throw new SlowLaneError('gate.unknown-dimension', `not a gate dimension: ${JSON.stringify(text)}`);
}
