import { createHash } from 'node:crypto';
import {
  type GateClaim,
  type NewRequest,
  type RequestLane,
  type RequestOutcome,
  type RequestRecord,
  SlowLaneError,
} from '@slowlane/contracts';
import { partId, redactJson, splitPartId } from '@slowlane/kit';
import { patiently } from '../redis/availability.ts';
import { type PriceTable, priceClaim } from '../gate/cost.ts';
import { explain } from '../gate/explain.ts';
import { gateClass } from '../gate/gate-class.ts';
import { headStartUs } from '../gate/head-start.ts';
import { impossibleError } from './impossible-error.ts';
import { parkLarge, parkRest, partsPerStep } from './park-large.ts';
import { createPartLane } from './part-lane.ts';
import type { Pump } from '../gate/pump.ts';
import { readParts, tallyParts } from './request-parts.ts';
import { type RequestDoc, freshRecord, partRecordOf, requestRecordOf } from './request-record.ts';
import { retryFailed } from './retry-failed.ts';
import { type Store, fieldsOf } from '../redis/store.ts';
import { finishWalk } from './walk.ts';

export interface RequestLaneDeps {
  store: Store;
  pump: Pump;
  ageingStepMs: number;
  maxUnarchived: number;
  prices: PriceTable;
}

const IDEMPOTENCY_MS = 24 * 3_600_000;

export function createRequestLane(deps: RequestLaneDeps): RequestLane {
  const { store } = deps;
  return {
    accept: (request) => accept(deps, request),
    get: (id) => get(store, id),
    parts: (id, range) => readParts(store, id, range),
    tallyParts: (id) => tallyParts(store, id),
    part: (id) => part(store, id),
    beginMediation: (id) => patiently(() => beginMediation(store, id)),
    park: (id, split) => patiently(() => park(deps, id, split)),
    parkRest: (id) => patiently(() => parkRest(deps, id)),
    end: (id, outcome) => patiently(() => end(store, id, outcome)),
    cancel: (id, by) => cancel(deps, id, by),
    cancelPart: (id, by) => cancelPart(deps, id, by),
    retryFailed: (id, by) => retryFailed(deps, id, by),
    explain: (partId) => explain(store, partId),
    ...createPartLane(deps),
  };
}

async function accept(deps: RequestLaneDeps, request: NewRequest): ReturnType<RequestLane['accept']> {
  const { idempotency, weights, coalesceKey, redact = [], ...doc } = request;
  const answer = (await deps.store.run(
    'accept',
    request.id,
    JSON.stringify(doc),
    request.correlationId,
    request.pin.pipeline,
    JSON.stringify({ pipeline: request.pin.pipeline, request: request.id }),
    JSON.stringify(acceptedData({ ...doc, body: redactJson(doc.body, redact) })),
    idempotency === undefined ? '' : sha256(`${request.principal}\n${idempotency.key}`),
    idempotency?.fingerprint ?? '',
    IDEMPOTENCY_MS,
    deps.maxUnarchived,
    coalesceKey === undefined ? '' : sha256(`${request.operation}\n${coalesceKey}`),
    weights === undefined ? '' : await classOf(deps, { dimensions: weights, priority: 0 }),
    doc.deadline === undefined ? '' : Math.round(doc.deadline),
    doc.notBefore === undefined ? '' : Math.round(doc.notBefore),
  )) as [string, string, string, string];
  const [kind, detail] = answer;
  if (kind === 'new') return { request: freshRecord(doc, Number(detail)), replayed: false };
  if (kind === 'known') return { request: await known(deps.store, detail), replayed: true };
  if (kind === 'shared') return { request: await known(deps.store, detail), replayed: false, coalesced: true };
  if (kind === 'late')
    throw new SlowLaneError(
      'request.deadline',
      `the deadline ${iso(doc.deadline)} has passed: it is ${iso(Number(detail))}`,
    );
  if (kind === 'impossible' || kind === 'over-budget') throw impossibleError(request.id, answer);
  if (kind === 'full')
    throw new SlowLaneError('queue.full', `more than ${deps.maxUnarchived} events wait for the archiver`);
  throw new SlowLaneError(
    'request.key-reused',
    `the Idempotency-Key ${JSON.stringify(idempotency?.key)} was used with another body`,
  );
}

/** Everything that the ledger shows of a request, because it knows nothing but events. */
function acceptedData(doc: RequestDoc): Record<string, unknown> {
  const { operation, principal, body, callback, traceparent, pin, tenant, notBefore, deadline, priority } = doc;
  const { revision, registrationId, artifact, workspace } = pin;
  const wishes = { tenant, notBefore, deadline, priority };
  return {
    operation,
    principal,
    revision,
    registrationId,
    artifact,
    workspace,
    body,
    callback,
    traceparent,
    ...wishes,
  };
}

