import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Policy } from '@slowlane/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testOperation } from './test-operation.ts';

const template = join(import.meta.dirname, '../../../../templates/operation');
const logger = { debug() {}, info() {}, warn() {}, error() {} };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slowlane-operation-'));
  cpSync(template, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = () => testOperation(join(folder, 'daily-report.yaml'), { policy: Policy.parse({}), logger });
function change(name: string, from: string, to: string): void {
  const text = readFileSync(join(folder, name), 'utf8');
  expect(text).toContain(from);
  writeFileSync(join(folder, name), text.replace(from, to));
}

describe('operation test', () => {
  it('passes every example of the template', async () => {
    const view = await run();
    expect(view.tests.filter(({ passed }) => !passed)).toEqual([]);
    expect(view).toMatchObject({ passed: 5, failed: 0 });
  });

  it('says where a document differs, and leaves the other examples alone', async () => {
    change('mediate.ts', '`${month}-01`)', '`${month}-02`)');
    const view = await run();
    expect(view).toMatchObject({ passed: 4, failed: 1 });
    expect(view.tests[0]?.problems).toEqual([
      'parts/1/document/from: expected "2024-01-01", got "2024-01-02"',
      'parts/2/document/from: expected "2024-02-01", got "2024-02-02"',
    ]);
  });

  it('names module and line when the module throws', async () => {
    change(
      'mediate.ts',
      '  const months = monthsBetween',
      '  if (from === "2023-12-15") throw new Error("bad luck");\n  const months = monthsBetween',
    );
    const view = await run();
    expect(view.tests[0]?.problems[0]).toMatch(
      /got failed: mediate\.failed: \.\/mediate\.ts: mediate: line \d+: Error: bad luck/,
    );
  });

  it('refuses an unknown key in the examples with its line', async () => {
    change(
      'daily-report.tests.yaml',
      '    expect: { outcome: nothing-to-do }',
      '    expekt: { outcome: nothing-to-do }',
    );
    await expect(run()).rejects.toMatchObject({
      code: 'pipeline.invalid',
      message: expect.stringMatching(/tests\.yaml:\d+:\d+: unknown key "expekt".*expect/) as string,
    });
  });

  it('says so when an example expects nothing', async () => {
    change('daily-report.tests.yaml', '    expect: { outcome: nothing-to-do }\n', '');
    expect((await run()).tests[1]?.problems).toEqual(['nothing is expected: add expect or join']);
  });
});
