import type { ClusterPool, ClusterRecord } from '@slowlane/contracts';
import { createDatabricksClient } from '@slowlane/databricks';
import { type Queue, openQueue } from '@slowlane/queue';
import {
  createMemoryBlobStore,
  createMemoryLogger,
  createMemoryRegistrationStore,
  redisForFile,
  sampleRequest,
} from '@slowlane/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Keeper, createKeeper } from '../create-keeper.ts';
import type { FakeCluster } from '../hostile-clusters.ts';
import { type HostileWorkspace, startHostileWorkspace } from '../hostile-workspace.ts';
import type { ClusterTimes } from './cluster-deps.ts';

const logger = createMemoryLogger();
const jar = { jar: '/Volumes/main/apps/a.jar' };
const waiting = { timeout: 20_000, interval: 10 };
const server = redisForFile({ beforeAll, afterAll });
let queue: Queue;
let workspace: HostileWorkspace;
let pool: ClusterPool;
let retries: number;
let closing: (() => Promise<void>)[];

beforeEach(async () => {
  queue = await openQueue({ url: server.redis.url, prefix: server.nextPrefix(), logger, leaseMs: 1_000 });
  workspace = await startHostileWorkspace();
  for (const [id, revision] of [
    ['77', 'a'],
    ['88', 'b'],
  ] as const)
    workspace.jobs.set(id, jobSettings(revision));
  pool = { min: 0, max: 2, idleMs: 60_000, leaseMs: 3_600_000, startMs: 60_000, partsPerCluster: 1, nodeTypes: [] };
  retries = 0;
  closing = [];
}, 30_000);

afterEach(async () => {
  for (const close of closing.reverse()) await close();
  await queue.close();
  await workspace.close();
}, 30_000);

function jobSettings(revision: string) {
  const parameters = ['--request', '{{job.parameters.request}}', '--result', '{{job.parameters.result}}'];
  return {
    name: 'slowlane daily',
    timeout_seconds: 60,
    tasks: [
      {
        ...{ task_key: 'main', job_cluster_key: 'main', libraries: [jar], max_retries: 0 },
        spark_jar_task: { main_class_name: 'acme.Daily', parameters },
      },
    ],
    job_clusters: [
      { job_cluster_key: 'main', new_cluster: { spark_version: '17.3', num_workers: 1, spark_conf: { revision } } },
    ],
  };
}

/** A node as the service has it. */
async function startNode(node: string, times: Partial<ClusterTimes> = {}): Promise<Keeper> {
  const families = ['run-now', 'runs-get', 'runs-list', 'files', 'clusters', 'jobs'];
  const client = createDatabricksClient({
    host: workspace.url,
    auth: { token: 'dapi-test' },
    userAgent: 'slowlane/test',
    rates: Object.fromEntries(families.map((family) => [family, Infinity])),
    logger,
  });
  const registration = (jobId: string) => ({
    jobId,
    pool: 'warm',
    reuse: true,
    timeoutMs: 0,
    retries,
    set: { digest: 'sha256:aa' },
  });
  const keeper = createKeeper({
    requests: queue.requests,
    registrations: { ...createMemoryRegistrationStore(), get: async (id) => registration(id.slice(4)) as never },
    workspace: () => client,
    workspaces: ['main'],
    blobs: createMemoryBlobStore(),
    events: queue.events,
    node,
    logger,
    callTimeoutMs: 500,
    poll: { minMs: 10, maxMs: 50, idleMs: 10 },
    clusters: {
      book: queue.clusters,
      pools: { warm: pool },
      owner: 'us',
      times: { tickMs: 15, readyMs: 15, sweepMs: 30, quietSweepMs: 30, settleMs: 200, ...times },
    },
  });
  keeper.start();
  const workers = await queue.work({
    submit: ({ partId }, signal) => keeper.submit(partId, signal),
    join: async ({ requestId }) => {
      const failure = (await queue.requests.parts(requestId)).find((part) => part.failure !== undefined)?.failure;
      await queue.requests.end(requestId, failure ? { state: 'failed', failure } : { state: 'succeeded', files: [] });
    },
    notify: async () => undefined,
  });
  closing.push(async () => {
    await keeper.stop();
    await workers.close(100);
    await client.close();
  });
  return keeper;
}

async function park(jobId = '77', keys = ['all']): Promise<string> {
  const request = sampleRequest();
  const { id } = request;
  await queue.requests.accept({
    ...request,
    pin: { ...request.pin, workspace: 'main', registrationId: `reg_${jobId}` },
  });
  await queue.requests.beginMediation(id);
  await queue.requests.park(id, {
    mediated: {},
    parts: keys.map((key) => ({ key, document: { key } })),
    claim: { dimensions: { '*': 1, 'pool:warm': 1 }, priority: 5 },
    resultPath: `/Volumes/main/slowlane/results/${id}`,
    needed: 0,
  });
  return id;
}

