import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolderBlobStore } from '@slowlane/artifacts';
import { PipelineFile, Policy } from '@slowlane/contracts';
import { createDatabricksClient } from '@slowlane/databricks';
import { createKeeper } from '@slowlane/keeper';
import { newId, partPaths } from '@slowlane/kit';
import { openLedger } from '@slowlane/ledger';
import { createMediator, createMemoryVolume } from '@slowlane/mediator';
import { openQueue } from '@slowlane/queue';
import { createMemoryLogger, sampleRequest, startRedis } from '@slowlane/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startInstantWorkspace } from '../bench/instant-workspace.ts';

const COUNT = 2_500;
const logger = createMemoryLogger();
const resultBase = '/Volumes/main/slowlane';
let rig: Awaited<ReturnType<typeof openRig>>;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

/** The request lane with its own Redis and ledger before a workspace that ends every run at once; each part writes one small file. */
async function openRig() {
  const folder = mkdtempSync(join(tmpdir(), 'slowlane-large-split-'));
  const redis = await startRedis();
  const workspace = await startInstantWorkspace();
  const rates = { 'run-now': Infinity, 'runs-get': Infinity, 'runs-list': Infinity, files: Infinity };
  const client = createDatabricksClient({
    ...{ host: workspace.host, auth: { token: 'x' }, userAgent: 'slowlane/test', rates, logger },
  });
  const queue = await openQueue({ url: redis.url, logger });
  const ledger = await openLedger({ file: join(folder, 'l.sqlite'), archiveDir: join(folder, 'archive'), logger });
  const registration = { jobId: '77', timeoutMs: 0, retries: 0, pool: 'default', workspace: 'local' };
  const registrations = { ...ledger.registrations, get: async () => registration as never };
  const volume = createMemoryVolume();
  const requests = queue.requests;
  const mediator = createMediator({
    ...{ requests, registrations, pipelines: ledger.pipelines, volumes: () => volume, defaults: { resultBase } },
    ...{ policy: Policy.parse({ parts: 10_000 }), logger },
  });
  const blobs = createFolderBlobStore(join(folder, 'blobs'));
  const keeper = createKeeper({
    ...{ requests, registrations, workspace: () => client, blobs, node: 'n', logger },
    poll: { minMs: 20, maxMs: 100, idleMs: 10 },
  });
  const ended: string[] = [];
  const workers = await queue.work({
    prepare: ({ requestId }) => mediator.prepare(requestId),
    split: ({ requestId }) => mediator.split(requestId),
    async submit({ partId }, signal) {
      const part = await requests.part(partId);
      if (part !== undefined) {
        const { result } = partPaths(`${resultBase}/results/${part.requestId}`, part.key, part.attempt);
        volume.files.set(`${result}/out.csv`, Buffer.from(`n\n${part.index}\n`));
      }
      await keeper.submit(partId, signal);
    },
    join: ({ requestId }) => mediator.join(requestId),
    notify: async ({ requestId }) => void ended.push(requestId),
  });
  keeper.start();
  const archiver = ledger.archiver(queue.events);
  return {
    ...{ queue, ledger, archiver, ended },
    async close() {
      await keeper.stop();
      await workers.close();
      await mediator.close();
      await archiver.stop();
      await queue.close();
      await ledger.close();
      await client.close();
      workspace.close();
      await redis.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

async function accept(mediate: Record<string, unknown>, body: Record<string, number>): Promise<string> {
  const file = PipelineFile.parse({ pipeline: 'daily', operation: { mediate } });
  const origin = { origin: 'applied', by: 'me' } as const;
  const { revision } = await rig.ledger.pipelines.put({ name: 'daily', file, text: '', ...origin });
  const id = newId('req');
  const request = sampleRequest({ id, operation: 'daily', body });
  await rig.queue.requests.accept({ ...request, pin: { ...request.pin, pipeline: 'daily', revision } });
  return id;
}

const perNumber = {
  split: { range: { from: 1, to: 'last' }, as: 'n' },
  merge: [{ file: 'out.csv', as: 'csv' }],
};

describe('a request that splits into 2,500 parts', () => {
  it('runs each of them once behind its gate and ends with the joined result, and the ledger knows every part', async () => {
    await rig.queue.gate.declare({ 'op:daily': 200 });
    rig.archiver.start();
    const id = await accept(perNumber, { last: COUNT });
    await vi.waitFor(() => expect(rig.ended).toEqual([id]), { timeout: 150_000, interval: 200 });
    expect(await rig.queue.requests.get(id)).toMatchObject({
      state: 'succeeded',
      parts: { total: COUNT, ended: COUNT },
      result: [{ name: 'out.csv' }],
    });
    const parts = await rig.queue.requests.parts(id);
    expect(new Set(parts.map(({ runId }) => runId)).size).toBe(COUNT);
    const kept = { state: 'succeeded', parts: { total: COUNT, ended: COUNT } };
    await vi.waitFor(async () => expect(await rig.ledger.history.request(id)).toMatchObject(kept), { timeout: 30_000 });
    expect(await rig.ledger.history.parts(id)).toHaveLength(COUNT);
  }, 200_000);

  it('is explained while it waits, and cancelled as a whole', async () => {
    await rig.queue.gate.declare({ 'op:daily': 1 });
    await rig.queue.gate.pause('op:daily', 'ana', 'the database is being moved');
    const id = await accept(perNumber, { last: COUNT });
    await vi.waitFor(async () => expect((await rig.queue.requests.get(id))?.parts.total).toBe(COUNT), {
      timeout: 30_000,
    });
    await vi.waitFor(
      async () =>
        expect(await rig.queue.requests.explain(`${id}-${COUNT - 1}`)).toMatchObject({
          dimension: 'op:daily',
          position: { inClass: COUNT - 1 },
          closed: [{ cause: 'pause', by: 'ana', reason: 'the database is being moved' }],
        }),
      { timeout: 30_000 },
    );
    expect(await rig.queue.requests.cancel(id, 'ana')).toBe('cancelled');
    await vi.waitFor(() => expect(rig.ended).toEqual([id]), { timeout: 30_000 });
    expect((await rig.queue.requests.parts(id)).every(({ state }) => state === 'cancelled')).toBe(true);
    expect((await rig.queue.gate.reconcile()).drift).toEqual([]);
  }, 90_000);

  it('says what is allowed when it asks for more than the platform lets it', async () => {
    const id = await accept(perNumber, { last: 10_001 });
    await vi.waitFor(() => expect(rig.ended).toEqual([id]), { timeout: 30_000 });
    expect(await rig.queue.requests.get(id)).toMatchObject({
      state: 'failed',
      failure: {
        code: 'request.too-many-parts',
        message: expect.stringContaining('at most 10000 parts are allowed'),
      },
    });
  }, 60_000);
});
