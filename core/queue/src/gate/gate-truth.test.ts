import { createMemoryLogger, sampleRequest, redisForFile } from '@slowlane/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyChanges } from './gate-clock.ts';
import { keysOf } from '../redis/keys.ts';
import { openQueue } from '../open-queue.ts';
import { createPump } from './pump.ts';
import type { Queue } from '../queue.ts';
import { loadScripts, scriptFolder } from '../redis/scripts.ts';
import { createStore } from '../redis/store.ts';

let raw: Redis;
let queue: Queue;
let prefix = '';

const server = redisForFile({ beforeAll, afterAll });
beforeAll(() => {
  raw = new Redis(server.redis.url, { protocol: 2 });
});
afterAll(() => raw.disconnect());
beforeEach(async () => {
  prefix = server.nextPrefix();
  queue = await openQueue({
    url: server.redis.url,
    prefix,
    logger: createMemoryLogger(),
    prices: { small: 3.6, big: 36 },
  });
  return () => queue.close();
});

const key = (name: string) => `{${prefix}}:${name}`;
const done = (runMs: number) => ({ state: 'succeeded', runMs, log: undefined }) as const;
const stateOf = async (id: string) => (await queue.requests.part(id))?.state;

async function park(dimensions: Record<string, number>, parts = 1): Promise<string[]> {
  const { request } = await queue.requests.accept(sampleRequest());
  await queue.requests.park(request.id, {
    mediated: {},
    parts: Array.from({ length: parts }, (_, index) => ({ key: `k${index}`, document: {} })),
    claim: { dimensions, priority: 5 },
    resultPath: '/x',
    needed: 0,
  });
  return Array.from({ length: parts }, (_, index) => `${request.id}-${index}`);
}

async function run(id: string, runId = `run-${id}`): Promise<void> {
  const { fence = 0, part } = (await queue.requests.claim(id, 'node', 60_000)) ?? {};
  await queue.requests.intend(id, fence, { attempt: part?.attempt ?? 1, token: `${id}-${part?.attempt}` });
  await queue.requests.bind(id, fence, { runId, runPageUrl: undefined, pollMs: 60_000 });
}

describe('turns of tenants', () => {
  it('go round, however many parts one of them has parked before the others came', async () => {
    await queue.gate.declare({ '*': 1 });
    const flood = await park({ 'tn:loud': 1 }, 12);
    const [quiet, shy] = [await park({ 'tn:quiet': 1 }, 3), await park({ 'tn:shy': 1 }, 1)];
    const order: string[] = [];
    const owner = (id: string) => (flood.includes(id) ? 'loud' : quiet.includes(id) ? 'quiet' : 'shy');
    for (let at = '0-0'; order.length < 16;) {
      const [granted] = (await queue.events.read(at, 1_000, 0)).filter(({ type }) => type === 'part.granted');
      at = (await queue.events.last()) as string;
      const id = granted?.subject.part as string;
      order.push(owner(id));
      await queue.requests.release(id, done(1));
    }
    expect(order.slice(0, 8)).toEqual(['loud', 'quiet', 'shy', 'loud', 'quiet', 'loud', 'quiet', 'loud']);
    expect([...flood, ...quiet, ...shy]).toHaveLength(16);
  });

  it('give no claim for a time in which a tenant wanted nothing', async () => {
    await queue.gate.declare({ '*': 1 });
    const first = await park({ 'tn:a': 1 }, 6);
    for (const id of first.slice(0, 4)) await queue.requests.release(id, done(1));
    const late = await park({ 'tn:b': 1 }, 4);
    await queue.requests.release(first[4] as string, done(1));
    expect([await stateOf(late[0] as string), await stateOf(late[1] as string)]).toEqual(['granted', 'parked']);
    await queue.requests.release(late[0] as string, done(1));
    expect(await stateOf(first[5] as string)).toBe('granted');
  });
});

