import type { Case } from '../case.ts';
import { call, claim, cluster, invalid, http, refused, withClusters } from './make.ts';
import { computeSdk, doc, errorsSdk, recorded, unverified } from './sources.ts';

const create = (more: object = {}) =>
  call(
    'clusters.create',
    { cluster_name: 'conformance {unique}', ...cluster, autotermination_minutes: 60, ...more },
    { save: { cluster_id: 'cluster_id' } },
  );
const at = { cluster_id: '{cluster_id}' };
const until = (state: string) => call('clusters.get', at, { until: { has: { state } } });
const gone = call('clusters.permanent_delete', at);
const whole = (...steps: Case['steps']) => [create(), until('RUNNING'), ...steps, gone];
const policy = JSON.stringify({ num_workers: { type: 'fixed', value: 0 } });

export const clusterCases: readonly Case[] = [
  claim('clusters/create-runs', 'a cluster starts PENDING and comes to RUNNING', computeSdk, whole(), withClusters),
  claim(
    'clusters/get-shows-settings',
    'get shows settings and source',
    computeSdk,
    whole(
      call('clusters.get', at, {
        expect: {
          has: { cluster_name: 'conformance {unique}', cluster_source: 'API' },
          wire: { has: { num_workers: 0, autotermination_minutes: 60 } },
        },
      }),
    ),
    withClusters,
  ),
  claim(
    'clusters/get-missing',
    'get of a cluster that is not there is 400 and "does not exist" to clients',
    errorsSdk,
    [
      call(
        'clusters.get',
        { cluster_id: '0000-000000-none' },
        { expect: refused(400, 'INVALID_PARAMETER_VALUE', 'Cluster .*does not exist', true) },
      ),
    ],
  ),
  claim(
    'clusters/list',
    'list has the cluster',
    computeSdk,
    whole(
      call(
        'clusters.list',
        { filter_by: { cluster_states: ['RUNNING'] } },
        { expect: { has: { 'clusters.0.state': 'RUNNING' } } },
      ),
    ),
    withClusters,
  ),
  claim(
    'clusters/delete-terminates',
    'delete means terminate: the cluster stays readable',
    computeSdk,
    whole(
      call('clusters.delete', at),
      until('TERMINATED'),
      call('clusters.get', at, { expect: { has: { 'termination_reason.code': 'USER_REQUEST' } } }),
    ),
    withClusters,
  ),
  claim(
    'clusters/delete-twice',
    'delete of a terminated cluster does no harm',
    computeSdk,
    whole(call('clusters.delete', at), until('TERMINATED'), call('clusters.delete', at)),
    withClusters,
  ),
  claim(
    'clusters/start-again',
    'a terminated cluster starts again under its id',
    computeSdk,
    whole(call('clusters.delete', at), until('TERMINATED'), call('clusters.start', at), until('RUNNING')),
    withClusters,
  ),
  claim(
    'clusters/start-running',
    'start of a running cluster is refused or does nothing, and leaves it running',
    unverified,
    whole(
      http('POST', '/api/2.1/clusters/start', { body: '{"cluster_id":"{cluster_id}"}', expect: { wire: {} } }),
      until('RUNNING'),
    ),
    { needs: ['clusters'] },
  ),
  claim(
    'clusters/restart',
    'restart of a running cluster comes back to RUNNING',
    computeSdk,
    whole(call('clusters.restart', at), until('RUNNING')),
    withClusters,
  ),
  claim(
    'clusters/resize-not-running',
    'resize of a cluster that does not run is INVALID_STATE',
    recorded,
    whole(
      call('clusters.delete', at),
      until('TERMINATED'),
      call('clusters.resize', { ...at, num_workers: 1 }, { expect: refused(400, 'INVALID_STATE') }),
    ),
    withClusters,
  ),
  claim(
    'clusters/edit-terminated',
    'edit of a terminated cluster changes what get shows',
    computeSdk,
    whole(
      call('clusters.delete', at),
      until('TERMINATED'),
      call('clusters.edit', { ...at, cluster_name: 'edited {unique}', ...cluster }),
      call('clusters.get', at, { expect: { has: { cluster_name: 'edited {unique}', state: 'TERMINATED' } } }),
    ),
    withClusters,
  ),
  claim(
    'clusters/permanent-delete',
    'permanent-delete takes the cluster out of the list',
    computeSdk,
    [
      create({ cluster_name: 'gone {unique}' }),
      until('RUNNING'),
      gone,
      call('clusters.get', at, { expect: refused(400, 'INVALID_PARAMETER_VALUE', 'does not exist', true) }),
    ],
    withClusters,
  ),
  claim(
    'clusters/events',
    'events come newest first, the creation last',
    computeSdk,
    whole(
      call('clusters.events', at, { until: { has: { 'events.0.type': 'RUNNING' } } }),
      call('clusters.events', { ...at, order: 'ASC' }, { expect: { has: { 'events.0.type': 'CREATING' } } }),
    ),
    withClusters,
  ),
  claim(
    'clusters/events-pages',
    'events go on by next_page_token',
    computeSdk,
    whole(
      http('POST', '/api/2.1/clusters/events', {
        body: '{"cluster_id":"{cluster_id}","page_size":1,"order":"ASC"}',
        save: { token: 'next_page_token' },
        expect: { count: { events: 1 }, has: { 'events.0.type': 'CREATING' } },
      }),
      http('POST', '/api/2.1/clusters/events', {
        body: '{"cluster_id":"{cluster_id}","page_size":1,"order":"ASC","page_token":"{token}"}',
        expect: { count: { events: 1 }, has: { 'events.0.type': { isNot: 'CREATING' } } },
      }),
    ),
    withClusters,
  ),
  claim(
    'clusters/pin',
    'pin and unpin answer empty',
    computeSdk,
    whole(call('clusters.pin', at), call('clusters.unpin', at)),
    withClusters,
  ),
  claim('clusters/workers-xor-autoscale', 'num_workers and autoscale exclude each other', computeSdk, [
    call('clusters.create', { ...cluster, autoscale: { min_workers: 1, max_workers: 2 } }, { expect: invalid() }),
  ]),
  claim('clusters/autotermination-range', 'autotermination is 0 or at least 10 minutes', computeSdk, [
    call('clusters.create', { ...cluster, autotermination_minutes: 5 }, { expect: invalid() }),
  ]),
  claim('clusters/unknown-version', 'an unknown runtime is refused', unverified, [
    call('clusters.create', { ...cluster, spark_version: '0.0.x-none' }, { expect: invalid() }),
  ]),
  claim('clusters/versions', 'runtime versions have key and name', computeSdk, [
    call(
      'clusters.spark_versions',
      {},
      { expect: { has: { 'versions.0.key': { matches: '.' }, 'versions.0.name': { matches: '.' } } } },
    ),
  ]),
  claim('clusters/node-types', 'node types have an id and memory', computeSdk, [
    call(
      'clusters.list_node_types',
      {},
      {
        expect: {
          has: { 'node_types.0.node_type_id': { matches: '.' } },
          wire: { present: ['node_types.0.memory_mb', 'node_types.0.num_cores'] },
        },
      },
    ),
  ]),
  claim(
    'libraries/status-walk',
    'an installed library walks to a final status',
    computeSdk,
    whole(
      call('files.upload', { file_path: '{volume}/{unique}.jar', contents: 'no archive', overwrite: true }),
      call('libraries.install', { ...at, libraries: [{ jar: '{volume}/{unique}.jar' }] }),
      call('libraries.cluster_status', at, {
        until: {
          has: {
            'library_statuses.0.status': { oneOf: ['INSTALLED', 'FAILED'] },
            'library_statuses.0.library': { jar: '{volume}/{unique}.jar' },
          },
        },
      }),
    ),
    withClusters,
  ),
  claim(
    'libraries/missing-file-fails',
    'a library that is not there ends FAILED, with messages',
    computeSdk,
    whole(
      call('libraries.install', { ...at, libraries: [{ jar: '{volume}/none-{unique}.jar' }] }),
      call('libraries.cluster_status', at, {
        until: { has: { 'library_statuses.0.status': 'FAILED' } },
        expect: { wire: { present: ['library_statuses.0.messages.0'] } },
      }),
    ),
    withClusters,
  ),
  claim(
    'libraries/uninstall-at-restart',
    'uninstall takes effect at the restart',
    doc('https://docs.databricks.com/api/workspace/libraries/uninstall'),
    whole(
      call('files.upload', { file_path: '{volume}/{unique}.jar', contents: 'x', overwrite: true }),
      call('libraries.install', { ...at, libraries: [{ jar: '{volume}/{unique}.jar' }] }),
      call('libraries.cluster_status', at, {
        until: { has: { 'library_statuses.0.status': { oneOf: ['INSTALLED', 'FAILED'] } } },
      }),
      call('libraries.uninstall', { ...at, libraries: [{ jar: '{volume}/{unique}.jar' }] }),
      call('libraries.cluster_status', at, {
        expect: { has: { 'library_statuses.0.status': 'UNINSTALL_ON_RESTART' } },
      }),
    ),
    withClusters,
  ),
  claim('policies/crud', 'a policy is made, read, changed and deleted', computeSdk, [
    call(
      'cluster_policies.create',
      { name: 'conformance {unique}', definition: policy },
      { save: { policy_id: 'policy_id' } },
    ),
    call(
      'cluster_policies.get',
      { policy_id: '{policy_id}' },
      { expect: { has: { name: 'conformance {unique}', definition: policy } } },
    ),
    call('cluster_policies.edit', { policy_id: '{policy_id}', name: 'edited {unique}', definition: policy }),
    call('cluster_policies.get', { policy_id: '{policy_id}' }, { expect: { has: { name: 'edited {unique}' } } }),
    call('cluster_policies.delete', { policy_id: '{policy_id}' }),
  ]),
  claim('policies/fixed-value', 'a cluster against a fixed value of its policy is refused', computeSdk, [
    call(
      'cluster_policies.create',
      { name: 'conformance {unique}', definition: policy },
      { save: { policy_id: 'policy_id' } },
    ),
    call('clusters.create', { ...cluster, num_workers: 2, policy_id: '{policy_id}' }, { expect: refused(400) }),
    call('cluster_policies.delete', { policy_id: '{policy_id}' }),
  ]),
  claim('policies/bad-definition', 'a definition that is no JSON is refused', unverified, [
    call('cluster_policies.create', { name: 'x {unique}', definition: '{' }, { expect: refused(400) }),
  ]),
  claim('pools/crud', 'an instance pool is made, read, listed and deleted', computeSdk, [
    call(
      'instance_pools.create',
      { instance_pool_name: 'conformance {unique}', node_type_id: '{node_type}', min_idle_instances: 0 },
      { save: { pool: 'instance_pool_id' } },
    ),
    call(
      'instance_pools.get',
      { instance_pool_id: '{pool}' },
      { expect: { has: { instance_pool_name: 'conformance {unique}', state: 'ACTIVE' } } },
    ),
    call('instance_pools.list', {}, { expect: { has: { 'instance_pools.0.instance_pool_id': { matches: '.' } } } }),
    call('instance_pools.delete', { instance_pool_id: '{pool}' }),
  ]),
];
