import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createJarJob, jarJob, startTestWorkspace, type TestWorkspace } from '../__fixtures__/test-workspace.ts';

let test: TestWorkspace;
beforeEach(async () => {
  test = await startTestWorkspace();
});
afterEach(() => test.close());

const mainTask = (): Record<string, unknown> =>
  (jarJob().tasks as Record<string, unknown>[])[0] as Record<string, unknown>;

describe('jobs', () => {
  it('come back with the defaults that the service adds', async () => {
    const jobId = await createJarJob(test, { tags: { slowlane: 'yes' }, format: 'SINGLE_TASK' });
    expect(String(jobId)).toMatch(/^[0-9]{10,15}$/);
    expect((await test.get(`/api/2.2/jobs/get?job_id=${jobId}`)).body).toMatchObject({
      job_id: jobId,
      creator_user_name: 'owner@example.org',
      run_as_user_name: 'owner@example.org',
      created_time: expect.any(Number),
      settings: {
        name: 'orders',
        format: 'MULTI_TASK',
        timeout_seconds: 0,
        email_notifications: {},
        webhook_notifications: {},
        tags: { slowlane: 'yes' },
        tasks: [{ run_if: 'ALL_SUCCESS', timeout_seconds: 0, new_cluster: { data_security_mode: 'SINGLE_USER' } }],
      },
    });
  });

  it('that are not there are 400 with the words of the service', async () => {
    const missing = {
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE', message: 'Job 12345678901 does not exist.' },
    };
    expect(await test.get('/api/2.2/jobs/get?job_id=12345678901')).toMatchObject(missing);
    expect(await test.post('/api/2.2/jobs/run-now', { job_id: '12345678901' })).toMatchObject(missing);
    expect(await test.post('/api/2.0/jobs/delete', { job_id: 12345678901 })).toMatchObject(missing);
    expect(await test.get('/api/2.1/jobs/runs/get?run_id=99')).toMatchObject({
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE', message: 'Run 99 does not exist.' },
    });
    expect((await test.get('/api/2.1/jobs/runs/get-output?run_id=99')).body.message).toBe('Run 99 does not exist.');
  });

  it('are replaced whole by reset, but keep run_as', async () => {
    const jobId = await createJarJob(test, { description: 'old', run_as: { user_name: 'robot@example.org' } });
    await test.post('/api/2.2/jobs/reset', { job_id: jobId, new_settings: jarJob({ name: 'new' }) });
    const { body } = await test.get(`/api/2.2/jobs/get?job_id=${jobId}`);
    expect(body).toMatchObject({ run_as_user_name: 'robot@example.org', settings: { name: 'new' } });
    expect(body.settings).not.toHaveProperty('description');
  });

  it('are changed by update: fields whole, tasks by their key, fields removed', async () => {
    const jobId = await createJarJob(test, { description: 'old', tags: { a: '1', b: '2' } });
    const other = { ...mainTask(), task_key: 'other' };
    const change = {
      job_id: jobId,
      new_settings: { tags: { c: '3' }, tasks: [other] },
      fields_to_remove: ['description', 'tasks/main'],
    };
    expect(await test.post('/api/2.2/jobs/update', change)).toMatchObject({ status: 200 });
    const settings = (await test.get(`/api/2.2/jobs/get?job_id=${jobId}`)).body.settings as Record<string, unknown>;
    expect(settings.tags).toEqual({ c: '3' });
    expect(settings).not.toHaveProperty('description');
    expect((settings.tasks as { task_key: string }[]).map((task) => task.task_key)).toEqual(['other']);
  });

  it('are not changed by a call that is refused', async () => {
    const jobId = await createJarJob(test);
    const refused = await test.post('/api/2.2/jobs/update', { job_id: jobId, fields_to_remove: ['tasks'] });
    expect(refused.status).toBe(400);
    expect((await test.get(`/api/2.2/jobs/get?job_id=${jobId}`)).body.settings).toHaveProperty('tasks');
  });

  it('are gone after delete', async () => {
    const jobId = await createJarJob(test);
    expect((await test.post('/api/2.2/jobs/delete', { job_id: jobId })).status).toBe(200);
    expect((await test.get(`/api/2.2/jobs/get?job_id=${jobId}`)).status).toBe(400);
    expect((await test.get('/api/2.2/jobs/list')).body).toEqual({ has_more: false });
  });

  it('are listed newest first, page by page in both directions', async () => {
    const ids: number[] = [];
    for (let i = 0; i < 5; i++)
      ids.push((await test.post('/api/2.2/jobs/create', jarJob({ name: `job ${i}` }))).body.job_id as number);
    const seen: number[] = [];
    const pages: Record<string, unknown>[] = [];
    let token: unknown;
    do {
      const page = (
        await test.get(`/api/2.2/jobs/list?limit=2${token === undefined ? '' : `&page_token=${String(token)}`}`)
      ).body;
      pages.push(page);
      seen.push(...(page.jobs as { job_id: number }[]).map((job) => job.job_id));
      token = page.next_page_token;
    } while (token !== undefined);
    expect([...seen].sort()).toEqual([...ids].sort());
    expect(pages.map((page) => page.has_more)).toEqual([true, true, false]);
    const back = (await test.get(`/api/2.2/jobs/list?limit=2&page_token=${String(pages[2]?.prev_page_token)}`)).body;
    expect(back.jobs).toEqual(pages[1]?.jobs);
    expect((pages[0]?.jobs as { settings: object }[])[0]?.settings).not.toHaveProperty('tasks');
  });

  it('are found by exact name, whatever its case', async () => {
    await createJarJob(test, { name: 'Größe' });
    await createJarJob(test, { name: 'Größer' });
    const { body } = await test.get(
      `/api/2.2/jobs/list?name=${encodeURIComponent('GRÖSSE'.replace('SS', 'ß'))}&expand_tasks=true`,
    );
    expect(body.jobs).toMatchObject([{ settings: { name: 'Größe', tasks: [{ task_key: 'main' }] } }]);
  });

  it.each(['limit=0', 'limit=101', 'offset=20', 'page_token=nonsense'])('refuse a list with %s', async (query) => {
    expect((await test.get(`/api/2.2/jobs/list?${query}`)).status).toBe(400);
  });
});