describe('runs of others', () => {
  it('take places of the workspace, and give them back as they end', async () => {
    await queue.gate.declare({ 'ws:main': 2, 'quota:main:tasks': 10 });
    await queue.gate.foreign('main', 2, { runs: ['7', '8'] });
    const [part] = (await park({ 'ws:main': 1 })) as [string];
    expect(await stateOf(part)).toBe('parked');
    expect(await queue.requests.explain(part)).toMatchObject({ dimension: 'ws:main', limit: 2, inUse: 0, taken: 2 });
    expect((await queue.gate.list()).find(({ dimension }) => dimension === 'quota:main:tasks')).toMatchObject({
      taken: 2,
    });
    await queue.gate.foreign('main', 1);
    expect(await stateOf(part)).toBe('granted');
    await queue.gate.foreign('main', 0);
    expect((await queue.gate.list()).find(({ dimension }) => dimension === 'ws:main')?.taken).toBeUndefined();
  });

  it('are not told again while nothing changes', async () => {
    await queue.gate.foreign('main', 2);
    await queue.gate.foreign('main', 2);
    const told = (await queue.events.read('0-0', 100, 0)).filter(({ type }) => type === 'gate.foreign');
    expect(told.map(({ data }) => data['count'])).toEqual([2]);
  });
});

describe('reconciliation', () => {
  it('finds counters that are off, puts them right, grants what fits then, and tells', async () => {
    await queue.gate.declare({ 'pool:small': 2 });
    await park({ 'pool:small': 1 });
    await raw.hincrby(key('gate:use'), 'pool:small', 1);
    await raw.hincrby(key('gate:waiting'), '*', 5);
    const [waits] = (await park({ 'pool:small': 1 })) as [string];
    expect(await stateOf(waits)).toBe('parked');
    const found = await queue.gate.reconcile();
    expect(found.drift).toEqual(
      expect.arrayContaining([
        { dimension: 'pool:small', of: 'use', counted: 2, actual: 1 },
        { dimension: '*', of: 'waiting', counted: 6, actual: 1 },
      ]),
    );
    expect(await stateOf(waits)).toBe('granted');
    expect((await queue.gate.reconcile()).drift).toEqual([]);
    expect((await queue.events.read('0-0', 100, 0)).filter(({ type }) => type === 'gate.drift')).toHaveLength(
      found.drift.length,
    );
  });

  it('names who holds a slot unseen, and frees nothing', async () => {
    const [bound, submitting] = [...(await park({})), ...(await park({}))] as [string, string];
    await run(bound);
    expect(await queue.gate.reconcile({ holding: ['req_x-0'] })).toMatchObject({
      notSeen: [bound],
      notHeld: ['req_x-0'],
    });
    expect([await stateOf(bound), await stateOf(submitting)]).toEqual(['running', 'granted']);
  });
});

describe('a Redis that is older than the archive', () => {
  it('closes the gate until somebody opens it', async () => {
    await park({});
    const last = await queue.events.last();
    expect(await queue.gate.closeIfOlderThan(last)).toBe(false);
    expect(await queue.gate.closeIfOlderThan(`${Date.now() + 60_000}-0`)).toBe(true);
    const [part] = (await park({})) as [string];
    expect(await queue.requests.explain(part)).toMatchObject({
      dimension: '*',
      closed: [{ cause: 'closed', reason: expect.stringContaining('back in time') }],
    });
    expect(await queue.gate.open('ana')).toBe(true);
    expect(await stateOf(part)).toBe('granted');
  });
});

describe('why a part waits', () => {
  it('is told with those who hold the slots, its place, and when it may start', async () => {
    await queue.gate.declare({ 'op:daily': 1 });
    const [past] = (await park({ 'op:daily': 1 })) as [string];
    await run(past);
    await queue.requests.release(past, done(60_000));
    const [holder] = (await park({ 'op:daily': 1 })) as [string];
    await run(holder, 'run-7');
    await park({ 'op:daily': 1 });
    const [part] = (await park({ 'op:daily': 1 })) as [string];
    const view = await queue.requests.explain(part);
    expect(view).toMatchObject({
      state: 'parked',
      dimension: 'op:daily',
      limit: 1,
      inUse: 1,
      weight: 1,
      impossible: false,
      holders: [{ part: holder, request: holder.slice(0, -2), run: 'run-7', weight: 1 }],
      position: { inClass: 1, overall: 1 },
    });
    const grantedAt = view?.holders?.[0]?.grantedAt ?? 0;
    expect(view?.eta).toEqual({ earliest: grantedAt + 120_000, latest: grantedAt + 120_000 });
    expect(await queue.requests.explain(holder)).toMatchObject({ state: 'running' });
    expect(await queue.requests.explain('req_none-0')).toBeUndefined();
  });
});

