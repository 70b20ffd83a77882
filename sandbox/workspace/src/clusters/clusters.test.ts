import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createJarJob,
  jarJob,
  octets,
  startTestWorkspace,
  type TestWorkspace,
} from '../__fixtures__/test-workspace.ts';

const runtime = '17.3.x-scala2.13';
const clusters = '/api/2.1/clusters';
let test: TestWorkspace;
beforeEach(async () => void (test = await startTestWorkspace()));
afterEach(() => test.close());

describe('a cluster without workers', () => {
  it('runs as soon as it was made, and shows what it is', async () => {
    const id = await create({ cluster_name: 'small', num_workers: 0, custom_tags: { team: 'a' } });
    expect(await get(id)).toMatchObject({
      ...{ cluster_id: id, cluster_name: 'small', state: 'RUNNING', cluster_source: 'API', num_workers: 0 },
      ...{ custom_tags: { team: 'a' }, default_tags: { ClusterId: id, Vendor: 'Databricks' } },
    });
    expect(await eventTypes(id)).toEqual(['RUNNING', 'STARTING', 'CREATING']);
  });

  it('ends by delete, starts again, and is gone after permanent-delete', async () => {
    const id = await create({});
    await test.post(`${clusters}/delete`, { cluster_id: id });
    expect(await inState(id, 'TERMINATED')).toMatchObject({
      termination_reason: { code: 'USER_REQUEST', type: 'SUCCESS' },
    });
    expect((await test.post(`${clusters}/delete`, { cluster_id: id })).status).toBe(200);
    await test.post(`${clusters}/start`, { cluster_id: id });
    await inState(id, 'RUNNING');
    await test.post(`${clusters}/permanent-delete`, { cluster_id: id });
    expect(await test.get(`${clusters}/get?cluster_id=${id}`)).toMatchObject({
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE', message: `Cluster ${id} does not exist` },
    });
  });

  it('is resized only while it runs', async () => {
    const id = await create({});
    await test.post(`${clusters}/delete`, { cluster_id: id });
    await inState(id, 'TERMINATED');
    const answer = await test.post(`${clusters}/resize`, { cluster_id: id, num_workers: 2 });
    expect(answer).toMatchObject({ status: 400, body: { error_code: 'INVALID_STATE' } });
  });

  it('survives a restart of the workspace', async () => {
    const id = await create({});
    await test.restart();
    expect((await get(id)).state).toBe('RUNNING');
  });

  it('is listed by pages, by state and by name', async () => {
    for (const cluster_name of ['b', 'c', 'a']) await create({ cluster_name });
    const first = await test.get(`${clusters}/list?page_size=2&sort_by.field=CLUSTER_NAME`);
    const next = await test.get(
      `${clusters}/list?page_size=2&sort_by.field=CLUSTER_NAME&page_token=${String(first.body.next_page_token)}`,
    );
    expect([...names(first.body), ...names(next.body)]).toEqual(['a', 'b', 'c']);
    expect(next.body).not.toHaveProperty('next_page_token');
    expect((await test.get(`${clusters}/list?filter_by.cluster_states=TERMINATED`)).body).toEqual({});
  });
});

describe('a fault that was asked for', () => {
  it('keeps a cluster from starting, and its tasks waiting, until it is taken back', async () => {
    test.workspace.clusterFaults.add({ kind: 'never-starts', count: 1 });
    const id = await create({});
    const runId = await submitOn(id);
    expect((await get(id)).state).toBe('PENDING');
    expect(test.driver.starts).toEqual([]);
    test.workspace.clusterFaults.clear();
    await test.driver.started(1);
    const run = await test.runIn('RUNNING', runId);
    expect(run.tasks).toMatchObject([{ cluster_instance: { cluster_id: id } }]);
  });

  it('ends a cluster under its task, which ends as CLUSTER_ERROR', async () => {
    const id = await create({});
    test.workspace.clusterFaults.add({ kind: 'dies', count: 1 });
    const run = await test.runIn('INTERNAL_ERROR', await submitOn(id));
    expect(run.status).toMatchObject({ termination_details: { code: 'CLUSTER_ERROR' } });
  });

  it('holds a cluster in TERMINATING', async () => {
    const id = await create({});
    test.workspace.clusterFaults.add({ kind: 'stuck-terminating', count: 1 });
    await test.post(`${clusters}/delete`, { cluster_id: id });
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect((await get(id)).state).toBe('TERMINATING');
    test.workspace.clusterFaults.clear();
    await inState(id, 'TERMINATED');
  });
});

