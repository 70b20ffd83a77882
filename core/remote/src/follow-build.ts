import { type BuildLane, type BuildRecord, type BuildState, SlowLaneError } from '@slowlane/contracts';

export interface FollowOptions {
  /** Shows one line of the build log. */
  show(line: string): void;
  /** Where to go on: what an earlier call returned as `after`. */
  after?: string;
  /** States at which to stop looking. */
  until: (state: BuildState) => boolean;
  signal: AbortSignal;
}

/** A log that has nothing new is asked for this long; then the state is looked at. */
const waitMs = 200;
const pageLines = 500;

/** Shows a build's log as it is written until the build reaches a state; `undefined` when the signal came first. */
export async function followBuild(
  builds: BuildLane,
  buildId: string,
  options: FollowOptions,
): Promise<{ record: BuildRecord; after: string } | undefined> {
  let after = options.after ?? '0-0';
  while (!options.signal.aborted) {
    const record = await builds.get(buildId);
    if (record === undefined) throw new SlowLaneError('build.not-found', `build ${buildId} is gone`);
    const isDone = options.until(record.state);
    // The state was read before the log: what is there now is all that led to it.
    const lines = await builds.readLog(buildId, after, pageLines, isDone ? 0 : waitMs);
    for (const line of lines) options.show(line.text);
    after = lines.at(-1)?.id ?? after;
    if (isDone && lines.length < pageLines) return { record, after };
  }
  return undefined;
}
