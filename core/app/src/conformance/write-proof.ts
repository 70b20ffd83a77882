import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  cases,
  clientNames,
  type ConformanceOptions,
  type ConformanceReport,
  conformanceTable,
  type Row,
  runConformance,
} from '@slowlane/conformance';
import { thisInstallation } from '../processes/installation.ts';
import { commit, putSection } from '../proof/put-section.ts';
import { silent, startConformanceWorkspace, withoutSpark } from './__fixtures__/conformance-workspace.ts';
import { startSparkWorkspace } from './__fixtures__/spark-workspace.ts';

/**
 * Runs all clients against two workspaces, one with plain Python for Spark and, for the cases of Spark, one as the product starts it, and
 * writes the table into docs/proof.md.
 */
const command = 'node core/app/src/conformance/write-proof.ts';

const cache = join(thisInstallation().environment.home, 'cache', 'conformance');
await mkdir(cache, { recursive: true });
const plain = await withWorkspace(startConformanceWorkspace, { glob: '**', offers: withoutSpark, untilMs: 30_000 });
const spark = await withWorkspace(startSparkWorkspace, { glob: 'spark/**', untilMs: 180_000 });
const ran = new Set(spark.rows.map(({ id }) => id));
const report = { clients: plain.clients, rows: [...plain.rows.filter(({ id }) => !ran.has(id)), ...spark.rows] };
const text = `## Conformance

${new Date().toISOString().slice(0, 10)}, commit ${await commit()} and what stood in its tree: \`${command}\`. The programs of \`spark/\` ran on real Spark, in the sandbox of a whole installation; those of the other cases with plain Python.

${conformanceTable(cases, report)}`;
await putSection({ name: 'conformance', command, text });
const count = (verdict: Row['verdict']): number => report.rows.filter((row) => row.verdict === verdict).length;
process.stdout.write(
  `${count('pass')} passed, ${count('fail')} failed, ${count('differs')} differ, ${count('skip')} skipped\n`,
);

async function withWorkspace(
  startWorkspace: () => Promise<{ host: string; token: string; close(): Promise<void> }>,
  options: Pick<ConformanceOptions, 'glob' | 'offers' | 'untilMs'>,
): Promise<ConformanceReport> {
  const workspace = await startWorkspace();
  const { host, token } = workspace;
  return runConformance({ ...options, host, token, clients: clientNames, cache, logger: silent }).finally(() =>
    workspace.close(),
  );
}
