import { gzipSync } from 'node:zlib';
import { token } from '../../__fixtures__/test-workspace.ts';

/** A call that must change nothing, as the bytes that go over the wire. */
export interface HostileCall {
  name: string;
  bytes: string | Buffer;
  /** The answers that are right; 0 is a connection that ends without one. */
  status: readonly number[];
  /** The bytes stop in the middle, and so does the caller. */
  hangUp?: true;
}

/** Everything that is sent; ids of what is there are given so that nothing fails only because it is missing. */
export function hostileCalls(jobId: number): HostileCall[] {
  return [
    ...framing(),
    ...targets(),
    ...paths(),
    ...numbers(jobId),
    ...bodies(jobId),
    ...shapes(),
    ...types(jobId),
    ...methods(jobId),
  ];
}

const create = '/api/2.2/jobs/create';
const auth = `Authorization: Bearer ${token}`;
const refused = [400];

interface Parts {
  headers?: readonly string[];
  body?: string | Buffer;
  type?: string;
}

/** A request that is well framed; the server ends the connection because it is asked to. */
function request(line: string, { headers = [], body, type = 'application/json' }: Parts = {}): Buffer {
  const bytes = Buffer.from(body ?? '');
  const about = body === undefined ? [] : [`Content-Type: ${type}`, `Content-Length: ${bytes.length}`];
  const head = [`${line} HTTP/1.1`, 'Host: workspace', auth, 'Connection: close', ...headers, ...about];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]);
}

function post(path: string, body: unknown): Buffer {
  return request(`POST ${path}`, { body: typeof body === 'string' ? body : JSON.stringify(body) });
}

/** Lines as they are, joined with CRLF, an empty line, and what follows it. */
function exactly(lines: readonly string[], after = ''): string {
  return `${lines.join('\r\n')}\r\n\r\n${after}`;
}

