import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DatabricksClient, createDatabricksClient } from '@slowlane/databricks';
import { newId } from '@slowlane/kit';
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
import { type FakeRun, type HostileWorkspace, startHostileWorkspace } from './hostile-workspace.ts';

const logger = createMemoryLogger();
let redis: TestRedis;
let queue: Queue;
let workspace: HostileWorkspace;
let client: DatabricksClient;
let keeper: Keeper | undefined;
let workers: Workers | undefined;
/** Most of our runs that went on at once, by the workspace's own record. */
let most = 0;

beforeEach(async () => {
  redis = await startRedis();
  queue = await openQueue({ url: redis.url, logger, leaseMs: 500 });
  workspace = await startHostileWorkspace();
  client = createDatabricksClient({
    host: workspace.url,
    auth: { token: 'dapi-test' },
    userAgent: 'slowlane/test',
    rates: { 'run-now': Infinity, 'runs-get': Infinity, 'runs-list': Infinity, files: Infinity },
    logger,
  });
  most = 0;
  workspace.chance = () => {
    most = Math.max(most, going().length);
    return undefined;
  };
}, 30_000);

afterEach(async () => {
  await stopNode();
  await client.close();
  await queue.close();
  await workspace.close();
  await redis.stop();
}, 30_000);

const going = (): FakeRun[] => workspace.runs.filter(({ endTime }) => endTime === 0);
const limit = async (name: string) => (await queue.gate.list()).find(({ dimension }) => dimension === name);

async function startNode(): Promise<void> {
  const registration = { jobId: '77', timeoutMs: 3_600_000, retries: 0 } as never;
  const made = createKeeper({
    requests: queue.requests,
    registrations: { ...createMemoryRegistrationStore(), get: async () => registration },
    workspace: () => client,
    blobs: createMemoryBlobStore(),
    node: newId('tok'),
    logger,
    poll: { minMs: 10, maxMs: 50, idleMs: 10 },
    gate: queue.gate,
    events: queue.events,
    workspaces: ['main'],
    realityMs: 50,
  });
  keeper = made;
  made.start();
  workers = await queue.work(
    {
      submit: ({ partId }, signal) => made.submit(partId, signal),
      join: async ({ requestId }) => void (await queue.requests.end(requestId, { state: 'succeeded', files: [] })),
      notify: async () => undefined,
    },
    { tickMs: 100, lostAfterMs: 1_000 },
  );
}

async function stopNode(): Promise<void> {
  await keeper?.stop();
  await workers?.close(100);
  [keeper, workers] = [undefined, undefined];
}

async function park(keys: string[]): Promise<string> {
  const { id, pin, ...request } = sampleRequest();
  await queue.requests.accept({ ...request, id, pin: { ...pin, workspace: 'main' } });
  await queue.requests.beginMediation(id);
  await queue.requests.park(id, {
    mediated: {},
    parts: keys.map((key) => ({ key, document: { key } })),
    claim: { dimensions: { '*': 1, 'ws:main': 1 }, priority: 5 },
    resultPath: `/Volumes/main/slowlane/results/${id}`,
  });
  return id;
}

function strangersRun(): FakeRun {
  const run: FakeRun = {
    runId: 5_000 + workspace.runs.length,
    token: newId('tok'),
    jobId: 9,
    parameters: {},
    startTime: Date.now(),
    endTime: 0,
    lifeCycle: 'RUNNING',
    result: undefined,
    code: undefined,
    isCancelled: false,
    isDeleted: false,
  };
  workspace.runs.push(run);
  return run;
}

it("counts strangers' runs as places that are taken, and not our own", async () => {
  await queue.gate.declare({ 'ws:main': 2 });
  const stranger = strangersRun();
  await startNode();
  await vi.waitFor(async () => expect((await limit('ws:main'))?.taken).toBe(1), { timeout: 20_000 });
  const id = await park(['a', 'b', 'c']);
  await vi.waitFor(() => expect(going()).toHaveLength(2), { timeout: 20_000 });
  await vi.waitFor(async () => expect((await queue.requests.parts(id))[0]?.state).toBe('running'), { timeout: 20_000 });
  const looks = () => workspace.calls.filter((call) => call === 'GET runs/list').length;
  const before = looks();
  await vi.waitFor(() => expect(looks()).toBeGreaterThan(before + 2), { timeout: 20_000 });
  expect(await limit('ws:main')).toMatchObject({ taken: 1, inUse: 1 });
  workspace.finish(stranger, { result: 'SUCCESS', code: 'SUCCESS' });
  await vi.waitFor(async () => expect(await limit('ws:main')).toMatchObject({ inUse: 2 }), { timeout: 20_000 });
  await vi.waitFor(() => expect(going()).toHaveLength(2), { timeout: 20_000 });
  expect(most).toBeLessThanOrEqual(2);
}, 90_000);

it('opens the gate of a Redis that went back in time only when the workspaces were compared: no second run, never above the limit', async () => {
  await queue.gate.declare({ '*': 2, 'ws:main': 2 });
  const id = await park(['a', 'b', 'c', 'd']);
  // The copy holds four parts of which nobody knows that they run or have run.
  await cp(join(redis.dir, 'appendonlydir'), `${redis.dir}-copy`, { recursive: true });
  await startNode();
  await vi.waitFor(() => expect(going()).toHaveLength(2), { timeout: 20_000 });
  workspace.finish(going()[0] as FakeRun, { result: 'SUCCESS', code: 'SUCCESS' });
  await vi.waitFor(() => expect(workspace.runs).toHaveLength(3), { timeout: 20_000 });
  await vi.waitFor(
    async () => expect((await queue.requests.parts(id)).filter(({ state }) => state === 'running')).toHaveLength(2),
    { timeout: 20_000 },
  );
  const archived = await queue.events.last();

  await stopNode();
  await queue.close();
  await redis.kill();
  await rm(join(redis.dir, 'appendonlydir'), { recursive: true });
  await cp(`${redis.dir}-copy`, join(redis.dir, 'appendonlydir'), { recursive: true });
  await rm(`${redis.dir}-copy`, { recursive: true });
  await redis.restart();
  queue = await openQueue({ url: redis.url, logger, leaseMs: 500 });
  expect(await queue.gate.closeIfOlderThan(archived)).toBe(true);

  // While the workspace does not answer, nothing is concluded and the gate stays closed.
  const answers = workspace.chance;
  const refused: string[] = [];
  workspace.chance = (kind) => (kind === 'runs/list' ? (refused.push(kind), 403) : answers?.(kind));
  await startNode();
  await vi.waitFor(() => expect(refused.length).toBeGreaterThan(1), { timeout: 20_000 });
  expect((await limit('*'))?.closed).toMatchObject([{ cause: 'closed', by: 'platform' }]);
  workspace.chance = answers;

  await vi.waitFor(async () => expect((await limit('*'))?.closed).toBeUndefined(), { timeout: 20_000 });
  await vi.waitFor(
    async () => {
      for (const run of going()) workspace.finish(run, { result: 'SUCCESS', code: 'SUCCESS' });
      expect((await queue.requests.get(id))?.state).toBe('succeeded');
    },
    { timeout: 40_000, interval: 20 },
  );
  expect(workspace.runs).toHaveLength(4);
  expect(new Set(workspace.runs.map(({ parameters }) => parameters['result'])).size).toBe(4);
  expect(most).toBeLessThanOrEqual(2);
}, 120_000);
