import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SlowLaneEvent, requestEndEvents } from '@slowlane/contracts';
import { partPaths } from '@slowlane/kit';
import { openQueue, type Queue } from '@slowlane/queue';
import { createMemoryLogger, sampleRequest, startNode, startRedis, type TestRedis } from '@slowlane/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFolderVolume } from './__fixtures__/folder-volume.ts';

const node = join(import.meta.dirname, '__fixtures__/mortal-mediator.ts');
const days = ['mon', 'tue', 'wed'];
let redis: TestRedis;
let queue: Queue;
let base: string;

beforeAll(async () => {
  redis = await startRedis();
  queue = await openQueue({ url: redis.url, logger: createMemoryLogger() });
  base = mkdtempSync(join(tmpdir(), 'slowlane-mediator-'));
});
afterAll(async () => {
  await queue.close();
  await redis.stop();
  rmSync(base, { recursive: true });
});

/** Plays keeper and driver: whatever is granted runs at once and leaves its file. */
async function runGranted(id: string): Promise<void> {
  for (const { id: part, key } of await queue.requests.parts(id)) {
    const claimed = await queue.requests.claim(part, 'keeper', 5_000);
    if (claimed === undefined) continue;
    await queue.requests.intend(part, claimed.fence, { attempt: 1, token: part });
    await queue.requests.bind(part, claimed.fence, { runId: part, runPageUrl: undefined, pollMs: 60_000 });
    const { result } = partPaths(`/Volumes/main/slowlane/results/${id}`, key, 1);
    await createFolderVolume(base).write(`${result}/out.csv`, Buffer.from(`day\n${key}\n`));
    await queue.requests.release(part, { state: 'succeeded', runMs: 1, log: undefined });
  }
}

async function eventsOf(id: string): Promise<SlowLaneEvent[]> {
  const events = await queue.events.read('0-0', 100_000, 0);
  return events.filter(({ subject }) => subject.request === id);
}

async function untilEnded(id: string): Promise<void> {
  await expect
    .poll(() => runGranted(id).then(() => queue.requests.get(id)), { timeout: 40_000, interval: 50 })
    .toMatchObject({ state: 'succeeded' });
}

describe('a mediator that is killed', () => {
  it.each([
    'before begin',
    'after begin',
    'before park',
    'after park',
    'amid the listing',
    'after the merge',
    'before end',
    'after end',
  ])(
    '%s leaves the output of each step once',
    async (step) => {
      const request = sampleRequest({ operation: 'daily', body: { days } });
      request.pin = { ...request.pin, pipeline: 'daily' };
      await queue.requests.accept(request);
      const mortal = startNode(node, [redis.url, base, step]);
      try {
        while (!(await Promise.race([mortal.exited.then(() => true), runGranted(request.id).then(() => false)])));
        // The fault must have fired, or nothing is proven.
        expect(await mortal.exited).toMatchObject({ signal: 'SIGKILL' });
      } finally {
        mortal.kill();
      }
      const survivor = startNode(node, [redis.url, base]);
      try {
        await untilEnded(request.id);
      } finally {
        survivor.kill();
        await survivor.exited;
      }
      const types = (await eventsOf(request.id)).map(({ type }) => type);
      const count = (type: string): number => types.filter((one) => one === type).length;
      expect(count('request.mediated')).toBe(1);
      expect(count('part.parked')).toBe(days.length);
      expect(count('part.ended')).toBe(days.length);
      expect(count('request.joining')).toBe(1);
      expect(types.filter((type) => (requestEndEvents as readonly string[]).includes(type))).toEqual([
        'request.succeeded',
      ]);
      const ended = await queue.requests.get(request.id);
      expect(ended?.result?.map(({ name }) => name)).toEqual(['out.csv']);
      const merged = readFileSync(join(base, ended!.result![0]!.path), 'utf8');
      expect(merged).toBe('day\nmon\ntue\nwed\n');
      expect((await queue.requests.parts(request.id)).map(({ document }) => document)).toEqual(
        days.map((day) => ({ region: 'EU', label: 'EU!', day })),
      );
    },
    60_000,
  );
});
