import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { SlowLaneError } from '@slowlane/contracts';

export function readText(folder: string, file: string): string {
  try {
    return readFileSync(`${folder}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

export function readNumber(folder: string, file: string): number {
  const value = Number(readText(folder, file).trim());
  return Number.isFinite(value) ? value : 0;
}

/** The number after `name` in a file of `name number` lines. */
export function readField(folder: string, file: string, name: string): number {
  const line = readText(folder, file)
    .split('\n')
    .find((one) => one.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}

/** Writes a limit. Throws `sandbox.failed`: a sandbox without its limit is not started. */
export function writeLimit(folder: string, file: string, value: string | number): void {
  try {
    writeFileSync(`${folder}/${file}`, String(value));
  } catch (cause) {
    throw new SlowLaneError('sandbox.failed', `cannot write ${value} to ${folder}/${file}`, { cause });
  }
}

/** Writes a file that not every kernel has or lets be written. */
export function writeOptional(folder: string, file: string, value: string | number): void {
  try {
    writeFileSync(`${folder}/${file}`, String(value));
  } catch {
    // the kernel is built without it
  }
}

export function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
}

export function readPids(folders: readonly string[]): number[] {
  const pids = folders.flatMap((folder) => readText(folder, 'cgroup.procs').split('\n')).filter((line) => line !== '');
  return [...new Set(pids.map(Number))];
}

export function subfolders(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

/**
 * Ends everything in the folders and waits until they are empty. `cgroup.kill` of a v2 folder needs no controller, so it serves
 * on hybrid hosts too; without it each process gets KILL until no new one appears.
 */
export async function killEverything(folders: readonly string[]): Promise<void> {
  const killable = folders.find((folder) => existsSync(`${folder}/cgroup.kill`));
  for (let round = 0; round < 2_000; round++) {
    const pids = readPids(folders);
    if (pids.length === 0) return;
    if (killable === undefined) pids.forEach(killOne);
    else if (round % 50 === 0) writeOptional(killable, 'cgroup.kill', 1);
    await pause(round < 20 ? 1 : 10);
  }
  throw new SlowLaneError('sandbox.failed', `processes in ${folders[0]} do not end: ${readPids(folders).join(', ')}`);
}

/** A folder is busy for some moments after its last process has gone. */
export async function removeFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    for (let round = 0; round < 200 && existsSync(folder); round++) {
      try {
        rmdirSync(folder);
      } catch {
        await pause(round < 20 ? 1 : 10);
      }
    }
  }
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ended in between
  }
}
