import { describe, expect, it } from 'vitest';
import { run } from '@slowlane/process';
import { canStartTestHelper } from '@slowlane/testkit';
import type { Finding } from './bench.ts';
import { insideScript } from './from-inside.ts';

describe.skipIf(!canStartTestHelper())('attacks from inside', () => {
  it('get through plain bwrap: a probe that finds nothing there would prove nothing here', async () => {
    const task = { env: ['PATH'], hostPort: 9, hidden: ['/root'], places: [], secrets: ['seen'] };
    const links = ['bin', 'lib', 'lib64', 'sbin'].flatMap((name) => ['--symlink', `usr/${name}`, `/${name}`]);
    const machine = ['/usr', '/etc', '/root'].flatMap((path) => ['--ro-bind', path, path]);
    const view = [...machine, ...links, '--tmpfs', '/work', '--dev', '/dev', '--proc', '/proc'];
    const result = await run(
      [
        '/usr/bin/bwrap',
        '--unshare-all',
        '--die-with-parent',
        '--clearenv',
        '--setenv',
        'PATH',
        '/usr/bin',
        ...view,
        '--',
        '/usr/bin/python3',
        '-c',
        insideScript,
      ],
      { input: JSON.stringify(task), uid: 12_345, gid: 12_345, env: { CANARY: 'seen' }, timeoutMs: 30_000 },
    );
    const findings = result.stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Finding);
    const holes = findings.filter((finding) => !finding.ok).map((finding) => finding.test);
    expect(holes).toEqual(
      expect.arrayContaining([
        '6 socket family vsock',
        '8 hidden /root',
        '11 no environment of the service',
        '26 no secret of the service',
        '13 chmod 4755',
        '13 open(O_CREAT, 4755)',
        '15 add_key',
        '17 unshare user',
        '18 io_uring',
      ]),
    );
  }, 60_000);
});
