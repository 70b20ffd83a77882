import { readFileSync } from 'node:fs';
import { commit, proofPage, putSection } from '../proof/put-section.ts';
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
const border = '<!-- chaos tables -->';

const [first = '10', ...others] = process.argv.slice(2);
if (first === '--tables') {
  await write(ranBefore());
} else {
  const reports = await reportsOf(first, others);
  const report = mergeReports(reports);
  process.stderr.write(`${verdictOf(report)}\n`);
  const isProven = report.fired.length > 0 && report.verdict.unfinished.length === 0;
  if (isProven)
    await write(proofSection(report, { commit: await commit(), command: reports.map(commandOf).join('`, `') }));
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

async function write(shown: string): Promise<void> {
  const text = ['## Chaos', '', shown, '', border, '', proofTables()].join('\n');
  await putSection({ name: 'chaos', command: 'node core/app/src/chaos/write-proof.ts', text });
}

/** What the last run has shown, as it stands in the page. */
function ranBefore(): string {
  const shown = /## Chaos\n\n([\s\S]*?)\n\n<!-- chaos tables -->/.exec(readFileSync(proofPage, 'utf8'))?.[1];
  return shown ?? 'No run has been written down yet.';
}
