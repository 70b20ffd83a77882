import { randomBytes } from 'node:crypto';
import type { RootSpec, SandboxMount, SandboxSpec } from '@slowlane/contracts';

/** Sandbox of one process of strangers' code that only answers calls: no environment, no work volume, an id beginning with `kind`. */
export function hostSpec(
  kind: 'plugin' | 'module',
  { root, mounts, memoryBytes, pids }: { root: RootSpec; mounts: SandboxMount[]; memoryBytes: number; pids: number },
): SandboxSpec {
  return {
    id: `${kind}-${randomBytes(8).toString('hex')}`,
    root,
    mounts,
    env: { LANG: 'C.UTF-8', TZ: 'UTC' },
    work: { kind: 'none' },
    identity: 'slot',
    limits: {
      wallMs: 86_400_000,
      memoryBytes,
      pids,
      cpus: 1,
      workBytes: 1_048_576,
      workInodes: 1_000,
      outputBytes: 1_073_741_824,
      tmpBytes: 1_048_576,
    },
  };
}

/** Below the sandbox's limit, so that V8 says what happened instead of being killed. */
export function heapOption(memoryBytes: number): string {
  return `--max-old-space-size=${Math.floor((memoryBytes / 1_048_576) * 0.6)}`;
}
