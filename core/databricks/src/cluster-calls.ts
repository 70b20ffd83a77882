import { type Call, type Caller, nameOf } from './call.ts';
import type { Cluster, ClusterCalls, ClusterEvent } from './cluster.ts';
import type { CallOptions } from './databricks-client.ts';
import { nextToken } from './next-token.ts';
import { parseAnswer } from './parse-answer.ts';
import { ClusterPage, CreatedCluster, EventPage, LibraryStatuses, WireCluster } from './schema.ts';

const prefix = '/api/2.1/clusters';

export function clusterCalls(caller: Caller): ClusterCalls {
  const act = async (name: string, clusterId: string, options: CallOptions | undefined): Promise<void> => {
    await caller.json(post(name, { cluster_id: clusterId }), options);
  };
  return {
    async create(settings, options) {
      const call: Call = { ...post('create', settings), repeatable: false };
      return { clusterId: parseAnswer(CreatedCluster, await caller.json(call, options), nameOf(call)).cluster_id };
    },
    async get(clusterId, options) {
      const call = get(`${prefix}/get`, { cluster_id: clusterId });
      return toCluster(parseAnswer(WireCluster, await caller.json(call, options), nameOf(call)));
    },
    list: (query = {}, options) => list(caller, query, options),
    start: (clusterId, options) => act('start', clusterId, options),
    terminate: (clusterId, options) => act('delete', clusterId, options),
    permanentDelete: (clusterId, options) => act('permanent-delete', clusterId, options),
    events: (clusterId, options) => events(caller, clusterId, options),
    async install(clusterId, libraries, options) {
      const json = { cluster_id: clusterId, libraries };
      const path = '/api/2.0/libraries/install';
      await caller.json({ method: 'POST', path, json, family: 'clusters', repeatable: true }, options);
    },
    async libraryStatus(clusterId, options) {
      const call = get('/api/2.0/libraries/cluster-status', { cluster_id: clusterId });
      return parseAnswer(LibraryStatuses, await caller.json(call, options), nameOf(call)).library_statuses;
    },
  };
}

function post(name: string, json: Record<string, unknown>): Call {
  return { method: 'POST', path: `${prefix}/${name}`, json, family: 'clusters', repeatable: true };
}

function get(path: string, query: NonNullable<Call['query']>): Call {
  return { method: 'GET', path, query, family: 'clusters', repeatable: true };
}

async function list(
  caller: Caller,
  { states, sources }: { states?: readonly string[]; sources?: readonly string[] },
  options: CallOptions | undefined,
): Promise<Cluster[]> {
  const filters = { 'filter_by.cluster_states': states?.join(','), 'filter_by.cluster_sources': sources?.join(',') };
  const found: Cluster[] = [];
  for (let token: string | undefined; ;) {
    const call = get(`${prefix}/list`, { page_size: 100, ...filters, page_token: token });
    const page = parseAnswer(ClusterPage, await caller.json(call, options), nameOf(call));
    found.push(...page.clusters.map(toCluster));
    token = nextToken(page.next_page_token, token, call);
    if (token === undefined) return found.filter(({ state }) => states?.includes(state ?? '') ?? true);
  }
}

async function* events(
  caller: Caller,
  clusterId: string,
  options: CallOptions | undefined,
): AsyncGenerator<ClusterEvent> {
  for (let token: string | undefined; ;) {
    const body = { cluster_id: clusterId, order: 'DESC', page_size: 100 };
    const call = post('events', token === undefined ? body : { ...body, page_token: token });
    const page = parseAnswer(EventPage, await caller.json(call, options), nameOf(call));
    for (const { timestamp, type, details } of page.events) yield { at: timestamp, type, details };
    token = nextToken(page.next_page_token, token, call);
    if (token === undefined) return;
  }
}

function toCluster(wire: WireCluster): Cluster {
  const reason = wire.termination_reason;
  return {
    clusterId: wire.cluster_id,
    name: wire.cluster_name,
    state: wire.state,
    stateMessage: wire.state_message,
    source: wire.cluster_source,
    creator: wire.creator_user_name,
    customTags: wire.custom_tags,
    startedAt: wire.start_time,
    terminatedAt: wire.terminated_time,
    termination: reason && { code: reason.code, type: reason.type, parameters: reason.parameters },
  };
}
