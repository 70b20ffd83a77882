import { awaitPoints, faults } from './points.ts';
import { type Counts, faultsFound } from './judge.ts';
import { budget, budgetDimension, limits } from './operations.ts';
import type { ChaosReport } from './run-chaos.ts';
import type { MemorySample } from './system.ts';

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
    `made nobody wait: ${unrefusing(counts).join(', ') || 'no dimension'}`,
    spentLine(counts),
    ...memoryLines(report),
    ...Object.entries(verdict).map(([what, list]: [string, string[]]) => `${what}: ${list.length}`),
    ...found.slice(0, 50),
  ];
}

/** What the tenant with a budget has cost. */
export function spentLine({ spentMicros }: Pick<Counts, 'spentMicros'>): string {
  return `spent by ${budget.tenant}: ${(spentMicros / 1e6).toFixed(2)} of ${budget.perMonth.toFixed(2)}`;
}

/** Kinds of dimension that the load has, and that refused nobody: then "never over" proves little about them. */
export function unrefusing({ refusals }: Pick<Counts, 'refusals'>): string[] {
  const dimensions = [...Object.keys(limits), budgetDimension];
  const kinds = new Set(dimensions.map((dimension) => dimension.split(':')[0] ?? ''));
  const refusing = new Set(Object.keys(refusals).map((dimension) => dimension.split(':')[0]));
  return [...kinds].filter((kind) => !refusing.has(kind));
}

/**
 * Memory by process: of each name the process that was seen longest, first and last. Nodes that are killed live too short to tell anything; the one
 * that is spared tells all of the time.
 */
export function memoryLines({ memory }: Pick<ChaosReport, 'memory'>): string[] {
  return [...new Set(memory.map(({ node }) => node))].sort().flatMap((name) => {
    const lives = [...new Set(memory.filter(({ node }) => node === name).map(({ pid }) => pid))].map((pid) =>
      memory.filter((one) => one.node === name && one.pid === pid),
    );
    const [first, ...rest] = lives.sort((one, other) => lengthOf(other) - lengthOf(one))[0] ?? [];
    const last = rest.at(-1);
    if (first === undefined || last === undefined) return [];
    const heap = first.heapUsed === undefined ? '' : `heap ${mb(first.heapUsed)} -> ${mb(last.heapUsed)}, `;
    const minutes = ((last.at - first.at) / 60_000).toFixed(1);
    return [`${name}: ${heap}rss ${mb(first.rss)} -> ${mb(last.rss)} in ${minutes} min`];
  });
}

function lengthOf(samples: readonly MemorySample[]): number {
  return (samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0);
}

function mb(bytes: number | undefined): string {
  return `${((bytes ?? 0) / 1_048_576).toFixed(1)} MB`;
}

function pairs(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}
