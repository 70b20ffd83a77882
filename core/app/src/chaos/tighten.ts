import { setTimeout as pause } from 'node:timers/promises';
import type { gates } from './operations.ts';
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
  for (const [dimension, limit] of Object.entries(lowered)) {
    const hasRefused = (): boolean =>
      stream.events.some(({ type, data }) => type === 'part.waiting' && data['dimension'] === dimension);
    if (hasRefused()) continue;
    await system.queue.gate.set(dimension, limit, 'chaos', 'so that it binds');
    for (const until = Date.now() + mostMs; Date.now() < until && !hasRefused();) await pause(50);
    await system.queue.gate.reset(dimension, 'chaos');
  }
}
