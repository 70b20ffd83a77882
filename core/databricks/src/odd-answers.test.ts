import { SlowLaneError } from '@slowlane/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabricksClient } from './create-databricks-client.ts';
import type { DatabricksClient } from './databricks-client.ts';
import { type LoopbackServer, sendJson, startLoopbackServer } from './loopback-server.ts';

let server: LoopbackServer;
let client: DatabricksClient;
let told: { status: number; text: string };
beforeAll(async () => {
  const quiet = (): void => undefined;
  server = await startLoopbackServer((_request, response) => sendJson(response, told.status, told.text));
  client = createDatabricksClient({
    host: server.url,
    auth: { token: 'dapi-odd-answers' },
    userAgent: 'slowlane/test',
    clock: { now: () => 1_000_000, sleep: () => Promise.resolve() },
    rates: Object.fromEntries(families.map((name) => [name, Infinity])),
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
});
afterAll(async () => {
  await client.close();
  await server.close();
});

const families = [
  'jobs',
  'run-now',
  'runs-get',
  'runs-list',
  'runs-cancel',
  'files',
  'workspace',
  'identity',
  'clusters',
];
const once = { retryBudgetMs: 0 };
const first = <T>(all: AsyncIterable<T>): Promise<unknown> => all[Symbol.asyncIterator]().next();

/** Every call that reads something of its answer. */
const calls: Record<string, () => Promise<unknown>> = {
  'jobs.create': () => client.jobs.create({ name: 'x' }, once),
  'jobs.get': () => client.jobs.get('1', once),
  'jobs.list': () => client.jobs.list({}, once),
  'jobs.find': () => client.jobs.find({ name: 'x', tag: { key: 'k', value: 'v' } }, once),
  'jobs.runNow': () => client.jobs.runNow({ jobId: '1', idempotencyToken: 't', jobParameters: {} }, once),
  'runs.submit': () => client.runs.submit({ idempotencyToken: 't', settings: {} }, once),
  'runs.get': () => client.runs.get('1', once),
  'runs.list': () => first(client.runs.list({}, once)),
  'runs.output': () => client.runs.output('1', once),
  'files.list': () => client.files.list('/Volumes/a/b/c', once),
  'clusters.create': () => client.clusters.create({}, once),
  'clusters.get': () => client.clusters.get('c', once),
  'clusters.list': () => client.clusters.list({}, once),
  'clusters.events': () => first(client.clusters.events('c', once)),
  'clusters.libraryStatus': () => client.clusters.libraryStatus('c', once),
  me: () => client.me(once),
};

const values = ['null', '1', '"x"', '[]', '[null]', '{}', '{"x":1}', 'true', '-9223372036854775809', '1e400'];
const fields = [
  ...['job_id', 'run_id', 'jobs', 'runs', 'settings', 'state', 'status', 'tasks', 'job_parameters', 'next_page_token'],
  ...['contents', 'clusters', 'cluster_id', 'events', 'library_statuses', 'logs', 'id', 'userName', 'custom_tags'],
];

/** Each field with each value, beside ids that are good; a page token that comes with every page would make a list without an end. */
function answers(): string[] {
  const good = { job_id: '1', run_id: '2', cluster_id: '"c"', id: '"7"', userName: '"u"' };
  const objects = fields.flatMap((field) =>
    values.map((value) => Object.entries({ ...good, [field]: value }).map(([key, one]) => `"${key}":${one}`)),
  );
  return [...values, ...objects.map((pairs) => `{${pairs.join(',')}}`)];
}

describe('an answer of another shape', () => {
  it.each(Object.entries(calls))('to %s is read or told as an error of ours', async (_name, call) => {
    const accidents: string[] = [];
    for (const text of answers()) {
      told = { status: 200, text };
      await call().catch((error: unknown) => {
        if (!(error instanceof SlowLaneError)) accidents.push(`${text}: ${String(error)}`);
      });
    }
    expect(accidents).toEqual([]);
  });

  it.each(Object.entries(calls))('that is an error, to %s, is told as an error of ours', async (_name, call) => {
    for (const status of [400, 403, 404, 409, 418, 499, 500, 501, 503])
      for (const text of [
        '',
        ...values,
        '{"error_code":1,"message":[]}',
        '{"error_code":"X","message":null}',
        '<p',
        'A: ',
      ]) {
        told = { status, text };
        await expect(call(), `${status} ${text}`).rejects.toBeInstanceOf(SlowLaneError);
      }
  });
});
