import { writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createJarJob, jarJob, startTestWorkspace, type TestWorkspace } from '../__fixtures__/test-workspace.ts';

let test: TestWorkspace;
beforeEach(async () => {
  test = await startTestWorkspace();
});
afterEach(() => test.close());

type Shown = Record<string, unknown> & { tasks: (Record<string, unknown> & { task_key: string; run_id: number })[] };

/** A task that runs the JAR of `jarJob`. */
function jar(key: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const task = (jarJob().tasks as Record<string, unknown>[])[0];
  return { ...task, task_key: key, ...changes };
}

async function createJob(...tasks: Record<string, unknown>[]): Promise<number> {
  return createJarJob(test, { tasks });
}

async function start(jobId: number, body: Record<string, unknown> = {}): Promise<number> {
  const answer = await test.post('/api/2.2/jobs/run-now', { job_id: jobId, ...body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.run_id as number;
}

async function get(runId: number, query = ''): Promise<Shown> {
  return (await test.get(`/api/2.2/jobs/runs/get?run_id=${runId}${query}`)).body as Shown;
}

async function endNext(count: number, code = 0): Promise<string> {
  const { spec } = await test.driver.started(count);
  await test.driver.end(spec.id, { code });
  return spec.id;
}

describe('a failed task with retries', () => {
  it('is tried again as a run of its own, and the job run succeeds', async () => {
    const runId = await start(await createJob(jar('main', { max_retries: 1 })));
    const first = await endNext(1, 1);
    const second = await test.driver.started(2);
    const shown = await test.runIn('RUNNING', runId);
    expect(second.spec.id).not.toBe(first);
    const taskRunId = Number(second.spec.id.replace('run-', ''));
    expect(shown).toMatchObject({ tasks: [{ attempt_number: 1, run_id: taskRunId }] });
    expect(await get(taskRunId)).toMatchObject({
      trigger: 'RETRY',
      original_attempt_run_id: Number(first.replace('run-', '')),
    });
    await test.driver.end(second.spec.id, {});
    expect(await test.runIn('TERMINATED', runId)).toMatchObject({ state: { result_state: 'SUCCESS' } });
  });

  it('waits for its interval, also over a restart, and a cancel ends the wait', async () => {
    const task = jar('main', { max_retries: -1, min_retry_interval_millis: 3_600_000 });
    const runId = await start(await createJob(task));
    await endNext(1, 1);
    const waiting = async (): Promise<unknown> => (await get(runId)).tasks[0]?.status;
    await expect.poll(waiting).toMatchObject({ state: 'WAITING' });
    await test.restart();
    expect((await get(runId)).tasks[0]?.state).toMatchObject({ life_cycle_state: 'WAITING_FOR_RETRY' });
    await test.post('/api/2.2/jobs/runs/cancel', { run_id: runId });
    expect(await test.runIn('TERMINATED', runId)).toMatchObject({ state: { result_state: 'CANCELED' } });
    expect(test.driver.starts).toHaveLength(1);
  });

  it('fails for good after the last one', async () => {
    const runId = await start(await createJob(jar('main', { max_retries: 1 })));
    await endNext(1, 1);
    await endNext(2, 1);
    expect(await test.runIn('INTERNAL_ERROR', runId)).toMatchObject({ tasks: [{ attempt_number: 1 }] });
    expect(test.driver.starts).toHaveLength(2);
  });
});

describe('a repair', () => {
  async function failedRun(): Promise<{ runId: number; jobId: number }> {
    const jobId = await createJob(jar('a'), jar('b', { depends_on: [{ task_key: 'a' }] }), jar('c'));
    const runId = await start(jobId);
    const programs = [await test.driver.started(1), await test.driver.started(2)];
    for (const { spec } of programs) {
      const { task_key: key } = (await get(Number(spec.id.replace('run-', '')))) as unknown as { task_key: string };
      await test.driver.end(spec.id, { code: key === 'a' ? 1 : 0 });
    }
    await test.runIn('INTERNAL_ERROR', runId);
    return { runId, jobId };
  }

  it('runs what failed again, keeps what succeeded, and shows both periods', async () => {
    const { runId } = await failedRun();
    const before = await get(runId);
    const answer = await test.post('/api/2.2/jobs/runs/repair', { run_id: runId, rerun_all_failed_tasks: true });
    expect(answer).toMatchObject({ status: 200, body: { repair_id: expect.any(Number) } });
    await endNext(3);
    await endNext(4);
    const shown = (await test.runIn('TERMINATED', runId)) as Shown;
    expect(shown).toMatchObject({ run_id: runId, state: { result_state: 'SUCCESS' } });
    expect(shown.tasks[2]?.run_id).toBe(before.tasks[2]?.run_id);
    expect(shown.tasks[0]).toMatchObject({ attempt_number: 1, state: { result_state: 'SUCCESS' } });
    const { repair_history: history } = await get(runId, '&include_history=true');
    expect(history).toMatchObject([
      {
        type: 'ORIGINAL',
        state: { result_state: 'FAILED' },
        task_run_ids: before.tasks.map((task) => task.run_id),
      },
      {
        type: 'REPAIR',
        id: answer.body.repair_id,
        state: { result_state: 'SUCCESS' },
        task_run_ids: [shown.tasks[0]?.run_id, shown.tasks[1]?.run_id],
      },
    ]);
    expect((await get(runId)).repair_history).toBeUndefined();
  });

  it('needs the latest repair from the second on', async () => {
    const { runId } = await failedRun();
    const repair = (body: object): ReturnType<TestWorkspace['post']> =>
      test.post('/api/2.2/jobs/runs/repair', { run_id: runId, rerun_tasks: ['a'], ...body });
    const first = await repair({});
    expect((await repair({})).body).toMatchObject({ error_code: 'INVALID_STATE' });
    await endNext(3, 1);
    await test.runIn('INTERNAL_ERROR', runId);
    expect((await repair({})).body).toMatchObject({ message: expect.stringContaining('latest_repair_id') });
    expect((await repair({ latest_repair_id: first.body.repair_id })).status).toBe(200);
  });

  it('takes the current settings of the job and its own parameters, also after a restart', async () => {
    const { runId, jobId } = await failedRun();
    const spark_jar_task = { main_class_name: 'com.example.Repaired', parameters: ['{{job.parameters.request}}'] };
    await test.post('/api/2.2/jobs/update', { job_id: jobId, new_settings: { tasks: [jar('a', { spark_jar_task })] } });
    await test.restart();
    await test.post('/api/2.2/jobs/runs/repair', {
      run_id: runId,
      rerun_tasks: ['a'],
      rerun_dependent_tasks: true,
      job_parameters: { request: 'second' },
    });
    const { command } = await test.driver.started(3);
    expect(command.argv).toContain('com.example.Repaired');
    expect(command.argv.at(-1)).toBe('second');
    await endNext(3);
    await endNext(4);
    await test.runIn('TERMINATED', runId);
  });

  it.each([
    [{ rerun_tasks: ['nothing'] }, /no task 'nothing'/],
    [{ rerun_tasks: ['a'], rerun_all_failed_tasks: true }, /exclude each other/],
    [{}, /no task to run again/],
    [{ rerun_tasks: ['a'], latest_repair_id: 7 }, /no repair 7/],
  ])('is refused with %j', async (body, message) => {
    const { runId } = await failedRun();
    const answer = await test.post('/api/2.2/jobs/runs/repair', { run_id: runId, ...body });
    expect(answer).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } });
    expect(answer.body.message).toMatch(message);
  });
});

