import { type JsonObject, SlowLaneError } from '@slowlane/contracts';
import type { ExpressionEvaluator } from './expression-evaluator.ts';

/** Sets each field to the value of its expression, in the order of the file; a later expression sees the fields set before. Without a value the field stays as it is. */
export async function enrich(
  body: JsonObject,
  expressions: Record<string, string>,
  evaluator: ExpressionEvaluator,
): Promise<JsonObject> {
  let enriched = body;
  for (const [field, expression] of Object.entries(expressions)) {
    const value = await evaluator.evaluate(`operation.mediate.enrich.${field}`, expression, enriched);
    if (value !== undefined) enriched = { ...enriched, [field]: value };
  }
  return enriched;
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
