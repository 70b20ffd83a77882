import type { ClusterWant } from '@slowlane/contracts';
import { createMemoryLogger, redisForFile } from '@slowlane/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openQueue } from '../open-queue.ts';
import type { Queue } from '../queue.ts';

let queue: Queue;
const server = redisForFile({ beforeAll, afterAll });
beforeEach(async () => {
  queue = await openQueue({ url: server.redis.url, prefix: server.nextPrefix(), logger: createMemoryLogger() });
  return () => queue.close();
});

function want(part: string, changes: Partial<ClusterWant> = {}): ClusterWant {
  return {
    part,
    attempt: 1,
    pool: 'warm',
    workspace: 'local',
    digest: 'a',
    artifact: 'sha256:a',
    spec: { spark_version: '17.3' },
    libraries: [{ jar: '/Volumes/x.jar' }],
    most: 2,
    partsPerCluster: 1,
    leaseMs: 60_000,
    ...changes,
  };
}

const told = async (): Promise<string[]> => (await queue.events.read('0-0', 100, 0)).map(({ type }) => type);

describe('the lease on a cluster', () => {
  it('stays the same for a part that asks again, and a next attempt gives the old one back', async () => {
    const first = await queue.clusters.take(want('p-0'));
    expect(await queue.clusters.take(want('p-0'))).toEqual(first);
    expect(first).toMatchObject({ state: 'wanted', parts: ['p-0'], digest: 'a', spec: { spark_version: '17.3' } });
    const second = await queue.clusters.take(want('p-0', { attempt: 2 }));
    expect(second?.id).toBe(first?.id);
    await queue.clusters.giveBack('p-0', 1);
    expect(await queue.clusters.leases()).toEqual([{ part: 'p-0', attempt: 2, cluster: first?.id }]);
    await queue.clusters.giveBack('p-0', 2);
    expect((await queue.clusters.list())[0]).toMatchObject({ parts: [], idleSince: expect.any(Number) });
  });

  it('is for one digest only, and up to so many clusters', async () => {
    const [a, b] = [await queue.clusters.take(want('p-0')), await queue.clusters.take(want('p-1', { digest: 'b' }))];
    expect(a?.id).not.toBe(b?.id);
    expect(await queue.clusters.take(want('p-2'))).toBeUndefined();
    expect((await queue.clusters.take(want('p-2', { partsPerCluster: 2 })))?.id).toBe(a?.id);
  });

  it('makes room by ending an idle cluster of another digest, and of nobody else', async () => {
    const other = await queue.clusters.take(want('p-0', { digest: 'b', most: 1 }));
    const id = other?.id as string;
    await queue.clusters.move(id, ['wanted'], { state: 'ready', clusterId: 'c-1' });
    expect(await queue.clusters.take(want('p-1', { most: 1 }))).toBeUndefined();
    expect((await queue.clusters.get(id))?.state).toBe('ready');
    await queue.clusters.giveBack('p-0', 1);
    expect(await queue.clusters.take(want('p-1', { most: 1 }))).toBeUndefined();
    expect((await queue.clusters.get(id))?.state).toBe('ending');
    await queue.clusters.forget(id);
    expect((await queue.clusters.take(want('p-1', { most: 1 })))?.state).toBe('wanted');
    expect(await told()).toEqual(['wanted', 'ready', 'ending', 'ended', 'wanted'].map((state) => `cluster.${state}`));
  });

  it('is not given any more when the cluster ends, failed, or its lease is over', async () => {
    const first = (await queue.clusters.take(want('p-0', { partsPerCluster: 5, most: 9 })))?.id as string;
    await queue.clusters.move(first, ['wanted'], { state: 'ending', isFailed: true, reason: 'never started' });
    expect(await queue.clusters.take(want('p-0'))).toMatchObject({ id: first, isFailed: true });
    const second = await queue.clusters.take(want('p-0', { attempt: 2, most: 9 }));
    expect(second).toMatchObject({ state: 'wanted', nodeTry: 1 });
    await queue.clusters.endLease(second?.id as string, 'by hand');
    const third = await queue.clusters.take(want('p-1', { partsPerCluster: 5, most: 9 }));
    expect([first, second?.id]).not.toContain(third?.id);
  });

  it('keeps an idle cluster only from ending while a part holds it', async () => {
    const id = (await queue.clusters.take(want('p-0')))?.id as string;
    expect(await queue.clusters.move(id, ['wanted'], { state: 'ending', onlyIdle: true })).toBe(false);
    await queue.clusters.giveBack('p-0', 1);
    expect(await queue.clusters.move(id, ['wanted'], { state: 'ending', onlyIdle: true })).toBe(true);
  });
});

it('lets one node act on clusters at a time', async () => {
  expect(await queue.clusters.lead('a', 60_000)).toBe(true);
  expect(await queue.clusters.lead('b', 60_000)).toBe(false);
  expect(await queue.clusters.lead('a', 60_000)).toBe(true);
  await queue.clusters.resign('b');
  expect(await queue.clusters.lead('b', 60_000)).toBe(false);
  await queue.clusters.resign('a');
  expect(await queue.clusters.lead('b', 60_000)).toBe(true);
});
