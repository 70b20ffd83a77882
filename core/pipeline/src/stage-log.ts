import type { BuildLane } from '@slowlane/contracts';
import { formatDuration } from '@slowlane/kit';

/** What people read while a build goes on. */
export interface StageLog {
  /** `==> fetch    commit 1a2b3c4 (14 files)  0.3 s`: what the stage has done, and how long it took since it began. */
  say(text: string): Promise<void>;
  /** Lines as they are. */
  lines(lines: readonly string[]): Promise<void>;
}

export function createStageLog(of: {
  builds: BuildLane;
  buildId: string;
  stage: string;
  clock: { now(): number };
}): StageLog {
  const beganAt = of.clock.now();
  const lines = (texts: readonly string[]): Promise<void> =>
    texts.length === 0 ? Promise.resolve() : of.builds.log(of.buildId, texts);
  return {
    lines,
    say: (text) => lines([`==> ${of.stage.padEnd(8)} ${text}  ${formatDuration(of.clock.now() - beganAt)}`]),
  };
}
