import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { EventType, JsonObject, SlowLaneEvent } from '@slowlane/contracts';
import { splitStreamId } from '@slowlane/kit';
import { parquetReadObjects } from 'hyparquet';
import { type BasicType, ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import { writeSynced } from './write-synced.ts';

const ROWS_PER_GROUP = 10_000;

/** Columns of an hour file. */
export const hourColumns: { name: string; type: BasicType; nullable: boolean; value(event: SlowLaneEvent): unknown }[] =
  [
    { name: 'id', type: 'STRING', nullable: false, value: ({ id }) => id },
    { name: 'at', type: 'TIMESTAMP', nullable: false, value: ({ at }) => new Date(at) },
    { name: 'type', type: 'STRING', nullable: false, value: ({ type }) => type },
    { name: 'correlation', type: 'STRING', nullable: false, value: ({ correlationId }) => correlationId },
    ...(['pipeline', 'build', 'request', 'part', 'run'] as const).map((name) => ({
      name,
      type: 'STRING' as const,
      nullable: true,
      value: ({ subject }: SlowLaneEvent) => subject[name] ?? null,
    })),
    // Text, so that a reader finds exactly the JSON that was written.
    { name: 'data', type: 'STRING', nullable: false, value: ({ data }) => JSON.stringify(data) },
  ];

/** The hour an event belongs to, as its file is named: `2026-11-24T13.parquet`, in UTC. */
export function hourOf(id: string): string {
  return new Date(splitStreamId(id)[0]).toISOString().slice(0, 13);
}

/** Events of an hour file; none when there is no file. */
export async function readHour(dir: string, hour: string): Promise<SlowLaneEvent[]> {
  const bytes = await readFile(join(dir, nameOf(hour))).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return bytes === undefined ? [] : eventsIn(bytes);
}

/** Hours that have a file, in order. */
export async function hoursOf(dir: string): Promise<string[]> {
  const names = await readdir(dir);
  return names.flatMap((name) => /^(\d{4}-\d\d-\d\dT\d\d)\.parquet$/.exec(name)?.[1] ?? []).sort();
}

/** Replaces the file of an hour: temporary name, fsync, read back and compared, rename, fsync of the folder. Takes the events in order. */
export async function writeHour(dir: string, hour: string, events: readonly SlowLaneEvent[]): Promise<void> {
  await writeSynced(dir, nameOf(hour), {
    content: await encode(events),
    async check(temporary) {
      const written = await eventsIn(await readFile(temporary));
      if (written.length !== events.length || written.some((event, at) => !isSame(event, events[at])))
        throw new Error(`${temporary}: ${written.length} rows read back, not the ${events.length} that were written`);
    },
  });
}

function nameOf(hour: string): string {
  return `${hour}.parquet`;
}

async function encode(events: readonly SlowLaneEvent[]): Promise<Uint8Array> {
  const writer = new ByteWriter();
  const schema = schemaFromColumnData({ columnData: columnsOf(events.slice(0, 1)) });
  const parquet = new ParquetWriter({ writer, schema, createdBy: 'slowlane' });
  for (let from = 0; from < events.length; from += ROWS_PER_GROUP) {
    await parquet.write({
      columnData: columnsOf(events.slice(from, from + ROWS_PER_GROUP)),
      rowGroupSize: ROWS_PER_GROUP,
    });
    // The service shares this thread.
    await setImmediate();
  }
  await parquet.finish();
  return writer.getBytes();
}

function columnsOf(events: readonly SlowLaneEvent[]) {
  return hourColumns.map(({ name, type, nullable, value }) => ({ name, type, nullable, data: events.map(value) }));
}

async function eventsIn(bytes: Uint8Array): Promise<SlowLaneEvent[]> {
  const file = Uint8Array.from(bytes).buffer;
  const rows = (await parquetReadObjects({ file })) as Record<string, string | Date | null>[];
  return rows.map((row) => ({
    id: row['id'] as string,
    type: row['type'] as EventType,
    at: (row['at'] as Date).getTime(),
    correlationId: row['correlation'] as string,
    subject: Object.fromEntries(
      ['pipeline', 'build', 'request', 'part', 'run'].flatMap((name) =>
        typeof row[name] === 'string' ? [[name, row[name]]] : [],
      ),
    ),
    data: JSON.parse(row['data'] as string) as JsonObject,
  }));
}

function isSame(written: SlowLaneEvent, given: SlowLaneEvent | undefined): boolean {
  return written.id === given?.id && JSON.stringify(written.data) === JSON.stringify(given.data);
}
