import { join } from 'node:path';
import {
  createFolderBlobStore,
  createFolderBuildCache,
  loadOrCreateSigningKey,
  type SigningKey,
} from '@slowlane/artifacts';
import type { Paths, SlowLaneYaml } from '@slowlane/config';
import type { BlobStore, BuildCache, Logger } from '@slowlane/contracts';
import { type Archiver, type Ledger, openLedger } from '@slowlane/ledger';
import { platformRules, splitPrices } from '@slowlane/kit';
import { openQueue, type Queue } from '@slowlane/queue';
import { ensureRedis } from '../processes/redis-server.ts';

/** Everything that holds state, open; `close` ends it in the reverse order. */
export interface Stores {
  queue: Queue;
  ledger: Ledger;
  archiver: Archiver;
  blobs: BlobStore;
  cache: BuildCache;
  signingKey: SigningKey;
  close(): Promise<void>;
}

export async function openStores(paths: Paths, config: SlowLaneYaml, logger: Logger): Promise<Stores> {
  const redis = config.redis === undefined ? await ensureRedis(paths, logger) : undefined;
  const queue = await openQueue({
    url: config.redis?.url ?? (redis?.url as string),
    prices: splitPrices(config.pools).prices,
    logger,
  });
  const durability = await queue.checkDurability();
  if (!durability.durable)
    logger.warn(
      { detail: durability.detail },
      'redis may lose acknowledged requests in a power cut: set appendonly yes and appendfsync always',
    );
  const ledger = await openLedger({ file: paths.ledger, archiveDir: paths.archive, logger });
  await queue.gate.restore(await ledger.handLimits());
  await queue.gate.declare(platformRules(config.gates, config.budgets));
  const archiver = ledger.archiver(queue.events);
  archiver.start();
  return {
    queue,
    ledger,
    archiver,
    blobs: createFolderBlobStore(paths.blobs),
    cache: createFolderBuildCache(join(paths.cache, 'builds')),
    signingKey: await loadOrCreateSigningKey(paths.keys),
    async close() {
      await archiver.stop();
      await queue.close();
      await ledger.close();
      await redis?.close();
    },
  };
}
