import type { FastifyInstance } from 'fastify';
import type { ClusterStore } from '../clusters/cluster-store.ts';
import { isLive } from '../clusters/cluster-record.ts';
import { checkLogDestination } from '../clusters/log-destination.ts';
import { ApiError, invalidParameter } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import type { NewCluster } from '../jobs/schema.ts';
import { applyPolicy, readDefinition } from './apply-policy.ts';
import type { DocumentStore, StoredDocument } from './document-store.ts';
import { CreatePolicy, CreatePool, EditPolicy, EditPool, PolicyId, PoolId } from './schema.ts';

export interface PoolRoutesOptions {
  policies: DocumentStore;
  pools: DocumentStore;
  clusters: ClusterStore;
  userName: string;
  now: () => number;
}

/** Cluster policies and instance pools: kept, and applied where a cluster names them. */
export function registerPools(app: FastifyInstance, options: PoolRoutesOptions): void {
  registerPolicies(app, options);
  const { pools } = options;
  const path = '/api/2.0/instance-pools';
  app.post(`${path}/create`, async ({ body }) => ({
    instance_pool_id: pools.create(parseInput(CreatePool, body), options.now()),
  }));
  app.get(`${path}/get`, async ({ query }) => poolView(options, mustPool(pools, query)));
  app.get(`${path}/list`, async () => listed('instance_pools', pools.list(), (pool) => poolView(options, pool)));
  app.post(`${path}/edit`, async ({ body }) => {
    const { instance_pool_id: id, ...settings } = parseInput(EditPool, body);
    const known = mustPool(pools, { instance_pool_id: id });
    if (known.body['node_type_id'] !== settings.node_type_id)
      throw invalidParameter('The node_type_id of an instance pool cannot be changed.');
    pools.replace(id, settings);
    return {};
  });
  app.post(`${path}/delete`, async ({ body }) => {
    pools.remove(mustPool(pools, body).id);
    return {};
  });
}

function registerPolicies(app: FastifyInstance, { policies, userName, now }: PoolRoutesOptions): void {
  const view = ({ id, createdAt, body }: StoredDocument): Record<string, unknown> => ({
    ...{ policy_id: id, creator_user_name: userName, created_at_timestamp: createdAt, is_default: false },
    ...body,
  });
  const must = (input: unknown): StoredDocument => {
    const { policy_id: id } = parseInput(PolicyId, input);
    const found = policies.get(id);
    if (found === undefined) throw missing(`Cluster policy ${id} does not exist.`);
    return found;
  };
  const path = '/api/2.0/policies/clusters';
  app.post(`${path}/create`, async ({ body }) => {
    const policy = parseInput(CreatePolicy, body);
    readDefinition(policy.definition);
    if (policies.list().some((one) => one.body['name'] === policy.name))
      throw invalidParameter(`A cluster policy of the name '${policy.name}' exists already.`);
    return { policy_id: policies.create(policy, now()) };
  });
  app.get(`${path}/get`, async ({ query }) => view(must(query)));
  app.get(`${path}/list`, async () => listed('policies', policies.list(), view));
  app.post(`${path}/edit`, async ({ body }) => {
    const { policy_id: id, ...policy } = parseInput(EditPolicy, body);
    readDefinition(policy.definition);
    policies.replace(must({ policy_id: id }).id, policy);
    return {};
  });
  app.post(`${path}/delete`, async ({ body }) => {
    policies.remove(must(body).id);
    return {};
  });
}

/** The settings of a cluster with its policy and its pool applied; 400 where they do not allow it or do not exist. */
export function applyPools<T extends NewCluster>(options: Pick<PoolRoutesOptions, 'policies' | 'pools'>, given: T): T {
  const policyId = given['policy_id'];
  let spec = given;
  if (typeof policyId === 'string') {
    const policy = options.policies.get(policyId);
    if (policy === undefined) throw invalidParameter(`Cluster policy ${policyId} does not exist.`);
    const rules = readDefinition(policy.body['definition'] as string | undefined);
    spec = applyPolicy(given, rules, given['apply_policy_default_values'] === true);
    checkLogDestination(`Cluster policy ${policyId}`, spec);
  }
  const poolId = spec['instance_pool_id'];
  if (typeof poolId !== 'string') return spec;
  const pool = options.pools.get(poolId);
  if (pool === undefined) throw invalidParameter(`Instance pool ${poolId} does not exist.`);
  if (given.node_type_id !== undefined && given.node_type_id !== pool.body['node_type_id'])
    throw invalidParameter('node_type_id must not be set where instance_pool_id is: the pool decides it.');
  const tags = { ...(pool.body['custom_tags'] as object), ...(spec['custom_tags'] as object) };
  return {
    ...spec,
    node_type_id: pool.body['node_type_id'],
    ...(Object.keys(tags).length === 0 ? {} : { custom_tags: tags }),
  };
}

function mustPool(pools: DocumentStore, input: unknown): StoredDocument {
  const { instance_pool_id: id } = parseInput(PoolId, input);
  const found = pools.get(id);
  if (found === undefined) throw missing(`Instance pool ${id} does not exist.`);
  return found;
}

function poolView({ clusters }: PoolRoutesOptions, pool: StoredDocument): Record<string, unknown> {
  const used = clusters
    .listLive()
    .filter((cluster) => isLive(cluster.state) && cluster.spec.instance_pool_id === pool.id)
    .reduce((sum, cluster) => sum + cluster.workers + 1, 0);
  return {
    ...{ idle_instance_autotermination_minutes: 0, ...pool.body, instance_pool_id: pool.id, state: 'ACTIVE' },
    stats: { used_count: used, idle_count: 0, pending_used_count: 0, pending_idle_count: 0 },
    default_tags: { DatabricksInstancePoolId: pool.id },
  };
}

function listed(
  name: string,
  documents: StoredDocument[],
  view: (document: StoredDocument) => Record<string, unknown>,
): Record<string, unknown> {
  return documents.length === 0 ? {} : { [name]: documents.map(view), total_count: documents.length };
}

function missing(message: string): ApiError {
  return new ApiError(404, 'RESOURCE_DOES_NOT_EXIST', message);
}
