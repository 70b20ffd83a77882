import { expect, it } from 'vitest';
import { faultsFound } from './judge.ts';
import { linesOf } from './matrix.ts';
import { awaitPoints, faults } from './points.ts';
import { randomOf, shuffled } from './random.ts';
import { runChaos } from './run-chaos.ts';

const seed = 20_261_124;

it('keeps every promise of the request lane while nodes, Redis and the workspace are killed at its await points', async () => {
  const random = randomOf(seed);
  // Every point once, and every kind of fault three times.
  const some = awaitPoints.map(({ name }, at) => ({ point: name, fault: faults[at % faults.length] ?? 'node before' }));
  const report = await runChaos({
    ...{ seed, cells: shuffled(some, random), minutes: 0, mostMs: 80_000 },
    say: console.log,
  });
  console.log(linesOf(report).join('\n'));
  expect(report.missing, 'faults that did not fire').toEqual([]);
  expect(faultsFound(report.verdict)).toEqual([]);
  const refusing = new Set(Object.keys(report.counts.refusals).map((dimension) => dimension.split(':')[0]));
  for (const kind of ['*', 'op', 'pool', 'ws', 'tn', 'res', 'bud'])
    expect(refusing, 'kinds that made someone wait').toContain(kind);
  expect(report.counts.retried).toBeGreaterThan(0);
  expect(report.counts.spentMicros).toBeGreaterThan(0);
}, 200_000);
