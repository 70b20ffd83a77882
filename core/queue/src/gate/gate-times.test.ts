import { createMemoryLogger, sampleRequest, redisForFile } from '@slowlane/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openQueue } from '../index.ts';
import type { Queue } from '../queue.ts';

let queue: Queue;
let prefix = '';

const server = redisForFile({ beforeAll, afterAll });
beforeEach(async () => {
  prefix = server.nextPrefix();
  queue = await openQueue({ url: server.redis.url, prefix, logger: createMemoryLogger() });
  return () => queue.close();
});

/** A node whose sweeper never looks: what wakes it is the clock of the gate alone. */
const work = () => queue.work({}, { tickMs: 3_600_000 });

async function park(
  dimensions: Record<string, number>,
  wishes: { notBefore?: number; deadline?: number } = {},
): Promise<string> {
  const { request } = await queue.requests.accept(sampleRequest(wishes));
  await queue.requests.park(request.id, {
    mediated: {},
    parts: [{ key: 'all', document: {} }],
    claim: { dimensions, priority: 5 },
    resultPath: '/x',
  });
  return `${request.id}-0`;
}

const stateOf = async (id: string) => (await queue.requests.part(id))?.state;
const events = async () =>
  (await queue.events.read('0-0', 1_000, 0)).map(({ type, data }) => [type, data['dimension'] ?? data['cause']]);

describe('times', () => {
  it('start a part when its time has come, and not before, without anybody looking', async () => {
    const node = await work();
    const now = Date.now();
    const later = await park({ 'op:a': 1 }, { notBefore: now + 700 });
    expect(await stateOf(later)).toBe('parked');
    expect(await queue.requests.explain(later)).toMatchObject({ dimension: 'not-before', opensAt: now + 700 });
    await expect.poll(() => stateOf(later), { timeout: 10_000 }).toBe('granted');
    const record = await queue.requests.part(later);
    expect(record?.grantedAt).toBeGreaterThanOrEqual(now + 700);
    await node.close();
  });

  it('survive a restart: what came due while no node was there is done by the next one', async () => {
    const later = await park({ 'op:a': 1 }, { notBefore: Date.now() + 1 });
    const late = await park({ 'op:a': 1 }, { notBefore: Date.now() + 1e9 });
    await queue.close();
    queue = await openQueue({ url: server.redis.url, prefix, logger: createMemoryLogger() });
    const node = await work();
    await expect.poll(() => stateOf(later)).toBe('granted');
    expect(await stateOf(late)).toBe('parked');
    await node.close();
  });

  it('end a pause that has an end', async () => {
    const node = await work();
    await queue.gate.pause('op:a', 'ana', 'short break', Date.now() + 300);
    const part = await park({ 'op:a': 1 });
    expect(await queue.requests.explain(part)).toMatchObject({
      dimension: 'op:a',
      limit: 0,
      closed: [{ cause: 'pause', by: 'ana', reason: 'short break', until: expect.any(Number) }],
    });
    await expect.poll(() => stateOf(part), { timeout: 10_000 }).toBe('granted');
    expect(await events()).toContainEqual(['gate.opened', 'op:a']);
    await node.close();
  });

  it('let a request fail whose deadline passes while it waits, and say what for', async () => {
    const node = await work();
    await queue.gate.declare({ 'res:erp-db': 1 });
    const runs = await park({ 'res:erp-db': 1 });
    const part = await park({ 'res:erp-db': 1 }, { deadline: Date.now() + 400 });
    const request = part.slice(0, -2);
    await expect.poll(async () => (await queue.requests.get(request))?.state, { timeout: 10_000 }).toBe('joining');
    expect(await queue.requests.part(part)).toMatchObject({
      state: 'failed',
      failure: {
        code: 'request.deadline',
        message: expect.stringContaining('waited for res:erp-db (limit 1, in use 1)'),
      },
    });
    expect(await stateOf(runs)).toBe('granted');
    await node.close();
  });

  it('refuse a request whose deadline has passed', async () => {
    await expect(queue.requests.accept(sampleRequest({ deadline: Date.now() - 1 }))).rejects.toMatchObject({
      code: 'request.deadline',
    });
  });
});

