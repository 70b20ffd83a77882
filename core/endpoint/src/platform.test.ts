import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { secrets } from './testing/callers.ts';
import { closeAfterEach, serve } from './testing/serve.ts';

closeAfterEach();

const yaml = { 'content-type': 'text/yaml' };

describe('pipelines', () => {
  it('are applied as YAML, and shown with the job they have', async () => {
    const { call, register } = await serve();
    const text = 'pipeline: daily-sales # the good one\n';
    const applied = await call('author', 'PUT', '/v1/pipelines/daily-sales', { payload: text, headers: yaml });
    expect(applied.statusCode).toBe(200);
    expect(applied.json()).toEqual({
      ...{ name: 'daily-sales', revision: 1, origin: 'applied', by: 'author', at: 1, text },
      ...{ gitUrl: 'http://127.0.0.1:8080/git/daily-sales.git', webhookSecret: 'whsec_daily-sales' },
    });
    register('daily-sales');
    await call('author', 'PUT', '/v1/pipelines/daily-sales', { payload: `${text}# 2\n`, headers: yaml });
    const shown = (await call('read', 'GET', '/v1/pipelines/daily-sales')).json();
    expect(shown).toMatchObject({ revision: 2, registration: { jobId: '4711', workspace: 'local', commit: 'abc' } });
    expect(shown).not.toHaveProperty('webhookSecret');
    expect((await call('read', 'GET', '/v1/pipelines/daily-sales?revision=1')).json().text).toBe(text);
    expect((await call('read', 'GET', '/v1/pipelines')).json().pipelines).toHaveLength(1);
  });

  it('that are wrong are answered with line and nearest key', async () => {
    const { call } = await serve();
    const answer = await call('author', 'PUT', '/v1/pipelines/x', {
      payload: 'pipeline: x\nbulid: {}\n',
      headers: yaml,
    });
    expect(answer.json()).toMatchObject({
      status: 422,
      code: 'pipeline.unknown-key',
      detail: 'x.yaml:2: unknown key "bulid"',
      hint: 'did you mean "build"?',
    });
  });

  it('are refused as JSON, empty, too large, and under a name that is none', async () => {
    const { call } = await serve();
    const put = (name: string, payload: string, headers = yaml) =>
      call('author', 'PUT', `/v1/pipelines/${name}`, { payload, headers });
    expect((await put('x', '{"pipeline":"x"}', { 'content-type': 'application/json' })).json()).toMatchObject({
      status: 415,
      code: 'request.media-type',
    });
    expect((await put('x', '')).json().code).toBe('request.invalid');
    expect((await put('x', 'x'.repeat(100_001))).json()).toMatchObject({ status: 413, code: 'request.too-large' });
    expect((await put('UPPER', 'x')).json()).toMatchObject({
      status: 400,
      detail: expect.stringContaining('params.name'),
    });
    expect((await call('read', 'PUT', '/v1/pipelines/x', { payload: 'x', headers: yaml })).json().code).toBe(
      'auth.scope',
    );
    expect((await call('read', 'GET', '/v1/pipelines/none')).json()).toMatchObject({
      status: 404,
      code: 'pipeline.not-found',
    });
  });
});

