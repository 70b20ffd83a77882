import type { GateControl } from '@slowlane/contracts';
import { isBudget, newId } from '@slowlane/kit';
import { createGateClosures } from './gate-closures.ts';
import { type LimitRow, declaredRow, handRow, limitText, mustBeDimension, resetRow } from './gate-rows.ts';
import { createGateTruth } from './gate-truth.ts';
import { listGates } from './gate-view.ts';
import { turnMonth } from './month.ts';
import type { Pump } from './pump.ts';
import type { Gate } from '../queue.ts';
import { redisTime } from '../redis/redis-time.ts';
import type { Store } from '../redis/store.ts';

/** Limits, their times, and what stands over them: what files declare, what people set by hand, what others take. */
export function createGate({ store, pump }: { store: Store; pump: Pump }): Gate {
  async function setLimits(mode: 'declare' | 'set' | 'reset', rows: LimitRow[]): Promise<void> {
    if (rows.length === 0) return;
    const [granted, budget] = (await store.run('set-limits', mode, newId('cor'), ...rows.flat())) as [number, number];
    await pump.goOn(granted, budget);
  }
  const closures = createGateClosures({ store, pump });
  return {
    list: () => listGates(store),
    set: async (dimension, limit, by, reason) => setLimits('set', [handRow(dimension, limit, { by, reason })]),
    reset: async (dimension, by) => setLimits('reset', [resetRow(dimension, by)]),
    async declare(limits) {
      const at = await redisTime(store);
      await setLimits('declare', declaredRows(limits, at));
      if (Object.keys(limits).some(isBudget)) await turnMonth({ store, pump }, at);
    },
    async restore(limits) {
      const rows = limits.flatMap(({ dimension, limit, by, reason, at }) => {
        mustBeDimension(dimension);
        return [dimension, limitText(limit), JSON.stringify({ by, reason }), String(at)];
      });
      const [done, granted, budget] = (await store.run('restore-limits', ...rows)) as [number, number?, number?];
      if (granted !== undefined && budget !== undefined) await pump.goOn(granted, budget);
      return done === 1;
    },
    ...closures,
    ...createGateTruth({ store, pump }, closures),
  };
}

function declaredRows(limits: Parameters<GateControl['declare']>[0], at: number): LimitRow[] {
  return Object.entries(limits).map(([dimension, declared]) => declaredRow(dimension, declared, at));
}
