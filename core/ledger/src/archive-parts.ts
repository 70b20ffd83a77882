import { mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SlowLaneEvent } from '@slowlane/contracts';
import { compareStreamIds } from '@slowlane/kit';
import { hourOf, hoursOf, readHour, writeHour } from './archive-hours.ts';
import { syncFolder } from './sync-folder.ts';
import { writeSynced } from './write-synced.ts';

/** One file of the archive: one event a line, JSON, in order; the name tells the first and the last. */
interface Part {
  name: string;
  first: string;
  last: string;
}

export interface ArchiveParts {
  /** Removes what a crash left behind: half-written files, parts beyond the cursor, parts that a merged one holds too. */
  clean(cursor: string): Promise<void>;
  /** Writes a part: temporary name, fsync, rename, fsync of the folder. */
  write(events: readonly SlowLaneEvent[]): Promise<void>;
  /** Makes one part of the many small ones since the last large one, now and then. */
  merge(): Promise<void>;
  /**
   * Moves every hour that ended before the one of `cursor` from parts into its Parquet file. A part goes only when all its hours are on disk
   * as Parquet, read back and compared; a crash leaves events in both, and reading tells each once. Returns the hours it wrote.
   */
  compact(cursor: string): Promise<string[]>;
}

const MERGE_FROM = 200;
const LARGE_BYTES = 16 * 1_048_576;

export function archiveParts(dir: string): ArchiveParts {
  let small = Number.POSITIVE_INFINITY;
  return {
    async clean(cursor) {
      await mkdir(dir, { recursive: true });
      for (const name of await leftovers(dir, cursor)) await rm(join(dir, name));
      await syncFolder(dir);
    },
    async write(events) {
      const [first, last] = [events[0], events.at(-1)];
      if (first === undefined || last === undefined) return;
      const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
      await writeSynced(dir, `${first.id}_${last.id}.jsonl`, { content: lines });
      small++;
    },
    async merge() {
      if (small < MERGE_FROM) return;
      small = await mergeSmall(dir);
    },
    compact: (cursor) => compact(dir, cursor),
  };
}

/** Events of all hours and parts, in order. For tests and for a ledger that must be made anew. */
export async function readArchive(dir: string): Promise<SlowLaneEvent[]> {
  const hours = await Promise.all((await hoursOf(dir)).map((hour) => readHour(dir, hour)));
  const parts = await Promise.all((await partsOf(dir)).map((part) => readPart(dir, part)));
  return eachOnce([...hours, ...parts].flat());
}

async function compact(dir: string, cursor: string): Promise<string[]> {
  const open = hourOf(cursor);
  const closed = (await partsOf(dir)).filter(({ first }) => hourOf(first) < open);
  const byHour = new Map<string, SlowLaneEvent[]>();
  for (const part of closed)
    for (const event of await readPart(dir, part)) {
      const hour = hourOf(event.id);
      if (hour < open) addTo(byHour, hour, event);
    }
  for (const [hour, events] of byHour) await addToHour(dir, hour, events);
  const done = closed.filter(({ last }) => hourOf(last) < open);
  for (const { name } of done) await rm(join(dir, name));
  return [...byHour.keys()];
}

function addTo(byHour: Map<string, SlowLaneEvent[]>, hour: string, event: SlowLaneEvent): void {
  const known = byHour.get(hour);
  if (known === undefined) byHour.set(hour, [event]);
  else known.push(event);
}

/** What a file holds already stays: a crash, or a copy that was put back, can have left a part of an hour that was closed before. */
async function addToHour(dir: string, hour: string, events: readonly SlowLaneEvent[]): Promise<void> {
  const known = await readHour(dir, hour);
  const all = eachOnce([...known, ...events]);
  if (all.length > known.length) await writeHour(dir, hour, all);
}

async function readPart(dir: string, { name }: Part): Promise<SlowLaneEvent[]> {
  const lines = (await readFile(join(dir, name), 'utf8')).split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as SlowLaneEvent);
}

/** A node that lost its lease can have left a part that another's parts hold too. */
function eachOnce(events: readonly SlowLaneEvent[]): SlowLaneEvent[] {
  const byId = new Map(events.map((event) => [event.id, event]));
  return [...byId.values()].sort((a, b) => compareStreamIds(a.id, b.id));
}

async function mergeSmall(dir: string): Promise<number> {
  const sized = await Promise.all(
    (await partsOf(dir)).map(async (part) => ({ ...part, size: (await stat(join(dir, part.name))).size })),
  );
  const from = sized.findLastIndex(({ size }) => size >= LARGE_BYTES) + 1;
  const run = sized.slice(from);
  const [first, last] = [run[0], run.at(-1)];
  if (first === undefined || last === undefined || run.length < MERGE_FROM) return run.length;
  const texts = await Promise.all(run.map(({ name }) => readFile(join(dir, name), 'utf8')));
  await writeSynced(dir, `${first.first}_${last.last}.jsonl`, { content: texts.join('') });
  for (const { name } of run) await rm(join(dir, name));
  return 1;
}

async function leftovers(dir: string, cursor: string): Promise<string[]> {
  const names = await readdir(dir);
  const parts = await partsOf(dir);
  const beyond = parts.filter(({ last }) => compareStreamIds(last, cursor) > 0);
  const within = parts.filter((part) => parts.some((other) => other !== part && holds(other, part)));
  const temporary = names.filter((name) => name.endsWith('.tmp'));
  return [...new Set([...temporary, ...beyond.map(({ name }) => name), ...within.map(({ name }) => name)])];
}

function holds(outer: Part, inner: Part): boolean {
  return compareStreamIds(outer.first, inner.first) <= 0 && compareStreamIds(outer.last, inner.last) >= 0;
}

async function partsOf(dir: string): Promise<Part[]> {
  const names = await readdir(dir);
  const parts = names.flatMap((name) => partOfName(name) ?? []);
  return parts.sort((a, b) => compareStreamIds(a.first, b.first) || compareStreamIds(b.last, a.last));
}

export function partOfName(name: string): Part | undefined {
  const match = /^(\d+-\d+)_(\d+-\d+)\.jsonl$/.exec(name);
  return match === null ? undefined : { name, first: match[1] as string, last: match[2] as string };
}
