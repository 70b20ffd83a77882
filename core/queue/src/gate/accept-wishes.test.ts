import { SlowLaneError } from '@slowlane/contracts';
import { createMemoryLogger, sampleRequest, redisForFile } from '@slowlane/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openQueue } from '../open-queue.ts';
import type { Queue } from '../queue.ts';
import { stateVersion } from '../redis/scripts.ts';

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
  queue = await openQueue({ url: server.redis.url, prefix, logger: createMemoryLogger() });
  return () => queue.close();
});

const failure = new SlowLaneError('run.failed', 'exit code 1').toFailure();
const failed = { state: 'failed', failure, runMs: 5, log: undefined } as const;
const succeeded = { state: 'succeeded', runMs: 5, log: undefined } as const;
const statesOf = async (id: string) => (await queue.requests.parts(id)).map(({ state }) => state);

async function parkThree(needed?: number): Promise<string> {
  const { request } = await queue.requests.accept(sampleRequest());
  await queue.requests.park(request.id, {
    mediated: { month: 3 },
    parts: [0, 1, 2].map((index) => ({ key: `k${index}`, document: { index } })),
    claim: { dimensions: { 'op:a': 1 }, priority: 5 },
    resultPath: '/x',
    needed,
  });
  return request.id;
}

async function submit(part: string): Promise<{ attempt: number; token: string | undefined }> {
  const claimed = await queue.requests.claim(part, 'node', 60_000);
  const { attempt, token } = claimed?.part ?? { attempt: 0, token: undefined };
  await queue.requests.intend(part, claimed?.fence ?? 0, { attempt, token: `token-${attempt}` });
  return { attempt, token };
}

describe('equal requests in flight', () => {
  it('share one until it has ended', async () => {
    const first = await queue.requests.accept(sampleRequest({ coalesceKey: 'same' }));
    const second = await queue.requests.accept(sampleRequest({ coalesceKey: 'same' }));
    expect(second).toMatchObject({ coalesced: true, replayed: false, request: { id: first.request.id } });
    expect(
      (await queue.requests.accept(sampleRequest({ coalesceKey: 'same', operation: 'other' }))).coalesced,
    ).toBeUndefined();
    await queue.requests.end(first.request.id, { state: 'nothing-to-do' });
    const third = await queue.requests.accept(sampleRequest({ coalesceKey: 'same' }));
    expect(third.coalesced).toBeUndefined();
    expect(third.request.id).not.toBe(first.request.id);
  });
});

describe('a weight above a limit', () => {
  it('is refused at accept where it is known, also while the dimension is closed', async () => {
    await queue.gate.declare({ 'res:erp-db': 2 });
    await queue.gate.pause('res:erp-db', 'ana', 'night');
    const request = sampleRequest({ weights: { 'res:erp-db': 3 } });
    await expect(queue.requests.accept(request)).rejects.toMatchObject({
      code: 'request.impossible',
      data: { dimension: 'res:erp-db', limit: 2, weight: 3 },
    });
    expect(await queue.requests.get(request.id)).toBeUndefined();
  });
});

describe('what must not be archived', () => {
  it('is in no event, and in the record for those who work on it', async () => {
    const request = sampleRequest({ body: { iban: 'DE-secret', month: 3 }, redact: ['/iban'] });
    await queue.requests.accept(request);
    await queue.requests.park(request.id, {
      mediated: { iban: 'DE-secret' },
      parts: [{ key: 'all', document: { iban: 'DE-secret' } }],
      claim: { dimensions: {}, priority: 5 },
      resultPath: '/x',
      redact: ['/iban'],
      redactParts: ['/iban'],
    });
    expect(JSON.stringify(await queue.events.read('0-0', 100, 0))).not.toContain('DE-secret');
    expect((await queue.requests.get(request.id))?.body).toEqual({ iban: 'DE-secret', month: 3 });
    expect((await queue.requests.parts(request.id))[0]?.document).toEqual({ iban: 'DE-secret' });
  });
});