describe('gates', () => {
  it('are listed, set by hand with who and why, and reset', async () => {
    const { call, state } = await serve();
    state.gates.push({ dimension: 'op:daily-sales', limit: 2, declared: 2, byHand: undefined, inUse: 1, waiting: 3 });
    state.gates.push({ dimension: '*', limit: null, declared: null, byHand: undefined, inUse: 1, waiting: 0 });
    state.tokens.push({
      ...state.tokens[0]!,
      id: 'tok_g',
      name: 'ops',
      scopes: ['gate'],
      secret: 'sl_gategate_aaaaaaaaaaaaaaaaaaaaaaaa',
    });
    const headers = { authorization: 'Bearer sl_gategate_aaaaaaaaaaaaaaaaaaaaaaaa' };
    expect((await call('read', 'GET', '/v1/gates')).json().gates[1]).toEqual({
      dimension: '*',
      limit: null,
      declared: null,
      inUse: 1,
      waiting: 0,
    });

    const set = await call(undefined, 'PUT', '/v1/gates/op:daily-sales', {
      payload: { limit: 0, reason: 'the ERP is down' },
      headers,
    });
    expect(set.json().gates[0]).toMatchObject({
      limit: 0,
      declared: 2,
      byHand: { limit: 0, by: 'ops', reason: 'the ERP is down' },
    });
    const reset = await call(undefined, 'DELETE', '/v1/gates/op%3Adaily-sales', { headers });
    expect(reset.json().gates[0]).toEqual({ dimension: 'op:daily-sales', limit: 2, declared: 2, inUse: 1, waiting: 3 });
    expect(
      (await call('admin', 'PUT', '/v1/gates/%2A', { payload: { limit: 9, reason: 'x' } })).json().gates[1].limit,
    ).toBe(9);
  });

  it('take and show a budget in millionths of the currency, and say so', async () => {
    const { call, state } = await serve();
    const limit = 100_000_000;
    state.gates.push({ dimension: 'bud:acme', limit, declared: limit, byHand: undefined, inUse: 0, waiting: 0 });
    state.gates.push({ dimension: 'tn:acme', limit: 3, declared: 3, byHand: undefined, inUse: 0, waiting: 0 });
    const set = (dimension: string, to: number) =>
      call('admin', 'PUT', `/v1/gates/${dimension}`, { payload: { limit: to, reason: 'month end' } });
    const { gates } = (await set('bud:acme', 250_500_000)).json();
    expect(gates[0]).toMatchObject({ dimension: 'bud:acme', unit: 'micros', limit: 250_500_000, declared: limit });
    expect(gates[1]).not.toHaveProperty('unit');
    expect((await call('admin', 'DELETE', '/v1/gates/bud:acme')).json().gates[0]).toMatchObject({
      unit: 'micros',
      limit,
    });
    expect((await set('tn:acme', 1_000_001)).json()).toMatchObject({ status: 400, code: 'request.invalid' });
    expect((await set('tn:acme', 1_000_000)).statusCode).toBe(200);
    expect((await set('bud:acme', 1e15)).json()).toMatchObject({ status: 400, code: 'request.invalid' });
  });

  it('refuse a dimension or a limit that cannot be', async () => {
    const { call } = await serve();
    const set = (dimension: string, payload: object) => call('admin', 'PUT', `/v1/gates/${dimension}`, { payload });
    const good = { limit: 1, reason: 'x' };
    expect((await set('op:none', good)).json()).toMatchObject({ status: 404, code: 'gate.unknown-dimension' });
    for (const dimension of ['op:', 'op', 'x:y', 'op:A', 'op:a%0D%0Ab', '**', 'op:..']) {
      expect((await set(dimension, good)).json(), dimension).toMatchObject({ status: 400, code: 'request.invalid' });
    }
    for (const payload of [
      { limit: -1, reason: 'x' },
      { limit: 1.5, reason: 'x' },
      { limit: 1 },
      { limit: '1', reason: 'x' },
      { limit: 1, reason: '' },
    ]) {
      expect((await set('op:none', payload)).statusCode, JSON.stringify(payload)).toBe(400);
    }
    expect((await call('read', 'PUT', '/v1/gates/*', { payload: good })).json().code).toBe('auth.scope');
  });
});