describe('a condition task', () => {
  it('takes one of two ways', async () => {
    const runId = await start(
      await createJob(
        { task_key: 'check', condition_task: { op: 'GREATER_THAN', left: '{{job.parameters.request}}', right: '9' } },
        jar('many', { depends_on: [{ task_key: 'check', outcome: 'true' }] }),
        jar('few', { depends_on: [{ task_key: 'check', outcome: 'false' }] }),
      ),
      { job_parameters: { request: '10' } },
    );
    await endNext(1);
    expect(await test.runIn('TERMINATED', runId)).toMatchObject({
      state: { result_state: 'SUCCESS' },
      tasks: [
        { condition_task: { outcome: 'true' } },
        { state: { result_state: 'SUCCESS' } },
        { state: { result_state: 'EXCLUDED' } },
      ],
    });
    expect(test.driver.starts).toHaveLength(1);
  });

  it('fails where a number is asked for and there is none', async () => {
    const runId = await start(
      await createJob({ task_key: 'check', condition_task: { op: 'LESS_THAN', left: 'x', right: '9' } }),
    );
    expect(await test.runIn('INTERNAL_ERROR', runId)).toMatchObject({ state: { result_state: 'FAILED' } });
  });
});

describe('a disabled task', () => {
  it('is not run, and what needs it is left out', async () => {
    const runId = await start(
      await createJob(jar('a', { disabled: true }), jar('b', { depends_on: [{ task_key: 'a' }] }), jar('c')),
    );
    await endNext(1);
    expect(await test.runIn('TERMINATED', runId)).toMatchObject({
      tasks: [{ state: { result_state: 'DISABLED' } }, { state: { result_state: 'EXCLUDED' } }, {}],
    });
  });
});

