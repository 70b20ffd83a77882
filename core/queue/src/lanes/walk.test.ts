import { SlowLaneError } from '@slowlane/contracts';
import { createMemoryLogger, redisForFile } from '@slowlane/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dyingAt, storeOn } from '../__fixtures__/dying-store.ts';
import { applyChanges } from '../gate/gate-clock.ts';
import { parkRequest, runPart } from '../__fixtures__/parked-request.ts';
import { type Queue, openQueue } from '../index.ts';
import { createPump } from '../gate/pump.ts';
import { createRequestLane } from './request-lane.ts';
import type { Store } from '../redis/store.ts';

let queue: Queue;
let prefix: string;
let raw: Redis;
let store: Store;

const server = redisForFile({ beforeAll, afterAll });
beforeEach(async () => {
  prefix = server.nextPrefix();
  queue = await openQueue({ url: server.redis.url, prefix, logger: createMemoryLogger() });
  raw = new Redis(server.redis.url, { protocol: 2 });
  store = storeOn(raw, prefix);
  return async () => {
    store.close();
    raw.disconnect();
    await queue.close();
  };
});

/** Three steps: 500, 500, 200. */
const COUNT = 1_200;
const failure = new SlowLaneError('run.failed', 'exit code 1').toFailure();
const failed = { state: 'failed', failure, runMs: 1, log: undefined } as const;

const park = (parts: number, needed?: number) => parkRequest(queue, parts, needed);
const run = (partId: string) => runPart(queue, partId);

const laneOn = (on: Store) =>
  createRequestLane({ store: on, pump: createPump(on), ageingStepMs: 60_000, maxUnarchived: 1e6, prices: {} });

/** A node that does the first steps of a walk and dies before step `step` (the first is the call itself). */
async function dieBefore(step: number, act: (lane: ReturnType<typeof laneOn>) => Promise<unknown>): Promise<void> {
  await expect(act(laneOn(dyingAt(store, 'walk-on', step - 1)))).rejects.toThrow('killed here');
}

/** Another node, until it has done what the dead one left. */
async function anotherNode(): Promise<void> {
  const node = await queue.work({}, { tickMs: 50 });
  await expect.poll(() => raw.exists(`{${prefix}}:walks`), { timeout: 30_000 }).toBe(0);
  await node.close();
}

const tally = async (id: string) => (await queue.requests.tallyParts(id)).states;
const stateOf = async (id: string) => (await queue.requests.get(id))?.state;
const inUse = async () => (await queue.gate.list()).find(({ dimension }) => dimension === 'op:daily')?.inUse;

async function told(id: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let from = '0-0'; ;) {
    const events = await queue.events.read(from, 2_000, 0);
    for (const { type, subject } of events) if (subject.request === id) counts[type] = (counts[type] ?? 0) + 1;
    if (events.length === 0) return counts;
    from = events.at(-1)?.id ?? from;
  }
}

/** The client has heard of the end. */
const heard = (id: string) => raw.hdel(`{${prefix}}:triggers`, `notify:${id}`, `finish:${id}`);

async function failBy(deadlineOf: string): Promise<void> {
  await raw.zadd(`{${prefix}}:gate:changes`, 1, `deadline|${deadlineOf}`);
}

