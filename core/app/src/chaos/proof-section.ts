import { type Verdict, faultsFound } from './judge.ts';
import { matrixOf, memoryLines, spentLine, unrefusing } from './matrix.ts';
import type { ChaosReport } from './run-chaos.ts';

/** What a run has shown, as Markdown. `command`: how it was started. */
export function proofSection(report: ChaosReport, { commit, command }: { commit: string; command: string }): string {
  const { head, rows } = matrixOf(report);
  const { counts, verdict, fired, missing, tookMs } = report;
  const silent = unrefusing(counts);
  return [
    '### Await point x fault',
    '',
    `${new Date().toISOString().slice(0, 10)}, commit ${commit} and what stood in its tree, ${Math.round(tookMs / 1_000)} s: \`${command}\`.`,
    'Nodes of the service, Redis and the local workspace are processes of their own; cells: faults that fired while a node was at that call. "Before": killed (`kill -9`) when nothing was sent;',
    '"after": killed when the answer was there and nobody had acted on it; "stalled": with the answer in hand its event loop stood still for 7 s, longer than every lease and lock it had; Redis and the workspace',
    'are killed with the call under way. Programs of the runs only take time; their ends are on disk, as with a supervisor.',
    '',
    row(head),
    row(head.map(() => '---')),
    ...rows.map(row),
    '',
    `- ${fired.length} faults, ${counts.acknowledged} requests acknowledged, ${counts.runs} runs, ${counts.retried} attempts repeated, ${counts.events} events`,
    `- cells in which nothing fired: ${missing.length}`,
    `- ended: ${pairs(counts.ends)}`,
    `- made someone wait: ${pairs(counts.refusals)}; kinds of dimension that made nobody wait: ${silent.join(', ') || 'none'}`,
    `- ${spentLine(counts)}, and nothing left of it under load once; gate, events and ledger must have counted the same`,
    `- judged by the workspace's record and the clients' log of 202s: ${verdictWords(verdict)}`,
    ...faultsFound(verdict).map((found) => `- found: ${shortOf(found)}`),
    ...memoryLines(report).map((line) => `- memory, ${line}`),
  ].join('\n');
}

/** Without paths and traces, which belong to one machine. */
function shortOf(found: string): string {
  const [what] = found.split(':', 1);
  return `${what}: ${
    /\w*Error: [^\n]+/.exec(found)?.[0] ??
    found
      .split('\n', 1)[0]
      ?.slice(what?.length ?? 0)
      .replace(/^: /, '')
  }`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function pairs(from: Readonly<Record<string, number>>): string {
  return Object.entries(from)
    .map(([name, count]) => `\`${name}\` ${count}`)
    .join(', ');
}

function verdictWords(verdict: Verdict): string {
  const words: Record<keyof Verdict, string> = {
    lost: 'lost',
    doubleRuns: 'run twice',
    overLimit: 'limits passed',
    money: 'budgets passed or counted wrong',
    leakedSlots: 'slots leaked',
    orphanClusters: 'clusters without an owner',
    unexplained: 'ends without a reason',
    ledgerDiffers: 'differences of ledger and stream',
    untold: 'ends that nobody was told of',
    troubles: 'processes that ended by themselves',
    unfinished: 'phases without an end',
  };
  return Object.entries(words)
    .map(([name, text]) => `${verdict[name as keyof Verdict].length} ${text}`)
    .join(', ');
}