describe('parts that may fail', () => {
  it('leave the others alone as long as enough can succeed', async () => {
    const id = await parkThree(2);
    await queue.requests.release(`${id}-0`, failed);
    expect(await statesOf(id)).toEqual(['failed', 'granted', 'granted']);
    await queue.requests.release(`${id}-1`, failed);
    expect(await statesOf(id)).toEqual(['failed', 'failed', 'cancelled']);
    expect((await queue.requests.get(id))?.state).toBe('joining');
  });
});

describe('a request that failed', () => {
  it('runs its failed parts again with new tokens, and keeps those that succeeded', async () => {
    const id = await parkThree(0);
    await submit(`${id}-0`);
    await queue.requests.release(`${id}-0`, succeeded);
    await submit(`${id}-1`);
    await queue.requests.release(`${id}-1`, failed);
    await queue.requests.release(`${id}-2`, failed);
    await expect(queue.requests.retryFailed(id, 'ana')).rejects.toMatchObject({ code: 'request.not-retryable' });
    await queue.requests.end(id, { state: 'failed', failure });
    await told(id);
    expect(await queue.requests.retryFailed(id, 'ana')).toEqual({ parts: [`${id}-1`, `${id}-2`] });
    expect(await queue.requests.get(id)).toMatchObject({
      state: 'running',
      parts: { total: 3, ended: 1 },
      endedAt: undefined,
    });
    expect(await statesOf(id)).toEqual(['succeeded', 'granted', 'granted']);
    expect(await submit(`${id}-1`)).toEqual({ attempt: 2, token: undefined });
    await queue.requests.release(`${id}-1`, succeeded);
    await queue.requests.release(`${id}-2`, succeeded);
    expect((await queue.requests.get(id))?.state).toBe('joining');
    expect((await queue.events.read('0-0', 100, 0)).find(({ type }) => type === 'request.retried')?.data).toEqual({
      by: 'ana',
      parts: [`${id}-1`, `${id}-2`],
    });
    expect((await queue.gate.list()).map(({ inUse }) => inUse)).toEqual([0, 0]);
  });

  it('is not run again before its end was told, nor when it has not failed or is not there', async () => {
    const id = await parkThree();
    await queue.requests.cancel(id, 'ana');
    await expect(queue.requests.retryFailed(id, 'ana')).rejects.toMatchObject({
      message: expect.stringContaining('just being told'),
    });
    await expect(queue.requests.retryFailed('req_none', 'ana')).rejects.toMatchObject({ code: 'request.not-found' });
    const other = await parkThree();
    await expect(queue.requests.retryFailed(other, 'ana')).rejects.toMatchObject({
      message: expect.stringContaining('is running'),
    });
  });
});

describe('versions of the state', () => {
  it('keep another version out while anything waits or runs, and every script of it from touching anything', async () => {
    const id = await parkThree();
    await raw.set(`{${prefix}}:version`, '99');
    await expect(queue.requests.release(`${id}-0`, succeeded)).rejects.toMatchObject({
      code: 'queue.version',
      message: expect.stringContaining('99'),
    });
    await expect(openQueue({ url: server.redis.url, prefix, logger: createMemoryLogger() })).rejects.toMatchObject({
      code: 'queue.version',
    });
    expect(await raw.hget(`{${prefix}}:part:${id}-0`, 'state')).toBe('granted');
  });

  it('take an idle Redis over', async () => {
    await raw.set(`{${prefix}}:version`, '1');
    const next = await openQueue({ url: server.redis.url, prefix, logger: createMemoryLogger() });
    expect(await raw.get(`{${prefix}}:version`)).toBe(stateVersion);
    await next.close();
  });
});

/** The client has been told of the end: what the notify flow does at its own end. */
async function told(id: string): Promise<void> {
  await raw.hdel(`{${prefix}}:triggers`, `finish:${id}`, `notify:${id}`);
}
