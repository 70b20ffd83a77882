import { abuseTable, abuseTests, holesByTest } from '@slowlane/abuse';
import type { DriverReport } from '@slowlane/contracts';
import { startTestHelper } from '@slowlane/testkit';
import { canStartOwnEngine, startOwnEngine } from '@slowlane/oci';
import { dateline, putSection } from '../proof/put-section.ts';

/** Attacks every driver that this machine has, and writes the table into docs/proof.md. Run as root. */
const command = 'node core/app/src/sandbox-proof/write-proof.ts';

const reports: Record<string, DriverReport | string> = {
  bubblewrap: await probe({}),
  docker: await probeEngine('docker'),
  podman: await probeEngine('podman'),
  rootless: await probe({ rootlessUid: 61_234 }),
};
await putSection({ name: 'abuse', command, text: textOf(reports, await dateline()) });

async function probe(options: NonNullable<Parameters<typeof startTestHelper>[0]>): Promise<DriverReport> {
  // A secret in the environment of the process with the driver, as a service may have one.
  const helper = await startTestHelper({ ...options, launcher: ['/usr/bin/env', 'CANARY_TOKEN=canary-value-8d21f0'] });
  try {
    return await helper.driver.probe();
  } finally {
    await helper.close();
  }
}

async function probeEngine(kind: 'docker' | 'podman'): Promise<DriverReport | string> {
  if (!canStartOwnEngine(kind)) return 'not run here: the engine is not installed';
  const { engine, close } = await startOwnEngine(kind);
  try {
    return await probe({ engine });
  } finally {
    await close();
  }
}

function textOf(all: typeof reports, when: string): string {
  const drivers = Object.keys(all);
  const rows = abuseTests.map(({ id, title, starred }) => {
    const cells = drivers.map((driver) => cellOf(all[driver], id));
    return `| ${id}${starred ? ' ★' : ''} | ${title} | ${cells.join(' | ')} |`;
  });
  const tiers = drivers.map((driver) => {
    const report = all[driver];
    if (typeof report !== 'object') return `- **${driver}**: ${report}`;
    const failed = report.findings.filter((finding) => !finding.ok);
    const verdict =
      failed.length === 0
        ? 'all held'
        : `**${failed.length} did not hold**: ${failed.map((one) => one.test).join('; ')}`;
    const without = (report.notClaimed ?? []).map((one) => `test ${one.test} (${one.reason})`).join(', ');
    const limit = without === '' ? '' : `; not claimed: ${without}`;
    return `- **${driver}**, tier ${report.tier}: ${report.findings.length} attacks, ${verdict}${limit}`;
  });
  const holes = Object.entries(holesByTest).map(([hole, test]) => `${hole.slice(5)} by test ${test}`);
  return `## Driver x abuse test

${when}: \`${command}\`. Cells: attacks that held of attacks carried out. ★ decides about a driver.

${tiers.join('\n')}

| Test | Attack | ${drivers.join(' | ')} |
|---|---|${drivers.map(() => '---|').join('')}
${rows.join('\n')}

The other holes that were once found are closed by a test of the list: ${holes.join(', ')}. Hole 8, a JVM that takes the memory of the machine for its own, is no matter of a driver: the plan of a build sets \`-XX:MaxRAM\`.`;
}

function cellOf(report: DriverReport | string | undefined, id: string): string {
  if (typeof report !== 'object') return '–';
  const row = abuseTable(report.findings, report.notClaimed).find((one) => one.id === id);
  if (row?.notClaimed !== undefined) return 'not claimed';
  return row === undefined ? '–' : `${row.ok ? '' : '**no** '}${row.held} of ${row.attacks}`;
}
