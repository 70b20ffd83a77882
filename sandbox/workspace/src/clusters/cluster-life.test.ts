import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
afterEach(async () => {
  vi.useRealTimers();
  await test.close();
});

async function create(spec: Record<string, unknown> = {}): Promise<string> {
  const { body, text } = await test.post(`${clusters}/create`, { spark_version: runtime, ...spec });
  if (typeof body.cluster_id !== 'string') throw new Error(text);
  return body.cluster_id;
}

async function get(id: string): Promise<Record<string, unknown>> {
  return (await test.get(`${clusters}/get?cluster_id=${id}`)).body;
}

function inState(id: string, state: string): Promise<Record<string, unknown>> {
  return vi.waitFor(
    async () => {
      const view = await get(id);
      expect(view.state).toBe(state);
      return view;
    },
    { timeout: 20_000 },
  );
}

/** The next part of a cluster says in its log that it is up, as Spark's master and workers do. */
async function comesUp(count: number): Promise<string> {
  const { spec, recordDir } = await test.driver.started(count);
  await writeFile(join(recordDir, 'stderr'), 'I have been elected leader!\nSuccessfully registered with master\n');
  return spec.id;
}

async function events(id: string, more: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
  return (await test.post(`${clusters}/events`, { cluster_id: id, ...more })).body;
}

function types(body: Record<string, unknown>): string[] {
  return ((body.events ?? []) as { type: string }[]).map(({ type }) => type);
}

describe('a cluster with workers', () => {
  it('ends the newest workers when it is made smaller, by number or by autoscale', async () => {
    const id = await create({ autoscale: { min_workers: 3, max_workers: 5 } });
    const parts = [await comesUp(1)];
    for (const count of [2, 3, 4]) parts.push(await comesUp(count));
    // Workers are launched side by side; their numbers, not the order in which they came up, say which is the newest.
    parts.sort();
    await inState(id, 'RUNNING');
    await test.post(`${clusters}/resize`, { cluster_id: id, autoscale: { min_workers: 2, max_workers: 5 } });
    await vi.waitFor(() => expect(test.driver.programs.get(parts[3] as string)?.asked).toContain('kill'));
    expect(await inState(id, 'RUNNING')).toMatchObject({ autoscale: { min_workers: 2, max_workers: 5 } });
    await test.post(`${clusters}/resize`, { cluster_id: id, num_workers: 1 });
    await vi.waitFor(() => expect(test.driver.programs.get(parts[2] as string)?.asked).toContain('kill'));
    const view = await inState(id, 'RUNNING');
    expect(view).toMatchObject({ num_workers: 1 });
    expect(view).not.toHaveProperty('autoscale');
    expect(test.driver.programs.get(parts[0] as string)?.asked).toEqual([]);
    expect(test.driver.programs.get(parts[1] as string)?.asked).toEqual([]);
    expect(types(await events(id)).filter((type) => type === 'RESIZING')).toHaveLength(2);
  });

  it('shows RESIZING until a new worker is up', async () => {
    const id = await create({ num_workers: 1 });
    await comesUp(1);
    await comesUp(2);
    await inState(id, 'RUNNING');
    await test.post(`${clusters}/resize`, { cluster_id: id, num_workers: 2 });
    expect((await get(id)).state).toBe('RESIZING');
    await comesUp(3);
    await inState(id, 'RUNNING');
    expect(types(await events(id))[0]).toBe('UPSIZE_COMPLETED');
  });
});

describe('a cluster that nobody uses', () => {
  it('terminates after its minutes, and not while a run is on it', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const idle = await create({ autotermination_minutes: 10 });
    const busy = await create({ autotermination_minutes: 10 });
    await submitOn(busy);
    await test.driver.started(1);
    vi.setSystemTime(Date.now() + 11 * 60_000);
    expect(await inState(idle, 'TERMINATED')).toMatchObject({
      termination_reason: { code: 'INACTIVITY', parameters: { inactivity_duration_min: '10' } },
    });
    expect((await get(busy)).state).toBe('RUNNING');
  });
});

describe('the settings of a cluster', () => {
  it('are replaced by edit, which restarts it, and changed in part by update', async () => {
    const id = await create({ cluster_name: 'a', custom_tags: { team: 'x' } });
    await test.post(`${clusters}/edit`, { cluster_id: id, spark_version: runtime, cluster_name: 'b' });
    const edited = await inState(id, 'RUNNING');
    expect(edited).toMatchObject({ cluster_name: 'b' });
    expect(edited).not.toHaveProperty('custom_tags');
    expect(types(await events(id))).toEqual(expect.arrayContaining(['EDITED', 'RESTARTING']));
    await test.post(`${clusters}/update`, {
      ...{ cluster_id: id, update_mask: 'custom_tags', cluster: { custom_tags: { team: 'y' }, cluster_name: 'c' } },
    });
    expect(await inState(id, 'RUNNING')).toMatchObject({ cluster_name: 'b', custom_tags: { team: 'y' } });
    const refused = await test.post(`${clusters}/update`, { cluster_id: id, update_mask: '__proto__', cluster: {} });
    expect(refused).toMatchObject({ status: 400 });
  });

  it('of a terminated one are edited without a start', async () => {
    const id = await create();
    await test.post(`${clusters}/delete`, { cluster_id: id });
    await inState(id, 'TERMINATED');
    await test.post(`${clusters}/edit`, { cluster_id: id, spark_version: runtime, cluster_name: 'later' });
    expect(await get(id)).toMatchObject({ state: 'TERMINATED', cluster_name: 'later' });
  });
});

