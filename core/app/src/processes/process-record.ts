import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, type ProcessIdentity } from '@slowlane/process';

export type ProcessName = 'helper' | 'workspace' | 'service' | 'redis';

/** `port`: where it listens, once it does, if that may be another than the configured one. */
export type NotedProcess = ProcessIdentity & { port?: number };

/** Where a process of an installation is noted, so that another command finds it: `<run>/<name>.json`. */
export function noteProcess(run: string, name: ProcessName, identity: NotedProcess): void {
  mkdirSync(run, { recursive: true });
  const file = join(run, `${name}.json`);
  writeFileSync(`${file}.part`, JSON.stringify(identity));
  renameSync(`${file}.part`, file);
}

/** The process that was noted, if that very process still lives. */
export function findProcess(run: string, name: ProcessName): NotedProcess | undefined {
  const file = join(run, `${name}.json`);
  if (!existsSync(file)) return undefined;
  const identity = JSON.parse(readFileSync(file, 'utf8')) as NotedProcess;
  return isAlive(identity) ? identity : undefined;
}

export function forgetProcess(run: string, name: ProcessName): void {
  rmSync(join(run, `${name}.json`), { force: true });
}
