/** Beyond so many parts before it, nobody can say. */
const MOST_SIMULATED = 100_000;

/**
 * When a part starts that has `ahead` others before it, at so many places: those that hold one now end at `ends`, and each next run takes
 * `runMs`. All times are epoch ms.
 */
export function startOf(line: {
  now: number;
  places: number;
  ends: readonly number[];
  ahead: number;
  runMs: number;
}): number {
  const { now, ahead, runMs } = line;
  const places = Math.min(line.places, ahead + line.ends.length + 1);
  // More holders than places (a limit that was lowered): the first to end leave no place.
  const taken = [...line.ends].sort((a, b) => a - b).slice(Math.max(0, line.ends.length - places));
  const free = [...taken, ...Array.from({ length: places - taken.length }, () => now)].sort((a, b) => a - b);
  // Equal runs at n places: place k of the line starts a whole number of run times after the place that it inherits.
  const position = Math.min(ahead, MOST_SIMULATED);
  return (free[position % places] as number) + Math.floor(position / places) * runMs;
}
