import { readFileSync } from 'node:fs';

/**
 * Whether this process can be one user only, itself: it then is root of a user namespace of its own (`unshare --user --map-root-user --mount`), may mount,
 * and has neither uids nor cgroups to give away.
 */
export function isRootless(uidMap = readFileSync('/proc/self/uid_map', 'utf8')): boolean {
  const ranges = uidMap.trim().split('\n');
  return ranges.length === 1 && Number(ranges[0]?.trim().split(/\s+/)[2]) === 1;
}