function framing(): HostileCall[] {
  const head = [`POST ${create} HTTP/1.1`, 'Host: workspace', auth, 'Content-Type: application/json'];
  const chunked = [...head, 'Transfer-Encoding: chunked'];
  const job = JSON.stringify({ name: 'smuggled', tasks: [] });
  const hidden = `POST ${create} HTTP/1.1\r\nHost: workspace\r\n${auth}\r\nContent-Length: ${job.length}\r\n\r\n${job}`;
  const bad = (name: string, bytes: string | Buffer, status: readonly number[] = refused): HostileCall => ({
    ...{ name: `framing: ${name}`, bytes, status },
  });
  const list = ['GET /api/2.2/jobs/list HTTP/1.1', 'Host: workspace', auth];
  return [
    bad('Content-Length beside Transfer-Encoding', exactly([...chunked, 'Content-Length: 4'], `0\r\n\r\n${hidden}`)),
    bad(
      'Transfer-Encoding beside Content-Length',
      exactly([...head, 'Content-Length: 4', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
    ),
    bad('two Content-Lengths', exactly([...head, 'Content-Length: 2', 'Content-Length: 3'], '{} ')),
    bad('a list of Content-Lengths', exactly([...head, 'Content-Length: 2, 2'], '{}')),
    bad('a negative Content-Length', exactly([...head, 'Content-Length: -1'])),
    bad('a Content-Length with a sign', exactly([...head, 'Content-Length: +2'], '{}')),
    bad('a Content-Length in hex', exactly([...head, 'Content-Length: 0x2'], '{}')),
    bad('a Content-Length beyond 64 bits', exactly([...head, 'Content-Length: 99999999999999999999'], '{}')),
    bad('an unknown Transfer-Encoding', exactly([...head, 'Transfer-Encoding: xchunked'], '0\r\n\r\n')),
    bad('Transfer-Encoding identity', exactly([...head, 'Transfer-Encoding: identity'], '{}')),
    bad('chunked that is not last', exactly([...head, 'Transfer-Encoding: chunked, identity'], '0\r\n\r\n')),
    bad('a size of a chunk that is no number', exactly(chunked, 'ZZ\r\n{}\r\n0\r\n\r\n')),
    bad('a size of a chunk that is negative', exactly(chunked, '-2\r\n{}\r\n0\r\n\r\n')),
    bad('a size of a chunk beyond 64 bits', exactly(chunked, 'fffffffffffffffff\r\n{}\r\n0\r\n\r\n')),
    bad('a chunk longer than its size', exactly(chunked, '2\r\n{}{}\r\n0\r\n\r\n')),
    bad(
      'a chunk extension that never ends',
      exactly(chunked, `2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`),
      [400, 413],
    ),
    bad('bare line feeds', `${list.join('\n')}\n\n`),
    bad('a bare carriage return in a header', exactly([...list, 'X-A: a\rb'])),
    bad('a folded header', exactly([...list, 'X-A: 1', ' 2'])),
    bad('a blank before the colon', exactly([...list.slice(0, 2), `Authorization : Bearer ${token}`])),
    bad('a NUL in a header', exactly([...list, 'X-A: a\0b'])),
    bad('a header without a name', exactly([...list, ': x'])),
    bad('a header with a blank in its name', exactly([...list, 'X A: x'])),
    bad('one header of 100 kB', exactly([...list, `X-A: ${'a'.repeat(100_000)}`]), [431]),
    bad('3,000 headers', exactly([...list, ...Array.from({ length: 3_000 }, (_none, i) => `X-${i}: x`)]), [431]),
    bad('an address of 100 kB', exactly([`GET /${'a'.repeat(100_000)} HTTP/1.1`, 'Host: workspace', auth]), [414, 431]),
    bad('no Host', exactly([`GET /api/2.2/jobs/list HTTP/1.1`, auth, 'Connection: close'])),
    bad('two Hosts', exactly([...list, 'Host: other', 'Connection: close'])),
    bad('two tokens', exactly([...list, 'Authorization: Bearer other', 'Connection: close'])),
    bad('a version that does not exist', exactly(['GET /api/2.2/jobs/list HTTP/3.0', 'Host: workspace', auth])),
    bad('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    bad('the beginning of TLS', Buffer.from('16030100a5010000a10303', 'hex')),
    bad('a method in small letters', exactly(['post /api/2.2/jobs/create HTTP/1.1', 'Host: workspace', auth])),
    bad(
      'an unknown expectation',
      exactly([...head, 'Connection: close', 'Expect: 200-ok', 'Content-Length: 2'], '{}'),
      [417],
    ),
    bad(
      'a request hidden in the body of a GET',
      exactly([...list, 'Connection: close', `Content-Length: ${hidden.length}`], hidden),
      [200],
    ),
    bad('a wish for another protocol', exactly([...list, 'Connection: close, Upgrade', 'Upgrade: websocket']), [200]),
    {
      ...bad('a body that stops in the middle', exactly([...head, 'Content-Length: 2000'], '{"name":"half"'), [0, 400]),
      hangUp: true,
    },
    { ...bad('chunks that stop in the middle', exactly(chunked, '2000\r\n{"name":"half"'), [0, 400]), hangUp: true },
    {
      ...bad(
        'a file that stops in the middle',
        exactly(
          [
            'PUT /api/2.0/fs/files/Volumes/main/apps/artifacts/half HTTP/1.1',
            'Host: workspace',
            auth,
            'Content-Length: 2000',
          ],
          'half',
        ),
        [0, 400],
      ),
      hangUp: true,
    },
  ];
}

function targets(): HostileCall[] {
  const call = (name: string, line: string, status: readonly number[] = refused): HostileCall => ({
    ...{
      name: `target: ${name}`,
      bytes: request(line, { headers: line.startsWith('GET') ? [] : ['Content-Length: 0'] }),
      status,
    },
  });
  return [
    call('of a proxy, with a path that walks', 'PUT http://elsewhere/api/2.0/fs/files/Volumes/main/../../x'),
    call('of a proxy, with a name in it', 'DELETE http://a:b@elsewhere/api/2.0/fs/files/Volumes/main'),
    call('with encoded letters of the route', 'PUT /api/2.0/fs/%66iles/Volumes/main/apps/artifacts/x'),
    call('with encoded slashes of the route', 'GET /api%2f2.2%2fjobs%2flist', [501]),
    call('with two slashes', 'GET //api/2.2/jobs/list', [501]),
    call('with a semicolon', 'GET /api/2.2/jobs/list;x', [501]),
    call('that walks back into the API', 'GET /api/2.2/jobs/../jobs/list', [501]),
    call('with a backslash', 'GET /api\\2.2\\jobs\\list', [400, 501]),
    call('that is no address', 'GET api/2.2/jobs/list', [400, 501]),
    call('that is a star', 'OPTIONS *', [501]),
    call('of a tunnel', 'CONNECT elsewhere:443', [501]),
    call('that cannot be decoded', 'GET /api/2.2/jobs/%zz'),
    call('that ends in the middle of a code', 'GET /api/2.2/jobs/list%'),
    call('in capitals', 'GET /API/2.2/JOBS/LIST', [501]),
  ];
}

/** Names that walk, end too early for somebody, or are no names: as they are written in an address. */
const inAddress = [
  '..',
  '../../../etc/x',
  'a/../../../../x',
  '%2e%2e/x',
  '.%2e/%2e./x',
  '..%2f..%2fx',
  'a%2fb',
  '%00',
  'a%00.txt',
  'a%0d%0ax',
  '%c0%ae%c0%ae/x',
  '%c0%af..%c0%af',
  '%e0%80%ae/x',
  '%f8%80%80%80%ae',
  '%ed%a0%80',
  '%ff',
  '//x',
  './x',
  'a'.repeat(300),
] as const;

/** The same in the text of JSON. */
const inText = [
  '..',
  '../../../etc/x',
  'a/../../../../x',
  'a/./b',
  'a//b',
  'a\u0000b',
  'a\r\nb',
  '\ud800',
  'a'.repeat(300),
  '.uploads/../../x',
] as const;

function paths(): HostileCall[] {
  const volume = '/Volumes/main/apps/artifacts';
  const addressed = inAddress.flatMap((name) => [
    {
      name: `path: PUT of a file ${shown(name)}`,
      bytes: request(`PUT /api/2.0/fs/files${volume}/${name}`, { body: 'x', type: 'application/octet-stream' }),
      status: refused,
    },
    {
      name: `path: PUT of a folder ${shown(name)}`,
      bytes: request(`PUT /api/2.0/fs/directories${volume}/${name}`, { headers: ['Content-Length: 0'] }),
      status: refused,
    },
    {
      name: `path: import-file of ${shown(name)}`,
      bytes: request(`POST /api/2.0/workspace-files/import-file/Shared/${name}?overwrite=true`, {
        body: 'x',
        type: 'application/octet-stream',
      }),
      status: refused,
    },
  ]);
  const written = inText.flatMap((name) => [
    {
      name: `path: import of ${shown(name)}`,
      bytes: post('/api/2.0/workspace/import', {
        path: `/Shared/${name}`,
        content: 'eA==',
        format: 'RAW',
        overwrite: true,
      }),
      status: refused,
    },
    {
      name: `path: mkdirs of ${shown(name)}`,
      bytes: post('/api/2.0/workspace/mkdirs', { path: `/Workspace/Shared/${name}` }),
      status: refused,
    },
    {
      name: `path: delete of ${shown(name)}`,
      bytes: post('/api/2.0/workspace/delete', { path: `/Shared/${name}`, recursive: true }),
      status: refused,
    },
    {
      name: `path: DBFS put of ${shown(name)}`,
      bytes: post('/api/2.0/dbfs/put', { path: `dbfs:/${name}`, contents: 'eA==', overwrite: true }),
      status: refused,
    },
    {
      name: `path: DBFS move from ${shown(name)}`,
      bytes: post('/api/2.0/dbfs/move', { source_path: `/x/${name}`, destination_path: '/y' }),
      status: refused,
    },
    {
      name: `path: DBFS put below a volume of ${shown(name)}`,
      bytes: post('/api/2.0/dbfs/put', { path: `${volume}/${name}`, contents: 'eA==', overwrite: true }),
      status: refused,
    },
  ]);
  const reserved = ['.uploads', '.tables'].flatMap((name) => [
    {
      name: `path: the folder ${name} of volumes`,
      bytes: request(`PUT /api/2.0/fs/directories/Volumes/${name}/x/y`, { headers: ['Content-Length: 0'] }),
      status: refused,
    },
  ]);
  return [
    ...addressed,
    ...written,
    ...reserved,
    { name: 'path: a relative one', bytes: post('/api/2.0/workspace/mkdirs', { path: 'Shared/x' }), status: refused },
    {
      name: 'path: outside of volumes',
      bytes: request('PUT /api/2.0/fs/files/etc/passwd', { body: 'x', type: 'text/plain' }),
      status: refused,
    },
    {
      name: 'path: the volumes themselves',
      bytes: request('DELETE /api/2.0/fs/directories/Volumes'),
      status: [400, 501],
    },
    {
      name: 'path: of 9,000 bytes',
      bytes: request(`PUT /api/2.0/fs/files${volume}/${'a/'.repeat(4_500)}x`, { body: 'x' }),
      status: [400, 414, 501],
    },
  ];
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 20));
}

/** 2^53 + 1 must not be taken for 2^53, nor 2^63 for anything. */
function numbers(jobId: number): HostileCall[] {
  const values = ['9007199254740993', '9223372036854775808', '1e400', '-1', '1.5', '1e2', '00', '0x1'];
  const inQuery = values.flatMap((value) => [
    {
      name: `number: ${value} as job_id of a query`,
      bytes: request(`GET /api/2.2/jobs/get?job_id=${value}`),
      status: refused,
    },
    {
      name: `number: ${value} as run_id of a query`,
      bytes: request(`GET /api/2.2/jobs/runs/get?run_id=${value}`),
      status: refused,
    },
  ]);
  const inBody = values.flatMap((value) => [
    {
      name: `number: ${value} as job_id of a body`,
      bytes: post('/api/2.2/jobs/delete', `{"job_id":${value}}`),
      status: refused,
    },
    {
      name: `number: "${value}" as run_id of a body`,
      bytes: post('/api/2.2/jobs/runs/delete', `{"run_id":"${value}"}`),
      status: refused,
    },
  ]);
  return [
    ...inQuery,
    ...inBody,
    {
      name: 'number: 2^53 + 1 as a limit',
      bytes: request('GET /api/2.2/jobs/list?limit=9007199254740993'),
      status: refused,
    },
    { name: 'number: 2^63 in a path', bytes: request('GET /api/2.2/jobs/9223372036854775808'), status: [501] },
    {
      name: 'number: 2^63 as a timeout',
      bytes: post('/api/2.2/jobs/update', `{"job_id":${jobId},"new_settings":{"timeout_seconds":9223372036854775808}}`),
      status: refused,
    },
    {
      name: 'number: 2^63 as an offset',
      bytes: request('GET /api/2.0/dbfs/read?path=/x&offset=9223372036854775808'),
      status: refused,
    },
    {
      name: 'number: two ids in one query',
      bytes: request(`GET /api/2.2/jobs/get?job_id=${jobId}&job_id=${jobId}`),
      status: refused,
    },
    {
      name: 'number: an id of a part of an upload',
      bytes: request('PUT /slowlane-uploads/none/9007199254740993', { body: 'x' }),
      status: [400, 404],
    },
  ];
}

function bodies(jobId: number): HostileCall[] {
  const tasks = '"tasks":[{"task_key":"t","spark_jar_task":{"main_class_name":"a.B"},"existing_cluster_id":"x"}]';
  const call = (
    name: string,
    body: string | Buffer,
    more: Omit<Parts, 'body'> & { status?: readonly number[] } = {},
  ): HostileCall => ({
    ...{ name: `body: ${name}`, bytes: request(`POST ${create}`, { ...more, body }), status: more.status ?? refused },
  });
  const bomb = gzipSync(Buffer.alloc(50_000_000, 32));
  return [
    call('an array', '[]'),
    call('a number', '1'),
    call('nothing but null', 'null'),
    call('half a text', '{"name":"x'),
    call('single quotes', "{'name':'x'}"),
    call('a comma too much', '{"name":"x",}'),
    call('NaN', '{"timeout_seconds":NaN}'),
    call('two documents', '{}{}'),
    call('UTF-16', Buffer.from('\ufeff{}', 'utf16le')),
    call(
      'bytes that are no UTF-8',
      Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xc0, 0xaf, 0xff]), Buffer.from(`",${tasks}}`)]),
    ),
    call('100,000 arrays in each other', '['.repeat(100_000) + ']'.repeat(100_000)),
    call('100,000 objects in each other', `{"name":"x","tags":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`),
    call('100,000 arrays that never end', '['.repeat(100_000)),
    call('a key that is there twice, the last one wrong', `{"name":"x","name":1,${tasks}}`),
    call('__proto__', `{"__proto__":{"name":"x"},${tasks}}`),
    call('__proto__ further in', `{"tags":{"__proto__":"x"},${tasks}}`),
    call('__proto__ in escapes', `{"tags":{"\\u005f\\u005fproto__":"x"},${tasks}}`),
    call('a prototype of a constructor', `{"constructor":{"prototype":{"name":"x"}},${tasks}}`),
    call('a name of 10 MB', `{"name":"${'x'.repeat(10_000_000)}",${tasks}}`),
    call(
      'a million keys',
      `{"tags":{${Array.from({ length: 400_000 }, (_none, i) => `"k${i}":"v"`).join(',')}},${tasks}}`,
    ),
    call('above the limit, announced', '', { headers: ['Content-Length: 17000000'], status: refused }),
    call('the text type', `{"name":"x",${tasks}}`, { type: 'text/plain', status: [415] }),
    call('a form that is one', 'name=x', { type: 'application/x-www-form-urlencoded', status: [400] }),
    call('a form in parts', '--x--', { type: 'multipart/form-data; boundary=x', status: [415] }),
    call('a type that is no type', '{}', { type: 'json', status: [415] }),
    call('XML', '<job/>', { type: 'application/xml', status: [415] }),
    call('gzip', gzipSync('{}'), { headers: ['Content-Encoding: gzip'], status: [415] }),
    call('a gzip bomb', bomb, { headers: ['Content-Encoding: gzip'], status: [415] }),
    {
      name: 'body: a gzip bomb as a file',
      bytes: request('PUT /api/2.0/fs/files/Volumes/main/apps/artifacts/bomb', {
        body: bomb,
        headers: ['Content-Encoding: gzip'],
      }),
      status: [415],
    },
    { name: 'body: above the limit', bytes: tooLarge(), status: [413] },
    {
      name: 'body: of a read, with another id',
      bytes: request('GET /api/2.2/jobs/get', { body: JSON.stringify({ job_id: jobId }) }),
      status: refused,
    },
    {
      name: 'body: content that is no base64',
      bytes: post('/api/2.0/workspace/import', { path: '/Shared/x', content: '%%%', format: 'RAW' }),
      status: refused,
    },
    {
      name: 'body: a form without an end',
      bytes: request('POST /api/2.0/workspace/import', {
        body: '--x\r\nContent-Disposition: form-data; name="path"\r\n\r\n/Shared/x',
        type: 'multipart/form-data; boundary=x',
      }),
      status: refused,
    },
    {
      name: 'body: a form without a boundary',
      bytes: request('POST /api/2.0/workspace/import', { body: 'x', type: 'multipart/form-data' }),
      status: [400, 415],
    },
    {
      name: 'body: a part of an upload that nobody began',
      bytes: request('PUT /slowlane-uploads/none/1', { body: 'x' }),
      status: [400, 404],
    },
  ];
}

