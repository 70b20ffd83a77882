import {
  type Failure,
  type PartHold,
  type PartOutcome,
  type PartRecord,
  type RequestLane,
  SlowLaneError,
} from '@slowlane/contracts';
import { splitPartId } from '@slowlane/kit';
import { patiently } from '../redis/availability.ts';
import type { Pump } from '../gate/pump.ts';
import { partRecordOf } from './request-record.ts';
import { type Store, fieldsOf } from '../redis/store.ts';
import { finishWalk } from './walk.ts';

type PartLane = Pick<
  RequestLane,
  | 'claim'
  | 'intend'
  | 'bind'
  | 'postpone'
  | 'due'
  | 'pollAgain'
  | 'retry'
  | 'retryBeforeRun'
  | 'tellProgress'
  | 'release'
  | 'cancelling'
>;

/** A run that must be cancelled is offered again after this time, until it has ended. */
const CANCEL_AGAIN_MS = 5_000;

/** The keeper's half of the request lane. */
export function createPartLane({ store, pump }: { store: Store; pump: Pump }): PartLane {
  return {
    claim: (id, node, leaseMs) => patiently(() => claim(store, id, { node, leaseMs })),
    intend: (id, fence, intent) => patiently(() => intend(store, id, { fence, ...intent })),
    bind: (id, fence, { runId, runPageUrl, pollMs }) =>
      patiently(async () => (await store.run('bind', id, fence, runId, runPageUrl ?? '', Math.round(pollMs))) === 1),
    postpone: (id, fence, delayMs, hold) =>
      patiently(
        async () => (await store.run('postpone', id, fence, Math.round(delayMs), ...holdArguments(hold))) === 1,
      ),
    due: (count, visibilityMs) => taken(store, 'gate:watch', [count, Math.round(visibilityMs)]),
    cancelling: (count) => taken(store, 'gate:cancels', [count, CANCEL_AGAIN_MS]),
    pollAgain: (id, pollMs) => patiently(async () => void (await store.run('poll-again', id, Math.round(pollMs)))),
    retry: (id, failure, again) => patiently(() => retry(store, id, { failure, ...again, after: 'run' })),
    retryBeforeRun: (id, failure, again) => patiently(() => retry(store, id, { failure, ...again, after: 'no run' })),
    tellProgress: (id, attempt, progress) =>
      patiently(async () => {
        const record = JSON.stringify({ attempt, ...progress });
        return (await store.run('tell-progress', id, attempt, progress.step, record)) === 1;
      }),
    release: (id, outcome) => patiently(() => release({ store, pump }, id, outcome)),
  };
}

function holdArguments(hold: PartHold | undefined): string[] {
  if (hold === undefined) return [];
  const { dimension, cause, limit = 0, inUse = 0, reason, until } = hold;
  return [`${dimension}|${cause}`, JSON.stringify({ dimension, limit, inUse, reason, until })];
}

async function claim(
  store: Store,
  id: string,
  by: { node: string; leaseMs: number },
): ReturnType<RequestLane['claim']> {
  const [fence, fields] = (await store.run('claim', id, by.node, Math.round(by.leaseMs))) as [number, string[]];
  if (fence < 0) return undefined;
  return { fence, part: partRecordOf(id, fieldsOf(fields)) as PartRecord };
}

async function intend(
  store: Store,
  id: string,
  intent: { fence: number; attempt: number; token: string },
): Promise<boolean> {
  const answer = (await store.run('intend', id, intent.fence, intent.attempt, intent.token)) as
    number | [string, string];
  if (typeof answer === 'number') return answer === 1;
  const given = answer[0] === 'attempt' ? String(intent.attempt) : intent.token;
  throw new Error(`${id}: the ${answer[0]} of the intent is ${given}, but the stored one is ${answer[1]}`);
}

async function taken(
  store: Store,
  set: 'gate:watch' | 'gate:cancels',
  [count, hiddenMs]: [number, number],
): Promise<PartRecord[]> {
  const flat = (await store.run('due', set, count, hiddenMs)) as (string | string[])[];
  const records: PartRecord[] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const record = partRecordOf(flat[at] as string, fieldsOf(flat[at + 1] as string[]));
    if (record !== undefined) records.push(record);
  }
  return records;
}

async function retry(
  store: Store,
  id: string,
  { failure, delayMs, attempt, after }: { failure: Failure; delayMs: number; attempt: number; after: 'run' | 'no run' },
): Promise<boolean> {
  return (await store.run('retry', id, JSON.stringify(failure), Math.round(delayMs), attempt, after)) === 1;
}

async function release(
  { store, pump }: { store: Store; pump: Pump },
  id: string,
  outcome: PartOutcome,
): Promise<boolean> {
  const [granted, budget, more] = (await store.run(
    'release',
    id,
    outcome.state,
    Math.max(0, Math.round(outcome.runMs)),
    outcome.state === 'succeeded' ? '' : JSON.stringify(outcome.failure),
    outcome.log ?? '',
    outcome.state === 'succeeded' ? '' : JSON.stringify(failureOfSiblings(id, outcome)),
    outcome.attempt ?? '',
  )) as [number, number?, number?];
  if (granted < 0 || budget === undefined) return false;
  await pump.goOn(granted, budget);
  if (more === 1) await finishWalk({ store, pump }, splitPartId(id)?.requestId ?? id);
  return true;
}

function failureOfSiblings(id: string, { state }: PartOutcome): Failure {
  const message = `cancelled because part ${id} of the same request ended as ${state}`;
  return new SlowLaneError('run.cancelled', message).toFailure();
}
