import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SandboxDriver, SlowLaneError, type SupervisedEnd } from '@slowlane/contracts';

interface Program {
  recordDir: string;
  startedAt: number;
  endsAt: number;
  code: number;
}

/**
 * Runs nothing, and still each program lasts: when it ends is on disk from its start, so that a kill of the workspace ends none, as with real
 * supervisors. Its end is recorded at the time that was set, also when the workspace was away then.
 */
export function createLastingDriver(
  folder: string,
  lasts: (id: string) => { ms: number; code: number },
): SandboxDriver {
  mkdirSync(folder, { recursive: true });
  const programs = new Map<string, Program>();
  const file = (id: string): string => join(folder, id);

  function watch(id: string, program: Program): void {
    programs.set(id, program);
    setTimeout(
      () => end(id, { reason: 'exit', code: program.code, endedAt: program.endsAt }),
      Math.max(0, program.endsAt - Date.now()),
    ).unref();
  }
  function end(id: string, how: Pick<SupervisedEnd, 'reason' | 'code' | 'endedAt'>): void {
    const program = programs.get(id);
    if (program === undefined) return;
    const { recordDir, startedAt } = program;
    const usage = {
      wallMs: how.endedAt - startedAt,
      cpuMs: 1,
      maxMemoryBytes: 1,
      oomKills: 0,
      pidsHits: 0,
      bytesOut: 0,
    };
    for (const name of ['stdout', 'stderr']) writeFileSync(join(recordDir, name), '');
    whole(join(recordDir, 'ended.json'), { ...how, signal: null, startedAt, usage } satisfies SupervisedEnd);
    programs.delete(id);
    rmSync(file(id), { force: true });
  }
  for (const id of readdirSync(folder))
    if (!id.endsWith('.part')) watch(id, JSON.parse(readFileSync(file(id), 'utf8')) as Program);

  return {
    kind: 'dummy',
    ...{ probe: unused, create: unused },
    reap: async () => ({ processes: 0, mounts: 0, cgroups: 0, folders: 0 }),
    async supervise({ id }, _command, recordDir) {
      if (programs.has(id)) throw new SlowLaneError('sandbox.refused', `supervise: ${id} runs already`);
      const startedAt = Date.now();
      const { ms, code } = lasts(id);
      const program = { recordDir, startedAt, endsAt: startedAt + ms, code };
      whole(file(id), program);
      whole(join(recordDir, 'started.json'), { startedAt });
      watch(id, program);
    },
    kill: async (id) => end(id, { reason: 'cancelled', code: null, endedAt: Date.now() }),
    isRunning: async (id) => programs.has(id),
  };
}

function unused(): never {
  throw new SlowLaneError('sandbox.refused', 'the workspace only supervises');
}

function whole(path: string, value: unknown): void {
  writeFileSync(`${path}.part`, JSON.stringify(value));
  renameSync(`${path}.part`, path);
}
