import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChaosClient } from './client.ts';
import { type StreamRecord, recordStream } from './record.ts';
import { type ChaosNode, type System, startSystem } from './system.ts';

const patient = { timeout: 60_000, interval: 50 };
let system: System;
let stream: StreamRecord;
beforeAll(async () => {
  system = await startSystem({ seed: 11, nodes: 2 });
  stream = recordStream(system);
}, 120_000);
afterAll(async () => {
  await stream.stop();
  await system.close();
  expect(system.troubles).toEqual([]);
}, 30_000);

describe('a Redis that is away for a minute', () => {
  it('is told as 503 with Retry-After, nothing is acknowledged meanwhile, and all goes on within seconds of its return', async () => {
    const client = createChaosClient(system);
    const node = (index: number): ChaosNode => system.nodes[index % 2] as ChaosNode;
    for (const index of [0, 1]) await expect.poll(() => node(index).pid(), patient).not.toBe(0);
    const before = await client.accept(node(0), { customer: 'before', key: 'before' });
    const bringBack = await system.redis.takeAway();
    const statuses: number[] = [];
    for (const until = Date.now() + 60_000; Date.now() < until; await pause(250)) {
      const answer = await client.post(node(statuses.length), { customer: 'away', key: `away-${statuses.length}` });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      statuses.push(answer.status);
    }
    expect(new Set(statuses)).toEqual(new Set([503]));
    await bringBack();
    await expect
      .poll(() => client.post(node(0), { customer: 'back', key: 'back' }).then(({ status }) => status), {
        timeout: 3_000,
        interval: 50,
      })
      .toBe(202);
    const back = await client.accept(node(1), { customer: 'back', key: 'back' });
    for (const { id } of [before, back]) await expect.poll(() => stream.ended.has(id), patient).toBe(true);
    const accepted = stream.events.filter(({ type }) => type === 'request.accepted');
    expect(accepted.map(({ subject }) => subject.request)).toEqual([before.id, back.id]);
  }, 240_000);
});
