import { setTimeout as pause } from 'node:timers/promises';
import { SlowLaneError } from '@slowlane/contracts';
import { budgetDimension, type gates } from './operations.ts';
import type { StreamRecord } from './record.ts';
import type { System } from './system.ts';

/**
 * Limits above those of the operations, which the load reaches only when it happens to be even, and what they are lowered to: the weight of the heaviest
 * part, so that nothing becomes impossible.
 */
const lowered = { '*': 1, 'ws:local': 2 } as const satisfies Partial<Record<keyof typeof gates, number>>;
const mostMs = 20_000;

/** Lowers under load, as an operator would, each limit that has made nobody wait yet, until it has; then it is as before. */
export async function tighten(system: System, stream: StreamRecord): Promise<void> {
  for (const [dimension, limit] of Object.entries(lowered))
    if (!hasRefused(stream, dimension)) await lower({ system, stream }, { dimension, limit });
  await useUpBudget(system, stream);
}

/**
 * Nothing is left of the budget until somebody waits for that; then it is raised again. To 0, because no part is impossible under it: what was spent so
 * far may be less than the next part weighs.
 */
async function useUpBudget(system: System, stream: StreamRecord): Promise<void> {
  const hasBound = await lower({ system, stream }, { dimension: budgetDimension, limit: 0 });
  if (!hasBound) throw new Error(`nothing was left of ${budgetDimension}, and nobody waited for it`);
}

/** True when it made somebody wait from then on. */
async function lower(
  { system, stream }: { system: System; stream: StreamRecord },
  { dimension, limit }: { dimension: string; limit: number },
): Promise<boolean> {
  const from = stream.events.length;
  await onceRedisAnswers(() => system.queue.gate.set(dimension, limit, 'chaos', 'so that it binds'));
  for (const until = Date.now() + mostMs; Date.now() < until && !hasRefused(stream, dimension, from);) await pause(50);
  await onceRedisAnswers(() => system.queue.gate.reset(dimension, 'chaos'));
  return hasRefused(stream, dimension, from);
}

/** The last kill may have been that of Redis. */
async function onceRedisAnswers<T>(call: () => Promise<T>): Promise<T> {
  for (const until = Date.now() + mostMs; ; await pause(50)) {
    try {
      return await call();
    } catch (error) {
      const isAway = error instanceof SlowLaneError && error.code === 'queue.unavailable';
      if (!isAway || Date.now() > until) throw error;
    }
  }
}

function hasRefused({ events }: StreamRecord, dimension: string, from = 0): boolean {
  return events.slice(from).some(({ type, data }) => type === 'part.waiting' && data['dimension'] === dimension);
}
