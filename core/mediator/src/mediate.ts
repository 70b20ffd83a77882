import {
  type Failure,
  type JsonObject,
  type NewPart,
  type PipelineFile,
  SlowLaneError,
  failureOf,
  isTemporary,
} from '@slowlane/contracts';
import { applyDefaults } from './apply-defaults.ts';
import { enrich, passesFilter } from './enrich.ts';
import { type ExpressionEvaluator, createExpressionEvaluator } from './expression-evaluator.ts';
import { splitParts } from './split-parts.ts';
import { type SchemaOwner, validateBody } from './validate-body.ts';

export type Mediated =
  | { outcome: 'parts'; mediated: JsonObject; parts: NewPart[] }
  | { outcome: 'nothing-to-do' }
  | { outcome: 'failed'; failure: Failure };

const defaultMostParts = 100;

/** What the mediator makes of a body, without anything running: for `pipeline` tests and the command line. */
export async function mediate(
  file: PipelineFile,
  body: JsonObject,
  options: { mostParts?: number } = {},
): Promise<Mediated> {
  const evaluator = createExpressionEvaluator();
  try {
    const owner = { name: file.pipeline, revision: 0, file };
    return await mediateBody(owner, body, { evaluator, mostParts: options.mostParts ?? defaultMostParts });
  } finally {
    await evaluator.close();
  }
}

export interface MediationTools {
  evaluator: ExpressionEvaluator;
  mostParts: number;
}

/** Validate, defaults, enrich, filter, split, in this order. Whatever is wrong with body or steps is the outcome `failed`. */
export async function mediateBody(
  owner: SchemaOwner,
  body: JsonObject,
  { evaluator, mostParts }: MediationTools,
): Promise<Mediated> {
  const invalid = validateBody(owner, body);
  if (invalid !== undefined) return { outcome: 'failed', failure: invalid };
  const { defaults, enrich: expressions, filter, split } = owner.file.operation.mediate;
  try {
    const mediated = await enrich(applyDefaults(body, defaults), expressions, evaluator);
    if (!(await passesFilter(mediated, filter, evaluator))) return { outcome: 'nothing-to-do' };
    const parts = splitParts(mediated, split, mostParts);
    return parts.length === 0 ? { outcome: 'nothing-to-do' } : { outcome: 'parts', mediated, parts };
  } catch (error) {
    if (!(error instanceof SlowLaneError) || isTemporary(error)) throw error;
    return { outcome: 'failed', failure: failureOf(error) };
  }
}
