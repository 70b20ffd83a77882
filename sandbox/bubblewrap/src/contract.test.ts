import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canStartTestHelper, sandboxContractSuite, startTestHelper } from '@slowlane/testkit';
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

  it('withstands the starred attacks of the abuse suite', async () => {
    const report = await helper.driver.probe();
    expect(report.findings.filter((finding) => !finding.ok)).toEqual([]);
    expect(report).toMatchObject({ ok: true, tier: 'full' });
    // Every starred test has at least one finding; 7 (metadata addresses) is in egress.test.ts, the proxy in sandbox/gateway.
    const numbers = new Set(report.findings.map((finding) => Number.parseInt(finding.test, 10)));
    expect([...numbers]).toEqual(
      expect.arrayContaining([1, 2, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 20, 22, 23, 24, 25]),
    );
  }, 120_000);
});
