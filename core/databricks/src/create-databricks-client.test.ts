import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { SlowLaneError } from '@slowlane/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import type { Auth } from './bearer.ts';
import type { Clock } from './clock.ts';
import { createDatabricksClient } from './create-databricks-client.ts';
import type { DatabricksClient } from './databricks-client.ts';
import { type Answer, type LoopbackServer, sendJson, startLoopbackServer } from './loopback-server.ts';
import { volumeStoreOf } from './volume-store-of.ts';

const secret = 'dapi-planted-secret-0123456789';
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function against(
  answer: Answer,
  auth: Auth = { token: secret },
): Promise<{ client: DatabricksClient; server: LoopbackServer; waits: number[] }> {
  const server = await startLoopbackServer(answer);
  const { clock, waits } = instantClock();
  const client = createDatabricksClient({ host: server.url, auth, userAgent: 'slowlane/test', clock, logger });
  cleanups.push(server.close, () => client.close());
  return { client, server, waits };
}

/** Waits take no time and are written down. */
function instantClock(): { clock: Clock; waits: number[] } {
  const waits: number[] = [];
  let now = 1_000_000;
  const sleep = (ms: number): Promise<void> => {
    waits.push(ms);
    now += ms;
    return Promise.resolve();
  };
  return { clock: { now: () => now, sleep }, waits };
}

function quiet(): void {
  return undefined;
}

async function failureOf(call: Promise<unknown>): Promise<SlowLaneError> {
  const thrown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(SlowLaneError);
  return thrown as SlowLaneError;
}

describe('jobs', () => {
  it('starts a run with its token and keeps every digit of ids above 2^53', async () => {
    const { client, server } = await against((_request, response) =>
      sendJson(response, 200, '{"run_id":9007199254740993,"number_in_job":9007199254740993}'),
    );
    const started = await client.jobs.runNow({
      jobId: '9007199254740995',
      idempotencyToken: 'a'.repeat(64),
      jobParameters: { request: '/Volumes/a/b/c/request.json', result: '/Volumes/a/b/c/result' },
    });
    expect(started).toEqual({ runId: '9007199254740993' });
    const { method, url, headers, body } = server.requests[0] as (typeof server.requests)[number];
    expect(`${method} ${url}`).toBe('POST /api/2.2/jobs/run-now');
    expect(headers.authorization).toBe(`Bearer ${secret}`);
    expect(headers['user-agent']).toBe('slowlane/test');
    expect(body.toString()).toBe(
      `{"job_id":9007199254740995,"idempotency_token":"${'a'.repeat(64)}","job_parameters":{"request":"/Volumes/a/b/c/request.json","result":"/Volumes/a/b/c/result"}}`,
    );
  });

  it('refuses a token that the workspace would cut', async () => {
    const { client, server } = await against((_request, response) => sendJson(response, 200, '{"run_id":1}'));
    await failureOf(client.jobs.runNow({ jobId: '1', idempotencyToken: 'a'.repeat(65), jobParameters: {} }));
    expect(server.requests).toHaveLength(0);
  });

  it('sends settings as they are and reads only the id', async () => {
    const { client, server } = await against((_request, response) => sendJson(response, 200, '{"job_id":11}'));
    const settings = { name: 'daily', tasks: [{ task_key: 'main' }], queue: { enabled: false } };
    expect(await client.jobs.create(settings)).toEqual({ jobId: '11' });
    expect(JSON.parse(String(server.requests[0]?.body))).toEqual(settings);
  });

  it('resets and deletes with empty answers', async () => {
    const { client, server } = await against((_request, response, count) =>
      count === 0 ? sendJson(response, 200, '{}') : void response.end(),
    );
    await client.jobs.reset('5', { name: 'x' });
    await client.jobs.delete('5');
    expect(server.requests.map(({ body }) => String(body))).toEqual([
      '{"job_id":5,"new_settings":{"name":"x"}}',
      '{"job_id":5}',
    ]);
  });

  it('reads a job list to its end, also when a page has no jobs key', async () => {
    const pages = [
      '{"jobs":[{"job_id":1,"settings":{"name":"a"}}],"has_more":true,"next_page_token":"p 2"}',
      '{"has_more":true,"next_page_token":"p3"}',
      '{"jobs":[{"job_id":9007199254740993}],"has_more":false}',
    ];
    const { client, server } = await against((_request, response, count) =>
      sendJson(response, 200, pages[count] as string),
    );
    const jobs = await client.jobs.list({ name: 'a b' });
    expect(jobs.map(({ jobId }) => jobId)).toEqual(['1', '9007199254740993']);
    expect(server.requests.map(({ url }) => url)).toEqual([
      '/api/2.2/jobs/list?limit=100&name=a+b',
      '/api/2.2/jobs/list?limit=100&name=a+b&page_token=p+2',
      '/api/2.2/jobs/list?limit=100&name=a+b&page_token=p3',
    ]);
  });

  it('joins the pages of a job with more than 100 tasks', async () => {
    const pages = [
      '{"job_id":1,"settings":{"name":"a","tasks":[{"task_key":"t1"}]},"next_page_token":"n"}',
      '{"job_id":1,"settings":{"name":"a","tasks":[{"task_key":"t2"}]}}',
    ];
    const { client } = await against((_request, response, count) => sendJson(response, 200, pages[count] as string));
    expect((await client.jobs.get('1')).settings).toEqual({
      name: 'a',
      tasks: [{ task_key: 't1' }, { task_key: 't2' }],
    });
  });
});

