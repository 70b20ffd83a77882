import { type PartOutcome, SlowLaneError } from '@slowlane/contracts';
import { createMemoryLogger, sampleRequest, redisForFile } from '@slowlane/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Queue, openQueue } from '../index.ts';

let queue: Queue;

const server = redisForFile({ beforeAll, afterAll });
beforeEach(async () => {
  queue = await openQueue({ url: server.redis.url, prefix: server.nextPrefix(), logger: createMemoryLogger() });
  return () => queue.close();
});

const failure = new SlowLaneError('run.failed', 'exit code 1').toFailure();
const failed: PartOutcome = { state: 'failed', failure, runMs: 7, log: undefined };
const succeeded: PartOutcome = { state: 'succeeded', runMs: 7, log: undefined };

async function accepted(
  parts: number,
  options: { dimensions?: Record<string, number>; priority?: number } = {},
): Promise<string[]> {
  const { request } = await queue.requests.accept(sampleRequest());
  await queue.requests.beginMediation(request.id);
  await queue.requests.park(request.id, {
    mediated: { month: 3 },
    parts: Array.from({ length: parts }, (_, index) => ({ key: `k${index}`, document: { index } })),
    claim: { dimensions: options.dimensions ?? { 'op:daily-sales': 1 }, priority: options.priority ?? 5 },
    resultPath: '/Volumes/main/r/p',
  });
  return (await queue.requests.parts(request.id)).map(({ id }) => id);
}

async function run(partId: string): Promise<number> {
  const claimed = await queue.requests.claim(partId, 'node', 30_000);
  const { fence, part } = claimed ?? { fence: 0, part: undefined };
  expect(
    await queue.requests.intend(partId, fence, { attempt: part?.attempt ?? 0, token: `${partId}/${part?.attempt}` }),
  ).toBe(true);
  expect(
    await queue.requests.bind(partId, fence, { runId: `run-${partId}`, runPageUrl: 'http://runs/1', pollMs: 0 }),
  ).toBe(true);
  return fence;
}

async function states(requestId: string): Promise<string[]> {
  return (await queue.requests.parts(requestId)).map(({ state }) => state);
}

async function eventTypes(): Promise<string[]> {
  return (await queue.events.read('0-0', 1_000, 0)).map(({ type }) => type);
}

const requestOf = (partId: string | undefined): string => (partId ?? '').split('-')[0] as string;

describe('accept', () => {
  it('stores the request with its event and its trigger', async () => {
    const request = sampleRequest({ traceparent: '00-ab-cd-01', callback: 'https://example.org/done' });
    const answer = await queue.requests.accept(request);
    expect(answer.replayed).toBe(false);
    const { idempotency, ...stored } = request;
    expect(idempotency).toBeUndefined();
    expect(await queue.requests.get(request.id)).toEqual({ ...answer.request, ...stored });
    expect(answer.request).toMatchObject({ state: 'accepted', parts: { total: 0, ended: 0 } });
    expect(await eventTypes()).toEqual(['request.accepted']);
    expect((await queue.stats()).outboxLag).toBe(1);
  });

  it('returns the first request for the same id, and writes nothing a second time', async () => {
    const request = sampleRequest();
    await queue.requests.accept(request);
    const again = await queue.requests.accept(request);
    expect(again).toMatchObject({ replayed: true, request: { id: request.id } });
    expect(await eventTypes()).toEqual(['request.accepted']);
  });

  it('returns the first request for the same idempotency key, and refuses the key with another body', async () => {
    const key = { key: 'k1', fingerprint: `sha256:${'1'.repeat(64)}` };
    const { request } = await queue.requests.accept(sampleRequest({ idempotency: key }));
    const again = await queue.requests.accept(sampleRequest({ idempotency: key }));
    expect(again).toMatchObject({ replayed: true, request: { id: request.id } });
    const other = sampleRequest({ idempotency: { ...key, fingerprint: `sha256:${'2'.repeat(64)}` } });
    await expect(queue.requests.accept(other)).rejects.toMatchObject({
      code: 'request.key-reused',
      message: expect.stringContaining('"k1"'),
    });
    const stranger = await queue.requests.accept(sampleRequest({ principal: 'another', idempotency: key }));
    expect(stranger.replayed).toBe(false);
  });

  it('keeps one request when the same key arrives many times at once', async () => {
    const key = { key: 'k', fingerprint: `sha256:${'1'.repeat(64)}` };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => queue.requests.accept(sampleRequest({ idempotency: key }))),
    );
    expect(new Set(answers.map(({ request }) => request.id)).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
  });

  it('refuses when the archiver is too far behind', async () => {
    const small = await openQueue({
      url: server.redis.url,
      prefix: server.nextPrefix(),
      logger: createMemoryLogger(),
      maxUnarchived: 1,
    });
    await small.requests.accept(sampleRequest());
    await small.requests.accept(sampleRequest());
    await expect(small.requests.accept(sampleRequest())).rejects.toMatchObject({ code: 'queue.full' });
    await small.close();
  });
});

