import { describe, expect, it } from 'vitest';
import { SlowLaneError } from '@slowlane/contracts';
import { digest } from './testing/callers.ts';
import { closeAfterEach, serve, type Served } from './testing/serve.ts';

closeAfterEach();

const body = { operation: 'daily-sales', body: { month: 3 } };

async function withOperation(): Promise<Served> {
  const served = await serve();
  served.addPipeline('daily-sales', { file: { operation: { result: { link_ttl: '2h' } } } });
  served.register('daily-sales');
  return served;
}

describe('POST /v1/requests', () => {
  it('answers 202 with id, correlation id and links once the request is durable, pinned to what is current', async () => {
    const { call, state } = await withOperation();
    const answer = await call('client', 'POST', '/v1/requests', { payload: body });
    expect(answer.statusCode).toBe(202);
    const accepted = answer.json();
    expect(accepted.id).toMatch(/^req_[0-9A-Z]{26}$/);
    expect(answer.headers['correlation-id']).toBe(accepted.correlationId);
    expect(answer.headers['location']).toBe(`http://127.0.0.1:8080/v1/requests/${accepted.id}`);
    expect(accepted.links.events).toBe(`http://127.0.0.1:8080/v1/requests/${accepted.id}/events`);
    expect(state.requests.get(accepted.id)).toMatchObject({
      principal: 'client',
      operation: 'daily-sales',
      body: { month: 3 },
      pin: {
        pipeline: 'daily-sales',
        revision: 1,
        registrationId: 'reg_01J0000000000000000000000R',
        artifact: digest('a'),
        workspace: 'local',
      },
    });
  });

  it('keeps a well-formed traceparent word for word, and drops any other', async () => {
    const { call, state } = await withOperation();
    const good = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const given = [
      good,
      'nonsense',
      `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
      good.replace('00-', 'ff-'),
      `${good}x`,
    ];
    for (const traceparent of given)
      await call('client', 'POST', '/v1/requests', { payload: body, headers: { traceparent } });
    expect([...state.requests.values()].map((request) => request.traceparent)).toEqual([
      good,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('answers a repeat with the same Idempotency-Key with the first request, whatever the order of its fields', async () => {
    const { call, state } = await withOperation();
    const headers = { 'idempotency-key': 'k-1' };
    const first = await call('client', 'POST', '/v1/requests', {
      payload: { operation: 'daily-sales', body: { a: 1, b: 2 } },
      headers,
    });
    const again = await call('client', 'POST', '/v1/requests', {
      payload: { body: { b: 2, a: 1 }, operation: 'daily-sales' },
      headers,
    });
    expect(again.statusCode).toBe(202);
    expect(again.json()).toEqual(first.json());
    expect(again.headers['correlation-id']).toBe(first.headers['correlation-id']);
    expect(state.requests.size).toBe(1);

    const other = await call('client', 'POST', '/v1/requests', { payload: body, headers });
    expect(other.statusCode).toBe(422);
    expect(other.json()).toMatchObject({ code: 'request.key-reused' });
    const stranger = await call('admin', 'POST', '/v1/requests', { payload: body, headers });
    expect(stranger.json().id).not.toBe(first.json().id);
  });

  it.each(['', ' ', 'two words', 'x'.repeat(256), 'gr\u00fcn'])('refuses the Idempotency-Key %j', async (key) => {
    const { call } = await withOperation();
    const answer = await call('client', 'POST', '/v1/requests', { payload: body, headers: { 'idempotency-key': key } });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().detail).toContain('headers.idempotency-key');
  });

  it('names the nearest operation for one that does not exist', async () => {
    const { call } = await withOperation();
    const answer = await call('admin', 'POST', '/v1/requests', { payload: { ...body, operation: 'daily-salse' } });
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({
      code: 'request.operation-unknown',
      detail: 'there is no operation "daily-salse"',
      hint: 'Did you mean "daily-sales"? List them with: slowlane pipeline ls',
    });
  });

  it('refuses an operation whose pipeline has no job yet', async () => {
    const { call, addPipeline } = await serve();
    addPipeline('daily-sales');
    const answer = await call('client', 'POST', '/v1/requests', { payload: body });
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({ code: 'pipeline.not-registered' });
  });

  it('runs on the target that is asked for, and names the targets for one that is not declared', async () => {
    const { call, addPipeline, register, state } = await serve();
    addPipeline('daily-sales', { file: { targets: { dev: { workspace: 'local' }, prod: { workspace: 'prod' } } } });
    register('daily-sales', 'dev');
    state.registrations.push({ ...register('daily-sales', 'prod'), workspace: 'prod' });
    const answer = await call('client', 'POST', '/v1/requests', { payload: { ...body, target: 'prod' } });
    expect(state.requests.get(answer.json().id)?.pin.workspace).toBe('prod');
    const wrong = await call('client', 'POST', '/v1/requests', { payload: { ...body, target: 'test' } });
    expect(wrong.statusCode).toBe(400);
    expect(wrong.json().detail).toBe('body.target: "test" is none of the targets of daily-sales: dev, prod');
  });

  it('answers at once when the body plainly breaks the schema of the operation', async () => {
    const { call, state } = await withOperation();
    state.invalidBody = new SlowLaneError('request.body-invalid', 'month: must be <= 12').toFailure();
    const answer = await call('client', 'POST', '/v1/requests', { payload: body });
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ code: 'request.body-invalid', detail: 'month: must be <= 12' });
    expect(state.requests.size).toBe(0);
  });

  it('takes only callbacks that are allowed', async () => {
    const { call, state } = await withOperation();
    const callback = 'https://evil.example/';
    const refused = await call('client', 'POST', '/v1/requests', { payload: { ...body, callback } });
    expect(refused.json()).toMatchObject({ status: 422, code: 'request.callback-refused' });
    const taken = await call('client', 'POST', '/v1/requests', {
      payload: { ...body, callback: 'https://ok.example/x' },
    });
    expect(state.requests.get(taken.json().id)?.callback).toBe('https://ok.example/x');
  });

  it('needs the scope of this very operation', async () => {
    const { call, addPipeline, register } = await withOperation();
    addPipeline('other');
    register('other');
    for (const who of ['read', 'author', 'nothing'] as const) {
      const answer = await call(who, 'POST', '/v1/requests', { payload: body });
      expect(answer.json(), who).toMatchObject({
        status: 403,
        code: 'auth.scope',
        detail: expect.stringContaining('"request:daily-sales"'),
      });
    }
    const other = await call('client', 'POST', '/v1/requests', { payload: { ...body, operation: 'other' } });
    expect(other.json()).toMatchObject({
      code: 'auth.scope',
      hint: 'Make one that has it: slowlane token create --scope request:other',
    });
  });

  it('answers 503 with Retry-After, and nothing of the reason, while Redis is away', async () => {
    const { call, state } = await withOperation();
    state.failWith = new SlowLaneError(
      'queue.unavailable',
      'Redis does not answer: connect ECONNREFUSED 10.0.0.7:6379',
    );
    const answer = await call('client', 'POST', '/v1/requests', { payload: body });
    expect(answer.statusCode).toBe(503);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answer.json()).toMatchObject({ code: 'queue.unavailable', detail: 'Redis does not answer.' });
    expect(answer.body).not.toContain('10.0.0.7');
    expect(state.logged.at(-1)?.message).toContain('10.0.0.7:6379');
    expect(state.logged.at(-1)?.fields['correlationId']).toBe(answer.headers['correlation-id']);
  });
});

describe('GET /v1/requests/{id}', () => {
  it('answers from Redis right after the 202, with the parts', async () => {
    const { call, state } = await withOperation();
    const { id } = (await call('client', 'POST', '/v1/requests', { payload: body })).json();
    state.parts.set(id, [
      {
        ...{
          id: `${id}-0`,
          requestId: id,
          index: 0,
          key: 'EWR',
          document: {},
          state: 'parked',
          attempt: 0,
          token: 'secret-token',
        },
        ...{
          runId: undefined,
          runPageUrl: undefined,
          parkedAt: 5,
          grantedAt: undefined,
          submittedAt: undefined,
          endedAt: undefined,
        },
        ...{
          failure: undefined,
          waiting: { dimension: 'op:daily-sales', limit: 2, inUse: 2 },
          cancelRequested: false,
          log: undefined,
        },
      },
    ]);
    for (const who of ['client', 'read', 'admin'] as const) {
      const answer = await call(who, 'GET', `/v1/requests/${id}`);
      expect(answer.statusCode, who).toBe(200);
      expect(answer.json()).toMatchObject({ id, state: 'accepted', body: { month: 3 }, artifact: digest('a') });
      expect(answer.json().parts).toEqual([
        {
          id: `${id}-0`,
          key: 'EWR',
          state: 'parked',
          attempt: 0,
          parkedAt: 5,
          waiting: { dimension: 'op:daily-sales', limit: 2, inUse: 2 },
          wait: { dimension: 'op:daily-sales', limit: 2, inUse: 2, parkedAt: 5 },
        },
      ]);
    }
    expect((await call('author', 'GET', `/v1/requests/${id}`)).json().code).toBe('auth.scope');
  });

  it('answers from history what Redis has let go', async () => {
    const { call, state } = await withOperation();
    const { id } = (await call('client', 'POST', '/v1/requests', { payload: body })).json();
    state.archived.set(id, {
      ...state.requests.get(id)!,
      state: 'failed',
      failure: new SlowLaneError('run.failed', 'exit code 1').toFailure(),
    });
    state.requests.delete(id);
    const answer = await call('read', 'GET', `/v1/requests/${id}`);
    expect(answer.json()).toMatchObject({ state: 'failed', failure: { code: 'run.failed', message: 'exit code 1' } });
  });

  it('says when there is none', async () => {
    const { call } = await serve();
    const answer = await call('read', 'GET', '/v1/requests/req_01J0000000000000000000000A');
    expect(answer.json()).toMatchObject({ status: 404, code: 'request.not-found' });
  });
});

describe('GET /v1/requests', () => {
  it('lists page by page, newest first, each request once', async () => {
    const { call, state } = await withOperation();
    for (let n = 0; n < 7; n++) await call('client', 'POST', '/v1/requests', { payload: body });
    for (const request of state.requests.values()) state.archived.set(request.id, request);
    const ids: string[] = [];
    let next: string | undefined;
    do {
      const page = (
        await call('read', 'GET', `/v1/requests?limit=3${next === undefined ? '' : `&before=${next}`}`)
      ).json();
      ids.push(...page.requests.map(({ id }: { id: string }) => id));
      next = page.next;
    } while (next !== undefined);
    expect(ids).toEqual([...state.archived.keys()].sort().reverse());
  });

  it('filters, and refuses what is no filter', async () => {
    const { call, state } = await withOperation();
    const { id } = (await call('client', 'POST', '/v1/requests', { payload: body })).json();
    state.archived.set(id, state.requests.get(id)!);
    expect(
      (await call('read', 'GET', '/v1/requests?state=accepted&operation=daily-sales')).json().requests,
    ).toHaveLength(1);
    expect((await call('read', 'GET', '/v1/requests?state=failed')).json().requests).toHaveLength(0);
    for (const query of ['state=x', 'limit=0', 'limit=201', 'limit=x', 'before=x', 'operation=A%20B']) {
      expect((await call('read', 'GET', `/v1/requests?${query}`)).statusCode, query).toBe(400);
    }
  });
});

describe('POST /v1/requests/{id}/cancel', () => {
  it('answers 202 with what the request is now, for who may send it', async () => {
    const { call } = await withOperation();
    const { id } = (await call('client', 'POST', '/v1/requests', { payload: body })).json();
    expect((await call('read', 'POST', `/v1/requests/${id}/cancel`)).json().code).toBe('auth.scope');
    const answer = await call('client', 'POST', `/v1/requests/${id}/cancel`);
    expect(answer.statusCode).toBe(202);
    expect(answer.json().state).toBe('cancelling');
  });

  it('refuses a request that has ended, also when only history knows it', async () => {
    const { call, endRequest, state } = await withOperation();
    const { id } = (await call('client', 'POST', '/v1/requests', { payload: body })).json();
    endRequest(id, { state: 'succeeded' });
    const ended = await call('client', 'POST', `/v1/requests/${id}/cancel`);
    expect(ended.json()).toMatchObject({
      status: 409,
      code: 'request.not-cancellable',
      detail: `request ${id} has ended: succeeded`,
    });
    state.archived.set(id, state.requests.get(id)!);
    state.requests.delete(id);
    expect((await call('client', 'POST', `/v1/requests/${id}/cancel`)).json().code).toBe('request.not-cancellable');
  });
});

describe('results', () => {
  it('are links, valid as long as the pinned revision says, and open without a token', async () => {
    const { call, endRequest } = await withOperation();
    const { id } = (await call('client', 'POST', '/v1/requests', { payload: body })).json();
    expect((await call('client', 'GET', `/v1/requests/${id}/result`)).json()).toEqual({
      request: id,
      state: 'accepted',
      files: [],
    });
    endRequest(id, {
      state: 'succeeded',
      result: [
        { name: 'EWR/report.html', path: '/Volumes/x', size: 5 },
        { name: 'data.bin', path: '/Volumes/y', size: 2 },
      ],
    });
    const result = (await call('client', 'GET', `/v1/requests/${id}/result`)).json();
    expect(result.files[0]).toMatchObject({ name: 'EWR/report.html', size: 5, expiresAt: 7_200_000 });

    const { pathname, search, origin } = new URL(result.files[0].href);
    expect(origin).toBe('http://127.0.0.1:8080');
    const html = await call(undefined, 'GET', pathname + search);
    expect(html.statusCode).toBe(200);
    expect(html.body).toBe('xxxxx');
    expect(html.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-length': '5',
      'content-disposition': `inline; filename="report.html"; filename*=UTF-8''report.html`,
      'x-content-type-options': 'nosniff',
    });
    expect(html.headers['content-security-policy']).toMatch(/^sandbox; default-src 'none'/);

    const other = new URL(result.files[1].href);
    const bytes = await call(undefined, 'GET', other.pathname + other.search);
    expect(bytes.headers['content-disposition']).toMatch(/^attachment/);
  });

  it('are refused with a link that was changed or is incomplete', async () => {
    const { call } = await serve();
    const at = '/v1/results/req_01J0000000000000000000000A/files/x.csv';
    expect((await call(undefined, 'GET', `${at}?expires=1&signature=bad`)).json()).toMatchObject({
      status: 403,
      code: 'result.link-invalid',
    });
    expect((await call(undefined, 'GET', `${at}?expires=1&signature=good`)).json()).toMatchObject({
      status: 404,
      code: 'result.not-found',
    });
    for (const query of ['', '?expires=1', '?expires=1e9&signature=good', '?expires=1&expires=2&signature=good']) {
      expect((await call(undefined, 'GET', at + query)).json(), query).toMatchObject({
        status: 400,
        code: 'request.invalid',
      });
    }
  });
});
