import { SlowLaneError } from '@slowlane/contracts';
import { type TestRedis, createMemoryLogger, sampleBuild, sampleRequest, startRedis } from '@slowlane/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { instantLane } from '../__fixtures__/instant-lane.ts';
import { type Processors, type Queue, type WorkOptions, catalogue, openQueue } from '../index.ts';

let redis: TestRedis;
let queue: Queue;
let prefix = '';
let system = 0;
const logger = createMemoryLogger();

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  prefix = `w${system++}`;
  queue = await openQueue({ url: redis.url, prefix, logger });
  return () => queue.close();
});

const quick: WorkOptions = { tickMs: 50, lostAfterMs: 150, lockMs: 1_500 };

/** Resolves with the first event of the type (and subject) after the start of the stream. */
async function happened(type: string, id?: string): Promise<void> {
  for (let after = '0-0'; ;) {
    const events = await queue.events.read(after, 100, 5_000);
    if (
      events.some(
        (event) =>
          event.type === type && (id === undefined || event.subject.request === id || event.subject.build === id),
      )
    )
      return;
    after = events.at(-1)?.id ?? after;
  }
}

function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  return Promise.withResolvers<T>();
}

const lane = (overrides: Processors = {}): Processors => ({
  ...instantLane(queue, ['EWR', 'JFK', 'LGA']),
  ...overrides,
});

