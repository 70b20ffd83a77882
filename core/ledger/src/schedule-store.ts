import type { ScheduleState, ScheduleStore } from '@slowlane/contracts';
import type { Kysely, Selectable } from 'kysely';
import { optional } from './column.ts';
import type { Database, ScheduleTable } from './database.ts';
import type { Databases } from './open-database.ts';

/** See the port `ScheduleStore`. */
export function createScheduleStore({ write, read }: Databases): ScheduleStore {
  return {
    async list() {
      return (await read.selectFrom('schedules').selectAll().orderBy('pipeline').orderBy('name').execute()).map(
        stateOf,
      );
    },
    begin: ({ pipeline, name, cron, now }) => begin(write, { pipeline, name, cron, now }),
    async advance({ pipeline, name }, { at, request, problem }) {
      await write
        .updateTable('schedules')
        .set({ last_at: at, last_request: request ?? null, problem: problem ?? null })
        .where('pipeline', '=', pipeline)
        .where('name', '=', name)
        .where('last_at', '<', at)
        .execute();
    },
    async pause({ pipeline, name }, paused) {
      const { numUpdatedRows } = await write
        .updateTable('schedules')
        .set({
          paused_by: paused?.by ?? null,
          paused_reason: paused?.reason ?? null,
          paused_at: paused?.at ?? null,
        })
        .where('pipeline', '=', pipeline)
        .where('name', '=', name)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },
  };
}

async function begin(
  write: Kysely<Database>,
  { pipeline, name, cron, now }: { pipeline: string; name: string; cron: string; now: number },
): Promise<ScheduleState> {
  const find = () =>
    write
      .selectFrom('schedules')
      .selectAll()
      .where('pipeline', '=', pipeline)
      .where('name', '=', name)
      .executeTakeFirstOrThrow();
  await write
    .insertInto('schedules')
    .values({
      pipeline,
      name,
      cron,
      last_at: now,
      last_request: null,
      problem: null,
      paused_by: null,
      paused_reason: null,
      paused_at: null,
    })
    .onConflict((conflict) => conflict.columns(['pipeline', 'name']).doNothing())
    .execute();
  const known = await find();
  if (known.cron === cron) return stateOf(known);
  // Occurrences of another expression say nothing about what this one has missed.
  await write
    .updateTable('schedules')
    .set({ cron, last_at: now })
    .where('pipeline', '=', pipeline)
    .where('name', '=', name)
    .where('cron', '=', known.cron)
    .execute();
  return stateOf(await find());
}

function stateOf(row: Selectable<ScheduleTable>): ScheduleState {
  return {
    pipeline: row.pipeline,
    name: row.name,
    cron: row.cron,
    lastAt: Number(row.last_at),
    lastRequest: optional(row.last_request),
    problem: optional(row.problem),
    paused:
      row.paused_by === null
        ? undefined
        : { by: row.paused_by, reason: row.paused_reason ?? '', at: Number(row.paused_at) },
  };
}
