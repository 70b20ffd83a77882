import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabricksClient } from './create-databricks-client.ts';
import type { DatabricksClient } from './databricks-client.ts';

/*
 * The bytes that each call sends, read from the socket and not from a parsed request. The host, which has a free port, and the id of the
 * request are the only parts that differ from run to run.
 */

let client: DatabricksClient;
let seen: string[] = [];
let answer = '{}';
const sockets = new Set<Socket>();
const server = createServer((socket) => {
  sockets.add(socket);
  let bytes = '';
  socket.on('error', () => {});
  socket.on('data', (piece) => {
    bytes += piece.toString('latin1');
    const end = bytes.indexOf('\r\n\r\n') + 4;
    const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(bytes)?.[1] ?? 0);
    if (end < 4 || bytes.length < end + length) return;
    const isHead = bytes.startsWith('HEAD');
    seen.push(bytes);
    bytes = '';
    const about = `content-type: application/json\r\ncontent-length: ${isHead ? 4 : answer.length}`;
    socket.write(`HTTP/1.1 200 OK\r\n${about}\r\n\r\n${isHead ? '' : answer}`);
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const quiet = (): void => undefined;
  client = createDatabricksClient({
    host: `http://127.0.0.1:${port}`,
    auth: { token: 'dapi-wire-token' },
    userAgent: 'slowlane/1.2.3',
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
});
afterAll(async () => {
  await client.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

const id = '9007199254740993';
const tok = 'a'.repeat(64);
const cluster = '/api/2.1/clusters';
const volume = '/Volumes/main/a b/c';

interface Row {
  /** `group.method` of the client. */
  name: string;
  call: () => Promise<unknown>;
  /** What the workspace says to it. */
  answer?: string;
  line: string;
  json?: string;
  bytes?: string;
}

const rows: Row[] = [
  {
    name: 'jobs.create',
    call: () => client.jobs.create({ name: 'ü', tasks: [] }),
    answer: '{"job_id":1}',
    line: 'POST /api/2.2/jobs/create',
    json: '{"name":"\u00c3\u00bc","tasks":[]}',
  },
  {
    name: 'jobs.reset',
    call: () => client.jobs.reset(id, { name: 'x' }),
    line: 'POST /api/2.2/jobs/reset',
    json: `{"job_id":${id},"new_settings":{"name":"x"}}`,
  },
  {
    name: 'jobs.get',
    call: () => client.jobs.get(id),
    answer: '{"job_id":1}',
    line: `GET /api/2.2/jobs/get?job_id=${id}`,
  },
  {
    name: 'jobs.list',
    call: () => client.jobs.list({ name: 'a&b=c' }),
    line: 'GET /api/2.2/jobs/list?limit=100&name=a%26b%3Dc',
  },
  {
    name: 'jobs.find',
    call: () => client.jobs.find({ name: 'x', tag: { key: 'k', value: 'v' } }),
    line: 'GET /api/2.2/jobs/list?limit=100&name=x',
  },
  {
    name: 'jobs.delete',
    call: () => client.jobs.delete(id),
    line: 'POST /api/2.2/jobs/delete',
    json: `{"job_id":${id}}`,
  },
  {
    name: 'jobs.runNow',
    call: () => client.jobs.runNow({ jobId: id, idempotencyToken: tok, jobParameters: { p: '"' } }),
    answer: '{"run_id":1}',
    line: 'POST /api/2.2/jobs/run-now',
    json: `{"job_id":${id},"idempotency_token":"${tok}","job_parameters":{"p":"\\""}}`,
  },
  {
    name: 'runs.submit',
    call: () => client.runs.submit({ idempotencyToken: tok, settings: { tasks: [] } }),
    answer: '{"run_id":1}',
    line: 'POST /api/2.2/jobs/runs/submit',
    json: `{"tasks":[],"idempotency_token":"${tok}"}`,
  },
  {
    name: 'runs.get',
    call: () => client.runs.get(id),
    answer: '{"run_id":1}',
    line: `GET /api/2.2/jobs/runs/get?run_id=${id}`,
  },
  {
    name: 'runs.list',
    call: () => client.runs.list({ jobId: id, activeOnly: true, expandTasks: false })[Symbol.asyncIterator]().next(),
    line: `GET /api/2.2/jobs/runs/list?job_id=${id}&active_only=true&expand_tasks=false&limit=24`,
  },
  {
    name: 'runs.cancel',
    call: () => client.runs.cancel(id),
    line: 'POST /api/2.2/jobs/runs/cancel',
    json: `{"run_id":${id}}`,
  },
  {
    name: 'runs.cancelAll',
    call: () => client.runs.cancelAll(id),
    line: 'POST /api/2.2/jobs/runs/cancel-all',
    json: `{"job_id":${id}}`,
  },
  { name: 'runs.output', call: () => client.runs.output(id), line: `GET /api/2.2/jobs/runs/get-output?run_id=${id}` },
  {
    name: 'files.upload',
    call: () =>
      client.files.upload(`${volume}/f#?%`, () => Readable.from([Buffer.from('ab'), Buffer.from('cd')]), {
        size: 4,
        overwrite: false,
      }),
    line: 'PUT /api/2.0/fs/files/Volumes/main/a%20b/c/f%23%3F%25?overwrite=false',
    bytes: 'abcd',
  },
  {
    name: 'files.put',
    call: () => client.files.put(`${volume}/f`, Buffer.from('x')),
    line: 'PUT /api/2.0/fs/files/Volumes/main/a%20b/c/f?overwrite=true',
    bytes: 'x',
  },
  {
    name: 'files.download',
    call: async () => (await client.files.download(`${volume}/f`)).stream.toArray(),
    line: 'GET /api/2.0/fs/files/Volumes/main/a%20b/c/f',
  },
  {
    name: 'files.head',
    call: () => client.files.head(`${volume}/f`),
    line: 'HEAD /api/2.0/fs/files/Volumes/main/a%20b/c/f',
  },
  {
    name: 'files.delete',
    call: () => client.files.delete(`${volume}/f`),
    line: 'DELETE /api/2.0/fs/files/Volumes/main/a%20b/c/f',
  },
  {
    name: 'files.list',
    call: () => client.files.list(volume),
    line: 'GET /api/2.0/fs/directories/Volumes/main/a%20b/c',
  },
  {
    name: 'files.rmdir',
    call: () => client.files.rmdir(volume),
    line: 'DELETE /api/2.0/fs/directories/Volumes/main/a%20b/c',
  },
  {
    name: 'files.mkdir',
    call: () => client.files.mkdir(volume),
    line: 'PUT /api/2.0/fs/directories/Volumes/main/a%20b/c',
  },
  {
    name: 'workspace.import',
    call: () =>
      client.workspace.import({ path: '/Shared/n', content: Buffer.from('1'), overwrite: true, language: 'SCALA' }),
    line: 'POST /api/2.0/workspace/import',
    json: '{"path":"/Shared/n","content":"MQ==","format":"SOURCE","overwrite":true,"language":"SCALA"}',
  },
  {
    name: 'workspace.mkdirs',
    call: () => client.workspace.mkdirs('/Shared/x'),
    line: 'POST /api/2.0/workspace/mkdirs',
    json: '{"path":"/Shared/x"}',
  },
  {
    name: 'workspace.list',
    call: () => client.workspace.list('/Shared/a b'),
    line: 'GET /api/2.0/workspace/list?path=%2FShared%2Fa+b',
  },
  {
    name: 'workspace.delete',
    call: () => client.workspace.delete('/Shared/x', { recursive: true }),
    line: 'POST /api/2.0/workspace/delete',
    json: '{"path":"/Shared/x","recursive":true}',
  },
  {
    name: 'clusters.create',
    call: () => client.clusters.create({ num_workers: 0 }),
    answer: '{"cluster_id":"c"}',
    line: `POST ${cluster}/create`,
    json: '{"num_workers":0}',
  },
  {
    name: 'clusters.get',
    call: () => client.clusters.get('c'),
    answer: '{"cluster_id":"c"}',
    line: `GET ${cluster}/get?cluster_id=c`,
  },
  {
    name: 'clusters.list',
    call: () => client.clusters.list({ states: ['RUNNING', 'PENDING'], sources: ['API'] }),
    line: `GET ${cluster}/list?page_size=100&filter_by.cluster_states=RUNNING%2CPENDING&filter_by.cluster_sources=API`,
  },
  {
    name: 'clusters.start',
    call: () => client.clusters.start('c'),
    line: `POST ${cluster}/start`,
    json: '{"cluster_id":"c"}',
  },
  {
    name: 'clusters.terminate',
    call: () => client.clusters.terminate('c'),
    line: `POST ${cluster}/delete`,
    json: '{"cluster_id":"c"}',
  },
  {
    name: 'clusters.permanentDelete',
    call: () => client.clusters.permanentDelete('c'),
    line: `POST ${cluster}/permanent-delete`,
    json: '{"cluster_id":"c"}',
  },
  {
    name: 'clusters.events',
    call: () => client.clusters.events('c')[Symbol.asyncIterator]().next(),
    line: `POST ${cluster}/events`,
    json: '{"cluster_id":"c","order":"DESC","page_size":100}',
  },
  {
    name: 'clusters.install',
    call: () => client.clusters.install('c', [{ jar: '/Volumes/a/b/c/x.jar' }]),
    line: 'POST /api/2.0/libraries/install',
    json: '{"cluster_id":"c","libraries":[{"jar":"/Volumes/a/b/c/x.jar"}]}',
  },
  {
    name: 'clusters.libraryStatus',
    call: () => client.clusters.libraryStatus('c'),
    line: 'GET /api/2.0/libraries/cluster-status?cluster_id=c',
  },
  {
    name: 'permissions.set',
    call: () => client.permissions.set({ kind: 'jobs', id }, [{ servicePrincipal: 's', level: 'CAN_VIEW' }]),
    line: `PUT /api/2.0/permissions/jobs/${id}`,
    json: '{"access_control_list":[{"service_principal_name":"s","permission_level":"CAN_VIEW"}]}',
  },
  {
    name: 'me',
    call: () => client.me(),
    answer: '{"id":"1","userName":"u"}',
    line: 'GET /api/2.0/preview/scim/v2/Me',
  },
];

describe('the bytes of a call', () => {
  it.each(rows)('$name', async ({ call, answer: told = '{}', line, json, bytes }) => {
    seen = [];
    answer = told;
    await call();
    const body = json ?? bytes ?? '';
    const type = json === undefined ? 'application/octet-stream' : 'application/json';
    const about =
      body === ''
        ? /^(PUT|POST) /.test(line)
          ? ['content-length: 0']
          : []
        : [`content-type: ${type}`, `content-length: ${body.length}`];
    const head = [
      `${line} HTTP/1.1`,
      'host: HOST',
      // Undici never trusts a connection after a HEAD: servers have sent a body.
      `connection: ${line.startsWith('HEAD') ? 'close' : 'keep-alive'}`,
      'authorization: Bearer dapi-wire-token',
      'user-agent: slowlane/1.2.3',
      'accept: application/json, */*',
      'x-request-id: UUID',
      ...about,
    ];
    expect(plain(seen[0] as string)).toBe(`${head.join('\r\n')}\r\n\r\n${body}`);
  });

  it('is known of every call that there is', () => {
    const groups = ['jobs', 'runs', 'files', 'workspace', 'clusters', 'permissions'] as const;
    const names = groups.flatMap((group) => Object.keys(client[group]).map((name) => `${group}.${name}`));
    expect(rows.map(({ name }) => name).sort()).toEqual([...names, 'me'].sort());
  });
});

function plain(bytes: string): string {
  return bytes
    .replace(/host: 127\.0\.0\.1:\d+/, 'host: HOST')
    .replace(/x-request-id: [0-9a-f-]{36}/, 'x-request-id: UUID');
}
