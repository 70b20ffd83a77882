import type { FastifyInstance } from 'fastify';
import { runtimes } from '@slowlane/contracts';
import { ApiError, invalidParameter } from '../http/api-error.ts';
import { parseInput } from '../http/parse-input.ts';
import { checkCluster } from '../jobs/check-settings.ts';
import type { ClusterManager } from './cluster-manager.ts';
import { noCluster } from './cluster-manager.ts';
import { type ClusterRecord, isLive } from './cluster-record.ts';
import type { ClusterStore } from './cluster-store.ts';
import { clusterView, eventView } from './cluster-view.ts';
import {
  ClusterIdBody,
  ClusterSpec,
  EditCluster,
  ListClusters,
  ListEvents,
  ResizeCluster,
  UpdateCluster,
} from './schema.ts';

export interface ClusterRoutesOptions {
  manager: ClusterManager;
  store: ClusterStore;
  userName: string;
  now: () => number;
  /** Policy and pool applied. */
  effective: (spec: ClusterSpec) => ClusterSpec;
  /** Its libraries go with it. */
  onRemoved: (clusterId: string) => void;
}

/** @see https://docs.databricks.com/compute/clusters-manage.html (pin a compute) */
const maxPinned = 100;
const listedForMs = 30 * 24 * 3_600_000;

/** Clusters API 2.1, and 2.0 under the same names. */
export function registerClusters(app: FastifyInstance, options: ClusterRoutesOptions): void {
  const { manager, store } = options;
  const userRequest = { code: 'USER_REQUEST', type: 'SUCCESS' as const, parameters: { username: options.userName } };
  for (const version of ['2.0', '2.1']) {
    const path = `/api/${version}/clusters`;
    app.post(`${path}/create`, async ({ body }) => {
      const spec = checked(options, parseInput(ClusterSpec, body));
      return { cluster_id: manager.create(spec).clusterId };
    });
    app.get(`${path}/get`, async ({ query }) => view(find(query)));
    app.get(`${path}/list`, async ({ query }) => list(options, parseInput(ListClusters, query)));
    app.post(`${path}/list`, async ({ body }) => list(options, parseInput(ListClusters, body)));
    app.post(`${path}/start`, async ({ body }) => done(() => manager.start(ofUser(find(body), 'started').clusterId)));
    app.post(`${path}/restart`, async ({ body }) =>
      done(() => manager.restart(ofUser(find(body), 'restarted').clusterId)),
    );
    app.post(`${path}/delete`, async ({ body }) =>
      done(() => manager.terminate(find(body).clusterId, userRequest, 'Terminated by the user')),
    );
    app.post(`${path}/permanent-delete`, async ({ body }) => done(() => removeForGood(find(body))));
    app.post(`${path}/edit`, async ({ body }) => {
      const { cluster_id: clusterId, ...spec } = parseInput(EditCluster, body);
      const cluster = ofUser(must(clusterId), 'edited');
      return done(() => manager.edit(cluster.clusterId, checked(options, spec)));
    });
    app.post(`${path}/update`, async ({ body }) => {
      const given = parseInput(UpdateCluster, body);
      const cluster = ofUser(must(given.cluster_id), 'updated');
      const merged = merge(cluster.spec, given.cluster ?? {}, given.update_mask);
      return done(() => manager.edit(cluster.clusterId, checked(options, parseInput(ClusterSpec, merged))));
    });
    app.post(`${path}/resize`, async ({ body }) => {
      const { cluster_id: clusterId, num_workers, autoscale } = parseInput(ResizeCluster, body);
      const { num_workers: _old, autoscale: _older, ...rest } = must(clusterId).spec;
      const size = autoscale === undefined ? { num_workers: num_workers as number } : { autoscale };
      return done(() => manager.resize(clusterId, { ...rest, ...size }));
    });
    app.post(`${path}/events`, async ({ body }) => events(options, parseInput(ListEvents, body)));
    app.get(`${path}/events`, async ({ query }) => events(options, parseInput(ListEvents, query)));
    app.post(`${path}/pin`, async ({ body }) => done(() => pin(find(body), options.now())));
    app.post(`${path}/unpin`, async ({ body }) => done(() => pin(find(body), null)));
    app.get(`${path}/spark-versions`, async () => ({
      versions: runtimes
        .filter((runtime) => runtime.spark === '4.0')
        .map(({ version, spark, scala }) => ({
          key: version,
          name: `${version.split('.x')[0]} (includes Apache Spark ${spark}, Scala ${scala})`,
        })),
    }));
    app.get(`${path}/list-node-types`, async () => ({ node_types: [nodeType] }));
    app.get(`${path}/list-zones`, async () => ({ zones: ['local'], default_zone: 'local' }));
  }

  function find(input: unknown): ClusterRecord {
    return must(parseInput(ClusterIdBody, input).cluster_id);
  }

  function must(clusterId: string): ClusterRecord {
    const cluster = store.get(clusterId);
    if (cluster === undefined) throw noCluster(clusterId);
    return cluster;
  }

  function view(cluster: ClusterRecord): Record<string, unknown> {
    return clusterView(cluster, options.userName);
  }

  function pin(cluster: ClusterRecord, at: number | null): void {
    const pinned = store.list().filter((one) => one.pinnedAt !== null && one.clusterId !== cluster.clusterId);
    if (at !== null && pinned.length >= maxPinned)
      throw new ApiError(400, 'QUOTA_EXCEEDED', `${maxPinned} clusters are pinned, and no more may be.`);
    store.save({ ...cluster, pinnedAt: at });
    manager.event(cluster.clusterId, at === null ? 'UNPINNED' : 'PINNED', { user: options.userName });
  }

  function removeForGood(cluster: ClusterRecord): void {
    manager.terminate(cluster.clusterId, userRequest, 'Deleted by the user');
    store.remove(cluster.clusterId);
    options.onRemoved(cluster.clusterId);
  }
}

