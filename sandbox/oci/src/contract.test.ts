import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { abuseTable } from '@slowlane/abuse';
import { leaveNote, sandboxContractSuite, startTestHelper } from '@slowlane/testkit';
import type { TestHelper } from '@slowlane/testkit';
import { canStartOwnEngine, startOwnEngine } from './own-engine.ts';
import type { OwnEngine } from './own-engine.ts';

describe.each(['docker', 'podman'] as const)('%s behind the helper', (kind) => {
  describe.skipIf(!canStartOwnEngine(kind))('with an engine of its own', () => {
    let engine: OwnEngine;
    let helper: TestHelper;
    let folder: string;
    beforeAll(async () => {
      folder = realpathSync(mkdtempSync(`${tmpdir()}/slowlane-oci-`));
      engine = await startOwnEngine(kind);
      helper = await startTestHelper({ engine: engine.engine });
    });
    afterAll(async () => {
      await helper?.close();
      await engine?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it('keeps the contract of a sandbox driver', async () => {
      const findings = await sandboxContractSuite(helper.driver, { spec: helper.spec(), folder });
      expect(findings.filter((finding) => !finding.ok)).toEqual([]);
      expect(findings.length).toBeGreaterThan(20);
    });

    it('withstands the abuse suite', async ({ task }) => {
      const report = await helper.driver.probe();
      const rows = abuseTable(report.findings, report.notClaimed);
      leaveNote(task, { kind: 'abuse', driver: kind, tier: report.tier, rows });
      expect(report.findings.filter((finding) => !finding.ok)).toEqual([]);
      expect(report).toMatchObject({ ok: true, tier: 'oci' });
      expect(rows.filter((row) => !row.ok || row.notClaimed !== undefined)).toEqual([]);
    });
  });
});
