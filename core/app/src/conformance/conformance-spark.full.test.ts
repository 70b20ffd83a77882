import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConformance } from '@slowlane/conformance';
import { silent } from './__fixtures__/conformance-workspace.ts';
import { startSparkWorkspace } from './__fixtures__/spark-workspace.ts';

describe('the local workspace with real Spark', { timeout: 1_800_000 }, () => {
  let workspace: Awaited<ReturnType<typeof startSparkWorkspace>>;
  const cache = join(tmpdir(), 'slowlane-conformance-cache');
  beforeAll(async () => {
    await mkdir(cache, { recursive: true });
    workspace = await startSparkWorkspace();
  });
  afterAll(() => workspace?.close());

  it.each(['raw', 'ours', 'python', 'java'] as const)(
    'runs programs as the sources claim, through %s',
    async (client) => {
      const { host, token } = workspace;
      const report = await runConformance({
        ...{ host, token, clients: [client], glob: 'spark/**', cache, logger: silent, untilMs: 180_000 },
      });
      const failed = report.rows.filter(({ verdict }) => verdict === 'fail');
      expect(failed.map(({ id, detail }) => `${id}: ${detail}`)).toEqual([]);
      expect(report.passed).toBeGreaterThan(client === 'ours' ? 1 : 5);
    },
  );
});
