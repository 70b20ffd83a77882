import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { SlowLaneError } from '@slowlane/contracts';
import { describe, expect, it, vi } from 'vitest';
import { bearer, digest } from './testing/callers.ts';
import { buildId as id, buildWith } from './testing/sample-build.ts';
import { closeAfterEach, serve, type Served } from './testing/serve.ts';

closeAfterEach();

function store(served: Served, text: string): `sha256:${string}` {
  const bytes = Buffer.from(text);
  const found = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as const;
  served.state.blobs.set(found, bytes);
  return found;
}

function lines(...texts: string[]) {
  return texts.map((text, index) => ({ id: String(index + 1), text }));
}

describe('POST /v1/sources', () => {
  it('stores the bytes and answers with their digest, which a build can name', async () => {
    const { call, state } = await serve();
    const payload = Buffer.from('\u001f\u008bnot really an archive');
    const stored = await call('author', 'POST', '/v1/sources', {
      payload,
      headers: { 'content-type': 'application/gzip' },
    });
    expect(stored.statusCode).toBe(201);
    const expected = `sha256:${createHash('sha256').update(payload).digest('hex')}`;
    expect(stored.json()).toEqual({ digest: expected, size: payload.length });

    const source = { archive: expected, name: 'My Project.tar.gz' };
    const build = await call('author', 'POST', '/v1/builds', { payload: { source, language: 'python' } });
    expect(build.statusCode).toBe(202);
    expect(build.json()).toMatchObject({ pipeline: 'my-project', state: 'queued', purpose: 'build-only' });
    expect(build.headers['location']).toBe(`http://127.0.0.1:8080/v1/builds/${build.json().id}`);
    expect(state.builds.get(build.json().id)).toMatchObject({
      source: { kind: 'archive', digest: expected },
      language: 'python',
      principal: 'author',
      correlationId: build.headers['correlation-id'],
    });
    expect(state.builds.get(build.json().id)).not.toHaveProperty('refresh');
    const again = await call('author', 'POST', '/v1/builds', { payload: { source, refresh: true } });
    expect(state.builds.get(again.json().id)).toMatchObject({ refresh: true });
  });

  it('takes archives far larger than a JSON body, and no larger than its own limit', async () => {
    const { listen, state } = await serve();
    const url = `${await listen()}/v1/sources`;
    const headers = { ...bearer('author'), 'content-type': 'application/gzip' };
    const fits = await fetch(url, { method: 'POST', headers, body: new Uint8Array(200_000) });
    expect(fits.status).toBe(201);

    const chunked = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(50_000));
      },
    });
    const endless = await fetch(url, { method: 'POST', headers, body: chunked, duplex: 'half' } as RequestInit).then(
      async (answer) => ((await answer.json()) as { code: string }).code,
      () => 'cut off',
    );
    // The server answers and closes while the client still sends: which of both a client sees first is its own affair.
    expect(['source.too-large', 'cut off']).toContain(endless);
    expect(state.blobs.size).toBe(1);
  });

  it('keeps nothing of an upload that breaks off', async () => {
    let failure: unknown;
    const served = await serve(({ deps }) => ({
      blobs: {
        ...deps.blobs,
        put: (bytes) => deps.blobs.put(bytes).catch((error: unknown) => Promise.reject((failure = error) as Error)),
      },
    }));
    const socket = connect(Number(new URL(await served.listen()).port), '127.0.0.1');
    const head = `Host: x\r\nAuthorization: ${bearer('author').authorization}\r\nContent-Type: application/gzip\r\nContent-Length: 1000`;
    socket.write(`POST /v1/sources HTTP/1.1\r\n${head}\r\n\r\nonly this`, () => socket.destroy());
    await vi.waitUntil(() => failure !== undefined);
    expect(failure).toMatchObject({ code: 'request.invalid', message: 'body: the upload broke off' });
    expect(served.state.blobs.size).toBe(0);
  });

  it('says so when the announced size is too large, when there are no bytes, and when they are of another kind', async () => {
    const { call } = await serve();
    const send = (payload: Buffer, type: string) =>
      call('author', 'POST', '/v1/sources', { payload, headers: { 'content-type': type } });
    const large = await send(Buffer.alloc(200_001), 'application/gzip');
    expect(large.json()).toMatchObject({
      status: 413,
      code: 'source.too-large',
      detail: 'the archive is larger than 195.3 KiB',
    });
    expect(large.headers['connection']).toBe('close');
    expect((await send(Buffer.alloc(0), 'application/gzip')).json()).toMatchObject({
      status: 400,
      code: 'request.invalid',
    });
    expect((await send(Buffer.from('{}'), 'text/html')).json()).toMatchObject({
      status: 415,
      code: 'request.media-type',
    });
    expect((await send(Buffer.from('{}'), 'application/json')).json()).toMatchObject({ status: 415 });
    const stranger = await call('read', 'POST', '/v1/sources', {
      payload: 'x',
      headers: { 'content-type': 'application/gzip' },
    });
    expect(stranger.json().code).toBe('auth.scope');
  });
});