describe('a for-each task', () => {
  function repeated(inputs: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
    const spark_jar_task = { main_class_name: 'com.example.Each', parameters: ['{{input.day}}', '{{input}}'] };
    return { task_key: 'each', for_each_task: { inputs, task: jar('one', { spark_jar_task }), ...changes } };
  }

  it('runs its task once per input, no more at once than it may, over a restart', async () => {
    const runId = await start(
      await createJob(repeated('[{"day":"mon"},{"day":"tue"},{"day":"wed"}]', { concurrency: 2 })),
    );
    const programs = [await test.driver.started(1), await test.driver.started(2)];
    const given = programs.map(({ command }) => command.argv.slice(-2).join(' '));
    expect(given.toSorted()).toEqual(['mon {"day":"mon"}', 'tue {"day":"tue"}']);
    expect(test.driver.starts).toHaveLength(2);
    await test.restart();
    await endNext(1);
    await endNext(2);
    await endNext(3);
    const shown = (await test.runIn('TERMINATED', runId)) as Shown;
    expect(shown).toMatchObject({ state: { result_state: 'SUCCESS' }, tasks: [{ task_key: 'each' }] });
    const each = await get(shown.tasks[0]?.run_id as number);
    expect(each).toMatchObject({
      for_each_task: {
        stats: { task_run_stats: { total_iterations: 3, succeeded_iterations: 3, active_iterations: 0 } },
      },
    });
    expect(each.iterations).toHaveLength(3);
  });

  it('fails when an iteration did, after all were run', async () => {
    const runId = await start(await createJob(repeated('["a","b"]')));
    await endNext(1, 1);
    await endNext(2);
    expect(await test.runIn('INTERNAL_ERROR', runId)).toMatchObject({
      state: { state_message: expect.stringContaining('1 of 2 iterations failed') },
    });
  });

  it('is cancelled with its iterations', async () => {
    const runId = await start(await createJob(repeated('["a","b"]')));
    const { spec } = await test.driver.started(1);
    await test.runIn('RUNNING', runId);
    await test.post('/api/2.2/jobs/runs/cancel', { run_id: runId });
    await expect.poll(() => test.driver.programs.get(spec.id)?.asked).toContain('term');
    await test.driver.end(spec.id, { reason: 'cancelled' });
    expect(await test.runIn('TERMINATED', runId)).toMatchObject({ state: { result_state: 'CANCELED' } });
    expect(test.driver.starts).toHaveLength(1);
  });

  it('reads its inputs from what an earlier task has set', async () => {
    const inputs = '{{tasks.first.values.days}}';
    const runId = await start(
      await createJob(jar('first'), { ...repeated(inputs), depends_on: [{ task_key: 'first' }] }),
    );
    const { spec } = await test.driver.started(1);
    const scratch = join(test.folder, 'state', 'runs', spec.id.replace('run-', ''), 'scratch');
    await mkdir(scratch, { recursive: true });
    await writeFile(join(scratch, 'values.json'), JSON.stringify({ days: [{ day: 'sun' }] }));
    await test.driver.end(spec.id, {});
    const { command } = await test.driver.started(2);
    expect(command.argv.slice(-2)).toEqual(['sun', '{"day":"sun"}']);
    await endNext(2);
    await test.runIn('TERMINATED', runId);
  });

  it('fails with inputs that are no array', async () => {
    const runId = await start(await createJob(repeated('{"day":1}')));
    const run = await test.runIn('INTERNAL_ERROR', runId);
    expect(run).toMatchObject({ state: { state_message: expect.stringContaining('no JSON array') } });
  });

  it('cannot hold another one', async () => {
    const inner = repeated('[1]');
    const { status, body } = await test.post('/api/2.2/jobs/create', {
      tasks: [{ task_key: 'x', for_each_task: { inputs: '[1]', task: inner } }],
    });
    expect([status, body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
  });
});

describe('a run_job task', () => {
  it('starts a run of the other job and ends as it does', async () => {
    const child = await createJob(jar('main'));
    const parent = await test.post('/api/2.2/jobs/create', {
      tasks: [{ task_key: 'call', run_job_task: { job_id: child, job_parameters: { request: '{{job.id}}' } } }],
    });
    const runId = await start(parent.body.job_id as number);
    const { command, spec } = await test.driver.started(1);
    expect(command.argv).toContain(String(parent.body.job_id));
    const output = await test.get(`/api/2.2/jobs/runs/get-output?run_id=${runId}`);
    const childId = (output.body.run_job_output as { run_id: number }).run_id;
    expect(await get(childId)).toMatchObject({ trigger: 'RUN_JOB_TASK', job_id: child });
    await test.restart();
    await test.driver.end(spec.id, { code: 1 });
    expect(await test.runIn('INTERNAL_ERROR', runId)).toMatchObject({
      state: { result_state: 'FAILED', state_message: expect.stringContaining(String(childId)) },
    });
    expect(test.driver.starts).toHaveLength(1);
  });

  it('ends the other run when it is cancelled', async () => {
    const child = await createJob(jar('main'));
    const { body } = await test.post('/api/2.2/jobs/create', {
      tasks: [{ task_key: 'call', run_job_task: { job_id: child } }],
    });
    const runId = await start(body.job_id as number);
    const { spec } = await test.driver.started(1);
    await test.runIn('RUNNING', runId);
    await test.post('/api/2.2/jobs/runs/cancel', { run_id: runId });
    await expect.poll(() => test.driver.programs.get(spec.id)?.asked).toContain('term');
    await test.driver.end(spec.id, { reason: 'cancelled' });
    expect(await test.runIn('TERMINATED', runId)).toMatchObject({ state: { result_state: 'CANCELED' } });
  });

  it('does not run its own job', async () => {
    const { body } = await test.post('/api/2.2/jobs/create', { tasks: [jar('main')] });
    const tasks = [{ task_key: 'call', run_job_task: { job_id: body.job_id } }];
    await test.post('/api/2.2/jobs/reset', { job_id: body.job_id, new_settings: { tasks } });
    const run = await test.runIn('INTERNAL_ERROR', await start(body.job_id as number));
    expect(run).toMatchObject({ state: { state_message: expect.stringContaining('would run itself') } });
  });
});

describe('only', () => {
  it.each([
    [['b'], ['b']],
    [['+b'], ['a', 'b']],
    [['b+'], ['b', 'c']],
    [['+b+'], ['a', 'b', 'c']],
  ])('%j runs %j', async (only, keys) => {
    const jobId = await createJob(
      jar('a'),
      jar('b', { depends_on: [{ task_key: 'a' }] }),
      jar('c', { depends_on: [{ task_key: 'b' }] }),
      jar('d'),
    );
    const runId = await start(jobId, { only });
    expect((await get(runId)).tasks.map((task) => task.task_key)).toEqual(keys);
  });

  it('names a task of the job', async () => {
    const answer = await test.post('/api/2.2/jobs/run-now', { job_id: await createJob(jar('a')), only: ['x'] });
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining("no task 'x'") } });
  });
});