const stateOf = async (id: string): Promise<string | undefined> => (await queue.requests.get(id))?.state;
const until = (check: () => Promise<void> | void) => vi.waitFor(check, waiting);
const finishAll = (): void => {
  for (const run of workspace.runs.filter(({ endTime }) => endTime === 0))
    workspace.finish(run, { result: 'SUCCESS', code: 'SUCCESS' });
};
const live = (): FakeCluster[] => workspace.clusters.all.filter(({ state }) => state !== 'TERMINATED');

async function succeeds(id: string): Promise<void> {
  await until(async () => {
    finishAll();
    expect(await stateOf(id)).toBe('succeeded');
  });
}

describe('a job that reuses clusters', () => {
  it('runs on a cluster with its libraries, made for it and tagged, and the next request on the same one', async () => {
    await startNode('n1');
    const first = await park();
    await until(() => expect(workspace.runs).toHaveLength(1));
    const [cluster] = workspace.clusters.all;
    expect(cluster).toMatchObject({
      state: 'RUNNING',
      libraries: [{ library: jar }],
      settings: {
        spark_version: '17.3',
        autotermination_minutes: 11,
        custom_tags: { 'slowlane-owner': 'us', 'slowlane-artifact': 'aa', 'slowlane-pool': 'warm' },
      },
    });
    expect(workspace.runs[0]).toMatchObject({
      clusterId: 'c-1',
      name: expect.stringMatching(new RegExp(`^slowlane /Volumes/main/slowlane/results/${first}/`)),
    });
    await succeeds(first);
    await succeeds(await park());
    expect(workspace.clusters.all).toHaveLength(1);
  });

  it('never shares a cluster with another digest, and makes room for it when the pool is full', async () => {
    pool = { ...pool, max: 1 };
    await startNode('n1');
    const other = await park('88');
    await until(() => expect(workspace.runs).toHaveLength(1));
    const mine = await park('77');
    await until(async () => expect((await queue.requests.parts(mine))[0]?.state).toBe('granted'));
    await succeeds(other);
    await succeeds(mine);
    const revisions = workspace.runs.map(({ clusterId }) => {
      const cluster = workspace.clusters.all.find((one) => one.clusterId === clusterId);
      return (cluster?.settings['spark_conf'] as { revision: string }).revision;
    });
    expect(revisions).toEqual(['b', 'a']);
    expect(live().length).toBeLessThanOrEqual(1);
  });

  it('gets as many clusters as its parts need, up to the most of the pool', async () => {
    await startNode('n1');
    const id = await park('77', ['a', 'b', 'c']);
    await until(() => expect(workspace.runs).toHaveLength(2));
    expect(workspace.clusters.all).toHaveLength(2);
    await succeeds(id);
    expect(workspace.clusters.all).toHaveLength(2);
  });
});

describe('a part that waits for a cluster', () => {
  async function holdsOf(id: string): Promise<Record<string, unknown>[]> {
    const events = await queue.events.read('0-0', 5_000, 0);
    return events
      .filter(({ type, subject, data }) => type === 'part.waiting' && subject.request === id && 'reason' in data)
      .map(({ data }) => data);
  }

  it('says that its cluster starts, and no more once it runs', async () => {
    workspace.clusters.startAtOnce = false;
    await startNode('n1');
    const id = await park();
    await until(async () =>
      expect(await queue.requests.explain(`${id}-0`)).toMatchObject({
        state: 'granted',
        ...{ dimension: 'cluster:warm', limit: 2, inUse: 1, reason: expect.stringMatching(/^cluster clu_\S+ starts$/) },
      }),
    );
    for (const cluster of workspace.clusters.all) cluster.state = 'RUNNING';
    await until(() => expect(workspace.runs).toHaveLength(1));
    await until(async () => expect((await queue.requests.part(`${id}-0`))?.state).toBe('running'));
    expect((await queue.requests.explain(`${id}-0`))?.dimension).toBeUndefined();
    const told = (await holdsOf(id)).map(({ dimension }) => dimension);
    expect(told).toEqual(['cluster:warm']);
    await succeeds(id);
  });

  it('says that the pool is full, by its price, and who holds its clusters', async () => {
    pool = { ...pool, max: 1, isPriceBound: true };
    await startNode('n1');
    const other = await park('77', ['a']);
    await until(async () => expect((await queue.requests.part(`${other}-0`))?.state).toBe('running'));
    const mine = await park('77', ['b']);
    const run = (await queue.requests.part(`${other}-0`))?.runId;
    await until(async () =>
      expect(await queue.requests.explain(`${mine}-0`)).toMatchObject({
        ...{ state: 'granted', dimension: 'cluster:warm', limit: 1, inUse: 1 },
        reason: 'all 1 clusters of pool "warm" are taken; max_price_per_hour allows no more',
        holders: [{ part: `${other}-0`, request: other, run, weight: 1 }],
      }),
    );
    expect((await holdsOf(mine)).at(-1)).toMatchObject({ dimension: 'cluster:warm', limit: 1, inUse: 1 });
    await succeeds(other);
    await succeeds(mine);
  });
});

