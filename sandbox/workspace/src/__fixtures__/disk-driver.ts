import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SandboxDriver } from '@slowlane/contracts';

/**
 * A driver whose programs are files, so that they outlive the workspace process like real supervisors do: each "runs" until the test,
 * another process, ends it. Every start is noted, so that a second one of the same program is seen.
 */
export function connectHelper(folder: string): SandboxDriver {
  const unused = (): never => {
    throw new Error('the workspace only supervises');
  };
  const file = (id: string): string => join(folder, `${id}.running`);
  return {
    kind: 'dummy',
    ...{ probe: unused, create: unused, reap: unused },
    async supervise(spec, _command, recordDir) {
      await appendFile(join(folder, 'starts'), `${spec.id}\n`);
      await mkdir(recordDir, { recursive: true });
      await writeFile(file(spec.id), recordDir, { flag: 'wx' });
      await writeFile(join(recordDir, 'started.json'), '{}');
    },
    kill: async () => {},
    isRunning: async (id) => existsSync(file(id)),
  };
}

/** Ends a program as its supervisor would: record first, then gone. */
export async function endProgram(folder: string, id: string, code: number): Promise<void> {
  const recordDir = await readFile(join(folder, `${id}.running`), 'utf8');
  const at = Date.now();
  const usage = { wallMs: 1, cpuMs: 1, maxMemoryBytes: 1, oomKills: 0, pidsHits: 0, bytesOut: 0 };
  const end = { reason: 'exit', code, signal: null, startedAt: at - 1, endedAt: at, usage };
  for (const name of ['stdout', 'stderr']) await writeFile(join(recordDir, name), '');
  await writeFile(join(recordDir, 'ended.tmp'), JSON.stringify(end));
  await rename(join(recordDir, 'ended.tmp'), join(recordDir, 'ended.json'));
  await rm(join(folder, `${id}.running`));
}
