import type { BuildRecord } from '@slowlane/contracts';
import type { StageDeps } from './stage-deps.ts';
import type { StageLog } from './stage-log.ts';

export const stageNames = ['fetch', 'detect', 'plan', 'build', 'inspect', 'publish', 'register'] as const;
export type StageName = (typeof stageNames)[number];

/** What one run of one stage works with. */
export interface StageContext {
  deps: StageDeps;
  /** As it was when the stage began. */
  record: BuildRecord;
  signal: AbortSignal;
  log: StageLog;
}
