import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, type ProcessIdentity } from '@slowlane/process';

export type ProcessName = 'helper' | 'workspace' | 'service' | 'redis';

/** Where a process of an installation is noted, so that another command finds it: `<run>/<name>.json`. */
export function noteProcess(run: string, name: ProcessName, identity: ProcessIdentity): void {
  mkdirSync(run, { recursive: true });
  const file = join(run, `${name}.json`);
  writeFileSync(`${file}.part`, JSON.stringify(identity));
  renameSync(`${file}.part`, file);
}

/** The process that was noted, if that very process still lives. */
export function findProcess(run: string, name: ProcessName): ProcessIdentity | undefined {
  const file = join(run, `${name}.json`);
  if (!existsSync(file)) return undefined;
  const identity = JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity;
  return isAlive(identity) ? identity : undefined;
}

export function forgetProcess(run: string, name: ProcessName): void {
  rmSync(join(run, `${name}.json`), { force: true });
}
