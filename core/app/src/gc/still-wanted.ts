import type { Registration } from '@slowlane/contracts';
import type { RegistrationsInLedger } from '@slowlane/ledger';

/** So many artifacts per pipeline and target can be rolled back to without building again. */
const KEPT_ARTIFACTS = 5;

/** Registrations whose job and published files may go: nothing runs on them, and none of them is one that a rollback could choose. */
export function noLongerWanted(
  { all, pinned }: RegistrationsInLedger,
  { now, graceMs }: { now: number; graceMs: number },
): Registration[] {
  const wanted = new Set<string>();
  const artifacts = new Map<string, Set<string>>();
  for (const one of all) {
    const target = `${one.pipeline} ${one.target}`;
    const kept = artifacts.get(target) ?? new Set();
    artifacts.set(target, kept);
    if (kept.size < KEPT_ARTIFACTS || kept.has(one.set.digest)) {
      kept.add(one.set.digest);
      wanted.add(one.id);
    }
    if (pinned.has(one.id) || now - one.at < graceMs) wanted.add(one.id);
  }
  const keep = all.filter(({ id }) => wanted.has(id));
  // Several registrations can share a job, and several pipelines an artifact.
  const jobs = new Set(keep.map(jobOf));
  return all.filter((one) => !wanted.has(one.id) && !jobs.has(jobOf(one)));
}

/** Names a job among all workspaces. */
export function jobOf({ workspace, jobId }: Pick<Registration, 'workspace' | 'jobId'>): string {
  return `${workspace} ${jobId}`;
}
