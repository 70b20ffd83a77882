import { parseArgs } from 'node:util';
import { SlowLaneError } from '@slowlane/contracts';
import type { DigestsNote } from '@slowlane/testkit';
import { pluginFolders } from '../plugins.gen.ts';
import { repository } from '../processes/installation.ts';
import { languageTable, type Seen } from '../test/proof-tables.ts';
import { readReport, type SuiteReport, testId } from '../test/read-report.ts';
import { dateline, putSection } from '../proof/put-section.ts';

/**
 * Writes what runs of the tests have seen of each language into docs/proof.md. Arguments: their reports, as `npx vitest run FILES --reporter=json
 * --outputFile.json=REPORT` leaves them, so that runs of many minutes may be made one by one. `--without TEXT` leaves out tests with that text in their
 * name (a run that somebody interrupted), and the section says so.
 */
const command = 'node core/app/src/sandbox-proof/write-languages.ts REPORTS';
const { values, positionals: files } = parseArgs({
  allowPositionals: true,
  options: { without: { type: 'string', multiple: true, default: [] } },
});
if (files.length === 0)
  throw new SlowLaneError('cli.usage', 'no report is named', {
    hint: `Run: ${command.replace('REPORTS', 'report.json…')}`,
  });
const reports = files.map((file) => readReport(file, { suite: file, repositories: [repository] }));
const broken = reports.filter(({ seen }) => seen.length === 0).flatMap(({ failures }) => failures);
if (broken.length > 0)
  throw new SlowLaneError('cli.usage', broken.map(({ suite, message }) => `${suite}: ${message}`).join('; '));
await putSection({ name: 'languages', command, text: await textOf(lastOfEach(reports.map(withoutSome))) });

type Runs = Pick<SuiteReport, 'seen' | 'failures' | 'verdicts'>;

function withoutSome(report: SuiteReport): SuiteReport {
  const counts = (test: string): boolean => !values.without.some((text) => test.includes(text));
  return {
    ...report,
    seen: report.seen.filter(({ test }) => counts(test)),
    failures: report.failures.filter(({ file, title }) => counts(testId(file, title))),
    verdicts: Object.fromEntries(Object.entries(report.verdicts).filter(([test]) => counts(test))),
  };
}

/** A test that ran more than once counts by its last run: reports are given in their order. */
function lastOfEach(all: readonly SuiteReport[]): Runs {
  const home = new Map<string, SuiteReport>();
  for (const report of all) for (const test of Object.keys(report.verdicts)) home.set(test, report);
  return {
    seen: all.flatMap((report) => report.seen.filter(({ test }) => home.get(test) === report)),
    failures: all.flatMap((report) =>
      report.failures.filter(({ file, title }) => (home.get(testId(file, title)) ?? report) === report),
    ),
    verdicts: Object.assign({}, ...all.map(({ verdicts }) => verdicts)) as Record<string, boolean>,
  };
}

async function textOf({ seen, failures, verdicts }: Runs): Promise<string> {
  const passed = Object.values(verdicts).filter(Boolean).length;
  const stages = languageTable(
    seen,
    pluginFolders.map(({ id }) => id),
  );
  return `## Language x stage

${await dateline()}: \`${command}\`, ${passed} tests passed, ${failures.length} failed. Cells: ${stages.legend}. A run is one of a registered job on real Spark.${leftOut()}

${markdown(stages.head, stages.rows)}${failuresOf(failures)}

### Two cold builds of one commit

Each on a builder of its own: no dependency, cache or result is shared. Then two builds at once on the cache of the first, with the same outcome.

${markdown(['language', 'project', 'digests', 'equal'], seen.flatMap(digestRow))}`;
}

function leftOut(): string {
  return values.without.length === 0
    ? ''
    : ` Left out by hand: tests with “${values.without.join('”, “')}” in their name.`;
}

function digestRow({ note, isGood }: Seen): string[][] {
  if (note.kind !== 'digests') return [];
  const distinct = [...new Set(note.digests)];
  return [
    [
      note.language,
      note.project,
      distinct.map((digest) => `\`${digest.slice(0, 19)}\``).join(' '),
      verdict(note, isGood),
    ],
  ];
}

function verdict({ digests, reason }: DigestsNote, isGood: boolean): string {
  if (new Set(digests).size > 1) return `**no**: ${reason ?? 'no reason was given'}`;
  return isGood ? 'yes' : 'yes, **and the test failed**';
}

function failuresOf(failures: SuiteReport['failures']): string {
  const lines = failures.map(({ file, title, message }) => `- ${file}, ${title}: ${message}`);
  return lines.length === 0 ? '' : `\n\nFailed:\n\n${lines.join('\n')}`;
}

function markdown(head: readonly string[], rows: readonly string[][]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}
