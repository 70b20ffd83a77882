import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConformance } from '@slowlane/conformance';
import { silent, startConformanceWorkspace, token, withoutSpark } from './__fixtures__/conformance-workspace.ts';
import { openDifferences } from './__fixtures__/open-differences.ts';

describe('the local workspace, seen by the official SDKs', { timeout: 900_000 }, () => {
  let workspace: Awaited<ReturnType<typeof startConformanceWorkspace>>;
  const cache = join(tmpdir(), 'slowlane-conformance-cache');
  beforeAll(async () => {
    await mkdir(cache, { recursive: true });
    workspace = await startConformanceWorkspace();
  });
  afterAll(() => workspace?.close());

  it.each(['python', 'java'] as const)('answers what the sources claim, through %s', async (client) => {
    const report = await runConformance({
      ...{ host: workspace.host, token, clients: [client], glob: '**', offers: withoutSpark, cache, logger: silent },
    });
    const failed = report.rows.filter(({ verdict }) => verdict === 'fail');
    expect(
      failed.filter(({ id }) => !openDifferences.includes(id)).map(({ id, detail }) => `${id}: ${detail}`),
    ).toEqual([]);
    expect(report.passed).toBeGreaterThan(100);
  });
});
