import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PipelineFile } from '@slowlane/contracts';
import { newId } from '@slowlane/kit';
import { createMemoryLogger, postgresForFile } from '@slowlane/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Ledger, openLedger } from './index.ts';
import { type DatabaseLocation, openDatabase } from './open-database.ts';

let dir: string;
let ledger: Ledger;
let location: DatabaseLocation;
const server = postgresForFile({ beforeAll, afterAll });
const open = (now?: () => number): Promise<Ledger> =>
  openLedger({
    file: join(dir, 'ledger.db'),
    postgres: 'url' in location ? location : undefined,
    archiveDir: join(dir, 'archive'),
    logger: createMemoryLogger(),
    ...(now === undefined ? {} : { now }),
  });

describe.each(['sqlite', 'postgres'] as const)('in %s', (kind) => {
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slowlane-ledger-'));
    location = kind === 'sqlite' ? { file: join(dir, 'ledger.db') } : { url: await server.postgres.createDatabase() };
    ledger = await open();
  });
  afterEach(async () => {
    await ledger.close();
    await rm(dir, { recursive: true });
  });

  describe('pipelines', () => {
    const revision = (name: string, text: string) =>
      ({ name, file: PipelineFile.parse({ pipeline: name }), text, origin: 'applied', by: 'ana' }) as const;

    it('keep every revision, and the same file is no new one', async () => {
      const first = await ledger.pipelines.put(revision('daily', 'pipeline: daily'));
      expect(first.revision).toBe(1);
      expect(await ledger.pipelines.put(revision('daily', 'pipeline: daily'))).toEqual(first);
      const second = await ledger.pipelines.put(revision('daily', 'pipeline: daily # why'));
      expect(second.revision).toBe(2);
      await ledger.pipelines.put(revision('hourly', 'pipeline: hourly'));
      expect(await ledger.pipelines.get('daily', 1)).toEqual(first);
      expect(await ledger.pipelines.get('daily')).toEqual(second);
      expect(await ledger.pipelines.get('none')).toBeUndefined();
      expect((await ledger.pipelines.list()).map(({ name, revision: newest }) => [name, newest])).toEqual([
        ['daily', 2],
        ['hourly', 1],
      ]);
    });

    it('get one revision each when many are put at once', async () => {
      const put = await Promise.all(
        Array.from({ length: 8 }, (_, at) => ledger.pipelines.put(revision('daily', `pipeline: daily # ${at}`))),
      );
      expect(put.map(({ revision: each }) => each).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    });
  });

  describe('registrations', () => {
    const set = {
      digest: `sha256:${'5'.repeat(64)}`,
      kind: 'jar' as const,
      primary: { name: 'a.jar', digest: `sha256:${'6'.repeat(64)}`, size: 1 },
      companions: [],
    };
    const registration = (settingsDigest: string, target = 'dev') => ({
      ...{
        id: newId('reg'),
        pipeline: 'daily',
        revision: 1,
        target,
        workspace: 'local',
        jobId: '7',
        buildId: 'bld_1',
        correlationId: 'cor_1',
      },
      manifest: {
        plugin: 'scala-sbt',
        kind: 'jar' as const,
        main: 'a.B',
        mainCandidates: ['a.B'],
        spark: 'provided' as const,
      },
      ...{ commit: undefined, set, pool: 'default', timeoutMs: 1, retries: 0, settingsDigest },
    });

    it('are found by their settings, and the newest of a target is the current one', async () => {
      const first = await ledger.registrations.put(registration('sha256:one'));
      const second = await ledger.registrations.put(registration('sha256:two'));
      await ledger.registrations.put(registration('sha256:one', 'prod'));
      expect(await ledger.registrations.current('daily', 'dev')).toEqual(second);
      expect(await ledger.registrations.find('daily', 'dev', 'sha256:one')).toEqual(first);
      expect(await ledger.registrations.find('daily', 'dev', 'sha256:three')).toBeUndefined();
      expect(await ledger.registrations.get(first.id)).toEqual(first);
      expect(await ledger.registrations.recent('daily', 'dev', 10)).toEqual([second, first]);
      expect(await ledger.registrations.recent('daily', 'dev', 1)).toEqual([second]);
    });

    it('are put once per id', async () => {
      const given = registration('sha256:one');
      const first = await ledger.registrations.put(given);
      expect(await ledger.registrations.put({ ...given, jobId: '8' })).toEqual(first);
    });
  });

  describe('tokens', () => {
    it('are shown once, stored as a hash, and verified', async () => {
      const { token, secret } = await ledger.tokens.create({
        name: 'ci',
        scopes: ['read', 'request:*'],
        expiresAt: undefined,
      });
      expect(secret).toMatch(/^sl_[a-z0-9]{8}_[A-Za-z0-9_-]{43}$/);
      expect(await ledger.tokens.verify(secret)).toEqual(token);
      expect(await ledger.tokens.list()).toEqual([token]);
      const db = await openDatabase(location);
      const rows = await db.read.selectFrom('tokens').selectAll().execute();
      expect(JSON.stringify(rows)).not.toContain(secret.slice(12));
      await db.close();
    });

    it('are refused when unknown, changed, expired or revoked, at once', async () => {
      const { token, secret } = await ledger.tokens.create({ name: 'ci', scopes: [], expiresAt: undefined });
      const last = secret.endsWith('A') ? 'B' : 'A';
      for (const wrong of [
        '',
        'sl_',
        secret.slice(0, -1),
        `${secret.slice(0, -1)}${last}`,
        secret.replace(/^sl_.{8}/, 'sl_aaaaaaaa'),
      ]) {
        expect(await ledger.tokens.verify(wrong)).toBeUndefined();
      }
      expect(await ledger.tokens.verify(secret)).toBeDefined();
      expect(await ledger.tokens.revoke(token.id)).toBe(true);
      expect(await ledger.tokens.verify(secret)).toBeUndefined();
      expect(await ledger.tokens.revoke(token.id)).toBe(false);
      const old = await ledger.tokens.create({ name: 'old', scopes: [], expiresAt: Date.now() - 1 });
      expect(await ledger.tokens.verify(old.secret)).toBeUndefined();
    });

    it.each([-600_000, 600_000])(
      'expire by the clock that is given, not by that of a machine %i ms off',
      async (offMs) => {
        await ledger.close();
        const at = { shared: Date.now() + offMs };
        ledger = await open(() => at.shared);
        const expiresAt = at.shared + 60_000;
        const { token, secret } = await ledger.tokens.create({ name: 'ci', scopes: [], expiresAt });
        expect(token.createdAt).toBe(at.shared);
        at.shared = expiresAt - 1;
        expect(await ledger.tokens.verify(secret)).toEqual(token);
        at.shared = expiresAt;
        expect(await ledger.tokens.verify(secret)).toBeUndefined();
      },
    );
  });

  describe('openLedger', () => {
    it('finds everything again after a restart', async () => {
      const { token } = await ledger.tokens.create({ name: 'ci', scopes: [], expiresAt: undefined });
      await ledger.close();
      ledger = await open();
      expect(await ledger.tokens.list()).toEqual([token]);
    });
  });
});

describe('a ledger that cannot be opened', () => {
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slowlane-ledger-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it('names the file that is no ledger', async () => {
    const file = join(dir, 'other.db');
    await writeFile(file, 'this is not a database, but long enough to look like one'.repeat(20));
    await expect(openLedger({ file, archiveDir: dir, logger: createMemoryLogger() })).rejects.toMatchObject({
      code: 'ledger.unavailable',
      message: expect.stringContaining(file),
    });
  });

  it('names the database that does not answer, without the password', async () => {
    const postgres = { url: 'postgresql://ana:hidden-word@127.0.0.1:1/ledger' };
    const opening = openLedger({ file: join(dir, 'x'), postgres, archiveDir: dir, logger: createMemoryLogger() });
    const error = await opening.catch((thrown: unknown) => thrown as Error & { code: string });
    expect(error).toMatchObject({ code: 'ledger.unavailable', message: expect.stringContaining('127.0.0.1:1/ledger') });
    expect(JSON.stringify(error) + String(error)).not.toContain('hidden-word');
  });
});
