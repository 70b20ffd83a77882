import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createJarJob, jarJob, startTestWorkspace, type TestWorkspace } from '../__fixtures__/test-workspace.ts';

interface Received {
  event_type: string;
  run: { run_id: number; parent_run_id?: number; result_state?: string };
  [field: string]: unknown;
}

let test: TestWorkspace;
let server: Server;
let url: string;
let received: Received[];
let authorizations: (string | undefined)[];
let answers: { status: number; location?: string }[];

beforeEach(async () => {
  test = await startTestWorkspace();
  received = [];
  authorizations = [];
  answers = [];
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    received.push(JSON.parse(body) as Received);
    authorizations.push(request.headers.authorization);
    const { status, location } = answers.shift() ?? { status: 200 };
    response.writeHead(status, location === undefined ? {} : { location }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});
afterEach(async () => {
  await test.close();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

async function destination(config: Record<string, unknown> = { generic_webhook: { url } }): Promise<string> {
  const { status, body } = await test.post('/api/2.0/notification-destinations', { display_name: 'hook', config });
  expect(status, JSON.stringify(body)).toBe(200);
  return body.id as string;
}

async function start(changes: Record<string, unknown>): Promise<number> {
  const jobId = await createJarJob(test, changes);
  return (await test.post('/api/2.2/jobs/run-now', { job_id: jobId })).body.run_id as number;
}

function heard(...types: string[]): Promise<void> {
  return expect.poll(() => received.map((one) => one.event_type), { timeout: 20_000 }).toEqual(types);
}

async function states(): Promise<unknown[]> {
  const { body } = await test.get('/slowlane/notifications');
  return (body.notifications as { state: string; attempts: number }[]).map(({ state, attempts }) => [state, attempts]);
}

function all(id: string): Record<string, unknown> {
  return { on_start: [{ id }], on_success: [{ id }], on_failure: [{ id }] };
}

describe('a run with webhook notifications', () => {
  it('tells of its start and its success, with who and what', async () => {
    const id = await destination({ generic_webhook: { url, username: 'ci', password: 'secret' } });
    const runId = await start({ webhook_notifications: all(id) });
    const { spec } = await test.driver.started(1);
    await heard('jobs.on_start');
    await test.driver.end(spec.id, {});
    await heard('jobs.on_start', 'jobs.on_success');
    expect(received[1]).toMatchObject({
      workspace_id: expect.stringMatching(/^\d+$/),
      run: { run_id: runId, result_state: 'SUCCESS' },
      job: { job_id: expect.any(Number), name: 'orders' },
    });
    expect(authorizations[0]).toBe(`Basic ${Buffer.from('ci:secret').toString('base64')}`);
    await expect.poll(states).toEqual([
      ['sent', 1],
      ['sent', 1],
    ]);
  });

  it('tells of the failure of a task and of the run', async () => {
    const id = await destination();
    const task = { ...(jarJob().tasks as object[])[0], webhook_notifications: { on_failure: [{ id }] } };
    const runId = await start({ tasks: [task], webhook_notifications: { on_failure: [{ id }] } });
    const { spec } = await test.driver.started(1);
    await test.driver.end(spec.id, { code: 1 });
    await expect.poll(() => received.length, { timeout: 20_000 }).toBe(2);
    const ofTask = received.find((one) => one['task'] !== undefined);
    expect(ofTask).toMatchObject({
      event_type: 'jobs.on_failure',
      task: { task_key: 'main' },
      run: { parent_run_id: runId },
    });
    expect(received.find((one) => one['task'] === undefined)).toMatchObject({
      run: { run_id: runId, result_state: 'FAILED' },
    });
  });

  it('warns once of a run that lasts longer than its health rule says', async () => {
    const id = await destination();
    await start({
      health: { rules: [{ metric: 'RUN_DURATION_SECONDS', op: 'GREATER_THAN', value: 0 }] },
      webhook_notifications: { on_duration_warning_threshold_exceeded: [{ id }], on_success: [{ id }] },
    });
    const { spec } = await test.driver.started(1);
    await heard('jobs.on_duration_warning_threshold_exceeded');
    await test.driver.end(spec.id, {});
    await heard('jobs.on_duration_warning_threshold_exceeded', 'jobs.on_success');
  });

  it.each([
    ['skipped', 'no_alert_for_skipped_runs'],
    ['canceled', 'no_alert_for_canceled_runs'],
  ])('keeps silent about a %s run where the job says so', async (kind, field) => {
    const id = await destination();
    for (const silent of [true, false]) {
      const runId = await start({
        webhook_notifications: { on_failure: [{ id }] },
        notification_settings: { [field]: silent },
        ...(kind === 'skipped' ? { max_concurrent_runs: 0 } : {}),
      });
      await test.post('/api/2.2/jobs/runs/cancel', { run_id: runId });
      await end(runId);
    }
    await heard('jobs.on_failure');
    expect(received[0]?.run.result_state).toBe(kind === 'skipped' ? 'MAXIMUM_CONCURRENT_RUNS_REACHED' : 'CANCELED');
  });

  /** Where its program was started before the cancel came. */
  async function end(runId: number): Promise<void> {
    const ended = async (): Promise<boolean> => {
      for (const { spec, asked } of test.driver.programs.values())
        if (asked.length > 0 && (await test.driver.isRunning(spec.id))) await test.driver.end(spec.id, { code: 143 });
      const { body } = await test.get(`/api/2.2/jobs/runs/get?run_id=${runId}`);
      return (body.status as { state: string }).state === 'TERMINATED';
    };
    await expect.poll(ended, { timeout: 20_000 }).toBe(true);
  }

  it('is heard although the workspace was closed before the message went out', async () => {
    const id = await destination();
    answers.push({ status: 503 });
    await start({ webhook_notifications: { on_start: [{ id }] } });
    await test.driver.started(1);
    await expect.poll(states).toEqual([['waiting', 1]]);
    await test.restart();
    await heard('jobs.on_start', 'jobs.on_start');
    await expect.poll(states).toEqual([['sent', 2]]);
  });

  it('is not sent to an address for mail, which is only kept', async () => {
    const id = await destination({ email: { addresses: ['ops@example.org'] } });
    await start({ webhook_notifications: { on_start: [{ id }] } });
    await test.driver.started(1);
    await expect.poll(states).toEqual([['failed', 1]]);
    const { body } = await test.get('/slowlane/notifications');
    expect(body.notifications).toMatchObject([{ last_answer: 'The local workspace sends no mail.' }]);
  });

  it('does not follow a redirect', async () => {
    const id = await destination();
    answers.push({ status: 302, location: url.replace('/hook', '/elsewhere') });
    await start({ webhook_notifications: { on_start: [{ id }] } });
    await test.driver.started(1);
    await expect.poll(states).toEqual([['waiting', 1]]);
    expect(received).toHaveLength(1);
  });
});

describe('notification destinations', () => {
  it('are made, shown without what they were given, changed, listed by pages and removed', async () => {
    const path = '/api/2.0/notification-destinations';
    const id = await destination({ generic_webhook: { url, password: 'secret' } });
    const mail = await destination({ email: { addresses: ['ops@example.org'] } });
    const shown = await test.get(`${path}/${id}`);
    expect(shown.body).toEqual({
      id,
      display_name: 'hook',
      destination_type: 'WEBHOOK',
      config: { generic_webhook: { url_set: true, username_set: false, password_set: true } },
    });
    const body = JSON.stringify({ display_name: 'other' });
    const headers = { 'content-type': 'application/json' };
    await test.workspace.inject({
      method: 'PATCH',
      url: `${path}/${mail}`,
      payload: body,
      headers: { ...headers, authorization: 'Bearer dapi-test-token' },
    });
    const first = await test.get(`${path}?page_size=1`);
    expect(first.body).toMatchObject({ results: [{ id }], next_page_token: mail });
    expect((await test.get(`${path}?page_token=${mail}`)).body).toEqual({
      results: [{ id: mail, display_name: 'other', destination_type: 'EMAIL' }],
    });
    expect((await test.send('DELETE', `${path}/${id}`)).status).toBe(200);
    expect(await test.get(`${path}/${id}`)).toMatchObject({
      status: 404,
      body: { error_code: 'RESOURCE_DOES_NOT_EXIST' },
    });
  });

  it.each([
    [{ generic_webhook: { url: 'http://192.0.2.1/hook' } }, /does not call 192\.0\.2\.1/],
    [{ generic_webhook: { url: 'http://127.0.0.1.example.org/hook' } }, /does not call/],
    [{ generic_webhook: { url: 'http://ci:secret@127.0.0.1/hook' } }, /must not hold a password/],
    [{ generic_webhook: { url: 'file:///etc/passwd' } }, /must begin with http/],
    [{ slack: { url: 'http://127.0.0.1/' } }, /slack is not supported/],
    [{}, /exactly one of/],
  ])('refuse %j', async (config, message) => {
    const answer = await test.post('/api/2.0/notification-destinations', { display_name: 'hook', config });
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringMatching(message) } });
  });

  it('are for admins', async () => {
    const made = await test.post('/slowlane/service-principals', { display_name: 'ci', admin: false });
    const pair = `${String(made.body.client_id)}:${String(made.body.client_secret)}`;
    const { body } = await test.send('POST', '/oidc/v1/token', {
      body: 'grant_type=client_credentials&scope=all-apis',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
      },
    });
    const headers = { authorization: `Bearer ${String(body.access_token)}` };
    const answer = await test.send('GET', '/api/2.0/notification-destinations', { headers });
    expect(answer).toMatchObject({ status: 403, body: { error_code: 'PERMISSION_DENIED' } });
  });
});

describe('a destination that is not there', () => {
  it('is refused in jobs and one-time runs, of their tasks too', async () => {
    const jobId = await createJarJob(test);
    const told = { webhook_notifications: { on_failure: [{ id: 'gone' }] } };
    const task = { ...(jarJob().tasks as object[])[0], ...told };
    const calls = [
      ['/api/2.2/jobs/create', jarJob(told)],
      ['/api/2.2/jobs/create', jarJob({ tasks: [task] })],
      ['/api/2.2/jobs/reset', { job_id: jobId, new_settings: jarJob(told) }],
      ['/api/2.2/jobs/update', { job_id: jobId, new_settings: told }],
      ['/api/2.2/jobs/runs/submit', { run_name: 'x', tasks: [task] }],
    ] as const;
    for (const [url, body] of calls) {
      expect(await test.post(url, body), url).toMatchObject({
        status: 400,
        body: { error_code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining('gone does not exist') },
      });
    }
    const { body } = await test.get(`/api/2.2/jobs/get?job_id=${jobId}`);
    expect(JSON.stringify(body)).not.toContain('gone');
  });
});
