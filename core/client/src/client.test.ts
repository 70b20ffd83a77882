import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { createClient } from './create-client.ts';

const id = 'req_01J0000000000000000000000A';
const build = 'bld_01J0000000000000000000000B';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A service that answers one call after the other as the test says, and keeps what it was asked. */
async function service(...answers: Answer[]) {
  const calls: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      calls.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      const answer = answers.shift();
      if (answer === undefined) response.writeHead(500).end('nothing more to say');
      else answer(response, request);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { calls, url, client: createClient({ url, token: 'sl_x' }) };
}

function json(value: unknown, status = 200): Answer {
  return (response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function problem(status: number, code: string, more: object = {}, headers: Record<string, string> = {}): Answer {
  const document = {
    type: 'urn:x',
    title: 't',
    status,
    detail: 'what is wrong',
    code,
    hint: 'do this',
    correlationId: 'cor_1',
    ...more,
  };
  return (response) =>
    void response
      .writeHead(status, { 'content-type': 'application/problem+json', ...headers })
      .end(JSON.stringify(document));
}

function event(n: number, type: string): string {
  const data = {
    id: `${n}-0`,
    type,
    at: n,
    correlationId: 'cor_01J0000000000000000000000C',
    subject: { request: id },
    data: {},
  };
  return `id: ${n}-0\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** An open event stream that sends these pieces, then ends or breaks. */
function sse(pieces: string[], end: 'end' | 'break' = 'end'): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of pieces) response.write(piece);
    if (end === 'end') response.end();
    else setImmediate(() => response.destroy());
  };
}

function requestView(state: string) {
  const links = { self: '', events: '', result: '', cancel: '', trace: '' };
  return {
    ...{
      id,
      correlationId: 'cor_01J0000000000000000000000C',
      operation: 'daily',
      state,
      principal: 'erp',
      body: {},
      pipeline: 'daily',
    },
    ...{ revision: 1, artifact: 'sha256:x', workspace: 'local', acceptedAt: 1, parts: [], links },
  };
}

function buildView(state: string) {
  return {
    id: build,
    correlationId: 'cor_01J0000000000000000000000C',
    pipeline: 'daily',
    state,
    purpose: 'push',
    createdAt: 1,
  };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('a call', () => {
  it('carries token, key and body, and gives the checked answer', async () => {
    const accepted = {
      id,
      correlationId: 'cor_01J0000000000000000000000C',
      state: 'accepted',
      operation: 'daily',
      links: requestView('x').links,
    };
    const { calls, client } = await service(json({ ...accepted, extra: 1 }, 202));
    expect(await client.createRequest({ operation: 'daily', body: { month: 3 } }, { idempotencyKey: 'k-1' })).toEqual(
      accepted,
    );
    expect(calls[0]).toMatchObject({
      method: 'POST',
      url: '/v1/requests',
      body: '{"operation":"daily","body":{"month":3}}',
    });
    expect(calls[0]?.headers).toMatchObject({
      authorization: 'Bearer sl_x',
      'idempotency-key': 'k-1',
      'content-type': 'application/json',
    });
    expect(calls[0]?.headers).not.toHaveProperty('traceparent');
  });

  it('writes names and queries so that they stay one part of the address', async () => {
    const { calls, client } = await service(
      json({ gates: [] }),
      json({ requests: [] }),
      (response) => void response.end('LOG'),
    );
    await client.resetGate('op:a/b');
    await client.listRequests({ operation: 'a&b=c', limit: 5 });
    expect(await client.getRunLog('../x')).toBe('LOG');
    expect(calls.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'DELETE /v1/gates/op%3Aa%2Fb',
      'GET /v1/requests?operation=a%26b%3Dc&limit=5',
      'GET /v1/runs/..%2Fx/log',
    ]);
  });

  it('keeps the path of an address behind a proxy', async () => {
    const { calls, url } = await service(json({ gates: [] }));
    await createClient({ url: `${url}/slow/` }).listGates();
    expect(calls[0]?.url).toBe('/slow/v1/gates');
    expect(calls[0]?.headers).not.toHaveProperty('authorization');
  });

  it('sends bytes and text as they are', async () => {
    const { calls, client } = await service(
      json({ digest: 'sha256:x', size: 3 }, 201),
      problem(422, 'pipeline.invalid'),
    );
    expect(await client.uploadSource(new TextEncoder().encode('abc'))).toEqual({ digest: 'sha256:x', size: 3 });
    await expect(client.applyPipeline('daily', 'pipeline: x\n')).rejects.toMatchObject({ code: 'pipeline.invalid' });
    expect(calls.map(({ body, headers }) => [body, headers['content-type']])).toEqual([
      ['abc', 'application/gzip'],
      ['pipeline: x\n', 'text/yaml'],
    ]);
  });

  it('opens result links without the token, and never takes the token to another host', async () => {
    const other = await service((response) => void response.end('rows'));
    const { calls, client, url } = await service((response) => void response.end('rows'));
    expect(await (await client.openResult(`${url}/v1/results/x/files/a.csv?signature=s`)).text()).toBe('rows');
    await client.openResult(`${other.url}/v1/results/x`);
    for (const call of [...calls, ...other.calls]) expect(call.headers).not.toHaveProperty('authorization');
  });

  it('takes the health of a service that is not well as an answer', async () => {
    const { client } = await service(json({ status: 'degraded', version: '1', checks: { redis: 'failed' } }, 503));
    expect((await client.health()).status).toBe('degraded');
  });
});

describe('a refused call', () => {
  it('is an error with the code, hint and correlation id of the problem', async () => {
    const { client } = await service(problem(422, 'request.body-invalid', { data: { fields: ['month'] } }));
    await expect(client.getRequest(id)).rejects.toMatchObject({
      code: 'request.body-invalid',
      kind: 'user',
      message: 'what is wrong',
      hint: 'do this',
      data: { fields: ['month'], correlationId: 'cor_1' },
    });
  });

  it('tells when to come back', async () => {
    const { client } = await service(problem(503, 'queue.unavailable', {}, { 'retry-after': '7' }));
    await expect(client.listGates()).rejects.toMatchObject({ kind: 'temporary', data: { retryAfterSeconds: 7 } });
  });

  it('with a code of a newer service is still told', async () => {
    const { client } = await service(problem(418, 'tea.pot'));
    await expect(client.listGates()).rejects.toMatchObject({
      code: 'platform.unexpected',
      message: 'tea.pot: what is wrong',
    });
  });

  it('by something that is no Slow Lane says so', async () => {
    const { client } = await service(
      (response) => void response.writeHead(502).end('<html>'),
      json({ hello: 'world' }),
      (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    );
    await expect(client.listGates()).rejects.toMatchObject({
      code: 'platform.unexpected',
      hint: 'Is this the address of a Slow Lane?',
    });
    await expect(client.listGates()).rejects.toMatchObject({
      code: 'platform.unexpected',
      hint: expect.stringContaining('versions') as string,
    });
    await expect(client.listGates()).rejects.toMatchObject({ code: 'platform.unexpected' });
  });

  it('by nobody says how to start the service', async () => {
    const { client, url } = await service();
    await new Promise((resolve) => servers.pop()?.close(resolve));
    await expect(client.listGates()).rejects.toMatchObject({
      code: 'cli.not-running',
      message: expect.stringContaining(`no Slow Lane answers at ${url}: `) as string,
      hint: 'Start it with: ./slowlane up',
    });
  });

  it('by nobody elsewhere says where the address comes from, not how to start what cannot be started from here', async () => {
    await expect(createClient({ url: 'http://slowlane.invalid:7070' }).listGates()).rejects.toMatchObject({
      code: 'cli.not-running',
      hint: expect.stringMatching(/SLOWLANE_URL.*slowlane\.invalid:7070/) as string,
    });
  });

  it.each(['', 'localhost:8080', 'ftp://x', 'nonsense'])('to the address %j does not leave', (url) => {
    expect(() => createClient({ url })).toThrow('is not the address of a Slow Lane');
  });
});

describe('following events', () => {
  it('gives each event once and ends with the end event, whatever the pieces they come in', async () => {
    const whole = `retry: 2000\n\n: still here\n\n${event(1, 'request.accepted')}${event(2, 'part.parked')}${event(3, 'request.succeeded')}`;
    const { client } = await service(sse([...whole].map((char) => char)));
    expect((await all(client.followEvents(id))).map(({ type }) => type)).toEqual([
      'request.accepted',
      'part.parked',
      'request.succeeded',
    ]);
  });

  it('goes on behind the last event after a break, and through a restart of the service', async () => {
    const { calls, client } = await service(
      sse([event(1, 'request.accepted'), event(2, 'part.parked').slice(0, 20)], 'break'),
      problem(503, 'queue.unavailable'),
      sse([], 'end'),
      sse([event(2, 'part.parked')], 'end'),
      sse([event(3, 'request.failed'), event(4, 'delivery.sent')], 'end'),
    );
    expect((await all(client.followEvents(id))).map(({ id: eventId }) => eventId)).toEqual(['1-0', '2-0', '3-0']);
    expect(calls.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '1-0', '1-0', '1-0', '2-0']);
  });

  it('starts where it is told, and ends when there is nothing more', async () => {
    const { calls, client } = await service((response) => void response.writeHead(204).end());
    expect(await all(client.followEvents(id, { after: '9-0' }))).toEqual([]);
    expect(calls[0]?.headers['last-event-id']).toBe('9-0');
  });

  it('does not try again what is refused', async () => {
    const { calls, client } = await service(problem(404, 'request.not-found'));
    await expect(all(client.followEvents(id))).rejects.toMatchObject({ code: 'request.not-found' });
    expect(calls).toHaveLength(1);
  });

  it('gives up when the service stays away for longer than its patience', async () => {
    const { client } = await service();
    await new Promise((resolve) => servers.pop()?.close(resolve));
    await expect(all(client.followEvents(id, { patienceMs: 1 }))).rejects.toMatchObject({ code: 'cli.not-running' });
  });

  it('ends at once when it is aborted, while it reads and while it waits', async () => {
    const reading = new AbortController();
    const one = await service(sse([event(1, 'request.accepted')]), () => reading.abort());
    await expect(all(one.client.followEvents(id, { signal: reading.signal }))).rejects.toThrow('aborted');

    const waiting = new AbortController();
    const two = await service(() => undefined);
    const events = all(two.client.followEvents(id, { signal: waiting.signal }));
    waiting.abort(new Error('enough'));
    await expect(events).rejects.toThrow('enough');
  });

  it('lets the connection go when the reader stops early', async () => {
    let closed: Promise<unknown> = Promise.resolve();
    const { client } = await service((response) => {
      closed = new Promise((resolve) => response.once('close', resolve));
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(event(1, 'request.accepted'));
    });
    for await (const one of client.followEvents(id)) {
      expect(one.id).toBe('1-0');
      break;
    }
    await closed;
  });
});

describe('waiting for a request', () => {
  it('asks for the state, follows the events, and gives the request as it ended', async () => {
    const { calls, client } = await service(
      json(requestView('running')),
      sse([event(3, 'request.succeeded')]),
      json(requestView('succeeded')),
    );
    expect((await client.waitForRequest(id)).state).toBe('succeeded');
    expect(calls.map(({ url }) => url)).toEqual([
      `/v1/requests/${id}`,
      `/v1/requests/${id}/events`,
      `/v1/requests/${id}`,
    ]);
  });

  it('is over at once for a request that has ended', async () => {
    const { client } = await service(json(requestView('failed')));
    expect((await client.waitForRequest(id)).state).toBe('failed');
  });
});

describe('following a build log', () => {
  it('gives each line once, and goes on after a break', async () => {
    const { calls, client } = await service(
      (response) => {
        response.writeHead(200).write('one\ntwo\nthr');
        setImmediate(() => response.destroy());
      },
      (response) => void response.end('three\n'),
      json(buildView('building')),
      (response) => void response.end('\nfünf\n'),
      json(buildView('failed')),
    );
    expect(await all(client.followBuildLog(build))).toEqual(['one', 'two', 'three', '', 'fünf']);
    expect(calls.map(({ url }) => url).filter((url) => url.includes('/log'))).toEqual([
      `/v1/builds/${build}/log?follow=1&skip=0`,
      `/v1/builds/${build}/log?follow=1&skip=2`,
      `/v1/builds/${build}/log?follow=1&skip=3`,
    ]);
  });
});
