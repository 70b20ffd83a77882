import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PipelineFile, SlowLaneError } from '@slowlane/contracts';
import { newId } from '@slowlane/kit';
import { type Queue, openQueue } from '@slowlane/queue';
import {
  type TestRedis,
  createMemoryLogger,
  postgresForFile,
  sampleBuild,
  sampleRequest,
  startNode,
  startRedis,
} from '@slowlane/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { archiveParts, readArchive } from './archive-parts.ts';
import { archiveSteps } from './archiver.ts';
import { type Archiver, type Ledger, openLedger } from './index.ts';
import { type Lease, proveLease, takeLease } from './lease.ts';
import { type DatabaseLocation, openDatabase } from './open-database.ts';

let redis: TestRedis;
let queue: Queue;
let dir: string;
let ledger: Ledger;
let archiver: Archiver;
let location: DatabaseLocation;
const logger = createMemoryLogger();
const server = postgresForFile({ beforeAll, afterAll });

describe.each(['sqlite', 'postgres'] as const)('in %s', (kind) => {
  beforeEach(async () => {
    redis = await startRedis();
    queue = await openQueue({ url: redis.url, logger });
    dir = await mkdtemp(join(tmpdir(), 'slowlane-ledger-'));
    location = kind === 'sqlite' ? { file: file() } : { url: await server.postgres.createDatabase() };
    ledger = await open();
    archiver = ledger.archiver(queue.events);
  });
  afterEach(async () => {
    await archiver.stop();
    await ledger.close();
    await queue.close();
    await redis.stop();
    await rm(dir, { recursive: true });
  });

  describe('the read model', () => {
    it('shows each request, part and build exactly as the queue did, at every state and at the end', async () => {
      archiver.start();
      await queue.gate.declare({ 'op:daily-sales': 1 });
      const ended = await park();
      await run(`${ended}-0`);
      await queue.requests.retry(`${ended}-0`, failure, { attempt: 1, delayMs: 0 });
      await run(`${ended}-0`);
      await queue.requests.release(`${ended}-0`, succeeded);
      const waiting = await park();
      await run(`${ended}-1`);
      await queue.requests.release(`${ended}-1`, succeeded);
      await queue.requests.end(ended, { state: 'succeeded', files: [{ name: 'a.csv', path: '/x', size: 1 }] });
      const failed = await park();
      await queue.requests.cancel(waiting, 'ana');
      await run(`${failed}-0`);
      await queue.requests.release(`${failed}-0`, { state: 'failed', failure, runMs: 3, log: undefined });
      await queue.requests.end(failed, { state: 'failed', failure });
      const running = await park();
      await run(`${running}-0`);
      await archived();
      for (const id of [ended, waiting, failed, running]) {
        expect(await ledger.history.request(id)).toEqual(await queue.requests.get(id));
        expect(await ledger.history.parts(id)).toEqual(await queue.requests.parts(id));
      }
      const build = sampleBuild();
      await queue.builds.start(build);
      await queue.builds.advance(build.id, 'fetching', { commit: 'c'.repeat(40) });
      await queue.builds.advance(build.id, 'detecting', { plugin: 'python', evidence: [] });
      await queue.builds.fail(build.id, failure);
      await archived();
      expect(await ledger.history.build(build.id)).toEqual(await queue.builds.get(build.id));
    });

    it('follows a request that runs again after its end, with new attempts of what had failed', async () => {
      archiver.start();
      const workers = await queue.work({
        join: ({ requestId }) => queue.requests.end(requestId, { state: 'failed', failure }),
        notify: async () => undefined,
      });
      const id = await park();
      await run(`${id}-0`);
      await queue.requests.release(`${id}-0`, succeeded);
      await run(`${id}-1`);
      await queue.requests.release(`${id}-1`, { state: 'failed', failure, runMs: 3, log: undefined });
      const again = () =>
        queue.requests.retryFailed(id, 'ana').then(
          ({ parts: names }) => names,
          () => [],
        );
      await expect.poll(again, { timeout: 20_000 }).toEqual([`${id}-1`]);
      await run(`${id}-1`);
      await archived();
      expect(await ledger.history.request(id)).toEqual(await queue.requests.get(id));
      expect(await ledger.history.parts(id)).toEqual(await queue.requests.parts(id));
      expect((await queue.requests.parts(id)).map(({ attempt, state }) => [attempt, state])).toEqual([
        [1, 'succeeded'],
        [2, 'running'],
      ]);
      await workers.close();
    });

    it('lists the newest first, by page, operation and state', async () => {
      archiver.start();
      const ids = [await park(), await park(), await park()];
      await queue.requests.cancel(ids[1] ?? '', 'ana');
      await archived();
      const { history } = ledger;
      expect((await history.requests({ limit: 2 })).map(({ id }) => id)).toEqual([ids[2], ids[1]]);
      expect((await history.requests({ limit: 2, before: ids[1] ?? '' })).map(({ id }) => id)).toEqual([ids[0]]);
      expect((await history.requests({ limit: 9, state: 'cancelled' })).map(({ id }) => id)).toEqual([ids[1]]);
      expect(await history.requests({ limit: 9, operation: 'other' })).toEqual([]);
    });

    it('remembers limits set by hand until they are reset', async () => {
      archiver.start();
      await queue.gate.set('res:erp-db', 1, 'ana', 'night');
      await queue.gate.set('op:a', 2, 'ana', 'less');
      await queue.gate.set('op:a', 3, 'bob', 'more');
      await queue.gate.set('pool:p', 3, 'bob', 'x');
      await queue.gate.reset('pool:p', 'bob');
      await archived();
      expect(await ledger.handLimits()).toMatchObject([
        { dimension: 'op:a', limit: 3, by: 'bob', reason: 'more' },
        { dimension: 'res:erp-db', limit: 1, by: 'ana', reason: 'night' },
      ]);
    });
  });

  describe('trace', () => {
    it('tells the whole chain in order, from any id in it', async () => {
      archiver.start();
      const build = sampleBuild();
      const pushId = build.purpose.kind === 'push' ? build.purpose.pushId : '';
      const digest = `sha256:${'5'.repeat(64)}`;
      const primary = { name: 'a.jar', digest: `sha256:${'6'.repeat(64)}`, size: 1 };
      const set = { digest, kind: 'jar', primary, companions: [] } as const;
      await queue.builds.start(build);
      await queue.builds.advance(build.id, 'inspecting', { set: { ...set, companions: [] } });
      const registered = await ledger.registrations.put(
        sampleRegistration({ buildId: build.id, correlationId: build.correlationId, set: { ...set, companions: [] } }),
      );
      await queue.builds.advance(build.id, 'registered', {});
      await queue.builds.start(sampleBuild());
      await park();
      const request = await park({ registrationId: registered.id, traceparent });
      await run(`${request}-0`);
      await ledger.deliveries.add([
        {
          ...{
            id: 'dlv_1',
            request,
            correlationId: 'cor_1',
            pipeline: 'p',
            kind: 'webhook',
            address: 'https://example.org',
          },
          ...{ audience: {}, event: {}, state: 'pending', attempt: 0, dueAt: 1, createdAt: 1, updatedAt: 1 },
        } as never,
      ]);
      const upTo = await queue.events.last();
      const correlation = (await queue.requests.get(request))?.correlationId ?? '';
      const story = await ledger.history.trace(request, { upTo });
      expect(story.map(({ type }) => type)).toEqual([
        ...['push.received', 'build.queued', 'build.stage', 'build.registered', 'request.accepted', 'request.mediated'],
        ...['part.parked', 'part.granted', 'part.parked', 'part.granted', 'part.submitting', 'part.running'],
      ]);
      const all = await queue.events.read('0-0', 1_000, 0);
      expect(story).toEqual(
        all.filter(({ correlationId }) => [build.correlationId, correlation].includes(correlationId)),
      );
      for (const id of [
        `${request}-1`,
        `1${request}-0`,
        correlation,
        build.id,
        build.correlationId,
        pushId,
        digest,
        primary.digest,
        registered.id,
      ]) {
        expect(await ledger.history.trace(id), id).toEqual(story);
      }
      expect(await ledger.history.trace('req_unknown')).toEqual([]);
    });
  });

  describe('the archiver', () => {
    it('goes on where it stopped, trims what it has, and is soon up to date', async () => {
      archiver.start();
      const first = await park();
      await archived();
      await archiver.stop();
      const second = await park();
      expect(await archiver.lag()).toBeGreaterThanOrEqual(0);
      await ledger.close();
      ledger = await open();
      archiver = ledger.archiver(queue.events);
      archiver.start();
      await archived();
      expect(await archiver.lag()).toBe(0);
      expect((await ledger.history.request(first))?.id).toBe(first);
      expect((await ledger.history.request(second))?.id).toBe(second);
      expect((await readArchive(parts())).map(({ id }) => id)).toEqual(
        (await queue.events.read('0-0', 1_000, 0)).map(({ id }) => id),
      );
    });

    it('waits for a Redis that is away', async () => {
      archiver.start();
      const before = await park();
      await redis.kill();
      await redis.restart();
      await expect
        .poll(() =>
          queue.ping().then(
            () => true,
            () => false,
          ),
        )
        .toBe(true);
      const after = await park();
      await archived();
      expect(await ledger.history.request(before)).toEqual(await queue.requests.get(before));
      expect(await ledger.history.request(after)).toEqual(await queue.requests.get(after));
    });

    it.each(archiveSteps.flatMap((step) => [1, 2].map((batch) => ({ step, batch }))))(
      'keeps each event once when it is killed after "$step" of batch $batch',
      async ({ step, batch }) => {
        const appended = await appendMany(500);
        const child = startNode(join(import.meta.dirname, '__fixtures__', 'archive-until-killed.ts'), [
          redis.url,
          JSON.stringify(location),
          parts(),
          step,
          String(batch),
        ]);
        expect(await child.exited, child.lines.join('\n')).toMatchObject({ signal: 'SIGKILL' });
        archiver.start();
        await archived();
        const db = await openDatabase(location);
        const rows = await db.read.selectFrom('events').select(['ms', 'n']).orderBy('ms').orderBy('n').execute();
        await db.close();
        expect(await ledger.quarantine()).toEqual([]);
        expect(rows.map(({ ms, n }) => `${ms}-${n}`)).toEqual(appended);
        expect((await readArchive(parts())).map(({ id }) => id)).toEqual(appended);
      },
    );

    it('puts an event aside that the tables cannot take, and goes on with all the others', async () => {
      const accepted = () =>
        queue.events.append({
          type: 'request.accepted',
          correlationId: 'cor_1',
          subject: { request: 'req_twice', pipeline: 'p' },
          data: { operation: 'o', principal: 'ana', revision: 1 },
        });
      const [before] = await appendMany(1);
      await accepted();
      const poison = await accepted();
      const [after] = await appendMany(1);
      archiver.start();
      await archived();
      expect(await ledger.quarantine()).toMatchObject([{ event: { id: poison, type: 'request.accepted' } }]);
      expect((await ledger.history.request('req_twice'))?.principal).toBe('ana');
      const ids = (await readArchive(parts())).map(({ id }) => id);
      expect(ids).toEqual(expect.arrayContaining([before, poison, after]));
      expect(await archiver.lag()).toBe(0);
      expect(logger.entries.some(({ fields }) => fields['id'] === poison)).toBe(true);
    });

    it('puts an entry of the stream aside that could not be read', async () => {
      const data = { entry: '["strange"]', reason: 'Unexpected end of JSON input' };
      const strange = await queue.events.append({ type: 'event.unreadable', correlationId: '', subject: {}, data });
      const [after] = await appendMany(1);
      archiver.start();
      await archived();
      expect(await ledger.quarantine()).toMatchObject([
        { event: { id: strange, data }, error: 'unreadable: Unexpected end of JSON input' },
      ]);
      expect(await ledger.history.cursor()).toBe(after);
    });

    it('commits nothing under a lease that another has taken', async () => {
      const db = await openDatabase(location);
      const first = await takeLease(db, { holder: 'a', leaseMs: 0 });
      const second = await takeLease(db, { holder: 'b', leaseMs: 60_000 });
      const prove = (lease: Lease | undefined) =>
        db.write.transaction().execute((transaction) => proveLease(transaction, lease as Lease));
      await prove(second);
      await expect(prove(first)).rejects.toThrow('another node has become the archiver');
      expect((await takeLease(db, { holder: 'c', leaseMs: 0 })) === undefined).toBe(kind === 'postgres');
      await db.close();
    });

    it('merges small parts, and a crash while it does loses and doubles nothing', async () => {
      const store = archiveParts(parts());
      await store.clean('0-0');
      const event = (at: number) =>
        ({ id: `${at}-0`, type: 'push.completed', at, correlationId: 'c', subject: {}, data: {} }) as const;
      for (let at = 1; at <= 210; at++) await store.write([event(at)]);
      const small = await readdir(parts());
      await store.merge();
      expect(await readdir(parts())).toEqual(['1-0_210-0.jsonl']);
      const ids = Array.from({ length: 210 }, (_, index) => `${index + 1}-0`);
      expect((await readArchive(parts())).map(({ id }) => id)).toEqual(ids);
      for (const name of small.slice(100)) await writeFile(join(parts(), name), '{"id":"left behind by a crash"}\n');
      await writeFile(join(parts(), '211-0_212-0.jsonl.tmp'), '{"id":');
      await archiveParts(parts()).clean('210-0');
      expect((await readArchive(parts())).map(({ id }) => id)).toEqual(ids);
      expect(await readdir(parts())).toHaveLength(1);
    });
  });
});

