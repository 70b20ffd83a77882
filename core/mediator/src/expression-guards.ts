import type { Expression } from 'jsonata';

/** The most that any value of an evaluation may come to when written out: characters of texts, and one per element and member. */
export const mostUnits = 1_048_576;

/**
 * Bounds how large anything in an evaluation can become. The thread's memory limit alone does not do: V8 ends the whole process when one allocation alone is
 * beyond it (measured: one array of 60 million elements, one text of 250 MB). So every intermediate value is measured before the next step can multiply it,
 * and the functions that make much out of little check first. `$eval` is not there.
 */
export function guardExpression(expression: Expression): void {
  expression.assign(Symbol.for('jsonata.__evaluate_exit') as unknown as string, afterStep);
  expression.registerFunction('pad', pad, '<s-ns?:s>');
  expression.registerFunction('join', join, '<a<s>s?:s>');
  expression.registerFunction('eval', refuseEval, '<s?:x>');
}

function afterStep(_expression: unknown, _input: unknown, _environment: unknown, result: unknown): void {
  if (unitsOf(result, mostUnits) > mostUnits) throw tooLarge();
}

/** Counts until the budget is spent, so that a value that holds itself a million times costs no more than one of that size. */
export function unitsOf(value: unknown, budget: number): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null || isFunctionOfJsonata(value)) return 1;
  let units = 1;
  for (const [key, member] of Object.entries(value)) {
    units += Array.isArray(value) ? 1 : key.length + 1;
    if (units <= budget) units += unitsOf(member, budget - units);
    if (units > budget) return units;
  }
  return units;
}

/** Its closure is not part of the value. */
export function isFunctionOfJsonata(value: object): boolean {
  return '_jsonata_function' in value || '_jsonata_lambda' in value;
}

function pad(text: string | undefined, width: number, filler: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const missing = Math.abs(Math.trunc(width)) - [...text].length;
  if (missing <= 0) return text;
  if (missing > mostUnits) throw tooLarge();
  const points = [...(filler || ' ')];
  const padding = Array.from({ length: missing }, (_, index) => points[index % points.length]).join('');
  return width > 0 ? text + padding : padding + text;
}

function join(texts: string[] | undefined, separator = ''): string | undefined {
  if (texts === undefined) return undefined;
  const length = texts.reduce((sum, text) => sum + text.length, 0) + separator.length * (texts.length - 1);
  if (length > mostUnits) throw tooLarge();
  return texts.join(separator);
}

function refuseEval(): never {
  throw new Error('$eval is not available');
}

function tooLarge(): Error {
  return new Error(`a value grew beyond ${mostUnits} characters and elements`);
}
