import type { Running, Sandbox, SandboxDriver, SandboxEnd, SandboxLimits, SandboxSpec } from '@slowlane/contracts';

/** What one attack showed. `test` begins with the number of the abuse test, or with `hole` and its number. */
export interface Finding {
  test: string;
  ok: boolean;
  detail: string;
}

export interface AttackOptions {
  /** An existing folder, by its real path, in which `caller` may own records; no sandbox may see it. */
  folder: string;
  caller: { uid: number; gid: number };
  /** More paths of this machine that must not be there inside. */
  hidden?: readonly string[];
  /** Whether a program must end with its owner by itself, or may be there until the driver next looks. */
  diesWithOwner: boolean;
  /** The starred attacks alone. */
  isQuick: boolean;
}

/** What the attacks are carried out with: a driver by its port alone, and sandboxes on nothing but `/usr`. */
export interface Bench extends AttackOptions {
  driver: Omit<SandboxDriver, 'probe'>;
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

export function openBench(driver: Bench['driver'], options: AttackOptions): Bench {
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
    ...options,
    driver,
    spec,
    async within(limits, use) {
      const sandbox = await driver.create(spec(limits));
      try {
        return await use(sandbox);
      } finally {
        await sandbox.destroy();
      }
    },
  };
}

export interface InsideProgram {
  argv: string[];
  env?: Record<string, string>;
  input?: string;
}

/** Runs a program without network to its end. */
export async function runInside(sandbox: Sandbox, { input = '', ...command }: InsideProgram): Promise<Outcome> {
  const running = await sandbox.exec({ ...command, net: { mode: 'none' } });
  running.stdin.end(input);
  return outcomeOf(running);
}

export function shell(sandbox: Sandbox, script: string): Promise<Outcome> {
  return runInside(sandbox, { argv: ['/bin/sh', '-c', script] });
}

export function python(sandbox: Sandbox, script: string, ...args: string[]): Promise<Outcome> {
  return runInside(sandbox, { argv: ['/usr/bin/python3', '-I', '-S', '-c', script, ...args] });
}

export function finding(test: string, ok: boolean, detail: unknown): Finding {
  return { test, ok, detail: typeof detail === 'string' ? detail : JSON.stringify(detail) };
}

export async function untilSaid(source: NodeJS.ReadableStream, word: string): Promise<void> {
  let said = '';
  await new Promise<void>((resolve) => {
    source.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes(word)) resolve();
    });
    source.on('close', () => resolve());
  });
}

async function outcomeOf(running: Running): Promise<Outcome> {
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
    { path: '/etc/hosts', content: '127.0.0.1 localhost sandbox\n' },
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
