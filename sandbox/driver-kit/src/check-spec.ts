import { realpathSync } from 'node:fs';
import path from 'node:path';
import { SlowLaneError } from '@slowlane/contracts';
import type { SandboxCommand, SandboxSpec } from '@slowlane/contracts';
import { isHostEtcEntry } from '@slowlane/kit';

/** What may be mounted, and where from: throws `sandbox.refused` with the field that is wrong. Gives the sources with their links followed. */
export function checkSpec(
  spec: SandboxSpec,
  allowedSources: readonly string[],
): { root: SandboxSpec['root']; mounts: SandboxSpec['mounts'] } {
  if (!/^[a-z0-9-]{1,40}$/.test(spec.id)) throw refused('id', spec.id);
  const allowed = allowedSources.map(realOf).filter((one) => one !== undefined);
  for (const bind of spec.root.binds) checkTarget(bind.target, 'root.binds.target');
  for (const link of spec.root.symlinks) checkTarget(link.path, 'root.symlinks.path');
  for (const file of spec.root.files) checkFile(file.path, spec.root.binds);
  for (const mount of spec.mounts) checkTarget(mount.target, 'mounts.target');
  checkEnvironment(spec.env);
  return {
    root: {
      ...spec.root,
      binds: spec.root.binds.map((bind) => ({ ...bind, source: rootSource(bind.source, allowed) })),
    },
    mounts: spec.mounts.map((mount) =>
      mount.kind === 'tmpfs' ? mount : { ...mount, source: source(mount.source, allowed) },
    ),
  };
}

export function checkCommand(command: SandboxCommand, allowsHostNetwork = false): void {
  if (command.argv.length === 0) throw refused('argv', '(empty)');
  if (command.argv.some((word) => word.includes('\0'))) throw refused('argv', 'a NUL byte');
  if (command.cwd !== undefined) checkPlainPath(command.cwd, 'cwd');
  if (command.net.mode === 'shared' && !/^[a-z0-9-]{1,40}$/.test(command.net.name))
    throw refused('net.name', command.net.name);
  if (command.net.mode === 'host' && !allowsHostNetwork) {
    throw new SlowLaneError('sandbox.refused', "net: the sandbox helper does not allow this machine's network", {
      hint: 'Only a helper that was started for an existing Spark (slowlane workspace up --master) allows it.',
    });
  }
  if (command.net.mode === 'gateway') checkPlainPath(command.net.socketPath, 'net.socketPath');
  checkEnvironment(command.env ?? {});
}

function checkEnvironment(env: Record<string, string>): void {
  for (const [name, value] of Object.entries(env)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw refused('env', name);
    if (value.includes('\0')) throw refused('env', `${name} holds a NUL byte`);
  }
}

/** A place that the profile owns may not be covered: what a sandbox is would depend on the specification. */
function checkTarget(target: string, field: string): void {
  checkPlainPath(target, field);
  const first = target.split('/')[1];
  if (target === '/' || ['proc', 'dev', 'sys'].includes(first ?? '')) throw refused(field, target);
}

/** A generated file lies in `/etc` itself, never in a folder that is bound there: root would write into that. */
function checkFile(file: string, binds: SandboxSpec['root']['binds']): void {
  checkTarget(file, 'root.files.path');
  const isOwn =
    file.startsWith('/etc/') && !binds.some((bind) => file === bind.target || file.startsWith(`${bind.target}/`));
  if (!isOwn) throw refused('root.files.path', file);
}

function checkPlainPath(value: string, field: string): void {
  const isPlain = value.startsWith('/') && path.posix.normalize(value) === value && !value.includes('\0');
  if (!isPlain) throw refused(field, value);
}

/** Root binds may come from `/usr` and the listed settings in `/etc` without being configured. */
function rootSource(given: string, allowed: readonly string[]): string {
  checkPlainPath(given, 'root.binds.source');
  if (isHostEtcEntry(given) || isInside(given, '/usr')) {
    const real = realOf(given);
    if (real !== undefined && (isHostEtcEntry(real) || isInside(real, '/usr'))) return real;
  }
  return source(given, allowed, 'root.binds.source');
}

/** A folder that a mount could come from, with its links followed. */
export function allowedFolder(given: string, allowedSources: readonly string[]): string {
  return source(
    given,
    allowedSources.map(realOf).filter((one) => one !== undefined),
    'folder',
  );
}

function source(given: string, allowed: readonly string[], field = 'mounts.source'): string {
  checkPlainPath(given, field);
  const real = realOf(given);
  if (real === undefined || !allowed.some((folder) => isInside(real, folder))) throw refused(field, given);
  return real;
}

function isInside(file: string, folder: string): boolean {
  return file === folder || file.startsWith(`${folder}/`);
}

function realOf(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined;
  }
}

function refused(field: string, value: string): SlowLaneError {
  return new SlowLaneError('sandbox.refused', `${field}: ${value} is not allowed`, {
    hint: 'Mount sources must exist and lie inside the folders that the sandbox helper was started with.',
  });
}
