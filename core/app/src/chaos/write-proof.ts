import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '@slowlane/process';
import { repository } from '../processes/installation.ts';
import { chaosCommand, verdictOf } from './chaos-command.ts';
import { faultsFound } from './judge.ts';
import { unrefusing } from './matrix.ts';
import { mergeReports } from './merge-reports.ts';
import { proofSection } from './proof-section.ts';
import { proofTables } from './proof-tables.ts';
import { type ChaosReport, runChaos } from './run-chaos.ts';

/**
 * Puts what a chaos run has shown into docs/proof.md: `node core/app/src/chaos/write-proof.ts [minutes] [seed]` makes the run; `… --report FILE…` takes
 * what `slowlane test chaos --minutes N --seed S --json` has printed, several runs as one; `… --missing FILE…` also
 * makes a run of the cells in which nothing fired in them; `… --tables` renews the tables of tests and mutants alone. A run that did not come
 * to its end is not written down.
 */
const page = join(repository, 'docs/proof.md');
const begin = '<!-- chaos: made by `node core/app/src/chaos/write-proof.ts` -->';
const end = '<!-- /chaos -->';
const border = '<!-- chaos tables -->';

const [first = '10', ...others] = process.argv.slice(2);
if (first === '--tables') {
  write(ranBefore());
} else {
  const reports = await reportsOf(first, others);
  const report = mergeReports(reports);
  process.stderr.write(`${verdictOf(report)}\n`);
  const isProven = report.fired.length > 0 && report.verdict.unfinished.length === 0;
  if (isProven) write(proofSection(report, { commit: await commit(), command: reports.map(commandOf).join('`, `') }));
  const isWhole = report.missing.length === 0 && unrefusing(report.counts).length === 0;
  process.exitCode = isProven && isWhole && faultsFound(report.verdict).length === 0 ? 0 : 1;
}

async function reportsOf(how: string, rest: readonly string[]): Promise<ChaosReport[]> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  if (how !== '--report' && how !== '--missing')
    return [(await chaosCommand({ minutes: Number(how), seed: Number(rest[0] ?? '1') }, say)).report];
  const reports = rest.map((file) => (JSON.parse(readFileSync(file, 'utf8')) as { report: ChaosReport }).report);
  if (how === '--report') return reports;
  const { missing, seed } = mergeReports(reports);
  const more = await runChaos({ seed: seed + 1, cells: missing, minutes: 0, mostMs: 300_000, say });
  return [...reports, more];
}

function commandOf({ seed, minutes }: ChaosReport): string {
  return minutes > 0
    ? `./slowlane test chaos --minutes ${minutes} --seed ${seed}`
    : 'node core/app/src/chaos/write-proof.ts --missing';
}

async function commit(): Promise<string> {
  const { stdout } = await run(['/usr/bin/git', 'rev-parse', '--short', 'HEAD'], { cwd: repository });
  return stdout.trim();
}

function write(shown: string): void {
  const text = readFileSync(page, 'utf8');
  const section = [begin, '', '## Chaos', '', shown, '', border, '', proofTables(), '', end].join('\n');
  const known = text.indexOf(begin);
  if (known < 0) writeFileSync(page, `${text.trimEnd()}\n\n${section}\n`);
  else writeFileSync(page, text.slice(0, known) + section + text.slice(text.indexOf(end, known) + end.length));
}

/** What the last run has shown, as it stands in the page. */
function ranBefore(): string {
  const shown = /## Chaos\n\n([\s\S]*?)\n\n<!-- chaos tables -->/.exec(readFileSync(page, 'utf8'))?.[1];
  return shown ?? 'No run has been written down yet.';
}
