import {
  type Failure,
  type JsonObject,
  type ModuleHost,
  type NewPart,
  type PipelineFile,
  SlowLaneError,
  failureOf,
  isTemporary,
} from '@slowlane/contracts';
import { applyDefaults } from './apply-defaults.ts';
import { enrich, passesFilter } from './enrich.ts';
import { type ExpressionEvaluator, createExpressionEvaluator } from './expression-evaluator.ts';
import { type LookupPlace, type Lookups, createLookups } from './lookups.ts';
import { moduleOf, partsByModule } from './run-module.ts';
import { splitElements } from './split-elements.ts';
import { splitParts } from './split-parts.ts';
import { type SchemaOwner, validateBody } from './validate-body.ts';

export type Mediated =
  | { outcome: 'parts'; mediated: JsonObject; parts: NewPart[] }
  | { outcome: 'nothing-to-do' }
  | { outcome: 'failed'; failure: Failure };

const defaultMostParts = 1_000;

export interface MediateOptions {
  mostParts?: number;
  /** Tables, files and services that the steps may ask; without one its steps fail and say so. */
  place?: LookupPlace | undefined;
  lookups?: Lookups;
  modules?: ModuleHost | undefined;
}

/** What the mediator makes of a body, without anything running: for tests of an operation and the command line. */
export async function mediate(file: PipelineFile, body: JsonObject, options: MediateOptions = {}): Promise<Mediated> {
  const evaluator = createExpressionEvaluator();
  try {
    const owner = { name: file.pipeline, revision: 0, file };
    return await mediateBody(owner, body, {
      evaluator,
      lookups: options.lookups ?? createLookups({ http: undefined }),
      place: options.place,
      modules: options.modules,
      mostParts: options.mostParts ?? defaultMostParts,
    });
  } finally {
    await evaluator.close();
  }
}

export interface MediationTools {
  evaluator: ExpressionEvaluator;
  lookups: Lookups;
  place: LookupPlace | undefined;
  modules: ModuleHost | undefined;
  mostParts: number;
}

/** Validate, defaults, enrich, filter, then the module or the split, in this order. Whatever is wrong with body or steps is the outcome `failed`. */
export async function mediateBody(owner: SchemaOwner, body: JsonObject, tools: MediationTools): Promise<Mediated> {
  const invalid = validateBody(owner, body);
  if (invalid !== undefined) return { outcome: 'failed', failure: invalid };
  const { defaults, enrich: steps, filter } = owner.file.operation.mediate;
  try {
    const mediated = await enrich(applyDefaults(body, defaults), steps, tools);
    if (!(await passesFilter(mediated, filter, tools.evaluator))) return { outcome: 'nothing-to-do' };
    const parts = await partsOf(owner.file, mediated, tools);
    return parts.length === 0 ? { outcome: 'nothing-to-do' } : { outcome: 'parts', mediated, parts };
  } catch (error) {
    if (!(error instanceof SlowLaneError) || isTemporary(error)) throw error;
    return { outcome: 'failed', failure: failureOf(error) };
  }
}

async function partsOf(file: PipelineFile, body: JsonObject, tools: MediationTools): Promise<NewPart[]> {
  const { mediate: spec, redact } = file.operation;
  const module = moduleOf(spec);
  if (module !== undefined) {
    if (tools.modules === undefined)
      throw new SlowLaneError('mediate.failed', `operation.mediate.module: "${module.name}" cannot be run here`);
    const outcome = await partsByModule(tools.modules, module, { body, mostParts: tools.mostParts });
    if (outcome !== undefined) return 'parts' in outcome ? outcome.parts : [];
  }
  if (spec.split === undefined) return [{ key: 'all', document: body }];
  const elements = await splitElements(body, spec.split, { evaluator: tools.evaluator, volumes: tools.place?.volumes });
  return splitParts(body, spec.split, { elements, most: tools.mostParts, redact });
}
