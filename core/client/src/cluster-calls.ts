import {
  ClusterList,
  ClusterView,
  LinksRevoked,
  Promoted,
  type PromotePipeline,
  type RevokeLinks,
  RunView,
} from '@slowlane/contracts';
import type { Caller } from './call.ts';

/** Warm clusters, single runs, links and promotion. */
export interface ClusterCalls {
  listClusters(): Promise<ClusterList>;
  /** When its runs have ended, or `now` under them. */
  endCluster(id: string, options?: { now?: boolean }): Promise<ClusterView>;
  /** One part alone, by the id of its run or its own. */
  cancelRun(id: string): Promise<RunView>;
  /** That link, or all links to results of the request that were given out so far. */
  revokeLinks(request: string, body: RevokeLinks): Promise<LinksRevoked>;
  promotePipeline(name: string, promotion: PromotePipeline): Promise<Promoted>;
}

export function clusterCalls(caller: Caller): ClusterCalls {
  return {
    listClusters: () => caller.json(ClusterList, '/v1/clusters'),
    endCluster: (id, { now = false } = {}) =>
      caller.json(ClusterView, `/v1/clusters/${encodeURIComponent(id)}`, {
        method: 'DELETE',
        query: now ? { now: 'true' } : {},
      }),
    cancelRun: (id) => caller.json(RunView, `/v1/runs/${encodeURIComponent(id)}/cancel`, { method: 'POST' }),
    revokeLinks: (id, json) =>
      caller.json(LinksRevoked, `/v1/requests/${encodeURIComponent(id)}/result/revoke`, { method: 'POST', json }),
    promotePipeline: (name, json) =>
      caller.json(Promoted, `/v1/pipelines/${encodeURIComponent(name)}/promote`, { method: 'POST', json }),
  };
}
