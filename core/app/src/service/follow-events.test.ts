import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@slowlane/client';
import type { NewEvent } from '@slowlane/contracts';
import { buildEndpoint, type EndpointDeps } from '@slowlane/endpoint';
import { newId } from '@slowlane/kit';
import { openLedger } from '@slowlane/ledger';
import { createEventFeed } from '@slowlane/notify';
import { openQueue } from '@slowlane/queue';
import { createMemoryLogger, sampleRequest, startRedis } from '@slowlane/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const logger = createMemoryLogger();
/** As the endpoint has it. */
const mostUnread = 4 * 1_048_576;
let rig: Awaited<ReturnType<typeof openRig>>;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

/** The endpoint on a socket with real queue, ledger and feed, as the service wires them. */
async function openRig() {
  const folder = mkdtempSync(join(tmpdir(), 'slowlane-follow-'));
  const redis = await startRedis();
  const queue = await openQueue({ url: redis.url, logger });
  const ledger = await openLedger({ file: join(folder, 'l.sqlite'), archiveDir: join(folder, 'archive'), logger });
  const { history } = ledger;
  const feed = createEventFeed(queue.events, {
    ...{
      history: (id, after) => history.requestEvents(id, after),
      cursor: () => history.cursor(),
      blockMs: 50,
      logger,
    },
  });
  const listening = { open: 0 };
  const deps: Partial<EndpointDeps> = {
    ...{ requests: queue.requests, tokens: ledger.tokens, pipelines: ledger.pipelines, history, logger },
    ...{ version: 'test', publicUrl: 'http://127.0.0.1', limits: { bodyBytes: 1_048_576, sourceBytes: 1 } },
    feed: {
      async subscribe(id, after, listener) {
        const subscription = await feed.subscribe(id, after, listener);
        listening.open++;
        return { close: () => (listening.open--, subscription.close()) };
      },
    },
  };
  const app = await buildEndpoint(deps as EndpointDeps);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const { secret } = await ledger.tokens.create({ name: 'reader', scopes: ['read'], expiresAt: undefined });
  const archiver = ledger.archiver(queue.events);
  return {
    ...{ queue, ledger, archiver, port, secret, listening, server: app.server },
    async close() {
      await app.close();
      await feed.close();
      await archiver.stop();
      await queue.close();
      await ledger.close();
      await redis.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

async function accepted(): Promise<string> {
  return (await rig.queue.requests.accept(sampleRequest())).request.id;
}

/** `count` events of about 64 KiB each. */
async function tell(request: string, count: number): Promise<void> {
  const filler = 'x'.repeat(65_536);
  const event: NewEvent = {
    ...{ type: 'part.progress', correlationId: newId('cor'), subject: { request, part: `${request}-0` } },
    data: { filler },
  };
  for (let made = 0; made < count; made++) await rig.queue.events.append(event);
}

/** A client that asks and then reads nothing. */
function silentClient(request: string) {
  const socket = connect(rig.port, '127.0.0.1');
  socket.on('error', () => undefined);
  const head = `GET /v1/requests/${request}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${rig.secret}\r\n\r\n`;
  socket.write(head);
  socket.pause();
  return socket;
}

function openConnections(): Promise<number> {
  return new Promise((resolve, reject) => {
    rig.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}

async function eventIds(request: string): Promise<string[]> {
  const ids: string[] = [];
  for (let from = '0-0'; ;) {
    const events = await rig.queue.events.read(from, 500, 0);
    if (events.length === 0) return ids;
    for (const { id, subject } of events) if (subject.request === request) ids.push(id);
    from = events.at(-1)?.id ?? from;
  }
}

describe('a client that follows a request over a socket', () => {
  it('is dropped past the cap when it reads nothing, and what was kept for it is let go', async () => {
    const id = await accepted();
    const socket = silentClient(id);
    await vi.waitUntil(() => rig.listening.open === 1);
    const before = process.memoryUsage().arrayBuffers;
    let told = 0;
    while (rig.listening.open === 1 && told < 600) {
      await tell(id, 10);
      told += 10;
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * mostUnread);
    }
    expect(rig.listening.open).toBe(0);
    await vi.waitUntil(async () => (await openConnections()) === 0, { timeout: 10_000 });
    socket.destroy();
  }, 60_000);

  it('is let go when its connection is lost', async () => {
    const id = await accepted();
    const socket = silentClient(id);
    await vi.waitUntil(() => rig.listening.open === 1);
    socket.resetAndDestroy();
    await vi.waitUntil(() => rig.listening.open === 0, { timeout: 10_000 });
  });

  it('comes back after it was dropped and misses nothing, also of what has been archived meanwhile', async () => {
    const id = await accepted();
    const client = createClient({ url: `http://127.0.0.1:${rig.port}`, token: rig.secret });
    const got: string[] = [];
    let paused: Promise<void> | undefined;
    let goOn = (): void => undefined;
    const reading = (async () => {
      for await (const event of client.followEvents(id)) {
        got.push(event.id);
        // Reads the first event, and then nothing until the endpoint has given it up.
        if (got.length === 1) await (paused ??= new Promise((resolve) => (goOn = resolve)));
      }
    })();
    await vi.waitUntil(() => paused !== undefined && rig.listening.open === 1);
    for (let told = 0; rig.listening.open === 1 && told < 1_000; told += 10) await tell(id, 10);
    expect(rig.listening.open, 'the slow client was dropped').toBe(0);
    await tell(id, 5);
    const expected = await eventIds(id);
    rig.archiver.start();
    const last = expected.at(-1);
    await vi.waitUntil(async () => (await rig.ledger.history.cursor()) === last, { timeout: 20_000 });
    goOn();
    await rig.queue.requests.cancel(id, 'ana');
    await reading;
    expect(got.slice(0, expected.length)).toEqual(expected);
    expect(got).toHaveLength(expected.length + 1);
  }, 90_000);

  it('gets a long history in pieces, each event once', async () => {
    const id = await accepted();
    await tell(id, 160);
    const expected = await eventIds(id);
    const client = createClient({ url: `http://127.0.0.1:${rig.port}`, token: rig.secret });
    await rig.queue.requests.cancel(id, 'ana');
    const got: string[] = [];
    for await (const event of client.followEvents(id)) got.push(event.id);
    expect(got.slice(0, expected.length)).toEqual(expected);
    expect(got).toHaveLength(expected.length + 1);
    await vi.waitUntil(() => rig.listening.open === 0);
  }, 60_000);
});
