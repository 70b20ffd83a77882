import {
  type HttpLookups,
  type JsonObject,
  type Logger,
  type ModuleHost,
  type PartRecord,
  type PipelineFile,
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
import { pointersOfParts } from '@slowlane/kit';
import { type ExpressionEvaluator, createExpressionEvaluator } from './expression-evaluator.ts';
import { gateClaim } from './gate-claim.ts';
import { joinParts, modulePartsOf } from './join-parts.ts';
import { failureUnderPolicy, missingParts, neededOf } from './join-policy.ts';
import { type Lookups, createLookups } from './lookups.ts';
import { type Mediated, mediateBody } from './mediate.ts';
import { type Prepared, type PreparedRequest, createPrepared } from './prepared.ts';
import { resultPath } from './result-path.ts';
import { joinByModule, moduleOf } from './run-module.ts';

export interface MediatorOptions {
  requests: RequestLane;
  pipelines: PipelineStore;
  registrations: RegistrationStore;
  /** Volume files of a configured workspace. */
  volumes(workspace: string): VolumeStore;
  /** `resultBase`: volume folder for operations without `result.path`; results go to `<resultBase>/results/<request id>`. */
  defaults: { resultBase: string };
  policy: Policy;
  /** Outgoing HTTP of `enrich`; without it such steps fail and say so. */
  http?: HttpLookups;
  /** Runs modules; without it operations that name one fail and say so. */
  modules?: ModuleHost;
  logger: Logger;
}

/** What one mediator keeps between requests. */
interface Tools {
  evaluator: ExpressionEvaluator;
  lookups: Lookups;
  prepared: Prepared;
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
  const tools: Tools = {
    evaluator: createExpressionEvaluator(),
    lookups: createLookups({ http: options.http }),
    prepared: createPrepared(),
  };
  return {
    prepare: (id) => endingOnFailure(options, id, () => prepare(options, tools, id)),
    split: (id) => endingOnFailure(options, id, () => split(options, tools, id)),
    join: (id) => endingOnFailure(options, id, () => join(options, id)),
    close: () => tools.evaluator.close(),
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

async function prepare(options: MediatorOptions, tools: Tools, id: string): Promise<void> {
  const request = await options.requests.beginMediation(id);
  if (request === undefined) return;
  const outcome = await mediated(options, tools, request);
  if (outcome.outcome !== 'parts') await endWithout(options, id, outcome);
  else tools.prepared.keep({ request, outcome });
}

/** Where nobody remembers what `prepare` found, it is found again: stored, it would be state of its own, for what takes a millisecond. */
async function split(options: MediatorOptions, tools: Tools, id: string): Promise<void> {
  const known = tools.prepared.take(id);
  if (known !== undefined) return park(options, known);
  const request = await options.requests.get(id);
  if (request?.state === 'running') return options.requests.parkRest(id);
  if (request?.state !== 'mediating') return;
  const outcome = await mediated(options, tools, request);
  if (outcome.outcome !== 'parts') return endWithout(options, id, outcome);
  await park(options, { request, outcome });
}

async function park(options: MediatorOptions, { request, outcome }: PreparedRequest): Promise<void> {
  const { id } = request;
  const { file } = await revisionOf(options, request);
  const registration = await options.registrations.get(request.pin.registrationId);
  if (registration === undefined)
    throw new SlowLaneError('platform.unexpected', `registration ${request.pin.registrationId} is not there`);
  const { mediated: document, parts } = outcome;
  const path = resultPath(file, id, options.defaults.resultBase);
  await options.requests.park(id, {
    mediated: document,
    parts,
    claim: gateClaim(file, registration, request),
    resultPath: path,
    ...parking(file, parts.length),
  });
}

/** How the parts fare together: how many failures end the others, and what of them the archive never sees. */
function parking(
  { operation }: PipelineFile,
  parts: number,
): { needed?: number; redact?: string[]; redactParts?: string[] } {
  const { redact = [], mediate } = operation;
  const { split } = mediate;
  const place = { by: split?.by, as: split?.as, isChunked: split?.chunk !== undefined };
  return {
    ...(split === undefined || split.join === 'all-or-nothing'
      ? {}
      : { needed: split.join === 'best-effort' ? 0 : neededOf(split.join, parts) }),
    ...(redact.length === 0 ? {} : { redact, redactParts: pointersOfParts(redact, place) }),
  };
}

async function mediated(options: MediatorOptions, tools: Tools, request: RequestRecord): Promise<Mediated> {
  const revision = await revisionOf(options, request);
  const { workspace } = request.pin;
  return mediateBody(revision, request.body, {
    ...tools,
    place: { workspace, volumes: options.volumes(workspace) },
    modules: options.modules,
    mostParts: options.policy.parts,
  });
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
  const parts = await requests.parts(id, { from: 0, count: request.parts.total });
  const { file } = await revisionOf(options, request);
  const failure = failureUnderPolicy(parts, file.operation.mediate.split?.join ?? 'all-or-nothing');
  if (failure !== undefined) return void (await requests.end(id, { state: 'failed', failure }));
  const volumes = options.volumes(request.pin.workspace);
  const path = request.resultPath as string;
  const said = await moduleSays(options, { file, volumes, path, parts, body: request.mediated ?? request.body });
  if (said?.fail !== undefined) throw new SlowLaneError('join.failed', `${said.module}: ${said.fail.slice(0, 500)}`);
  const missing = missingParts(parts);
  const files = await joinParts(volumes, {
    file,
    resultPath: path,
    parts: parts.filter(({ state, key }) => state === 'succeeded' && said?.leaveOut?.includes(key) !== true),
    extra: {
      ...(said?.summary === undefined ? {} : { 'summary.json': said.summary }),
      ...(missing.length === 0 ? {} : { 'missing-parts.json': missing }),
    },
  });
  await requests.end(id, { state: 'succeeded', files, ...(missing.length === 0 ? {} : { missing }) });
}

async function moduleSays(
  { modules }: MediatorOptions,
  joining: { file: PipelineFile; volumes: VolumeStore; path: string; parts: PartRecord[]; body: JsonObject },
): Promise<{ module: string; fail?: string; summary?: JsonObject; leaveOut?: string[] } | undefined> {
  const module = moduleOf(joining.file.operation.mediate);
  if (module === undefined || modules === undefined) return undefined;
  if (!(await modules.functionsOf(module)).includes('join')) return undefined;
  const parts = await modulePartsOf(joining.volumes, { resultPath: joining.path, parts: joining.parts });
  return { module: module.name, ...(await joinByModule(modules, module, { parts, body: joining.body })) };
}
