import { statfsSync } from 'node:fs';
import { run } from '@slowlane/process';
import { finding, python, shell } from './bench.ts';
import type { Bench, Finding } from './bench.ts';
import { hostProcesses } from './host-processes.ts';

/** Tests 1-4, 22, 23, 25 and 30: what a program takes until something stops it, each ending in its own reason. */
export async function attackLimits(bench: Bench): Promise<Finding[]> {
  const starred = [forkBomb, memoryBomb, fillVolume, fillInodes, ignoreTerm, leaveDaemon, floodOutput, floodBinary];
  const attacks = [...starred, staySilent, ...(bench.isQuick ? [] : [fillTmp, spin])];
  const findings: Finding[] = [];
  // Two at a time: the bombs are to hit their own limits, not each other.
  for (let index = 0; index < attacks.length; index += 2) {
    findings.push(...(await Promise.all(attacks.slice(index, index + 2).map((attack) => attack(bench)))));
  }
  return findings;
}

async function forkBomb(bench: Bench): Promise<Finding> {
  const { end } = await bench.within({ wallMs: 20_000 }, (sandbox) =>
    shell(sandbox, 'f(){ f|f & }; f; for i in 1 2 3; do sleep 0.2; done; exit 1'),
  );
  const host = await run(['/bin/true']);
  return finding('1 fork bomb', end.usage.pidsHits > 0 && end.reason === 'pids' && host.ok, end);
}

async function memoryBomb(bench: Bench): Promise<Finding> {
  const script = 'b=[]\nfor i in range(1024): b.append(b"x"*(1<<20))';
  const { end } = await bench.within({ memoryBytes: 96 * 1_048_576 }, (sandbox) => python(sandbox, script));
  return finding('2 memory bomb', end.reason === 'oom' && end.usage.oomKills > 0, end);
}

/** `/run` and `/var/tmp` need not be there; where they are they must have an end too. */
async function fillTmp(bench: Bench): Promise<Finding> {
  const script =
    'for d in /tmp /dev/shm /run /var/tmp /dev/mqueue; do if head -c 100M /dev/zero > $d/f; then echo "$d took it"; fi; done; exit 0';
  const { end, stdout, stderr } = await bench.within({ tmpBytes: 8 * 1_048_576 }, (sandbox) => shell(sandbox, script));
  const isFull = end.code === 0 && stdout === '' && stderr.split('No space left').length >= 3;
  return finding('3 fill /tmp, /dev/shm and /run', isFull, { end, stdout, stderr });
}

async function fillVolume(bench: Bench): Promise<Finding> {
  const before = statfsSync(bench.folder);
  const { end, stderr } = await bench.within({}, (sandbox) => shell(sandbox, 'exec head -c 1G /dev/zero > f'));
  const after = statfsSync(bench.folder);
  const lost = (before.bavail - after.bavail) * before.bsize;
  return finding(
    '4 fill the disk',
    end.reason === 'disk' && stderr.includes('No space left') && lost < 512 * 1_048_576,
    { end, lost },
  );
}

async function fillInodes(bench: Bench): Promise<Finding> {
  const script = 'for i in range(10000): open("/work/%d" % i, "w").close()';
  const { end, stderr } = await bench.within({ workInodes: 500 }, (sandbox) => python(sandbox, script));
  return finding('4 fill the inodes', end.reason === 'disk' && stderr.includes('No space left'), end);
}

async function ignoreTerm(bench: Bench): Promise<Finding> {
  const { end } = await bench.within({ wallMs: 300 }, (sandbox) =>
    shell(sandbox, 'trap "" TERM HUP INT; while :; do sleep 9; done'),
  );
  return finding('22 wall time, TERM ignored', end.reason === 'timeout' && end.usage.wallMs < 5_300, end);
}

async function staySilent(bench: Bench): Promise<Finding> {
  const { end } = await bench.within({ idleMs: 300 }, (sandbox) => shell(sandbox, 'trap "" TERM; sleep 60'));
  return finding('22 no output for long', end.reason === 'idle', end);
}

async function leaveDaemon(bench: Bench): Promise<Finding> {
  const mark = `${172_800 + process.pid}.${Date.now() % 100_000}`;
  return bench.within({}, async (sandbox) => {
    const { end } = await shell(sandbox, `setsid sleep ${mark} >/dev/null 2>&1 </dev/null & exit 7`);
    await sandbox.killAll();
    const left = hostProcesses(mark);
    return finding('23 daemons', end.code === 7 && left.length === 0, { end, left });
  });
}

async function floodOutput(bench: Bench): Promise<Finding> {
  const { end, stdout } = await bench.within({ outputBytes: 1_048_576 }, (sandbox) => shell(sandbox, 'exec yes'));
  return finding('25 output flood', end.reason === 'output' && stdout.length === 1_048_576, end);
}

async function floodBinary(bench: Bench): Promise<Finding> {
  const { end, stderr } = await bench.within({ outputBytes: 200_000 }, (sandbox) =>
    shell(sandbox, 'exec head -c 1G /dev/zero >&2'),
  );
  return finding('25 one endless line of zeros', end.reason === 'output' && stderr.length === 200_000, end);
}

const quota = 0.1;

/**
 * The quota is an upper bound, so a busy machine makes this easier to hold, never harder; one period per processor is its grain. Three spinners want thirty
 * times of it: without a quota they are far beyond it even where they get a tenth of the machine.
 */
async function spin(bench: Bench): Promise<Finding> {
  const { end } = await bench.within({ cpus: quota }, (sandbox) =>
    shell(sandbox, '(while :; do :; done) & (while :; do :; done) & (while :; do :; done) & sleep 2; exit 0'),
  );
  const { cpuMs, wallMs } = end.usage;
  return finding('30 processor time', cpuMs > 0 && cpuMs <= quota * wallMs + 150, { cpuMs, wallMs });
}
