import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@slowlane/process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../processes/installation.ts';
import { readReport, type SuiteReport } from './read-report.ts';

/** A real run of the test runner over files of this test's making. */
describe('the report of a suite', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'slowlane-report-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('counts, and names what failed with the first line that it said', async () => {
    const report = await reportOf({
      'good.test.mjs': `import { it } from 'vitest';
it('holds', ({ task }) => { task.meta.slowlane = [{ kind: 'stages', language: 'python', stages: ['detect'] }]; });
it.skip('is left out', () => {});`,
      'bad.test.mjs': `import { describe, it } from 'vitest';
describe('a thing', () => it('breaks', ({ task }) => {
  task.meta.slowlane = [{ kind: 'stages', language: 'r', stages: ['plan'] }];
  throw new Error('first\\nsecond');
}));`,
      'hook.test.mjs': `import { beforeAll, it } from 'vitest';
beforeAll(() => { throw new Error('no ground'); });
it('is not reached', () => {});`,
    });
    expect(report).toMatchObject({ passed: 1, failed: 2, skipped: 2 });
    expect(report.failures).toEqual([
      { suite: 'unit', file: 'bad.test.mjs', title: 'a thing breaks', message: 'Error: first' },
      { suite: 'unit', file: 'hook.test.mjs', title: 'the whole file', message: 'no ground' },
    ]);
    expect(report.seen).toEqual([
      { note: { kind: 'stages', language: 'r', stages: ['plan'] }, isGood: false, test: 'bad.test.mjs a thing breaks' },
      { note: { kind: 'stages', language: 'python', stages: ['detect'] }, isGood: true, test: 'good.test.mjs holds' },
    ]);
    expect(report.verdicts).toEqual({ 'bad.test.mjs a thing breaks': false, 'good.test.mjs holds': true });
  });

  it('that is not there is a failure', () => {
    const report = readReport(join(folder, 'none.json'), { suite: 'unit', repositories: [folder] });
    expect(report).toMatchObject({
      failed: 1,
      failures: [{ title: 'the whole suite', message: expect.any(String) as string }],
    });
  });

  async function reportOf(files: Record<string, string>): Promise<SuiteReport> {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, 'vitest.config.mjs'), "export default { test: { include: ['*.test.mjs'] } };\n");
    const output = join(folder, 'report.json');
    const vitest = join(repository, 'node_modules/vitest/vitest.mjs');
    const argv = [process.execPath, vitest, 'run', '--root', folder, '--reporter=json', `--outputFile.json=${output}`];
    await run(argv, { cwd: repository, inheritEnv: true, timeoutMs: 120_000 });
    const report = readReport(output, { suite: 'unit', repositories: [folder] });
    report.failures.sort((a, b) => (a.file < b.file ? -1 : 1));
    report.seen.sort((a, b) => Number(a.isGood) - Number(b.isGood));
    return report;
  }
});
