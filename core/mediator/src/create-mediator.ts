import {
  type Logger,
  type PipelineRevision,
  type PipelineStore,
  type Policy,
  type RegistrationStore,
  type RequestLane,
  type RequestRecord,
  SlowLaneError,
  type VolumeStore,
  failureOf,
  isTemporary,
} from '@slowlane/contracts';
import { type ExpressionEvaluator, createExpressionEvaluator } from './expression-evaluator.ts';
import { failureOfParts } from './failure-of-parts.ts';
import { gateClaim } from './gate-claim.ts';
import { joinParts } from './join-parts.ts';
import { type Mediated, mediateBody } from './mediate.ts';
import { resultPath } from './result-path.ts';

export interface MediatorOptions {
  requests: RequestLane;
  pipelines: PipelineStore;
  registrations: RegistrationStore;
  /** Volume files of a configured workspace. */
  volumes(workspace: string): VolumeStore;
  /** `resultBase`: volume folder for operations without `result.path`; results go to `<resultBase>/results/<request id>`. */
  defaults: { resultBase: string };
  policy: Policy;
  logger: Logger;
}

/** Processors of the queue jobs of the same names; each is safe to repeat. */
export interface Mediator {
  /** Ends the request when its body or a step of the mediation fails, or when there is nothing to do. */
  prepare(requestId: string): Promise<void>;
  /** Parks the parts at the gate. */
  split(requestId: string): Promise<void>;
  /** All parts have ended: joins their files and ends the request. */
  join(requestId: string): Promise<void>;
  /** Ends the thread that evaluates expressions. */
  close(): Promise<void>;
}

export function createMediator(options: MediatorOptions): Mediator {
  const evaluator = createExpressionEvaluator();
  return {
    prepare: (id) => endingOnFailure(options, id, () => prepare(options, evaluator, id)),
    split: (id) => endingOnFailure(options, id, () => split(options, evaluator, id)),
    join: (id) => endingOnFailure(options, id, () => join(options, id)),
    close: () => evaluator.close(),
  };
}

/** Temporary failures go to the worker, which repeats the queue job; any other would be the same again, so it ends the request. */
async function endingOnFailure(
  { requests, logger }: MediatorOptions,
  id: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isTemporary(error)) throw error;
    const failure = failureOf(error);
    logger[failure.kind === 'user' ? 'info' : 'error']({ request: id, failure }, 'request failed in the mediator');
    await requests.end(id, { state: 'failed', failure });
  }
}

async function prepare(options: MediatorOptions, evaluator: ExpressionEvaluator, id: string): Promise<void> {
  if (!(await options.requests.beginMediation(id))) return;
  const request = await options.requests.get(id);
  if (request === undefined) return;
  const outcome = await mediated(options, evaluator, request);
  if (outcome.outcome !== 'parts') await endWithout(options, id, outcome);
}

/** Mediates again instead of keeping what `prepare` found: that would be state of its own, for what takes a millisecond. */
async function split(options: MediatorOptions, evaluator: ExpressionEvaluator, id: string): Promise<void> {
  const request = await options.requests.get(id);
  if (request?.state !== 'mediating') return;
  const outcome = await mediated(options, evaluator, request);
  if (outcome.outcome !== 'parts') return endWithout(options, id, outcome);
  const { file } = await revisionOf(options, request);
  const registration = await options.registrations.get(request.pin.registrationId);
  if (registration === undefined)
    throw new SlowLaneError('platform.unexpected', `registration ${request.pin.registrationId} is not there`);
  const { mediated: document, parts } = outcome;
  const path = resultPath(file, id, options.defaults.resultBase);
  await options.requests.park(id, {
    mediated: document,
    parts,
    claim: gateClaim(file, registration),
    resultPath: path,
  });
}

async function mediated(
  options: MediatorOptions,
  evaluator: ExpressionEvaluator,
  request: RequestRecord,
): Promise<Mediated> {
  const revision = await revisionOf(options, request);
  return mediateBody(revision, request.body, { evaluator, mostParts: options.policy.parts });
}

async function endWithout(
  { requests }: MediatorOptions,
  id: string,
  outcome: Exclude<Mediated, { outcome: 'parts' }>,
): Promise<void> {
  await requests.end(
    id,
    outcome.outcome === 'failed' ? { state: 'failed', failure: outcome.failure } : { state: 'nothing-to-do' },
  );
}

async function revisionOf({ pipelines }: MediatorOptions, { pin }: RequestRecord): Promise<PipelineRevision> {
  const revision = await pipelines.get(pin.pipeline, pin.revision);
  if (revision !== undefined) return revision;
  throw new SlowLaneError('platform.unexpected', `revision ${pin.revision} of pipeline "${pin.pipeline}" is not there`);
}

async function join(options: MediatorOptions, id: string): Promise<void> {
  const { requests } = options;
  const request = await requests.get(id);
  if (request?.state !== 'joining') return;
  const parts = await requests.parts(id);
  const failure = failureOfParts(parts);
  if (failure !== undefined) return void (await requests.end(id, { state: 'failed', failure }));
  const { file } = await revisionOf(options, request);
  const files = await joinParts(options.volumes(request.pin.workspace), {
    file,
    resultPath: request.resultPath as string,
    parts,
  });
  await requests.end(id, { state: 'succeeded', files });
}
