import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { SlowLaneError } from '@slowlane/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { createDatabricksClient } from './create-databricks-client.ts';
import type { DatabricksClient } from './databricks-client.ts';
import { type Answer, type LoopbackServer, sendJson, startLoopbackServer } from './loopback-server.ts';

const quiet = (): void => undefined;
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function against(
  answer: Answer,
  auth: { token: string } | { clientId: string; clientSecret: string } = { token: 'dapi-planted-0123456789' },
): Promise<{ client: DatabricksClient; server: LoopbackServer; sent: () => string[] }> {
  const server = await startLoopbackServer(answer);
  const client = createDatabricksClient({
    host: server.url,
    auth,
    userAgent: 'slowlane/test',
    clock: { now: () => 1_000_000, sleep: () => Promise.resolve() },
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  cleanups.push(server.close, () => client.close());
  return {
    client,
    server,
    sent: () => server.requests.map(({ method, url, body }) => `${method} ${url} ${body.toString()}`.trim()),
  };
}

const always =
  (json: string): Answer =>
  (_request, response) =>
    sendJson(response, 200, json);

async function failureOf(call: Promise<unknown>): Promise<SlowLaneError> {
  const thrown: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(SlowLaneError);
  return thrown as SlowLaneError;
}

describe('clusters', () => {
  it('are created, started, ended and removed by exactly these calls', async () => {
    const { client, sent } = await against(always('{"cluster_id":"0102-030405-abc"}'));
    expect(await client.clusters.create({ cluster_name: 'pool', num_workers: 0 })).toEqual({
      clusterId: '0102-030405-abc',
    });
    await client.clusters.start('0102-030405-abc');
    await client.clusters.terminate('0102-030405-abc');
    await client.clusters.permanentDelete('0102-030405-abc');
    expect(sent()).toEqual([
      'POST /api/2.1/clusters/create {"cluster_name":"pool","num_workers":0}',
      'POST /api/2.1/clusters/start {"cluster_id":"0102-030405-abc"}',
      'POST /api/2.1/clusters/delete {"cluster_id":"0102-030405-abc"}',
      'POST /api/2.1/clusters/permanent-delete {"cluster_id":"0102-030405-abc"}',
    ]);
  });

  it('are created once: a lost reply is not repeated', async () => {
    const { client, server } = await against((_request, response) => void response.destroy());
    expect((await failureOf(client.clusters.create({}))).code).toBe('workspace.unavailable');
    expect(server.requests).toHaveLength(1);
  });

  it('are read with why they ended; one that is gone is not found', async () => {
    const { client } = await against((request, response) =>
      request.url.endsWith('gone')
        ? sendJson(response, 400, '{"error_code":"INVALID_PARAMETER_VALUE","message":"Cluster gone does not exist"}')
        : sendJson(
            response,
            200,
            '{"cluster_id":"c","state":"TERMINATED","custom_tags":{"owner":"us"},"terminated_time":5,"termination_reason":{"code":"INACTIVITY","type":"SUCCESS"}}',
          ),
    );
    expect(await client.clusters.get('c')).toMatchObject({
      state: 'TERMINATED',
      customTags: { owner: 'us' },
      terminatedAt: 5,
      termination: { code: 'INACTIVITY', type: 'SUCCESS' },
    });
    expect((await failureOf(client.clusters.get('gone'))).code).toBe('workspace.not-found');
  });

  it('are listed to the end, and only in the states asked for', async () => {
    const { client, sent } = await against((request, response) =>
      sendJson(
        response,
        200,
        request.url.includes('page_token')
          ? '{"clusters":[{"cluster_id":"b","state":"RUNNING"},{"cluster_id":"x","state":"TERMINATED"}]}'
          : '{"clusters":[{"cluster_id":"a","state":"RUNNING"}],"next_page_token":"t"}',
      ),
    );
    const found = await client.clusters.list({ states: ['RUNNING'] });
    expect(found.map(({ clusterId }) => clusterId)).toEqual(['a', 'b']);
    expect(sent()[1]).toBe('GET /api/2.1/clusters/list?page_size=100&filter_by.cluster_states=RUNNING&page_token=t');
  });

  it('tell their events until nobody asks for more, and the state of their libraries', async () => {
    const { client, server } = await against((request, response) =>
      request.url.startsWith('/api/2.0/libraries')
        ? sendJson(
            response,
            200,
            '{"library_statuses":[{"library":{"jar":"/Volumes/a/b/c.jar"},"status":"INSTALLED"}]}',
          )
        : sendJson(response, 200, '{"events":[{"timestamp":1,"type":"RUNNING"}],"next_page_token":"more"}'),
    );
    for await (const event of client.clusters.events('c')) {
      expect(event).toEqual({ at: 1, type: 'RUNNING', details: {} });
      break;
    }
    expect(server.requests).toHaveLength(1);
    expect(await client.clusters.libraryStatus('c')).toEqual([
      { library: { jar: '/Volumes/a/b/c.jar' }, status: 'INSTALLED', messages: [] },
    ]);
  });
});

describe('runs and jobs', () => {
  it('submit with a token, repeated after a lost reply; cancel all of a job', async () => {
    const { client, sent } = await against((_request, response, count) =>
      count === 0 ? void response.destroy() : sendJson(response, 200, '{"run_id":9007199254740993}'),
    );
    const settings = { run_name: 'one', tasks: [] };
    expect(await client.runs.submit({ idempotencyToken: 'abc', settings })).toEqual({ runId: '9007199254740993' });
    await client.runs.cancelAll('9007199254740995');
    const submit = 'POST /api/2.2/jobs/runs/submit {"run_name":"one","tasks":[],"idempotency_token":"abc"}';
    expect(sent()).toEqual([submit, submit, 'POST /api/2.2/jobs/runs/cancel-all {"job_id":9007199254740995}']);
    expect((await failureOf(client.runs.submit({ idempotencyToken: 'a'.repeat(65), settings }))).code).toBe(
      'platform.unexpected',
    );
  });

  it('find a job by its exact name and tag, oldest first', async () => {
    const job = (id: number, name: string, tag: string): string =>
      `{"job_id":${id},"created_time":${100 - id},"settings":{"name":"${name}","tags":{"digest":"${tag}"}}}`;
    const { client } = await against(
      always(`{"jobs":[${job(1, 'a', 'x')},${job(2, 'A', 'x')},${job(3, 'a', 'y')},${job(4, 'a', 'x')}]}`),
    );
    const found = await client.jobs.find({ name: 'a', tag: { key: 'digest', value: 'x' } });
    expect(found.map(({ jobId }) => jobId)).toEqual(['4', '1']);
    expect(await client.jobs.find({ name: 'a', tag: { key: 'constructor', value: 'x' } })).toEqual([]);
  });

  it('set the rights of a job', async () => {
    const { client, sent } = await against(always('{}'));
    await client.permissions.set({ kind: 'jobs', id: '7' }, [
      { user: 'a@example.org', level: 'IS_OWNER' },
      { group: 'users', level: 'CAN_VIEW' },
    ]);
    expect(sent()).toEqual([
      'PUT /api/2.0/permissions/jobs/7 {"access_control_list":[{"user_name":"a@example.org","permission_level":"IS_OWNER"},{"group_name":"users","permission_level":"CAN_VIEW"}]}',
    ]);
  });
});

describe('a large upload', () => {
  const size = 100 * 1_024 * 1_024 + 5;
  const open = (): Readable => Readable.from(pieces(), { objectMode: false });
  function* pieces(): Generator<Buffer> {
    for (let left = size; left > 0; left -= 7_000_000) yield Buffer.alloc(Math.min(left, 7_000_000), left % 251);
  }

  it('goes in parts to the links it is given, without the token, and is completed with their etags', async () => {
    const parts: Buffer[] = [];
    const seen: string[] = [];
    const { client, server } = await against((request, response) => {
      const { pathname, searchParams } = new URL(request.url, 'http://x');
      if (request.method === 'HEAD') return void response.writeHead(200, { 'content-length': String(size) }).end();
      if (request.method === 'PUT') {
        parts.push(request.body);
        expect(request.headers.authorization).toBeUndefined();
        return void response.writeHead(200, { etag: `"e${parts.length}"` }).end();
      }
      seen.push(searchParams.get('action') ?? pathname);
      if (pathname.endsWith('part-urls'))
        return sendJson(
          response,
          200,
          `{"upload_part_urls":[{"url":"${server.url}/storage/${parts.length + 1}?sig=s","part_number":1}]}`,
        );
      if (searchParams.get('action') === 'complete-upload') seen.push(request.body.toString());
      return sendJson(response, 200, '{"multipart_upload":{"session_token":"s"}}');
    });
    const hash = createHash('sha256');
    for (const piece of pieces()) hash.update(piece);
    const sha256 = hash.digest('hex');
    await client.files.upload('/Volumes/a/b/c/large', open, { size, overwrite: true, sha256 });
    expect(parts.map(({ length }) => length)).toEqual([
      ...Array.from({ length: 6 }, () => 16 * 1_024 * 1_024),
      size - 6 * 16 * 1_024 * 1_024,
    ]);
    expect(createHash('sha256').update(Buffer.concat(parts)).digest('hex')).toBe(sha256);
    expect(seen[0]).toBe('initiate-upload');
    expect(JSON.parse(seen.at(-1) as string)).toEqual({
      parts: parts.map((_part, index) => ({ part_number: index + 1, etag: `"e${index + 1}"` })),
    });
  });

  it('goes in one PUT where the workspace has no parts', async () => {
    let received = 0;
    const { client } = await against((request, response) => {
      if (request.method === 'POST') return sendJson(response, 501, '{"error_code":"NOT_IMPLEMENTED","message":"no"}');
      if (request.method === 'PUT') received = request.body.length;
      return void response.writeHead(200, request.method === 'HEAD' ? { 'content-length': String(size) } : {}).end();
    });
    await client.files.upload('/Volumes/a/b/c/large', open, { size, overwrite: true });
    expect(received).toBe(size);
  });

  it('sends no part to a link that is not https, and then goes in one PUT', async () => {
    let received = 0;
    const { client, sent } = await against((request, response) => {
      if (request.method === 'PUT') received = request.body.length;
      if (request.method !== 'POST')
        return void response.writeHead(200, request.method === 'HEAD' ? { 'content-length': String(size) } : {}).end();
      if (request.url.endsWith('part-urls'))
        return sendJson(response, 200, '{"upload_part_urls":[{"url":"http://storage.example.org/1"}]}');
      return sendJson(response, 200, '{"multipart_upload":{"session_token":"s"}}');
    });
    await client.files.upload('/Volumes/a/b/c/large', open, { size, overwrite: true });
    expect(received).toBe(size);
    expect(sent().filter((line) => line.startsWith('PUT'))).toHaveLength(1);
  });

  it('of something else than was announced is not completed', async () => {
    const completed: string[] = [];
    const { client } = await against((request, response) => {
      completed.push(request.method);
      response.writeHead(200).end();
    });
    const source = (): Readable => Readable.from([Buffer.from('one'), Buffer.from('two')], { objectMode: false });
    const failure = await failureOf(
      client.files.upload('/Volumes/a/b/c/f', source, { size: 6, overwrite: true, sha256: '0'.repeat(64) }),
    );
    expect(failure.code).toBe('workspace.rejected');
    expect(failure.message).toContain('sha256');
    expect(completed).not.toContain('HEAD');
  });
});

describe('discovery', () => {
  it('asks the workspace where tokens come from, and never sends the secret elsewhere', async () => {
    const { client, sent } = await against(
      (request, response) => {
        if (request.url === '/.well-known/databricks-config')
          return sendJson(
            response,
            200,
            `{"oidc_endpoint":"http://${request.headers.host}/oidc/accounts/{account_id}","account_id":"acc"}`,
          );
        if (request.url.includes('/.well-known/'))
          return sendJson(response, 200, '{"token_endpoint":"http://elsewhere/oidc/accounts/acc/v1/token"}');
        if (request.url.endsWith('/token'))
          return sendJson(response, 200, '{"access_token":"access-token-1","expires_in":3600}');
        return sendJson(response, 200, '{"id":"7","userName":"sp"}');
      },
      { clientId: 'client', clientSecret: 'planted-client-secret' },
    );
    await client.me();
    expect(sent()).toEqual([
      'GET /.well-known/databricks-config',
      'GET /oidc/accounts/acc/.well-known/oauth-authorization-server',
      'POST /oidc/accounts/acc/v1/token grant_type=client_credentials&scope=all-apis',
      'GET /api/2.0/preview/scim/v2/Me',
    ]);
  });
});
