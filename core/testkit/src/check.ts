import { isDeepStrictEqual } from 'node:util';
import { SlowLaneError } from '@slowlane/contracts';

/** Assertions of the contract suites, which run without a test runner. */
export function equal(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) throw new Error(`expected ${show(expected)}, got ${show(actual)}`);
}

export function holds(condition: unknown, sentence: string): void {
  if (!condition) throw new Error(`does not hold: ${sentence}`);
}

/** The call must fail, with this code where one is named. */
export async function fails(code: string | undefined, call: () => Promise<unknown>): Promise<void> {
  const thrown = await call().then(
    () => undefined,
    (error: unknown) => error ?? new Error('nothing'),
  );
  if (thrown === undefined) throw new Error(`expected a failure${code === undefined ? '' : ` with ${code}`}, got none`);
  const got = thrown instanceof SlowLaneError ? thrown.code : String(thrown);
  if (code !== undefined && got !== code) throw new Error(`expected ${code}, got ${got}`);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}
