import type { Readable } from 'node:stream';
import type { Running, Sandbox, SandboxCommand } from '@slowlane/contracts';
import type { Started } from '@slowlane/process';

/** The port `Sandbox` over plain processes, which `launch` starts; without a work volume. */
export function processSandbox(id: string, launch: (command: SandboxCommand) => Started): Sandbox {
  const programs: Started[] = [];
  const killAll = async (): Promise<void> => {
    for (const program of programs) program.kill('SIGKILL');
    await Promise.all(programs.map((program) => program.exited));
  };
  return {
    id,
    async exec(command) {
      const program = launch(command);
      programs.push(program);
      return runningOf(program);
    },
    killAll,
    destroy: killAll,
    collect: () => Promise.reject(new Error('a local process has no work volume')),
    snapshot: () => Promise.reject(new Error('a local process has no work volume')),
  };
}

function runningOf(program: Started): Running {
  const usage = { wallMs: 0, cpuMs: 0, maxMemoryBytes: 0, oomKills: 0, pidsHits: 0, bytesOut: 0 };
  return {
    stdin: program.stdin as Running['stdin'],
    stdout: program.stdout as Readable,
    stderr: program.stderr as Readable,
    done: program.ended.then(({ exitCode, signal }) => ({
      reason: signal === null ? 'exit' : 'signal',
      code: exitCode,
      signal,
      usage,
    })),
  };
}