async function classOf({ store, prices }: RequestLaneDeps, claim: GateClaim): Promise<string> {
  const { dimensions } = await priceClaim(store, claim, prices);
  return gateClass({ ...claim, dimensions });
}

function iso(ms: number | undefined): string {
  return new Date(ms ?? 0).toISOString();
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

async function part(store: Store, id: string): ReturnType<RequestLane['part']> {
  if (splitPartId(id) === undefined) return undefined;
  const [fields] = await store.hashes([`part:${id}`]);
  return partRecordOf(id, fields ?? {});
}

async function beginMediation(store: Store, id: string): Promise<RequestRecord | undefined> {
  return requestRecordOf(fieldsOf((await store.run('take-request', id)) as string[]));
}

async function park(deps: RequestLaneDeps, id: string, split: Parameters<RequestLane['park']>[1]): Promise<void> {
  if (split.parts.length > partsPerStep) return parkLarge(deps, id, split);
  const { dimensions, pricePerHour, estimate } = await priceClaim(deps.store, split.claim, deps.prices);
  const mediated = {
    parts: split.parts.map(({ key }, index) => ({ part: partId(id, index), key })),
    body: redactJson(split.mediated, split.redact ?? []),
    resultPath: split.resultPath,
    claim: dimensions,
    priority: split.claim.priority,
  };
  const answer = (await deps.store.run(
    'park',
    id,
    JSON.stringify(split.mediated),
    split.resultPath,
    gateClass({ ...split.claim, dimensions }),
    headStartUs(split.claim.priority, deps.ageingStepMs),
    JSON.stringify(mediated),
    split.needed ?? '',
    pricePerHour ?? '',
    estimate ?? '',
    ...split.parts.flatMap(({ key, document }, index) => [
      key,
      JSON.stringify(document),
      JSON.stringify({ key, index, document: redactJson(document, split.redactParts ?? []), estimateMicros: estimate }),
    ]),
  )) as ['parked', number, number] | ['past'] | [string, string, string, string];
  if (answer[0] === 'parked') await deps.pump.goOn(Number(answer[1]), Number(answer[2]));
  else if (answer[0] !== 'past') throw impossibleError(id, answer.map(String));
}

async function end(store: Store, id: string, outcome: RequestOutcome): Promise<boolean> {
  const failure = outcome.state === 'failed' ? JSON.stringify(outcome.failure) : undefined;
  const files = outcome.state === 'succeeded' ? JSON.stringify(outcome.files) : undefined;
  const missing =
    outcome.state === 'succeeded' && outcome.missing !== undefined ? JSON.stringify(outcome.missing) : undefined;
  const without = missing === undefined ? '' : `,"missing":${missing}`;
  const data =
    failure === undefined ? (files === undefined ? '{}' : `{"files":${files}${without}}`) : `{"failure":${failure}}`;
  const fields = [
    ...(missing === undefined ? [] : ['missing', missing]),
    ...(failure === undefined ? [] : ['failure', failure]),
    ...(files === undefined ? [] : ['result', files]),
  ];
  return (await store.run('end-request', id, outcome.state, data, ...fields)) === 1;
}

async function cancel(deps: RequestLaneDeps, id: string, by: string): ReturnType<RequestLane['cancel']> {
  const failure = new SlowLaneError('request.cancelled', `request ${id} was cancelled by ${by}`).toFailure();
  type State = Awaited<ReturnType<RequestLane['cancel']>>;
  const answer = await deps.store.run('cancel-request', id, by, JSON.stringify(failure));
  const [state, granted, budget, done, more] = answer as [State | '', number, number, number, number?];
  if (state === '') throw new SlowLaneError('request.not-found', `there is no request ${id}`);
  if (done === 0) throw new SlowLaneError('request.not-cancellable', `request ${id} is ${state}`);
  await deps.pump.goOn(granted, budget);
  return more === 1 ? ((await finishWalk(deps, id)) as State) : state;
}

async function cancelPart(deps: RequestLaneDeps, id: string, by: string): ReturnType<RequestLane['cancelPart']> {
  const own = new SlowLaneError('run.cancelled', `part ${id} was cancelled by ${by}`).toFailure();
  const sibling = new SlowLaneError(
    'run.cancelled',
    `cancelled because ${by} cancelled part ${id} of the same request`,
  );
  const failures = [JSON.stringify(own), JSON.stringify(sibling.toFailure())];
  type State = Awaited<ReturnType<RequestLane['cancelPart']>>;
  const answer = await deps.store.run('cancel-part', id, ...failures);
  const [state, granted, budget, done, more] = answer as [State | '', number, number, number, number?];
  if (state === '') throw new SlowLaneError('run.not-found', `there is no part ${id}`);
  if (done === 0) throw new SlowLaneError('run.not-cancellable', `part ${id} has ended: ${state}`);
  await deps.pump.goOn(granted, budget);
  if (more === 1) await finishWalk(deps, splitPartId(id)?.requestId ?? id);
  return state;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
