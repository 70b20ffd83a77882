import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openQueue } from '@slowlane/queue';
import { createMemoryLogger, sampleRequest, startRedis } from '@slowlane/testkit';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { createArchiver } from './archiver.ts';
import { readCursor } from './cursor.ts';
import { openDatabase } from './open-database.ts';

it('while the disk is full nothing is trimmed, new requests are refused once the stream is long, and all is archived when there is room', async () => {
  const logger = createMemoryLogger();
  const dir = await mkdtemp(join(tmpdir(), 'slowlane-full-'));
  const redis = await startRedis();
  const queue = await openQueue({ url: redis.url, logger, maxUnarchived: 60 });
  const db = await openDatabase({ file: join(dir, 'ledger.db') });
  const trimmed: string[] = [];
  const events = { ...queue.events, trim: async (before: string) => void trimmed.push(before) };
  const archiver = createArchiver({ events, db, archiveDir: join(dir, 'archive'), logger });
  await sql.raw('pragma max_page_count = 1').execute(db.write);
  const accept = (filler: string) =>
    queue.requests.accept({ ...sampleRequest({}), body: { filler } }).then(
      () => 'accepted',
      (thrown: { code: string }) => thrown.code,
    );
  archiver.start();
  const outcomes: string[] = [];
  while (outcomes.at(-1) !== 'queue.full' && outcomes.length < 200) outcomes.push(await accept('x'.repeat(20_000)));
  expect(outcomes.at(-1)).toBe('queue.full');
  const accepted = outcomes.filter((outcome) => outcome === 'accepted').length;
  expect(accepted).toBeGreaterThan(10);
  const reasons = () => logger.entries.map(({ fields }) => String(fields['error']));
  await expect.poll(reasons, { timeout: 10_000 }).toContainEqual(expect.stringContaining('full'));
  expect(trimmed).toEqual([]);
  expect(await readCursor(db.read)).toBe('0-0');
  await sql.raw('pragma max_page_count = 1000000').execute(db.write);
  const last = await queue.events.last();
  await expect.poll(() => readCursor(db.read), { timeout: 20_000 }).toBe(last);
  const { rows } = await sql<{ count: number }>`select count(*) as count from requests`.execute(db.read);
  expect(rows[0]?.count).toBe(accepted);
  await expect.poll(() => trimmed.at(-1)).toBe(last);
  await archiver.stop();
  await queue.close();
  await redis.stop();
  await db.close();
  await rm(dir, { recursive: true });
});
