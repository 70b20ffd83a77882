import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { SlowLaneError } from '@slowlane/contracts';
import { identify, isAlive, type ProcessIdentity, start } from '@slowlane/process';
import type { Paths } from '@slowlane/driver-kit';

/** Network namespaces that several sandboxes share, each with `lo` alone, and known by name also over restarts of this process. */
export interface SharedNets {
  /**
   * Notes the sandbox as a user of the namespace, makes it when it is not there, and gives a process in it. The note goes
   * with the sandbox's folder.
   */
  join(name: string, sandboxId: string): Promise<number>;
  /** Ends the namespaces that no sandbox uses any more; how many. */
  sweep(): number;
}

const sweepMs = 2_000;

/**
 * A namespace lives as long as a process that sleeps in it. Only the process with this driver makes and ends those, so no lock is
 * needed: a supervisor only removes its own note.
 */
export function openSharedNets(paths: Pick<Paths, 'nets' | 'sandboxes'>): SharedNets {
  const making = new Map<string, Promise<number>>();
  let timer: NodeJS.Timeout | undefined;
  return { join, sweep };

  async function join(name: string, sandboxId: string): Promise<number> {
    // The note comes first: from here on no sweep ends the namespace.
    writeFileSync(`${paths.sandboxes}/${sandboxId}/net`, name);
    watchWhile(true);
    const known = livingHolder(`${paths.nets}/${name}`);
    if (known !== undefined) return known.pid;
    const made = making.get(name) ?? make(name).finally(() => making.delete(name));
    making.set(name, made);
    return made;
  }

  async function make(name: string): Promise<number> {
    const holder = await startHolder();
    writeFileSync(`${paths.nets}/${name}`, JSON.stringify(holder));
    return holder.pid;
  }

  /** The last user may be a supervised program, whose end nobody tells this process. */
  function watchWhile(isNeeded: boolean): void {
    if (isNeeded) timer ??= setInterval(sweep, sweepMs).unref();
    else timer = clearInterval(timer) as undefined;
  }

  function sweep(): number {
    const used = new Set(readdirSync(paths.sandboxes).map((id) => readText(`${paths.sandboxes}/${id}/net`)));
    const unused = namesIn(paths.nets).filter((name) => !used.has(name));
    for (const name of unused) {
      const holder = livingHolder(`${paths.nets}/${name}`);
      if (holder !== undefined) process.kill(holder.pid, 'SIGKILL');
      rmSync(`${paths.nets}/${name}`, { force: true });
    }
    watchWhile(namesIn(paths.nets).length > 0 || making.size > 0);
    return unused.length;
  }
}

/** bwrap brings `lo` up before it starts the shell; process ids are this machine's, since only the network is apart. */
async function startHolder(): Promise<ProcessIdentity> {
  const child = start(
    [
      ...['/usr/bin/bwrap', '--unshare-net', '--ro-bind', '/', '/', '--cap-drop', 'ALL', '--'],
      ...['/bin/sh', '-c', 'echo $$; exec sleep infinity'],
    ],
    { stdout: 'pipe', stderr: 'ignore', ownGroup: true, cwd: '/' },
  );
  const said = once(child.stdout as NodeJS.EventEmitter, 'data').then(([data]) => Number(String(data).trim()));
  const pid = await Promise.race([said, child.exited.then(() => Number.NaN)]);
  const holder = Number.isInteger(pid) ? identify(pid) : undefined;
  child.stdout?.destroy();
  if (holder === undefined) throw new SlowLaneError('sandbox.failed', 'a shared network namespace could not be made');
  return holder;
}

function livingHolder(file: string): ProcessIdentity | undefined {
  try {
    const holder = JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity;
    return isAlive(holder) ? holder : undefined;
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
