import { createHash } from 'node:crypto';
import type { Sandbox } from '@slowlane/contracts';
import { finding, shell, untilSaid } from './bench.ts';
import type { Bench, Finding } from './bench.ts';
import { tarNames } from './tar-names.ts';

const traps = [
  'mkdir out real; echo ok > out/good.jar; ln -s /etc/passwd out/link.jar; ln -s ../../etc out/up',
  'mkfifo out/fifo.jar; ln -s /usr out/folder; ln out/good.jar out/hard.jar; echo x > "$(printf "out/new\\nline")"',
  'mkdir out/closed; echo x > out/closed/x.jar; chmod 0 out/closed; echo x > out/unread.jar; chmod 0 out/unread.jar',
].join('; ');

/** Test 20: what a build leaves to be collected. The tar may hold regular files only, and the collector must not wait. */
export async function attackOutputs(bench: Bench): Promise<Finding[]> {
  const hostile = await bench.within({}, async (sandbox) => {
    await shell(sandbox, traps);
    await sandbox.killAll();
    const names = tarNames(await collected(sandbox, ['out/**']));
    const expected = ['out/good.jar', 'out/hard.jar', 'out/new\nline'];
    const isRight = JSON.stringify(names) === JSON.stringify(expected.map((name) => ({ name, type: '0' })));
    await shell(sandbox, 'rm -rf out/n* && truncate -s 1T out/sparse.jar');
    await sandbox.killAll();
    const sparse = await collected(sandbox, ['out/sparse.jar']).then(
      () => 'collected',
      (error: Error) => error.message,
    );
    return [
      finding('20 hostile outputs', isRight, names),
      finding('20 sparse file', sparse.includes('more than the volume'), sparse),
    ];
  });
  return bench.isQuick ? hostile : [...hostile, ...(await swapWhileCollecting(bench))];
}

const swapper =
  'mkdir out; echo good > out/a.jar; exec 9> out/held.jar; (setsid sh -c "while :; do ln -sf /etc/passwd out/b; mv -T out/b out/a.jar; echo evil >&9; echo good > out/c; mv -T out/c out/a.jar; done" >/dev/null 2>&1 &); echo up; sleep 60';

/** Test 21: what swaps files or holds a descriptor is gone before anything is collected, so two collections are the same bytes. */
async function swapWhileCollecting(bench: Bench): Promise<Finding[]> {
  return bench.within({}, async (sandbox) => {
    const running = await sandbox.exec({ argv: ['/bin/sh', '-c', swapper], net: { mode: 'none' } });
    running.stdin.end();
    running.stderr.resume();
    await untilSaid(running.stdout, 'up');
    await sandbox.killAll();
    const [first, second] = [await collected(sandbox, ['out/*.jar']), await collected(sandbox, ['out/*.jar'])];
    const types = tarNames(first).map((entry) => entry.type);
    const isSame = digest(first) === digest(second);
    const ok = types.length > 0 && isSame && types.every((type) => type === '0') && !first.includes('build:x');
    return [finding('21 swap while collecting', ok, { types, isSame })];
  });
}

async function collected(sandbox: Sandbox, globs: string[]): Promise<Buffer> {
  return Buffer.concat((await (await sandbox.collect(globs)).toArray()) as Buffer[]);
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