describe('park', () => {
  it('grants what fits and tells why the rest waits', async () => {
    await queue.gate.declare({ 'op:daily-sales': 2 });
    const ids = await accepted(4);
    const parts = await queue.requests.parts(requestOf(ids[0]));
    expect(parts.map(({ state }) => state)).toEqual(['granted', 'granted', 'parked', 'parked']);
    expect(parts[2]?.waiting).toEqual({ dimension: 'op:daily-sales', limit: 2, inUse: 2 });
    const events = await queue.events.read('0-0', 100, 0);
    const waiting = events.filter(({ type }) => type === 'part.waiting');
    expect(waiting.map(({ data, subject }) => [subject.part, data])).toEqual([
      [ids[2], { dimension: 'op:daily-sales', limit: 2, inUse: 2, ahead: 0 }],
      [ids[3], { dimension: 'op:daily-sales', limit: 2, inUse: 2, ahead: 1 }],
    ]);
    expect(await queue.requests.get(requestOf(ids[0]))).toMatchObject({
      state: 'running',
      parts: { total: 4, ended: 0 },
      mediated: { month: 3 },
    });
  });

  it('names the global limit where only that has no room', async () => {
    await queue.gate.declare({ '*': 1 });
    const ids = await accepted(2);
    expect((await queue.requests.part(ids[1] ?? ''))?.waiting).toEqual({ dimension: '*', limit: 1, inUse: 1 });
  });

  it('refuses a part that weighs more than a limit, because it could never run', async () => {
    await queue.gate.declare({ 'res:erp-db': 2 });
    await expect(accepted(1, { dimensions: { 'res:erp-db': 3 } })).rejects.toMatchObject({
      code: 'request.impossible',
      data: { dimension: 'res:erp-db', limit: 2, weight: 3 },
    });
  });

  it('takes a part under a limit of 0: that is a pause', async () => {
    await queue.gate.set('res:erp-db', 0, 'ana', 'maintenance');
    const [id] = await accepted(1, { dimensions: { 'res:erp-db': 3 } });
    expect(await queue.requests.part(id ?? '')).toMatchObject({
      state: 'parked',
      waiting: { dimension: 'res:erp-db', limit: 0 },
    });
    await queue.gate.reset('res:erp-db', 'ana');
    expect(await queue.requests.part(id ?? '')).toMatchObject({ state: 'granted' });
  });

  it('is safe to repeat', async () => {
    const ids = await accepted(2);
    const before = await eventTypes();
    await queue.requests.park(requestOf(ids[0]), {
      mediated: {},
      parts: [{ key: 'x', document: {} }],
      claim: { dimensions: {}, priority: 5 },
      resultPath: '/x',
    });
    expect(await eventTypes()).toEqual(before);
    expect(await queue.requests.beginMediation(requestOf(ids[0]))).toBeUndefined();
  });

  it('lets a more urgent part overtake at the gate', async () => {
    await queue.gate.declare({ 'op:daily-sales': 1 });
    const [first] = await accepted(1);
    const [patient] = await accepted(1, { priority: 9 });
    const [urgent] = await accepted(1, { priority: 0 });
    await run(first ?? '');
    await queue.requests.release(first ?? '', succeeded);
    expect((await queue.requests.part(urgent ?? ''))?.state).toBe('granted');
    expect((await queue.requests.part(patient ?? ''))?.state).toBe('parked');
  });
});