describe('create refuses', () => {
  const cases: [string, Record<string, unknown>, RegExp][] = [
    [
      'another task type',
      { ...mainTask(), spark_jar_task: undefined, dbt_task: { commands: ['dbt run'] } },
      /dbt_task is not supported/,
    ],
    ['two task types', { ...mainTask(), spark_python_task: { python_file: '/Volumes/a/b/c/x.py' } }, /exactly one of/],
    ['no task type', { ...mainTask(), spark_jar_task: undefined }, /exactly one of/],
    ['two clusters', { ...mainTask(), existing_cluster_id: '1-2-x' }, /exactly one of new_cluster/],
    ['serverless compute', { ...mainTask(), new_cluster: undefined, environment_key: 'e' }, /serverless/],
    ['no cluster', { ...mainTask(), new_cluster: undefined }, /exactly one of new_cluster, job_cluster_key/],
    [
      'workers in an order that cannot be',
      {
        ...mainTask(),
        new_cluster: { spark_version: '17.3.x-scala2.13', autoscale: { min_workers: 2, max_workers: 1 } },
      },
      /min_workers is above max_workers/,
    ],
    [
      'an unknown runtime',
      { ...mainTask(), new_cluster: { spark_version: '17.3.x-scala2.12' } },
      /Did you mean 17\.3\.x-scala2\.13/,
    ],
    ['another Spark', { ...mainTask(), new_cluster: { spark_version: '15.4.x-scala2.12' } }, /Spark 4\.0/],
    ['a JAR elsewhere', { ...mainTask(), libraries: [{ jar: 'dbfs:/x.jar' }] }, /below \/Volumes/],
    ['a JAR with a comma', { ...mainTask(), libraries: [{ jar: '/Volumes/a/b/c/x,y.jar' }] }, /comma/],
    [
      'a Maven library without a version',
      { ...mainTask(), libraries: [{ maven: { coordinates: 'a:b' } }] },
      /group:artifact:version/,
    ],
    ['a JAR task without a JAR', { ...mainTask(), libraries: [] }, /needs a jar/],
    ['an option for a class', { ...mainTask(), spark_jar_task: { main_class_name: '--conf' } }, /main_class_name/],
    ['too many retries', { ...mainTask(), max_retries: 10_001 }, /max_retries/],
    [
      'a dependency on nothing',
      { ...mainTask(), depends_on: [{ task_key: 'ghost' }] },
      /'ghost', which does not exist/,
    ],
    ['a circle', { ...mainTask(), depends_on: [{ task_key: 'main' }] }, /circle/],
  ];
  it.each(cases)('%s', async (_name, task, message) => {
    const answer = await test.post('/api/2.2/jobs/create', jarJob({ tasks: [task] }));
    expect(answer).toMatchObject({
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE', message: expect.stringMatching(message) },
    });
  });

  it.each([
    ['no tasks', { tasks: [] }, /at least one task/],
    [
      'a trigger from outside',
      { trigger: { file_arrival: { url: '/Volumes/main/apps/inbox/' } } },
      /file_arrival is not supported/,
    ],
    ['a git source', { git_source: { git_url: 'https://example.org' } }, /git_source/],
    ['one task twice', { tasks: [mainTask(), mainTask()] }, /'main' is there twice/],
  ])('%s', async (_name, changes, message) => {
    const answer = await test.post('/api/2.2/jobs/create', jarJob(changes));
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringMatching(message) } });
  });
});

