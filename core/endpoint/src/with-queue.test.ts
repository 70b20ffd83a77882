import type { Logger } from '@slowlane/contracts';
import { openQueue, type Queue } from '@slowlane/queue';
import { startRedis, type TestRedis } from '@slowlane/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bearer } from './testing/callers.ts';
import { closeAfterEach, serve, type Served } from './testing/serve.ts';

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };
let redis: TestRedis;
let queue: Queue;

beforeAll(async () => {
  redis = await startRedis();
  queue = await openQueue({ url: redis.url, logger: quiet, prices: { priced: 6 } });
});
afterAll(async () => {
  await queue.close();
  await redis.stop();
});
closeAfterEach();

async function onQueue(): Promise<Served> {
  const served = await serve(() => ({
    requests: queue.requests,
    gate: queue.gate,
    builds: queue.builds,
    events: queue.events,
    logger: quiet,
  }));
  served.addPipeline('daily-sales');
  served.register('daily-sales');
  return served;
}

const payload = { operation: 'daily-sales', body: { month: 3 } };

describe('the endpoint on a real queue', () => {
  it('accepts one request for many calls at once with the same Idempotency-Key', async () => {
    const { call } = await onQueue();
    const headers = { 'idempotency-key': 'all-at-once' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => call('client', 'POST', '/v1/requests', { payload, headers })),
    );
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([202]));
    expect(new Set(answers.map((answer) => answer.json().id)).size).toBe(1);
    const other = await call('client', 'POST', '/v1/requests', { payload: { ...payload, body: {} }, headers });
    expect(other.json()).toMatchObject({ status: 422, code: 'request.key-reused' });
  });

  it('shows a request right after the 202, cancels it once, and tells its story before anything is archived', async () => {
    const { call } = await onQueue();
    const { id } = (await call('client', 'POST', '/v1/requests', { payload })).json();
    expect((await call('client', 'GET', `/v1/requests/${id}`)).json()).toMatchObject({
      state: 'accepted',
      body: { month: 3 },
    });
    expect((await call('client', 'POST', `/v1/requests/${id}/cancel`)).json().state).toBe('cancelled');
    expect((await call('client', 'POST', `/v1/requests/${id}/cancel`)).json().code).toBe('request.not-cancellable');
    const { events } = (await call('read', 'GET', `/v1/trace/${id}`)).json() as { events: { type: string }[] };
    expect(events.map(({ type }) => type)).toEqual(['request.accepted', 'request.cancelled']);
  });

  it('lists the requests of a tenant before anything is archived', async () => {
    const { call } = await onQueue();
    const acme = { ...payload, tenant: 'acme' };
    const { id } = (await call('admin', 'POST', '/v1/requests', { payload: acme })).json();
    const own = (await call('client', 'POST', '/v1/requests', { payload })).json().id as string;
    const listed = (await call('read', 'GET', '/v1/requests?tenant=acme')).json().requests as { id: string }[];
    expect(listed.map((one) => one.id)).toEqual([id]);
    const mine = (await call('read', 'GET', '/v1/requests?tenant=client')).json().requests as { id: string }[];
    expect(mine.map((one) => one.id)).toContain(own);
    expect(mine.map((one) => one.id)).not.toContain(id);
    expect((await call('read', 'GET', `/v1/requests/${own}`)).json().tenant).toBe('client');
  });

  it('says of a part with a slot what its run is waiting for', async () => {
    const { call } = await onQueue();
    const { id } = (await call('client', 'POST', '/v1/requests', { payload })).json();
    await queue.requests.beginMediation(id);
    await queue.requests.park(id, {
      ...{ mediated: {}, parts: [{ key: 'all', document: {} }], resultPath: '/x' },
      claim: { dimensions: { '*': 1 }, priority: 5 },
    });
    const claimed = await queue.requests.claim(`${id}-0`, 'node', 30_000);
    const hold = { dimension: 'cluster:warm', cause: 'starts', reason: 'cluster c-1 starts', limit: 2, inUse: 1 };
    await queue.requests.postpone(`${id}-0`, claimed?.fence ?? 0, 60_000, hold);
    expect((await call('client', 'GET', `/v1/requests/${id}`)).json().parts).toMatchObject([
      {
        state: 'granted',
        waiting: { dimension: 'cluster:warm', reason: 'cluster c-1 starts' },
        wait: { dimension: 'cluster:warm', reason: 'cluster c-1 starts', limit: 2, inUse: 1 },
      },
    ]);
  });

  it('shows what a request will probably cost, and what it did', async () => {
    const { call } = await onQueue();
    const { id } = (await call('client', 'POST', '/v1/requests', { payload })).json();
    await queue.requests.beginMediation(id);
    await queue.requests.park(id, {
      ...{ mediated: {}, parts: [{ key: 'all', document: {} }], resultPath: '/x' },
      claim: { dimensions: { '*': 1, 'op:priced': 1, 'pool:priced': 1 }, priority: 5 },
    });
    // Without history a run is taken to last ten minutes, at 6 an hour.
    const before = (await call('client', 'GET', `/v1/requests/${id}`)).json();
    expect(before.parts).toMatchObject([{ estimateMicros: 1_000_000 }]);
    const part = `${id}-0`;
    const fence = (await queue.requests.claim(part, 'node', 30_000))?.fence ?? 0;
    await queue.requests.intend(part, fence, { attempt: 1, token: part });
    await queue.requests.bind(part, fence, { runId: '7', runPageUrl: undefined, pollMs: 1_000 });
    await queue.requests.release(part, { state: 'succeeded', runMs: 1_200_000, log: undefined });
    const after = (await call('client', 'GET', `/v1/requests/${id}`)).json();
    expect(after).toMatchObject({ costMicros: 2_000_000, parts: [{ costMicros: 2_000_000 }] });
  });

  it('follows the log of a build', async () => {
    const served = await onQueue();
    const { id } = (
      await served.call('author', 'POST', '/v1/builds', { payload: { source: { git: 'https://example.org/x.git' } } })
    ).json();
    await queue.builds.log(id, ['one', 'two']);
    const answer = await fetch(`${await served.listen()}/v1/builds/${id}/log?follow=1&skip=1`, {
      headers: bearer('read'),
    });
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe('two\n');
    await queue.builds.log(id, ['three']);
    expect((await reader?.read())?.value).toBe('three\n');
    await queue.builds.fail(id, { code: 'build.failed', kind: 'user', message: 'exit code 1', hint: '' });
    expect((await reader?.read())?.done).toBe(true);
    expect((await served.call('read', 'GET', `/v1/builds/${id}`)).json()).toMatchObject({
      state: 'failed',
      failure: { code: 'build.failed' },
    });
  });

  it('answers 503 with Retry-After while Redis is dead, keeps what it acknowledged, and goes on by itself', async () => {
    const { call } = await onQueue();
    const { id } = (await call('client', 'POST', '/v1/requests', { payload })).json();
    await redis.kill();
    for (const [method, url] of [
      ['POST', '/v1/requests'],
      ['GET', `/v1/requests/${id}`],
      ['GET', '/v1/gates'],
      ['GET', '/v1/builds'],
    ] as const) {
      const answer = await call('admin', method, url, method === 'POST' ? { payload } : {});
      expect(answer.json(), url).toMatchObject({ status: 503, code: 'queue.unavailable' });
      expect(answer.headers['retry-after'], url).toBe('2');
    }
    await redis.restart();
    await vi.waitUntil(async () => (await call('client', 'POST', '/v1/requests', { payload })).statusCode === 202, {
      timeout: 10_000,
    });
    expect((await call('client', 'GET', `/v1/requests/${id}`)).json()).toMatchObject({ id, state: 'accepted' });
  });
});