describe('arrays of more than 100 elements', () => {
  it('are paged in 2.2 and whole in 2.1, of jobs and of runs', async () => {
    const names = Array.from({ length: 150 }, (_, index) => `t${String(index).padStart(3, '0')}`);
    const tasks = names.map((name) => ({
      task_key: name,
      condition_task: { op: 'EQUAL_TO', left: '1', right: '1' },
    }));
    const { body } = await test.post('/api/2.2/jobs/create', { tasks });
    const runId = await start(body.job_id as number);
    for (const [path, list] of [
      [`jobs/get?job_id=${body.job_id}`, (answer: Shown) => (answer.settings as Shown).tasks],
      [`jobs/runs/get?run_id=${runId}`, (answer: Shown) => answer.tasks],
    ] as const) {
      const first = (await test.get(`/api/2.2/${path}`)).body as Shown;
      const second = (await test.get(`/api/2.2/${path}&page_token=${String(first.next_page_token)}`)).body as Shown;
      const whole = (await test.get(`/api/2.1/${path}`)).body as Shown;
      const keys = [...list(first), ...list(second)].map((task) => task.task_key);
      expect([list(first).length, second.next_page_token, keys]).toEqual([100, undefined, names]);
      expect(list(whole)).toHaveLength(150);
      expect((await test.get(`/api/2.2/${path}&page_token=x`)).status).toBe(400);
    }
  });
});

