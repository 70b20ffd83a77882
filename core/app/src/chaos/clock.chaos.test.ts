import { afterEach, describe, expect, it } from 'vitest';
import { type ChaosClient, createChaosClient } from './client.ts';
import { type StreamRecord, clustersAlive, recordStream } from './record.ts';
import { type System, startSystem } from './system.ts';

const hour = 3_600_000;
const patient = { timeout: 60_000, interval: 50 };
let system: System;
let stream: StreamRecord;
let client: ChaosClient;

async function startWith(clockOffMs: readonly number[]): Promise<void> {
  system = await startSystem({ seed: 17, nodes: clockOffMs.length, clockOffMs });
  stream = recordStream(system);
  client = createChaosClient(system);
}
afterEach(async () => {
  await stream.stop();
  await system.close();
  expect(system.troubles).toEqual([]);
}, 30_000);

describe('a node whose clock is an hour behind', () => {
  it('ends its idle cluster when it is idle, and not an hour later', async () => {
    await startWith([-hour]);
    const node = system.nodes[0] as System['nodes'][number];
    const { id } = await client.accept(node, { operation: 'warm', customer: 'acme' });
    await expect.poll(async () => (await clustersAlive(system)).length, patient).toBe(1);
    await expect.poll(() => stream.ended.has(id), patient).toBe(true);
    await expect.poll(() => clustersAlive(system), patient).toEqual([]);
  }, 180_000);
});

describe('nodes whose clocks are an hour ahead and an hour behind', () => {
  it('take a deadline in half an hour for one that has not passed, and one in seconds for one that soon has', async () => {
    await startWith([hour, -hour]);
    for (const [index, node] of system.nodes.entries()) {
      const late = await client.accept(node, { customer: `late-${index}`, deadline: Date.now() + hour / 2 });
      await expect.poll(() => stream.ended.has(late.id), patient).toBe(true);
      expect((await system.queue.requests.get(late.id))?.failure?.code).not.toBe('request.deadline');
      await system.queue.gate.pause('op:daily', 'test', 'so that the deadline passes');
      const soon = await client.accept(node, { customer: `soon-${index}`, deadline: Date.now() + 3_000 });
      await expect.poll(() => stream.ended.has(soon.id), patient).toBe(true);
      expect((await system.queue.requests.get(soon.id))?.failure?.code).toBe('request.deadline');
      await system.queue.gate.release('op:daily', 'test');
    }
  }, 180_000);
});
