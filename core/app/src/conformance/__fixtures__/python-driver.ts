import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SandboxDriver } from '@slowlane/contracts';
import { start, type Started } from '@slowlane/process';

interface Program {
  process: Started;
  asked: boolean;
}

/**
 * A driver without Spark and without a sandbox: the Python script that the workspace staged is started as it is, with its parameters, and
 * ends as it ends. Only for the conformance cases' own tiny programs.
 */
export function createPythonDriver(volumesDir: string): { driver: SandboxDriver; close(): Promise<void> } {
  const running = new Map<string, Program>();
  const unused = (): never => {
    throw new Error('the workspace only supervises');
  };
  const driver: SandboxDriver = {
    kind: 'dummy',
    probe: unused,
    create: unused,
    reap: unused,
    async supervise(spec, _command, recordDir) {
      await mkdir(recordDir, { recursive: true });
      await writeFile(join(recordDir, 'started.json'), '{}');
      const scratch = spec.mounts.find((mount) => mount.target === '/run-dir') as { source: string };
      const task = JSON.parse(await readFile(join(scratch.source, 'task.json'), 'utf8')) as {
        script: string;
        parameters: string[];
      };
      const script = task.script.replace(/^\/Volumes/, volumesDir);
      const startedAt = Date.now();
      const process = start(['/usr/bin/python3', script, ...task.parameters], { env: { PATH: '/usr/bin:/bin' } });
      const program: Program = { process, asked: false };
      running.set(spec.id, program);
      void record(spec.id, program, { recordDir, startedAt });
    },
    async kill(id, how) {
      const program = running.get(id);
      if (program !== undefined) program.asked = true;
      program?.process.kill(how === 'kill' ? 'SIGKILL' : 'SIGTERM');
    },
    isRunning: async (id) => running.has(id),
  };
  return {
    driver,
    async close() {
      const left = [...running.values()];
      for (const { process } of left) process.kill('SIGKILL');
      await Promise.all(left.map(({ process }) => process.ended));
    },
  };

  async function record(id: string, program: Program, at: { recordDir: string; startedAt: number }): Promise<void> {
    const { process } = program;
    const files = [drain(process.stdout), drain(process.stderr)];
    const { exitCode: code, signal } = await process.ended;
    const [out, err] = (await Promise.all(files)) as [string, string];
    await writeFile(join(at.recordDir, 'stdout'), out);
    await writeFile(join(at.recordDir, 'stderr'), err);
    const endedAt = Date.now();
    const usage = {
      wallMs: endedAt - at.startedAt,
      cpuMs: 1,
      maxMemoryBytes: 1,
      oomKills: 0,
      pidsHits: 0,
      bytesOut: 0,
    };
    const end = {
      reason: program.asked ? 'cancelled' : signal === null ? 'exit' : 'signal',
      code,
      signal,
      startedAt: at.startedAt,
      endedAt,
      usage,
    };
    await writeFile(join(at.recordDir, 'ended.tmp'), JSON.stringify(end));
    await rename(join(at.recordDir, 'ended.tmp'), join(at.recordDir, 'ended.json'));
    running.delete(id);
  }
}

async function drain(stream: Started['stdout']): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
