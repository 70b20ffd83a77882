import { afterEach, describe, expect, it } from 'vitest';
import { jarJob, startTestWorkspace, type TestWorkspace } from '../__fixtures__/test-workspace.ts';

let test: TestWorkspace;
afterEach(() => test.close());

describe('limits of a real workspace', () => {
  it('refuse one saved job too many, until one is deleted', async () => {
    test = await startTestWorkspace({ api: { savedJobs: 1 } });
    const first = await test.post('/api/2.2/jobs/create', jarJob());
    const refused = await test.post('/api/2.2/jobs/create', jarJob());
    expect(refused).toMatchObject({ status: 400, body: { error_code: 'QUOTA_EXCEEDED' } });
    await test.post('/api/2.2/jobs/delete', { job_id: first.body.job_id });
    expect((await test.post('/api/2.2/jobs/create', jarJob())).status).toBe(200);
  });

  it('count what was created in the last hour, deleted jobs too', async () => {
    test = await startTestWorkspace({ api: { jobsCreatedPerHour: 1 } });
    const first = await test.post('/api/2.2/jobs/create', jarJob());
    await test.post('/api/2.2/jobs/delete', { job_id: first.body.job_id });
    expect(await test.post('/api/2.2/jobs/create', jarJob())).toMatchObject({
      status: 400,
      body: { error_code: 'INVALID_STATE', message: expect.stringContaining('3600 seconds') },
    });
  });

  it('answer 429 with whole seconds, for their own route alone', async () => {
    test = await startTestWorkspace({ api: { callsPerSecond: { 'GET /jobs/list': 0.01 } } });
    const refused = await test.get('/api/2.2/jobs/list');
    expect(refused).toMatchObject({ status: 429, body: { error_code: 'REQUEST_LIMIT_EXCEEDED' } });
    expect(refused.headers['retry-after']).toMatch(/^[1-9][0-9]*$/);
    expect((await test.get('/api/2.2/jobs/runs/list')).status).toBe(200);
  });
});
