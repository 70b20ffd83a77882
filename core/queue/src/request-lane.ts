import { createHash } from 'node:crypto';
import {
  type NewRequest,
  type RequestLane,
  type RequestOutcome,
  type RequestRecord,
  SlowLaneError,
} from '@slowlane/contracts';
import { partId, splitPartId } from '@slowlane/kit';
import { patiently } from './availability.ts';
import { gateClass } from './gate-class.ts';
import { headStartUs } from './head-start.ts';
import { createPartLane } from './part-lane.ts';
import type { Pump } from './pump.ts';
import { type RequestDoc, partRecordOf, requestRecordOf } from './request-record.ts';
import type { Store } from './store.ts';

export interface RequestLaneDeps {
  store: Store;
  pump: Pump;
  ageingStepMs: number;
  maxUnarchived: number;
}

const IDEMPOTENCY_MS = 24 * 3_600_000;

export function createRequestLane(deps: RequestLaneDeps): RequestLane {
  const { store } = deps;
  return {
    accept: (request) => accept(deps, request),
    get: (id) => get(store, id),
    parts: (id) => parts(store, id),
    part: (id) => part(store, id),
    beginMediation: (id) => patiently(async () => (await store.run('begin-mediation', id)) === 1),
    park: (id, split) => patiently(() => park(deps, id, split)),
    end: (id, outcome) => patiently(() => end(store, id, outcome)),
    cancel: (id, by) => cancel(deps, id, by),
    ...createPartLane(deps),
  };
}

async function accept(deps: RequestLaneDeps, request: NewRequest): ReturnType<RequestLane['accept']> {
  const { idempotency, ...doc } = request;
  const [answer, detail] = (await deps.store.run(
    'accept',
    request.id,
    JSON.stringify(doc),
    request.correlationId,
    request.pin.pipeline,
    JSON.stringify({ pipeline: request.pin.pipeline, request: request.id }),
    JSON.stringify(acceptedData(doc)),
    idempotency === undefined ? '' : sha256(`${request.principal}\n${idempotency.key}`),
    idempotency?.fingerprint ?? '',
    IDEMPOTENCY_MS,
    deps.maxUnarchived,
  )) as [string, string];
  if (answer === 'new') return { request: freshRecord(doc, Number(detail)), replayed: false };
  if (answer === 'known') return { request: await known(deps.store, detail), replayed: true };
  if (answer === 'full')
    throw new SlowLaneError('queue.full', `more than ${deps.maxUnarchived} events wait for the archiver`);
  throw new SlowLaneError(
    'request.key-reused',
    `the Idempotency-Key ${JSON.stringify(idempotency?.key)} was used with another body`,
  );
}

/** Everything that the ledger shows of a request, because it knows nothing but events. */
function acceptedData(doc: RequestDoc): Record<string, unknown> {
  const { operation, principal, body, callback, traceparent, pin } = doc;
  const { revision, registrationId, artifact, workspace } = pin;
  return { operation, principal, revision, registrationId, artifact, workspace, body, callback, traceparent };
}

function freshRecord(doc: RequestDoc, acceptedAt: number): RequestRecord {
  return requestRecordOf({
    doc: JSON.stringify(doc),
    state: 'accepted',
    total: '0',
    ended: '0',
    acceptedAt: String(acceptedAt),
  }) as RequestRecord;
}

async function known(store: Store, id: string): Promise<RequestRecord> {
  const record = await get(store, id);
  if (record === undefined) throw new SlowLaneError('request.not-found', `request ${id} ended more than a day ago`);
  return record;
}

async function get(store: Store, id: string): Promise<RequestRecord | undefined> {
  const [fields] = await store.hashes([`req:${id}`]);
  return requestRecordOf(fields ?? {});
}

async function parts(store: Store, id: string): ReturnType<RequestLane['parts']> {
  const total = Number((await store.call((redis) => redis.hget(store.keys.of(`req:${id}`), 'total'))) ?? 0);
  const ids = Array.from({ length: total }, (_, index) => partId(id, index));
  const hashes = await store.hashes(ids.map((part) => `part:${part}`));
  return hashes.flatMap((fields, index) => partRecordOf(ids[index] as string, fields) ?? []);
}

async function part(store: Store, id: string): ReturnType<RequestLane['part']> {
  if (splitPartId(id) === undefined) return undefined;
  const [fields] = await store.hashes([`part:${id}`]);
  return partRecordOf(id, fields ?? {});
}

async function park(deps: RequestLaneDeps, id: string, split: Parameters<RequestLane['park']>[1]): Promise<void> {
  const mediated = {
    parts: split.parts.map(({ key }, index) => ({ part: partId(id, index), key })),
    body: split.mediated,
    resultPath: split.resultPath,
    claim: split.claim.dimensions,
    priority: split.claim.priority,
  };
  const answer = (await deps.store.run(
    'park',
    id,
    JSON.stringify(split.mediated),
    split.resultPath,
    gateClass(split.claim),
    headStartUs(split.claim.priority, deps.ageingStepMs),
    JSON.stringify(mediated),
    ...split.parts.flatMap(({ key, document }, index) => [
      key,
      JSON.stringify(document),
      JSON.stringify({ key, index, document }),
    ]),
  )) as ['parked', number, number] | ['past'] | ['impossible', string, string, string];
  if (answer[0] === 'parked') await deps.pump.goOn(answer[1], answer[2]);
  if (answer[0] === 'impossible') {
    const [, dimension, limit, weight] = answer;
    throw new SlowLaneError(
      'request.impossible',
      `each part of ${id} weighs ${weight} on ${dimension}, whose limit is ${limit}`,
      {
        data: { dimension, limit: Number(limit), weight: Number(weight) },
      },
    );
  }
}

async function end(store: Store, id: string, outcome: RequestOutcome): Promise<boolean> {
  const failure = outcome.state === 'failed' ? JSON.stringify(outcome.failure) : undefined;
  const files = outcome.state === 'succeeded' ? JSON.stringify(outcome.files) : undefined;
  const data = failure === undefined ? (files === undefined ? '{}' : `{"files":${files}}`) : `{"failure":${failure}}`;
  const fields = [
    ...(failure === undefined ? [] : ['failure', failure]),
    ...(files === undefined ? [] : ['result', files]),
  ];
  return (await store.run('end-request', id, outcome.state, data, ...fields)) === 1;
}

async function cancel(deps: RequestLaneDeps, id: string, by: string): ReturnType<RequestLane['cancel']> {
  const failure = new SlowLaneError('request.cancelled', `request ${id} was cancelled by ${by}`).toFailure();
  const [state, granted, budget, done] = (await deps.store.run('cancel-request', id, by, JSON.stringify(failure))) as [
    Awaited<ReturnType<RequestLane['cancel']>> | '',
    number,
    number,
    number,
  ];
  if (state === '') throw new SlowLaneError('request.not-found', `there is no request ${id}`);
  if (done === 0) throw new SlowLaneError('request.not-cancellable', `request ${id} is ${state}`);
  await deps.pump.goOn(granted, budget);
  return state;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
