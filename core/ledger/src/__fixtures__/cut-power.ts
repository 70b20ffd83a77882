import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openQueue } from '@slowlane/queue';
import { createMemoryLogger, preparePowerCut, sampleRequest, startRedis } from '@slowlane/testkit';
import { openLedger } from '../index.ts';

export interface Outcome {
  acknowledged: number;
  /** Requests that the caller was told are accepted, and that Redis does not know after the cut. */
  lost: number;
  /** What the start says: Redis is not set to keep what it acknowledges. */
  isWarned: boolean;
  /** What the start finds: Redis is older than the archive, the gate is closed. */
  isFoundOlder: boolean;
}

/** Clients send requests, the power goes after so many, Redis comes back with what was on the disk. */
export async function cutPower(appendfsync: 'always' | 'everysec', requests: number): Promise<Outcome> {
  const dir = await mkdtemp(join(tmpdir(), 'slowlane-power-'));
  const power = await preparePowerCut(dir);
  const redis = await startRedis({ appendfsync, env: power.env });
  const logger = createMemoryLogger();
  const queue = await openQueue({ url: redis.url, logger });
  const ledger = await openLedger({ file: join(dir, 'ledger.db'), archiveDir: join(dir, 'archive'), logger });
  const archiver = ledger.archiver(queue.events);
  archiver.start();
  const { durable } = await queue.checkDurability();
  const acknowledged: string[] = [];
  const client = async () => {
    while (acknowledged.length < requests) {
      const sample = sampleRequest({});
      await queue.requests.accept(sample);
      acknowledged.push(sample.id);
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  await ledger.history.trace('nothing', { upTo: await queue.events.last(), waitMs: 2_000 });
  // Written just before the cut: what is written each second is not on the disk yet.
  await Promise.all(Array.from({ length: 8 }, () => acceptOne()));
  async function acceptOne(): Promise<void> {
    const sample = sampleRequest({});
    await queue.requests.accept(sample);
    acknowledged.push(sample.id);
  }
  await archiver.stop();
  await redis.kill();
  await power.cut(redis.dir);
  await queue.close();
  await redis.restart();
  const again = await openQueue({ url: redis.url, logger });
  const known = await Promise.all(acknowledged.map((id) => again.requests.get(id)));
  const isFoundOlder = await again.gate.closeIfOlderThan(await ledger.history.cursor());
  await again.close();
  await ledger.close();
  await redis.stop();
  await rm(dir, { recursive: true });
  const lost = known.filter((record) => record === undefined).length;
  return { acknowledged: acknowledged.length, lost, isWarned: !durable, isFoundOlder };
}
