import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Answer,
  createJarJob,
  jarJob,
  startTestWorkspace,
  type TestWorkspace,
  token,
} from '../__fixtures__/test-workspace.ts';

let test: TestWorkspace;
beforeEach(async () => {
  test = await startTestWorkspace();
});
afterEach(() => test.close());

describe('the server', () => {
  it('answers 401 without a token and 403 with a wrong one, before it looks at anything else', async () => {
    const call = async (authorization?: string): Promise<unknown> => {
      const response = await test.workspace.inject({
        url: '/api/2.2/jobs/get?job_id=1',
        ...(authorization === undefined ? {} : { headers: { authorization } }),
      });
      return [response.statusCode, (response.json() as { error_code: string }).error_code];
    };
    expect(await call()).toEqual([401, 'UNAUTHENTICATED']);
    expect(await call('Basic eDp5')).toEqual([401, 'UNAUTHENTICATED']);
    expect(await call('Bearer other')).toEqual([403, 'PERMISSION_DENIED']);
    expect(await call(`bearer ${token}`)).toEqual([400, 'INVALID_PARAMETER_VALUE']);
  });

  it('answers 501 for every route that it does not have', async () => {
    for (const url of ['/api/2.0/jobs/create', '/api/2.0/repos', '/api/2.0/sql/statements', '/nothing']) {
      expect(await test.post(url, {})).toMatchObject({ status: 501, body: { error_code: 'NOT_IMPLEMENTED' } });
    }
  });

  it('answers a body that is no JSON with 400, and takes an empty one', async () => {
    const headers = { 'content-type': 'application/json' };
    expect((await test.send('POST', '/api/2.2/jobs/create', { body: '{', headers })).body.error_code).toBe(
      'MALFORMED_REQUEST',
    );
    const empty = await test.send('POST', '/api/2.2/jobs/create', { headers });
    expect(empty).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } });
  });

  it('takes the JSON of a caller who calls it a form, as curl does, for calls of the API alone', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const send = (url: string, body: string): Promise<Answer> => test.send('POST', url, { body, headers });
    const made = await send('/api/2.2/jobs/create', JSON.stringify(jarJob({ name: 'by curl' })));
    expect(made).toMatchObject({ status: 200, body: { job_id: expect.any(Number) } });
    expect(await send('/api/2.2/jobs/create', 'name=x')).toMatchObject({ status: 400 });
    expect(await send('/slowlane/service-principals', '{"display_name":"x"}')).toMatchObject({ status: 415 });
  });

  it('says who calls', async () => {
    const me = await test.get('/api/2.0/preview/scim/v2/Me');
    expect(me).toMatchObject({ status: 200, body: { userName: 'owner@example.org', active: true } });
  });

  it('shows a run as a page on which nothing of the program is markup', async () => {
    const jobId = await createJarJob(test, { name: '<b>orders</b>' });
    const { body } = await test.post('/api/2.2/jobs/run-now', { job_id: jobId });
    const { spec } = await test.driver.started(1);
    await test.driver.end(spec.id, { code: 1, stdout: '<script>alert(1)</script>\n' });
    const run = await test.runIn('INTERNAL_ERROR', body.run_id);
    const path = new URL(run.run_page_url as string).pathname;
    const page = await test.workspace.inject({
      url: path,
      headers: { authorization: `Basic ${Buffer.from(`token:${token}`).toString('base64')}` },
    });
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page.body).not.toMatch(/<script>|<b>/);
    expect(page.body).toMatch(/<a href="\/slowlane\/spark-ui\/\d+\/live">Spark UI<\/a>/);
    const locked = await test.workspace.inject({ url: path });
    expect([locked.statusCode, locked.headers['www-authenticate']]).toEqual([401, expect.stringContaining('Basic')]);
  });
});

