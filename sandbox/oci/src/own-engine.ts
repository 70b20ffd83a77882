import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { run, start } from '@slowlane/process';
import type { Started } from '@slowlane/process';
import type { Engine, EngineKind } from './engine.ts';
import { engineVersion } from './engine.ts';

export interface OwnEngine {
  engine: Engine;
  /** Ends it and removes all it has on the machine. */
  close(): Promise<void>;
}

const programs: Record<EngineKind, string> = { docker: '/usr/sbin/dockerd', podman: '/usr/bin/podman' };

export function canStartOwnEngine(kind: EngineKind): boolean {
  return process.getuid?.() === 0 && existsSync(programs[kind]) && existsSync('/usr/bin/tini-static');
}

/** An engine for tests and proofs, of nobody else: its folders, its socket, no bridge, no change of the packet filter of the machine. */
export async function startOwnEngine(kind: EngineKind): Promise<OwnEngine> {
  const folder = mkdtempSync(`${tmpdir()}/sl-${kind}-`);
  const engine: Engine = { kind, socketPath: `${folder}/e.sock` };
  const child = start(argvOf(engine, folder), {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: folder, TMPDIR: folder },
    stdout: 'ignore',
    stderr: 'pipe',
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-3_000)));
  const close = (): Promise<void> => closeEngine(child, folder);
  const isUp = await Promise.race([untilUp(engine), child.exited.then(() => false)]);
  if (isUp) return { engine, close };
  await close();
  throw new Error(`${kind} did not start: ${said}`);
}

function argvOf({ kind, socketPath }: Engine, folder: string): string[] {
  const program = programs[kind];
  if (kind === 'docker') {
    return [
      ...[program, '--host', `unix://${socketPath}`, '--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`],
      ...['--pidfile', `${folder}/pid`, '--iptables=false', '--ip6tables=false', '--bridge=none', '--ip-forward=false'],
    ];
  }
  return [
    ...[program, '--root', `${folder}/root`, '--runroot', `${folder}/run`, '--tmpdir', `${folder}/tmp`],
    ...['--cgroup-manager', 'cgroupfs', '--runtime', 'runc', '--events-backend', 'file'],
    ...['system', 'service', '--time=0', `unix://${socketPath}`],
  ];
}

async function untilUp(engine: Engine): Promise<boolean> {
  for (let round = 0; round < 600; round++) {
    const isUp = await engineVersion(engine).then(
      () => true,
      () => false,
    );
    if (isUp) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

async function closeEngine(child: Started, folder: string): Promise<void> {
  child.kill('SIGTERM');
  await child.exited;
  const { stdout } = await run(['/usr/bin/findmnt', '--list', '--noheadings', '--output', 'TARGET']);
  const mounts = stdout.split('\n').filter((line) => line.startsWith(`${folder}/`));
  for (const mount of mounts.reverse()) await run(['/bin/umount', '-l', '--', mount]);
  rmSync(folder, { recursive: true, force: true });
}
