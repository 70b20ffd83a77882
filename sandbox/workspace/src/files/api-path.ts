import { invalidParameter } from '../http/api-error.ts';
import { tablesName } from './reserved-names.ts';
import { uploadsName } from './uploads.ts';

/**
 * The names of a path in the address of a call, each decoded by itself: an encoded slash stays inside its name and is refused, so no
 * decoding can add a step. 400 for `.`, `..`, empty names and control characters.
 *
 * @example namesOfUrl('/api/2.0/fs/files/Volumes/a/b%20c?x=1', '/api/2.0/fs/files') // ['Volumes', 'a', 'b c']
 */
export function namesOfUrl(url: string, prefix: string): string[] {
  const path = (url.split('?')[0] as string).slice(prefix.length);
  return path.replace(/^\//, '').replace(/\/$/, '').split('/').map(decodeName).map(checkName);
}

/** The names of a plain path (`/Workspace/Users/x`), under the same rules. */
export function namesOfPath(path: string): string[] {
  if (!path.startsWith('/')) throw invalidParameter(`Path (${path}) doesn't start with '/'`);
  const names = path.replace(/^\/+/, '').replace(/\/+$/, '');
  return names === '' ? [] : names.split('/').map(checkName);
}

/** What stands below `/Volumes`; 404-like answers are left to the caller, anything outside `/Volumes` is 400. */
export function belowVolumes(names: readonly string[]): string[] {
  if (names[0] !== 'Volumes')
    throw invalidParameter(`Invalid path: only paths below /Volumes are supported, but got /${names.join('/')}`);
  const reserved = [uploadsName, tablesName].find((name) => names[1] === name);
  if (reserved !== undefined) throw invalidParameter(`Invalid path: the name ${reserved} is reserved.`);
  return names.slice(1);
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    throw invalidParameter(`Invalid path: '${name}' is not percent-encoded UTF-8.`);
  }
}

function checkName(name: string): string {
  if (
    name === '' ||
    name === '.' ||
    name === '..' ||
    /[/\u0000-\u001f\u007f]/.test(name) ||
    Buffer.byteLength(name) > 255
  ) {
    throw invalidParameter(`Invalid path: '${name.slice(0, 300)}' is not a name of a file or folder.`);
  }
  return name;
}
