import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalCommands } from '@slowlane/cli';
import { copyLedger, digestsInLedger, registrationsInLedger } from '@slowlane/ledger';
import { notebookBase } from '@slowlane/pipeline';
import { collectBlobs } from '../gc/collect-blobs.ts';
import { collectPublished } from '../gc/collect-published.ts';
import type { Installation } from '../processes/installation.ts';
import { createLogger } from '../processes/logger.ts';
import { postgresOf } from '../service/open-stores.ts';
import { connectWorkspaces } from '../service/workspaces.ts';

/** Whoever stores a blob has told the ledger of it long before: also over an archiver that stood still for days. */
const GRACE_MS = 7 * 86_400_000;

/**
 * Removes the jobs and published files of old registrations, then blobs that neither ledger, build cache nor dependency snapshots name. Safe
 * while the service runs.
 */
export async function collectGarbage(
  { paths, config, environment }: Installation,
  { dryRun }: { dryRun: boolean },
): ReturnType<LocalCommands['gc']> {
  const folder = await mkdtemp(join(tmpdir(), 'slowlane-gc-'));
  try {
    const copy = join(folder, 'ledger.sqlite');
    await copyLedger({ file: paths.ledger, postgres: postgresOf(config, environment.secret) }, copy);
    const published = await collectPublished({
      registrations: registrationsInLedger(copy),
      base: `${config.volumes}/artifacts`,
      notebookBase,
      client: connectWorkspaces({ environment, paths, config, logger: createLogger('gc', 'error'), version: 'gc' })
        .client,
      now: Date.now(),
      graceMs: GRACE_MS,
      dryRun,
    });
    const collected = await collectBlobs(paths.blobs, {
      roots: digestsInLedger(copy),
      references: [paths.cache, paths.gateway],
      graceMs: GRACE_MS,
      now: Date.now(),
      dryRun,
    });
    return { ...collected, published, dryRun };
  } finally {
    await rm(folder, { recursive: true });
  }
}
