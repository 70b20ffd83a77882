import type { Running, Sandbox, SandboxEnd, SandboxLimits, SandboxSpec } from '@slowlane/contracts';
import type { Context } from '../context.ts';
import { createSandbox } from '../sandbox.ts';

export interface Finding {
  test: string;
  ok: boolean;
  detail: string;
}

/** What the attacks are carried out with: a driver, and sandboxes on nothing but `/usr`. */
export interface Bench {
  context: Context;
  spec(limits?: Partial<SandboxLimits>): SandboxSpec;
  /** Gives `use` a sandbox and destroys it after. */
  within<T>(limits: Partial<SandboxLimits>, use: (sandbox: Sandbox) => Promise<T>): Promise<T>;
}

export interface Outcome {
  end: SandboxEnd;
  stdout: string;
  stderr: string;
}

let count = 0;

export function openBench(context: Context): Bench {
  const spec = (limits: Partial<SandboxLimits> = {}): SandboxSpec => ({
    id: `probe-${process.pid}-${count++}`,
    root: plainRoot,
    mounts: [],
    env: { LANG: 'C.UTF-8' },
    limits: { ...plainLimits, ...limits },
    work: { kind: 'volume' },
    identity: 'slot',
  });
  return {
    context,
    spec,
    async within(limits, use) {
      const sandbox = await createSandbox(context, spec(limits));
      try {
        return await use(sandbox);
      } finally {
        await sandbox.destroy();
      }
    },
  };
}

export async function shell(sandbox: Sandbox, script: string): Promise<Outcome> {
  return outcomeOf(await sandbox.exec({ argv: ['/bin/sh', '-c', script], net: { mode: 'none' } }));
}

export async function python(sandbox: Sandbox, script: string, ...args: string[]): Promise<Outcome> {
  return outcomeOf(
    await sandbox.exec({ argv: ['/usr/bin/python3', '-I', '-S', '-c', script, ...args], net: { mode: 'none' } }),
  );
}

async function outcomeOf(running: Running): Promise<Outcome> {
  running.stdin.end();
  const [stdout, stderr] = await Promise.all([running.stdout.toArray(), running.stderr.toArray()]);
  return { end: await running.done, stdout: textOf(stdout), stderr: textOf(stderr) };
}

function textOf(chunks: unknown[]): string {
  return Buffer.concat(chunks as Buffer[]).toString();
}

const plainRoot: SandboxSpec['root'] = {
  digest: 'probe',
  binds: [
    { source: '/usr', target: '/usr' },
    { source: '/etc/ld.so.cache', target: '/etc/ld.so.cache' },
  ],
  symlinks: ['bin', 'lib', 'lib64', 'sbin'].map((name) => ({ target: `usr/${name}`, path: `/${name}` })),
  files: [
    { path: '/etc/passwd', content: 'build:x:1000:1000:build:/work/home:/bin/sh\n' },
    { path: '/etc/group', content: 'build:x:1000:\n' },
  ],
};

const plainLimits: SandboxLimits = {
  wallMs: 30_000,
  memoryBytes: 256 * 1_048_576,
  pids: 64,
  cpus: 1,
  workBytes: 64 * 1_048_576,
  workInodes: 4_096,
  outputBytes: 4 * 1_048_576,
  tmpBytes: 16 * 1_048_576,
};
