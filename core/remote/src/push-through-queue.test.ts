import { SlowLaneError } from '@slowlane/contracts';
import { openQueue, type Queue, type Workers } from '@slowlane/queue';
import { start } from '@slowlane/process';
import { createMemoryLogger, startRedis, type TestRedis } from '@slowlane/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { gitPath, startTestRemote, type TestRemote, userEnv } from './__fixtures__/test-remote.ts';

/** The remote on the real queue: a push is one flow, and its end is what git says. */
describe('a push through the queue', () => {
  let redis: TestRedis;
  let queue: Queue;
  let workers: Workers;
  let remote: TestRemote;
  /** What the build stage does in this test. */
  let buildWork: (buildId: string, signal: AbortSignal) => Promise<void>;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());
  beforeEach(async () => {
    queue = await openQueue({
      url: redis.url,
      prefix: `t${Math.random().toString(36).slice(2)}`,
      logger: createMemoryLogger(),
    });
    buildWork = async (id) => queue.builds.log(id, ['compiling']);
    const { builds } = queue;
    workers = await queue.work({
      fetch: async ({ buildId }) => void (await builds.advance(buildId, 'fetching', {})),
      detect: async () => undefined,
      plan: async () => undefined,
      build: async ({ buildId }, signal) => {
        await builds.advance(buildId, 'building', {});
        await buildWork(buildId, signal);
      },
      inspect: async () => undefined,
      publish: async ({ buildId }) => void (await builds.advance(buildId, 'published', {})),
      async register({ buildId }) {
        if ((await builds.pushOutcome(buildId)) !== 'completed')
          return void (await builds.advance(buildId, 'built', {}));
        await builds.log(buildId, ['==> register']);
        const registrations = [{ target: 'dev', workspace: 'local', jobId: '7', registrationId: 'reg_1' }];
        await builds.advance(buildId, 'registered', { registrations });
      },
    });
    remote = await startTestRemote({ builds });
  });
  afterEach(async () => {
    await remote.close();
    await workers.close(0);
    await queue.close();
  });

  it('shows the log, completes, and registers', async () => {
    const copy = await remote.workingCopy();
    const pushed = await copy.git('push', await remote.urlFor('p', ['push:p']), 'main');
    expect(pushed.stderr).toMatch(/remote: compiling/);
    expect(pushed.stderr).toMatch(/remote: ==> register/);
    expect(pushed.exitCode).toBe(0);
    expect((await queue.builds.list(1))[0]?.state).toBe('registered');
  });

  it('is rejected when a stage fails', async () => {
    buildWork = () => Promise.reject(new SlowLaneError('build.tests-failed', '1 of 2 tests failed: T.bad'));
    const copy = await remote.workingCopy();
    const pushed = await copy.git('push', await remote.urlFor('p', ['push:p']), 'main');
    expect(pushed.exitCode).toBe(1);
    expect(pushed.stderr).toMatch(/remote: build\.tests-failed: 1 of 2 tests failed: T\.bad/);
  });

  it('goes on building after Ctrl-C, and is then shown as built', async () => {
    const began = Promise.withResolvers<string>();
    const mayEnd = Promise.withResolvers<void>();
    buildWork = async (id) => {
      began.resolve(id);
      await mayEnd.promise;
    };
    const copy = await remote.workingCopy();
    const url = await remote.urlFor('p', ['push:p']);
    const client = start([gitPath, 'push', url, 'main'], {
      cwd: copy.path,
      env: userEnv(remote.folder),
      ownGroup: true,
    });
    const id = await began.promise;
    client.kill('SIGINT');
    await client.ended;
    while ((await queue.builds.pushOutcome(id)) === undefined) await queue.builds.readLog(id, '', 1, 20);
    mayEnd.resolve();
    for (let after = ''; (await queue.builds.get(id))?.state !== 'built';) {
      after = (await queue.builds.readLog(id, after, 100, 50)).at(-1)?.id ?? after;
    }
    expect((await copy.git('ls-remote', url)).stdout).toBe('');
    expect((await queue.builds.get(id))?.found.registrations).toBeUndefined();
  });
});
