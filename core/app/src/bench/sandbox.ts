import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectHelper } from '@slowlane/helper';
import { run } from '@slowlane/process';
import type { Installation } from '../processes/installation.ts';
import { sandboxRoot } from '../processes/sandbox-root.ts';
import { alternate, type Figure, ratioFigure } from './figures.ts';
import { benchSpec } from './spec.ts';

/** Starting one program in a sandbox, against bare bwrap with the same namespaces. */
export async function benchSandbox({ paths, config }: Installation): Promise<Figure[]> {
  const { root } = await sandboxRoot(paths, config);
  const sandbox = await connectHelper(paths.helperSocket).create(benchSpec(root));
  const folder = mkdtempSync(join(tmpdir(), 'slowlane-bench-'));
  mkdirSync(join(folder, 'work'));
  try {
    const ours = async () => {
      const running = await sandbox.exec({ argv: ['/bin/true'], net: { mode: 'none' } });
      running.stdin.end();
      running.stdout.resume();
      running.stderr.resume();
      await running.done;
    };
    const raw = async () => void (await run(bareBwrap(join(folder, 'work'), ['/bin/true'])));
    await ours();
    await raw();
    return [ratioFigure('sandbox start (/bin/true) against bare bwrap', await alternate(40, ours, raw), 2)];
  } finally {
    await sandbox.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}

function bareBwrap(work: string, argv: string[]): string[] {
  const links = ['bin', 'lib', 'lib64', 'sbin'].flatMap((name) => ['--symlink', `usr/${name}`, `/${name}`]);
  return [
    '/usr/bin/bwrap',
    '--unshare-user',
    '--unshare-all',
    '--die-with-parent',
    '--new-session',
    '--ro-bind',
    '/usr',
    '/usr',
    ...links,
    '--ro-bind',
    '/etc',
    '/etc',
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--tmpfs',
    '/tmp',
    '--bind',
    work,
    '/work',
    '--chdir',
    '/work',
    '--',
    ...argv,
  ];
}