describe('the request lane', () => {
  it('carries a request from accept to its one end, and tells the client', async () => {
    const told = deferred<string>();
    await queue.gate.declare({ 'op:daily-sales': 2 });
    await queue.work(lane({ notify: async ({ requestId }) => told.resolve(requestId) }), quick);
    const { request } = await queue.requests.accept(sampleRequest());
    expect(await told.promise).toBe(request.id);
    const types = (await queue.events.read('0-0', 100, 0)).map(({ type }) => type);
    expect(types.filter((type) => type === 'part.ended')).toHaveLength(3);
    expect(types.filter((type) => type.startsWith('request.'))).toEqual([
      'request.accepted',
      'request.mediated',
      'request.joining',
      'request.succeeded',
    ]);
  });

  it('repeats a processor after a temporary failure', async () => {
    let tries = 0;
    const told = deferred();
    const prepare: Processors['prepare'] = async ({ requestId }) => {
      if (++tries < 3) throw new SlowLaneError('workspace.unavailable', 'no answer');
      await queue.requests.beginMediation(requestId);
    };
    await queue.work(lane({ prepare, notify: async () => told.resolve() }), quick);
    const { request } = await queue.requests.accept(sampleRequest());
    await told.promise;
    expect(tries).toBe(3);
    expect((await queue.requests.get(request.id))?.state).toBe('succeeded');
  });

  it('ends the request as failed, and still tells the client, when a processor breaks', async () => {
    for (const broken of ['prepare', 'split', 'join'] as const) {
      const told = deferred();
      const breaks = async (): Promise<never> => {
        throw new TypeError(`x is not a function in ${broken}`);
      };
      const workers = await queue.work(lane({ [broken]: breaks, notify: async () => told.resolve() }), quick);
      const { request } = await queue.requests.accept(sampleRequest());
      await told.promise;
      expect(await queue.requests.get(request.id)).toMatchObject({
        state: 'failed',
        failure: { code: 'platform.unexpected', message: expect.stringContaining(`x is not a function in ${broken}`) },
      });
      await workers.close();
    }
  });

  it('frees the slot of a part whose submission breaks before its intent', async () => {
    const told = deferred();
    await queue.gate.declare({ 'op:daily-sales': 1 });
    const submit = async (): Promise<never> => {
      throw new RangeError('out of range');
    };
    const join: Processors['join'] = async ({ requestId }) =>
      queue.requests.end(requestId, {
        state: 'failed',
        failure: new SlowLaneError('run.failed', 'a part failed').toFailure(),
      });
    await queue.work(lane({ submit, join, notify: async () => told.resolve() }), quick);
    const { request } = await queue.requests.accept(sampleRequest());
    await told.promise;
    expect((await queue.requests.parts(request.id)).map(({ state }) => state)).toEqual([
      'failed',
      'cancelled',
      'cancelled',
    ]);
    expect((await queue.gate.list()).map(({ inUse }) => inUse)).toEqual([0, 0]);
  });

  it('makes the queue jobs again when all of them are lost', async () => {
    const told = deferred();
    const { request } = await queue.requests.accept(sampleRequest());
    const first = await queue.work({}, { ...quick, lostAfterMs: 60_000 });
    const raw = new Redis(redis.url);
    await expect.poll(async () => (await queue.stats()).outboxLag, { timeout: 5_000 }).toBe(0);
    await first.close();
    const lost = await raw.keys(`{${prefix}}:bull:*`);
    expect(lost.length).toBeGreaterThan(0);
    await raw.del(...lost);
    raw.disconnect();
    await queue.work(lane({ notify: async () => told.resolve() }), quick);
    await told.promise;
    expect((await queue.requests.get(request.id))?.state).toBe('succeeded');
  });

  it('ends the request as failed when its queue job kills one process after the other', async () => {
    const told = deferred();
    let ran = 0;
    const { request } = await queue.requests.accept(sampleRequest());
    const first = await queue.work({}, { ...quick, lostAfterMs: 60_000 });
    await expect.poll(async () => (await queue.stats()).outboxLag, { timeout: 5_000 }).toBe(0);
    await first.close();
    const raw = new Redis(redis.url);
    const [job = ''] = (await raw.keys(`{${prefix}}:bull:prepare:prepare-*`)).filter((key) => !key.endsWith(':lock'));
    await raw.hset(job, 'ats', catalogue.prepare.maxStarts);
    raw.disconnect();
    await queue.work(lane({ prepare: async () => ran++, notify: async () => told.resolve() }), quick);
    await told.promise;
    expect(ran).toBe(0);
    expect((await queue.requests.get(request.id))?.failure).toMatchObject({
      code: 'platform.unexpected',
      message: expect.stringContaining('started 31 times'),
    });
  });

  it('ends the request as failed when its processors end well and leave it where it is', async () => {
    const told = deferred();
    await queue.work(lane({ split: async () => undefined, notify: async () => told.resolve() }), {
      ...quick,
      lostAfterMs: 30,
    });
    const { request } = await queue.requests.accept(sampleRequest());
    await told.promise;
    expect((await queue.requests.get(request.id))?.failure).toMatchObject({
      code: 'platform.unexpected',
      message: expect.stringContaining('came to no end'),
    });
  });

  it('dispatches a granted part again when its owner is gone, in the same slot', async () => {
    const told = deferred();
    let claims = 0;
    const short = await openQueue({ url: redis.url, prefix, logger, leaseMs: 100 });
    const submit: Processors['submit'] = async ({ partId }) => {
      const claimed = await short.requests.claim(partId, `node${claims}`, 100);
      if (claimed === undefined || claims++ === 0) return;
      await short.requests.release(partId, { state: 'succeeded', runMs: 1, log: undefined });
    };
    await short.work(lane({ submit, notify: async () => told.resolve() }), quick);
    await short.requests.accept(sampleRequest());
    await told.promise;
    expect(claims).toBe(4);
    await short.close();
  });

  it('hands its work to the next process when it stops', async () => {
    const begun = deferred();
    const told = deferred();
    const forEver: Processors['prepare'] = (_payload, signal) =>
      new Promise((_, reject) => {
        begun.resolve();
        signal.addEventListener('abort', () => reject(new Error('interrupted')));
      });
    const first = await queue.work(lane({ prepare: forEver }), quick);
    const { request } = await queue.requests.accept(sampleRequest());
    await begun.promise;
    await first.close(0);
    expect((await queue.requests.get(request.id))?.state).toBe('accepted');
    await queue.work(lane({ notify: async () => told.resolve() }), quick);
    await told.promise;
    expect((await queue.requests.get(request.id))?.state).toBe('succeeded');
  });

  it('calls a processor off when its request is cancelled', async () => {
    const begun = deferred();
    const told = deferred();
    const forEver: Processors['prepare'] = (_payload, signal) =>
      new Promise((_, reject) => {
        begun.resolve();
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    await queue.work(lane({ prepare: forEver, notify: async () => told.resolve() }), quick);
    const { request } = await queue.requests.accept(sampleRequest());
    await begun.promise;
    await queue.requests.cancel(request.id, 'ana');
    await told.promise;
    expect((await queue.requests.get(request.id))?.state).toBe('cancelled');
  });
});

describe('the push lane', () => {
  const order = ['fetch', 'detect', 'plan', 'build', 'inspect', 'publish', 'register'] as const;
  const stateOf = {
    fetch: 'fetching',
    detect: 'detecting',
    plan: 'planning',
    build: 'building',
    inspect: 'inspecting',
    publish: 'published',
    register: 'registered',
  } as const;

  function stages(ran: string[], overrides: Processors = {}): Processors {
    const all = order.map((name) => [
      name,
      async ({ buildId }: { buildId: string }) => {
        ran.push(name);
        await queue.builds.advance(buildId, stateOf[name], {});
      },
    ]);
    return { ...(Object.fromEntries(all) as Processors), ...overrides };
  }

  it('runs the stages in order, and registers once git has taken the push', async () => {
    const ran: string[] = [];
    await queue.work(stages(ran), quick);
    const { id } = await queue.builds.start(sampleBuild());
    await expect.poll(async () => (await queue.builds.get(id))?.state, { timeout: 10_000 }).toBe('published');
    expect(ran).toEqual(order.slice(0, -1));
    await queue.builds.confirmPush(id, 'completed');
    await queue.builds.confirmPush(id, 'aborted');
    await happened('build.registered', id);
    expect(ran).toEqual(order);
    expect(await queue.builds.pushOutcome(id)).toBe('completed');
    const types = (await queue.events.read('0-0', 100, 0)).map(({ type }) => type);
    expect(types.filter((type) => type.startsWith('push.'))).toEqual(['push.received', 'push.completed']);
  });

  it('registers also when the push ended before the flow was made', async () => {
    const ran: string[] = [];
    const { id } = await queue.builds.start(sampleBuild());
    await queue.builds.confirmPush(id, 'completed');
    await queue.work(stages(ran), quick);
    await happened('build.registered', id);
    expect(ran).toEqual(order);
  });

  it('skips the rest when a stage fails the build', async () => {
    const ran: string[] = [];
    const failure = new SlowLaneError('build.failed', 'sbt ended with 1').toFailure();
    await queue.work(stages(ran, { build: async ({ buildId }) => queue.builds.fail(buildId, failure) }), quick);
    const { id } = await queue.builds.start(sampleBuild({ purpose: { kind: 'register' } }));
    await happened('build.failed', id);
    const next = await queue.builds.start(sampleBuild({ purpose: { kind: 'register' } }));
    await happened('build.failed', next.id);
    expect(ran).toEqual(['fetch', 'detect', 'plan', 'fetch', 'detect', 'plan']);
    expect(await queue.builds.get(id)).toMatchObject({ state: 'failed', failure: { code: 'build.failed' } });
    await expect(queue.builds.advance(id, 'inspecting', {})).rejects.toMatchObject({ code: 'queue.fenced' });
  });

  it('fails the build, and skips the rest, when a stage breaks', async () => {
    const ran: string[] = [];
    const plan = async (): Promise<never> => {
      throw new TypeError('undefined is not iterable');
    };
    await queue.work(stages(ran, { plan }), quick);
    const { id } = await queue.builds.start(sampleBuild());
    await happened('build.failed', id);
    expect(ran).toEqual(['fetch', 'detect']);
    expect((await queue.builds.get(id))?.failure).toMatchObject({
      code: 'platform.unexpected',
      message: expect.stringContaining('not iterable'),
    });
  });

  it('ends a build that registers nothing as built', async () => {
    const ran: string[] = [];
    await queue.work(stages(ran), quick);
    const { id } = await queue.builds.start(sampleBuild({ purpose: { kind: 'build-only' } }));
    await happened('build.built', id);
    expect(ran).toEqual(order.slice(0, 5));
  });

  it('stops the stage at work when the build is cancelled', async () => {
    const begun = deferred();
    const stopped = deferred();
    const build: Processors['build'] = (_payload, signal) =>
      new Promise((_, reject) => {
        begun.resolve();
        signal.addEventListener('abort', () => {
          stopped.resolve();
          reject(signal.reason);
        });
      });
    await queue.work(stages([], { build }), quick);
    const { id } = await queue.builds.start(sampleBuild());
    await begun.promise;
    await queue.builds.cancel(id);
    await stopped.promise;
    expect((await queue.builds.get(id))?.state).toBe('cancelled');
  });
});
