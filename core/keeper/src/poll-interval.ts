import type { PollSettings } from './poll-settings.ts';

/** Time to a run's next poll: a tenth of its age, within the bounds of its workspace. A fresh run is looked at often, an old one rarely. */
export function pollIntervalMs(poll: PollSettings, workspace: string, ageMs: number): number {
  const { minMs, maxMs } = poll.byWorkspace[workspace] ?? poll;
  return Math.round(Math.min(maxMs, Math.max(minMs, ageMs / 10)));
}
