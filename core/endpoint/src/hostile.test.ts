import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { errorCodes } from '@slowlane/contracts';
import type { LightMyRequestResponse } from 'fastify';
import { describe, expect, it } from 'vitest';
import { bearer } from './testing/callers.ts';
import { closeAfterEach, serve, type Served } from './testing/serve.ts';

closeAfterEach();

const json = { 'content-type': 'application/json' };

async function withOperation(): Promise<Served> {
  const served = await serve();
  served.addPipeline('daily-sales');
  served.register('daily-sales');
  return served;
}

/** What holds for every refusal, whatever was sent. */
function expectRefusal(answer: LightMyRequestResponse, about: string): void {
  expect(answer.statusCode, about).toBeGreaterThanOrEqual(400);
  expect(answer.statusCode, `${about}: ${answer.body}`).toBeLessThan(500);
  expect(answer.headers['content-type'], about).toBe('application/problem+json');
  const problem = answer.json();
  expect(problem.status, about).toBe(answer.statusCode);
  expect(Object.keys(errorCodes), about).toContain(problem.code);
  expect(problem.correlationId, about).toBe(answer.headers['correlation-id']);
  expect(problem.hint, about).not.toBe('');
}

describe('a hostile body', () => {
  it.each([
    ['no JSON', '{ nope'],
    ['a cut-off document', '{"operation":"daily-sales","body":{'],
    ['white space', ' \n '],
    ['null', 'null'],
    ['a list', '[]'],
    ['a text', '"daily-sales"'],
    ['a number out of range', '1e999'],
    ['an unknown key', '{"operation":"daily-sales","body":{},"principal":"admin"}'],
    ['a wrong type', '{"operation":7,"body":{}}'],
    ['a length that is no number', '{"operation":"daily-sales","body":{},"callback":{"length":[{"toString":1}]}}'],
    ['a body that is a list', '{"operation":"daily-sales","body":[]}'],
    ['a body that is missing', '{"operation":"daily-sales"}'],
    ['a callback that is no URL', '{"operation":"daily-sales","body":{},"callback":"x"}'],
    ['a script as callback', '{"operation":"daily-sales","body":{},"callback":"javascript:alert(1)"}'],
    ['a path as operation', '{"operation":"../../etc/passwd","body":{}}'],
    ['a line break in the operation', '{"operation":"daily-sales\\r\\nSet-Cookie: x","body":{}}'],
    ['a name that every object has', '{"operation":"constructor","body":{}}'],
    ['a prototype', '{"operation":"daily-sales","body":{"__proto__":{"isAdmin":true}}}'],
    ['a prototype, escaped', '{"operation":"daily-sales","body":{"\\u005f_proto__":{"isAdmin":true}}}'],
    [
      'a prototype behind a constructor',
      '{"operation":"daily-sales","body":{"constructor":{"prototype":{"isAdmin":true}}}}',
    ],
    ['lists without end', `{"operation":"daily-sales","body":{"a":${'['.repeat(45_000)}${']'.repeat(45_000)}}}`],
    ['objects without end', `{"operation":"daily-sales","body":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`],
    ['more than the limit', `{"operation":"daily-sales","body":{"a":"${'x'.repeat(100_000)}"}}`],
  ])('with %s is refused and leaves nothing behind', async (about, payload) => {
    const { call, state } = await withOperation();
    const answer = await call('admin', 'POST', '/v1/requests', { payload, headers: json });
    expectRefusal(answer, about);
    expect(state.requests.size).toBe(0);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
    expect(
      (await call('admin', 'POST', '/v1/requests', { payload: { operation: 'daily-sales', body: {} } })).statusCode,
    ).toBe(202);
  });

  it.each([
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'nonsense',
    'text/yaml',
    '',
  ])('of the media type %j is refused', async (type) => {
    const { call } = await withOperation();
    const answer = await call('admin', 'POST', '/v1/requests', {
      payload: 'operation: x',
      headers: { 'content-type': type },
    });
    expectRefusal(answer, type);
    expect(answer.statusCode).toBe(415);
  });

  it('keeps odd texts in values as they are', async () => {
    const { call, state } = await withOperation();
    const body = {
      nul: '\u0000',
      lone: '\ud800',
      breaks: '\r\n',
      'ключ ': ['🛣️', -0, 1e308],
      toString: null,
      hasOwnProperty: 1,
    };
    const answer = await call('client', 'POST', '/v1/requests', { payload: { operation: 'daily-sales', body } });
    expect(answer.statusCode).toBe(202);
    expect(state.requests.get(answer.json().id)?.body).toEqual(JSON.parse(JSON.stringify(body)));
  });
});

