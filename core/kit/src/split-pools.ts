import { type ClusterPool, type JsonObject, SlowLaneError } from '@slowlane/contracts';

/** What `pools:` of slowlane.yaml says, taken apart. */
export interface SplitPools {
  /** `price_per_hour` of the pools that have one. */
  prices: Record<string, number>;
  /** Settings of the job cluster (`new_cluster` of the Jobs API); for a serverless pool `{ kind: 'serverless' }` and no more. */
  pools: Record<string, JsonObject>;
  /** How the warm clusters of each pool live; none for a serverless pool. */
  clusters: Record<string, ClusterPool>;
}

const own = [
  'kind',
  'price_per_hour',
  'max_price_per_hour',
  'min',
  'max',
  'idle_minutes',
  'lease_hours',
  'start_minutes',
  'parts_per_cluster',
  'node_types',
] as const;

/** Throws `config.invalid` where a pool says what cannot be: prices that leave no cluster, `min` above `max`. */
export function splitPools(pools: Readonly<Record<string, JsonObject>>): SplitPools {
  const split: SplitPools = { prices: {}, pools: {}, clusters: {} };
  for (const [name, pool] of Object.entries(pools)) {
    const price = pool['price_per_hour'];
    if (typeof price === 'number' && price >= 0) split.prices[name] = price;
    if (pool['kind'] === 'serverless') {
      split.pools[name] = { kind: 'serverless' };
      continue;
    }
    split.pools[name] = Object.fromEntries(Object.entries(pool).filter(([key]) => !isOwn(key)));
    split.clusters[name] = clusterPool(name, pool);
  }
  return split;
}

function isOwn(key: string): boolean {
  return (own as readonly string[]).includes(key);
}

function clusterPool(name: string, pool: JsonObject): ClusterPool {
  const number = (key: (typeof own)[number], byDefault: number): number => {
    const value = pool[key];
    return typeof value === 'number' ? value : byDefault;
  };
  const price = number('price_per_hour', 0);
  const affordable = price > 0 ? Math.floor(number('max_price_per_hour', Infinity) / price) : Infinity;
  const max = Math.min(number('max', 4), affordable);
  const min = number('min', 0);
  if (max < 1) throw wrong(name, 'max_price_per_hour', `is below the price of one cluster (${price})`);
  if (min > max) throw wrong(name, 'min', `is ${min}, above the ${max} clusters that the pool may have`);
  const types = pool['node_types'];
  return {
    min,
    max,
    ...(affordable < number('max', 4) ? { isPriceBound: true } : {}),
    idleMs: number('idle_minutes', 10) * 60_000,
    leaseMs: number('lease_hours', 12) * 3_600_000,
    startMs: number('start_minutes', 20) * 60_000,
    partsPerCluster: number('parts_per_cluster', 1),
    nodeTypes: Array.isArray(types) ? types.map(String) : [],
  };
}

function wrong(pool: string, key: string, words: string): SlowLaneError {
  return new SlowLaneError('config.invalid', `pools.${pool}.${key} ${words}`);
}