describe('a pinned cluster', () => {
  it('is shown as such until it is unpinned', async () => {
    const id = await create();
    await test.post(`${clusters}/pin`, { cluster_id: id });
    expect(await get(id)).toHaveProperty('pinned_by_user_name');
    expect((await test.get(`${clusters}/list?filter_by.is_pinned=true`)).body.clusters).toMatchObject([
      { cluster_id: id },
    ]);
    await test.post(`${clusters}/unpin`, { cluster_id: id });
    expect(await get(id)).not.toHaveProperty('pinned_by_user_name');
    expect(types(await events(id)).slice(0, 2)).toEqual(['UNPINNED', 'PINNED']);
  });

  it('is one of a hundred at most', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 101; count++) ids.push(await create());
    const answers = [];
    for (const id of ids) answers.push((await test.post(`${clusters}/pin`, { cluster_id: id })).status);
    expect(answers).toEqual([...Array<number>(100).fill(200), 400]);
    await test.post(`${clusters}/unpin`, { cluster_id: ids[0] });
    expect((await test.post(`${clusters}/pin`, { cluster_id: ids[100] })).status).toBe(200);
  }, 60_000);
});

describe('the events of a cluster', () => {
  it('come page by page in both orders, by type and by time', async () => {
    const id = await create();
    for (const call of ['pin', 'unpin', 'pin', 'unpin']) await test.post(`${clusters}/${call}`, { cluster_id: id });
    const seen: string[] = [];
    for (let token: unknown = ''; token !== undefined;) {
      const body = await events(id, { page_size: 3, order: 'ASC', page_token: token });
      seen.push(...types(body));
      token = body.next_page_token;
    }
    expect(seen).toEqual(['CREATING', 'STARTING', 'RUNNING', 'PINNED', 'UNPINNED', 'PINNED', 'UNPINNED']);
    expect(types(await events(id, { event_types: ['PINNED'] }))).toEqual(['PINNED', 'PINNED']);
    expect(await events(id, { end_time: 1 })).toEqual({ total_count: 0 });
    expect((await test.post(`${clusters}/events`, { cluster_id: id, page_size: 501 })).status).toBe(400);
  });
});

describe('a library of a cluster', () => {
  it('stays until the restart after its uninstall', async () => {
    const id = await create();
    const library = { jar: '/Volumes/main/apps/artifacts/a.jar' };
    await test.send('PUT', `/api/2.0/fs/files${library.jar}`, { body: 'jar', headers: octets });
    const statuses = async (): Promise<unknown> =>
      (await test.get(`/api/2.0/libraries/cluster-status?cluster_id=${id}`)).body.library_statuses;
    await test.post('/api/2.0/libraries/install', { cluster_id: id, libraries: [library] });
    await expect.poll(statuses, { timeout: 20_000 }).toMatchObject([{ status: 'INSTALLED' }]);
    await test.post('/api/2.0/libraries/uninstall', { cluster_id: id, libraries: [library] });
    expect(await statuses()).toMatchObject([{ status: 'UNINSTALL_ON_RESTART' }]);
    await test.post(`${clusters}/restart`, { cluster_id: id });
    await expect.poll(statuses, { timeout: 20_000 }).toBeUndefined();
  });
});

describe('a job cluster that two tasks name', () => {
  it('is one cluster, and ends with the run', async () => {
    const task = (key: string): Record<string, unknown> => {
      const { new_cluster: _own, ...rest } = (jarJob().tasks as Record<string, unknown>[])[0] as Record<
        string,
        unknown
      >;
      return { ...rest, task_key: key, job_cluster_key: 'shared' };
    };
    const jobId = await createJarJob(test, {
      job_clusters: [{ job_cluster_key: 'shared', new_cluster: { spark_version: runtime, num_workers: 0 } }],
      tasks: [task('one'), { ...task('two'), depends_on: [{ task_key: 'one' }] }],
    });
    const { body } = await test.post('/api/2.2/jobs/run-now', { job_id: jobId });
    for (const count of [1, 2]) {
      const { spec } = await test.driver.started(count);
      await test.driver.end(spec.id, {});
    }
    const run = await test.runIn('TERMINATED', body.run_id);
    const used = (run.tasks as { cluster_instance: { cluster_id: string } }[]).map(
      (one) => one.cluster_instance.cluster_id,
    );
    expect(new Set(used).size).toBe(1);
    expect(await inState(used[0] as string, 'TERMINATED')).toMatchObject({
      termination_reason: { code: 'JOB_FINISHED' },
    });
  });
});

describe('a cluster that is lost under a run', () => {
  it('is the reason of its end, although the workspace was away between the loss and the end', async () => {
    const id = await create();
    const runId = await submitOn(id);
    const { spec, asked } = await test.driver.started(1);
    await test.runIn('RUNNING', runId);
    await test.post(`${clusters}/delete`, { cluster_id: id });
    await vi.waitFor(() => expect(asked).toContain('kill'));
    await test.restart();
    await test.driver.end(spec.id, { reason: 'cancelled', code: null, signal: 'SIGKILL' });
    const run = await test.runIn('INTERNAL_ERROR', runId);
    expect(run.status).toMatchObject({ termination_details: { code: 'CLUSTER_TERMINATED_BY_USER' } });
  });
});

async function submitOn(clusterId: string): Promise<unknown> {
  await test.send('PUT', '/api/2.0/fs/files/Volumes/main/apps/artifacts/a.jar', { body: 'jar', headers: octets });
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
