import { awaitPoints, faults } from './points.ts';
import { faultsFound } from './judge.ts';
import type { ChaosReport } from './run-chaos.ts';

/** Await points down, faults across; the number of kills that fired in each cell. */
export function matrixOf({ fired }: Pick<ChaosReport, 'fired'>): { head: string[]; rows: string[][] } {
  const count = (point: string, fault: string): number =>
    fired.filter((one) => one.point === point && one.fault === fault).length;
  return {
    head: ['state', 'await point', ...faults],
    rows: awaitPoints.map(({ name, state }) => [state, name, ...faults.map((fault) => String(count(name, fault)))]),
  };
}

/** What a run has shown, as lines for people. */
export function linesOf(report: ChaosReport): string[] {
  const { head, rows } = matrixOf(report);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const { counts, verdict, seed, tookMs, fired } = report;
  const found = faultsFound(verdict);
  return [
    line(head),
    ...rows.map(line),
    '',
    `seed ${seed}, ${Math.round(tookMs / 1_000)} s: ${fired.length} kills, ${counts.acknowledged} requests acknowledged, ${counts.runs} runs, ${counts.retried} retried, ${counts.events} events`,
    `ended: ${pairs(counts.ends)}`,
    `made to wait by: ${pairs(counts.refusals)}`,
    ...memoryLines(report),
    ...Object.entries(verdict).map(([what, list]: [string, string[]]) => `${what}: ${list.length}`),
    ...found.slice(0, 50),
  ];
}

/** Heap after a collection, by node: its first process that lived long enough to be seen, and its last. */
function memoryLines({ memory }: ChaosReport): string[] {
  const processes = [...new Set(memory.map(({ node, pid }) => `${node} ${pid}`))];
  const mb = (bytes: number | undefined): string => `${((bytes ?? 0) / 1_048_576).toFixed(1)} MB`;
  return processes.flatMap((name) => {
    const samples = memory.filter(({ node, pid }) => `${node} ${pid}` === name);
    if (samples.length < 2) return [];
    const [first, last] = [samples[0], samples.at(-1)];
    const minutes = (((last?.at ?? 0) - (first?.at ?? 0)) / 60_000).toFixed(1);
    return [
      `${name}: heap ${mb(first?.heapUsed)} -> ${mb(last?.heapUsed)}, rss ${mb(first?.rss)} -> ${mb(last?.rss)} in ${minutes} min`,
    ];
  });
}

function pairs(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}