describe('POST /v1/builds', () => {
  it.each([
    ['https://example.org/acme/Daily_Sales.git', 'daily_sales'],
    ['git@example.org:acme/x.git', 'x'],
    ['https://example.org/', 'example.org'],
    ['///', 'build'],
    [`https://example.org/${'a'.repeat(100)}-`, 'a'.repeat(64)],
  ])('builds %s under a name made from it', async (git, name) => {
    const { call, state } = await serve();
    const build = await call('author', 'POST', '/v1/builds', { payload: { source: { git } } });
    expect(build.json()).toMatchObject({ pipeline: name });
    expect(state.builds.get(build.json().id)?.source).toEqual({ kind: 'git', url: git, ref: 'main' });
  });

  it('keeps the pipeline file that comes with the call, and refuses a wrong one before anything starts', async () => {
    const served = await serve(() => ({
      parsePipeline: async (text) => {
        if (!text.startsWith('pipeline:')) throw new SlowLaneError('pipeline.invalid', 'line 1: "pipeline" is missing');
        return { pipeline: 'mine', language: 'python' } as never;
      },
    }));
    const pipeline = 'pipeline: mine # ours\n';
    const build = await served.call('author', 'POST', '/v1/builds', { payload: { source: { git: 'x' }, pipeline } });
    const record = served.state.builds.get(build.json().id);
    expect(record).toMatchObject({ pipeline: 'mine', language: 'python' });
    expect(served.state.blobs.get(record?.pipelineFile ?? '')?.toString()).toBe(pipeline);

    const wrong = await served.call('author', 'POST', '/v1/builds', {
      payload: { source: { git: 'x' }, pipeline: 'nonsense' },
    });
    expect(wrong.json()).toMatchObject({
      status: 422,
      code: 'pipeline.invalid',
      detail: 'line 1: "pipeline" is missing',
    });
    expect(served.state.builds.size).toBe(1);
  });

  it.each([digest('f'), 'sha256:x', '../../etc/passwd'])(
    'refuses the archive %s that nobody uploaded',
    async (archive) => {
      const { call } = await serve();
      const answer = await call('author', 'POST', '/v1/builds', { payload: { source: { archive, name: 'x' } } });
      expect(answer.json()).toMatchObject({
        status: 422,
        code: 'source.not-found',
        detail: `no archive "${archive}" was uploaded`,
      });
    },
  );
});

describe('GET /v1/builds', () => {
  it('lists what Redis and history know, newest first, each once', async () => {
    const ids = [
      'bld_01J0000000000000000000000A',
      id,
      'bld_01J0000000000000000000000C',
      'bld_01J0000000000000000000000D',
    ] as const;
    const served = await serve(({ deps }) => ({
      history: {
        ...deps.history,
        builds: async ({ before, limit }) =>
          [ids[1], ids[0]]
            .filter((one) => before === undefined || one < before)
            .slice(0, limit)
            .map((one) => buildWith({ id: one, state: 'building' })),
      },
    }));
    served.state.builds.set(ids[1], buildWith({ state: 'registered' }));
    served.state.builds.set(ids[2], buildWith({ id: ids[2], pipeline: 'other' }));
    served.state.builds.set(ids[3], buildWith({ id: ids[3] }));
    const list = async (query: string) => (await served.call('read', 'GET', `/v1/builds${query}`)).json();
    expect((await list('')).builds.map((build: { id: string; state: string }) => [build.id, build.state])).toEqual([
      [ids[3], 'building'],
      [ids[2], 'building'],
      [ids[1], 'registered'],
      [ids[0], 'building'],
    ]);
    const first = await list('?limit=3');
    expect(first.next).toBe(ids[1]);
    expect((await list(`?limit=3&before=${first.next}`)).builds.map((build: { id: string }) => build.id)).toEqual([
      ids[0],
    ]);
    expect((await list('?pipeline=other')).builds.map((build: { id: string }) => build.id)).toContain(ids[2]);
  });
});