describe('a run that is made to be hard to end', () => {
  it.each(['stuck-terminating', 'late-cancel'])('%s: shows TERMINATING until the fault is gone', async (kind) => {
    const runId = await start(await createJob(jar('main')));
    const { spec, asked } = await test.driver.started(1);
    await test.runIn('RUNNING', runId);
    const fault = { kind, run_id: runId, ...(kind === 'late-cancel' ? { delay_ms: 3_600_000 } : {}) };
    expect((await test.post('/slowlane/run-faults', fault)).status).toBe(200);
    await test.post('/api/2.2/jobs/runs/cancel', { run_id: runId });
    await test.runIn('TERMINATING', runId);
    expect(asked).toEqual([]);
    await test.send('DELETE', '/slowlane/run-faults');
    await expect.poll(() => asked, { timeout: 5_000 }).toContain('term');
    await test.driver.end(spec.id, { reason: 'cancelled' });
    await test.runIn('TERMINATED', runId);
  });
});

describe('a foreign run', () => {
  it('is listed as active, over a restart, and ends when it is cancelled', async () => {
    const { body } = await test.post('/slowlane/foreign-runs', { cluster_id: 'shared' });
    await test.restart();
    const listed = await test.get('/api/2.2/jobs/runs/list?active_only=true');
    expect(listed.body.runs).toMatchObject([{ run_id: body.run_id, state: { life_cycle_state: 'RUNNING' } }]);
    await test.post('/api/2.2/jobs/runs/cancel', { run_id: body.run_id });
    expect(await test.runIn('TERMINATED', body.run_id)).toMatchObject({ state: { result_state: 'CANCELED' } });
    expect(test.driver.starts).toEqual([]);
  });
});
