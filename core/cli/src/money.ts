import { SlowLaneError } from '@slowlane/contracts';
import { isBudget } from '@slowlane/kit';

/** Millionths of the currency as people write them: `250.50`. */
export function money(micros: number): string {
  return (micros / 1e6).toFixed(2);
}

/** A limit, use or weight of a gate dimension: money of a budget, places of all others. */
export function amount(dimension: string, value: number): string {
  return isBudget(dimension) ? money(value) : String(value);
}

/** What somebody typed as an amount of money, in millionths. Throws `cli.usage` that names it. */
export function microsOf(given: string, what: string): number {
  if (!/^\d{1,9}(\.\d{1,2})?$/.test(given))
    throw new SlowLaneError('cli.usage', `${what} must be an amount such as 250 or 250.50, but is "${given}"`);
  return Math.round(Number(given) * 100) * 10_000;
}
