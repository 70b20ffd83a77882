import type { ClusterRecord, ClusterState } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { closeAfterEach, serve } from './testing/serve.ts';

closeAfterEach();
const id = 'clu_01J0000000000000000000000C';

function record(): ClusterRecord {
  return {
    ...{ id, correlationId: 'cor_1', pool: 'warm', workspace: 'local', digest: 'd', artifact: 'sha256:aa' },
    ...{ state: 'ready', clusterId: 'c-1', spec: { secret: 'conf' }, libraries: [], nodeTry: 0, parts: [] },
    ...{ createdAt: 1, calledAt: 1, readyAt: 2, idleSince: 3, leaseEndsAt: 9, reason: undefined, isFailed: false },
  };
}

async function withCluster() {
  const cluster = record();
  const served = await serve(() => ({
    clusters: {
      list: async () => [cluster],
      get: async (wanted) => (wanted === id ? cluster : undefined),
      async move(_id, from: readonly ClusterState[], to) {
        if (!from.includes(cluster.state)) return false;
        Object.assign(cluster, { state: to.state, reason: to.reason });
        return true;
      },
      async endLease(_id, reason) {
        Object.assign(cluster, { leaseEndsAt: 4, reason });
        return true;
      },
    },
  }));
  return { ...served, cluster };
}

describe('clusters', () => {
  it('are listed to who may read, without the settings they were made from', async () => {
    const { call } = await withCluster();
    const answer = await call('read', 'GET', '/v1/clusters');
    expect(answer.json().clusters).toMatchObject([
      { id, pool: 'warm', state: 'ready', clusterId: 'c-1', leaseEndsAt: 9 },
    ]);
    expect(answer.body).not.toContain('conf');
  });

  it('take no part any more when they are ended, and end at once when that is asked for', async () => {
    const { call, cluster } = await withCluster();
    expect((await call('admin', 'DELETE', `/v1/clusters/${id}`)).json()).toMatchObject({
      state: 'ready',
      leaseEndsAt: 4,
      reason: 'asked for by admin',
    });
    const answer = await call('admin', 'DELETE', `/v1/clusters/${id}?now=true`);
    expect([answer.statusCode, answer.json().state, cluster.state]).toEqual([202, 'ending', 'ending']);
  });

  it('are ended only by who may steer the platform, and only where they are', async () => {
    const { call } = await withCluster();
    expect((await call('read', 'DELETE', `/v1/clusters/${id}`)).statusCode).toBe(403);
    const answer = await call('admin', 'DELETE', '/v1/clusters/clu_01J0000000000000000000000X');
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'cluster.not-found']);
  });

  it('are none where no keeper keeps any', async () => {
    const { call } = await serve();
    expect((await call('read', 'GET', '/v1/clusters')).json()).toEqual({ clusters: [] });
  });
});
