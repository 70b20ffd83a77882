import { appendFileSync, existsSync, readFileSync, readlinkSync, readdirSync } from 'node:fs';
import { identify, isAlive } from '@slowlane/process';
import type { ProcessIdentity } from '@slowlane/process';
import { readText } from './files.ts';

/** Notes a process that starts programs of a sandbox, or that is pid 1 of one. */
export function noteProgram(file: string, pid: number): void {
  const identity = identify(pid);
  if (identity !== undefined) appendFileSync(file, `${JSON.stringify(identity)}\n`);
}

/** The noted processes that live, and their children: one that has only just started pid 1 of its sandbox. */
export function programsOf(file: string): ProcessIdentity[] {
  if (!existsSync(file)) return [];
  const noted = readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as ProcessIdentity)
    .filter(isAlive);
  const children = noted.flatMap(({ pid }) => childrenOf(pid)).map(identify);
  const all = [...noted, ...children.filter((one) => one !== undefined)];
  return [...new Map(all.map((one) => [one.pid, one])).values()];
}

/** All processes in the process namespaces that the given ones are in, but never those of this process's own. */
export function membersOf(programs: readonly ProcessIdentity[]): number[] {
  const own = namespaceOf(process.pid);
  const wanted = new Set(programs.map(({ pid }) => namespaceOf(pid)));
  wanted.delete(own);
  wanted.delete(undefined);
  if (wanted.size === 0) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && wanted.has(namespaceOf(Number(name))))
    .map(Number);
}

function childrenOf(pid: number): number[] {
  return readText(`/proc/${pid}/task/${pid}`, 'children').split(' ').filter(Boolean).map(Number);
}

function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}
