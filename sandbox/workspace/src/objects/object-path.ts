import { createHash } from 'node:crypto';
import { namesOfPath } from '../files/api-path.ts';

/** The names of a workspace path: `/Users/x` and `/Workspace/Users/x` are the same object. */
export function objectNames(path: string): string[] {
  const names = namesOfPath(path);
  return names[0] === 'Workspace' ? names.slice(1) : names;
}

/** The path as the API shows it. */
export function shownPath(names: readonly string[]): string {
  return `/${names.join('/')}`;
}

/** An id that stays the same as long as the path does: 48 bits, so that it fits a JSON number. */
export function objectId(names: readonly string[]): number {
  return createHash('sha256').update(shownPath(names)).digest().readUIntBE(0, 6);
}