/** Only announced: the answer comes before any of it would. */
function tooLarge(): string {
  return exactly([
    `POST ${create} HTTP/1.1`,
    'Host: workspace',
    auth,
    'Connection: close',
    'Content-Type: application/json',
    'Content-Length: 17000000',
  ]);
}

/** Every call that changes something, with bodies that are valid JSON and nothing else. */
function shapes(): HostileCall[] {
  const names = [
    ...[
      'create',
      'delete',
      'reset',
      'update',
      'run-now',
      'runs/submit',
      'runs/cancel',
      'runs/delete',
      'runs/repair',
    ].map((name) => `/api/2.2/jobs/${name}`),
    ...['create', 'edit', 'start', 'restart', 'resize', 'delete', 'permanent-delete', 'events', 'pin', 'unpin'].map(
      (name) => `/api/2.1/clusters/${name}`,
    ),
    ...['create', 'add-block', 'close', 'put', 'mkdirs', 'move', 'delete'].map((name) => `/api/2.0/dbfs/${name}`),
    ...['scopes/create', 'scopes/delete', 'put', 'delete', 'acls/put', 'acls/delete'].map(
      (name) => `/api/2.0/secrets/${name}`,
    ),
    ...['workspace/import', 'workspace/delete', 'workspace/mkdirs', 'libraries/install', 'libraries/uninstall'].map(
      (name) => `/api/2.0/${name}`,
    ),
    ...['policies/clusters/create', 'policies/clusters/edit', 'instance-pools/create', 'instance-pools/delete'].map(
      (name) => `/api/2.0/${name}`,
    ),
    ...['token/delete', 'fs/create-upload-part-urls', 'fs/create-abort-upload-url'].map((name) => `/api/2.0/${name}`),
  ];
  const wrong = [
    '[]',
    '{"path":{"a":1},"scope":[],"job_id":"x","run_id":{},"cluster_id":[],"policy_id":{},"instance_pool_id":1}',
    '{"path":"/Volumes/../../etc/x","scope":"../x","job_id":9007199254740993,"run_id":9007199254740993,"cluster_id":"../x"}',
  ];
  return names.flatMap((path) =>
    wrong.map((body) => ({
      name: `shape: ${path} ${body.slice(0, 30)}`,
      bytes: post(path, body),
      status: [400, 404],
    })),
  );
}

