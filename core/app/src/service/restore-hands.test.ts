import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLedger } from '@slowlane/ledger';
import { type Queue, openQueue } from '@slowlane/queue';
import { createMemoryLogger, redisForFile } from '@slowlane/testkit';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { restoreHands } from './restore-hands.ts';

const logger = createMemoryLogger();
const server = redisForFile({ beforeAll, afterAll });
const open = (): Promise<Queue> => openQueue({ url: server.redis.url, prefix: server.nextPrefix(), logger });
const standing = async (queue: Queue) =>
  Object.fromEntries(
    (await queue.gate.list()).map(({ dimension, limit, closed }) => [
      dimension,
      { limit, closed: (closed ?? []).map(({ cause, by }) => `${cause} ${by}`) },
    ]),
  );

it('brings back what people did to the gate after the copy that Redis was restored from', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slowlane-hands-'));
  const [now, copy] = [await open(), await open()];
  const ledger = await openLedger({ file: join(folder, 'ledger'), archiveDir: join(folder, 'archive'), logger });
  const archiver = ledger.archiver(now.events);
  try {
    for (const queue of [now, copy]) {
      await queue.gate.declare({ 'op:a': 9, 'op:b': 9, 'op:c': 9, 'op:d': 9 });
      await queue.gate.pause('op:b', 'ana', 'stays in the copy only');
      await queue.gate.set('op:d', 1, 'ana', 'reset later');
    }
    await now.gate.pause('op:a', 'ana', 'disk change');
    await now.gate.release('op:b', 'bob');
    await now.gate.drain('op:c', 'bob', 'upgrade');
    await now.gate.set('op:a', 2, 'bob', 'less');
    await now.gate.reset('op:d', 'bob');
    await now.gate.pause('op:d', 'bob', 'over by now', Date.now() + 1);
    archiver.start();
    await vi.waitFor(async () => expect(await ledger.history.cursor()).toBe(await now.events.last()));
    await restoreHands(copy, ledger, Date.now() + 1_000);
    const wanted = { ...(await standing(now)), 'op:d': { limit: 9, closed: [] } };
    expect(await standing(copy)).toEqual(wanted);
    expect(wanted).toMatchObject({ 'op:a': { closed: ['pause ana'] }, 'op:b': { limit: 9, closed: [] } });
  } finally {
    await archiver.stop();
    await ledger.close();
    await now.close();
    await copy.close();
    await rm(folder, { recursive: true, force: true });
  }
});
