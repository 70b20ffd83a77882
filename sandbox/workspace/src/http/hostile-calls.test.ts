import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createJarJob, octets, startTestWorkspace, type TestWorkspace, token } from '../__fixtures__/test-workspace.ts';
import { hostileCalls } from './__fixtures__/hostile-calls.ts';
import { rawCall } from './__fixtures__/raw-call.ts';
import { stateDigest } from './__fixtures__/state-digest.ts';

let test: TestWorkspace;
let port: number;
let jobId: number;
let machineToken: string;
beforeAll(async () => {
  test = await startTestWorkspace();
  port = (await test.workspace.listen(0, '127.0.0.1')).port;
  jobId = await createJarJob(test);
  await fillWorkspace();
  machineToken = await tokenOfNobody();
});
afterAll(() => test.close());

describe('a hostile call over the network', () => {
  it('changes nothing, is answered once and in the usual shape, and the server goes on', async () => {
    const calls = hostileCalls(jobId);
    const before = await stateDigest(test);
    const wrong: string[] = [];
    for (const { name, bytes, status, hangUp = false } of calls) {
      const answer = await rawCall(port, bytes, { hangUp });
      const problem = problemOf(answer, status);
      if (problem !== undefined) wrong.push(`${name}: ${problem}`);
    }
    expect(wrong).toEqual([]);
    expect(calls.length).toBeGreaterThan(400);
    expect(await stateDigest(test)).toEqual(before);
    expect((await test.get('/api/2.0/preview/scim/v2/Me')).status).toBe(200);
  });

  it('finds no way around the rights by another spelling of an address', async () => {
    const spellings = [
      '/slowlane/faults',
      '/%73lowlane/faults',
      '/slowlane%2ffaults',
      '//slowlane/faults',
      'http://elsewhere/slowlane/faults',
      'HTTP://elsewhere/%73lowlane/faults?x=/api/',
      '/SLOWLANE/faults',
      '/./slowlane/faults',
      '/api/../slowlane/faults',
    ];
    for (const target of spellings) {
      const bytes = `GET ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${machineToken}\r\nConnection: close\r\n\r\n`;
      expect([403, 501], target).toContain((await rawCall(port, bytes)).status);
    }
  });

  it('takes the whole address that a proxy would send for the same call', async () => {
    const line = `GET http://elsewhere/api/2.2/jobs/get?job_id=${jobId} HTTP/1.1`;
    const answer = await rawCall(
      port,
      `${line}\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`,
    );
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([200, { job_id: jobId }]);
  });
});

function problemOf(answer: Awaited<ReturnType<typeof rawCall>>, expected: readonly number[]): string | undefined {
  const { status, text, answers } = answer;
  if (!expected.includes(status)) return `${status}, not ${expected.join(' or ')}: ${text.slice(0, 200)}`;
  if (answers !== Math.min(1, status)) return `${answers} answers`;
  if (status < 400) return undefined;
  const { error_code: code, message } = parsed(text);
  if (typeof code !== 'string' || typeof message !== 'string') return `not the usual shape: ${text.slice(0, 200)}`;
  return /\.ts:|\bat .*:\d+:\d+|node:/.test(message) ? `tells what is inside: ${message}` : undefined;
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** Something of every kind, so that a change of anything would show. */
async function fillWorkspace(): Promise<void> {
  await test.post('/api/2.0/secrets/scopes/create', { scope: 'erp' });
  await test.post('/api/2.0/secrets/put', { scope: 'erp', key: 'k', string_value: 'v' });
  await test.post('/api/2.0/token/create', { comment: 'c' });
  await test.post('/api/2.0/dbfs/put', { path: '/x/f', contents: 'eA==' });
  await test.post('/api/2.0/workspace/import', {
    path: '/Shared/n',
    content: 'MQ==',
    language: 'PYTHON',
    format: 'SOURCE',
  });
  await test.post('/api/2.0/policies/clusters/create', { name: 'p', definition: '{}' });
  await test.post('/api/2.0/instance-pools/create', { instance_pool_name: 'p', node_type_id: 'local' });
  await test.send('PUT', '/api/2.0/fs/files/Volumes/main/apps/artifacts/f', { body: 'x', headers: octets });
  const { body } = await test.post('/api/2.2/jobs/run-now', { job_id: jobId });
  const { spec } = await test.driver.started(1);
  await test.driver.end(spec.id, { code: 0, stdout: 'done\n' });
  await test.runIn('TERMINATED', body.run_id);
  await vi.waitFor(async () => expect(await stateDigest(test)).toMatchObject(settled), { timeout: 60_000 });
}

/** What goes on by itself after a run has ended: its cluster ends, its scratch folder goes. */
const settled = {
  '/api/2.1/clusters/list': expect.stringContaining('"state":"TERMINATED"'),
  'state/runs': expect.not.stringContaining('/scratch'),
};

/** A token of a service principal without rights. */
async function tokenOfNobody(): Promise<string> {
  const { body } = await test.post('/slowlane/service-principals', { display_name: 'ci', admin: false });
  const basic = Buffer.from(`${String(body.client_id)}:${String(body.client_secret)}`).toString('base64');
  const answer = await test.send('POST', '/oidc/v1/token', {
    body: 'grant_type=client_credentials&scope=all-apis',
    headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' },
  });
  return answer.body.access_token as string;
}