describe('a cancel of more parts than go in one step', () => {
  it.each([2, 3])('is finished by another node where the first one died before step %i', async (step) => {
    await queue.gate.declare({ 'op:daily': 2 });
    const id = await park(COUNT);
    await run(`${id}-0`);
    await dieBefore(step, (lane) => lane.cancel(id, 'ana'));
    expect(await stateOf(id)).toBe('cancelling');
    expect(await tally(id)).toEqual({
      cancelling: 1,
      cancelled: (step - 1) * 500 - 1,
      parked: COUNT - (step - 1) * 500,
    });
    await anotherNode();
    expect(await tally(id)).toEqual({ cancelling: 1, cancelled: COUNT - 1 });
    expect(await stateOf(id)).toBe('cancelling');
    await queue.requests.release(`${id}-0`, { state: 'cancelled', failure, runMs: 1, log: undefined });
    expect(await stateOf(id)).toBe('cancelled');
    expect(await told(id)).toMatchObject({ 'part.granted': 2, 'part.ended': COUNT, 'request.cancelled': 1 });
    expect((await queue.gate.reconcile()).drift).toEqual([]);
    expect(await inUse()).toBe(0);
  });

  it('answers with what became of the request, also the second time and while the first one is at it', async () => {
    const id = await park(COUNT);
    expect(await queue.requests.cancel(id, 'ana')).toBe('cancelled');
    expect(await queue.requests.cancel(id, 'ana')).toBe('cancelled');
    const other = await park(COUNT);
    await run(`${other}-1100`);
    await dieBefore(2, (lane) => lane.cancel(other, 'ana'));
    expect(await queue.requests.cancel(other, 'bea')).toBe('cancelling');
    expect(await tally(other)).toEqual({ cancelling: 1, cancelled: COUNT - 1 });
    expect(await told(other)).toMatchObject({ 'request.cancelling': 1 });
  });

  it('lets no part be granted between two steps, and what stands behind them is granted instead', async () => {
    await queue.gate.declare({ 'op:daily': 2 });
    const id = await park(COUNT);
    const behind = await park(3);
    await dieBefore(2, (lane) => lane.cancel(id, 'ana'));
    await queue.gate.set('op:daily', COUNT, 'ana', 'as much as you like');
    expect(await tally(id)).toEqual({ cancelled: 500, parked: COUNT - 500 });
    expect(await tally(behind)).toEqual({ granted: 3 });
    expect((await queue.gate.reconcile()).drift).toEqual([]);
    await anotherNode();
    expect(await told(id)).toMatchObject({ 'part.granted': 2, 'part.ended': COUNT, 'request.cancelled': 1 });
    expect(await inUse()).toBe(3);
  });

  it('lets no part be submitted between two steps that had its slot already', async () => {
    const id = await park(COUNT);
    const early = await queue.requests.claim(`${id}-900`, 'node', 30_000);
    await dieBefore(2, (lane) => lane.cancel(id, 'ana'));
    const late = await queue.requests.claim(`${id}-901`, 'node', 30_000);
    const intend = (part: string, fence = -1) =>
      queue.requests.intend(part, fence, { attempt: 1, token: `token of ${part}` });
    expect(await intend(`${id}-900`, early?.fence)).toBe(false);
    expect(await intend(`${id}-901`, late?.fence)).toBe(false);
    await anotherNode();
    expect(await tally(id)).toEqual({ cancelled: COUNT });
    expect(await stateOf(id)).toBe('cancelled');
    expect(await inUse()).toBe(0);
  });

  it('marks a submission that is under way for the keeper, whenever the walk comes to it', async () => {
    const id = await park(COUNT);
    const { fence = -1 } = (await queue.requests.claim(`${id}-900`, 'node', 30_000)) ?? {};
    const intend = () => queue.requests.intend(`${id}-900`, fence, { attempt: 1, token: 'token' });
    expect(await intend()).toBe(true);
    await dieBefore(2, (lane) => lane.cancel(id, 'ana'));
    expect(await intend(), 'a repeat of the same call').toBe(true);
    await anotherNode();
    expect(await tally(id)).toEqual({ cancelling: 1, cancelled: COUNT - 1 });
    expect(await stateOf(id)).toBe('cancelling');
  });
});

describe('the siblings of a part that leaves too few', () => {
  it.each(['release', 'cancelPart'] as const)('are cancelled by another node where one died in %s', async (how) => {
    const id = await park(COUNT);
    await dieBefore(2, (lane) =>
      how === 'release' ? lane.release(`${id}-7`, failed) : lane.cancelPart(`${id}-7`, 'ana'),
    );
    expect(await stateOf(id)).toBe('running');
    await anotherNode();
    const own = how === 'release' ? { failed: 1, cancelled: COUNT - 1 } : { cancelled: COUNT };
    expect(await tally(id)).toEqual(own);
    expect(await stateOf(id)).toBe('joining');
    expect(await told(id)).toMatchObject({ 'part.ended': COUNT, 'request.joining': 1 });
    expect((await queue.requests.part(`${id}-1100`))?.failure?.message).toContain(`${id}-7`);
  });

  it('are the request that a person cancels in the middle of it', async () => {
    const id = await park(COUNT);
    await dieBefore(2, (lane) => lane.release(`${id}-7`, failed));
    expect(await queue.requests.cancel(id, 'ana')).toBe('cancelled');
    expect(await tally(id)).toEqual({ failed: 1, cancelled: COUNT - 1 });
    expect(await told(id)).toMatchObject({ 'part.ended': COUNT, 'request.cancelled': 1 });
    expect((await queue.requests.part(`${id}-1199`))?.failure?.message, 'the first cause').toContain(`${id}-7`);
    await anotherNode();
    expect(await stateOf(id)).toBe('cancelled');
  });
});

