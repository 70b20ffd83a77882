import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '@slowlane/process';
import { repository } from '../processes/installation.ts';
import { chaosCommand } from './chaos-command.ts';
import { faultsFound, type Verdict } from './judge.ts';
import { matrixOf } from './matrix.ts';
import type { ChaosReport } from './run-chaos.ts';

/** `node core/app/src/chaos/write-proof.ts [minutes] [seed]`: runs the chaos test and puts what it has shown into docs/proof.md. */
const page = join(repository, 'docs/proof.md');
const [minutes = '10', seed = '1'] = process.argv.slice(2);
const { report } = await chaosCommand({ minutes: Number(minutes), seed: Number(seed) }, (line) =>
  process.stderr.write(`${line}\n`),
);
const { stdout } = await run(['/usr/bin/git', 'rev-parse', '--short', 'HEAD'], { cwd: repository });
writeFileSync(page, withSection(readFileSync(page, 'utf8'), section(report, stdout.trim())));
process.exit(faultsFound(report.verdict).length === 0 ? 0 : 1);

function section(report: ChaosReport, commit: string): string {
  const { head, rows } = matrixOf(report);
  const { counts, verdict, fired, seed, tookMs } = report;
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const pairs = (from: Readonly<Record<string, number>>): string =>
    Object.entries(from)
      .map(([name, count]) => `\`${name}\` ${count}`)
      .join(', ');
  return [
    '<!-- chaos: made by `node core/app/src/chaos/write-proof.ts` -->',
    '',
    '## Await point x fault',
    '',
    `${new Date().toISOString().slice(0, 10)}, commit ${commit} and what stood in its tree, seed ${seed}, ${Math.round(tookMs / 1_000)} s: \`./slowlane test chaos --minutes ${minutes} --seed ${seed}\`.`,
    'Three nodes of the service, Redis and the local workspace are processes of their own; cells: kills (`kill -9`) that fired while a node was at that call. "Before": nothing was sent;',
    '"after": the answer was there and nobody had acted on it; Redis and the workspace die with the call under way. Programs of the runs only take time; their ends are on disk, as with a supervisor.',
    '',
    row(head),
    row(head.map(() => '---')),
    ...rows.map(row),
    '',
    `- ${fired.length} kills, ${counts.acknowledged} requests acknowledged, ${counts.runs} runs, ${counts.retried} attempts repeated, ${counts.events} events`,
    `- ended: ${pairs(counts.ends)}`,
    `- made someone wait: ${pairs(counts.refusals)}`,
    `- judged by the workspace's record and the clients' log of 202s: ${verdictOf(verdict)}`,
    '',
    '<!-- /chaos -->',
  ].join('\n');
}

function verdictOf(verdict: Verdict): string {
  const words: Record<keyof Verdict, string> = {
    lost: 'lost',
    doubleRuns: 'run twice',
    overLimit: 'limits passed',
    leakedSlots: 'slots leaked',
    orphanClusters: 'clusters without an owner',
    unexplained: 'ends without a reason',
    ledgerDiffers: 'differences of ledger and stream',
    untold: 'ends that nobody was told of',
    troubles: 'processes that ended by themselves',
  };
  return Object.entries(words)
    .map(([name, text]) => `${verdict[name as keyof Verdict].length} ${text}`)
    .join(', ');
}

function withSection(text: string, made: string): string {
  const known = /<!-- chaos:[\s\S]*<!-- \/chaos -->/;
  return known.test(text) ? text.replace(known, () => made) : `${text.trimEnd()}\n\n${made}\n`;
}
