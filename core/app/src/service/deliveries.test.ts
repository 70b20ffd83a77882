import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NewEvent, PipelineFile, type RequestRecord } from '@slowlane/contracts';
import { type Ledger, openLedger } from '@slowlane/ledger';
import { createNotifier, createWebhookSender, deriveWebhookSecret } from '@slowlane/notify';
import { createMemoryLogger } from '@slowlane/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const logger = createMemoryLogger();
const id = 'req_01J0000000000000000000000A';
const key = Buffer.alloc(32, 7);
let folder: string;
let ledger: Ledger;
let clock: number;
let events: NewEvent[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let calls: { url: string; id: string }[];
let server: ReturnType<typeof createServer>;
let host: string;
const open = () => openLedger({ file: join(folder, 'l.sqlite'), archiveDir: folder, logger });
const closing: (() => Promise<void>)[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slowlane-deliveries-'));
  ledger = await open();
  clock = 1_000_000;
  events = [];
  calls = [];
  server = createServer((request, response) => {
    calls.push({ url: String(request.url), id: String(request.headers['webhook-id']) });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await ledger.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

const request: RequestRecord = {
  id,
  correlationId: 'cor_01J0000000000000000000000C',
  traceparent: undefined,
  operation: 'daily',
  principal: 'erp',
  body: {},
  mediated: undefined,
  callback: undefined,
  pin: {
    pipeline: 'daily',
    revision: 1,
    registrationId: 'reg_x',
    artifact: `sha256:${'0'.repeat(64)}`,
    workspace: 'local',
  },
  state: 'succeeded',
  parts: { total: 1, ended: 1 },
  acceptedAt: 1,
  endedAt: 2,
  failure: undefined,
  result: [],
  resultPath: undefined,
  endEventId: '1700000000000-3',
};

/** What a service has after a start: nothing but the ledger remembers. */
function notifier(webhooks: string[], timeoutMs = 5_000) {
  const file = PipelineFile.parse({
    pipeline: 'daily',
    operation: { notify: webhooks.map((webhook) => ({ webhook })) },
  });
  const sender = createWebhookSender({
    allow: [host],
    secret: (audience) => deriveWebhookSecret(key, audience),
    timeoutMs,
    logger,
  });
  closing.push(() => sender.close());
  return createNotifier({
    requests: { get: async () => request },
    pipelines: {
      get: async () => ({ name: 'daily', revision: 1, file, text: '', origin: 'applied', by: 'me', at: 0 }),
    },
    resultLinks: { links: () => [] },
    events: { append: async (event) => (events.push(event), '1-0') },
    deliveries: ledger.deliveries,
    sender,
    publicUrl: 'http://127.0.0.1:8080',
    now: () => clock,
    random: () => 0.5,
    logger,
  });
}

async function restart(): Promise<void> {
  await ledger.close();
  ledger = await open();
}

async function later(webhooks: string[]): Promise<void> {
  clock += 86_400_000;
  await notifier(webhooks).turn();
}

describe('deliveries', () => {
  it('to a target that is down are tried a bounded number of times over restarts, then dead, then sent again by hand', async () => {
    const hook = [`http://${host}/done`];
    answer = (_request, response) => void response.writeHead(500).end();
    await notifier(hook).notify(id);
    for (let turn = 0; turn < 20; turn++) {
      await restart();
      await later(hook);
    }
    expect(calls).toHaveLength(12);
    expect(new Set(calls.map((call) => call.id))).toEqual(new Set(['1700000000000-3']));
    expect(events.map(({ data }) => data?.['attempt'])).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
    const [dead] = await ledger.deliveries.list({ state: 'dead', limit: 10 });
    expect(dead).toMatchObject({ attempt: 12, status: 500, failure: { code: 'notify.undeliverable' } });

    answer = (_request, response) => void response.writeHead(204).end();
    await notifier(hook).control.redeliver(dead!.id, 'ann');
    await restart();
    await later(hook);
    expect(calls).toHaveLength(13);
    expect(await ledger.deliveries.get(dead!.id)).toMatchObject({ state: 'sent', attempt: 1, status: 204 });
    await later(hook);
    expect(calls).toHaveLength(13);
  });

  it('follow no redirect to the address of the cloud’s metadata, and say so', async () => {
    answer = (_request, response) =>
      void response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end();
    await notifier([`http://${host}/done`]).notify(id);
    expect(calls).toHaveLength(1);
    const [kept] = await ledger.deliveries.ofRequest(id);
    expect(kept).toMatchObject({ state: 'pending', status: 302 });
    expect(kept?.failure?.message).toContain('redirects are not followed');
  });

  it('to an address inside the network are dead at once', async () => {
    await notifier(['https://169.254.169.254/', 'https://10.0.0.1/hook']).notify(id);
    const kept = await ledger.deliveries.list({ state: 'dead', limit: 10 });
    expect(kept.map(({ failure, attempt }) => [failure?.code, attempt])).toEqual([
      ['notify.refused', 1],
      ['notify.refused', 1],
    ]);
  });

  it('to a target that never answers end with their time limit and hold up no other', async () => {
    answer = (call, response) => void (call.url === '/slow' || response.writeHead(200).end());
    await notifier([`http://${host}/slow`, `http://${host}/quick`], 100).notify(id);
    const kept = await ledger.deliveries.ofRequest(id);
    expect(kept.map(({ address, state }) => [address.split('/').at(-1), state])).toEqual([
      ['slow', 'pending'],
      ['quick', 'sent'],
    ]);
  });

  it('of one request made twice at once by two nodes are each made once', async () => {
    answer = (_request, response) => void response.writeHead(200).end();
    const hooks = [`http://${host}/a`, `http://${host}/b`];
    await Promise.all([notifier(hooks).notify(id), notifier(hooks).notify(id), notifier(hooks).notify(id)]);
    expect(calls.map(({ url }) => url).sort()).toEqual(['/a', '/b']);
  });
});
