import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SlowLaneError } from '@slowlane/contracts';
import { createJarJob, jarJob, startTestWorkspace, type TestWorkspace } from '../__fixtures__/test-workspace.ts';

let test: TestWorkspace;
beforeEach(async () => {
  test = await startTestWorkspace();
});
afterEach(() => test.close());

async function runNow(jobId: number, body: Record<string, unknown> = {}): Promise<number> {
  const answer = await test.post('/api/2.2/jobs/run-now', { job_id: jobId, ...body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  expect(answer.body.number_in_job).toBe(answer.body.run_id);
  return answer.body.run_id as number;
}

describe('a run', () => {
  it('goes from PENDING over RUNNING to SUCCESS in both state models', async () => {
    const runId = await runNow(await createJarJob(test));
    expect(String(runId)).toMatch(/^[0-9]{10,15}$/);
    const program = await test.driver.started(1);
    const running = await test.runIn('RUNNING', runId);
    expect(running).toMatchObject({
      end_time: 0,
      status: { state: 'RUNNING' },
      run_page_url: expect.stringContaining(`/runs/${runId}`),
    });
    await test.driver.end(program.spec.id, { stdout: 'hello\n' });
    const ended = await test.runIn('TERMINATED', runId);
    expect(ended).toMatchObject({
      state: { result_state: 'SUCCESS', user_cancelled_or_timedout: false },
      status: { state: 'TERMINATED', termination_details: { code: 'SUCCESS', type: 'SUCCESS' } },
      tasks: [{ task_key: 'main', state: { life_cycle_state: 'TERMINATED', result_state: 'SUCCESS' } }],
    });
    expect(ended.end_time).toBeGreaterThan(0);
  });

  it('gives its program the parameters of the call, filled in once', async () => {
    const jobId = await createJarJob(test);
    await runNow(jobId, { job_parameters: { request: '{{job.id}} $& a b', result: '/Volumes/main/r' } });
    const { command, spec } = await test.driver.started(1);
    expect(command.argv.slice(-5)).toEqual([
      '/Volumes/main/apps/artifacts/orders.jar',
      '--request',
      '{{job.id}} $& a b',
      '--result',
      '/Volumes/main/r',
    ]);
    expect(command.argv).toContain('com.example.Orders');
    expect(command.net).toEqual({ mode: 'none' });
    expect(spec.identity).toBe('shared-group');
    expect(spec.mounts.map((mount) => mount.target)).toEqual(['/Volumes', '/run-dir', '/Workspace', '/run-dir/events']);
  });

  it('that exits with another code FAILED, and its output tells why', async () => {
    const runId = await runNow(await createJarJob(test));
    const { spec } = await test.driver.started(1);
    const stderr =
      'Exception in thread "main" java.lang.IllegalStateException: no orders\n\tat com.example.Orders.main(Orders.java:3)\n';
    await test.driver.end(spec.id, { code: 3, stdout: 'before\n\n\n', stderr });
    const run = await test.runIn('INTERNAL_ERROR', runId);
    expect(run).toMatchObject({
      state: { result_state: 'FAILED', state_message: expect.stringContaining('Task main failed') },
      status: { state: 'TERMINATED', termination_details: { code: 'RUN_EXECUTION_ERROR', type: 'CLIENT_ERROR' } },
      tasks: [{ state: { life_cycle_state: 'TERMINATED', result_state: 'FAILED' } }],
    });
    const taskRunId = (run.tasks as { run_id: number }[])[0]?.run_id;
    for (const id of [runId, taskRunId]) {
      const output = await test.get(`/api/2.2/jobs/runs/get-output?run_id=${id}`);
      expect(output.body).toMatchObject({
        error: 'java.lang.IllegalStateException: no orders',
        error_trace: expect.stringContaining('Orders.java:3'),
        logs: `before\n\n\n${stderr}`,
        logs_truncated: false,
        metadata: { run_id: id },
      });
    }
  });

  it('whose process the kernel ended for memory FAILED with a message that says so', async () => {
    const runId = await runNow(await createJarJob(test));
    const { spec } = await test.driver.started(1);
    await test.driver.end(spec.id, {
      reason: 'exit',
      code: 1,
      oomKills: 1,
      stderr: 'Traceback (most recent call last):\nEOFError\n',
    });
    await test.runIn('INTERNAL_ERROR', runId);
    const output = await test.get(`/api/2.2/jobs/runs/get-output?run_id=${runId}`);
    expect(output.body.error).toMatch(/ran out of memory.*2\.0 GiB/);
  });

  it('is INTERNAL_ERROR when its supervisor is gone without a record', async () => {
    const runId = await runNow(await createJarJob(test));
    const { spec } = await test.driver.started(1);
    await test.runIn('RUNNING', runId);
    test.driver.vanish(spec.id);
    const run = await test.runIn('INTERNAL_ERROR', runId);
    expect(run).toMatchObject({ status: { termination_details: { type: 'INTERNAL_ERROR' } } });
  });

  it('ends without a sandbox when its library is not there', async () => {
    const { body } = await test.post('/api/2.2/jobs/create', jarJob());
    const runId = await runNow(body.job_id as number);
    const run = await test.runIn('INTERNAL_ERROR', runId);
    expect(run).toMatchObject({
      state: { state_message: expect.stringContaining('/Volumes/main/apps/artifacts/orders.jar does not exist') },
      status: { termination_details: { code: 'LIBRARY_INSTALLATION_ERROR' } },
    });
    expect(test.driver.starts).toEqual([]);
  });

  it('is INTERNAL_ERROR when the sandbox refuses it', async () => {
    test.driver.failNext = new SlowLaneError('sandbox.refused', 'mount source is not allowed');
    const runId = await runNow(await createJarJob(test));
    const run = await test.runIn('INTERNAL_ERROR', runId);
    expect(run).toMatchObject({ state: { state_message: expect.stringContaining('mount source is not allowed') } });
  });

  it('waits for a helper that does not answer, and is started once', async () => {
    test.driver.failNext = new SlowLaneError('sandbox.unavailable', 'socket is gone');
    const runId = await runNow(await createJarJob(test));
    const { spec } = await test.driver.started(1);
    await test.driver.end(spec.id, {});
    await test.runIn('TERMINATED', runId);
    expect(test.driver.starts).toHaveLength(2);
  });
});

describe('cancel', () => {
  it('keeps the run TERMINATING until its supervisor has ended', async () => {
    const runId = await runNow(await createJarJob(test));
    const program = await test.driver.started(1);
    await test.runIn('RUNNING', runId);
    expect(await test.post('/api/2.2/jobs/runs/cancel', { run_id: runId })).toMatchObject({ status: 200, body: {} });
    await test.runIn('TERMINATING', runId);
    expect(program.asked[0]).toBe('term');
    await test.driver.end(program.spec.id, { reason: 'exit', code: 143 });
    const run = await test.runIn('TERMINATED', runId);
    expect(run).toMatchObject({
      state: { result_state: 'CANCELED', user_cancelled_or_timedout: true },
      status: { termination_details: { code: 'USER_CANCELED' } },
      tasks: [{ state: { result_state: 'CANCELED' } }],
    });
    expect((await test.post('/api/2.2/jobs/runs/cancel', { run_id: runId })).status).toBe(200);
  });

  it('by the id of the only task cancels the run', async () => {
    const runId = await runNow(await createJarJob(test));
    const program = await test.driver.started(1);
    const run = await test.runIn('RUNNING', runId);
    await test.post('/api/2.2/jobs/runs/cancel', { run_id: (run.tasks as { run_id: number }[])[0]?.run_id });
    await test.runIn('TERMINATING', runId);
    await test.driver.end(program.spec.id, { reason: 'cancelled', code: null });
    expect(await test.runIn('TERMINATED', runId)).toMatchObject({ state: { result_state: 'CANCELED' } });
  });

  it('while the start is under way ends the run as soon as it can', async () => {
    let release: () => void = () => {};
    test.driver.hold = new Promise((resolve) => (release = resolve));
    const runId = await runNow(await createJarJob(test));
    await test.post('/api/2.2/jobs/runs/cancel', { run_id: runId });
    await test.runIn('TERMINATING', runId);
    release();
    if (test.driver.starts.length > 0) {
      const program = await test.driver.started(1);
      await test.driver.end(program.spec.id, { reason: 'exit', code: 143 });
    }
    expect(await test.runIn('TERMINATED', runId)).toMatchObject({ state: { result_state: 'CANCELED' } });
  });
});

describe('a time limit', () => {
  it('goes to the supervisor, and its end is TIMEDOUT', async () => {
    const runId = await runNow(await createJarJob(test, { timeout_seconds: 60 }));
    const { spec } = await test.driver.started(1);
    expect(spec.limits.wallMs).toBeGreaterThan(50_000);
    expect(spec.limits.wallMs).toBeLessThanOrEqual(60_000);
    await test.driver.end(spec.id, { reason: 'timeout', code: null, signal: 'SIGKILL' });
    expect(await test.runIn('TERMINATED', runId)).toMatchObject({
      state: { result_state: 'TIMEDOUT', user_cancelled_or_timedout: true },
      status: { termination_details: { code: 'CANCELED' } },
    });
  });

  it('that a reset shortens reaches an active run', async () => {
    const jobId = await createJarJob(test);
    const runId = await runNow(jobId);
    const program = await test.driver.started(1);
    await test.runIn('RUNNING', runId);
    await test.post('/api/2.2/jobs/reset', { job_id: jobId, new_settings: jarJob({ timeout_seconds: 1 }) });
    await test.runIn('TERMINATING', runId);
    await test.driver.end(program.spec.id, { reason: 'exit', code: 143 });
    expect(await test.runIn('TERMINATED', runId)).toMatchObject({ state: { result_state: 'TIMEDOUT' } });
  });
});

describe('an idempotency token', () => {
  it('stands for one run, also under concurrency and after a restart', async () => {
    const jobId = await createJarJob(test);
    const body = { job_id: jobId, idempotency_token: 'a'.repeat(64) };
    const answers = await Promise.all(Array.from({ length: 20 }, () => test.post('/api/2.2/jobs/run-now', body)));
    expect(new Set(answers.map((answer) => answer.body.run_id)).size).toBe(1);
    await test.restart();
    const again = await test.post('/api/2.1/jobs/run-now', body);
    expect(again.body.run_id).toBe(answers[0]?.body.run_id);
    await test.driver.started(1);
    expect(test.driver.starts).toHaveLength(1);
  });

  it('of more than 64 characters is refused', async () => {
    const answer = await test.post('/api/2.2/jobs/run-now', {
      job_id: await createJarJob(test),
      idempotency_token: 'a'.repeat(65),
    });
    expect(answer).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } });
  });

  it('is an error once its run was deleted, and stays reserved', async () => {
    const jobId = await createJarJob(test);
    const runId = await runNow(jobId, { idempotency_token: 'once' });
    const { spec } = await test.driver.started(1);
    expect(await test.post('/api/2.2/jobs/runs/delete', { run_id: runId })).toMatchObject({
      status: 400,
      body: { error_code: 'INVALID_STATE' },
    });
    await test.driver.end(spec.id, {});
    await test.runIn('TERMINATED', runId);
    expect((await test.post('/api/2.2/jobs/runs/delete', { run_id: runId })).status).toBe(200);
    const again = await test.post('/api/2.2/jobs/run-now', { job_id: jobId, idempotency_token: 'once' });
    expect(again).toMatchObject({
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining('deleted') },
    });
    expect((await test.get(`/api/2.2/jobs/runs/get?run_id=${runId}`)).status).toBe(400);
  });

  it('answers for its run also when the job is gone', async () => {
    const jobId = await createJarJob(test);
    const runId = await runNow(jobId, { idempotency_token: 'kept' });
    await test.post('/api/2.2/jobs/delete', { job_id: jobId });
    expect((await test.post('/api/2.2/jobs/run-now', { job_id: jobId, idempotency_token: 'kept' })).body.run_id).toBe(
      runId,
    );
    expect(await test.post('/api/2.2/jobs/run-now', { job_id: jobId })).toMatchObject({
      status: 400,
      body: { message: `Job ${jobId} does not exist.` },
    });
  });
});