describe('tokens', () => {
  it('are made, used, listed without their secrets, and revoked at once', async () => {
    const { call } = await serve();
    const payload = { name: 'erp', scopes: ['request:daily-sales', 'read'], ttl: '30d' };
    const made = await call('admin', 'POST', '/v1/tokens', { payload });
    expect(made.statusCode).toBe(201);
    expect(made.json()).toMatchObject({ token: { name: 'erp', scopes: payload.scopes }, webhookSecret: 'whsec_erp' });
    const headers = { authorization: `Bearer ${made.json().secret}` };
    expect((await call(undefined, 'GET', '/v1/gates', { headers })).statusCode).toBe(200);

    const list = await call('admin', 'GET', '/v1/tokens');
    expect(list.json().tokens.at(-1)).toMatchObject({ name: 'erp' });
    for (const secret of [...Object.values(secrets), made.json().secret]) expect(list.body).not.toContain(secret);

    expect((await call('admin', 'DELETE', `/v1/tokens/${made.json().token.id}`)).statusCode).toBe(204);
    expect((await call(undefined, 'GET', '/v1/gates', { headers })).json()).toMatchObject({
      status: 401,
      code: 'auth.invalid',
    });
    expect((await call('admin', 'DELETE', '/v1/tokens/tok_none')).json()).toMatchObject({
      status: 404,
      code: 'auth.not-found',
    });
  });

  it('live from the time of the shared clock on, whatever this machine takes for the time of day', async () => {
    const behind = Date.now() - 600_000;
    const { call } = await serve(() => ({ now: () => behind }));
    const made = await call('admin', 'POST', '/v1/tokens', { payload: { name: 'erp', scopes: ['read'], ttl: '1h' } });
    expect(made.json().token.expiresAt).toBe(behind + 3_600_000);
  });

  it.each([
    [{ name: 'x', scopes: ['root'] }],
    [{ name: 'x', scopes: ['push:'] }],
    [{ name: 'x', scopes: ['request:a b'] }],
    [{ name: 'x', scopes: [] }],
    [{ name: '', scopes: ['read'] }],
    [{ name: 'x', scopes: ['read'], ttl: '30' }],
    [{ name: 'x', scopes: ['read'], ttl: '0d' }],
    [{ name: 'x', scopes: ['read'], admin: true }],
  ])('are refused as %j', async (payload) => {
    const { call, state } = await serve();
    const before = state.tokens.length;
    expect((await call('admin', 'POST', '/v1/tokens', { payload })).json()).toMatchObject({
      status: 400,
      code: 'request.invalid',
    });
    expect(state.tokens).toHaveLength(before);
  });
});

describe('authentication', () => {
  it('is asked for by every call, except health, result links and the documentation', async () => {
    const { app, call } = await serve();
    const paths = app.swagger().paths as Record<string, Record<string, { security?: unknown }>>;
    const open: string[] = [];
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, { security }] of Object.entries(methods)) {
        const url = path.replace(/\{[^}]+\}/g, 'x');
        const answer = await call(undefined, method.toUpperCase(), url);
        if (answer.statusCode !== 401) open.push(`${method} ${path}`);
        else {
          expect(answer.json()).toMatchObject({ code: 'auth.missing' });
          expect(answer.headers['www-authenticate']).toBe('Bearer');
          expect(security, path).toEqual([{ token: [] }]);
        }
      }
    }
    expect(open.sort()).toEqual([
      'get /v1/health',
      'get /v1/results/{id}/files/{*}',
      'head /v1/results/{id}/files/{*}',
    ]);
    expect(Object.keys(paths).length).toBeGreaterThan(20);
  });

  it('refuses a token with no scope for it on every call', async () => {
    const { app, call } = await serve();
    for (const [path, methods] of Object.entries(app.swagger().paths as Record<string, object>)) {
      for (const method of Object.keys(methods)) {
        const url = path
          .replace('{name}', 'daily-sales')
          .replace('{dimension}', '*')
          .replace(/\{[^}]+\}/g, 'bld_01J0000000000000000000000B');
        const answer = await call('nothing', method.toUpperCase(), url);
        expect([400, 403, 404, 200], `${method} ${path}`).toContain(answer.statusCode);
        if (answer.statusCode === 200) expect(path).toBe('/v1/health');
      }
    }
  });

  it.each([
    '',
    'Bearer',
    'Bearer ',
    'Basic dXNlcjpwYXNz',
    `Bearer  ${secrets.admin}`,
    `Bearer ${secrets.admin} x`,
    `Bearer ${'x'.repeat(513)}`,
  ])('refuses the header %j as no token', async (authorization) => {
    const { call } = await serve();
    expect((await call(undefined, 'GET', '/v1/gates', { headers: { authorization } })).json()).toMatchObject({
      status: 401,
      code: 'auth.missing',
    });
  });

  it('refuses an unknown token without saying anything of it', async () => {
    const { call } = await serve();
    const answer = await call(undefined, 'GET', '/v1/gates', {
      headers: { authorization: 'Bearer sl_unknown0_zzzzzzzzzzzzzzzzzzzzzz' },
    });
    expect(answer.json()).toMatchObject({ status: 401, code: 'auth.invalid' });
    expect(answer.body).not.toContain('zzzz');
  });

  it('comes before the body is read', async () => {
    const { call } = await serve();
    const answer = await call(undefined, 'POST', '/v1/requests', {
      payload: '{ not json',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.json().code).toBe('auth.missing');
  });
});

