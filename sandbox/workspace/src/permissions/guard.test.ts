import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Answer,
  createJarJob,
  jarJob,
  startTestWorkspace,
  type TestWorkspace,
} from '../__fixtures__/test-workspace.ts';

let test: TestWorkspace;
let clientId: string;
let headers: Record<string, string>;

beforeEach(async () => {
  test = await startTestWorkspace();
  const { body } = await test.post('/slowlane/service-principals', { display_name: 'ci', admin: false });
  clientId = String(body.client_id);
  const pair = Buffer.from(`${clientId}:${String(body.client_secret)}`).toString('base64');
  const answer = await test.send('POST', '/oidc/v1/token', {
    body: 'grant_type=client_credentials&scope=all-apis',
    headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: `Basic ${pair}` },
  });
  headers = { authorization: `Bearer ${String(answer.body.access_token)}`, 'content-type': 'application/json' };
});
afterEach(() => test.close());

/** Calls of a service principal that is no admin. */
function asOther(method: 'GET' | 'POST', url: string, body?: unknown): Promise<Answer> {
  return test.send(method, url, { headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}

async function grant(id: number | string, level: string, kind: 'jobs' | 'clusters' = 'jobs'): Promise<void> {
  const entry = { service_principal_name: clientId, permission_level: level };
  const { status } = await test.send('PUT', `/api/2.0/permissions/${kind}/${id}`, {
    body: JSON.stringify({ access_control_list: [entry] }),
    headers: { 'content-type': 'application/json' },
  });
  expect(status).toBe(200);
}

describe('a task run', () => {
  it('may be seen and cancelled by whoever may do so with its job', async () => {
    const jobId = await createJarJob(test);
    const { body } = await test.post('/api/2.2/jobs/run-now', { job_id: jobId });
    const { spec } = await test.driver.started(1);
    const run = await test.runIn('RUNNING', body.run_id);
    const taskRunId = (run.tasks as { run_id: number }[])[0]?.run_id;
    const see = (): Promise<Answer> => asOther('GET', `/api/2.2/jobs/runs/get?run_id=${taskRunId}`);
    const cancel = (): Promise<Answer> => asOther('POST', '/api/2.2/jobs/runs/cancel', { run_id: taskRunId });
    expect((await see()).status).toBe(403);
    await grant(jobId, 'CAN_VIEW');
    expect((await see()).status).toBe(200);
    expect((await cancel()).status).toBe(403);
    await grant(jobId, 'CAN_MANAGE_RUN');
    expect((await cancel()).status).toBe(200);
    await test.driver.end(spec.id, { code: 143 });
  });
});

describe('a job that runs another one', () => {
  it.each(['run_job_task', 'for_each_task'])('by %s is made only by who may run that one', async (type) => {
    const jobId = await createJarJob(test);
    const target = { task_key: 'inner', run_job_task: { job_id: jobId } };
    const task =
      type === 'run_job_task' ? target : { task_key: 'each', for_each_task: { inputs: '[1]', task: { ...target } } };
    const create = (): Promise<Answer> => asOther('POST', '/api/2.2/jobs/create', { name: 'outer', tasks: [task] });
    expect(await create()).toMatchObject({ status: 403, body: { error_code: 'PERMISSION_DENIED' } });
    await grant(jobId, 'CAN_VIEW');
    expect((await create()).status).toBe(403);
    await grant(jobId, 'CAN_MANAGE_RUN');
    expect((await create()).status).toBe(200);
  });

  it('cannot be made of a job of its own by update or reset', async () => {
    const jobId = await createJarJob(test);
    const own = (await asOther('POST', '/api/2.2/jobs/create', jarJob())).body.job_id;
    const new_settings = { tasks: [{ task_key: 'inner', run_job_task: { job_id: String(jobId) } }] };
    for (const call of ['update', 'reset'])
      expect((await asOther('POST', `/api/2.2/jobs/${call}`, { job_id: own, new_settings })).status, call).toBe(403);
  });
});

describe('a run_job task', () => {
  it('fails once the owner of its job may not run the other job any more', async () => {
    const inner = await createJarJob(test);
    await grant(inner, 'CAN_MANAGE_RUN');
    const tasks = [{ task_key: 'inner', run_job_task: { job_id: inner } }];
    const outer = (await asOther('POST', '/api/2.2/jobs/create', { name: 'outer', tasks })).body.job_id;
    const good = (await asOther('POST', '/api/2.2/jobs/run-now', { job_id: outer })).body.run_id;
    const { spec } = await test.driver.started(1);
    await test.driver.end(spec.id, {});
    expect(await test.runIn('TERMINATED', good)).toMatchObject({ state: { result_state: 'SUCCESS' } });
    await grant(inner, 'CAN_VIEW');
    const bad = (await asOther('POST', '/api/2.2/jobs/run-now', { job_id: outer, idempotency_token: 'x' })).body.run_id;
    expect(await test.runIn('INTERNAL_ERROR', bad)).toMatchObject({
      status: {
        termination_details: { code: 'UNAUTHORIZED_ERROR', message: expect.stringContaining('CAN_MANAGE_RUN') },
      },
    });
    expect(test.driver.starts).toHaveLength(1);
  });
});

describe('a cluster of somebody else', () => {
  let clusterId: string;
  const onCluster = (): Record<string, unknown> => {
    const { new_cluster: _none, ...task } = (jarJob().tasks as Record<string, unknown>[])[0] as Record<string, unknown>;
    return { ...task, existing_cluster_id: clusterId };
  };
  beforeEach(async () => {
    const spec = { cluster_name: 'theirs', spark_version: '17.3.x-scala2.13', num_workers: 0, node_type_id: 'local' };
    clusterId = String((await test.post('/api/2.1/clusters/create', spec)).body.cluster_id);
  });

  it('is named in a job or a one-time run only by who may attach to it, within a for_each_task too', async () => {
    const each = { task_key: 'each', for_each_task: { inputs: '[1]', task: onCluster() } };
    const calls = [
      ['/api/2.2/jobs/create', { name: 'mine', tasks: [onCluster()] }],
      ['/api/2.2/jobs/create', { name: 'mine', tasks: [each] }],
      ['/api/2.2/jobs/runs/submit', { run_name: 'mine', tasks: [onCluster()] }],
    ] as const;
    for (const [url, body] of calls) {
      const { status, body: answer } = await asOther('POST', url, body);
      expect([status, answer.error_code]).toEqual([403, 'PERMISSION_DENIED']);
      expect(answer.message).toContain(`CAN_ATTACH_TO permission on cluster ${clusterId}`);
    }
    await grant(clusterId, 'CAN_ATTACH_TO', 'clusters');
    for (const [url, body] of calls) expect((await asOther('POST', url, body)).status).toBe(200);
  });

  it('is no place for a job any more whose owner may not attach to it', async () => {
    await grant(clusterId, 'CAN_RESTART', 'clusters');
    const made = await asOther('POST', '/api/2.2/jobs/create', { name: 'mine', tasks: [onCluster()] });
    await grant(clusterId, 'CAN_MANAGE', 'clusters');
    const { status } = await test.send('PUT', `/api/2.0/permissions/clusters/${clusterId}`, {
      body: JSON.stringify({ access_control_list: [] }),
      headers: { 'content-type': 'application/json' },
    });
    expect(status).toBe(200);
    const run = (await asOther('POST', '/api/2.2/jobs/run-now', { job_id: made.body.job_id })).body.run_id;
    expect(await test.runIn('INTERNAL_ERROR', run)).toMatchObject({
      status: { termination_details: { code: 'UNAUTHORIZED_ERROR', message: expect.stringContaining(clusterId) } },
    });
    expect(test.driver.starts).toEqual([]);
  });
});

describe('the pages of a run', () => {
  it('are for whoever may see its job, and not for admins alone', async () => {
    const jobId = await createJarJob(test);
    const { body } = await test.post('/api/2.2/jobs/run-now', { job_id: jobId });
    const { spec } = await test.driver.started(1);
    await test.driver.end(spec.id, { stdout: 'what it printed' });
    await test.runIn('TERMINATED', body.run_id);
    const pages = [
      `/jobs/${jobId}/runs/${String(body.run_id)}`,
      `/jobs/1/runs/${String(body.run_id)}`,
      `/slowlane/spark-ui/${String(body.run_id)}`,
      `/slowlane/spark-ui/${String(body.run_id)}/event-log`,
      `/slowlane/spark-ui/${String(body.run_id)}/live`,
    ];
    for (const page of pages) expect((await asOther('GET', page)).status, page).toBe(403);
    await grant(jobId, 'CAN_VIEW');
    const statuses = await Promise.all(pages.map(async (page) => (await asOther('GET', page)).status));
    // This run has started no Spark.
    expect(statuses).toEqual([200, 200, 404, 404, 404]);
  });
});

describe('pinning a cluster', () => {
  it('is for admins', async () => {
    const answer = await asOther('POST', '/api/2.1/clusters/pin', { cluster_id: 'any' });
    expect(answer).toMatchObject({ status: 403, body: { error_code: 'PERMISSION_DENIED' } });
  });
});
