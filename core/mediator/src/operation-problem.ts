import { type Failure, type PipelineFile, SlowLaneError } from '@slowlane/contracts';
import jsonata from 'jsonata';
import { compileSchema } from './compile-schema.ts';

const longestExpression = 10_000;

/**
 * What is wrong with the operation of a pipeline file beyond what the file's own schema can tell: its request schema, or an expression that cannot be
 * parsed. `pipeline.invalid`, naming the key; asked when a file is applied or validated.
 */
export function operationProblem(file: PipelineFile): Failure | undefined {
  const problems = [schemaProblem(file), ...expressionProblems(file)].filter((problem) => problem !== undefined);
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
  const { enrich, filter } = file.operation.mediate;
  const steps = Object.entries(enrich).map(([field, expression]): [string, string] => [
    `operation.mediate.enrich.${field}`,
    expression,
  ]);
  if (filter !== undefined) steps.push(['operation.mediate.filter', filter]);
  return steps.map(([key, expression]) => expressionProblem(key, expression));
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
