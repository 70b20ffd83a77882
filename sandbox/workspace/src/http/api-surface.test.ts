import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apiCalls } from './api-calls.ts';
import { pathsOf, type RouteRow } from './route-list.ts';
import { createJarJob, startTestWorkspace, type TestWorkspace } from '../__fixtures__/test-workspace.ts';

let test: TestWorkspace;
beforeEach(async () => {
  test = await startTestWorkspace();
});
afterEach(() => test.close());

const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function oauthToken(client: unknown): Promise<string> {
  const { client_id, client_secret } = client as { client_id: string; client_secret: string };
  const answer = await test.workspace.inject({
    method: 'POST',
    url: '/oidc/v1/token',
    headers: {
      authorization: `Basic ${base64(`${client_id}:${client_secret}`)}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    payload: 'grant_type=client_credentials&scope=all-apis',
  });
  expect(answer.statusCode).toBe(200);
  return (answer.json() as { access_token: string }).access_token;
}

const as = async (token: string, url: string): Promise<[number, string | undefined]> => {
  const answer = await test.workspace.inject({ url, headers: { authorization: `Bearer ${token}` } });
  return [answer.statusCode, (answer.json() as { error_code?: string }).error_code];
};

describe('secrets', () => {
  it('are put, read as base64, listed without values, and go with their scope', async () => {
    await test.post('/api/2.0/secrets/scopes/create', { scope: 'erp' });
    expect((await test.post('/api/2.0/secrets/scopes/create', { scope: 'ERP' })).body.error_code).toBe(
      'RESOURCE_ALREADY_EXISTS',
    );
    await test.post('/api/2.0/secrets/put', { scope: 'erp', key: 'password', string_value: 'planted' });
    await test.post('/api/2.0/secrets/put', { scope: 'erp', key: 'raw', bytes_value: 'AP8=' });
    await test.restart();
    expect((await test.get('/api/2.0/secrets/get?scope=erp&key=password')).body).toEqual({
      key: 'password',
      value: base64('planted'),
    });
    expect((await test.get('/api/2.0/secrets/get?scope=erp&key=raw')).body.value).toBe('AP8=');
    expect((await test.get('/api/2.0/secrets/list?scope=erp')).text).not.toContain(base64('planted'));
    await test.post('/api/2.0/secrets/scopes/delete', { scope: 'erp' });
    expect(await test.get('/api/2.0/secrets/list?scope=erp')).toMatchObject({
      status: 404,
      body: { error_code: 'RESOURCE_DOES_NOT_EXIST' },
    });
  });

  it('are refused where they are too large, not base64, or given twice', async () => {
    await test.post('/api/2.0/secrets/scopes/create', { scope: 's' });
    const put = (more: object): ReturnType<TestWorkspace['post']> =>
      test.post('/api/2.0/secrets/put', { scope: 's', key: 'k', ...more });
    expect((await put({ string_value: 'x'.repeat(131_073) })).body.error_code).toBe('MAX_SECRET_SIZE_EXCEEDED');
    for (const bad of [{}, { bytes_value: '!' }, { string_value: 'a', bytes_value: 'YQ==' }])
      expect((await put(bad)).status).toBe(400);
  });
});

describe('DBFS', () => {
  it('writes by block, reads by part, moves and deletes; volumes are reached by it too', async () => {
    const { handle } = (await test.post('/api/2.0/dbfs/create', { path: 'dbfs:/a/b.txt' })).body;
    for (const text of ['hello ', 'world']) await test.post('/api/2.0/dbfs/add-block', { handle, data: base64(text) });
    await test.post('/api/2.0/dbfs/close', { handle });
    expect((await test.get('/api/2.0/dbfs/read?path=/a/b.txt&offset=6&length=3')).body).toEqual({
      bytes_read: 3,
      data: base64('wor'),
    });
    expect((await test.post('/api/2.0/dbfs/put', { path: '/a/b.txt', contents: '' })).body.error_code).toBe(
      'RESOURCE_ALREADY_EXISTS',
    );
    await test.post('/api/2.0/dbfs/move', { source_path: '/a/b.txt', destination_path: '/a/c.txt' });
    expect((await test.get('/api/2.0/dbfs/list?path=/a')).body).toMatchObject({
      files: [{ path: '/a/c.txt', file_size: 11, is_dir: false }],
    });
    expect((await test.post('/api/2.0/dbfs/delete', { path: '/a' })).status).toBe(400);
    await test.post('/api/2.0/dbfs/delete', { path: '/a', recursive: true });
    expect((await test.get('/api/2.0/dbfs/get-status?path=/a')).status).toBe(404);
    await test.post('/api/2.0/dbfs/put', { path: '/Volumes/m/s/v/f', contents: base64('x') });
    expect((await test.get('/api/2.0/fs/files/Volumes/m/s/v/f')).text).toBe('x');
    expect((await test.get('/api/2.0/dbfs/read?path=/Volumes/m/s/v/f&length=1048577')).body.error_code).toBe(
      'MAX_READ_SIZE_EXCEEDED',
    );
  });
});

describe('identity and rights', () => {
  it('give a service principal a token that ends, and no right to the job of another, there or not', async () => {
    const client = (await test.post('/slowlane/service-principals', { display_name: 'ci', admin: false })).body;
    const token = await oauthToken(client);
    expect(await as(token, '/api/2.0/preview/scim/v2/Me')).toEqual([200, undefined]);
    const jobId = await createJarJob(test);
    for (const id of [jobId, 12_345])
      expect(await as(token, `/api/2.2/jobs/get?job_id=${id}`)).toEqual([403, 'PERMISSION_DENIED']);
    expect(await as(token, '/slowlane/requests')).toEqual([403, 'PERMISSION_DENIED']);
    const grant = { service_principal_name: client.client_id, permission_level: 'CAN_VIEW' };
    const headers = { 'content-type': 'application/json' };
    const set = await test.send('PUT', `/api/2.0/permissions/jobs/${jobId}`, {
      body: JSON.stringify({ access_control_list: [grant] }),
      headers,
    });
    expect(JSON.stringify(set.body)).toContain('IS_OWNER');
    expect(await as(token, `/api/2.2/jobs/get?job_id=${jobId}`)).toEqual([200, undefined]);
    await test.post('/slowlane/oauth-tokens/expire');
    expect(await as(token, '/api/2.0/preview/scim/v2/Me')).toEqual([401, 'UNAUTHENTICATED']);
  });

  it('cannot be passed by a second id in the call, by HEAD, or by a call about the runs of everybody', async () => {
    const client = (await test.post('/slowlane/service-principals', { display_name: 'ci', admin: false })).body;
    const headers = { authorization: `Bearer ${await oauthToken(client)}`, 'content-type': 'application/json' };
    const send = async (method: 'POST' | 'HEAD', url: string, body: object): Promise<number> =>
      (await test.send(method, url, { headers, ...(method === 'POST' ? { body: JSON.stringify(body) } : {}) })).status;
    const victim = await createJarJob(test);
    const { body } = await test.post('/api/2.0/policies/clusters/create', { name: 'p', definition: '{}' });
    const own = await test.send('POST', '/api/2.2/jobs/create', {
      headers,
      body: JSON.stringify({
        name: 'own',
        tasks: [{ task_key: 'a', condition_task: { left: '1', op: 'EQUAL_TO', right: '1' } }],
      }),
    });
    const run = await test.send('POST', '/api/2.2/jobs/run-now', {
      headers,
      body: JSON.stringify({ job_id: own.body.job_id }),
    });
    expect([own.status, run.status]).toEqual([200, 200]);
    const both = { job_id: victim, run_id: run.body.run_id };
    for (const call of ['delete', 'run-now', 'runs/cancel-all', 'runs/cancel'])
      expect(await send('POST', `/api/2.2/jobs/${call}`, both), call).toBe(403);
    expect(await send('POST', '/api/2.2/jobs/runs/cancel-all', { all_queued_runs: true })).toBe(403);
    expect(await send('HEAD', `/api/2.2/jobs/get?job_id=${victim}`, {})).toBe(403);
    expect(await send('POST', '/api/2.0/policies/clusters/delete', { policy_id: body.policy_id })).toBe(403);
    expect((await test.get(`/api/2.2/jobs/get?job_id=${victim}`)).status).toBe(200);
    expect(await send('POST', '/api/2.2/jobs/delete', { job_id: own.body.job_id })).toBe(200);
  });

  it('give out personal tokens once, and forget them on demand', async () => {
    const made = (await test.post('/api/2.0/token/create', { comment: 'c', lifetime_seconds: 60 })).body as {
      token_value: string;
      token_info: { token_id: string };
    };
    expect(await as(made.token_value, '/api/2.0/preview/scim/v2/Me')).toEqual([200, undefined]);
    expect((await test.get('/api/2.0/token/list')).text).not.toContain(made.token_value);
    await test.post('/api/2.0/token/delete', { token_id: made.token_info.token_id });
    expect(await as(made.token_value, '/api/2.0/preview/scim/v2/Me')).toEqual([403, 'PERMISSION_DENIED']);
  });

  it('refuse a token exchange and a wrong secret in the words of OAuth', async () => {
    const ask = async (payload: string): Promise<unknown> =>
      (
        await test.workspace.inject({
          method: 'POST',
          url: '/oidc/v1/token',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          payload,
        })
      ).json();
    expect(await ask('grant_type=urn:ietf:params:oauth:grant-type:token-exchange')).toMatchObject({
      error: 'unsupported_grant_type',
    });
    expect(await ask('grant_type=client_credentials&client_id=x&client_secret=y')).toMatchObject({
      error: 'invalid_client',
    });
  });
});

describe('the list of routes', () => {
  it('knows every route, says of each known call whether it is there, and the server answers so', async () => {
    const { routes } = (await test.get('/slowlane/routes')).body as { routes: RouteRow[] };
    expect(routes.filter(({ area }) => area === 'Other')).toEqual([]);
    const expected = apiCalls.flatMap(({ method, path, alsoVersions, isDone }) =>
      pathsOf(path, alsoVersions).map((one) => `${method} ${one} ${isDone ? 'done' : '501'}`),
    );
    expect(routes.map(({ method, path, status }) => `${method} ${path} ${status}`).sort()).toEqual(expected.sort());
    for (const { method, path } of routes.filter(({ status }) => status === '501')) {
      const answer = await test.send(method as 'GET', path.replaceAll(/[{}]/g, ''));
      expect([answer.status, answer.body.message], path).toEqual([501, expect.stringContaining(`${method} /api/`)]);
    }
  });
});

describe('a fault', () => {
  it('makes a cluster misbehave only when asked for by a known name', async () => {
    expect((await test.post('/slowlane/cluster-faults', { kind: 'explodes' })).status).toBe(400);
    await test.post('/slowlane/cluster-faults', { kind: 'never-starts' });
    expect((await test.get('/slowlane/cluster-faults')).body).toMatchObject({
      faults: [{ kind: 'never-starts', count: 1 }],
    });
    await test.send('DELETE', '/slowlane/cluster-faults');
    expect((await test.get('/slowlane/cluster-faults')).body).toEqual({ faults: [] });
  });

  it('announces more bytes than come, ends an OAuth token, or answers with a page', async () => {
    const { url } = await test.workspace.listen(0, '127.0.0.1');
    const client = (await test.post('/slowlane/service-principals', { display_name: 'ci' })).body;
    const token = await oauthToken(client);
    const me = `${url}/api/2.0/preview/scim/v2/Me`;
    const ask = (): Promise<Response> => fetch(me, { headers: { authorization: `Bearer ${token}` } });
    const route = 'GET /api/2.0/preview/scim/v2/Me';
    await test.post('/slowlane/faults', { route, kind: 'wrong-length' });
    await expect(ask().then((response) => response.text())).rejects.toThrow();
    await test.post('/slowlane/faults', { route, kind: 'status', status: 502, body: '<title>Bad gateway</title>' });
    expect(await (await ask()).text()).toBe('<title>Bad gateway</title>');
    await test.post('/slowlane/faults', { route, kind: 'token-expired' });
    expect([(await ask()).status, (await ask()).status]).toEqual([401, 401]);
  });
});
