import { createMemoryLogger, sampleRequest, redisForFile } from '@slowlane/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openQueueWith } from '../open-queue.ts';
import type { Queue } from '../queue.ts';

let queue: Queue;

const server = redisForFile({ beforeAll, afterAll });
beforeEach(async () => {
  queue = await openQueueWith({ url: server.redis.url, prefix: server.nextPrefix(), logger: createMemoryLogger() }, {});
  return () => queue.close();
});

async function park(on: Queue, dimensions: Record<string, number>): Promise<string> {
  const { request } = await on.requests.accept(sampleRequest());
  await on.requests.park(request.id, {
    mediated: {},
    parts: [{ key: 'all', document: {} }],
    claim: { dimensions, priority: 5 },
    resultPath: '/x',
  });
  return `${request.id}-0`;
}

async function stateOf(on: Queue, id: string): Promise<string | undefined> {
  return (await on.requests.part(id))?.state;
}

const done = { state: 'succeeded', runMs: 0, log: undefined } as const;

describe('limits', () => {
  it('shows declared and by hand, and what is set by hand stands until it is reset', async () => {
    await queue.gate.declare({ 'op:a': 3 });
    await queue.gate.set('op:a', 1, 'ana', 'month end');
    await queue.gate.declare({ 'op:a': 5 });
    const [view] = await queue.gate.list();
    expect(view).toMatchObject({
      dimension: 'op:a',
      limit: 1,
      declared: 5,
      byHand: { limit: 1, by: 'ana', reason: 'month end' },
    });
    await queue.gate.reset('op:a', 'ana');
    expect((await queue.gate.list())[0]).toMatchObject({ limit: 5, declared: 5, byHand: undefined });
    const events = await queue.events.read('0-0', 10, 0);
    expect(events.map(({ type, data }) => [type, data['limit']])).toEqual([
      ['gate.limit', 1],
      ['gate.limit', null],
    ]);
  });

  it('grants in the same step when a limit is raised, and nothing new when one is lowered below its use', async () => {
    await queue.gate.declare({ 'pool:small': 1 });
    const [first, second, third] = [
      await park(queue, { 'pool:small': 1 }),
      await park(queue, { 'pool:small': 1 }),
      await park(queue, { 'pool:small': 1 }),
    ];
    await queue.gate.set('pool:small', 2, 'ana', 'more');
    expect(await stateOf(queue, second)).toBe('granted');
    await queue.gate.set('pool:small', 1, 'ana', 'less');
    await queue.requests.release(first, done);
    expect(await stateOf(queue, third)).toBe('parked');
    await queue.requests.release(second, done);
    expect(await stateOf(queue, third)).toBe('granted');
  });

  it('forgets a declared limit that became unlimited', async () => {
    await queue.gate.declare({ 'op:a': 1 });
    await park(queue, { 'op:a': 1 });
    const second = await park(queue, { 'op:a': 1 });
    await queue.gate.declare({ 'op:a': Infinity });
    expect(await stateOf(queue, second)).toBe('granted');
    expect((await queue.gate.list()).find(({ dimension }) => dimension === 'op:a')).toMatchObject({
      limit: null,
      declared: null,
    });
  });

  it('refuses a dimension that cannot be, and a limit that is none', async () => {
    await expect(queue.gate.set('cluster:x', 1, 'ana', 'r')).rejects.toMatchObject({
      code: 'gate.unknown-dimension',
      message: expect.stringContaining('cluster:x'),
    });
    await expect(queue.gate.set('op:x|*=1', 1, 'ana', 'r')).rejects.toMatchObject({ code: 'gate.unknown-dimension' });
    await expect(queue.gate.set('op:x', -1, 'ana', 'r')).rejects.toMatchObject({ code: 'request.invalid' });
  });

  it('takes limits by hand back from the ledger only into a Redis that never had one', async () => {
    const remembered = [{ dimension: 'res:erp-db', limit: 2, by: 'ana', reason: 'night', at: 5 }];
    expect(await queue.gate.restore(remembered)).toBe(true);
    expect(await queue.gate.list()).toMatchObject([
      { dimension: 'res:erp-db', limit: 2, byHand: { by: 'ana', reason: 'night', at: 5 } },
    ]);
    await queue.gate.reset('res:erp-db', 'bob');
    expect(await queue.gate.restore(remembered)).toBe(false);
    expect((await queue.gate.list()).map(({ limit }) => limit)).toEqual([]);
  });
});

describe('weights and shared resources', () => {
  it('adds weights up over operations that share a resource', async () => {
    await queue.gate.declare({ 'res:erp-db': 3 });
    await park(queue, { 'op:a': 1, 'res:erp-db': 2 });
    const tooMuch = await park(queue, { 'op:b': 1, 'res:erp-db': 2 });
    const fits = await park(queue, { 'op:c': 1, 'res:erp-db': 1 });
    expect([await stateOf(queue, tooMuch), await stateOf(queue, fits)]).toEqual(['parked', 'granted']);
    expect((await queue.gate.list()).find(({ dimension }) => dimension === 'res:erp-db')).toMatchObject({
      inUse: 3,
      waiting: 1,
    });
  });

  it('finds a light class behind many heavier ones', async () => {
    await queue.gate.declare({ 'res:erp-db': 4 });
    const running = [await park(queue, { 'res:erp-db': 3 }), await park(queue, { 'res:erp-db': 1 })];
    for (let operation = 0; operation < 80; operation++)
      await park(queue, { [`op:o${operation}`]: 1, 'res:erp-db': 4 });
    const light = await park(queue, { 'op:light': 1, 'res:erp-db': 1 });
    await queue.requests.release(running[1] as string, done);
    expect(await stateOf(queue, light)).toBe('granted');
  });

  it('does not let light parts starve a heavy one: past its patience the heavy one holds the dimension', async () => {
    const strict = await openQueueWith(
      { url: server.redis.url, prefix: server.nextPrefix(), logger: createMemoryLogger() },
      { patienceMs: 0 },
    );
    await strict.gate.declare({ 'res:erp-db': 3 });
    const light = [
      await park(strict, { 'res:erp-db': 1 }),
      await park(strict, { 'res:erp-db': 1 }),
      await park(strict, { 'res:erp-db': 1 }),
    ];
    const heavy = await park(strict, { 'op:heavy': 1, 'res:erp-db': 3 });
    const late = await park(strict, { 'op:late': 1, 'res:erp-db': 1 });
    await strict.requests.release(light[0] as string, done);
    await strict.requests.release(light[1] as string, done);
    expect(await stateOf(strict, late)).toBe('parked');
    await strict.requests.release(light[2] as string, done);
    expect([await stateOf(strict, heavy), await stateOf(strict, late)]).toEqual(['granted', 'parked']);
    await strict.requests.release(heavy, done);
    expect(await stateOf(strict, late)).toBe('granted');
    await strict.close();
  });
});
