import { join } from 'node:path';
import type { Logger, PluginHost } from '@slowlane/contracts';
import { canStartTestHelper, startTestHelper } from '@slowlane/testkit';
import type { TestHelper } from '@slowlane/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPluginHost } from './plugin-host.ts';

const repositoryDir = join(import.meta.dirname, '../../..');
const fixtures = join(import.meta.dirname, '__fixtures__');
const logger: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** What the thin driver of the other test cannot show: the limits are the kernel's. */
describe.skipIf(!canStartTestHelper())('plugin host in the real sandbox', () => {
  let helper: TestHelper;
  let host: PluginHost;

  beforeAll(async () => {
    helper = await startTestHelper({ allowedSources: [repositoryDir] });
    host = await startPluginHost({
      driver: helper.driver,
      root: helper.root,
      repositoryDir,
      plugins: [
        { id: 'good', folder: join(fixtures, 'good') },
        { id: 'evil', folder: join(fixtures, 'evil') },
        { id: 'python', folder: 'plugins/python' },
        { id: 'scala-sbt', folder: 'plugins/scala-sbt' },
      ],
      size: 3,
      callTimeoutMs: 4_000,
      memoryBytes: 134_217_728,
      logger,
    });
  });

  afterAll(async () => {
    await host?.close();
    await helper?.close();
  });

  const evil = (deed: string, what = ''): Promise<unknown> =>
    host.detect('evil', { entries: [], contents: { [deed]: what } });

  it("runs this repository's plugins", async () => {
    const tree = { entries: [{ path: 'build.sbt', size: 1 }], contents: { 'build.sbt': 'scalaVersion := "2.13.16"' } };
    expect(await host.detect('scala-sbt', tree)).toMatchObject({ match: 'yes' });
    expect(await host.detect('python', tree)).toEqual({ match: 'no' });
  });

  it('ends a plugin that takes memory outside the heap, and goes on', async () => {
    await expect(evil('eatBuffers')).rejects.toMatchObject({
      code: 'plugin.failed',
      message: expect.stringContaining('used more memory') as string,
    });
    expect(await evil('print')).toEqual({ match: 'no' });
  });

  it('ends a plugin that never answers, and goes on', async () => {
    await expect(evil('loop')).rejects.toMatchObject({
      code: 'plugin.failed',
      message: expect.stringContaining('did not answer') as string,
    });
    expect(await evil('print')).toEqual({ match: 'no' });
  });

  it('shows a plugin no environment but our own', async () => {
    const detection = (await evil('env')) as { evidence: string[] };
    expect(JSON.parse(detection.evidence[0] as string)).toEqual(expect.arrayContaining(['LANG', 'TZ']));
    expect(detection.evidence[0]).not.toMatch(/TOKEN|SSL|VITEST|USER/);
  });

  it('says that the sandbox is gone when its helper dies, and works again with the next one', async () => {
    await host.detect('good', { entries: [], contents: {} });
    await helper.kill();
    await expect(host.detect('good', { entries: [], contents: {} })).rejects.toMatchObject({ kind: 'platform' });
    await helper.restart();
    await expect
      .poll(() => host.detect('good', { entries: [], contents: {} }).catch((error: Error) => error.message), {
        timeout: 10_000,
      })
      .toMatchObject({ match: 'yes' });
  });
});
