import { createDatabricksClient } from '@slowlane/databricks';
import { type Queue, type Workers, openQueue } from '@slowlane/queue';
import {
  type TestRedis,
  createMemoryBlobStore,
  createMemoryLogger,
  createMemoryRegistrationStore,
  sampleRequest,
  startRedis,
} from '@slowlane/testkit';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Keeper, createKeeper } from './create-keeper.ts';
import { type Fault, type HostileWorkspace, startHostileWorkspace } from './hostile-workspace.ts';

const logger = createMemoryLogger();
let redis: TestRedis;
let queue: Queue;
let workspace: HostileWorkspace;
let keepers: Keeper[];
let workers: Workers[];
let cleanups: (() => Promise<void>)[];

beforeEach(async () => {
  redis = await startRedis();
  queue = await openQueue({ url: redis.url, logger, leaseMs: 1_000 });
  workspace = await startHostileWorkspace();
  keepers = [];
  workers = [];
  cleanups = [];
}, 30_000);

afterEach(async () => {
  await Promise.all(keepers.map((keeper) => keeper.stop()));
  await Promise.all(workers.map((worker) => worker.close(100)));
  for (const cleanup of cleanups) await cleanup();
  await queue.close();
  await workspace.close();
  await redis.stop();
}, 30_000);

/** A node as the service has it: workers of the real queue, and the loops. */
async function startNode(node: string, joined: string[]): Promise<void> {
  const rates = { 'run-now': Infinity, 'runs-get': Infinity, files: Infinity };
  const client = createDatabricksClient({
    host: workspace.url,
    auth: { token: 'dapi-test' },
    userAgent: 'slowlane/test',
    rates,
    logger,
  });
  const registration = { jobId: '77', timeoutMs: 3_600_000, retries: 1 } as never;
  const keeper = createKeeper({
    requests: queue.requests,
    registrations: { ...createMemoryRegistrationStore(), get: async () => registration },
    workspace: () => client,
    blobs: createMemoryBlobStore(),
    node,
    logger,
    callTimeoutMs: 500,
    poll: { minMs: 10, maxMs: 50, idleMs: 10 },
  });
  keeper.start();
  keepers.push(keeper);
  cleanups.push(() => client.close());
  const join = async ({ requestId }: { requestId: string }): Promise<void> => {
    const failed = (await queue.requests.parts(requestId)).find(({ failure }) => failure !== undefined)?.failure;
    await queue.requests.end(
      requestId,
      failed === undefined ? { state: 'succeeded', files: [] } : { state: 'failed', failure: failed },
    );
    joined.push(requestId);
  };
  workers.push(
    await queue.work({
      submit: ({ partId }, signal) => keeper.submit(partId, signal),
      join,
      notify: async () => undefined,
    }),
  );
}

async function park(keys: string[]): Promise<string> {
  const request = sampleRequest();
  const { id } = request;
  await queue.requests.accept(request);
  await queue.requests.beginMediation(id);
  const parts = keys.map((key) => ({ key, document: { key } }));
  const claim = { dimensions: { '*': 1, 'op:daily': 1 }, priority: 5 };
  await queue.requests.park(id, { mediated: {}, parts, claim, resultPath: `/Volumes/main/slowlane/results/${id}` });
  return id;
}

it('takes parts through the real gate two at a time, through faults, to one run per attempt', async () => {
  await queue.gate.declare({ 'op:daily': 2 });
  const faults: (Fault | undefined)[] = ['lost', undefined, 500, 'cut', undefined, 503, 'slow', undefined];
  workspace.faults.set('run-now', faults);
  let most = 0;
  const joined: string[] = [];
  await startNode('node-1', joined);
  await startNode('node-2', joined);
  const id = await park(['a', 'b', 'c', 'd', 'e', 'f']);
  await vi.waitFor(
    async () => {
      const going = workspace.runs.filter(({ endTime }) => endTime === 0);
      most = Math.max(most, going.length);
      for (const run of going) workspace.finish(run, { result: 'SUCCESS', code: 'SUCCESS' });
      expect((await queue.requests.get(id))?.state).toBe('succeeded');
    },
    { timeout: 50_000, interval: 20 },
  );
  expect(most).toBeLessThanOrEqual(2);
  expect(faults).toEqual([]);
  expect(workspace.runs).toHaveLength(6);
  expect(new Set(workspace.runs.map(({ parameters }) => parameters['result'])).size).toBe(6);
  expect((await queue.gate.list()).map(({ inUse }) => inUse)).toEqual((await queue.gate.list()).map(() => 0));
}, 60_000);

it('retries in the same slot, and passes a cancel on to the run', async () => {
  const joined: string[] = [];
  await startNode('node-1', joined);
  const id = await park(['a']);
  await vi.waitFor(() => expect(workspace.runs).toHaveLength(1), { timeout: 20_000 });
  workspace.finish(workspace.runs[0] as never, { result: 'FAILED', code: 'RUN_EXECUTION_ERROR' });
  await vi.waitFor(() => expect(workspace.runs).toHaveLength(2), { timeout: 20_000 });
  await vi.waitFor(
    async () => expect((await queue.requests.parts(id))[0]).toMatchObject({ attempt: 2, state: 'running' }),
    { timeout: 20_000 },
  );
  expect(await queue.requests.cancel(id, 'me')).toBe('cancelling');
  await vi.waitFor(() => expect(workspace.runs[1]?.isCancelled).toBe(true), { timeout: 20_000 });
  expect((await queue.requests.get(id))?.state).toBe('cancelling');
  workspace.finish(workspace.runs[1] as never, { result: 'CANCELED', code: 'USER_CANCELED' });
  await vi.waitFor(async () => expect((await queue.requests.get(id))?.state).toBe('cancelled'), { timeout: 20_000 });
}, 60_000);

it('fails a request when its run-now is refused', async () => {
  workspace.faults.set('run-now', [{ status: 403, body: '{"error_code":"PERMISSION_DENIED","message":"no"}' }]);
  const joined: string[] = [];
  await startNode('node-1', joined);
  const id = await park(['a']);
  await vi.waitFor(async () => expect((await queue.requests.get(id))?.state).toBe('failed'), { timeout: 20_000 });
  expect((await queue.requests.get(id))?.failure).toMatchObject({ code: 'workspace.rejected' });
  expect(joined).toEqual([id]);
}, 60_000);