describe('the deadline of more parts than go in one step', () => {
  const apply = (on: Store) => applyChanges({ store: on, pump: createPump(on) });

  it('lets fail what has not been submitted, step by step, and grants nothing of it meanwhile', async () => {
    await queue.gate.declare({ 'op:daily': 2 });
    const id = await park(COUNT, 1);
    await run(`${id}-0`);
    await failBy(id);
    await expect(apply(dyingAt(store, 'walk-on', 1))).rejects.toThrow('killed here');
    expect(await tally(id)).toEqual({ running: 1, failed: 499, parked: COUNT - 500 });
    await queue.gate.set('op:daily', 10, 'ana', 'more');
    expect(await tally(id)).toEqual({ running: 1, failed: 499, parked: COUNT - 500 });
    await anotherNode();
    expect(await tally(id)).toEqual({ running: 1, failed: COUNT - 1 });
    expect((await queue.requests.part(`${id}-1199`))?.failure).toMatchObject({ code: 'request.deadline' });
    await queue.requests.release(`${id}-0`, { state: 'succeeded', runMs: 1, log: undefined });
    expect(await stateOf(id)).toBe('joining');
    expect(await told(id)).toMatchObject({ 'part.granted': 2, 'part.ended': COUNT, 'request.joining': 1 });
  });

  it('gives way to a person who cancels in the middle of it', async () => {
    await queue.gate.declare({ 'op:daily': 2 });
    const id = await park(COUNT, 1);
    await run(`${id}-0`);
    await failBy(id);
    await expect(apply(dyingAt(store, 'walk-on', 1))).rejects.toThrow('killed here');
    expect(await queue.requests.cancel(id, 'ana')).toBe('cancelling');
    expect(await tally(id)).toEqual({ cancelling: 1, failed: 499, cancelled: COUNT - 500 });
  });

  it('cancels the others with the first part that leaves too few', async () => {
    await queue.gate.declare({ 'op:daily': 0 });
    const id = await park(COUNT, COUNT - 599);
    await failBy(id);
    await apply(store);
    expect(await tally(id)).toEqual({ failed: 600, cancelled: COUNT - 600 });
    expect(await stateOf(id)).toBe('joining');
  });

  it('is one of many: all of them are met, however many parts they have together', async () => {
    await queue.gate.declare({ 'op:daily': 0 });
    const ids = [await park(400), await park(COUNT), await park(300)];
    for (const id of ids) await failBy(id);
    await apply(store);
    for (const id of ids) expect(await stateOf(id)).toBe('joining');
  });
});

describe('a retry of more parts than go in one step', () => {
  async function endedOnce(): Promise<string> {
    await queue.gate.declare({ 'op:daily': 3 });
    const id = await park(COUNT, 1);
    await run(`${id}-0`);
    await queue.requests.release(`${id}-0`, { state: 'succeeded', runMs: 1, log: undefined });
    await queue.requests.cancel(id, 'ana');
    await heard(id);
    return id;
  }

  it.each([2, 3, 4])('takes up each part once where one node died before step %i and another goes on', async (step) => {
    const id = await endedOnce();
    await dieBefore(step, (lane) => lane.retryFailed(id, 'ana'));
    expect(await queue.requests.get(id)).toMatchObject({ state: 'running', parts: { ended: 1 } });
    expect((await told(id))['part.parked'], 'the first step only commits').toBe(
      COUNT + Math.max(0, (step - 2) * 500 - 1),
    );
    await anotherNode();
    expect(await tally(id)).toEqual({ succeeded: 1, granted: 3, parked: COUNT - 4 });
    expect(await told(id)).toMatchObject({ 'request.retried': 1, 'part.parked': 2 * COUNT - 1 });
    const attempts = new Set((await queue.requests.parts(id)).slice(1).map(({ attempt }) => attempt));
    expect(attempts).toEqual(new Set([2]));
    expect((await queue.gate.reconcile()).drift).toEqual([]);
  });

  it.each([2, 3])(
    'can be cancelled before step %i: what it had not taken up yet ends as part of it too',
    async (step) => {
      const id = await endedOnce();
      await dieBefore(step, (lane) => lane.retryFailed(id, 'ana'));
      expect(await queue.requests.cancel(id, 'bea')).toBe('cancelled');
      expect(await tally(id)).toEqual({ succeeded: 1, cancelled: COUNT - 1 });
      expect(await told(id)).toMatchObject({ 'part.parked': 2 * COUNT - 1, 'part.ended': 2 * COUNT - 1 });
      expect((await queue.requests.part(`${id}-1199`))?.failure?.message).toContain('bea');
      expect(await queue.requests.get(id)).toMatchObject({ state: 'cancelled', parts: { total: COUNT, ended: COUNT } });
      await heard(id);
      expect((await queue.requests.retryFailed(id, 'ana')).parts).toHaveLength(COUNT - 1);
    },
  );
});
