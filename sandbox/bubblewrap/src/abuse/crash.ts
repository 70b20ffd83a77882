import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { isAlive } from '@slowlane/process';
import { livingOwner } from '../ownership.ts';
import { supervise } from '../supervisor.ts';
import { teardown } from '../teardown.ts';
import type { Bench, Finding } from './bench.ts';

/** Test 24: `kill -9` of the process that owns a program ends the program, down to the last of what it started. */
export async function attackOwner(bench: Bench): Promise<Finding[]> {
  const { context } = bench;
  const spec = { ...bench.spec(), work: { kind: 'none' as const } };
  const recordDir = mkdtempSync(`${context.paths.state}/probe-`);
  chownSync(recordDir, context.caller.uid, context.caller.gid);
  try {
    const command = {
      argv: ['/bin/sh', '-c', 'setsid sleep 300 & setsid sleep 300 & echo up; sleep 300'],
      net: { mode: 'none' as const },
    };
    await supervise(context, spec, { command, recordDir });
    await untilTrue(() => readFileSync(`${recordDir}/stdout`, 'utf8') === 'up\n');
    const owner = livingOwner(context.paths.sandboxes, spec.id);
    const cgroup = context.cgroups.open(spec.id);
    const before = cgroup.pids().length;
    if (owner !== undefined) process.kill(owner.pid, 'SIGKILL');
    await untilTrue(() => cgroup.pids().length === 0);
    const left = cgroup.pids();
    const ok = owner !== undefined && before > 0 && left.length === 0 && !isAlive(owner);
    return [{ test: '24 the owner is killed', ok, detail: JSON.stringify({ before, left }) }];
  } finally {
    await teardown(context, spec.id);
    rmSync(recordDir, { recursive: true, force: true });
  }
}

async function untilTrue(condition: () => boolean): Promise<void> {
  const until = performance.now() + 10_000;
  while (!condition() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
}
