import {
  type EventLog,
  type History,
  type Logger,
  type PipelineStore,
  type RequestRecord,
  type ScheduleStore,
  type VolumeStore,
  failureOf,
  isRequestTerminal,
} from '@slowlane/contracts';
import { firstIdAt, parseDuration, repeatTurns } from '@slowlane/kit';
import { entriesOf } from './entries-of.ts';

export interface SweeperDeps {
  pipelines: Pick<PipelineStore, 'list'>;
  history: Pick<History, 'requests'>;
  volumes(workspace: string): VolumeStore;
  /** Remembers up to where each operation was swept. */
  store: ScheduleStore;
  events: Pick<EventLog, 'append'>;
  /** Epoch milliseconds. */
  now?(): number;
  logger: Logger;
}

/** Deletes from the volumes what is older than the `retention` of its operation: results, and the documents that the driver was given. */
export interface ResultSweeper {
  /** One round over all operations; returns the number of files that were deleted. */
  turn(): Promise<number>;
  start(): void;
  stop(): Promise<void>;
}

const dayMs = 86_400_000;
/** A request that ended late is met again for so long after its time. */
const lateMs = 7 * dayMs;
const pageSize = 100;
const deepest = 12;
/** No name of a schedule begins so. */
const bookmark = '_retention';

export function createResultSweeper(deps: SweeperDeps): ResultSweeper {
  const now = deps.now ?? Date.now;
  const turns = repeatTurns(turnSafely, { now, firstAt: () => now() + 60_000 });

  async function turn(): Promise<number> {
    let removed = 0;
    for (const { name, file } of await deps.pipelines.list()) {
      const { retention } = file.operation;
      if (retention !== undefined) removed += await sweepOperation(deps, { operation: name, retention, now: now() });
    }
    return removed;
  }
  async function turnSafely(): Promise<number> {
    await turn().catch((error: unknown) =>
      deps.logger.warn({ failure: failureOf(error) }, 'old results could not be deleted'),
    );
    return now() + dayMs;
  }
  return { turn, ...turns };
}

async function sweepOperation(
  deps: SweeperDeps,
  { operation, retention, now }: { operation: string; retention: string; now: number },
): Promise<number> {
  const cutoff = now - parseDuration(retention);
  const place = { pipeline: operation, name: bookmark };
  const { lastAt } = await deps.store.begin({ ...place, cron: retention, now: 0 });
  let removed = 0;
  for (let before = firstIdAt('req', Math.max(0, cutoff)); ;) {
    const page = await deps.history.requests({ operation, before, limit: pageSize });
    for (const request of page) removed += await sweepRequest(deps, request);
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize || last.acceptedAt < lastAt - lateMs) break;
    before = last.id;
  }
  await deps.store.advance(place, { at: cutoff, request: undefined, problem: undefined });
  return removed;
}

async function sweepRequest({ volumes, events, logger }: SweeperDeps, request: RequestRecord): Promise<number> {
  if (request.resultPath === undefined || !isRequestTerminal(request.state)) return 0;
  const files = await removeBelow(volumes(request.pin.workspace), request.resultPath, 0);
  if (files === 0) return 0;
  logger.info({ request: request.id, files }, 'result deleted: its retention is over');
  await events.append({
    type: 'result.expired',
    correlationId: request.correlationId,
    subject: { pipeline: request.pin.pipeline, request: request.id },
    data: { files },
  });
  return files;
}

async function removeBelow(volumes: VolumeStore, folder: string, depth: number): Promise<number> {
  if (volumes.remove === undefined || depth > deepest) return 0;
  let removed = 0;
  for (const entry of await entriesOf(volumes, folder)) {
    if (entry.isFolder) removed += await removeBelow(volumes, entry.path, depth + 1);
    else if (await volumes.remove(entry.path)) removed++;
  }
  return removed;
}
