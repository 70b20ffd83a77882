import { type NewRequest, type PartRange, SlowLaneError } from '@slowlane/contracts';
import { createMemoryLogger, redisForFile, sampleRequest } from '@slowlane/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dyingAt, storeOn } from '../__fixtures__/dying-store.ts';
import { type Queue, openQueue } from '../index.ts';
import { parkLarge } from './park-large.ts';
import { createPump } from '../gate/pump.ts';
import type { ScriptName } from '../redis/scripts.ts';

let queue: Queue;
let prefix: string;
let raw: Redis;

const server = redisForFile({ beforeAll, afterAll });
beforeEach(async () => {
  prefix = server.nextPrefix();
  queue = await openQueue({ url: server.redis.url, prefix, logger: createMemoryLogger() });
  raw = new Redis(server.redis.url, { protocol: 2 });
  return async () => {
    raw.disconnect();
    await queue.close();
  };
});

const COUNT = 2_500;
const claim = { dimensions: { '*': 1, 'op:daily-sales': 1 }, priority: 5 };

function splitInto(count: number, word = 'k') {
  const parts = Array.from({ length: count }, (_, index) => ({ key: `${word}${index}`, document: { index, word } }));
  return { mediated: { month: 3 }, parts, claim, resultPath: '/Volumes/main/r/p' };
}

async function mediating(wishes: Partial<NewRequest> = {}): Promise<string> {
  const { request } = await queue.requests.accept(sampleRequest(wishes));
  await queue.requests.beginMediation(request.id);
  return request.id;
}

/** A node that dies at the nth call of a script: nothing of it or after it happens. */
async function parkAndDie(id: string, script: ScriptName, nth: number, split = splitInto(COUNT)): Promise<void> {
  const store = storeOn(raw, prefix);
  const mortal = dyingAt(store, script, nth);
  const deps = { store: mortal, pump: createPump(mortal), ageingStepMs: 60_000, prices: {} };
  await expect(parkLarge(deps, id, split)).rejects.toThrow('killed here');
  store.close();
}

async function told(id: string, type: string): Promise<string[]> {
  const parts: string[] = [];
  for (let from = '0-0'; ;) {
    const events = await queue.events.read(from, 2_000, 0);
    if (events.length === 0) return parts;
    for (const event of events)
      if (event.type === type && event.subject.request === id) parts.push(event.subject.part ?? id);
    from = events.at(-1)?.id ?? from;
  }
}

async function counts(id: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const { state } of await queue.requests.parts(id)) found[state] = (found[state] ?? 0) + 1;
  return found;
}

async function keysOfParts(id: string, range?: PartRange): Promise<string[]> {
  return (await queue.requests.parts(id, range)).map(({ key }) => key);
}

async function isTracked(id: string): Promise<boolean> {
  return (await raw.hexists(`{${prefix}}:triggers`, `mediate:${id}`)) === 1;
}

