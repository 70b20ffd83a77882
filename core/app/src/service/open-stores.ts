import { join } from 'node:path';
import {
  createFolderBlobStore,
  createFolderBuildCache,
  loadOrCreateSigningKey,
  type SigningKey,
} from '@slowlane/artifacts';
import type { Paths, SlowLaneYaml } from '@slowlane/config';
import { type BlobStore, type BuildCache, type Logger, SlowLaneError } from '@slowlane/contracts';
import { type Archiver, type Ledger, openLedger } from '@slowlane/ledger';
import { platformRules, splitPools } from '@slowlane/kit';
import { openQueue, type Queue } from '@slowlane/queue';
import { restoreHands } from './restore-hands.ts';
import { warnOfSkew } from './warn-of-skew.ts';
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

export async function openStores(
  paths: Paths,
  config: SlowLaneYaml,
  {
    logger,
    secret,
    leaseMs,
  }: {
    logger: Logger;
    secret(name: string): string | undefined;
    /** Of the queue, where it is not the usual one. */
    leaseMs?: number;
  },
): Promise<Stores> {
  const redis = config.redis === undefined ? await ensureRedis(paths, logger) : undefined;
  const queue = await openQueue({
    url: config.redis?.url ?? (redis?.url as string),
    prices: splitPools(config.pools).prices,
    ...(leaseMs === undefined ? {} : { leaseMs }),
    logger,
  });
  const durability = await queue.checkDurability();
  if (!durability.durable)
    logger.warn(
      { detail: durability.detail },
      'redis may lose acknowledged requests in a power cut: set appendonly yes and appendfsync always',
    );
  warnOfSkew(queue.now() - Date.now(), logger);
  const postgres = postgresOf(config, secret);
  const ledger = await openLedger({
    file: paths.ledger,
    postgres,
    archiveDir: paths.archive,
    logger,
    now: () => queue.now(),
  });
  // Before anything else is written: a new event would hide that Redis is older than the archive. The keeper opens the gate again.
  const wentBack = await queue.gate.closeIfOlderThan(await ledger.history.cursor());
  await queue.gate.restore(await ledger.handLimits());
  if (wentBack) {
    logger.error({}, 'redis went back in time: the gate stays closed until what runs on the workspaces is reconciled');
    await restoreHands(queue, ledger, Date.now());
  }
  await queue.gate.declare({ ...poolLimits(config), ...platformRules(config.gates, config.budgets) });
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

/** What the warm clusters of a pool hold at once, where the pool says how many there may be and `gates` says nothing of it. */
function poolLimits({ pools }: SlowLaneYaml): Record<string, number> {
  const { clusters } = splitPools(pools);
  return Object.fromEntries(
    Object.entries(clusters)
      .filter(([name]) => pools[name]?.max !== undefined)
      .map(([name, { max, partsPerCluster }]) => [`pool:${name}`, max * partsPerCluster]),
  );
}

/** Throws `config.invalid` when the variable that slowlane.yaml names is not set. */
export function postgresOf(
  { ledger }: SlowLaneYaml,
  secret: (name: string) => string | undefined,
): { url: string } | undefined {
  if (ledger === undefined) return undefined;
  const { url_env: name } = ledger.postgres;
  const url = secret(name);
  if (url !== undefined) return { url };
  throw new SlowLaneError('config.invalid', `ledger.postgres.url_env: ${name} is not set`, {
    hint: `Set ${name} to postgres://user:password@host:5432/database where slowlane up is called`,
  });
}
