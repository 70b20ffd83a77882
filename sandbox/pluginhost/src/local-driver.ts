import type { Readable } from 'node:stream';
import type { Running, Sandbox, SandboxDriver } from '@slowlane/contracts';
import { type Started, start } from '@slowlane/process';

/**
 * Plain processes of the caller, without a sandbox: for an author's own module on the author's own machine (`slowlane operation test`). Node's permission model
 * still keeps it from files and processes, so that what passes here does not fail in the sandbox.
 */
export function createLocalDriver(): Pick<SandboxDriver, 'create'> {
  return {
    create: async ({ id, env }) => {
      const programs: Started[] = [];
      const killAll = async (): Promise<void> => {
        for (const program of programs) program.kill('SIGKILL');
        await Promise.all(programs.map((program) => program.exited));
      };
      const sandbox: Sandbox = {
        id,
        async exec({ argv }) {
          const program = start(argv, { stdin: 'pipe', env });
          programs.push(program);
          return runningOf(program);
        },
        killAll,
        destroy: killAll,
        collect: () => Promise.reject(new Error('a local process has no work volume')),
        snapshot: () => Promise.reject(new Error('a local process has no work volume')),
      };
      return sandbox;
    },
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