describe('a split into more parts than go in one step', () => {
  it('parks each part once, in order, and grants what fits', async () => {
    await queue.gate.declare({ 'op:daily-sales': 3 });
    const id = await mediating();
    await queue.requests.park(id, splitInto(COUNT));
    expect(await counts(id)).toEqual({ granted: 3, parked: COUNT - 3 });
    expect((await queue.requests.parts(id)).slice(0, 4).map(({ state }) => state)).toEqual([
      'granted',
      'granted',
      'granted',
      'parked',
    ]);
    expect(await told(id, 'part.parked')).toEqual(Array.from({ length: COUNT }, (_, index) => `${id}-${index}`));
    expect(await queue.requests.get(id)).toMatchObject({ state: 'running', parts: { total: COUNT, ended: 0 } });
    expect(await isTracked(id)).toBe(false);
    expect(await queue.requests.explain(`${id}-2499`)).toMatchObject({
      dimension: 'op:daily-sales',
      position: { inClass: COUNT - 4, overall: COUNT - 4 },
      holders: [{ part: `${id}-0` }, { part: `${id}-1` }, { part: `${id}-2` }],
    });
    await queue.requests.park(id, splitInto(COUNT));
    expect(await counts(id)).toEqual({ granted: 3, parked: COUNT - 3 });
  });

  it('explains a wait behind thousands of holders', async () => {
    const id = await mediating();
    await queue.requests.park(id, splitInto(COUNT));
    expect(await counts(id)).toEqual({ granted: COUNT });
    await queue.gate.set('op:daily-sales', COUNT, 'ana', 'full');
    const next = await mediating();
    await queue.requests.park(next, splitInto(1));
    const wait = await queue.requests.explain(`${next}-0`);
    expect(wait).toMatchObject({ dimension: 'op:daily-sales', inUse: COUNT });
    expect(wait?.holders).toHaveLength(20);
  });

  it.each([
    ['stage-parts', 1],
    ['stage-parts', 2],
    ['park-staged', 1],
  ] as const)('begins anew after a kill before %s number %i, also with fewer parts', async (script, nth) => {
    const id = await mediating();
    await parkAndDie(id, script, nth);
    expect(await queue.requests.parts(id)).toEqual([]);
    expect(await told(id, 'part.parked')).toEqual([]);
    expect(await isTracked(id)).toBe(true);
    await queue.requests.park(id, splitInto(1_200, 'other'));
    expect(await counts(id)).toEqual({ granted: 1_200 });
    expect((await queue.requests.parts(id)).every(({ document }) => document['word'] === 'other')).toBe(true);
    expect(await told(id, 'part.parked')).toHaveLength(1_200);
    await queue.requests.cancel(id, 'ana');
    await queue.events.trim(`${Date.now() + 60_000}-0`);
    const store = storeOn(raw, prefix);
    await expect.poll(() => store.run('retire', 0, 100), { message: 'in steps' }).toBe(1_000);
    while (Number(await store.run('retire', 0, 100)) > 0);
    expect(await raw.keys(`{${prefix}}:part:*`)).toEqual([]);
    store.close();
  });

  it.each([1, 2, 3])('goes on with the same parts after a kill before step %i of parking', async (nth) => {
    await queue.gate.declare({ 'op:daily-sales': 2 });
    const id = await mediating();
    await parkAndDie(id, 'enter-parts', nth);
    expect(await isTracked(id)).toBe(true);
    expect(await queue.requests.get(id)).toMatchObject({ state: 'running', parts: { total: COUNT } });
    expect(await queue.requests.explain(`${id}-2499`)).toMatchObject({ state: 'parked' });
    expect((await queue.requests.explain(`${id}-2499`))?.dimension).toBeUndefined();
    await queue.requests.parkRest(id);
    expect(await counts(id)).toEqual({ granted: 2, parked: COUNT - 2 });
    expect(await told(id, 'part.parked')).toHaveLength(COUNT);
    expect(await told(id, 'part.granted')).toEqual([`${id}-0`, `${id}-1`]);
    expect(await isTracked(id)).toBe(false);
    expect((await queue.gate.reconcile()).drift).toEqual([]);
  });

  it('is cancelled while it is being parked: every part is told and ends, and none comes to the gate afterwards', async () => {
    await queue.gate.declare({ 'op:daily-sales': 2 });
    const id = await mediating();
    await parkAndDie(id, 'enter-parts', 2);
    expect(await queue.requests.cancel(id, 'ana')).toBe('cancelled');
    await queue.requests.parkRest(id);
    expect(await counts(id)).toEqual({ cancelled: COUNT });
    expect(await told(id, 'part.parked')).toHaveLength(COUNT);
    expect(await told(id, 'part.ended')).toHaveLength(COUNT);
    expect(await isTracked(id)).toBe(false);
    expect((await queue.gate.list()).find(({ dimension }) => dimension === 'op:daily-sales')).toMatchObject({
      inUse: 0,
      waiting: 0,
    });
    // The client has been told.
    await raw.hdel(`{${prefix}}:triggers`, `notify:${id}`);
    expect((await queue.requests.retryFailed(id, 'ana')).parts).toHaveLength(COUNT);
    expect(await counts(id)).toEqual({ granted: 2, parked: COUNT - 2 });
  });

  it('ends the others once when one part fails, also those that are not at the gate yet', async () => {
    await queue.gate.declare({ 'op:daily-sales': 2 });
    const id = await mediating();
    await parkAndDie(id, 'enter-parts', 2);
    const failure = new SlowLaneError('run.failed', 'exit code 1').toFailure();
    await queue.requests.release(`${id}-0`, { state: 'failed', failure, runMs: 1, log: undefined });
    expect(await counts(id)).toEqual({ failed: 1, cancelled: COUNT - 1 });
    expect(await queue.requests.get(id)).toMatchObject({ state: 'joining', parts: { total: COUNT, ended: COUNT } });
    expect(await isTracked(id)).toBe(false);
  });

  it('keeps its parts outside until their time has come', async () => {
    const id = await mediating({ notBefore: Date.now() + 3_600_000 });
    await queue.requests.park(id, splitInto(COUNT));
    expect(await counts(id)).toEqual({ parked: COUNT });
    expect(await queue.requests.explain(`${id}-2499`)).toMatchObject({ dimension: 'not-before' });
    expect(await raw.zcard(`{${prefix}}:gate:changes`)).toBe(COUNT);
  });

  it('refuses a claim above a limit, and leaves the request to the mediator', async () => {
    await queue.gate.set('op:daily-sales', 1, 'ana', 'small');
    const id = await mediating();
    const heavy = { dimensions: { 'op:daily-sales': 2 }, priority: 5 };
    await expect(queue.requests.park(id, { ...splitInto(COUNT), claim: heavy })).rejects.toMatchObject({
      code: 'request.impossible',
    });
    expect(await queue.requests.get(id)).toMatchObject({ state: 'mediating' });
  });
});

describe('the parts of a request', () => {
  it('are read by ranges in the order of their index, or all of them', async () => {
    const id = await mediating();
    await queue.requests.park(id, splitInto(COUNT));
    const all = Array.from({ length: COUNT }, (_, index) => `k${index}`);
    expect(await keysOfParts(id)).toEqual(all);
    expect(await keysOfParts(id, { from: 0, count: 1 })).toEqual(['k0']);
    expect(await keysOfParts(id, { from: 990, count: 1_020 })).toEqual(all.slice(990, 2_010));
    expect(await keysOfParts(id, { from: COUNT - 1, count: 500 })).toEqual([`k${COUNT - 1}`]);
    expect(await keysOfParts(id, { from: COUNT, count: 500 })).toEqual([]);
    expect(await keysOfParts('req_none', { from: 0, count: 5 })).toEqual([]);
  });

  it('are counted by their states without being read', async () => {
    await queue.gate.declare({ 'op:daily-sales': 7 });
    const id = await mediating();
    expect(await queue.requests.tallyParts(id)).toEqual({ states: {} });
    await queue.requests.park(id, splitInto(COUNT));
    expect(await queue.requests.tallyParts(id)).toEqual({ states: { granted: 7, parked: COUNT - 7 } });
    expect((await queue.requests.tallyParts(id)).states).toEqual(await counts(id));
    await queue.requests.cancel(id, 'ana');
    await expect
      .poll(() => queue.requests.tallyParts(id), { timeout: 30_000 })
      .toEqual({ states: { cancelled: COUNT } });
  });
});