describe('two nodes on one Postgres', () => {
  it('archive each event once, one at a time, and the other goes on when the first ends', async () => {
    redis = await startRedis();
    queue = await openQueue({ url: redis.url, logger });
    dir = await mkdtemp(join(tmpdir(), 'slowlane-ledger-'));
    const postgres = { url: await server.postgres.createDatabase() };
    const nodes = await Promise.all(
      ['a', 'b'].map(async (name) => {
        const archiveDir = join(dir, name);
        const opened = await openLedger({ file: join(dir, 'unused'), postgres, archiveDir, logger });
        return { archiveDir, ledger: opened, archiver: opened.archiver(queue.events) };
      }),
    );
    const [first, second] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    first.archiver.start();
    const appended = await appendMany(250);
    ledger = first.ledger;
    await archived();
    second.archiver.start();
    appended.push(...(await appendMany(250)));
    await archived();
    expect(await readArchive(first.archiveDir)).toHaveLength(500);
    await first.archiver.stop();
    appended.push(...(await appendMany(250)));
    await archived();
    expect(await readArchive(second.archiveDir)).toHaveLength(250);
    const db = await openDatabase(postgres);
    const rows = await db.read.selectFrom('events').select(['ms', 'n']).orderBy('ms').orderBy('n').execute();
    expect(rows.map(({ ms, n }) => `${ms}-${n}`)).toEqual(appended);
    await db.close();
    for (const node of nodes) {
      await node.archiver.stop();
      await node.ledger.close();
    }
    await queue.close();
    await redis.stop();
    await rm(dir, { recursive: true });
  });

  it('each give a pipeline one revision after the other', async () => {
    const postgres = { url: await server.postgres.createDatabase() };
    const open2 = () => openLedger({ file: 'unused', postgres, archiveDir: 'unused', logger });
    const nodes = await Promise.all([open2(), open2()]);
    const file = PipelineFile.parse({ pipeline: 'daily' });
    const put = await Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        nodes[at % 2]?.pipelines.put({ name: 'daily', file, text: `# ${at}`, origin: 'applied', by: 'ana' }),
      ),
    );
    expect(put.map((each) => each?.revision).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    for (const node of nodes) await node.close();
  });
});

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
const file = (): string => join(dir, 'ledger.db');
const parts = (): string => join(dir, 'archive');