describe('runs', () => {
  it('reads both state models, parameters and tasks', async () => {
    const wire = {
      run_id: 9,
      job_id: 3,
      run_page_url: 'http://127.0.0.1/run/9',
      state: { life_cycle_state: 'TERMINATED', result_state: 'SUCCESS', state_message: '' },
      status: { state: 'TERMINATED', termination_details: { code: 'SUCCESS', type: 'SUCCESS', message: 'ok' } },
      start_time: 1761800000000,
      end_time: 1761800009000,
      job_parameters: [{ name: 'request', default: '', value: '/Volumes/x' }],
      tasks: [{ task_key: 'main', run_id: 10, attempt_number: 0 }],
      something_new: { a: 1 },
    };
    const { client } = await against((_request, response) => sendJson(response, 200, JSON.stringify(wire)));
    expect(await client.runs.get('9')).toEqual({
      runId: '9',
      jobId: '3',
      runName: undefined,
      runPageUrl: 'http://127.0.0.1/run/9',
      state: { lifeCycleState: 'TERMINATED', resultState: 'SUCCESS', stateMessage: '' },
      status: {
        state: 'TERMINATED',
        termination: { code: 'SUCCESS', type: 'SUCCESS', message: 'ok' },
        queueCode: undefined,
      },
      startTime: 1761800000000,
      endTime: 1761800009000,
      jobParameters: { request: '/Volumes/x' },
      tasks: [{ taskKey: 'main', runId: '10' }],
    });
  });

  it('lists page by page and stops asking when the reader stops', async () => {
    const { client, server } = await against((_request, response, count) =>
      sendJson(
        response,
        200,
        JSON.stringify({ runs: [{ run_id: count }], has_more: true, next_page_token: `p${count}` }),
      ),
    );
    const seen: string[] = [];
    for await (const run of client.runs.list({ jobId: '3', completedOnly: true, startTimeFrom: 17 })) {
      seen.push(run.runId);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual(['0', '1']);
    expect(server.requests.map(({ url }) => url)).toEqual([
      '/api/2.2/jobs/runs/list?job_id=3&completed_only=true&start_time_from=17&limit=24',
      '/api/2.2/jobs/runs/list?job_id=3&completed_only=true&start_time_from=17&limit=24&page_token=p0',
    ]);
  });

  it('tells a deleted run, which comes as 400, as not found', async () => {
    const body = '{"error_code":"INVALID_PARAMETER_VALUE","message":"Run 5 does not exist."}';
    const { client } = await against((_request, response) => sendJson(response, 400, body));
    expect((await failureOf(client.runs.get('5'))).code).toBe('workspace.not-found');
    expect((await failureOf(client.runs.output('5'))).code).toBe('workspace.not-found');
  });
});

describe('repeats', () => {
  it('waits as Retry-After says, in seconds and as a date, for a call without a token too', async () => {
    const { client, waits } = await against((_request, response, count) => {
      if (count === 0)
        return sendJson(response, 429, '{"error_code":"RESOURCE_EXHAUSTED","message":"slow down"}', {
          'retry-after': '5',
        });
      if (count === 1) return sendJson(response, 503, '', { 'retry-after': new Date(1_020_000).toUTCString() });
      return sendJson(response, 200, '{"job_id":1}');
    });
    await client.jobs.create({ name: 'x' });
    expect(waits).toHaveLength(2);
    expect(waits[0]).toBeGreaterThanOrEqual(5_000);
    expect(waits[0]).toBeLessThan(6_000);
    expect(waits[1]).toBeGreaterThanOrEqual(13_000);
    expect(waits[1]).toBeLessThan(16_000);
  });

  it('does not repeat a create whose reply was lost after the work was done', async () => {
    const { client, server } = await against((_request, response) => void response.destroy());
    const error = await failureOf(client.jobs.create({ name: 'x' }));
    expect(error.code).toBe('workspace.unavailable');
    expect(server.requests).toHaveLength(1);
  });

  it('repeats run-now with the same token after a lost reply', async () => {
    const { client, server } = await against((_request, response, count) =>
      count < 2 ? void response.destroy() : sendJson(response, 200, '{"run_id":4}'),
    );
    expect(await client.jobs.runNow({ jobId: '1', idempotencyToken: 'tok', jobParameters: {} })).toEqual({
      runId: '4',
    });
    expect(new Set(server.requests.map(({ body }) => String(body))).size).toBe(1);
    expect(server.requests).toHaveLength(3);
  });

  it('counts a body that breaks off as a lost reply', async () => {
    const { client, server } = await against((_request, response, count) => {
      if (count > 0) return sendJson(response, 200, '{"run_id":4}');
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"run_id":');
      response.destroy();
    });
    await client.jobs.runNow({ jobId: '1', idempotencyToken: 'tok', jobParameters: {} });
    expect(server.requests).toHaveLength(2);
  });

  it('keeps the last cause when the budget is spent', async () => {
    const { client, server } = await against((_request, response) =>
      sendJson(response, 429, '{"error_code":"RESOURCE_EXHAUSTED","message":"no"}', { 'retry-after': '20' }),
    );
    const error = await failureOf(client.runs.get('1', { retryBudgetMs: 45_000 }));
    expect(error.code).toBe('workspace.throttled');
    expect(error.data).toMatchObject({ status: 429, errorCode: 'RESOURCE_EXHAUSTED', retryAfterMs: 20_000 });
    expect(server.requests).toHaveLength(3);
  });

  it('repeats a read that the workspace calls temporary by its words alone', async () => {
    const body = '{"error_code":"INVALID_STATE","message":"ClusterNotReadyException: c"}';
    const { client, server } = await against((_request, response, count) =>
      count === 0 ? sendJson(response, 400, body) : sendJson(response, 200, '{"run_id":4}'),
    );
    expect(await client.runs.get('4')).toMatchObject({ runId: '4' });
    const created = await against((_request, response) => sendJson(response, 400, body));
    await failureOf(created.client.jobs.create({ name: 'x' }));
    expect([server.requests.length, created.server.requests.length]).toEqual([2, 1]);
  });

  it('tries once without a budget', async () => {
    const { client, server } = await against((_request, response) => sendJson(response, 503, ''));
    await failureOf(client.runs.get('1', { retryBudgetMs: 0 }));
    expect(server.requests).toHaveLength(1);
  });

  it('ends a call that is not answered in time', async () => {
    const { client } = await against(() => undefined);
    expect((await failureOf(client.runs.get('1', { timeoutMs: 50, retryBudgetMs: 0 }))).code).toBe('workspace.timeout');
  });

  it('ends at once when the caller gives up', async () => {
    const controller = new AbortController();
    const { client } = await against(() => controller.abort(new Error('enough')));
    await expect(client.runs.get('1', { signal: controller.signal })).rejects.toThrow('enough');
  });

  it('says that nothing listens', async () => {
    const { client, server } = await against((_request, response) => void response.end());
    await server.close();
    const error = await failureOf(client.runs.get('1', { retryBudgetMs: 0 }));
    expect(error.code).toBe('workspace.unavailable');
    expect(error.message).toContain('ECONNREFUSED');
  });
});

describe('answers that are not the API', () => {
  it('does not follow a redirect to a login page', async () => {
    const { client, server } = await against(
      (_request, response) => void response.writeHead(302, { location: 'https://login.example.org/?next=1' }).end(),
    );
    const error = await failureOf(client.runs.get('1'));
    expect(error.message).toContain('302, sent on to https://login.example.org/');
    expect(server.requests).toHaveLength(1);
  });

  it('does not take a login page with 200 for an answer', async () => {
    const { client } = await against((_request, response) => void response.end('<html><title>Sign in</title></html>'));
    const error = await failureOf(client.jobs.create({ name: 'x' }));
    expect(error.code).toBe('workspace.rejected');
    expect(error.message).toContain('not JSON');
  });

  it('names what is missing in an answer of another shape', async () => {
    const { client } = await against((_request, response) => sendJson(response, 200, '{"id":1}'));
    expect((await failureOf(client.jobs.create({ name: 'x' }))).message).toContain('job_id');
  });

  it('shows no secret, wherever it is echoed', async () => {
    const { client } = await against((request, response) =>
      sendJson(
        response,
        400,
        JSON.stringify({ error_code: 'X', message: `header was ${request.headers.authorization}` }),
      ),
    );
    const error = await failureOf(client.runs.get('1'));
    expect(JSON.stringify([error.message, error.stack, error.toFailure()])).not.toContain(secret);
  });
});

describe('files', () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7 + (index >> 8)) % 256));

  it('uploads byte for byte with a content length, each path segment encoded by itself', async () => {
    const { client, server } = await against((request, response) => {
      if (request.method === 'HEAD')
        return void response.writeHead(200, { 'content-length': String(bytes.length) }).end();
      response.writeHead(204).end();
    });
    await client.files.upload(
      '/Volumes/main/slow lane/a#b/ü%.bin',
      () => Readable.from([bytes.subarray(0, 99_999), bytes.subarray(99_999)]),
      {
        size: bytes.length,
        overwrite: false,
      },
    );
    const put = server.requests[0];
    expect(put?.url).toBe('/api/2.0/fs/files/Volumes/main/slow%20lane/a%23b/%C3%BC%25.bin?overwrite=false');
    expect(put?.headers['content-length']).toBe('300000');
    expect(put?.headers['transfer-encoding']).toBeUndefined();
    expect(put?.body.equals(bytes)).toBe(true);
  });

  it('fails when the workspace holds another number of bytes', async () => {
    const { client } = await against((request, response) => {
      if (request.method === 'HEAD') return void response.writeHead(200, { 'content-length': '0' }).end();
      response.writeHead(204).end();
    });
    const error = await failureOf(
      client.files.upload('/Volumes/a/b/c/x', () => Readable.from([bytes]), { size: bytes.length, overwrite: true }),
    );
    expect(error.message).toContain('300000 bytes were sent, 0 arrived');
  });

  it('opens the source again for a second attempt', async () => {
    let opened = 0;
    const { client } = await against((request, response, count) => {
      if (request.method === 'HEAD')
        return void response.writeHead(200, { 'content-length': String(bytes.length) }).end();
      return count === 0 ? void response.destroy() : void response.writeHead(204).end();
    });
    const open = (): Readable => (opened++, Readable.from([bytes]));
    await client.files.upload('/Volumes/a/b/c/x', open, { size: bytes.length, overwrite: true });
    expect(opened).toBe(2);
  });

  it('refuses a source that is not as long as was said', async () => {
    const { client } = await against((_request, response) => void response.writeHead(204).end());
    const open = (): Readable => Readable.from([Buffer.from('short')]);
    await failureOf(client.files.upload('/Volumes/a/b/c/x', open, { size: 10, overwrite: true }, { retryBudgetMs: 0 }));
  });

  it.each(['/Volumes/a/../b', '/Volumes//b', 'Volumes/a', '/Volumes/a/./b'])('refuses the path %s', async (path) => {
    const { client, server } = await against((_request, response) => void response.end());
    await expect(async () => client.files.head(path)).rejects.toThrow(path);
    expect(server.requests).toHaveLength(0);
  });

  it('downloads byte for byte', async () => {
    const { client } = await against((_request, response) => void response.end(bytes));
    const { stream, size } = await client.files.download('/Volumes/a/b/c/x');
    expect(size).toBe(300_000);
    expect((await buffer(stream)).equals(bytes)).toBe(true);
  });

  it('fails when a download breaks off', async () => {
    const { client } = await against((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('only this');
      response.socket?.end();
    });
    const { stream } = await client.files.download('/Volumes/a/b/c/x');
    expect((await failureOf(text(stream))).message).toContain('broke off after');
  });

  it('tells a missing file from a file', async () => {
    const { client } = await against(
      (request, response) =>
        void response.writeHead(request.url.endsWith('/here') ? 200 : 404, { 'content-length': '3' }).end(),
    );
    expect(await client.files.head('/Volumes/a/b/c/here')).toMatchObject({ size: 3 });
    expect(await client.files.head('/Volumes/a/b/c/gone')).toBeUndefined();
  });

  it('lists until there is no token, an empty page or not', async () => {
    const pages = [
      '{"next_page_token":"x"}',
      '{"contents":[{"name":"a","path":"/Volumes/a/b/c/a","is_directory":false,"file_size":7,"last_modified":1}]}',
    ];
    const { client } = await against((_request, response, count) => sendJson(response, 200, pages[count] as string));
    expect(await client.files.list('/Volumes/a/b/c')).toEqual([
      { name: 'a', path: '/Volumes/a/b/c/a', isFolder: false, size: 7 },
    ]);
  });
});

