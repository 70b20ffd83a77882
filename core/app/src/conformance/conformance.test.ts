import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientName, runConformance } from '@slowlane/conformance';
import { silent, startConformanceWorkspace, token, withoutSpark } from './__fixtures__/conformance-workspace.ts';
import { openDifferences } from './__fixtures__/open-differences.ts';

describe('the local workspace', { timeout: 240_000 }, () => {
  let workspace: Awaited<ReturnType<typeof startConformanceWorkspace>>;
  beforeAll(async () => {
    workspace = await startConformanceWorkspace();
  });
  afterAll(() => workspace?.close());

  it.each(['raw', 'ours'] satisfies ClientName[])('answers what the sources claim, as %s sees it', async (client) => {
    const report = await runConformance({
      ...{
        host: workspace.host,
        token,
        clients: [client],
        glob: '**',
        offers: withoutSpark,
        cache: tmpdir(),
        logger: silent,
      },
    });
    const failed = report.rows.filter(({ verdict }) => verdict === 'fail');
    expect(
      failed.filter(({ id }) => !openDifferences.includes(id)).map(({ id, detail }) => `${id}: ${detail}`),
    ).toEqual([]);
    expect(report.passed).toBeGreaterThan(client === 'raw' ? 150 : 30);
  });

  it('is not called conformant where nobody answers', async () => {
    const nobody = { host: 'http://127.0.0.1:1', token, clients: ['raw'] as const, glob: '**' };
    await expect(runConformance({ ...nobody, cache: tmpdir(), logger: silent })).rejects.toMatchObject({
      code: 'workspace.unavailable',
    });
  });
});
