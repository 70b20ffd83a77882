import { isCommitId } from './git-ref.ts';
import { type GitPlace, runGit } from './git.ts';

/** Whether a full commit id is an object of this repository. */
export async function hasCommit(place: GitPlace, commit: string): Promise<boolean> {
  if (!isCommitId(commit)) return false;
  try {
    // With `-e` it would say nothing, and simple-git waits 50 ms for words from a program that has none.
    return (await runGit(place, ['cat-file', '-t', commit])).trim() === 'commit';
  } catch {
    return false;
  }
}
