import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createFolderBlobStore } from '@slowlane/artifacts';
import { pathsOf, readEnvironment, type Paths } from '@slowlane/config';
import { type Digest, PipelineFile } from '@slowlane/contracts';
import { openLedger, readArchive } from '@slowlane/ledger';
import { openQueue } from '@slowlane/queue';
import { createMemoryLogger, postgresForFile, sampleRequest, startRedis } from '@slowlane/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureRedis } from '../processes/redis-server.ts';
import { createBackup } from './create-backup.ts';
import { restoreBackup } from './restore-backup.ts';

const logger = createMemoryLogger();
const server = postgresForFile({ beforeAll, afterAll });
let folder: string;
let closers: (() => Promise<unknown>)[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slowlane-backup-'));
  closers = [];
});
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  await rm(folder, { recursive: true });
});

const pathsIn = (name: string): Paths => pathsOf(readEnvironment({ SLOWLANE_HOME: join(folder, name) }));

async function startOwnRedis(paths: Paths) {
  await mkdir(paths.logs, { recursive: true });
  return ensureRedis(paths, logger);
}

async function open(paths: Paths, postgres: { url: string } | undefined) {
  const redis = await startOwnRedis(paths);
  const queue = await openQueue({ url: redis.url, logger });
  const ledger = await openLedger({ file: paths.ledger, postgres, archiveDir: paths.archive, logger });
  const archiver = ledger.archiver(queue.events);
  archiver.start();
  const close = async () => {
    await archiver.stop();
    await ledger.close();
    await queue.close();
    await redis.close();
  };
  return { redis, queue, ledger, close };
}
type System = Awaited<ReturnType<typeof open>>;

async function park({ queue }: System): Promise<string> {
  const sample = sampleRequest({});
  await queue.requests.accept(sample);
  await queue.requests.park(sample.id, {
    mediated: {},
    parts: ['EWR', 'JFK'].map((key) => ({ key, document: { key } })),
    claim: { dimensions: { 'op:daily-sales': 1 }, priority: 5 },
    resultPath: '/Volumes/main/r/p',
  });
  return sample.id;
}

async function archived({ queue, ledger }: System): Promise<void> {
  await ledger.history.trace('nothing', { upTo: await queue.events.last(), waitMs: 20_000 });
}

describe.each(['sqlite', 'postgres'] as const)('a backup of a running system with its ledger in %s', (kind) => {
  it('is all there on an empty machine: history, pipelines, tokens, blobs, and what was parked goes on once', async () => {
    const database = async () => (kind === 'postgres' ? { url: await server.postgres.createDatabase() } : undefined);
    const [from, to] = [pathsIn('from'), pathsIn('to')];
    const source = await database();
    const system = await open(from, source);
    closers.push(() => system.close());
    await system.queue.gate.declare({ 'op:daily-sales': 1 });
    await system.ledger.pipelines.put({
      ...{ name: 'daily', text: 'pipeline: daily', origin: 'applied', by: 'ana' },
      file: PipelineFile.parse({ pipeline: 'daily' }),
    });
    const { secret } = await system.ledger.tokens.create({ name: 'ci', scopes: ['read'], expiresAt: undefined });
    const blob = await createFolderBlobStore(from.blobs).put(Readable.from([Buffer.from('an artifact')]));
    const ended = await park(system);
    await system.queue.requests.cancel(ended, 'ana');
    const parked = await park(system);
    await archived(system);

    let goesOn = true;
    const load = (async () => {
      while (goesOn) await park(system);
    })();
    const target = join(folder, 'backup');
    const made = await createBackup(
      { paths: from, postgres: source, redisUrl: system.redis.url, version: '0' },
      target,
      { withKeys: false },
    );
    goesOn = false;
    await load;
    expect(Object.keys(made.files)).toEqual(expect.arrayContaining(['ledger.sqlite', 'redis.rdb']));
    const everything = await Promise.all(Object.keys(made.files).map((path) => readFile(join(target, path), 'latin1')));
    expect(everything.join('')).not.toContain(secret.slice(12));

    const restoredTo = await database();
    await restoreBackup(target, { paths: to, postgres: restoredTo });
    const again = await open(to, restoredTo);
    closers.push(() => again.close());
    expect(await again.queue.gate.closeIfOlderThan(await again.ledger.history.cursor())).toBe(false);
    await archived(again);
    expect(await again.ledger.history.request(ended)).toEqual(await system.ledger.history.request(ended));
    expect(await again.ledger.pipelines.list()).toEqual(await system.ledger.pipelines.list());
    expect((await again.ledger.tokens.verify(secret))?.name).toBe('ci');
    const { stream } = await createFolderBlobStore(to.blobs).open(blob.digest as Digest);
    expect(String(await buffer(stream))).toBe('an artifact');
    const events = (await readArchive(to.archive)).map(({ id }) => id);
    const before = (await readArchive(from.archive)).map(({ id }) => id);
    expect(events).toEqual(before.slice(0, events.length));
    expect(events.length).toBeGreaterThan(0);

    const first = await again.queue.requests.claim(`${parked}-0`, 'node', 60_000);
    expect(first?.part.state).toBe('granted');
    await again.queue.requests.intend(`${parked}-0`, first?.fence ?? 0, { attempt: 1, token: 'once' });
    await again.queue.requests.bind(`${parked}-0`, first?.fence ?? 0, { runId: 'r1', runPageUrl: '', pollMs: 0 });
    await again.queue.requests.release(`${parked}-0`, { state: 'succeeded', runMs: 1, log: undefined });
    expect((await again.queue.requests.claim(`${parked}-1`, 'node', 60_000))?.part.state).toBe('granted');
    await archived(again);
    expect((await again.ledger.history.parts(parked)).map(({ state }) => state)).toEqual(['succeeded', 'granted']);
    expect(await again.ledger.quarantine()).toEqual([]);
  });
});

