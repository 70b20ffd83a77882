import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SlowLaneEvent } from '@slowlane/contracts';
import { parquetMetadata } from 'hyparquet';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { archiveParts, readArchive } from './archive-parts.ts';

const hour = 3_600_000;
const start = Date.UTC(2026, 0, 1, 10);
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slowlane-archive-'));
});
afterEach(() => rm(dir, { recursive: true }));

function event(at: number, data: SlowLaneEvent['data'] = {}): SlowLaneEvent {
  const subject = at % 2 === 0 ? { request: `req_${at}`, part: `req_${at}-0` } : { pipeline: 'daily' };
  return { id: `${at}-0`, type: 'part.ended', at, correlationId: `cor_${at}`, subject, data };
}
const idOf = (at: number) => `${at}-0`;
const namesIn = async (ending: string) => (await readdir(dir)).filter((name) => name.endsWith(ending)).sort();

async function threeHours(): Promise<SlowLaneEvent[]> {
  const parts = archiveParts(dir);
  await parts.clean('0-0');
  const all = [0, 1, 2].flatMap((h) =>
    Array.from({ length: 20 }, (_, minute) =>
      event(start + h * hour + minute * 100_000, {
        text: `é\u2028"\0`,
        deep: { n: [1, 2.5, null], h },
        big: 'x'.repeat(minute),
      }),
    ),
  );
  for (let from = 0; from < all.length; from += 15) await parts.write(all.slice(from, from + 15));
  return all;
}

it('closed hours become Parquet, the open one stays as lines, and reading tells every event as it was', async () => {
  const all = await threeHours();
  expect(await archiveParts(dir).compact(all.at(-1)?.id ?? '')).toEqual(['2026-01-01T10', '2026-01-01T11']);
  expect(await namesIn('.parquet')).toEqual(['2026-01-01T10.parquet', '2026-01-01T11.parquet']);
  expect((await namesIn('.jsonl')).every((name) => Number(name.split('_')[1]?.split('-')[0]) >= start + 2 * hour)).toBe(
    true,
  );
  expect(await readArchive(dir)).toEqual(all);
  const bytes = await readFile(join(dir, '2026-01-01T10.parquet'));
  const { num_rows, schema } = parquetMetadata(Uint8Array.from(bytes).buffer);
  expect(num_rows).toBe(20n);
  expect(schema.slice(1).map(({ name, repetition_type }) => `${name} ${repetition_type}`)).toEqual([
    ...['id REQUIRED', 'at REQUIRED', 'type REQUIRED', 'correlation REQUIRED'],
    ...['pipeline OPTIONAL', 'build OPTIONAL', 'request OPTIONAL', 'part OPTIONAL', 'run OPTIONAL', 'data REQUIRED'],
  ]);
});

it('a second time changes nothing, and parts that a crash left beside their hour are told once', async () => {
  const all = await threeHours();
  const before = new Map(
    await Promise.all((await namesIn('.jsonl')).map(async (name) => [name, await readFile(join(dir, name))] as const)),
  );
  await archiveParts(dir).compact(all.at(-1)?.id ?? '');
  const hours = await Promise.all((await namesIn('.parquet')).map((name) => readFile(join(dir, name))));
  for (const [name, bytes] of before) await writeFile(join(dir, name), bytes);
  await writeFile(join(dir, '2026-01-01T12.parquet.tmp'), 'half');
  await archiveParts(dir).clean(all.at(-1)?.id ?? '');
  expect(await readArchive(dir)).toEqual(all);
  expect(await archiveParts(dir).compact(all.at(-1)?.id ?? '')).toEqual(['2026-01-01T10', '2026-01-01T11']);
  expect(await Promise.all((await namesIn('.parquet')).map((name) => readFile(join(dir, name))))).toEqual(hours);
  expect(await readArchive(dir)).toEqual(all);
});

it('an event that comes late to a closed hour is added to its file', async () => {
  const all = await threeHours();
  const parts = archiveParts(dir);
  await parts.compact(all.at(-1)?.id ?? '');
  const late = event(start + 999);
  await parts.write([late]);
  await parts.compact(idOf(start + 3 * hour));
  expect(await namesIn('.jsonl')).toEqual([]);
  expect(await readArchive(dir)).toEqual([all[0], late, ...all.slice(1)]);
});

it('a damaged hour file costs no part', async () => {
  const all = await threeHours();
  await writeFile(join(dir, '2026-01-01T10.parquet'), 'PAR1 this is not what it says');
  const parts = await namesIn('.jsonl');
  await expect(archiveParts(dir).compact(all.at(-1)?.id ?? '')).rejects.toThrow();
  expect(await namesIn('.jsonl')).toEqual(parts);
});
