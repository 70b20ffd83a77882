import { describe, expect, it } from 'vitest';
import { splitPools } from './split-pools.ts';

describe('pools of slowlane.yaml', () => {
  it('are split into the cluster that jobs get, its price, and how warm ones live', () => {
    const split = splitPools({
      warm: { num_workers: 2, node_type_id: 'm', price_per_hour: 2, max_price_per_hour: 7, idle_minutes: 1, max: 9 },
      plain: { num_workers: 0 },
    });
    expect(split.pools).toEqual({ warm: { num_workers: 2, node_type_id: 'm' }, plain: { num_workers: 0 } });
    expect(split.prices).toEqual({ warm: 2 });
    expect(split.clusters['warm']).toMatchObject({ min: 0, max: 3, idleMs: 60_000, partsPerCluster: 1 });
    expect(split.clusters['plain']).toMatchObject({ max: 4, leaseMs: 12 * 3_600_000, nodeTypes: [] });
  });

  it('have no clusters of their own when they are serverless', () => {
    const split = splitPools({ any: { kind: 'serverless', price_per_hour: 1, num_workers: 7 } });
    expect(split).toEqual({ prices: { any: 1 }, pools: { any: { kind: 'serverless' } }, clusters: {} });
  });

  it('are refused when they leave no room for a cluster', () => {
    expect(() => splitPools({ dear: { price_per_hour: 5, max_price_per_hour: 4 } })).toThrow(
      'pools.dear.max_price_per_hour is below the price of one cluster (5)',
    );
    expect(() => splitPools({ odd: { min: 5, max: 2 } })).toThrow('pools.odd.min is 5, above the 2 clusters');
  });
});