describe('a run on an existing cluster', () => {
  it('starts it when it has ended, and a delete ends the run', async () => {
    const id = await create({});
    await test.post(`${clusters}/delete`, { cluster_id: id });
    await inState(id, 'TERMINATED');
    const runId = await submitOn(id);
    const program = await test.driver.started(1);
    await inState(id, 'RUNNING');
    await test.post(`${clusters}/delete`, { cluster_id: id });
    await vi.waitFor(() => expect(program.asked).toContain('kill'));
    await test.driver.end(program.spec.id, { reason: 'cancelled', code: null, signal: 'SIGKILL' });
    const run = await test.runIn('INTERNAL_ERROR', runId);
    expect(run.status).toMatchObject({ termination_details: { code: 'CLUSTER_TERMINATED_BY_USER' } });
  });

  it('loads the same bytes again until the cluster restarts, whatever became of the file', async () => {
    const id = await create({});
    await submitOn(id, 'first');
    const first = (await test.driver.started(1)).spec.mounts;
    await submitOn(id, 'second');
    const second = (await test.driver.started(2)).spec.mounts;
    expect(await loadedJar(first)).toBe('first');
    expect(await loadedJar(second)).toBe('first');
    await test.post(`${clusters}/restart`, { cluster_id: id });
    await vi.waitFor(async () => expect((await eventTypes(id)).filter((type) => type === 'RUNNING')).toHaveLength(2));
    // The restart itself loads what is there now.
    await submitOn(id, 'third');
    expect(await loadedJar((await test.driver.started(3)).spec.mounts)).toBe('second');
  });

  it('ends when a library is not there', async () => {
    const id = await create({});
    await test.post('/api/2.0/libraries/install', { cluster_id: id, libraries: [{ jar: '/Volumes/a/b/c/no.jar' }] });
    await vi.waitFor(async () =>
      expect((await test.get(`/api/2.0/libraries/cluster-status?cluster_id=${id}`)).body).toMatchObject({
        library_statuses: [{ status: 'FAILED', messages: ['The library /Volumes/a/b/c/no.jar does not exist.'] }],
      }),
    );
  });
});

describe('a job cluster', () => {
  it('ends with its run, and belongs to nobody else', async () => {
    const jobId = await createJarJob(test);
    const { body } = await test.post('/api/2.2/jobs/run-now', { job_id: jobId });
    const program = await test.driver.started(1);
    const found = (await test.get(`${clusters}/list?filter_by.cluster_sources=JOB`)).body.clusters as [
      { cluster_id: string },
    ];
    const id = found[0].cluster_id;
    expect(await test.post(`${clusters}/edit`, { cluster_id: id, spark_version: runtime })).toMatchObject({
      ...{ status: 400, body: { error_code: 'INVALID_STATE' } },
    });
    await test.driver.end(program.spec.id, {});
    await test.runIn('TERMINATED', body.run_id);
    expect(await inState(id, 'TERMINATED')).toMatchObject({ termination_reason: { code: 'JOB_FINISHED' } });
  });
});

