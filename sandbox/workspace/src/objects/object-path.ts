import { createHash } from 'node:crypto';
import { namesOfPath } from '../files/api-path.ts';
import { uploadsName } from '../files/uploads.ts';
import { invalidParameter } from '../http/api-error.ts';

/** The names of a workspace path: `/Users/x` and `/Workspace/Users/x` are the same object. */
export function objectNames(path: string): string[] {
  const given = namesOfPath(path);
  const names = given[0] === 'Workspace' ? given.slice(1) : given;
  if (names[0] === uploadsName) throw invalidParameter(`Invalid path: the name ${uploadsName} is reserved.`);
  return names;
}

/** The path as the API shows it. */
export function shownPath(names: readonly string[]): string {
  return `/${names.join('/')}`;
}

/** An id that stays the same as long as the path does: 48 bits, so that it fits a JSON number. */
export function objectId(names: readonly string[]): number {
  return createHash('sha256').update(shownPath(names)).digest().readUIntBE(0, 6);
}