describe('volumeStoreOf', () => {
  it('writes in one call, and makes the folder only when it is missing', async () => {
    let isThere = false;
    const { client, server } = await against((request, response) => {
      if (request.url.includes('/directories/')) isThere = true;
      response.writeHead(isThere ? 204 : 404).end();
    });
    const volumes = volumeStoreOf(client);
    await volumes.write('/Volumes/a/b/c/p/one', Buffer.from('1'));
    await volumes.write('/Volumes/a/b/c/p/two', Buffer.from('2'));
    expect(server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'PUT /api/2.0/fs/files/Volumes/a/b/c/p/one?overwrite=true',
      'PUT /api/2.0/fs/directories/Volumes/a/b/c/p',
      'PUT /api/2.0/fs/files/Volumes/a/b/c/p/one?overwrite=true',
      'PUT /api/2.0/fs/files/Volumes/a/b/c/p/two?overwrite=true',
    ]);
  });

  it('keeps an immutable file that has the right size, and heals one that has not', async () => {
    let stored = 3;
    const { client, server } = await against((request, response) => {
      if (request.method === 'PUT') stored = request.body.length;
      response
        .writeHead(
          request.method === 'PUT' ? 204 : 200,
          request.method === 'PUT' ? {} : { 'content-length': String(stored) },
        )
        .end();
    });
    const upload = (): Promise<void> =>
      volumeStoreOf(client).upload('/Volumes/a/b/c/x', () => Promise.resolve(Readable.from([Buffer.from('four')])), 4, {
        immutable: true,
      });
    await upload();
    await upload();
    expect(server.requests.map(({ method }) => method)).toEqual(['HEAD', 'PUT', 'HEAD', 'HEAD']);
  });
});

