import type { ConditionTask } from '../jobs/schema.ts';
import { clientError } from './outcome.ts';
import type { Outcome } from './states.ts';

/**
 * How a condition task ends. Equality compares texts, so `12.0` is not `12`; the other operators compare numbers.
 *
 * @see https://docs.databricks.com/jobs/conditional-tasks.html
 */
export function conditionOutcome({ op, left, right }: ConditionTask): Outcome {
  if (op === 'EQUAL_TO' || op === 'NOT_EQUAL') return found((left === right) === (op === 'EQUAL_TO'));
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a === undefined || b === undefined) {
    const wrong = a === undefined ? left : right;
    return clientError(
      'INVALID_RUN_CONFIGURATION',
      `The condition ${op} compares numbers, but '${wrong.slice(0, 200)}' is none.`,
    );
  }
  const holds = {
    GREATER_THAN: a > b,
    GREATER_THAN_OR_EQUAL: a >= b,
    LESS_THAN: a < b,
    LESS_THAN_OR_EQUAL: a <= b,
  };
  return found(holds[op]);
}

function found(holds: boolean): Outcome {
  return { result: 'SUCCESS', code: 'SUCCESS', type: 'SUCCESS', message: '', condition: holds ? 'true' : 'false' };
}

function numberOf(text: string): number | undefined {
  return /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/.test(text) ? Number(text) : undefined;
}
