import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createJarJob, jarJob, startTestWorkspace, type TestWorkspace } from '../__fixtures__/test-workspace.ts';

let test: TestWorkspace;
beforeEach(async () => {
  test = await startTestWorkspace();
});
afterEach(() => test.close());

describe('a workspace with scheduled jobs', () => {
  it('starts the program of a continuous job by itself, and the next one when it ends', async () => {
    const jobId = await createJarJob(test, { continuous: { pause_status: 'UNPAUSED' } });
    const first = await test.driver.started(1);
    await test.restart();
    await test.driver.end(first.spec.id, {});
    const second = await test.driver.started(2);
    expect(second.spec.id).not.toBe(first.spec.id);
    await test.post('/api/2.2/jobs/update', {
      ...{ job_id: jobId, new_settings: { continuous: { pause_status: 'PAUSED' } } },
    });
    const { body } = await test.get(`/api/2.2/jobs/runs/list?job_id=${jobId}`);
    expect((body.runs as { trigger: string }[]).map((run) => run.trigger)).toEqual(['CONTINUOUS', 'CONTINUOUS']);
  });

  it('shows runs of a schedule as PERIODIC', async () => {
    const schedule = { quartz_cron_expression: '* * * * * ?', timezone_id: 'UTC', pause_status: 'UNPAUSED' };
    const jobId = await createJarJob(test, { schedule });
    await test.driver.started(1);
    const { body } = await test.get(`/api/2.2/jobs/runs/list?job_id=${jobId}`);
    expect(body.runs).toMatchObject([{ trigger: 'PERIODIC', run_type: 'JOB_RUN' }]);
  });

  it.each([
    [{ schedule: { quartz_cron_expression: 'every day', timezone_id: 'UTC' } }, /schedule: quartz_cron_expression/],
    [{ schedule: { quartz_cron_expression: '0 0 2 * * ?', timezone_id: 'Mars' } }, /no time zone/],
    [{ schedule: { quartz_cron_expression: '0 0 2 * * ?' } }, /timezone_id/],
    [{ trigger: { table_update: { table_names: ['a.b.c'] } } }, /table_update is not supported/],
    [{ trigger: { periodic: { interval: 1, unit: 'MONTHS' } } }, /unit/],
    [{ schedule: { quartz_cron_expression: '0 0 2 * * ?', timezone_id: 'UTC', sql_condition: {} } }, /sql_condition/],
    [{ continuous: {}, trigger: { periodic: { interval: 1, unit: 'DAYS' } } }, /Only one of/],
  ])('refuses %j and says why', async (settings, message) => {
    const answer = await test.post('/api/2.2/jobs/create', jarJob(settings));
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringMatching(message) } });
  });
});