describe('the end of a cluster', () => {
  it('comes when it has been idle, but for the fewest that the pool keeps', async () => {
    pool = { ...pool, min: 1, idleMs: 50 };
    await startNode('n1');
    const id = await park('77', ['a', 'b']);
    await until(() => expect(workspace.runs).toHaveLength(2));
    await succeeds(id);
    await until(() => expect(live()).toHaveLength(1));
    await until(async () => expect(await queue.clusters.list()).toHaveLength(1));
    await queue.clusters.endLease((await queue.clusters.list())[0]?.id as string, 'by hand');
    await until(async () => expect(await queue.clusters.list()).toEqual([]));
    expect(live()).toEqual([]);
  });

  it('comes at the end of its lease, after its run, and never to a cluster of somebody else', async () => {
    pool = { ...pool, leaseMs: 400 };
    const tags = { 'slowlane-owner': 'them', 'slowlane-cluster': 'clu_other' };
    workspace.clusters.all.push(
      { clusterId: 'x-1', settings: { custom_tags: tags }, state: 'RUNNING', message: '', libraries: [] },
      { clusterId: 'x-2', settings: {}, state: 'RUNNING', message: '', libraries: [] },
    );
    await startNode('n1');
    const id = await park();
    await until(() => expect(workspace.runs).toHaveLength(1));
    await until(async () =>
      expect(((await queue.clusters.list())[0] as ClusterRecord).leaseEndsAt).toBeLessThan(Date.now()),
    );
    expect(live()).toHaveLength(3);
    await succeeds(id);
    await until(() => expect(live().map(({ clusterId }) => clusterId)).toEqual(['x-1', 'x-2']));
  });
});

describe('a cluster that lets its parts down', () => {
  it('is given up when it does not start in time; the part is tried again on another node type', async () => {
    pool = { ...pool, startMs: 100, nodeTypes: ['small', 'large'] };
    retries = 1;
    workspace.clusters.startAtOnce = false;
    await startNode('n1');
    const id = await park();
    await until(() => expect(workspace.clusters.all).toHaveLength(1));
    workspace.clusters.startAtOnce = true;
    await until(async () => expect((await queue.requests.parts(id))[0]).toMatchObject({ attempt: 2 }));
    pool.startMs = 60_000;
    await succeeds(id);
    expect(workspace.clusters.all.map(({ settings, state }) => [settings['node_type_id'], state])).toEqual([
      ['small', 'TERMINATED'],
      ['large', 'RUNNING'],
    ]);
    expect((await queue.requests.parts(id))[0]?.attempt).toBe(2);
  });

  it('fails the part with the words of the workspace when there is no other attempt', async () => {
    workspace.clusters.libraryStatus = 'FAILED';
    await startNode('n1');
    const id = await park();
    await until(async () => expect(await stateOf(id)).toBe('failed'));
    expect((await queue.requests.get(id))?.failure).toMatchObject({
      code: 'run.platform',
      message: expect.stringContaining('a library could not be installed: {"jar":"/Volumes/main/apps/a.jar"}: as told'),
    });
    await until(() => expect(live()).toEqual([]));
    expect(workspace.runs).toEqual([]);
  });

  it('dies under a run: the part is tried again on a new one', async () => {
    retries = 1;
    await startNode('n1');
    const id = await park();
    await until(() => expect(workspace.runs).toHaveLength(1));
    (workspace.clusters.all[0] as FakeCluster).state = 'TERMINATED';
    workspace.finish(workspace.runs[0] as never, {
      lifeCycle: 'INTERNAL_ERROR',
      result: 'FAILED',
      code: 'CLUSTER_ERROR',
    });
    await until(() => expect(workspace.runs).toHaveLength(2));
    expect(workspace.runs[1]?.clusterId).toBe('c-2');
    await succeeds(id);
  });
});

describe('no cluster is without an owner', () => {
  it('after a reply that was lost: it is found by its tag', async () => {
    workspace.faults.set('clusters/create', ['lost']);
    await startNode('n1');
    await succeeds(await park());
    expect(workspace.clusters.all).toHaveLength(1);
  });

  it('after it was made twice: the one that came late is ended', async () => {
    let letGo = (): void => undefined;
    workspace.clusters.holds.set('clusters/create', [new Promise((resolve) => (letGo = resolve))]);
    const slow = await startNode('n1');
    const id = await park();
    await until(() => expect(workspace.calls).toContain('POST clusters/create'));
    // Its process is as good as dead: the answer reaches nobody.
    const stopping = slow.stop();
    await startNode('n2', { settleMs: 0 });
    await until(() => expect(workspace.clusters.all).toHaveLength(1));
    letGo();
    await stopping;
    await succeeds(id);
    await until(() => {
      expect(workspace.clusters.all).toHaveLength(2);
      expect(live()).toHaveLength(1);
    });
    const told = (await queue.events.read('0-0', 500, 0)).map(({ type }) => type);
    expect(told).toContain('cluster.swept');
  });
});
