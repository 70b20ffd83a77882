import type { ClusterBook, ClusterRecord, ClusterState, ClusterWant, JsonObject } from '@slowlane/contracts';
import { newId } from '@slowlane/kit';
import type { Store } from '../redis/store.ts';

/** What never changes of a cluster, in the field `doc`. */
interface Doc {
  corr: string;
  artifact: string;
  spec: JsonObject;
  libraries: JsonObject[];
}

export function createClusterBook(store: Store): ClusterBook {
  const { keys } = store;
  const record = async (id: string): Promise<ClusterRecord | undefined> => (await read(store, [id]))[0];
  async function move(
    id: string,
    from: readonly ClusterState[],
    { state, clusterId = '', reason = '', isFailed = false, onlyIdle = false }: Parameters<ClusterBook['move']>[2],
  ): Promise<boolean> {
    const flags = [isFailed ? '1' : '', onlyIdle ? '1' : ''];
    return (await store.run('move-cluster', id, `,${from.join(',')},`, state, clusterId, reason, ...flags)) === 1;
  }
  return {
    get: record,
    move,
    async take(want) {
      const id = (await store.run('take-cluster', ...takeArguments(want))) as string;
      return id === '' ? undefined : record(id);
    },
    async giveBack(part, attempt) {
      await store.run('give-back-cluster', part, attempt);
    },
    async leases() {
      const leases = await store.call((redis) => redis.hgetall(keys.of('cluster-leases')));
      return Object.entries(leases).map(([part, lease]) => {
        const [attempt = '', cluster = ''] = lease.split(' ');
        return { part, attempt: Number(attempt), cluster };
      });
    },
    async list() {
      return read(store, await store.call((redis) => redis.zrange(keys.of('clusters'), 0, '-1')));
    },
    async called(id) {
      await store.run('note-cluster', id, 'calledAt', '');
    },
    endLease: async (id, reason) => (await store.run('note-cluster', id, 'leaseEndsAt', reason)) === 1,
    async forget(id) {
      await store.run('move-cluster', id, ',wanted,starting,ready,ending,', 'ended', '', '', '', '');
    },
    async lead(node, leaseMs) {
      const key = keys.of('cluster-leader');
      const isNew = await store.call((redis) => redis.set(key, node, 'PX', leaseMs, 'NX'));
      if (isNew === 'OK') return true;
      if ((await store.call((redis) => redis.get(key))) !== node) return false;
      // Each renewal is a write that Redis brings to the disk: once in half a lease is enough.
      if ((await store.call((redis) => redis.pttl(key))) < leaseMs / 2)
        await store.call((redis) => redis.pexpire(key, leaseMs));
      return true;
    },
    // Should the lead pass on between the two steps, its new holder loses it and takes it again: leading only makes doubles rare.
    async resign(node) {
      const key = keys.of('cluster-leader');
      if ((await store.call((redis) => redis.get(key))) === node) await store.call((redis) => redis.del(key));
    },
  };
}

function takeArguments(want: ClusterWant): (string | number)[] {
  const { artifact, spec, libraries } = want;
  const doc: Doc = { corr: newId('cor'), artifact, spec, libraries };
  const place = [want.part, want.attempt, want.pool, want.workspace, want.digest];
  return [...place, want.most, want.partsPerCluster, want.leaseMs, newId('clu'), JSON.stringify(doc)];
}

async function read(store: Store, ids: readonly string[]): Promise<ClusterRecord[]> {
  const hashes = await store.hashes(ids.map((id) => `cluster:${id}`));
  const found = ids.flatMap((id, at) => {
    const fields = hashes[at];
    return fields?.['doc'] === undefined ? [] : [{ id, fields: fields as Fields }];
  });
  return Promise.all(
    found.map(async ({ id, fields }) => {
      const parts = await store.call((redis) => redis.smembers(store.keys.of(`cluster-parts:${id}`)));
      return toRecord(id, fields, parts.sort());
    }),
  );
}

type Fields = Record<string, string> & Record<'doc' | 'pool' | 'workspace' | 'digest', string>;

function toRecord(id: string, fields: Fields, parts: string[]): ClusterRecord {
  const doc = JSON.parse(fields.doc) as Doc;
  const time = (name: string): number | undefined => (fields[name] === undefined ? undefined : Number(fields[name]));
  return {
    id,
    correlationId: doc.corr,
    pool: fields.pool,
    workspace: fields.workspace,
    digest: fields.digest,
    artifact: doc.artifact,
    state: fields['state'] as ClusterState,
    clusterId: fields['clusterId'],
    spec: doc.spec,
    libraries: doc.libraries,
    nodeTry: time('nodeTry') ?? 0,
    parts,
    createdAt: time('createdAt') ?? 0,
    calledAt: time('calledAt'),
    readyAt: time('readyAt'),
    idleSince: time('idleSince'),
    leaseEndsAt: time('leaseEndsAt') ?? 0,
    reason: fields['reason'],
    isFailed: fields['failed'] === '1',
  };
}
