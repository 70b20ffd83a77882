import { mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SlowLaneEvent } from '@slowlane/contracts';
import { compareStreamIds } from './stream-id.ts';

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
      await writePart(dir, `${first.id}_${last.id}.jsonl`, lines);
      small++;
    },
    async merge() {
      if (small < MERGE_FROM) return;
      small = await mergeSmall(dir);
    },
  };
}

/** Events of all parts, in order. For tests and for a ledger that must be made anew. */
export async function readArchive(dir: string): Promise<SlowLaneEvent[]> {
  const texts = await Promise.all((await partsOf(dir)).map(({ name }) => readFile(join(dir, name), 'utf8')));
  return texts.flatMap((text) => text.split('\n').filter(Boolean)).map((line) => JSON.parse(line) as SlowLaneEvent);
}

async function writePart(dir: string, name: string, text: string): Promise<void> {
  const temporary = join(dir, `${name}.tmp`);
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, join(dir, name));
  await syncFolder(dir);
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
  await writePart(dir, `${first.first}_${last.last}.jsonl`, texts.join(''));
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
  const parts = names.flatMap((name) => {
    const match = /^(\d+-\d+)_(\d+-\d+)\.jsonl$/.exec(name);
    return match === null ? [] : [{ name, first: match[1] as string, last: match[2] as string }];
  });
  return parts.sort((a, b) => compareStreamIds(a.first, b.first) || compareStreamIds(b.last, a.last));
}

async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