describe('a hostile address', () => {
  const pieces = [
    '%00',
    '%0d%0aX-Evil:%20x',
    '..',
    '%2e%2e%2f',
    "'or'1",
    '%ff',
    '{}',
    'x'.repeat(600),
    '__proto__',
    'constructor',
    '*',
    '%25',
    ' ',
    '<script>',
  ];
  const places = [
    'requests/$',
    'requests/$/events',
    'requests/$/result',
    'builds/$',
    'builds/$/log',
    'builds/$/artifact/$',
    'pipelines/$',
    'gates/$',
    'runs/$',
    'runs/$/log',
    'trace/$',
    '$',
    'results/$/files/$',
  ];

  it.each(places)('/v1/%s is refused with a problem, whatever stands in it', async (place) => {
    const { call } = await withOperation();
    for (const piece of pieces) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']) {
        const answer = await call('admin', method, `/v1/${place.replaceAll('$', () => piece)}`);
        expect(answer.headers['x-evil']).toBeUndefined();
        if (method === 'HEAD') expect(answer.statusCode).toBeGreaterThanOrEqual(400);
        else if (answer.statusCode === 302)
          expect([place, piece, answer.headers.location]).toEqual(['$', '..', '/docs']);
        else if (answer.statusCode !== 200) expectRefusal(answer, `${method} ${place} ${piece}`);
        else expect([place, method], piece).toEqual([expect.stringMatching(/^\$$/), expect.stringMatching(/GET/)]);
      }
    }
  });

  it('tells which methods an address takes', async () => {
    const { call } = await withOperation();
    for (const method of ['PATCH', 'PUT', 'DELETE', 'TRACE', 'OPTIONS', 'PROPFIND']) {
      const answer = await call('admin', method, '/v1/requests?x=1');
      expect([answer.statusCode, answer.headers['allow']], method).toEqual([405, 'GET, POST']);
      expect(answer.json().code).toBe('route.method-not-allowed');
    }
    expect((await call('admin', 'GET', '/V1/requests')).statusCode).toBe(404);
  });
});

describe('hostile bytes on the wire', () => {
  async function send(served: Served, bytes: string): Promise<string> {
    const url = served.app.server.listening
      ? `http://127.0.0.1:${(served.app.server.address() as { port: number }).port}`
      : await served.listen();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.end(bytes);
    return await text(socket);
  }

  it.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['an unknown method', 'BREW /v1/health HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['two lengths', 'POST /v1/requests HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    [
      'length and chunks',
      'POST /v1/requests HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a line break in a header', `GET /v1/gates HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\rb\r\n\r\n`],
  ])('that are %s get 400 and a closed connection', async (about, bytes) => {
    const served = await withOperation();
    const answer = await send(served, bytes);
    expect(answer, about).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer, about).toContain('application/problem+json');
    expect(answer, about).toMatch(/Correlation-Id: cor_/i);
    expect(await send(served, 'GET /v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 200 /,
    );
  });

  it('that are headers without end are cut off', async () => {
    const served = await withOperation();
    const answer = await send(served, `GET /v1/health HTTP/1.1\r\nHost: x\r\n${'X-A: b\r\n'.repeat(20_000)}\r\n`).catch(
      () => 'cut off',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 4|^cut off|^$/);
    expect(await send(served, 'GET /v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 200 /,
    );
  });
});

/** Numbers from a seed: a failing case can be run again. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('any body at all', () => {
  function anyValue(next: (below: number) => number, depth = 0): unknown {
    const plain = [null, true, 0, -1.5, 1e21, '', 'x', '\u0000', '../..', 'daily-sales', '__proto__', { $ref: '#' }];
    const kind = next(depth > 3 ? 1 : 3);
    if (kind === 1) return Array.from({ length: next(4) }, () => anyValue(next, depth + 1));
    if (kind === 2) {
      const keys = [
        'operation',
        'body',
        'callback',
        'target',
        'source',
        'archive',
        'git',
        'limit',
        'reason',
        'scopes',
        'name',
        'toString',
        'length',
      ];
      return Object.fromEntries(
        Array.from({ length: next(5) }, () => [keys[next(keys.length)] as string, anyValue(next, depth + 1)]),
      );
    }
    return plain[next(plain.length)];
  }

  it.each([1, 2, 3, 4, 5])('is accepted or refused, never a fault of ours (seed %i)', async (seed) => {
    const served = await withOperation();
    const next = numbersFrom(seed);
    const calls = [
      ['POST', '/v1/requests'],
      ['POST', '/v1/builds'],
      ['PUT', '/v1/gates/op:daily-sales'],
      ['POST', '/v1/tokens'],
    ] as const;
    for (let n = 0; n < 200; n++) {
      const [method, url] = calls[next(calls.length)] as (typeof calls)[number];
      const payload = JSON.stringify(anyValue(next));
      const answer = await served.call('admin', method, url, { payload, headers: { ...json, ...bearer('admin') } });
      if (answer.statusCode >= 300) expectRefusal(answer, `${method} ${url} ${payload}`);
    }
    expect(served.state.logged.filter(({ fields }) => fields['code'] === 'platform.unexpected')).toEqual([]);
  });
});
