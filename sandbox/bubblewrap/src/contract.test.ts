import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { abuseTable } from '@slowlane/abuse';
import { canStartTestHelper, leaveNote, sandboxContractSuite, startTestHelper } from '@slowlane/testkit';
import type { TestHelper } from '@slowlane/testkit';

describe.skipIf(!canStartTestHelper())('bubblewrap behind the helper', () => {
  let helper: TestHelper;
  let folder: string;
  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(`${tmpdir()}/slowlane-contract-`));
    helper = await startTestHelper();
  });
  afterAll(async () => {
    await helper.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('keeps the contract of a sandbox driver', async () => {
    const findings = await sandboxContractSuite(helper.driver, { spec: helper.spec(), folder });
    expect(findings.filter((finding) => !finding.ok)).toEqual([]);
    expect(findings.length).toBeGreaterThan(20);
  }, 120_000);

  it('withstands the abuse suite', async ({ task }) => {
    const report = await helper.driver.probe();
    const rows = abuseTable(report.findings, report.notClaimed);
    leaveNote(task, { kind: 'abuse', driver: 'bubblewrap', tier: report.tier, rows });
    expect(report.findings.filter((finding) => !finding.ok)).toEqual([]);
    expect(report).toMatchObject({ ok: true, tier: 'full' });
    expect(rows.filter((row) => !row.ok || row.notClaimed !== undefined)).toEqual([]);
  }, 120_000);

  it('withstands the starred attacks alone, which a helper carries out at its start', async () => {
    const report = await helper.driver.probe({ isQuick: true });
    expect(report.findings.filter((finding) => !finding.ok)).toEqual([]);
    const rows = abuseTable(report.findings);
    expect(rows.filter((row) => row.starred && !row.ok)).toEqual([]);
    expect(rows.filter((row) => row.attacks === 0).map((row) => row.id)).toEqual(['21', '27', '28', '30', 'hole 3']);
  }, 120_000);
});