function done(work: () => void): Record<string, never> {
  work();
  return {};
}

function checked(options: ClusterRoutesOptions, given: ClusterSpec): ClusterSpec {
  const spec = options.effective(given);
  if (spec.num_workers !== undefined && spec.autoscale !== undefined)
    throw invalidParameter('num_workers and autoscale exclude each other.');
  checkCluster('The cluster', spec);
  return spec;
}

function ofUser(cluster: ClusterRecord, what: string): ClusterRecord {
  if (cluster.source !== 'JOB') return cluster;
  throw new ApiError(400, 'INVALID_STATE', `Cluster ${cluster.clusterId} belongs to a job run and cannot be ${what}.`);
}

function merge(spec: ClusterSpec, changes: Record<string, unknown>, mask: string): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...spec };
  for (const field of mask.split(',').map((name) => name.trim())) {
    if (!/^[a-z][a-z_]{0,99}$/.test(field))
      throw invalidParameter(`update_mask: '${field}' is not a field of a cluster.`);
    if (changes[field] === undefined) delete merged[field];
    else merged[field] = changes[field];
    if (field === 'num_workers') delete merged['autoscale'];
    if (field === 'autoscale') delete merged['num_workers'];
  }
  return merged;
}

function list(options: ClusterRoutesOptions, query: ListClusters): Record<string, unknown> {
  const since = options.now() - listedForMs;
  const filters = query as Record<string, unknown>;
  const states = query['filter_by.cluster_states'];
  const sources = query['filter_by.cluster_sources'];
  const found = options.store
    .list()
    .filter((cluster) => isLive(cluster.state) || cluster.pinnedAt !== null || (cluster.terminatedAt ?? 0) >= since)
    .filter((cluster) => states === undefined || states.includes(cluster.state))
    .filter((cluster) => sources === undefined || sources.includes(cluster.source))
    .filter((cluster) => query['filter_by.is_pinned'] !== 'true' || cluster.pinnedAt !== null)
    .filter((cluster) => query['filter_by.is_pinned'] !== 'false' || cluster.pinnedAt === null)
    .filter(
      ({ spec }) => query['filter_by.policy_id'] === undefined || spec.policy_id === filters['filter_by.policy_id'],
    );
  if (query['sort_by.field'] === 'CLUSTER_NAME')
    found.sort((a, b) => ((a.spec.cluster_name ?? '') < (b.spec.cluster_name ?? '') ? -1 : 1));
  if (query['sort_by.direction'] === (query['sort_by.field'] === 'CLUSTER_NAME' ? 'DESC' : 'ASC')) found.reverse();
  const page = cut(found, query.page_token, query.page_size);
  return page.items.length === 0
    ? {}
    : { clusters: page.items.map((cluster) => clusterView(cluster, options.userName)), ...page.tokens };
}

function events(options: ClusterRoutesOptions, query: ListEvents): Record<string, unknown> {
  if (options.store.get(query.cluster_id) === undefined) throw noCluster(query.cluster_id);
  const found = options.store
    .events(query.cluster_id)
    .filter((event) => event.at >= (query.start_time ?? 0) && event.at <= (query.end_time ?? Number.MAX_SAFE_INTEGER))
    .filter((event) => query.event_types === undefined || query.event_types.includes(event.type));
  if (query.order === 'DESC') found.reverse();
  const size = (query.page_size ?? query.limit ?? 50) || 50;
  const page = cut(found, query.page_token ?? (query.offset === undefined ? undefined : tokenOf(query.offset)), size);
  const next = page.tokens.next_page_token === undefined ? {} : page.tokens;
  return page.items.length === 0
    ? { total_count: found.length }
    : { events: page.items.map(eventView), total_count: found.length, ...next };
}

/** Lists here change only at their ends, so a place in them is good enough a token. */
function cut<T>(items: T[], token: string | undefined, size: number): { items: T[]; tokens: Record<string, string> } {
  const from = token === undefined || token === '' ? 0 : offsetOf(token);
  return {
    items: items.slice(from, from + size),
    tokens: {
      ...(from + size < items.length ? { next_page_token: tokenOf(from + size) } : {}),
      ...(from > 0 ? { prev_page_token: tokenOf(Math.max(0, from - size)) } : {}),
    },
  };
}

function tokenOf(offset: number): string {
  return Buffer.from(`o-${offset}`, 'latin1').toString('base64url');
}

function offsetOf(token: string): number {
  const match = /^o-([0-9]{1,9})$/.exec(Buffer.from(token, 'base64url').toString('latin1'));
  if (match === null) throw invalidParameter(`Invalid page token: ${token.slice(0, 100)}`);
  return Number(match[1]);
}

const nodeType = {
  ...{ node_type_id: 'local', instance_type_id: 'local', description: 'A share of this machine' },
  ...{ memory_mb: 1_024, num_cores: 2, num_gpus: 0, category: 'General Purpose', is_deprecated: false },
};