describe('limits of concurrent runs', () => {
  it('skip a run over max_concurrent_runs where nothing queues', async () => {
    const jobId = await createJarJob(test, { max_concurrent_runs: 1 });
    await runNow(jobId);
    const skipped = await runNow(jobId);
    expect(await test.runIn('SKIPPED', skipped)).toMatchObject({
      state: {
        result_state: 'MAXIMUM_CONCURRENT_RUNS_REACHED',
        state_message: 'Skipping this run because the limit of 1 maximum concurrent runs has been reached.',
      },
      status: { state: 'TERMINATED', termination_details: { code: 'MAX_CONCURRENT_RUNS_EXCEEDED' } },
    });
  });

  it('queue a run where the job has a queue, and start it when there is room', async () => {
    const jobId = await createJarJob(test, { max_concurrent_runs: 1, queue: { enabled: true } });
    await runNow(jobId);
    const waiting = await runNow(jobId);
    expect(await test.runIn('QUEUED', waiting)).toMatchObject({
      status: { state: 'QUEUED', queue_details: { code: 'MAX_CONCURRENT_RUNS_REACHED' } },
    });
    const first = await test.driver.started(1);
    await test.driver.end(first.spec.id, {});
    await test.driver.started(2);
    expect(await test.runIn('RUNNING', waiting)).toHaveProperty('queue_duration');
  });

  it('cancel a queued run at once', async () => {
    const jobId = await createJarJob(test, { max_concurrent_runs: 1, queue: { enabled: true } });
    await runNow(jobId);
    const waiting = await runNow(jobId);
    await test.driver.started(1);
    await test.post('/api/2.2/jobs/runs/cancel-all', { job_id: jobId, all_queued_runs: true });
    expect(await test.runIn('TERMINATED', waiting)).toMatchObject({ state: { result_state: 'CANCELED' } });
    expect(test.driver.starts).toHaveLength(1);
  });

  it('answer 429 with Retry-After when the workspace is full', async () => {
    await test.close();
    test = await startTestWorkspace({ maxActiveRuns: 1 });
    const jobId = await createJarJob(test);
    await runNow(jobId);
    const refused = await test.post('/api/2.2/jobs/run-now', { job_id: jobId, idempotency_token: 'later' });
    expect(refused).toMatchObject({
      status: 429,
      body: { error_code: 'RESOURCE_EXHAUSTED' },
      headers: { 'retry-after': '1' },
    });
    const queued = await runNow(jobId, { queue: { enabled: true } });
    expect(await test.runIn('QUEUED', queued)).toMatchObject({
      status: { queue_details: { code: 'ACTIVE_RUNS_LIMIT_REACHED' } },
    });
  });
});

