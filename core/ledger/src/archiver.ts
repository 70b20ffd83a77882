import { randomUUID } from 'node:crypto';
import { setImmediate, setTimeout as pause } from 'node:timers/promises';
import type { EventLog, Logger, SlowLaneEvent } from '@slowlane/contracts';
import { splitStreamId } from '@slowlane/kit';
import { hourOf } from './archive-hours.ts';
import { archiveParts } from './archive-parts.ts';
import type { Transaction } from 'kysely';
import type { ArchiveParts } from './archive-parts.ts';
import { moveCursor, readCursor } from './cursor.ts';
import type { Archiver } from './ledger.ts';
import { type Lease, giveLeaseBack, proveLease, takeLease } from './lease.ts';
import type { Database } from './database.ts';
import type { Databases } from './open-database.ts';
import { project } from './project.ts';
import { isAboutData, projectEach } from './quarantine.ts';

export interface ArchiverDeps {
  events: EventLog;
  db: Databases;
  archiveDir: string;
  logger: Logger;
  /** Told after each step of a batch; for crash tests. */
  onStep?: (step: ArchiveStep) => void;
  /** How long a node that died keeps others from archiving. Default 10,000. */
  leaseMs?: number;
}

export const archiveSteps = ['read', 'part-written', 'committed', 'trimmed'] as const;
export type ArchiveStep = (typeof archiveSteps)[number];

const MOST_EVENTS = 200;
const BLOCK_MS = 500;
/** After the first event of a batch it waits so long for more: a part file and a commit per event would be all it does. */
const LINGER_MS = 25;

/** While it reads nothing it renews its lease so often. */
const RENEW_MS = 3_000;
const LEASE_MS = 10_000;
const LOOK_AGAIN_MS = 500;

interface Position {
  cursor: string;
  lease: Lease;
  provenAt: number;
  /** Hour up to which (not included) the parts have become Parquet. */
  compacted: string | undefined;
}

/**
 * Takes events from the stream, in batches: part file, then rows and cursor in one transaction, then trim. A crash between two steps is
 * made good by the next start: a part beyond the cursor is deleted and written again, an event below the cursor is only trimmed. Of several
 * nodes the one with the lease works, and a batch is committed only while its fence holds.
 */
export function createArchiver(deps: ArchiverDeps): Archiver {
  const parts = archiveParts(deps.archiveDir);
  const holder = randomUUID();
  let stopping = false;
  let loop: Promise<void> = Promise.resolve();

  async function run(): Promise<void> {
    let at: Position | undefined;
    for (let pauseMs = 100; !stopping;) {
      try {
        at ??= await begin(deps, parts, holder);
        if (at === undefined) await pause(LOOK_AGAIN_MS);
        else at = await batch(deps, parts, at);
        pauseMs = 100;
        await setImmediate();
      } catch (thrown) {
        if (stopping) return;
        deps.logger.warn({ error: String(thrown) }, 'the archiver could not go on; it tries again');
        // What was committed is known to the database alone.
        at = undefined;
        await pause(pauseMs);
        pauseMs = Math.min(pauseMs * 2, 2_000);
      }
    }
    if (at !== undefined) await giveLeaseBack(deps.db, at.lease).catch(() => undefined);
  }
  return {
    start() {
      stopping = false;
      loop = run();
    },
    async stop() {
      stopping = true;
      await loop;
    },
    lag: () => lag(deps),
  };
}

async function begin(deps: ArchiverDeps, parts: ArchiveParts, holder: string): Promise<Position | undefined> {
  const lease = await takeLease(deps.db, { holder, leaseMs: deps.leaseMs ?? LEASE_MS });
  if (lease === undefined) return undefined;
  const cursor = await readCursor(deps.db.write);
  await parts.clean(cursor);
  return { cursor, lease, provenAt: Date.now(), compacted: undefined };
}

async function batch(deps: ArchiverDeps, parts: ArchiveParts, at: Position): Promise<Position> {
  const events = await readBatch(deps.events, at.cursor);
  const last = events.at(-1);
  if (last === undefined) return renewed(deps, at);
  deps.onStep?.('read');
  await parts.write(events);
  deps.onStep?.('part-written');
  await commit(deps, at, events);
  deps.onStep?.('committed');
  await deps.events.trim(last.id);
  deps.onStep?.('trimmed');
  await parts.merge();
  if (hourOf(last.id) !== at.compacted) await compact(deps, parts, last.id);
  return { ...at, cursor: last.id, provenAt: Date.now(), compacted: hourOf(last.id) };
}

/** A later hour tries again: what is not compacted is still there as parts. */
async function compact({ logger }: ArchiverDeps, parts: ArchiveParts, cursor: string): Promise<void> {
  try {
    for (const hour of await parts.compact(cursor)) logger.info({ hour }, 'an hour of the archive has become Parquet');
  } catch (error) {
    logger.warn({ error: String(error) }, 'an hour of the archive could not become Parquet; its parts stay');
  }
}

async function renewed({ db }: ArchiverDeps, at: Position): Promise<Position> {
  if (Date.now() - at.provenAt < RENEW_MS) return at;
  await db.write.transaction().execute((transaction) => proveLease(transaction, at.lease));
  return { ...at, provenAt: Date.now() };
}

/** All of a batch or nothing: a cursor amid a part file could not tell which of its events count. */
async function commit(deps: ArchiverDeps, { lease }: Position, events: readonly SlowLaneEvent[]): Promise<void> {
  const inOne = (take: (transaction: Transaction<Database>) => Promise<readonly SlowLaneEvent[]>) =>
    deps.db.write.transaction().execute(async (transaction) => {
      await proveLease(transaction, lease);
      const poison = await take(transaction);
      await moveCursor(transaction, events.at(-1)?.id ?? '0-0');
      return poison;
    });
  try {
    await inOne(async (transaction) => {
      await project(transaction, events);
      return [];
    });
  } catch (thrown) {
    if (!isAboutData(thrown)) throw thrown;
    for (const { id, type } of await inOne((transaction) => projectEach(transaction, events)))
      deps.logger.error({ id, type }, 'an event does not fit the read model; it is in the archive and in quarantine');
  }
}

async function readBatch(log: EventLog, cursor: string): Promise<SlowLaneEvent[]> {
  const first = await log.read(cursor, MOST_EVENTS, BLOCK_MS);
  const last = first.at(-1);
  if (last === undefined || first.length >= MOST_EVENTS) return first;
  await pause(LINGER_MS);
  return [...first, ...(await log.read(last.id, MOST_EVENTS - first.length, 0))];
}

async function lag({ events, db }: ArchiverDeps): Promise<number> {
  const [newest] = splitStreamId(await events.last());
  const [archived] = splitStreamId(await readCursor(db.read));
  return Math.max(0, newest - archived);
}