describe('windows', () => {
  const hour = (ms: number) => new Date(ms).toISOString().slice(11, 16);

  it('park outside, and are shown with their next opening', async () => {
    const opens = Date.now() + 2 * 3_600_000;
    const window = `${hour(opens)}-${hour(opens + 3_600_000)}`;
    await queue.gate.declare({ 'op:a': { limit: 2, windows: [window] } });
    const part = await park({ 'op:a': 1 });
    const view = await queue.requests.explain(part);
    expect(view).toMatchObject({ dimension: 'op:a', limit: 0, closed: [{ cause: 'window' }] });
    expect(Math.abs((view?.opensAt ?? 0) - opens)).toBeLessThan(60_001);
    expect((await queue.gate.list()).find(({ dimension }) => dimension === 'op:a')).toMatchObject({
      limit: 0,
      declared: 2,
      windows: [window],
      changesAt: view?.opensAt,
    });
  });

  it('grant in the same step when they are taken away', async () => {
    const opens = Date.now() + 2 * 3_600_000;
    await queue.gate.declare({ 'op:a': { windows: [`${hour(opens)}-${hour(opens + 3_600_000)}`] } });
    const part = await park({ 'op:a': 1 });
    await queue.gate.declare({ 'op:a': 2 });
    expect(await stateOf(part)).toBe('granted');
  });

  it('refuse a zone that is none', async () => {
    await expect(queue.gate.declare({ 'op:a': { windows: ['22:00-06:00 Mars/Base'] } })).rejects.toMatchObject({
      code: 'pipeline.invalid',
    });
  });
});

describe('steering', () => {
  it('grants in the step that raises a limit: the event of the grant follows that of the limit', async () => {
    await queue.gate.declare({ 'op:a': 1 });
    await park({ 'op:a': 1 });
    const second = await park({ 'op:a': 1 });
    const last = await queue.events.last();
    await queue.gate.set('op:a', 2, 'ana', 'more');
    const seen = await queue.events.read(last, 10, 0);
    expect(seen.map(({ type }) => type)).toEqual(['gate.limit', 'part.granted']);
    expect(seen[1]?.subject.part).toBe(second);
  });

  it('pauses, drains and releases, with who and why', async () => {
    const running = await park({ 'op:a': 1 });
    await queue.gate.drain('op:a', 'ana', 'maintenance');
    const waits = await park({ 'op:a': 1 });
    expect((await queue.gate.list()).find(({ dimension }) => dimension === 'op:a')?.closed).toMatchObject([
      { cause: 'drain', by: 'ana', reason: 'maintenance', at: expect.any(Number) },
    ]);
    await queue.requests.release(running, { state: 'succeeded', runMs: 5, log: undefined });
    expect(await events()).toContainEqual(['gate.drained', 'op:a']);
    expect(await stateOf(waits)).toBe('parked');
    expect(await queue.gate.release('op:a', 'bob')).toBe(true);
    expect(await queue.gate.release('op:a', 'bob')).toBe(false);
    expect(await stateOf(waits)).toBe('granted');
  });

  it('holds while a metric is high, and lets go when it falls below its lower mark', async () => {
    await queue.gate.declare({ 'res:erp-db': { limit: 5, metric: { name: 'erp.cpu', above: 80, below: 60 } } });
    await queue.gate.metric('erp.cpu', 93, 'monitor');
    const part = await park({ 'res:erp-db': 1 });
    expect((await queue.requests.explain(part))?.closed).toMatchObject([
      { cause: 'metric:erp.cpu', reason: expect.stringContaining('erp.cpu is 93') },
    ]);
    await queue.gate.metric('erp.cpu', 70, 'monitor');
    expect(await stateOf(part)).toBe('parked');
    await queue.gate.metric('erp.cpu', 59, 'monitor');
    expect(await stateOf(part)).toBe('granted');
  });

  it('waits while several hands keep a pool busy, and goes on with the last of them', async () => {
    await queue.gate.busy('pool:p', { by: 'keeper', reason: 'cluster starts' });
    await queue.gate.busy('pool:p', { by: 'ops', reason: 'upgrade' });
    const part = await park({ 'pool:p': 1 });
    expect(await queue.gate.free('pool:p', 'keeper')).toBe(true);
    expect(await stateOf(part)).toBe('parked');
    expect(await queue.gate.free('pool:p', 'ops')).toBe(true);
    expect(await stateOf(part)).toBe('granted');
  });

  it('tells of a part that a lower limit made impossible, and starts it once the limit is raised', async () => {
    await queue.gate.pause('op:a', 'ana', 'wait');
    const heavy = await park({ 'op:a': 3 });
    await queue.gate.set('op:a', 2, 'ana', 'less');
    await queue.gate.release('op:a', 'ana');
    expect(await queue.requests.explain(heavy)).toMatchObject({ dimension: 'op:a', impossible: true, eta: undefined });
    await queue.gate.set('op:a', 3, 'ana', 'enough');
    expect(await stateOf(heavy)).toBe('granted');
  });
});
