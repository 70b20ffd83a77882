import { DelayedError, type Job, UnrecoverableError } from 'bullmq';
import {
  type Failure,
  type RequestState,
  SlowLaneError,
  failureOf,
  isBuildTerminal,
  isRequestTerminal,
} from '@slowlane/contracts';
import type { ActiveJobs } from './active-jobs.ts';
import { asUnavailable } from '../redis/availability.ts';
import { type QueueJobName, catalogue } from './catalogue.ts';
import { type Lanes, failWork, kindOf, notified } from './fail-work.ts';
import { afterFailure } from './retry.ts';

export interface RunJobDeps {
  lanes: Lanes;
  active: ActiveJobs;
  /** Runs at most as many at once as the stage has places: what is carried in batches takes them too, one by one. */
  inTurn<T>(call: () => Promise<T>): Promise<T>;
}

export type AnyProcessor = (payload: unknown, signal: AbortSignal) => Promise<unknown>;

/** Reason of an abort when what the job is for has ended otherwise: its end is recorded already. */
export class EndedElsewhere extends Error {
  override readonly name = 'EndedElsewhere';
}

/** Reason of an abort when this process stops: another one does the job again. */
export class ProcessStops extends Error {
  override readonly name = 'ProcessStops';
}

/** A processor that does not end after its signal is left behind after this long. */
const ABORT_GRACE_MS = 10_000;

/**
 * One queue job from its payload to its end. It ends well, is repeated after a temporary failure, or ends its build, request or part as
 * failed: never does it leave somebody waiting.
 */
export async function runJob(
  deps: RunJobDeps,
  name: QueueJobName,
  processor: AnyProcessor,
  job: Job,
  token?: string,
): Promise<void> {
  const payload = catalogue[name].payload.parse(job.data);
  const id = String(Object.values(payload)[0]);
  if (await hasEnded(deps.lanes, name, id)) return;
  try {
    if (job.attemptsStarted > catalogue[name].maxStarts) throw poison(name, id, job.attemptsStarted);
    await perform(deps, { name, id, payload }, processor);
  } catch (thrown) {
    await afterThrow(deps, { name, id, job, token }, thrown);
  }
}

/** One run of the processor, and what must be so after it. */
export async function perform(
  { lanes, active, inTurn }: RunJobDeps,
  work: { name: QueueJobName; id: string; payload: unknown },
  processor: AnyProcessor,
): Promise<void> {
  await inTurn(() => withSignal(active, work, (signal) => processor(work.payload, signal)));
  await settle(lanes, work.name, work.id);
}

async function hasEnded({ store, builds }: Lanes, name: QueueJobName, id: string): Promise<boolean> {
  const kind = kindOf(name);
  if (kind === 'build') {
    const build = await builds.get(id);
    return build === undefined || isBuildTerminal(build.state);
  }
  if (kind !== 'mediate' && kind !== 'finish') return false;
  const state = await store.call((redis) => redis.hget(store.keys.of(`req:${id}`), 'state'));
  return state === null || isRequestTerminal(state as RequestState);
}

async function withSignal(
  active: ActiveJobs,
  { name, id }: { name: QueueJobName; id: string },
  run: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const controller = new AbortController();
  const { timeLimitMs } = catalogue[name];
  const limit = setTimeout(() => controller.abort(tooLong(name, id)), timeLimitMs);
  const remove = active.add(subjectOf(name, id), controller);
  try {
    await Promise.race([run(controller.signal), leftBehind(controller.signal)]);
  } catch (thrown) {
    // Whatever the processor makes of the abort, the reason for it decides what follows.
    throw controller.signal.aborted ? controller.signal.reason : thrown;
  } finally {
    clearTimeout(limit);
    remove();
  }
}

/** `build:<id>` and `req:<id>` as in the channel of ends; submissions, joins and notifications are never called off. */
function subjectOf(name: QueueJobName, id: string): string {
  const kind = kindOf(name);
  if (kind === 'build') return `build:${id}`;
  return kind === 'mediate' ? `req:${id}` : `${name}:${id}`;
}

function leftBehind(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => setTimeout(() => reject(signal.reason), ABORT_GRACE_MS).unref(), {
      once: true,
    });
  });
}

/** What must be so after the last queue job of a flow. */
async function settle({ builds, store }: Lanes, name: QueueJobName, id: string): Promise<void> {
  if (name === 'notify') await notified(store, id);
  if (name !== 'inspect' && name !== 'register') return;
  const build = await builds.get(id);
  if (build === undefined || isBuildTerminal(build.state)) return;
  if (name === 'inspect' && build.purpose.kind === 'build-only') await builds.advance(id, 'built', {});
  if (name === 'register')
    throw new SlowLaneError('platform.unexpected', `build ${id} is ${build.state} after its last stage`);
}

async function afterThrow(
  { lanes }: RunJobDeps,
  { name, id, job, token }: { name: QueueJobName; id: string; job: Job; token: string | undefined },
  thrown: unknown,
): Promise<void> {
  if (thrown instanceof EndedElsewhere) return;
  if (thrown instanceof DelayedError) throw thrown;
  if (thrown instanceof ProcessStops) {
    await job.moveToDelayed(Date.now() + 200, token);
    throw new DelayedError();
  }
  if (isFenced(thrown) && (await hasEnded(lanes, name, id))) return;
  const failure = failureOf(asUnavailable(thrown));
  const next = afterFailure(failure, job.attemptsMade + 1, catalogue[name].retry);
  lanes.logger.info(
    { job: name, id, code: failure.code, message: failure.message, next: next.kind },
    'queue job failed',
  );
  if (next.kind === 'retry') throw SlowLaneError.from(failure);
  await failWork(lanes, { kind: kindOf(name), id }, failure);
  throw new UnrecoverableError(failure.message);
}

export function isFenced(thrown: unknown): boolean {
  return thrown instanceof SlowLaneError && thrown.code === 'queue.fenced';
}

function poison(name: QueueJobName, id: string, starts: number): SlowLaneError {
  return new SlowLaneError(
    'platform.unexpected',
    `${name} of ${id} was started ${starts} times and never came to an end`,
    {
      hint: 'Its processes die: look at the memory and the log of the service.',
    },
  );
}

function tooLong(name: QueueJobName, id: string): SlowLaneError {
  return new SlowLaneError(
    'platform.unexpected',
    `${name} of ${id} took longer than ${catalogue[name].timeLimitMs} ms`,
  );
}

/** Pause of the retry that BullMQ asks for: the same pure decision again. */
export function pauseOf(name: QueueJobName, attemptsMade: number, error: Error | undefined): number {
  const next = afterFailure(failureOf(error) satisfies Failure, attemptsMade, catalogue[name].retry);
  return next.kind === 'retry' ? next.delayMs : catalogue[name].retry.firstMs;
}