function open(): Promise<Ledger> {
  const postgres = 'url' in location ? location : undefined;
  return openLedger({ file: file(), postgres, archiveDir: parts(), logger });
}

async function archived(): Promise<void> {
  await ledger.history.trace('nothing', { upTo: await queue.events.last(), waitMs: 20_000 });
}

async function park({
  traceparent: parent,
  ...options
}: { registrationId?: string; traceparent?: string } = {}): Promise<string> {
  const sample = sampleRequest({
    ...(parent === undefined ? {} : { traceparent: parent }),
    callback: 'https://example.org/done',
  });
  const pin = { ...sample.pin, ...options };
  await queue.requests.accept({ ...sample, pin });
  await queue.requests.park(sample.id, {
    mediated: { month: 3, full: true },
    parts: ['EWR', 'JFK'].map((key) => ({ key, document: { origin: key } })),
    claim: { dimensions: { 'op:daily-sales': 1 }, priority: 5 },
    resultPath: '/Volumes/main/r/p',
  });
  return sample.id;
}

async function run(partId: string): Promise<void> {
  const claimed = await queue.requests.claim(partId, 'node', 60_000);
  const attempt = claimed?.part.attempt ?? 0;
  await queue.requests.intend(partId, claimed?.fence ?? 0, { attempt, token: `${partId}/${attempt}` });
  await queue.requests.bind(partId, claimed?.fence ?? 0, {
    runId: `${attempt}${partId}`,
    runPageUrl: 'http://runs/1',
    pollMs: 0,
  });
}

const failure = new SlowLaneError('run.failed', 'exit code 1').toFailure();
const succeeded = { state: 'succeeded', runMs: 5, log: `sha256:${'e'.repeat(64)}` } as const;

async function appendMany(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    ids.push(
      await queue.events.append({
        type: 'pipeline.applied',
        correlationId: newId('cor'),
        subject: { pipeline: 'p' },
        data: { revision: index, by: 'x' },
      }),
    );
  }
  return ids;
}

function sampleRegistration(
  given: Pick<Parameters<Ledger['registrations']['put']>[0], 'buildId' | 'correlationId' | 'set'>,
) {
  const manifest = {
    plugin: 'scala-sbt',
    kind: 'jar',
    main: 'a.B',
    mainCandidates: ['a.B'],
    spark: 'provided',
  } as const;
  return {
    ...{
      id: newId('reg'),
      pipeline: 'daily-sales',
      revision: 1,
      target: 'dev',
      workspace: 'local',
      jobId: '7',
      commit: undefined,
    },
    ...{ manifest: { ...manifest, mainCandidates: ['a.B'] }, pool: 'default', timeoutMs: 1, retries: 0 },
    ...given,
  };
}
