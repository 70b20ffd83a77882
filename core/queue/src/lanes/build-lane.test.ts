import { SlowLaneError } from '@slowlane/contracts';
import { type TestRedis, createMemoryLogger, sampleBuild, startRedis } from '@slowlane/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Queue, openQueue } from '../index.ts';

let redis: TestRedis;
let queue: Queue;
let system = 0;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  queue = await openQueue({ url: redis.url, prefix: `b${system++}`, logger: createMemoryLogger() });
  return () => queue.close();
});

const digest = `sha256:${'d'.repeat(64)}`;

describe('the state of a build', () => {
  it('keeps what each stage found, and its events carry it', async () => {
    const build = sampleBuild();
    const begun = await queue.builds.start(build);
    expect(begun).toEqual({
      ...build,
      state: 'queued',
      found: {},
      createdAt: expect.any(Number),
      endedAt: undefined,
      failure: undefined,
    });
    await queue.builds.advance(build.id, 'fetching', { commit: 'c'.repeat(40), treeDigest: digest });
    await queue.builds.advance(build.id, 'detecting', { plugin: 'python', evidence: ['pyproject.toml'] }, { seen: 3 });
    const record = await queue.builds.get(build.id);
    expect(record?.found).toEqual({
      commit: 'c'.repeat(40),
      treeDigest: digest,
      plugin: 'python',
      evidence: ['pyproject.toml'],
    });
    const events = await queue.events.read('0-0', 10, 0);
    expect(events.map(({ type }) => type)).toEqual(['push.received', 'build.queued', 'build.stage', 'build.stage']);
    expect(events[3]).toMatchObject({
      correlationId: build.correlationId,
      subject: { pipeline: 'daily-sales', build: build.id },
      data: { stage: 'detecting', seen: 3, found: { plugin: 'python', evidence: ['pyproject.toml'] } },
    });
    expect(await queue.builds.list(5)).toEqual([record]);
  });

  it('starts once per id', async () => {
    const build = sampleBuild();
    await queue.builds.start(build);
    await queue.builds.advance(build.id, 'fetching', {});
    expect(await queue.builds.start(build)).toMatchObject({ state: 'fetching' });
    expect((await queue.stats()).outboxLag).toBe(1);
  });

  it('ends once: nothing changes it afterwards', async () => {
    const { id } = await queue.builds.start(sampleBuild());
    await queue.builds.fail(id, new SlowLaneError('build.failed', 'exit code 1').toFailure());
    await queue.builds.fail(id, new SlowLaneError('build.timeout', 'late').toFailure());
    await queue.builds.cancel(id);
    expect(await queue.builds.get(id)).toMatchObject({
      state: 'failed',
      failure: { code: 'build.failed' },
      endedAt: expect.any(Number),
    });
    await expect(queue.builds.advance(id, 'building', {})).rejects.toMatchObject({ code: 'queue.fenced' });
    await expect(queue.builds.advance('bld_0', 'building', {})).rejects.toMatchObject({ code: 'build.not-found' });
  });
});

describe('the live log of a build', () => {
  it('is read from a position on, and waits for more', async () => {
    const { id } = await queue.builds.start(sampleBuild());
    await queue.builds.log(id, ['one', 'two']);
    const first = await queue.builds.readLog(id, '', 10, 0);
    expect(first.map(({ text }) => text)).toEqual(['one', 'two']);
    const next = queue.builds.readLog(id, first[1]?.id ?? '', 10, 10_000);
    await queue.builds.log(id, ['three']);
    expect((await next).map(({ text }) => text)).toEqual(['three']);
  });

  it('hides credentials', async () => {
    const { id } = await queue.builds.start(sampleBuild());
    await queue.builds.log(id, ['fetching https://user:secret@example.org/x']);
    expect((await queue.builds.readLog(id, '', 1, 0))[0]?.text).toBe('fetching https://***@example.org/x');
  });

  it('lets a follower look at the state at once when the build is published or ends, without keeping it awake', async () => {
    const { id } = await queue.builds.start(sampleBuild());
    const published = queue.builds.readLog(id, '', 10, 60_000);
    await queue.builds.advance(id, 'published', {});
    expect(await published).toEqual([]);
    await queue.builds.log(id, ['registering']);
    expect((await queue.builds.readLog(id, '', 10, 60_000)).map(({ text }) => text)).toEqual(['registering']);
    await queue.builds.advance(id, 'registered', {});
    expect((await queue.builds.readLog(id, '', 10, 60_000)).map(({ text }) => text)).toEqual(['registering']);
    const [line] = await queue.builds.readLog(id, '', 10, 0);
    expect(await queue.builds.readLog(id, line?.id ?? '', 10, 60_000)).toEqual([]);
  });

  it('is bounded, and says so', async () => {
    const { id } = await queue.builds.start(sampleBuild());
    const lines = Array.from({ length: 700 }, (_, index) => `${index} ${'x'.repeat(16_000)}`);
    await queue.builds.log(id, lines);
    await queue.builds.log(id, ['never shown']);
    const shown = await queue.builds.readLog(id, '', 10_000, 0);
    expect(shown.length).toBeLessThan(600);
    expect(shown.at(-1)?.text).toContain('the rest is left out');
  });
});
