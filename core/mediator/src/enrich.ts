import {
  type HttpLookup,
  type Json,
  type JsonObject,
  type MediateSpec,
  SlowLaneError,
  type TableLookup,
} from '@slowlane/contracts';
import type { ExpressionEvaluator } from './expression-evaluator.ts';
import type { LookupPlace, Lookups } from './lookups.ts';

export interface EnrichTools {
  evaluator: ExpressionEvaluator;
  lookups: Lookups;
  place: LookupPlace | undefined;
}

/** Sets each field to the value of its expression or look-up, in the order of the file; a later one sees the fields set before. Without a value the field stays as it is. */
export async function enrich(body: JsonObject, steps: MediateSpec['enrich'], tools: EnrichTools): Promise<JsonObject> {
  let enriched = body;
  for (const [field, given] of Object.entries(steps)) {
    const step = `operation.mediate.enrich.${field}`;
    const value = await valueOf(step, given, enriched, tools);
    if (value !== undefined) enriched = { ...enriched, [field]: value };
  }
  return enriched;
}

async function valueOf(
  step: string,
  given: string | TableLookup | HttpLookup,
  body: JsonObject,
  tools: EnrichTools,
): Promise<Json | undefined> {
  if (typeof given === 'string') return tools.evaluator.evaluate(step, given, body);
  const key = given.key === undefined ? undefined : await tools.evaluator.evaluate(`${step}.key`, given.key, body);
  if (given.key !== undefined && key === undefined) return missing(step, given.missing, 'its key has no value');
  if ('table' in given) {
    if (tools.place === undefined)
      throw new SlowLaneError('mediate.failed', `${step}: "${given.table}" cannot be read here: there is no volume`);
    const value = await tools.lookups.table(step, given, { ...tools.place, key: key as Json });
    return value ?? missing(step, given.missing, `"${given.table}" has no ${given.by} ${JSON.stringify(key)}`);
  }
  const answer = await tools.lookups.http(step, given, key);
  const value =
    answer === undefined || given.value === undefined
      ? answer
      : await tools.evaluator.evaluate(`${step}.value`, given.value, answer as JsonObject);
  return value ?? missing(step, given.missing, `${new URL(given.http).origin} has nothing for ${JSON.stringify(key)}`);
}

function missing(step: string, policy: 'skip' | 'fail', problem: string): undefined {
  if (policy === 'skip') return undefined;
  throw new SlowLaneError('mediate.failed', `${step}: ${problem}`, {
    hint: 'Send a key that is there, or let the step pass with "missing: skip".',
    data: { step },
  });
}

/** Whether there is anything to do. The expression must say true or false: anything else is a mistake, and guessing would lose a request. */
export async function passesFilter(
  body: JsonObject,
  expression: string | undefined,
  evaluator: ExpressionEvaluator,
): Promise<boolean> {
  if (expression === undefined) return true;
  const step = 'operation.mediate.filter';
  const value = await evaluator.evaluate(step, expression, body);
  if (typeof value === 'boolean') return value;
  const given = value === undefined ? 'no value' : JSON.stringify(value).slice(0, 80);
  throw new SlowLaneError('mediate.failed', `${step}: gave ${given}, not true or false`, { data: { step } });
}
