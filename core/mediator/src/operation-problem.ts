import { type Failure, type PipelineFile, SlowLaneError } from '@slowlane/contracts';
import jsonata from 'jsonata';
import { compileSchema } from './compile-schema.ts';

const longestExpression = 10_000;

/**
 * What is wrong with the operation of a pipeline file beyond what the file's own schema can tell: its request schema, or an expression that cannot be
 * parsed. `pipeline.invalid`, naming the key; asked when a file is applied or validated.
 */
export function operationProblem(file: PipelineFile): Failure | undefined {
  const problems = [schemaProblem(file), ...expressionProblems(file), moduleProblem(file)].filter(
    (problem) => problem !== undefined,
  );
  if (problems.length === 0) return undefined;
  return new SlowLaneError('pipeline.invalid', `pipeline "${file.pipeline}": ${problems.join('; ')}`).toFailure();
}

function schemaProblem(file: PipelineFile): string | undefined {
  try {
    compileSchema(file.operation.request);
    return undefined;
  } catch (error) {
    return `operation.request: ${(error as Error).message}`;
  }
}

function expressionProblems(file: PipelineFile): (string | undefined)[] {
  const { enrich, filter, split } = file.operation.mediate;
  const steps = Object.entries(enrich).flatMap(([field, given]) =>
    expressionsOf(`operation.mediate.enrich.${field}`, given),
  );
  if (filter !== undefined) steps.push(['operation.mediate.filter', filter]);
  if (split?.expression !== undefined) steps.push(['operation.mediate.split.expression', split.expression]);
  for (const end of ['from', 'to'] as const) {
    const given = split?.range?.[end];
    if (typeof given === 'string' && !/^\d{4}-\d{2}-\d{2}$/.test(given))
      steps.push([`operation.mediate.split.range.${end}`, given]);
  }
  return steps.map(([key, expression]) => expressionProblem(key, expression));
}

function expressionsOf(key: string, given: PipelineFile['operation']['mediate']['enrich'][string]): [string, string][] {
  if (typeof given === 'string') return [[key, given]];
  const found: [string, string][] = given.key === undefined ? [] : [[`${key}.key`, given.key]];
  return 'http' in given && given.value !== undefined ? [...found, [`${key}.value`, given.value]] : found;
}

function moduleProblem({ operation }: PipelineFile): string | undefined {
  const { module, code, split } = operation.mediate;
  if (module === undefined)
    return code === undefined ? undefined : 'operation.mediate.code: there is no module of that text';
  if (code === undefined)
    return `operation.mediate.module: the text of ${module} is missing; "slowlane pipeline apply FILE" sends it along`;
  const declares = /export\s+(?:async\s+)?(?:function|const|let)\s+mediate\b/.test(code);
  return declares && split !== undefined
    ? `operation.mediate.split: ${module} exports mediate, which makes the parts itself`
    : undefined;
}

function expressionProblem(key: string, expression: string): string | undefined {
  if (expression.length > longestExpression)
    return `${key}: ${expression.length} characters, at most ${longestExpression}`;
  try {
    jsonata(expression);
    return undefined;
  } catch (error) {
    const { message, position } = error as { message: string; position?: number };
    return `${key}: ${message}${position === undefined ? '' : ` (at character ${position})`}`;
  }
}
