import type { RootSpec, SandboxSpec } from '@slowlane/contracts';

/** A build's sandbox as the bench uses it. */
export function benchSpec(root: RootSpec): SandboxSpec {
  return {
    id: `bench-${process.pid}-${Date.now().toString(36)}`,
    root,
    mounts: [],
    env: { PATH: '/usr/bin:/bin', HOME: '/work/home', LANG: 'C.UTF-8', TZ: 'UTC' },
    limits: {
      wallMs: 900_000,
      memoryBytes: 4 * 2 ** 30,
      pids: 1_024,
      cpus: 2,
      workBytes: 4 * 2 ** 30,
      workInodes: 400_000,
      outputBytes: 64 * 2 ** 20,
      tmpBytes: 2 ** 29,
    },
    work: { kind: 'volume' },
    identity: 'slot',
  };
}