/** A valid call with one field after another of every other type. */
function types(jobId: number): HostileCall[] {
  const wrong: [string, string, string, unknown[]][] = [
    [create, 'name', '{"tasks":[]}', [1, true, [], {}]],
    [create, 'tasks', '{"name":"x"}', [1, 'x', {}, null]],
    [create, 'max_concurrent_runs', '{"name":"x","tasks":[]}', ['x', true, [], {}, 1.5, -1]],
    ['/api/2.2/jobs/run-now', 'job_id', '{}', ['x', true, [], {}, null, 1.5]],
    ['/api/2.2/jobs/run-now', 'job_parameters', `{"job_id":${jobId}}`, [1, 'x', true, ['x']]],
    ['/api/2.2/jobs/run-now', 'idempotency_token', `{"job_id":${jobId}}`, [1, true, [], {}]],
    ['/api/2.2/jobs/reset', 'new_settings', `{"job_id":${jobId}}`, [1, 'x', [], null]],
    ['/api/2.2/jobs/update', 'fields_to_remove', `{"job_id":${jobId}}`, [1, 'x', {}, [1]]],
    ['/api/2.2/jobs/runs/repair', 'rerun_tasks', '{"run_id":1}', [1, 'x', {}, [1]]],
    ['/api/2.2/jobs/runs/cancel-all', 'all_queued_runs', '{}', [1, 'x', []]],
    ['/api/2.1/clusters/create', 'num_workers', '{"spark_version":"17.3.x-scala2.13"}', ['x', true, [], {}, -1, 1.5]],
    ['/api/2.1/clusters/create', 'spark_version', '{"num_workers":0}', [1, true, [], {}]],
    ['/api/2.1/clusters/events', 'limit', '{"cluster_id":"x"}', ['x', -1, [], {}]],
    ['/api/2.0/libraries/install', 'libraries', '{"cluster_id":"x"}', [1, 'x', {}]],
    ['/api/2.0/policies/clusters/create', 'definition', '{"name":"p"}', [1, [], 'x', '[]']],
    [
      '/api/2.0/instance-pools/create',
      'min_idle_instances',
      '{"instance_pool_name":"p","node_type_id":"local"}',
      ['x', -1, [], 1.5],
    ],
    ['/api/2.0/secrets/scopes/create', 'scope', '{}', [1, [], {}, 'a/b', '../x', '']],
    ['/api/2.0/secrets/put', 'string_value', '{"scope":"erp","key":"k"}', [1, [], {}, null]],
    ['/api/2.0/secrets/acls/put', 'permission', '{"scope":"erp","principal":"x"}', [1, 'ALL', []]],
    ['/api/2.0/token/create', 'lifetime_seconds', '{}', ['x', -2, 1.5, []]],
    ['/api/2.0/dbfs/add-block', 'handle', '{"data":""}', ['x', -1, [], 1]],
    ['/api/2.0/workspace/import', 'format', '{"path":"/Shared/x","content":""}', [1, 'EXE', []]],
    ['/slowlane/faults', 'kind', '{"route":"GET /x"}', ['explode', 1, null]],
    ['/slowlane/service-principals', 'display_name', '{}', [1, '', []]],
  ];
  return wrong.flatMap(([path, field, base, values]) =>
    values.map((value) => ({
      name: `type: ${field} of ${path} is ${JSON.stringify(value)}`,
      bytes: post(path, JSON.stringify({ ...(JSON.parse(base) as object), [field]: value })),
      status: [400, 404],
    })),
  );
}

function methods(jobId: number): HostileCall[] {
  const call = (line: string): HostileCall => ({
    name: `method: ${line}`,
    bytes: request(line, { body: JSON.stringify({ job_id: jobId }) }),
    status: [501],
  });
  return [
    ...['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => call(`${method} /api/2.2/jobs/delete`)),
    ...['POST', 'PUT', 'DELETE'].map((method) => call(`${method} /api/2.2/jobs/list`)),
    ...['PATCH', 'OPTIONS'].map((method) => call(`${method} /api/2.0/fs/files/Volumes/main/apps/artifacts/orders.jar`)),
    { name: 'method: TRACE', bytes: request('TRACE /api/2.2/jobs/list'), status: [501] },
    { name: 'method: one of another protocol', bytes: request('SUBSCRIBE /api/2.2/jobs/list'), status: [501] },
  ];
}
