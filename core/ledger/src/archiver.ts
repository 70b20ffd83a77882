import { setImmediate, setTimeout as pause } from 'node:timers/promises';
import type { EventLog, Logger, SlowLaneEvent } from '@slowlane/contracts';
import { archiveParts } from './archive-parts.ts';
import type { ArchiveParts } from './archive-parts.ts';
import { moveCursor, readCursor } from './cursor.ts';
import type { Archiver } from './ledger.ts';
import type { Databases } from './open-database.ts';
import { project } from './project.ts';
import { splitStreamId } from './stream-id.ts';

export interface ArchiverDeps {
  events: EventLog;
  db: Databases;
  archiveDir: string;
  logger: Logger;
  /** Told after each step of a batch; for crash tests. */
  onStep?: (step: ArchiveStep) => void;
}

export const archiveSteps = ['read', 'part-written', 'committed', 'trimmed'] as const;
export type ArchiveStep = (typeof archiveSteps)[number];

const MOST_EVENTS = 200;
const BLOCK_MS = 500;
/** After the first event of a batch it waits so long for more: a part file and a commit per event would be all it does. */
const LINGER_MS = 25;

/**
 * Takes events from the stream, in batches: part file, then rows and cursor in one transaction, then trim. A crash between two steps is
 * made good by the next start: a part beyond the cursor is deleted and written again, an event below the cursor is only trimmed.
 */
export function createArchiver(deps: ArchiverDeps): Archiver {
  const parts = archiveParts(deps.archiveDir);
  let stopping = false;
  let loop: Promise<void> = Promise.resolve();

  async function run(): Promise<void> {
    let cursor: string | undefined;
    for (let pauseMs = 100; !stopping;) {
      try {
        cursor ??= await begin(deps, parts);
        cursor = await batch(deps, parts, cursor);
        pauseMs = 100;
        await setImmediate();
      } catch (thrown) {
        if (stopping) return;
        deps.logger.warn({ error: String(thrown) }, 'the archiver could not go on; it tries again');
        // What was committed is known to the database alone.
        cursor = undefined;
        await pause(pauseMs);
        pauseMs = Math.min(pauseMs * 2, 2_000);
      }
    }
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

async function begin(deps: ArchiverDeps, parts: ArchiveParts): Promise<string> {
  const cursor = await readCursor(deps.db.write);
  await parts.clean(cursor);
  return cursor;
}

async function batch(deps: ArchiverDeps, parts: ArchiveParts, cursor: string): Promise<string> {
  const events = await readBatch(deps.events, cursor);
  const last = events.at(-1);
  if (last === undefined) return cursor;
  deps.onStep?.('read');
  await parts.write(events);
  deps.onStep?.('part-written');
  await deps.db.write.transaction().execute(async (transaction) => {
    await project(transaction, events);
    await moveCursor(transaction, last.id);
  });
  deps.onStep?.('committed');
  await deps.events.trim(last.id);
  deps.onStep?.('trimmed');
  await parts.merge();
  return last.id;
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
