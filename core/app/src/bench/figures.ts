import { formatDuration, percentile as percentileOf } from '@slowlane/kit';

/** One figure of `slowlane bench`, taken side by side with the raw thing in the same run. */
export interface Figure {
  name: string;
  ours: string;
  raw: string;
  ratio: string;
  target: string;
  met: boolean;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

export function percentile(values: readonly number[], share: number): number {
  return percentileOf(values, share) ?? Number.NaN;
}

/** Ours against the raw thing: medians of the same number of alternating rounds. */
export function ratioFigure(
  name: string,
  rounds: { ours: readonly number[]; raw: readonly number[] },
  limit: number,
): Figure {
  const [ours, raw] = [median(rounds.ours), median(rounds.raw)];
  return {
    name,
    ours: formatDuration(ours),
    raw: formatDuration(raw),
    ratio: (ours / raw).toFixed(2),
    target: `<= ${limit} x`,
    met: ours / raw <= limit,
  };
}

/** Runs both in turn, so that what else the machine does hits both alike. */
export async function alternate(
  rounds: number,
  ours: () => Promise<void>,
  raw: () => Promise<void>,
): Promise<{ ours: number[]; raw: number[] }> {
  const taken = { ours: [] as number[], raw: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    taken.ours.push(await time(ours));
    taken.raw.push(await time(raw));
  }
  return taken;
}

export async function time(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
