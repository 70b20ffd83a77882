import type { Sandbox, SandboxCommand, SandboxDriver, SandboxSpec } from '@slowlane/contracts';
import { start } from '@slowlane/process';
import { processSandbox } from '../process-sandbox.ts';

/**
 * A driver for this project's tests, which may not import the real ones: plain bubblewrap with the mounts and no network, no cgroup, no seccomp.
 * `core/app` runs the same host on the real driver.
 */
export function createThinDriver(): SandboxDriver & { live(): number; created(): number } {
  const sandboxes = new Set<string>();
  let created = 0;
  const unused = (): never => {
    throw new Error('the plugin host has no business here');
  };
  return {
    kind: 'dummy',
    live: () => sandboxes.size,
    created: () => created,
    create: async (spec) => {
      created++;
      sandboxes.add(spec.id);
      return sandbox(spec, () => sandboxes.delete(spec.id));
    },
    probe: unused,
    supervise: unused,
    kill: unused,
    isRunning: unused,
    reap: unused,
  };
}

function sandbox(spec: SandboxSpec, onDestroy: () => void): Sandbox {
  const plain = processSandbox(spec.id, (command) => start(argvOf(spec, command), { stdin: 'pipe' }));
  return {
    ...plain,
    destroy: async () => {
      await plain.destroy();
      onDestroy();
    },
  };
}

function argvOf(spec: SandboxSpec, command: SandboxCommand): string[] {
  const mounts = [...spec.root.binds.map((bind) => ({ kind: 'ro' as const, ...bind })), ...spec.mounts];
  return [
    '/usr/bin/bwrap',
    ...['--unshare-all', '--die-with-parent', '--clearenv', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
    ...mounts.flatMap((mount) => (mount.kind === 'ro' ? ['--ro-bind', mount.source, mount.target] : [])),
    ...spec.root.symlinks.flatMap((link) => ['--symlink', link.target, link.path]),
    ...Object.entries({ ...spec.env, ...command.env }).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--chdir', command.cwd ?? '/tmp', '--', ...command.argv],
  ];
}
