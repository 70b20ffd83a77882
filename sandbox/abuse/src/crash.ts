import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { finding } from './bench.ts';
import type { Bench, Finding } from './bench.ts';
import { hostProcesses, uidsOf, untilTrue } from './host-processes.ts';

/** Test 24 and hole 1: `kill -9` of the process that owns a program ends the program, down to the last of what it started. */
export async function attackOwner(bench: Bench): Promise<Finding[]> {
  const spec = { ...bench.spec(), work: { kind: 'none' as const } };
  const recordDir = mkdtempSync(`${bench.folder}/probe-`);
  chownSync(recordDir, bench.caller.uid, bench.caller.gid);
  // Nobody else sleeps that long: the number is how the processes are found again.
  const mark = `${86_400 + process.pid}.${Date.now() % 100_000}`;
  const script = `setsid sleep ${mark} & setsid sleep ${mark} & echo up; sleep ${mark}`;
  const command = { argv: ['/bin/sh', '-c', script], net: { mode: 'none' as const } };
  try {
    await bench.driver.supervise(spec, command, recordDir);
    await untilTrue(() => readFileSync(`${recordDir}/stdout`, 'utf8') === 'up\n' && hostProcesses(mark).length === 3);
    const before = hostProcesses(mark).length;
    const uids = hostProcesses(mark).flatMap(uidsOf);
    process.kill(supervisorOf(recordDir), 'SIGKILL');
    // The kernel ends it; a busy machine may be late, and what does not come at all is not waited for.
    await untilTrue(() => hostProcesses(mark).length === 0, 10_000);
    const byItself = hostProcesses(mark).length === 0;
    const isRunning = await bench.driver.isRunning(spec.id);
    const left = hostProcesses(mark).length;
    return [
      finding('hole 1 nobody inside is root outside', uids.length === 12 && !uids.includes(0), uids),
      finding(
        '24 the owner is killed',
        before === 3 && left === 0 && !isRunning && (byItself || !bench.diesWithOwner),
        { before, left, byItself },
      ),
    ];
  } finally {
    await bench.driver.kill(spec.id, 'kill');
    await bench.driver.reap();
    rmSync(recordDir, { recursive: true, force: true });
  }
}

function supervisorOf(recordDir: string): number {
  return (JSON.parse(readFileSync(`${recordDir}/started.json`, 'utf8')) as { supervisor: number }).supervisor;
}
