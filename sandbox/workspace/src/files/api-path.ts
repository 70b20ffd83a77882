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
  const whole = url.split('?')[0] as string;
  // The router also finds a route whose own letters were percent-encoded; then nothing says where the path begins.
  if (!whole.startsWith(prefix)) throw invalidParameter(`Invalid path: the address does not begin with ${prefix}.`);
  const path = whole.slice(prefix.length);
  return checkLength(path.replace(/^\//, '').replace(/\/$/, '').split('/').map(decodeName).map(checkName));
}

/** The names of a plain path (`/Workspace/Users/x`), under the same rules. */
export function namesOfPath(path: string): string[] {
  if (!path.startsWith('/')) throw invalidParameter(`Path (${path}) doesn't start with '/'`);
  const names = path.replace(/^\/+/, '').replace(/\/+$/, '');
  return names === '' ? [] : checkLength(names.split('/').map(checkName));
}

/** What stands below `/Volumes`; 404-like answers are left to the caller, anything outside `/Volumes` is 400. */
export function belowVolumes(names: readonly string[]): string[] {
  if (names[0] !== 'Volumes')
    throw invalidParameter(`Invalid path: only paths below /Volumes are supported, but got /${names.join('/')}`);
  const reserved = [uploadsName, tablesName].find((name) => names[1] === name);
  if (reserved !== undefined) throw invalidParameter(`Invalid path: the name ${reserved} is reserved.`);
  return names.slice(1);
}

/** Longest path in bytes: with the folder that it lies in, the kernel still takes it whole (`PATH_MAX` is 4,096). */
const maxPathBytes = 3_072;

function checkLength(names: string[]): string[] {
  const bytes = Buffer.byteLength(names.join('/'));
  if (bytes > maxPathBytes)
    throw invalidParameter(`Invalid path: it has ${bytes} bytes, at most ${maxPathBytes} are allowed.`);
  return names;
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
    !name.isWellFormed() ||
    /[/\u0000-\u001f\u007f]/.test(name) ||
    Buffer.byteLength(name) > 255
  ) {
    throw invalidParameter(`Invalid path: '${name.slice(0, 300)}' is not a name of a file or folder.`);
  }
  return name;
}
