import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createClient } from '@slowlane/client';
import { PipelineFile } from '@slowlane/contracts';
import { newId } from '@slowlane/kit';
import { openLedger } from '@slowlane/ledger';
import { type Started, start } from '@slowlane/process';
import { openQueue } from '@slowlane/queue';
import { createMemoryLogger, sampleRegistration, sampleRequest, startRedis } from '@slowlane/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CabledClients, startCabledClients } from './__fixtures__/cabled-clients.ts';
import type { FollowedSample, FollowedTask } from './__fixtures__/followed-endpoint.ts';
import { tcpConnections } from './__fixtures__/tcp-connections.ts';

const MB = 1_048_576;
/** Followers that stand still, that lose their cable, and that read. */
const [STOPPED, CUT, READING] = [200, 100, 20];
const follow = { heartbeatMs: 500, silentMs: 15_000, unreadBytes: 4 * MB, allUnreadBytes: 6 * MB };
/** Of an event; all rounds are twelve times what may be unread. */
const FILLER = 'x'.repeat(16_384);
const ROUNDS = 15;
/** Connections that the pool of the queue keeps for the next reads. */
const MOST_IDLE = 4;
const logger = createMemoryLogger();
let rig: Awaited<ReturnType<typeof openRig>>;
const ends: (() => Promise<void> | void)[] = [];

beforeEach(async () => {
  rig = await openRig();
}, 60_000);
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

async function openRig() {
  const folder = mkdtempSync(join(tmpdir(), 'slowlane-silent-'));
  ends.push(() => rmSync(folder, { recursive: true }));
  const redis = await startRedis();
  ends.push(() => redis.stop());
  const queue = await openQueue({ url: redis.url, logger });
  ends.push(() => queue.close());
  const files = { ledger: join(folder, 'l.sqlite'), archive: join(folder, 'archive') };
  const ledger = await openLedger({ file: files.ledger, archiveDir: files.archive, logger });
  ends.push(() => ledger.close());
  const file = PipelineFile.parse({ pipeline: 'daily-sales' });
  await ledger.pipelines.put({ name: 'daily-sales', file, text: '', origin: 'applied', by: 'test' });
  await ledger.registrations.put(sampleRegistration({ pipeline: 'daily-sales' }));
  const scopes = ['read', 'request:*'];
  const { secret } = await ledger.tokens.create({ name: 'reader', scopes, expiresAt: undefined });
  const cables: CabledClients[] = [];
  for (const net of [cableNumber(), cableNumber() + 1]) {
    const clients = await startCabledClients(net);
    cables.push(clients);
    ends.push(clients.end);
  }
  const [stopped, cut] = cables as [CabledClients, CabledClients];
  const endpoint = await startEndpoint({ redis: redis.url, ...files, host: stopped.address, follow });
  const client = createClient({ url: endpoint.url, token: secret });
  return { redis, queue, secret, stopped, cut, endpoint, client };
}

/** Another one for each process, so that two runs on one machine do not meet. */
function cableNumber(): number {
  return (process.pid % 120) * 2;
}

async function startEndpoint(task: FollowedTask) {
  const program = fileURLToPath(new URL('__fixtures__/followed-endpoint.ts', import.meta.url));
  const argv = [
    process.execPath,
    '--expose-gc',
    '--disable-warning=ExperimentalWarning',
    program,
    JSON.stringify(task),
  ];
  const node: Started = start(argv, { inheritEnv: true, stdin: 'pipe', stderr: 'inherit' });
  ends.push(async () => {
    node.stdin?.end();
    await node.ended;
  });
  const answers = createInterface({ input: node.stdout as NonNullable<Started['stdout']> })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await answers.next()).value);
  const url = await next();
  return {
    url,
    async sample(): Promise<FollowedSample> {
      node.stdin?.write('sample\n');
      return JSON.parse(await next()) as FollowedSample;
    },
  };
}

async function accepted(count: number): Promise<string[]> {
  const all = Array.from({ length: count }, () => rig.queue.requests.accept(sampleRequest()));
  return (await Promise.all(all)).map(({ request }) => request.id);
}