describe('GET /v1/builds/{id}', () => {
  it('shows what the stages found, with the manifest, for readers, builders and who pushes this pipeline', async () => {
    const served = await serve();
    const set = {
      digest: digest('a'),
      kind: 'jar' as const,
      primary: { name: 'a.jar', digest: digest('b'), size: 3 },
      companions: [],
    };
    const manifest = store(served, '{"plugin":"scala-sbt","main":"acme.Daily"}');
    const found = {
      commit: 'abc',
      plugin: 'scala-sbt',
      evidence: ['build.sbt'],
      set,
      manifest,
      tests: { passed: 4, failed: 0, skipped: 1 },
    };
    served.state.builds.set(id, buildWith({ state: 'registered', endedAt: 9, found }));
    for (const who of ['read', 'author'] as const) {
      const answer = await served.call(who, 'GET', `/v1/builds/${id}`);
      expect(answer.json(), who).toEqual({
        ...{
          id,
          correlationId: 'cor_01J0000000000000000000000C',
          pipeline: 'daily-sales',
          state: 'registered',
          purpose: 'push',
        },
        ...{ createdAt: 1, endedAt: 9, commit: 'abc', plugin: 'scala-sbt', evidence: ['build.sbt'], artifact: set },
        ...{ manifest: { plugin: 'scala-sbt', main: 'acme.Daily' }, tests: { passed: 4, failed: 0, skipped: 1 } },
      });
    }
    expect((await served.call('client', 'GET', `/v1/builds/${id}`)).json().code).toBe('auth.scope');
    expect((await served.call('read', 'GET', '/v1/builds/bld_01J0000000000000000000000Z')).json().code).toBe(
      'build.not-found',
    );
  });

  it('gives out artifact files by name and nothing else, and the provenance', async () => {
    const served = await serve();
    const [jar, lib] = [store(served, 'JAR'), store(served, 'LIB')];
    const provenance = store(served, '{"payloadType":"application/vnd.in-toto+json"}');
    const set = {
      ...{ digest: digest('a'), kind: 'jar' as const, primary: { name: 'a.jar', digest: jar, size: 3 } },
      companions: [{ name: 'größe "1".jar', digest: lib, size: 3 }],
    };
    served.state.builds.set(id, buildWith({ found: { set, provenance } }));
    const primary = await served.call('read', 'GET', `/v1/builds/${id}/artifact/a.jar`);
    expect(primary.body).toBe('JAR');
    expect(primary.headers).toMatchObject({
      'content-length': '3',
      etag: `"${jar}"`,
      'content-type': 'application/octet-stream',
    });
    const companion = await served.call(
      'read',
      'GET',
      `/v1/builds/${id}/artifact/${encodeURIComponent('größe "1".jar')}`,
    );
    expect(companion.body).toBe('LIB');
    expect(companion.headers['content-disposition']).toBe(
      `attachment; filename="gr__e _1_.jar"; filename*=UTF-8''gr%C3%B6%C3%9Fe%20%221%22.jar`,
    );
    for (const name of ['b.jar', '..%2f..%2fetc%2fpasswd', encodeURIComponent(jar)]) {
      expect((await served.call('read', 'GET', `/v1/builds/${id}/artifact/${name}`)).json().code, name).toBe(
        'result.not-found',
      );
    }
    expect((await served.call('read', 'GET', `/v1/builds/${id}/provenance`)).json()).toEqual({
      payloadType: 'application/vnd.in-toto+json',
    });
  });
});

describe('what is kept of a build', () => {
  it('is given out as it was stored: bill of materials, and the report also of a build that failed', async () => {
    const served = await serve();
    const sbom = store(served, '{"bomFormat":"CycloneDX"}');
    const tests = { passed: 3, failed: 1, skipped: 0, failedNames: ['a.B.c'] };
    const report = store(served, JSON.stringify({ tests }));
    served.state.builds.set(id, buildWith({ state: 'failed', found: { sbom, report } }));
    expect((await served.call('read', 'GET', `/v1/builds/${id}/sbom`)).json()).toEqual({ bomFormat: 'CycloneDX' });
    expect((await served.call('read', 'GET', `/v1/builds/${id}/report`)).json()).toEqual({ tests });
    served.state.builds.set(id, buildWith({}));
    for (const part of ['sbom', 'report', 'verification'])
      expect((await served.call('read', 'GET', `/v1/builds/${id}/${part}`)).json().code, part).toBe('result.not-found');
    expect((await served.call('client', 'GET', `/v1/builds/${id}/sbom`)).json().code).toBe('auth.scope');
  });

  it('is checked on demand, and a changed byte is in the answer', async () => {
    const served = await serve();
    const set = {
      ...{ digest: digest('a'), kind: 'jar' as const, primary: { name: 'a.jar', digest: digest('b'), size: 3 } },
      companions: [],
    };
    served.state.builds.set(id, buildWith({ found: { set, provenance: digest('c') } }));
    const look = async () => (await served.call('read', 'GET', `/v1/builds/${id}/verification`)).json();
    expect(await look()).toMatchObject({ ok: true, artifact: digest('a') });
    served.state.unsound = { problem: 'its bytes are others' };
    expect(await look()).toMatchObject({ ok: false, checks: [{ problem: 'its bytes are others' }] });
    const list = async (artifact: string) =>
      (await served.call('read', 'GET', `/v1/builds?artifact=${artifact}`)).json();
    expect((await list(digest('a'))).builds).toMatchObject([{ id }]);
    expect((await list(digest('b'))).builds).toEqual([]);
    expect((await list('a.jar')).code).toBe('request.invalid');
  });
});

