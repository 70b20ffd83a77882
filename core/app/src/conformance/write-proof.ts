import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cases, clientNames, conformanceTable, runConformance } from '@slowlane/conformance';
import { run } from '@slowlane/process';
import { thisInstallation } from '../processes/installation.ts';
import { silent, startConformanceWorkspace, token } from './__fixtures__/conformance-workspace.ts';

/** Runs all clients against a workspace with plain Python for Spark, and writes the table into docs/proof.md. */
const command = 'node core/app/src/conformance/write-proof.ts';
const begin = `<!-- conformance: made by \`${command}\` -->`;
const end = '<!-- /conformance -->';

const cache = join(thisInstallation().environment.home, 'cache', 'conformance');
await mkdir(cache, { recursive: true });
const workspace = await startConformanceWorkspace();
const report = await runConformance({
  ...{ host: workspace.host, token, clients: clientNames, glob: '**', cache, logger: silent, untilMs: 30_000 },
}).finally(() => workspace.close());
const root = fileURLToPath(new URL('../../../../', import.meta.url));
const commit = (await run(['/usr/bin/git', '-C', root, 'rev-parse', '--short', 'HEAD'])).stdout.trim();
const text = `${begin}

## Conformance

${new Date().toISOString().slice(0, 10)}, commit ${commit} and what stood in its tree: \`${command}\`. The cases' own programs ran with plain Python in place of Spark.

${conformanceTable(cases, report)}

${end}`;
const page = join(root, 'docs/proof.md');
const old = await readFile(page, 'utf8').catch(() => `# Proof\n\n${begin}\n${end}\n`);
const hasSection = old.includes(begin);
const [before = '', rest = ''] = hasSection ? old.split(begin) : [`${old}\n`];
const after = rest.split(end)[1] ?? '\n';
await writeFile(page, `${before}${text}${after}`);
process.stdout.write(`${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped\n`);
