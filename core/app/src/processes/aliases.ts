import type { SandboxDriver, SandboxSpec } from '@slowlane/contracts';

/** A driver whose callers name host paths in their own view of the file system; `inside` turns them into the driver's. */
export function withAliases(driver: SandboxDriver, inside: (path: string) => string): SandboxDriver {
  const translate = (spec: SandboxSpec): SandboxSpec => ({
    ...spec,
    root: { ...spec.root, binds: spec.root.binds.map((bind) => ({ ...bind, source: inside(bind.source) })) },
    mounts: spec.mounts.map((mount) => (mount.kind === 'tmpfs' ? mount : { ...mount, source: inside(mount.source) })),
  });
  return {
    kind: driver.kind,
    probe: () => driver.probe(),
    create: (spec, signal) => driver.create(translate(spec), signal),
    supervise: (spec, command, recordDir) => driver.supervise(translate(spec), command, inside(recordDir)),
    kill: (id, how) => driver.kill(id, how),
    isRunning: (id) => driver.isRunning(id),
    reap: () => driver.reap(),
  };
}
