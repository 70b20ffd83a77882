import { afterEach, describe, expect, it } from 'vitest';
import { createJarJob, jarJob, startTestWorkspace, type TestWorkspace } from '../__fixtures__/test-workspace.ts';

let test: TestWorkspace;
afterEach(() => test.close());

function jar(key: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { ...(jarJob().tasks as Record<string, unknown>[])[0], task_key: key, ...changes };
}

async function start(jobId: number): Promise<number> {
  const answer = await test.post('/api/2.2/jobs/run-now', { job_id: jobId });
  expect(answer.status, answer.text).toBe(200);
  return answer.body.run_id as number;
}

async function endNext(count: number, code = 0): Promise<void> {
  const { spec } = await test.driver.started(count);
  await test.driver.end(spec.id, { code });
}

describe('a run whose last tasks succeeded after another had failed', () => {
  it('is SUCCESS_WITH_FAILURES, and a success to the task that runs the job', async () => {
    test = await startTestWorkspace();
    const jobId = await createJarJob(test, {
      tasks: [jar('first'), jar('mend', { depends_on: [{ task_key: 'first' }], run_if: 'AT_LEAST_ONE_FAILED' })],
    });
    const outer = await createJarJob(test, { tasks: [{ task_key: 'inner', run_job_task: { job_id: jobId } }] });
    const outerRun = await start(outer);
    await endNext(1, 1);
    await endNext(2);
    const run = await test.runIn('TERMINATED', outerRun);
    expect(run).toMatchObject({ state: { result_state: 'SUCCESS' } });
    const { body } = await test.get(`/api/2.2/jobs/runs/list?job_id=${jobId}`);
    expect(body.runs).toMatchObject([
      {
        state: { life_cycle_state: 'TERMINATED', result_state: 'SUCCESS_WITH_FAILURES' },
        status: { termination_details: { code: 'SUCCESS_WITH_FAILURES', type: 'SUCCESS' } },
      },
    ]);
  });

  it('has failed when one of its last tasks has', async () => {
    test = await startTestWorkspace();
    const jobId = await createJarJob(test, { tasks: [jar('one'), jar('two')] });
    const runId = await start(jobId);
    await endNext(1, 1);
    await endNext(2);
    expect(await test.runIn('INTERNAL_ERROR', runId)).toMatchObject({ state: { result_state: 'FAILED' } });
  });
});

describe('a run with a run_job task over the limit of the workspace', () => {
  it('queues with its reason, and starts when there is room; others are not held up', async () => {
    test = await startTestWorkspace({ maxRunJobTasks: 1 });
    const inner = await createJarJob(test);
    const outer = await createJarJob(test, {
      ...{ queue: { enabled: true }, tasks: [{ task_key: 'inner', run_job_task: { job_id: inner } }] },
    });
    await start(outer);
    await test.driver.started(1);
    const second = await start(outer);
    const { body } = await test.get(`/api/2.2/jobs/runs/get?run_id=${second}`);
    expect(body.status).toMatchObject({
      ...{ state: 'QUEUED', queue_details: { code: 'ACTIVE_RUN_JOB_TASKS_LIMIT_REACHED' } },
    });
    await start(inner);
    await endNext(2);
    await endNext(1);
    await endNext(3);
    await test.runIn('TERMINATED', second);
  });

  it('is 429 without a queue', async () => {
    test = await startTestWorkspace({ maxRunJobTasks: 0 });
    const inner = await createJarJob(test);
    const outer = await createJarJob(test, { tasks: [{ task_key: 'inner', run_job_task: { job_id: inner } }] });
    const answer = await test.post('/api/2.2/jobs/run-now', { job_id: outer });
    expect(answer).toMatchObject({ status: 429, body: { error_code: 'RESOURCE_EXHAUSTED' } });
    expect(answer.headers['retry-after']).toBe('1');
  });
});

describe('a for-each task', () => {
  it('shows how far it is, inside the job run and on its own', async () => {
    test = await startTestWorkspace();
    const each = { inputs: '[1,2,3]', concurrency: 1, task: jar('one') };
    const runId = await start(await createJarJob(test, { tasks: [{ task_key: 'each', for_each_task: each }] }));
    await endNext(1);
    await test.driver.started(2);
    const { body } = await test.get(`/api/2.2/jobs/runs/get?run_id=${runId}`);
    const stats = { total_iterations: 3, scheduled_iterations: 2, active_iterations: 1, succeeded_iterations: 1 };
    const shown = { for_each_task: { stats: { task_run_stats: stats } } };
    expect(body.tasks).toMatchObject([shown]);
    const taskRunId = (body.tasks as { run_id: number }[])[0]?.run_id;
    expect((await test.get(`/api/2.2/jobs/runs/get?run_id=${taskRunId}`)).body).toMatchObject(shown);
    await endNext(2);
    await endNext(3);
    await test.runIn('TERMINATED', runId);
  });
});