describe('restoring', () => {
  async function backup(): Promise<string> {
    const paths = pathsIn('from');
    const system = await open(paths, undefined);
    await park(system);
    await archived(system);
    const target = join(folder, 'backup');
    await createBackup({ paths, postgres: undefined, redisUrl: system.redis.url, version: '0' }, target, {
      withKeys: false,
    });
    await system.close();
    return target;
  }

  it('refuses a backup with a changed, missing or added file, or without its manifest, and touches nothing', async () => {
    const target = await backup();
    const to = pathsIn('to');
    const attempt = () =>
      restoreBackup(target, { paths: to, postgres: undefined }).catch((error: Error) => error.message);
    await writeFile(join(target, 'added'), 'x');
    expect(await attempt()).toContain('added is not in its manifest');
    await rm(join(target, 'added'));
    const dump = await readFile(join(target, 'redis.rdb'));
    await appendFile(join(target, 'redis.rdb'), 'x');
    expect(await attempt()).toContain('redis.rdb has changed');
    await rm(join(target, 'redis.rdb'));
    expect(await attempt()).toContain('redis.rdb is missing');
    await writeFile(join(target, 'redis.rdb'), dump);
    const manifest = await readFile(join(target, 'manifest.json'));
    await rm(join(target, 'manifest.json'));
    expect(await attempt()).toContain('has no manifest.json');
    expect(await readdir(folder)).not.toContain('to');
    await writeFile(join(target, 'manifest.json'), manifest);
    expect(createHash('sha256').update(dump).digest('hex')).toBe(
      (await restoreBackup(target, { paths: to, postgres: undefined })).files['redis.rdb']?.sha256,
    );
    expect(await attempt()).toContain('holds state already');
  });

  it('finds out that Redis is older than the ledger: the gate is closed', async () => {
    const target = await backup();
    const paths = pathsIn('from');
    const system = await open(paths, undefined);
    await park(system);
    await archived(system);
    const cursor = await system.ledger.history.cursor();
    await system.close();
    const old = pathsIn('old');
    await restoreBackup(target, { paths: old, postgres: undefined });
    const redis = await startOwnRedis(old);
    const queue = await openQueue({ url: redis.url, logger });
    expect(await queue.gate.closeIfOlderThan(cursor)).toBe(true);
    const all = (await queue.gate.list()).find(({ dimension }) => dimension === '*');
    expect(all?.closed?.some(({ by }) => by === 'platform')).toBe(true);
    await queue.close();
    await redis.close();
  });

  it('will not back up into a folder that is there', async () => {
    const redis = await startRedis();
    const source = { paths: pathsIn('from'), postgres: undefined, redisUrl: redis.url, version: '0' };
    await expect(createBackup(source, folder, { withKeys: false })).rejects.toMatchObject({ code: 'backup.invalid' });
    await redis.stop();
  });
});
