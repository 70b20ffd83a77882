import { existsSync, readFileSync } from 'node:fs';
import type { Installation } from '../processes/installation.ts';

/** SLOWLANE_TOKEN, else the administrator's token of an installation whose state folder the caller may read; empty = none. */
export function callerToken({ environment, paths }: Installation): string {
  if (environment.token !== undefined) return environment.token;
  try {
    return existsSync(paths.adminToken) ? readFileSync(paths.adminToken, 'utf8').trim() : '';
  } catch {
    return '';
  }
}
