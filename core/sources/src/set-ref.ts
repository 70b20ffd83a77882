import { SlowLaneError } from '@slowlane/contracts';
import { mapGitFailure } from './git-failure.ts';
import { checkRef } from './git-ref.ts';
import { runGit } from './git.ts';
import type { Mirror } from './mirror.ts';

/** Points a full ref name (`refs/…`) at a commit that the mirror has, so that it is kept. `source.refused`, `source.not-found`. */
export async function setRef(mirror: Mirror, name: string, commit: string): Promise<void> {
  checkRef(name);
  if (!name.startsWith('refs/'))
    throw new SlowLaneError('source.refused', `${JSON.stringify(name)} is no full ref name (refs/…)`);
  if (!(await mirror.has(commit)))
    throw new SlowLaneError('source.not-found', `commit ${JSON.stringify(commit)} is not in the mirror`);
  try {
    await runGit(mirror, ['update-ref', '--no-deref', name, commit]);
  } catch (error) {
    throw mapGitFailure(error, name);
  }
}