describe('workspace and identity', () => {
  it('imports a file as base64', async () => {
    const { client, server } = await against((_request, response) => sendJson(response, 200, '{}'));
    await client.workspace.import({ path: '/Shared/x.py', content: Buffer.from('print(1)'), overwrite: true });
    await client.workspace.mkdirs('/Shared/y');
    expect(server.requests.map(({ url, body }) => `${url} ${String(body)}`)).toEqual([
      '/api/2.0/workspace/import {"path":"/Shared/x.py","content":"cHJpbnQoMSk=","format":"RAW","overwrite":true}',
      '/api/2.0/workspace/mkdirs {"path":"/Shared/y"}',
    ]);
  });

  it('says who it is', async () => {
    const { client } = await against((_request, response) =>
      sendJson(response, 200, '{"id":"7","userName":"a@example.org","active":true,"emails":[]}'),
    );
    expect(await client.me()).toEqual({ id: '7', userName: 'a@example.org', displayName: undefined, active: true });
  });
});

describe('OAuth of a service principal', () => {
  function oauth(
    expiresIn: number,
    refuse: (token: string) => boolean = () => false,
  ): { answer: Answer; issued: string[] } {
    const issued: string[] = [];
    const answer: Answer = (request, response) => {
      if (request.url === '/oidc/.well-known/oauth-authorization-server') {
        return sendJson(response, 200, '{"token_endpoint":"https://elsewhere.example.org/oidc/v1/token"}');
      }
      if (request.url === '/oidc/v1/token') {
        issued.push(`${request.headers.authorization} ${String(request.body)}`);
        return sendJson(
          response,
          200,
          `{"access_token":"access-${issued.length}","token_type":"Bearer","expires_in":${expiresIn}}`,
        );
      }
      if (refuse(String(request.headers.authorization)))
        return sendJson(response, 401, '{"error_code":"UNAUTHENTICATED","message":"expired"}');
      return sendJson(response, 200, '{"id":"7","userName":"sp"}');
    };
    return { answer, issued };
  }

  const principal = { clientId: 'client', clientSecret: 'planted-client-secret' };

  it('fetches one token for many callers and sends the secret to the workspace only', async () => {
    const { answer, issued } = oauth(3_600);
    const { client } = await against(answer, principal);
    await Promise.all(Array.from({ length: 20 }, () => client.me()));
    expect(issued).toEqual([
      `Basic ${Buffer.from('client:planted-client-secret').toString('base64')} grant_type=client_credentials&scope=all-apis`,
    ]);
  });

  it('takes a token that ends within 40 seconds for expired', async () => {
    const { answer, issued } = oauth(40);
    const { client } = await against(answer, principal);
    await client.me();
    await client.me();
    expect(issued).toHaveLength(2);
  });

  it('renews once for many callers whose token was refused', async () => {
    const { answer, issued } = oauth(3_600, (header) => header === 'Bearer access-1');
    const { client } = await against(answer, principal);
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.me()));
    expect(new Set(answers.map(({ userName }) => userName))).toEqual(new Set(['sp']));
    expect(issued).toHaveLength(2);
  });

  it.each([
    ['a page', 200, '<html><title>Sign in</title></html>', 'workspace.rejected'],
    ['a refusal', 401, '{"error":"invalid_client","error_description":"no such client"}', 'workspace.unauthenticated'],
    ['an answer without a token', 200, '{"token_type":"Bearer"}', 'workspace.unauthenticated'],
  ])('says what is wrong with the token when %s comes in its place', async (_what, status, body, code) => {
    const { client } = await against((request, response) => {
      if (request.url === '/oidc/.well-known/oauth-authorization-server') return sendJson(response, 200, '{}');
      return request.method === 'POST' ? sendJson(response, status, body) : sendJson(response, 404, '{}');
    }, principal);
    const error = await failureOf(client.me({ retryBudgetMs: 0 }));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining('POST /oidc/v1/token')]);
  });

  it('renews once after a 401, and then gives up', async () => {
    const { answer, issued } = oauth(3_600, (header) => header === 'Bearer access-1');
    const { client } = await against(answer, principal);
    expect(await client.me()).toMatchObject({ userName: 'sp' });
    expect(issued).toHaveLength(2);

    const always = oauth(3_600, () => true);
    const second = await against(always.answer, principal);
    expect((await failureOf(second.client.me())).code).toBe('workspace.unauthenticated');
    expect(always.issued).toHaveLength(2);
  });
});
