import { fileURLToPath } from 'node:url';
import { type Queue, openQueue } from '@slowlane/queue';
import {
  type NodeProcess,
  type TestRedis,
  createMemoryLogger,
  sampleRequest,
  startNode,
  startRedis,
} from '@slowlane/testkit';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { type WarmRig, startWarmRig, token } from './warm-rig.ts';

const file = fileURLToPath(new URL('./mortal-keeper.ts', import.meta.url));

let redis: TestRedis;
let queue: Queue;
let rig: WarmRig;
let nodes: NodeProcess[];

/**
 * Lets one node after another work on a request of its own until it kills itself at the point, then one that lives; and asks the workspace what there
 * is. Each kill must fire.
 */
export async function killAt(points: readonly string[]): Promise<void> {
  const requests: string[] = [];
  for (const [index, point] of points.entries()) {
    const node = start(point);
    requests.push(await park(`r${index}`));
    // The fault must fire: a node that lives on proves nothing.
    const ended = await Promise.race([
      node.exited,
      new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 30_000).unref()),
    ]);
    expect(ended, `never came to ${point}; it came to ${node.lines.join(' ')}`).toBeDefined();
  }
  start();
  await expectNoOrphans(requests);
}

/** For test files: what `killAt` needs is made before each test, and ended after it. */
export function aroundEach(): void {
  beforeEach(setUp, 60_000);
  afterEach(tearDown, 60_000);
}

async function setUp(): Promise<void> {
  redis = await startRedis();
  queue = await openQueue({ url: redis.url, logger: createMemoryLogger(), leaseMs: 400 });
  rig = await startWarmRig(80);
  await rig.client.files.mkdir('/Volumes/main/slowlane/results');
  nodes = [];
}

async function tearDown(): Promise<void> {
  for (const node of nodes) node.kill();
  await Promise.all(nodes.map((node) => node.exited));
  await rig.close();
  await queue.close();
  await redis.stop();
}

function start(point?: string): NodeProcess {
  const node = startNode(file, [JSON.stringify({ redis: redis.url, host: rig.host, token, point })]);
  nodes.push(node);
  return node;
}

/** A request whose artifact no cluster has yet. */
async function park(revision: string): Promise<string> {
  const jobId = await rig.createJob(revision);
  const request = sampleRequest();
  const { id } = request;
  await queue.requests.accept({
    ...request,
    pin: { ...request.pin, workspace: 'main', registrationId: `reg_${jobId}` },
  });
  await queue.requests.beginMediation(id);
  await queue.requests.park(id, {
    mediated: {},
    parts: [{ key: 'all', document: {} }],
    claim: { dimensions: { '*': 1, 'pool:warm': 1 }, priority: 5 },
    resultPath: `/Volumes/main/slowlane/results/${id}`,
  });
  return id;
}

/** Judged by the workspace: every cluster has ended, and each attempt of a part had one run. */
async function expectNoOrphans(requests: string[]): Promise<void> {
  await vi.waitFor(
    async () => {
      for (const id of requests) expect((await queue.requests.get(id))?.state).toBe('succeeded');
      const clusters = await rig.client.clusters.list();
      expect(clusters.filter(({ state }) => state !== 'TERMINATED')).toEqual([]);
      expect(clusters.length).toBeGreaterThanOrEqual(requests.length);
      expect(await queue.clusters.list()).toEqual([]);
      expect(await queue.clusters.leases()).toEqual([]);
    },
    { timeout: 60_000, interval: 200 },
  );
  const names: string[] = [];
  for await (const run of rig.client.runs.list({})) names.push(run.runName ?? '');
  expect(new Set(names).size).toBe(names.length);
  for (const id of requests) expect(names.some((name) => name.includes(id))).toBe(true);
}