describe('runs/list', () => {
  it('shows runs of a job newest first, with filters and pages', async () => {
    const jobId = await createJarJob(test);
    const ids: unknown[] = [];
    for (let i = 0; i < 3; i++) ids.push((await test.post('/api/2.2/jobs/run-now', { job_id: jobId })).body.run_id);
    await test.driver.started(3);
    const shown = await test.runIn('RUNNING', ids[0]);
    await test.driver.end(`run-${(shown.tasks as { run_id: number }[])[0]?.run_id}`, {});
    await test.runIn('TERMINATED', ids[0]);
    const list = async (query: string): Promise<unknown[]> =>
      (
        ((await test.get(`/api/2.2/jobs/runs/list?job_id=${jobId}&${query}`)).body.runs as
          { run_id: unknown }[] | undefined) ?? []
      ).map((run) => run.run_id);
    expect(new Set(await list('active_only=true'))).toEqual(new Set(ids.slice(1)));
    expect(await list('completed_only=true')).toEqual([ids[0]]);
    expect(await list('limit=1')).toEqual([ids[0]]);
    expect(await list('run_type=SUBMIT_RUN')).toEqual([]);
    const first = (await test.get(`/api/2.2/jobs/runs/list?limit=2`)).body;
    const second = (await test.get(`/api/2.2/jobs/runs/list?limit=2&page_token=${String(first.next_page_token)}`)).body;
    const both = [...(first.runs as { run_id: unknown }[]), ...(second.runs as { run_id: unknown }[])].map(
      (run) => run.run_id,
    );
    expect(new Set(both)).toEqual(new Set(ids));
    expect(second).toMatchObject({ has_more: false });
  });

  it('answers no runs without a runs field, and refuses wrong limits and filters', async () => {
    expect((await test.get('/api/2.2/jobs/runs/list')).body).toEqual({ has_more: false });
    expect((await test.get('/api/2.2/jobs/runs/list?limit=27')).body.message).toContain('no more than 26');
    expect((await test.get('/api/2.2/jobs/runs/list?active_only=true&completed_only=true')).status).toBe(400);
  });

  it('shows a one-time run, which is of no saved job', async () => {
    await test.send('PUT', '/api/2.0/fs/files/Volumes/main/apps/artifacts/orders.jar', {
      body: 'jar',
      headers: { 'content-type': 'application/octet-stream' },
    });
    const submit = { run_name: 'once', tasks: jarJob().tasks, idempotency_token: 'submit-once' };
    const first = await test.post('/api/2.2/jobs/runs/submit', submit);
    const second = await test.post('/api/2.2/jobs/runs/submit', submit);
    expect(second.body).toEqual(first.body);
    await test.driver.started(1);
    expect((await test.get('/api/2.2/jobs/runs/list')).body.runs).toMatchObject([
      { run_type: 'SUBMIT_RUN', run_name: 'once' },
    ]);
    expect((await test.get('/api/2.2/jobs/list')).body).toEqual({ has_more: false });
  });
});