describe('money', () => {
  it('is estimated before, measured after, for the part, the request and the event', async () => {
    const claim = { 'op:daily': 1, 'pool:small': 1 };
    const [first] = (await park(claim)) as [string];
    await run(first);
    await queue.requests.release(first, done(3_600_000));
    expect(await queue.requests.part(first)).toMatchObject({ costMicros: 3_600_000 });
    expect(await queue.requests.get(first.slice(0, -2))).toMatchObject({ costMicros: 3_600_000 });
    const [second] = (await park(claim)) as [string];
    expect(await queue.requests.part(second)).toMatchObject({ estimateMicros: 3_600_000 });
    const ended = (await queue.events.read('0-0', 100, 0)).find(({ type }) => type === 'part.ended');
    expect(ended?.data).toMatchObject({ costMicros: 3_600_000 });
  });

  it('postpones what goes beyond the budget of the month, until it is raised', async () => {
    await queue.gate.declare({ 'bud:acme': { limit: 1_000_000 } });
    const claim = { 'op:daily': 1, 'pool:small': 1, 'tn:acme': 1 };
    // No history: ten minutes at 3.6 an hour are 0.6.
    const [first] = (await park(claim)) as [string];
    const [second] = (await park(claim)) as [string];
    expect([await stateOf(first), await stateOf(second)]).toEqual(['granted', 'parked']);
    await queue.requests.release(first, done(900_000));
    expect(await queue.requests.explain(second)).toMatchObject({
      dimension: 'bud:acme',
      taken: 900_000,
      weight: 600_000,
    });
    await queue.gate.set('bud:acme', 2_000_000, 'ana', 'month end');
    expect(await stateOf(second)).toBe('granted');
  });

  it('begins anew with the month, and what was spent is told', async () => {
    await queue.gate.declare({ 'bud:acme': { limit: 1_000_000 } });
    const claim = { 'op:daily': 1, 'pool:small': 1, 'tn:acme': 1 };
    const [first] = (await park(claim)) as [string];
    await queue.requests.release(first, done(900_000));
    const [second] = (await park(claim)) as [string];
    await raw.set(key('gate:month'), '2001-01');
    await raw.zadd(key('gate:changes'), '1', 'month|');
    const scripts = loadScripts(scriptFolder, { leaseMs: 30_000, patienceMs: 600_000 });
    const store = createStore(raw, { keys: keysOf(prefix), scripts });
    await applyChanges({ store, pump: createPump(store) });
    expect(await stateOf(second)).toBe('granted');
    const told = (await queue.events.read('0-0', 100, 0)).find(({ type }) => type === 'gate.month');
    expect(told?.data).toEqual({ dimension: 'bud:acme', month: '2001-01', spent: 900_000 });
  });

  it('refuses at accept and at the gate where the budget says so', async () => {
    await queue.gate.declare({ 'bud:acme': { limit: 700_000, over: 'refuse' } });
    const weights = { 'op:daily': 1, 'pool:small': 1, 'tn:acme': 1 };
    await park(weights);
    await expect(park(weights)).rejects.toMatchObject({
      code: 'request.over-budget',
      message: expect.stringContaining('0.60, and of the budget acme 0.10'),
    });
    await expect(queue.requests.accept(sampleRequest({ weights }))).rejects.toMatchObject({
      code: 'request.over-budget',
    });
  });

  it('keeps to a quota of calls per hour, whatever has ended', async () => {
    await queue.gate.declare({ 'quota:main:runs-per-hour': 2 });
    const claim = { 'quota:main:runs-per-hour': 1 };
    const ids = [...(await park(claim)), ...(await park(claim)), ...(await park(claim))];
    for (const id of ids.slice(0, 2)) await queue.requests.release(id, done(1));
    expect(await stateOf(ids[2] as string)).toBe('parked');
    const [name] = await raw.zrange(key('gate:changes'), '0', '0');
    expect(name).toMatch(/^rate\|quota:main:runs-per-hour\|\d+$/);
  });
});
