/** What git, on some file system, takes for its own folder: `.git` in any case, and the short name that Windows gives it. */
const ownNames = /^(?:\.git|git~\d+)$/;

/**
 * The part of a path that ends with a repository's own folder, undefined for all others. Settings and hooks in it would act on whoever calls git in the
 * unpacked tree. Dots, blanks and characters without a width do not make another name everywhere, so they count for nothing.
 */
export function ownFolderIn(path: string): string | undefined {
  const segments = path.split('/');
  const at = segments.findIndex((segment) => ownNames.test(plain(segment)));
  return at < 0 ? undefined : segments.slice(0, at + 1).join('/');
}

function plain(segment: string): string {
  return segment
    .replaceAll(/[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g, '')
    .replace(/[. ]+$/, '')
    .toLowerCase();
}
