import { parentPort } from 'node:worker_threads';
import jsonata from 'jsonata';
import { guardExpression, isFunctionOfJsonata } from './expression-guards.ts';

/** One evaluation, as the thread gets it. */
export interface Evaluation {
  expression: string;
  /** JSON text. */
  input: string;
  timeoutMs: number;
}

/** `json` is absent when the expression has no value. */
export type Evaluated = { json: string | undefined } | { error: string };

const deepestCall = 500;
const longestSequence = 100_000;

parentPort?.on('message', (evaluation: Evaluation) => {
  void evaluate(evaluation).then((evaluated) => parentPort?.postMessage(evaluated));
});

parentPort?.postMessage('ready');

/** The thread may be ended at any moment, so nothing outlives one evaluation. */
async function evaluate({ expression, input, timeoutMs }: Evaluation): Promise<Evaluated> {
  try {
    const parsed = jsonata(expression, { timeout: timeoutMs, stack: deepestCall, sequence: longestSequence });
    guardExpression(parsed);
    const value: unknown = await parsed.evaluate(JSON.parse(input));
    return { json: JSON.stringify(value, refuseFunctions) };
  } catch (thrown) {
    const { message, position } = thrown as { message?: string; position?: number };
    return { error: `${message ?? String(thrown)}${position === undefined ? '' : ` (at character ${position})`}` };
  }
}

/** `$sum` without its argument is a function, and JSONata's own form of it would pass as an object. */
function refuseFunctions(_key: string, value: unknown): unknown {
  const isFunction =
    typeof value === 'function' || (typeof value === 'object' && value !== null && isFunctionOfJsonata(value));
  if (isFunction) throw new Error('the value is or holds a function');
  return value;
}
