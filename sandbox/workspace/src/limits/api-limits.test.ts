import { afterEach, describe, expect, it } from 'vitest';
import { jarJob, startTestWorkspace, type TestWorkspace, token } from '../__fixtures__/test-workspace.ts';

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
    expect((await test.get('/api/2.2/jobs/list')).status).toBe(200);
    const refused = await test.get('/api/2.2/jobs/list');
    expect(refused).toMatchObject({ status: 429, body: { error_code: 'REQUEST_LIMIT_EXCEEDED' } });
    expect(refused.headers['retry-after']).toMatch(/^[1-9][0-9]*$/);
    expect((await test.get('/api/2.2/jobs/runs/list')).status).toBe(200);
  });
});

describe('limits that the control API sets', () => {
  it('hold from the next call on, over the network, until they are taken back', async () => {
    test = await startTestWorkspace();
    const { url } = await test.workspace.listen(0, '127.0.0.1');
    const call = (path: string, method = 'GET', body?: unknown): Promise<Response> =>
      fetch(url + path, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    const limits = { saved_jobs: 0, calls_per_second: { 'GET /jobs/list': 0.01 } };
    expect((await call('/slowlane/limits', 'PUT', limits)).status).toBe(200);
    expect(await (await call('/slowlane/limits')).json()).toEqual(limits);
    expect((await call('/api/2.2/jobs/list')).status).toBe(200);
    const refused = await call('/api/2.2/jobs/list');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ error_code: 'REQUEST_LIMIT_EXCEEDED' });
    expect((await call('/api/2.2/jobs/create', 'POST', jarJob())).status).toBe(400);
    await call('/slowlane/limits', 'PUT', {});
    expect((await call('/api/2.2/jobs/list')).status).toBe(200);
    expect((await call('/api/2.2/jobs/create', 'POST', jarJob())).status).toBe(200);
  });

  it('are refused where they make no sense', async () => {
    test = await startTestWorkspace();
    const answer = await test.send('PUT', '/slowlane/limits', {
      body: JSON.stringify({ calls_per_second: { 'jobs/list': 1 } }),
      headers: { 'content-type': 'application/json' },
    });
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining('METHOD /path') } });
  });
});