describe('runs and traces', () => {
  it('finds a run by the id of the workspace, before and after it is archived, and by its part', async () => {
    const { call, addPipeline, register, state, emit } = await serve();
    addPipeline('daily-sales');
    register('daily-sales');
    const { id } = (
      await call('client', 'POST', '/v1/requests', { payload: { operation: 'daily-sales', body: {} } })
    ).json();
    const part = `${id}-0`;
    state.parts.set(id, [
      {
        id: part,
        requestId: id,
        index: 0,
        key: 'all',
        state: 'running',
        attempt: 1,
        runId: '99',
        parkedAt: 1,
      } as never,
      { id: `${id}-1`, requestId: id, index: 1, key: 'x', state: 'parked', attempt: 1, parkedAt: 1 } as never,
    ]);
    emit('part.running', id, { runId: '99' }, { part, run: '99' });
    for (state.archivedEvents of [0, 2]) {
      expect((await call('client', 'GET', '/v1/runs/99')).json()).toEqual({
        runId: '99',
        part,
        request: id,
        state: 'running',
        workspace: 'local',
      });
      const log = await call('read', 'GET', `/v1/runs/99/log`);
      expect([log.body, log.headers['content-type']]).toEqual([`log of ${part}\n`, 'text/plain; charset=utf-8']);
    }
    expect((await call('read', 'GET', `/v1/runs/${part}`)).json().runId).toBe('99');
    expect((await call('read', 'GET', `/v1/runs/${id}-1/log`)).json()).toMatchObject({
      status: 404,
      code: 'run.not-found',
    });
    for (const unknown of ['100', `${id}-7`, 'req_x-0', 'bld_01J0000000000000000000000B']) {
      expect((await call('read', 'GET', `/v1/runs/${unknown}`)).statusCode, unknown).toBe(404);
    }
    expect((await call('author', 'GET', '/v1/runs/99')).json().code).toBe('auth.scope');
  });

  it('tells a story up to this moment: what is archived, then what is not yet', async () => {
    const { call, addPipeline, register, state, emit } = await serve();
    addPipeline('daily-sales');
    register('daily-sales');
    const { id, correlationId } = (
      await call('client', 'POST', '/v1/requests', { payload: { operation: 'daily-sales', body: {} } })
    ).json();
    emit('request.mediated', id);
    emit('part.parked', 'req_01J0000000000000000000000Z');
    emit('part.parked', id);
    for (state.archivedEvents of [0, 1, 3, 4]) {
      for (const about of [id, correlationId]) {
        const events = (await call('read', 'GET', `/v1/trace/${about}`)).json().events as { type: string }[];
        expect(
          events.map(({ type }) => type),
          `${state.archivedEvents} ${about}`,
        ).toEqual(['request.accepted', 'request.mediated', 'part.parked']);
      }
    }
    expect((await call('read', 'GET', '/v1/trace/nothing')).json()).toMatchObject({
      status: 404,
      code: 'trace.not-found',
    });
    expect((await call('client', 'GET', `/v1/trace/${id}`)).json().code).toBe('auth.scope');
  });
});

