import { SlowLaneError } from '@slowlane/contracts';

/** Whether a text is a full commit id (SHA-1: repositories with SHA-256 ids are refused where they are fetched). */
export function isCommitId(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

/** Throws `source.refused` unless the text is a branch, tag or full ref name by git's rules, or a commit id. */
export function checkRef(ref: string): void {
  if (ref === 'HEAD' || isCommitId(ref)) return;
  const fault = faultOf(ref);
  if (fault !== undefined) {
    throw new SlowLaneError('source.refused', `ref ${JSON.stringify(ref.slice(0, 200))}: ${fault}`, {
      hint: 'Name a branch, a tag, or a full commit id.',
    });
  }
}

/** @see https://git-scm.com/docs/git-check-ref-format */
function faultOf(ref: string): string | undefined {
  if (ref === '') return 'it is empty';
  if (ref.length > 250) return 'it is longer than 250 characters';
  if (ref.startsWith('-')) return 'it begins with "-"';
  if (/[\u0000-\u0020\u007f~^:?*[\\]/.test(ref)) return 'it has a character that git does not allow';
  if (ref.includes('..') || ref.includes('@{') || ref === '@') return 'it is an expression, not a name';
  if (ref.endsWith('.')) return 'it ends with "."';
  if (/^[0-9a-f]{64}$/.test(ref)) return 'commit ids of SHA-256 repositories are not supported';
  for (const segment of ref.split('/')) {
    if (segment === '' || segment.startsWith('.') || segment.endsWith('.lock')) return `it has the part "${segment}"`;
  }
  return undefined;
}

/** Full names that a short one may mean, in the order they are looked for. */
export function fullNames(ref: string): string[] {
  if (ref === 'HEAD' || ref.startsWith('refs/')) return [ref];
  return [`refs/heads/${ref}`, `refs/tags/${ref}`];
}
