import { describe, expect, it } from 'vitest';
import { faultsFound } from './judge.ts';
import { linesOf } from './matrix.ts';
import { runChaos } from './run-chaos.ts';

const hour = 3_600_000;

describe('nodes whose clocks are an hour ahead and an hour behind', () => {
  it('break no promise while they are killed and take over from each other', async () => {
    const cells = [
      { point: 'claim', fault: 'node after' },
      { point: 'POST run-now', fault: 'node after' },
      { point: 'release', fault: 'node before' },
      { point: 'POST callback', fault: 'node after' },
    ] as const;
    const report = await runChaos({
      ...{ seed: 16, cells, minutes: 0, mostMs: 60_000, clockOffMs: [0, hour, -hour] },
      say: console.log,
    });
    console.log(linesOf(report).join('\n'));
    expect(report.missing, 'faults that did not fire').toEqual([]);
    expect(faultsFound(report.verdict)).toEqual([]);
  }, 300_000);
});