describe('the service', () => {
  it('shows its plugins and nothing of their schemas', async () => {
    const { call } = await serve();
    expect((await call('author', 'GET', '/v1/plugins')).json()).toEqual({
      plugins: [{ id: 'python', version: '1.0.0', contract: 1, toolchains: ['python'], registries: ['pypi'] }],
    });
  });

  it('says 503 with the same body while it is not well', async () => {
    const { call } = await serve(() => ({
      health: async () => ({ status: 'degraded', version: '1', checks: { redis: 'failed' } }),
    }));
    const answer = await call(undefined, 'GET', '/v1/health');
    expect([answer.statusCode, answer.json()]).toEqual([
      503,
      { status: 'degraded', version: '1', checks: { redis: 'failed' } },
    ]);
  });

  it('mounts what app brings, which has its own body parsers and our problem documents', async () => {
    const { call } = await serve(() => ({
      extra(app) {
        app.addContentTypeParser(
          'application/x-git',
          { parseAs: 'buffer' },
          async (_request: unknown, body: Buffer) => body,
        );
        app.post('/git/:name', async (request) => ({ size: (request.body as Buffer).length }));
        app.get('/deps/*', async () => {
          throw new Error('secret detail');
        });
      },
    }));
    const git = await call(undefined, 'POST', '/git/x', {
      payload: 'abc',
      headers: { 'content-type': 'application/x-git' },
    });
    expect(git.json()).toEqual({ size: 3 });
    const broken = await call(undefined, 'GET', '/deps/x');
    expect(broken.json()).toMatchObject({
      status: 500,
      code: 'platform.unexpected',
      detail: 'Something broke that should not.',
    });
    expect(broken.body).not.toContain('secret detail');
    expect((await call(undefined, 'PUT', '/git/x')).headers['allow']).toBe('POST');
  });

  it('closes although a connection has asked for nothing', async () => {
    const { app, listen } = await serve();
    const socket = connect(Number(new URL(await listen()).port), '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await new Promise((resolve) => socket.once('connect', resolve));
    await app.close();
    await closed;
  });
});

describe('documentation', () => {
  it('is OpenAPI 3.1 whose references all lead somewhere', async () => {
    const { call } = await serve();
    const answer = await call(undefined, 'GET', '/openapi.json');
    const document = answer.json();
    expect(document.openapi).toBe('3.1.0');
    const references = [...answer.body.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name as string,
    );
    expect(references.filter((name) => !(name in document.components.schemas))).toEqual([]);
    expect(document.paths['/v1/requests'].post.responses['202'].content['application/json'].schema.$ref).toBe(
      '#/components/schemas/RequestAccepted',
    );
    expect(document.paths['/v1/requests'].post.responses['4XX'].content).toHaveProperty('application/problem+json');
    expect(document.paths['/v1/pipelines/{name}'].put.requestBody.content).toHaveProperty('text/yaml');
  });

  it('is a page that loads nothing from outside', async () => {
    const { call } = await serve();
    const page = await call(undefined, 'GET', '/docs');
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(page.headers['content-security-policy']).not.toContain('http');
    const loads = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path as string);
    expect(loads.length).toBeGreaterThan(4);
    for (const path of loads) {
      expect(path).toMatch(/^\/docs\/static\//);
      expect((await call(undefined, 'GET', path)).statusCode, path).toBe(200);
    }
    expect((await call(undefined, 'GET', '/docs/json')).json().info.title).toBe('Slow Lane');
  });
});
