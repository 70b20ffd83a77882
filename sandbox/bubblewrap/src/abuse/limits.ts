import { statfsSync } from 'node:fs';
import { run } from '@slowlane/process';
import { python, shell } from './bench.ts';
import type { Bench, Finding } from './bench.ts';

/** Tests 1-4, 22, 23 and 25: what a program takes until something stops it. */
export async function attackLimits(bench: Bench): Promise<Finding[]> {
  const attacks = [forkBomb, memoryBomb, fillTmp, fillVolume, fillInodes, ignoreTerm, leaveDaemon, floodOutput];
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

async function fillTmp(bench: Bench): Promise<Finding> {
  const script = 'head -c 40M /dev/zero > /tmp/f && exit 9; head -c 100M /dev/zero > /dev/shm/f && exit 8; exit 0';
  const { end, stderr } = await bench.within({ tmpBytes: 8 * 1_048_576 }, (sandbox) => shell(sandbox, script));
  const isFull = end.code === 0 && stderr.split('No space left').length === 3;
  return finding('3 fill /tmp and /dev/shm', isFull, { end, stderr });
}

async function fillVolume(bench: Bench): Promise<Finding> {
  const before = statfsSync(bench.context.paths.state);
  const { end, stderr } = await bench.within({}, (sandbox) => shell(sandbox, 'exec head -c 1G /dev/zero > f'));
  const after = statfsSync(bench.context.paths.state);
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
  return finding('22 wall time, TERM ignored', end.reason === 'timeout' && end.usage.wallMs < 3_300, end);
}

async function leaveDaemon(bench: Bench): Promise<Finding> {
  return bench.within({}, async (sandbox) => {
    const { end } = await shell(sandbox, 'setsid sleep 300 >/dev/null 2>&1 </dev/null & exit 7');
    await sandbox.killAll();
    const left = bench.context.cgroups.open(sandbox.id).pids();
    return finding('23 daemons', end.code === 7 && left.length === 0, { end, left });
  });
}

async function floodOutput(bench: Bench): Promise<Finding> {
  const { end, stdout } = await bench.within({ outputBytes: 1_048_576 }, (sandbox) => shell(sandbox, 'exec yes'));
  return finding('25 output flood', end.reason === 'output' && stdout.length === 1_048_576, end);
}

function finding(test: string, ok: boolean, detail: unknown): Finding {
  return { test, ok, detail: JSON.stringify(detail) };
}
