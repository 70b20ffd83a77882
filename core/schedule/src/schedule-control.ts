import {
  type PipelineRevision,
  type PipelineStore,
  type ScheduleControl,
  type ScheduleEntry,
  type ScheduleRow,
  type ScheduleState,
  type ScheduleStore,
  SlowLaneError,
} from '@slowlane/contracts';
import { nextOccurrences } from './occurrences.ts';
import { scheduleEntries } from './schedule-entries.ts';

export interface ControlDeps {
  pipelines: Pick<PipelineStore, 'list' | 'get'>;
  store: ScheduleStore;
  now(): number;
}

const shownOccurrences = 3;

export function createScheduleControl(deps: ControlDeps): ScheduleControl {
  return {
    list: () => list(deps),
    pause: (pipeline, name, { by, reason }) => setPause(deps, { pipeline, name }, { by, reason, at: deps.now() }),
    resume: (pipeline, name) => setPause(deps, { pipeline, name }, undefined),
  };
}

async function list({ pipelines, store, now }: ControlDeps): Promise<ScheduleRow[]> {
  const states = await store.list();
  const rows = (await pipelines.list()).flatMap(({ name: pipeline, file }) =>
    scheduleEntries(file).map((entry) => {
      const state = states.find((one) => one.pipeline === pipeline && one.name === entry.name);
      return rowOf(pipeline, entry, { state, now: now() });
    }),
  );
  return rows;
}

async function setPause(
  { pipelines, store, now }: ControlDeps,
  schedule: { pipeline: string; name: string },
  paused: { by: string; reason: string; at: number } | undefined,
): Promise<ScheduleRow> {
  const entry = entryOf(await pipelines.get(schedule.pipeline), schedule);
  await store.begin({ ...schedule, cron: `${entry.cron} ${entry.zone}`, now: now() });
  await store.pause(schedule, paused);
  const state = (await store.list()).find((one) => one.pipeline === schedule.pipeline && one.name === schedule.name);
  return rowOf(schedule.pipeline, entry, { state, now: now() });
}

function entryOf(
  revision: PipelineRevision | undefined,
  { pipeline, name }: { pipeline: string; name: string },
): ScheduleEntry {
  const entries = revision === undefined ? [] : scheduleEntries(revision.file);
  const entry = entries.find((one) => one.name === name);
  if (entry !== undefined) return entry;
  const names = entries.map((one) => one.name).join(', ');
  throw new SlowLaneError('schedule.not-found', `the pipeline "${pipeline}" has no schedule "${name}"`, {
    ...(names === '' ? {} : { hint: `It has: ${names}` }),
  });
}

function rowOf(
  pipeline: string,
  entry: ScheduleEntry,
  { state, now }: { state: ScheduleState | undefined; now: number },
): ScheduleRow {
  const byFile = entry.paused ? { by: 'pipeline file', reason: 'paused: true', at: undefined } : undefined;
  const paused = state?.paused ?? byFile;
  return {
    pipeline,
    name: entry.name,
    cron: entry.cron,
    zone: entry.zone,
    catchUp: entry.catch_up,
    paused,
    next: paused === undefined ? nextOccurrences(entry, now, shownOccurrences) : [],
    lastAt: state?.lastRequest === undefined && state?.problem === undefined ? undefined : state.lastAt,
    lastRequest: state?.lastRequest,
    problem: state?.problem,
  };
}
