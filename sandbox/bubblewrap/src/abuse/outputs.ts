import { shell } from './bench.ts';
import type { Bench, Finding } from './bench.ts';
import { tarNames } from './tar-names.ts';

const traps = [
  'mkdir out real; echo ok > out/good.jar; ln -s /etc/passwd out/link.jar; ln -s ../../etc out/up',
  'mkfifo out/fifo.jar; ln -s /usr out/folder; ln out/good.jar out/hard.jar; echo x > "$(printf "out/new\\nline")"',
  'mkdir out/closed; echo x > out/closed/x.jar; chmod 0 out/closed; echo x > out/unread.jar; chmod 0 out/unread.jar',
].join('; ');

/** Test 20: what a build leaves to be collected. The tar may hold regular files only, and the collector must not wait. */
export async function attackOutputs(bench: Bench): Promise<Finding[]> {
  return bench.within({}, async (sandbox) => {
    await shell(sandbox, traps);
    await sandbox.killAll();
    const names = tarNames(Buffer.concat((await (await sandbox.collect(['out/**'])).toArray()) as Buffer[]));
    const expected = ['out/good.jar', 'out/hard.jar', 'out/new\nline'];
    const isRight = JSON.stringify(names) === JSON.stringify(expected.map((name) => ({ name, type: '0' })));
    await shell(sandbox, 'rm -rf out/n* && truncate -s 1T out/sparse.jar');
    await sandbox.killAll();
    const sparse = await sandbox
      .collect(['out/sparse.jar'])
      .then((stream) => stream.toArray())
      .then(
        () => 'collected',
        (error: Error) => error.message,
      );
    return [
      { test: '20 hostile outputs', ok: isRight, detail: JSON.stringify(names) },
      { test: '20 sparse file', ok: sparse.includes('more than the volume'), detail: sparse },
    ];
  });
}