describe('the record of calls', () => {
  it('holds every call with its status, token and run', async () => {
    const jobId = await createJarJob(test);
    const run = await test.post('/api/2.2/jobs/run-now', { job_id: jobId, idempotency_token: 'tok' });
    await test.get('/api/2.2/jobs/runs/get?run_id=1');
    await test.workspace.inject({ url: '/api/2.2/jobs/list' });
    await test.restart();
    const { requests } = (await test.get('/slowlane/requests')).body as { requests: Record<string, unknown>[] };
    expect(requests.slice(1)).toMatchObject([
      { method: 'POST', path: '/api/2.2/jobs/create', status: 200, jobId },
      { method: 'POST', route: '/api/2.2/jobs/run-now', status: 200, token: 'tok', runId: run.body.run_id, jobId },
      { method: 'GET', path: '/api/2.2/jobs/runs/get', status: 400, runId: 1 },
      { path: '/api/2.2/jobs/list', status: 401 },
    ]);
    const later = (await test.get(`/slowlane/requests?after=${String(requests[3]?.number)}&limit=1`)).body as {
      requests: unknown[];
    };
    expect(later.requests).toMatchObject([{ path: '/api/2.2/jobs/list' }]);
  });
});

describe('a fault', () => {
  it('of kind status answers instead of doing the work, as often as asked', async () => {
    const jobId = await createJarJob(test);
    const fault = {
      route: 'POST /api/*/jobs/run-now',
      count: 2,
      kind: 'status',
      status: 429,
      errorCode: 'REQUEST_LIMIT_EXCEEDED',
      retryAfterSeconds: 7,
    };
    expect((await test.post('/slowlane/faults', fault)).status).toBe(200);
    for (let i = 0; i < 2; i++) {
      const refused = await test.post('/api/2.2/jobs/run-now', { job_id: jobId });
      expect(refused).toMatchObject({
        status: 429,
        body: { error_code: 'REQUEST_LIMIT_EXCEEDED' },
        headers: { 'retry-after': '7' },
      });
    }
    expect((await test.get('/api/2.2/jobs/runs/list')).body).toEqual({ has_more: false });
    expect((await test.post('/api/2.2/jobs/run-now', { job_id: jobId })).status).toBe(200);
    expect((await test.get('/slowlane/faults')).body).toEqual({ faults: [] });
    await test.driver.started(1);
  });

  it('of kind delay does the work late', async () => {
    await test.post('/slowlane/faults', { route: 'GET /api/2.2/jobs/list', kind: 'delay', delayMs: 1 });
    expect((await test.get('/api/2.2/jobs/list')).status).toBe(200);
  });

  it('of kind reply-lost does the work and cuts the connection; of kind cut it does nothing', async () => {
    const { url } = await test.workspace.listen(0, '127.0.0.1');
    const jobId = await createJarJob(test);
    const runNow = (idempotency_token: string): Promise<Response> =>
      fetch(`${url}/api/2.2/jobs/run-now`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ job_id: jobId, idempotency_token }),
      });
    await test.post('/slowlane/faults', { route: 'POST /api/2.2/jobs/run-now', kind: 'reply-lost' });
    await expect(runNow('first')).rejects.toThrow();
    await test.post('/slowlane/faults', { route: '* /api/2.2/jobs/run-now', kind: 'cut' });
    await expect(runNow('second')).rejects.toThrow();
    const { runs } = (await test.get('/api/2.2/jobs/runs/list')).body as { runs: { run_id: number }[] };
    expect(runs).toHaveLength(1);
    const again = (await (await runNow('first')).json()) as { run_id: number };
    expect(again.run_id).toBe(runs[0]?.run_id);
    const { requests } = (await test.get('/slowlane/requests')).body as { requests: Record<string, unknown>[] };
    const starts = requests.filter((call) => String(call.path).endsWith('run-now'));
    expect(starts).toMatchObject([
      { fault: 'reply-lost', status: 200, runId: again.run_id },
      { fault: 'cut', status: 0 },
      { fault: null, status: 200 },
    ]);
    await test.driver.started(1);
  });

  it('that makes no sense is refused', async () => {
    expect((await test.post('/slowlane/faults', { route: 'run-now', kind: 'status', status: 500 })).status).toBe(400);
    expect((await test.post('/slowlane/faults', { route: 'GET /x', kind: 'explode' })).status).toBe(400);
  });
});