describe('after a restart of the workspace', () => {
  it('a run that ended meanwhile has its true result', async () => {
    const runId = await runNow(await createJarJob(test));
    const { spec } = await test.driver.started(1);
    await test.workspace.close();
    await test.driver.end(spec.id, { code: 5 });
    await test.restart();
    expect(await test.runIn('INTERNAL_ERROR', runId)).toMatchObject({ state: { result_state: 'FAILED' } });
    expect(test.driver.starts).toHaveLength(1);
  });

  it('a running one is watched to its end', async () => {
    const runId = await runNow(await createJarJob(test));
    const { spec } = await test.driver.started(1);
    await test.restart();
    await test.runIn('RUNNING', runId);
    await test.driver.end(spec.id, {});
    expect(await test.runIn('TERMINATED', runId)).toMatchObject({ state: { result_state: 'SUCCESS' } });
  });

  it('a cancelled one is asked to end again', async () => {
    const runId = await runNow(await createJarJob(test));
    const program = await test.driver.started(1);
    await test.runIn('RUNNING', runId);
    await test.post('/api/2.2/jobs/runs/cancel', { run_id: runId });
    await test.restart();
    await test.runIn('TERMINATING', runId);
    await test.driver.end(program.spec.id, { code: 143 });
    expect(await test.runIn('TERMINATED', runId)).toMatchObject({ state: { result_state: 'CANCELED' } });
  });

  it('a queued one starts in its turn', async () => {
    const jobId = await createJarJob(test, { max_concurrent_runs: 1, queue: { enabled: true } });
    await runNow(jobId);
    const waiting = await runNow(jobId);
    const first = await test.driver.started(1);
    await test.restart();
    await test.driver.end(first.spec.id, {});
    await test.driver.started(2);
    await test.runIn('RUNNING', waiting);
  });
});

