import { expect, it } from 'vitest';
import { faultsFound } from './judge.ts';
import { linesOf } from './matrix.ts';
import type { Cell } from './points.ts';
import { runChaos } from './run-chaos.ts';

const around: Cell[] = [
  { point: 'POST run-now', fault: 'node after' },
  { point: 'bind', fault: 'node before' },
  { point: 'bind', fault: 'redis' },
];

it('starts no run twice when nodes die between the call to the workspace and the note of its answer', async () => {
  const cells = [...around, ...around];
  const report = await runChaos({ seed: 3, cells, minutes: 0, mostMs: 60_000, say: () => undefined });
  console.log(linesOf(report).join('\n'));
  expect(report.missing).toEqual([]);
  expect(faultsFound(report.verdict)).toEqual([]);
}, 180_000);
