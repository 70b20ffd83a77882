import {
  type BuildFindings,
  type BuildLane,
  type BuildRecord,
  type BuildState,
  type Failure,
  SlowLaneError,
  isBuildTerminal,
} from '@slowlane/contracts';
import { patiently } from '../redis/availability.ts';
import type { BlockingPool } from '../redis/blocking-pool.ts';
import { appendLog, readLog } from './build-log.ts';
import { buildRecordOf } from './build-record.ts';
import type { Store } from '../redis/store.ts';

interface Move {
  state: BuildState;
  failure?: Failure;
  found?: Partial<BuildFindings>;
  events: { type: string; data: Record<string, unknown> }[];
}

export function createBuildLane({ store, pool }: { store: Store; pool: BlockingPool }): BuildLane {
  return {
    start: (build) => start(store, build),
    get: (id) => get(store, id),
    list: (limit) => list(store, limit),
    advance: (id, state, found, note) => patiently(() => advance(store, id, { state, found, note: note ?? {} })),
    fail: async (id, failure) => {
      await patiently(() =>
        move(store, id, { state: 'failed', failure, events: [{ type: 'build.failed', data: { failure } }] }),
      );
    },
    cancel: async (id) => {
      mustBeKnown(id, await move(store, id, { state: 'cancelled', events: [{ type: 'build.cancelled', data: {} }] }));
    },
    log: (id, lines) => patiently(() => appendLog(store, id, lines)),
    readLog: (id, after, count, blockMs) => readLog({ store, pool }, id, { after, count, blockMs }),
    confirmPush: async (id, outcome) =>
      mustBeKnown(id, await patiently(async () => Number(await store.run('confirm-push', id, outcome)))),
    pushOutcome: async (id) => {
      const outcome = await store.call((redis) => redis.hget(store.keys.of(`build:${id}`), 'pushOutcome'));
      return (outcome ?? undefined) as 'completed' | 'aborted' | undefined;
    },
  };
}

async function start(store: Store, build: Parameters<BuildLane['start']>[0]): Promise<BuildRecord> {
  const subject = { pipeline: build.pipeline, build: build.id };
  const { pipeline, revision, source, purpose, principal, language, driver } = build;
  const data = { pipeline, revision, source, purpose, principal, language, driver };
  await store.run(
    'start-build',
    build.id,
    JSON.stringify(build),
    build.correlationId,
    JSON.stringify(subject),
    JSON.stringify(data),
    pushBehind(build),
  );
  return must(store, build.id);
}

/** What the event of the push says; builds that no push asked for have none. */
function pushBehind({ purpose, source, principal }: Parameters<BuildLane['start']>[0]): string {
  if (purpose.kind !== 'push' || source.kind !== 'mirror') return '';
  return JSON.stringify({ push: purpose.pushId, ref: source.ref, commit: source.commit, principal });
}

async function get(store: Store, id: string): Promise<BuildRecord | undefined> {
  const [fields] = await store.hashes([`build:${id}`]);
  return buildRecordOf(fields ?? {});
}

async function must(store: Store, id: string): Promise<BuildRecord> {
  const record = await get(store, id);
  if (record === undefined) throw new SlowLaneError('build.not-found', `there is no build ${id}`);
  return record;
}

async function list(store: Store, limit: number): Promise<BuildRecord[]> {
  const ids = await store.call((redis) => redis.zrevrange(store.keys.of('builds'), 0, limit - 1));
  const hashes = await store.hashes(ids.map((id) => `build:${id}`));
  return hashes.flatMap((fields) => buildRecordOf(fields) ?? []);
}

async function advance(
  store: Store,
  id: string,
  step: { state: BuildState; found: Partial<BuildFindings>; note: Record<string, unknown> },
): Promise<BuildRecord> {
  const { state, found, note } = step;
  const events = [stageEvent(state, { ...(await endFacts(store, id, step)), ...note, found })];
  if (found.cachedFrom !== undefined) {
    events.unshift({ type: 'build.cached', data: { fromBuild: found.cachedFrom, contentKey: found.contentKey } });
  }
  const answer = await move(store, id, { state, found, events });
  if (answer === 0) throw new SlowLaneError('queue.fenced', `build ${id} has ended`);
  mustBeKnown(id, answer);
  return must(store, id);
}

function stageEvent(state: BuildState, data: Record<string, unknown>): Move['events'][number] {
  if (state === 'registered' || state === 'built') return { type: `build.${state}`, data };
  return { type: 'build.stage', data: { stage: state, ...data } };
}

/** What the event of a registered build names besides the finds of its last stage. */
async function endFacts(
  store: Store,
  id: string,
  { state, found }: { state: BuildState; found: Partial<BuildFindings> },
): Promise<Record<string, unknown>> {
  if (state !== 'registered') return {};
  const all = { ...(await get(store, id))?.found, ...found };
  const [first] = all.registrations ?? [];
  return { jobId: first?.jobId, workspace: first?.workspace, artifact: all.set?.digest };
}

async function move(store: Store, id: string, { state, failure, found, events }: Move): Promise<number> {
  const finds = Object.entries(found ?? {}).filter(([, value]) => value !== undefined);
  const weight = isBuildTerminal(state) ? 'end' : state === 'published' ? 'wake' : '';
  return Number(
    await store.run(
      'move-build',
      id,
      state,
      weight,
      failure === undefined ? '' : JSON.stringify(failure),
      finds.length,
      ...finds.flatMap(([name, value]) => [name, JSON.stringify(value)]),
      ...events.flatMap(({ type, data }) => [type, JSON.stringify(data)]),
    ),
  );
}

function mustBeKnown(id: string, answer: number): void {
  if (answer < 0) throw new SlowLaneError('build.not-found', `there is no build ${id}`);
}
