import { type Counts, noCounts, nothingFound } from './judge.ts';
import { nameOf } from './points.ts';
import type { ChaosReport } from './run-chaos.ts';

/** Several runs as one: what fired in any of them has fired, what was found wrong in any of them is wrong. */
export function mergeReports(reports: readonly ChaosReport[]): ChaosReport {
  const [first, ...others] = reports;
  if (first === undefined) throw new Error('no report to merge');
  const fired = reports.flatMap((report) => report.fired);
  const done = new Set(fired.map(nameOf));
  const verdict = nothingFound();
  for (const report of reports)
    for (const [what, found] of Object.entries(report.verdict) as [keyof typeof verdict, string[]][])
      verdict[what].push(...found);
  return {
    ...first,
    ...{ fired, verdict, missing: first.missing.filter((cell) => !done.has(nameOf(cell))) },
    tookMs: sum(reports.map(({ tookMs }) => tookMs)),
    counts: others.reduce((counts, report) => add(counts, report.counts), add(noCounts(), first.counts)),
    memory: reports.toSorted((one, other) => other.tookMs - one.tookMs)[0]?.memory ?? [],
  };
}

function add(one: Counts, other: Counts): Counts {
  return {
    acknowledged: one.acknowledged + other.acknowledged,
    repeated: one.repeated + other.repeated,
    runs: one.runs + other.runs,
    retried: one.retried + other.retried,
    events: one.events + other.events,
    spentMicros: one.spentMicros + other.spentMicros,
    ends: addEach(one.ends, other.ends),
    refusals: addEach(one.refusals, other.refusals),
  };
}

function addEach(one: Record<string, number>, other: Record<string, number>): Record<string, number> {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...names].map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