describe('submit', () => {
  it('goes from granted to running to succeeded, and the last part sends the request to its join', async () => {
    const [id] = await accepted(1);
    await run(id ?? '');
    expect(await queue.requests.due(10, 60_000)).toMatchObject([
      { id, state: 'running', runId: `run-${id}`, attempt: 1 },
    ]);
    expect(await queue.requests.due(10, 60_000)).toEqual([]);
    await queue.requests.pollAgain(id ?? '', 0);
    expect(await queue.requests.due(10, 60_000)).toHaveLength(1);
    expect(await queue.requests.release(id ?? '', succeeded)).toBe(true);
    expect(await queue.requests.release(id ?? '', succeeded)).toBe(false);
    await queue.requests.pollAgain(id ?? '', 0);
    expect(await queue.requests.due(10, 60_000)).toEqual([]);
    expect((await queue.requests.get(requestOf(id)))?.state).toBe('joining');
    const files = [{ name: 'a.csv', path: '/Volumes/main/r/p/a.csv', size: 3 }];
    expect(await queue.requests.end(requestOf(id), { state: 'succeeded', files })).toBe(true);
    expect(await queue.requests.end(requestOf(id), { state: 'failed', failure })).toBe(false);
    const record = await queue.requests.get(requestOf(id));
    expect(record).toMatchObject({ state: 'succeeded', result: files });
    const last = (await queue.events.read('0-0', 100, 0)).at(-1);
    expect(last).toMatchObject({ type: 'request.succeeded', id: record?.endEventId, at: record?.endedAt });
  });

  it('lets one node at a time act: an older fence is refused everywhere', async () => {
    const [id = ''] = await accepted(1);
    const zombie = await queue.requests.claim(id, 'a', 0);
    expect(await queue.requests.claim(id, 'b', 60_000)).toBeDefined();
    expect(await queue.requests.claim(id, 'c', 60_000)).toBeUndefined();
    const fence = zombie?.fence ?? 0;
    expect(await queue.requests.intend(id, fence, { attempt: 1, token: 't' })).toBe(false);
    expect(await queue.requests.bind(id, fence, { runId: 'r', runPageUrl: undefined, pollMs: 0 })).toBe(false);
    expect(await queue.requests.postpone(id, fence, 0)).toBe(false);
  });

  it('keeps the token of an attempt, whoever claims it', async () => {
    const [id = ''] = await accepted(1);
    const first = await queue.requests.claim(id, 'a', 0);
    await queue.requests.intend(id, first?.fence ?? 0, { attempt: 1, token: 'one' });
    const second = await queue.requests.claim(id, 'b', 60_000);
    expect(second?.part).toMatchObject({ token: 'one', state: 'submitting' });
    await expect(queue.requests.intend(id, second?.fence ?? 0, { attempt: 1, token: 'two' })).rejects.toThrow(
      'the stored one is one',
    );
    expect(await queue.requests.intend(id, second?.fence ?? 0, { attempt: 1, token: 'one' })).toBe(true);
  });

  it('postpones with the slot kept and the fence raised', async () => {
    await queue.gate.declare({ 'op:daily-sales': 1 });
    const [id = ''] = await accepted(1);
    const claimed = await queue.requests.claim(id, 'a', 60_000);
    expect(await queue.requests.postpone(id, claimed?.fence ?? 0, 1_000)).toBe(true);
    expect(await queue.requests.postpone(id, claimed?.fence ?? 0, 1_000)).toBe(false);
    expect((await queue.gate.list()).find(({ dimension }) => dimension === 'op:daily-sales')?.inUse).toBe(1);
    expect(await queue.requests.claim(id, 'b', 60_000)).toBeDefined();
  });

  it('retries in the same slot with the next attempt', async () => {
    const [id = ''] = await accepted(1);
    await run(id);
    expect(await queue.requests.retry(id, failure, { attempt: 1, delayMs: 0 })).toBe(true);
    expect(await queue.requests.retry(id, failure, { attempt: 1, delayMs: 0 })).toBe(false);
    const claimed = await queue.requests.claim(id, 'node', 1_000);
    expect(claimed?.part).toMatchObject({ attempt: 2, state: 'granted', token: undefined, runId: undefined });
    expect((await queue.gate.list()).find(({ dimension }) => dimension === 'op:daily-sales')?.inUse).toBe(1);
  });

  it('keeps an attempt that goes on when the end of an earlier one is told again', async () => {
    const [id = ''] = await accepted(1);
    await run(id);
    expect(await queue.requests.retry(id, failure, { attempt: 1, delayMs: 0 })).toBe(true);
    await run(id);
    expect(await queue.requests.retry(id, failure, { attempt: 1, delayMs: 0 })).toBe(false);
    expect(await queue.requests.release(id, { ...failed, attempt: 1 })).toBe(false);
    expect(await queue.requests.part(id)).toMatchObject({ state: 'running', attempt: 2 });
    expect((await queue.gate.list()).find(({ dimension }) => dimension === 'op:daily-sales')?.inUse).toBe(1);
    expect(await queue.requests.release(id, { ...succeeded, attempt: 2 })).toBe(true);
  });
});

