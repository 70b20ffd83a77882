import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@slowlane/client';
import type { RequestLane, RequestView } from '@slowlane/contracts';
import { buildEndpoint, type EndpointDeps } from '@slowlane/endpoint';
import { openLedger } from '@slowlane/ledger';
import { openQueue } from '@slowlane/queue';
import { createMemoryLogger, redisForFile, sampleRequest } from '@slowlane/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const COUNT = 2_500;
const logger = createMemoryLogger();
const server = redisForFile({ beforeAll, afterAll });
let rig: Awaited<ReturnType<typeof openRig>>;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

/** The endpoint on a socket with a real queue and ledger. */
async function openRig() {
  const folder = mkdtempSync(join(tmpdir(), 'slowlane-pages-'));
  const open = () => openQueue({ url: server.redis.url, prefix: server.nextPrefix(), prices: { small: 6 }, logger });
  // What the second one is asked for it does not know, as after the day for which Redis keeps what has ended.
  const [queue, empty] = [await open(), await open()];
  const ledger = await openLedger({ file: join(folder, 'l.sqlite'), archiveDir: join(folder, 'archive'), logger });
  const { secret } = await ledger.tokens.create({ name: 'reader', scopes: ['read'], expiresAt: undefined });
  const serve = async (requests: RequestLane) => {
    const deps: Partial<EndpointDeps> = {
      ...{ requests, tokens: ledger.tokens, history: ledger.history, logger, version: 'test' },
      ...{ publicUrl: 'http://127.0.0.1', limits: { bodyBytes: 1_000, sourceBytes: 1 } },
    };
    const app = await buildEndpoint(deps as EndpointDeps);
    return { app, client: createClient({ url: await app.listen({ host: '127.0.0.1', port: 0 }), token: secret }) };
  };
  const [live, late] = [await serve(queue.requests), await serve(empty.requests)];
  return {
    ...{ queue, ledger, client: live.client, lateClient: late.client },
    async close() {
      for (const { app } of [live, late]) await app.close();
      for (const one of [queue, empty]) await one.close();
      await ledger.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function parked(count: number): Promise<string> {
  await rig.queue.gate.declare({ 'op:daily': 3 });
  const { request } = await rig.queue.requests.accept(sampleRequest());
  await rig.queue.requests.beginMediation(request.id);
  await rig.queue.requests.park(request.id, {
    ...{ mediated: {}, resultPath: '/x' },
    parts: Array.from({ length: count }, (_, index) => ({ key: `k${index}`, document: {} })),
    claim: { dimensions: { 'op:daily': 1, 'pool:small': 1 }, priority: 5 },
  });
  return request.id;
}

async function archived(): Promise<void> {
  const archiver = rig.ledger.archiver(rig.queue.events);
  archiver.start();
  const last = await rig.queue.events.last();
  await expect.poll(() => rig.ledger.history.cursor(), { timeout: 30_000 }).toBe(last);
  await archiver.stop();
}

const keysOf = ({ parts }: RequestView): string[] => parts.map(({ key }) => key);
const all = Array.from({ length: COUNT }, (_, index) => `k${index}`);

describe('the parts of a request', () => {
  it('come in pages, each answer with the count of all, and all of them to who goes on', async () => {
    const id = await parked(COUNT);
    const first = await rig.client.getRequest(id);
    const counts = { partStates: { granted: 3, parked: COUNT - 3 }, estimateMicros: COUNT * 1_000_000 };
    expect(first).toMatchObject({ next: `${id}-999`, ...counts });
    expect(keysOf(first)).toEqual(all.slice(0, 1_000));
    const second = await rig.client.getRequest(id, { after: `${id}-999`, limit: 10 });
    expect(second).toMatchObject({ next: `${id}-1009`, ...counts });
    expect(keysOf(second)).toEqual(all.slice(1_000, 1_010));
    // Why it waits is said on each page of its first ones.
    expect(second.parts[0]?.wait).toMatchObject({ dimension: 'op:daily' });
    const last = await rig.client.getRequest(id, { after: `${id}-2489`, limit: 10 });
    expect(keysOf(last)).toEqual(all.slice(2_490));
    expect(last.next).toBeUndefined();
    expect((await rig.client.getRequest(id, { after: `${id}-2499` })).parts).toEqual([]);
    expect(keysOf(await rig.client.getWholeRequest(id))).toEqual(all);
  });

  it('are all in the one answer where they are no more than a page', async () => {
    const id = await parked(1_000);
    const whole = await rig.client.getRequest(id);
    expect(keysOf(whole)).toEqual(all.slice(0, 1_000));
    expect(whole.next).toBeUndefined();
    expect(await rig.client.getWholeRequest(id)).toEqual(whole);
  });

  it('come in the same pages from the ledger once Redis has let the request go', async () => {
    const id = await parked(COUNT);
    await rig.queue.requests.cancel(id, 'ana');
    const cancelled = { states: { cancelled: COUNT } };
    await expect.poll(() => rig.queue.requests.tallyParts(id), { timeout: 30_000 }).toMatchObject(cancelled);
    await archived();
    expect(await rig.lateClient.getWholeRequest(id)).toEqual(await rig.client.getWholeRequest(id));
    const late = await rig.lateClient.getRequest(id, { after: `${id}-1499`, limit: 20 });
    expect(late).toMatchObject({ state: 'cancelled', next: `${id}-1519`, partStates: { cancelled: COUNT } });
    expect(late).toEqual(await rig.client.getRequest(id, { after: `${id}-1499`, limit: 20 }));
    expect((await rig.lateClient.getRequest(id, { after: `${id}-2499` })).parts).toEqual([]);
    await expect(rig.lateClient.getRun(`${id}-2400`)).resolves.toMatchObject({ part: `${id}-2400` });
    await expect(rig.lateClient.getRun(`${id}-02400`)).rejects.toMatchObject({ code: 'run.not-found' });
    await expect(rig.lateClient.getRun(`${id}-x`)).rejects.toMatchObject({ code: 'run.not-found' });
  });

  it('are refused behind what is none of them, and in pages of another size', async () => {
    const [id, other] = [await parked(2), await parked(2)];
    for (const query of [{ after: `${other}-0` }, { after: id }, { after: '7' }, { limit: 0 }, { limit: 1_001 }])
      await expect(rig.client.getRequest(id, query), JSON.stringify(query)).rejects.toMatchObject({
        code: 'request.invalid',
      });
  });
});