describe('several tasks', () => {
  const task = (
    key: string,
    dependsOn: string[] = [],
    changes: Record<string, unknown> = {},
  ): Record<string, unknown> => ({
    ...(jarJob().tasks as Record<string, unknown>[])[0],
    task_key: key,
    ...(dependsOn.length === 0 ? {} : { depends_on: dependsOn.map((name) => ({ task_key: name })) }),
    ...changes,
  });

  it('run in the order of their dependencies', async () => {
    const runId = await runNow(await createJarJob(test, { tasks: [task('b', ['a']), task('a')] }));
    const first = await test.driver.started(1);
    const run = await test.runIn('RUNNING', runId);
    expect(
      (run.tasks as { state: { life_cycle_state: string } }[]).map((shown) => shown.state.life_cycle_state),
    ).toEqual(['BLOCKED', 'RUNNING']);
    await test.driver.end(first.spec.id, {});
    const second = await test.driver.started(2);
    await test.driver.end(second.spec.id, {});
    expect(await test.runIn('TERMINATED', runId)).toMatchObject({ state: { result_state: 'SUCCESS' } });
    expect((await test.get(`/api/2.2/jobs/runs/get-output?run_id=${runId}`)).status).toBe(400);
  });

  it('do not start below a failed one unless run_if says so', async () => {
    const tasks = [task('a'), task('b', ['a']), task('always', ['a'], { run_if: 'ALL_DONE' })];
    const runId = await runNow(await createJarJob(test, { tasks }));
    const first = await test.driver.started(1);
    await test.driver.end(first.spec.id, { code: 1 });
    const last = await test.driver.started(2);
    await test.driver.end(last.spec.id, {});
    const run = await test.runIn('INTERNAL_ERROR', runId);
    expect((run.tasks as { state: { result_state: string } }[]).map((shown) => shown.state.result_state)).toEqual([
      'FAILED',
      'UPSTREAM_FAILED',
      'SUCCESS',
    ]);
    expect(test.driver.starts).toHaveLength(2);
  });

  it('all end when the run is cancelled', async () => {
    const runId = await runNow(await createJarJob(test, { tasks: [task('a'), task('b', ['a'])] }));
    const first = await test.driver.started(1);
    await test.runIn('RUNNING', runId);
    await test.post('/api/2.2/jobs/runs/cancel', { run_id: runId });
    await test.driver.end(first.spec.id, { code: 143 });
    expect(await test.runIn('TERMINATED', runId)).toMatchObject({ state: { result_state: 'CANCELED' } });
    expect(test.driver.starts).toHaveLength(1);
  });
});