describe('a part that fails', () => {
  it('takes its siblings with it: parked ones end, running ones are cancelled, and then the join sees the failure', async () => {
    await queue.gate.declare({ 'op:daily-sales': 2 });
    const [first = '', second = ''] = await accepted(3);
    await run(first);
    await run(second);
    await queue.requests.release(first, failed);
    expect(await states(requestOf(first))).toEqual(['failed', 'cancelling', 'cancelled']);
    expect(await queue.requests.cancelling(10)).toMatchObject([{ id: second, cancelRequested: true }]);
    expect(await queue.requests.cancelling(10)).toEqual([]);
    expect(await queue.requests.retry(second, failure, { attempt: 1, delayMs: 0 })).toBe(false);
    await queue.requests.release(second, { ...failed, state: 'cancelled' });
    expect((await queue.requests.get(requestOf(first)))?.state).toBe('joining');
    const third = (await queue.requests.parts(requestOf(first)))[2];
    expect(third?.failure).toMatchObject({ code: 'run.cancelled', message: expect.stringContaining(first) });
    expect((await queue.gate.list()).map(({ inUse, waiting }) => [inUse, waiting])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it('ends what was granted and not yet submitted, and a late intent is refused', async () => {
    const [first = '', second = ''] = await accepted(2);
    const claimed = await queue.requests.claim(second, 'slow', 60_000);
    await run(first);
    await queue.requests.release(first, failed);
    expect(await states(requestOf(first))).toEqual(['failed', 'cancelled']);
    expect(await queue.requests.intend(second, claimed?.fence ?? 0, { attempt: 1, token: 't' })).toBe(false);
  });
});

describe('cancel', () => {
  it('ends a request that is not mediated yet at once, once', async () => {
    const { request } = await queue.requests.accept(sampleRequest());
    expect(await queue.requests.cancel(request.id, 'ana')).toBe('cancelled');
    expect(await queue.requests.cancel(request.id, 'ana')).toBe('cancelled');
    expect((await eventTypes()).filter((type) => type === 'request.cancelled')).toHaveLength(1);
    expect(await queue.requests.beginMediation(request.id)).toBeUndefined();
  });

  it('ends parked parts at once and the request with its last running part', async () => {
    await queue.gate.declare({ 'op:daily-sales': 1 });
    const [first = ''] = await accepted(3);
    await run(first);
    expect(await queue.requests.cancel(requestOf(first), 'ana')).toBe('cancelling');
    expect(await states(requestOf(first))).toEqual(['cancelling', 'cancelled', 'cancelled']);
    await queue.requests.release(first, { ...failed, state: 'cancelled' });
    expect(await queue.requests.get(requestOf(first))).toMatchObject({
      state: 'cancelled',
      parts: { total: 3, ended: 3 },
    });
    await expect(queue.requests.cancel(requestOf(first), 'ana')).resolves.toBe('cancelled');
  });

  it('waits for the run of a submission that is under way, and cancels it when it is bound', async () => {
    const [id = ''] = await accepted(1);
    const claimed = await queue.requests.claim(id, 'node', 60_000);
    await queue.requests.intend(id, claimed?.fence ?? 0, { attempt: 1, token: 't' });
    expect(await queue.requests.cancel(requestOf(id), 'ana')).toBe('cancelling');
    expect(await queue.requests.cancelling(10)).toEqual([]);
    expect(await queue.requests.bind(id, claimed?.fence ?? 0, { runId: 'r', runPageUrl: undefined, pollMs: 0 })).toBe(
      true,
    );
    expect(await queue.requests.cancelling(10)).toMatchObject([{ id, runId: 'r', state: 'cancelling' }]);
  });

  it('makes room for what stood behind', async () => {
    await queue.gate.declare({ '*': 2 });
    const [running = ''] = await accepted(1);
    const [heavy = ''] = await accepted(1, { dimensions: { '*': 2 } });
    const [light = ''] = await accepted(1);
    expect((await queue.requests.part(light))?.state).toBe('parked');
    await queue.requests.cancel(requestOf(heavy), 'ana');
    expect((await queue.requests.part(light))?.state).toBe('granted');
    expect((await queue.requests.part(running))?.state).toBe('granted');
  });

  it('refuses what has ended, and what does not exist', async () => {
    const { request } = await queue.requests.accept(sampleRequest());
    await queue.requests.end(request.id, { state: 'nothing-to-do' });
    await expect(queue.requests.cancel(request.id, 'ana')).rejects.toMatchObject({ code: 'request.not-cancellable' });
    await expect(queue.requests.cancel('req_0', 'ana')).rejects.toMatchObject({ code: 'request.not-found' });
  });
});

describe('progress of a driver', () => {
  it('is told once for each newer step, and belongs to its attempt', async () => {
    const [id = ''] = await accepted(1);
    await run(id);
    const tell = (step: number, attempt = 1) =>
      queue.requests.tellProgress(id, attempt, { step, percent: step * 10, message: 'reading' });
    expect([await tell(1), await tell(1), await tell(3), await tell(2), await tell(4, 2)]).toEqual([
      ...[true, false, true, false, false],
    ]);
    expect((await queue.requests.part(id))?.progress).toEqual({ step: 3, percent: 30, message: 'reading' });
    const told = (await queue.events.read('0-0', 100, 0)).filter(({ type }) => type === 'part.progress');
    expect(told.map(({ data }) => data)).toEqual([
      { attempt: 1, step: 1, percent: 10, message: 'reading' },
      { attempt: 1, step: 3, percent: 30, message: 'reading' },
    ]);
    await queue.requests.retry(id, failure, { attempt: 1, delayMs: 0 });
    expect(await queue.requests.part(id)).not.toHaveProperty('progress');
    expect(await tell(9)).toBe(false);
  });
});
