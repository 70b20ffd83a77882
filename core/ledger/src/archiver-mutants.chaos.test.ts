import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newId } from '@slowlane/kit';
import { type Queue, openQueue } from '@slowlane/queue';
import { type TestRedis, createMemoryLogger, startNode, startRedis } from '@slowlane/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readArchive } from './archive-parts.ts';
import { openLedger } from './index.ts';
import { openDatabase } from './open-database.ts';

const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url));
const logger = createMemoryLogger();
const COUNT = 500;
let redis: TestRedis;
let queue: Queue;
let dir: string;

beforeEach(async () => {
  redis = await startRedis();
  queue = await openQueue({ url: redis.url, logger });
  dir = await mkdtemp(join(tmpdir(), 'slowlane-mutant-'));
});
afterEach(async () => {
  await queue.close();
  await redis.stop();
  await rm(dir, { recursive: true });
});

const IN_TRANSACTION = "await moveCursor(transaction, events.at(-1)?.id ?? '0-0');";
const AFTER_PART = "deps.onStep?.('part-written');";
const AFTER_COMMIT = "deps.onStep?.('committed');";
const alone = 'await moveCursor(deps.db.write, last.id);';

/** What the archiver does, and the same with the cursor outside the transaction that writes the rows. */
const cases = [
  { name: 'as it is', step: 'part-written', keepsEachOnce: true, edits: [] },
  { name: 'as it is', step: 'committed', keepsEachOnce: true, edits: [] },
  {
    name: 'cursor moved before the transaction',
    step: 'part-written',
    keepsEachOnce: false,
    edits: [
      [IN_TRANSACTION, ''],
      [AFTER_PART, `${alone} ${AFTER_PART}`],
    ],
  },
  {
    name: 'cursor moved after the transaction',
    step: 'committed',
    keepsEachOnce: false,
    edits: [
      [IN_TRANSACTION, ''],
      [AFTER_COMMIT, `${AFTER_COMMIT} ${alone}`],
    ],
  },
] as const;

it.each(cases)('archiver with $name, killed after "$step": each event once is $keepsEachOnce', async (each) => {
  const appended = await appendMany();
  const fixture = join(await patchedCopy(each.edits), '__fixtures__', 'archive-until-killed.ts');
  const location = { file: join(dir, 'ledger.db') };
  const child = startNode(fixture, [redis.url, JSON.stringify(location), join(dir, 'archive'), each.step, '2']);
  expect(await child.exited, child.lines.join('\n')).toMatchObject({ signal: 'SIGKILL' });
  const again = await openLedger({ ...location, archiveDir: join(dir, 'archive'), logger });
  const archiver = again.archiver(queue.events);
  archiver.start();
  await again.history.trace('nothing', {
    upTo: appended.at(-1) as string,
    waitMs: each.keepsEachOnce ? 20_000 : 3_000,
  });
  await archiver.stop();
  await again.close();
  const truth = { rows: appended, parts: appended, cursor: appended.at(-1) };
  if (each.keepsEachOnce) expect(await found(location)).toEqual(truth);
  else expect(await found(location)).not.toEqual(truth);
});

async function found(location: { file: string }) {
  const db = await openDatabase(location);
  const rows = await db.read.selectFrom('events').select(['ms', 'n']).orderBy('ms').orderBy('n').execute();
  const cursor = await db.read.selectFrom('cursor').select('value').executeTakeFirst();
  await db.close();
  const parts = (await readArchive(join(dir, 'archive'))).map(({ id }) => id);
  return { rows: rows.map(({ ms, n }) => `${ms}-${n}`), parts, cursor: cursor?.value };
}

async function patchedCopy(edits: readonly (readonly [string, string])[]): Promise<string> {
  const copy = join(dir, 'copy');
  await cp(import.meta.dirname, copy, { recursive: true });
  await symlink(modules, join(dir, 'node_modules'));
  await writeFile(join(dir, 'package.json'), '{"type":"module"}');
  const file = join(copy, 'archiver.ts');
  let text = await readFile(file, 'utf8');
  for (const [from, to] of edits) {
    expect(text.split(from), `"${from}" is there once`).toHaveLength(2);
    text = text.replace(from, () => to);
  }
  await writeFile(file, text);
  return copy;
}

async function appendMany(): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < COUNT; index++) {
    const event = { type: 'pipeline.applied' as const, correlationId: newId('cor'), subject: {}, data: { index } };
    ids.push(await queue.events.append(event));
  }
  return ids;
}