describe('a policy', () => {
  it('fixes, fills in and refuses attributes, and a pool decides the node type', async () => {
    const definition = JSON.stringify({
      'spark_conf.spark.sql.shuffle.partitions': { type: 'fixed', value: '4' },
      autotermination_minutes: { type: 'range', minValue: 10, maxValue: 60, defaultValue: 30 },
      spark_version: { type: 'allowlist', values: [runtime] },
    });
    const policy = (await test.post('/api/2.0/policies/clusters/create', { name: 'p', definition })).body.policy_id;
    const pool = (await test.post('/api/2.0/instance-pools/create', { instance_pool_name: 'x', node_type_id: 'big' }))
      .body.instance_pool_id;
    const id = await create({ policy_id: policy, instance_pool_id: pool, apply_policy_default_values: true });
    const view = await get(id);
    expect(view).toMatchObject({
      ...{ spark_conf: { 'spark.sql.shuffle.partitions': '4' }, autotermination_minutes: 30, node_type_id: 'big' },
    });
    expect(view).not.toHaveProperty('apply_policy_default_values');
    const refused = await test.post(`${clusters}/create`, {
      ...{ spark_version: runtime, policy_id: policy, autotermination_minutes: 90 },
    });
    expect(refused).toMatchObject({ status: 400, body: { message: expect.stringMatching(/between 10 and 60/) } });
  });

  it('holds for the cluster of a job too: what it fixes reaches the driver, what it refuses ends the run', async () => {
    const definition = JSON.stringify({
      'spark_conf.spark.sql.shuffle.partitions': { type: 'fixed', value: '4' },
      num_workers: { type: 'range', maxValue: 2 },
    });
    const { policy_id } = (await test.post('/api/2.0/policies/clusters/create', { name: 'p', definition })).body;
    const pool = { instance_pool_name: 'x', node_type_id: 'big', custom_tags: { team: 'a' } };
    const { instance_pool_id } = (await test.post('/api/2.0/instance-pools/create', pool)).body;
    const [task] = jarJob().tasks as [object];
    const start = async (num_workers: number): Promise<unknown> => {
      const new_cluster = { spark_version: runtime, num_workers, policy_id, instance_pool_id };
      const jobId = await createJarJob(test, { tasks: [{ ...task, new_cluster }] });
      return (await test.post('/api/2.2/jobs/run-now', { job_id: jobId })).body.run_id;
    };
    const good = await start(0);
    const { spec } = await test.driver.started(1);
    const { source } = spec.mounts.find(({ target }) => target === '/run-dir') as { source: string };
    expect(await readFile(`${source}/spark.properties`, 'utf8')).toContain('spark.sql.shuffle.partitions=4\n');
    const view = (await test.get(`/api/2.2/jobs/runs/get?run_id=${String(good)}`)).body;
    const [shown] = view.tasks as [{ cluster_instance: { cluster_id: string } }];
    expect(await get(shown.cluster_instance.cluster_id)).toMatchObject({
      ...{ node_type_id: 'big', custom_tags: { team: 'a' } },
    });
    const bad = await test.runIn('INTERNAL_ERROR', await start(3));
    expect(bad).toMatchObject({ status: { termination_details: { code: 'INVALID_CLUSTER_REQUEST' } } });
  });
});

async function create(spec: Record<string, unknown>): Promise<string> {
  const { body, text } = await test.post(`${clusters}/create`, { spark_version: runtime, ...spec });
  if (typeof body.cluster_id !== 'string') throw new Error(text);
  return body.cluster_id;
}

async function get(id: string): Promise<Record<string, unknown>> {
  return (await test.get(`${clusters}/get?cluster_id=${id}`)).body;
}

function inState(id: string, state: string): Promise<Record<string, unknown>> {
  return vi.waitFor(async () => {
    const view = await get(id);
    expect(view.state).toBe(state);
    return view;
  });
}

async function submitOn(clusterId: string, jar = 'jar'): Promise<unknown> {
  await test.send('PUT', '/api/2.0/fs/files/Volumes/main/apps/artifacts/a.jar', { body: jar, headers: octets });
  const { body } = await test.post('/api/2.2/jobs/runs/submit', {
    tasks: [
      {
        ...{ task_key: 'main', existing_cluster_id: clusterId, spark_jar_task: { main_class_name: 'a.B' } },
        libraries: [{ jar: '/Volumes/main/apps/artifacts/a.jar' }],
      },
    ],
  });
  return body.run_id;
}

async function loadedJar(mounts: { target: string }[]): Promise<string> {
  const { readFile, readdir } = await import('node:fs/promises');
  const { source } = mounts.find(({ target }) => target === '/opt/slowlane/libraries') as unknown as { source: string };
  const [place] = await readdir(source);
  return readFile(`${source}/${String(place)}/a.jar`, 'utf8');
}

async function eventTypes(id: string): Promise<string[]> {
  const { body } = await test.post(`${clusters}/events`, { cluster_id: id });
  return (body.events as { type: string }[]).map(({ type }) => type);
}

function names(body: Record<string, unknown>): string[] {
  return (body.clusters as { cluster_name: string }[]).map(({ cluster_name }) => cluster_name);
}
