import type { TestView } from '@slowlane/cli';
import { SlowLaneError } from '@slowlane/contracts';
import { faultsFound } from './judge.ts';
import { linesOf } from './matrix.ts';
import { cells, nameOf } from './points.ts';
import { type ChaosReport, runChaos } from './run-chaos.ts';

/** `slowlane test chaos --minutes N [--seed S]`: all cells again and again; each kill counts as passed, each broken promise as failed. What did not fire in the time is told. */
export async function chaosCommand(
  options: { minutes: number; seed: number | undefined },
  say: (line: string) => void,
): Promise<TestView & { report: ChaosReport }> {
  const { minutes, seed = Date.now() % 1_000_000_000 } = options;
  if (!Number.isFinite(minutes) || minutes <= 0 || minutes > 24 * 60)
    throw new SlowLaneError('cli.usage', `--minutes ${minutes} is not a number of minutes from 0 to 1440`);
  if (!Number.isSafeInteger(seed)) throw new SlowLaneError('cli.usage', `--seed ${seed} is not a whole number`);
  const report = await runChaos({ seed, cells, minutes, mostMs: minutes * 60_000, say });
  for (const line of linesOf(report)) say(line);
  for (const cell of report.missing) say(`did not fire: ${nameOf(cell)}`);
  say(verdictOf(report));
  const failed = report.fired.length === 0 ? 1 : faultsFound(report.verdict).length;
  const passed = report.fired.length;
  const { tookMs } = report;
  const outcome = {
    suite: 'chaos',
    passed,
    failed,
    skipped: report.missing.length,
    tookMs,
    budgetMs: minutes * 60_000,
  };
  return { outcomes: [outcome], passed, failed, skipped: report.missing.length, report };
}

/** The last line of every run: whether all promises were kept, and why not. */
export function verdictOf({ fired, verdict }: Pick<ChaosReport, 'fired' | 'verdict'>): string {
  const found = faultsFound(verdict);
  if (verdict.unfinished.length > 0) return `verdict: not proven, ${verdict.unfinished.join('; ')}`;
  if (found.length > 0) return `verdict: ${found.length} broken promises, the first: ${found[0]}`;
  return fired.length === 0 ? 'verdict: not proven, no fault fired' : 'verdict: every promise was kept';
}
