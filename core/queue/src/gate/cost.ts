import type { GateClaim } from '@slowlane/contracts';
import { percentile } from '@slowlane/kit';
import { runTimes } from '../events/run-times.ts';
import type { Store } from '../redis/store.ts';

/** Currency per hour of a pool, by its name. */
export type PriceTable = Readonly<Record<string, number>>;

export interface PricedClaim {
  dimensions: Record<string, number>;
  /** Millionths of the currency. */
  pricePerHour: number | undefined;
  estimate: number | undefined;
}

/** What a run is taken to last while its operation has no history. */
const UNKNOWN_RUN_MS = 600_000;

/**
 * Price of the claim's pool, what one part will probably cost (median of past runs x price), and the claim with the budgets that are declared
 * for its tenant and its operation. The estimate weighs on a budget with two digits only: each weight is a class of its own.
 */
export async function priceClaim(store: Store, claim: GateClaim, prices: PriceTable): Promise<PricedClaim> {
  const price = prices[nameIn(claim, 'pool') ?? ''];
  const operation = nameIn(claim, 'op');
  if (price === undefined) return { dimensions: claim.dimensions, pricePerHour: undefined, estimate: undefined };
  const history = operation === undefined ? [] : await runTimes(store, operation);
  const pricePerHour = Math.round(price * 1e6);
  const estimate = Math.ceil((pricePerHour * (percentile(history, 0.5) ?? UNKNOWN_RUN_MS)) / 3_600_000);
  const budgets = await declaredBudgets(store, [nameIn(claim, 'tn'), operation]);
  const dimensions = { ...claim.dimensions };
  for (const budget of budgets) dimensions[budget] = Math.max(1, twoDigits(estimate));
  return { dimensions, pricePerHour, estimate };
}

async function declaredBudgets(store: Store, names: readonly (string | undefined)[]): Promise<string[]> {
  const dimensions = [...new Set(names)].flatMap((name) => (name === undefined ? [] : [`bud:${name}`]));
  if (dimensions.length === 0) return [];
  const limits = await store.call((redis) => redis.hmget(store.keys.of('gate:declared'), ...dimensions));
  return dimensions.filter((_, index) => limits[index] !== null);
}

function nameIn({ dimensions }: GateClaim, kind: string): string | undefined {
  return Object.keys(dimensions)
    .find((dimension) => dimension.startsWith(`${kind}:`))
    ?.slice(kind.length + 1);
}

export function twoDigits(value: number): number {
  return value < 100 ? value : Number(value.toPrecision(2));
}