async function tell(requests: readonly string[], data: Record<string, string | number>): Promise<void> {
  await Promise.all(
    requests.map((request) =>
      rig.queue.events.append({
        ...{ type: 'part.progress', correlationId: newId('cor'), data },
        subject: { request, part: `${request}-0` },
      }),
    ),
  );
}

/** Clients that read; `rounds` is what each of them has heard of. */
function startReaders(requests: readonly string[]) {
  const rounds = requests.map(() => [] as number[]);
  const stop = new AbortController();
  const reading = requests.map(async (id, index) => {
    for await (const { data } of rig.client.followEvents(id, { signal: stop.signal }))
      if (typeof data['round'] === 'number') rounds[index]?.push(data['round']);
  });
  ends.push(async () => {
    stop.abort();
    await Promise.allSettled(reading);
  });
  return { heard: (round: number) => rounds.every((all) => all.at(-1) === round), rounds };
}

/** Connections of this machine to the test's Redis. */
function connectionsToRedis(): number {
  return tcpConnections('self').filter(
    ({ remotePort, isEstablished }) => remotePort === rig.redis.port && isEstablished,
  ).length;
}

/** Tells everybody something round by round, and asks for a request in each; gives the highest that was seen meanwhile. */
async function tellRounds(
  readers: ReturnType<typeof startReaders>,
  { silent, read }: { silent: readonly string[]; read: readonly string[] },
): Promise<{ held: number; unread: number }> {
  let [held, unread] = [0, 0];
  for (let round = 1; round <= ROUNDS; round++) {
    await tell(silent, { filler: FILLER });
    await tell(read, { round });
    expect(await rig.client.createRequest({ operation: 'daily-sales', body: { round } })).toMatchObject({
      state: 'accepted',
    });
    await expect.poll(() => readers.heard(round), { timeout: 15_000, interval: 10 }).toBe(true);
    const now = await rig.endpoint.sample();
    [held, unread] = [Math.max(held, now.held), Math.max(unread, now.unread)];
    // Each stands there with what it has not read: the window of its system is full.
    if (round === 1)
      await expect
        .poll(() => rig.stopped.connections().filter(({ received }) => received > 0).length, { timeout: 10_000 })
        .toBe(STOPPED);
  }
  return { held, unread };
}

it('hundreds of followers that stand still or are lost cost no more than the bound, hold up nobody and are cut off in time', async () => {
  const { endpoint, stopped, cut, secret } = rig;
  const port = Number(new URL(endpoint.url).port);
  const at = { host: stopped.address, port, secret };
  const [still, lost, read] = [await accepted(STOPPED), await accepted(CUT), await accepted(READING)];
  const redisBefore = connectionsToRedis();
  const readers = startReaders(read);
  await Promise.all([stopped.follow({ ...at, requests: still }), cut.follow({ ...at, requests: lost })]);
  const followers = async () => (await endpoint.sample()).followers;
  await expect.poll(followers, { timeout: 20_000 }).toBe(STOPPED + CUT + READING);
  const quiet = await endpoint.sample();

  stopped.stop();
  await cut.cutCable();
  const most = await tellRounds(readers, { silent: [...still, ...lost], read });
  expect(most.unread, 'bytes that nobody took').toBeGreaterThan(follow.allUnreadBytes / 2);
  expect(most.held - quiet.held).toBeLessThan(3 * follow.allUnreadBytes);

  await expect.poll(followers, { timeout: 2 * follow.silentMs }).toBe(READING);
  const after = await endpoint.sample();
  expect(after).toMatchObject({ unread: 0 });
  expect(after.held - quiet.held).toBeLessThan(follow.allUnreadBytes);
  // No end of a connection got through the cable: the clients still take theirs for open.
  expect(cut.connections().filter(({ isEstablished }) => isEstablished)).toHaveLength(CUT);
  // Those that read, and the calls beside them; none is kept by the system for somebody who was cut off.
  const kept = tcpConnections('self').filter(({ localPort }) => localPort === port);
  expect(kept.length).toBeLessThan(2 * READING);
  expect(connectionsToRedis() - redisBefore).toBeLessThanOrEqual(MOST_IDLE);
  expect(readers.rounds).toEqual(read.map(() => Array.from({ length: ROUNDS }, (_, index) => index + 1)));
}, 180_000);
