import { SlowLaneError } from '@slowlane/contracts';
import type { ArchiveLimits } from './limits.ts';

/** Judges the paths of one archive or tree, one after the other, because some faults only show between two of them. */
export interface PathGuard {
  /**
   * Checks one entry and remembers it; gives the clean relative path (`a/b`), or `undefined` for the archive's own root (`./`).
   * Throws `archive.refused`: absolute, `..`, control characters, too long, too many, or a clash with an earlier entry.
   */
  accept(path: string, kind: 'file' | 'folder'): string | undefined;
}

export function createPathGuard(limits: ArchiveLimits): PathGuard {
  const seen = new Map<string, { path: string; kind: 'file' | 'folder' }>();
  let count = 0;
  return {
    accept(raw, kind) {
      if (++count > limits.maxEntries) {
        throw new SlowLaneError('archive.refused', `more than ${limits.maxEntries} entries`);
      }
      const path = plainPath(raw, kind, limits.maxPathBytes);
      if (path === undefined) return undefined;
      for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
        remember(seen, path.slice(0, slash), 'folder');
      }
      remember(seen, path, kind);
      return path;
    },
  };
}

/** The path without `./` before and `/` behind it; `undefined` for the root folder. Throws `archive.refused` with the reason. */
export function plainPath(raw: string, kind: 'file' | 'folder', maxPathBytes: number): string | undefined {
  const path = trimmed(raw, kind);
  if (path === '' || path === '.') {
    if (kind === 'folder') return undefined;
    throw refused(raw, 'empty path');
  }
  const fault = faultOf(path, maxPathBytes);
  if (fault !== undefined) throw refused(raw, fault);
  return path;
}

function trimmed(raw: string, kind: 'file' | 'folder'): string {
  let path = raw.startsWith('./') ? raw.slice(2) : raw;
  if (kind === 'folder' && path.endsWith('/')) path = path.slice(0, -1);
  return path;
}

function faultOf(path: string, maxPathBytes: number): string | undefined {
  if (/[\u0000-\u001f\u007f-\u009f]/.test(path)) return 'control character in the path';
  if (path.includes('\ufffd')) return 'the path is no UTF-8';
  if (path.includes('\\')) return 'backslash in the path';
  if (path.startsWith('/')) return 'absolute path';
  if (Buffer.byteLength(path) > maxPathBytes) return `path longer than ${maxPathBytes} bytes`;
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.' || segment === '..') return `"${segment}" in the path`;
    if (Buffer.byteLength(segment) > 255) return 'name longer than 255 bytes';
  }
  return undefined;
}

function remember(seen: Map<string, { path: string; kind: 'file' | 'folder' }>, path: string, kind: 'file' | 'folder') {
  const folded = path.normalize('NFC').toLowerCase();
  const earlier = seen.get(folded);
  if (earlier === undefined) {
    seen.set(folded, { path, kind });
    return;
  }
  if (earlier.path !== path) throw refused(path, `differs only by case from "${earlier.path}"`);
  if (kind === 'file' || earlier.kind === 'file') throw refused(path, 'the path is there twice');
}

function refused(path: string, reason: string): SlowLaneError {
  return new SlowLaneError('archive.refused', `${JSON.stringify(path.slice(0, 200))}: ${reason}`);
}