describe('POST /v1/builds/{id}/cancel', () => {
  it('ends a build for those who may start one, once', async () => {
    const served = await serve();
    served.state.builds.set(id, buildWith({}));
    expect((await served.call('read', 'POST', `/v1/builds/${id}/cancel`)).json().code).toBe('auth.scope');
    const answer = await served.call('author', 'POST', `/v1/builds/${id}/cancel`);
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ id, state: 'cancelled' });
    expect((await served.call('author', 'POST', `/v1/builds/${id}/cancel`)).json()).toMatchObject({
      status: 409,
      code: 'build.not-cancellable',
    });
  });
});

describe('GET /v1/builds/{id}/log', () => {
  it('is what there is now, without follow', async () => {
    const served = await serve();
    served.state.builds.set(id, buildWith({}));
    served.state.logs.set(id, lines('one', 'two', ''));
    const answer = await served.call('read', 'GET', `/v1/builds/${id}/log`);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.headers['correlation-id']).toMatch(/^cor_/);
    expect(answer.body).toBe('one\ntwo\n\n');
    expect((await served.call('read', 'GET', `/v1/builds/${id}/log?skip=2`)).body).toBe('\n');
    expect((await served.call('read', 'GET', `/v1/builds/${id}/log?skip=9`)).body).toBe('');
    expect((await served.call('read', 'GET', `/v1/builds/${id}/log?skip=-1`)).statusCode).toBe(400);
  });

  it('streams the lines as they come until the build has ended', async () => {
    const served = await serve();
    served.state.builds.set(id, buildWith({}));
    const log = lines('one');
    served.state.logs.set(id, log);
    const answer = await fetch(`${await served.listen()}/v1/builds/${id}/log?follow=1`, { headers: bearer('read') });
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe('one\n');
    log.push({ id: '2', text: 'two' });
    expect((await reader?.read())?.value).toBe('two\n');
    log.push({ id: '3', text: 'BUILD FAILED' });
    served.state.builds.set(id, buildWith({ state: 'failed' }));
    expect((await reader?.read())?.value).toBe('BUILD FAILED\n');
    expect((await reader?.read())?.done).toBe(true);
  });

  it('sends the head before the first line, and ends when the server closes', async () => {
    const served = await serve();
    served.state.builds.set(id, buildWith({ state: 'queued' }));
    const answer = await fetch(`${await served.listen()}/v1/builds/${id}/log?follow=1`, { headers: bearer('read') });
    expect(answer.status).toBe(200);
    await served.app.close();
    expect(await answer.text()).toBe('');
  });

  it('stops reading for a follower that went away', async () => {
    let reads = 0;
    const served = await serve(({ deps }) => ({
      builds: { ...deps.builds, readLog: (...from) => (reads++, deps.builds.readLog(...from)) },
    }));
    served.state.builds.set(id, buildWith({}));
    const stop = new AbortController();
    const answer = await fetch(`${await served.listen()}/v1/builds/${id}/log?follow=1`, {
      headers: bearer('read'),
      signal: stop.signal,
    });
    expect(answer.status).toBe(200);
    await vi.waitUntil(() => reads > 1);
    stop.abort();
    const isQuiet = async (): Promise<boolean> => {
      const before = reads;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return reads === before;
    };
    await vi.waitUntil(isQuiet, { timeout: 5_000 });
  });

  it('comes from the stored copy once the build has ended', async () => {
    const served = await serve();
    const log = store(served, 'one\r\nzwölf\nthree');
    served.state.builds.set(id, buildWith({ state: 'failed', found: { log } }));
    expect((await served.call('read', 'GET', `/v1/builds/${id}/log`)).body).toBe('one\r\nzwölf\nthree\n');
    expect((await served.call('read', 'GET', `/v1/builds/${id}/log?follow=1&skip=1`)).body).toBe('zwölf\nthree\n');
  });
});
