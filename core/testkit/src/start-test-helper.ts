import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { RootSpec, SandboxDriver, SandboxSpec } from '@slowlane/contracts';
import { start } from '@slowlane/process';
import type { Started } from '@slowlane/process';

export interface TestHelperOptions {
  /** Folders that mounts may come from, beside this Node's own. */
  allowedSources?: readonly string[];
  /** Default root. */
  caller?: { uid: number; gid: number };
  /** How many sandboxes may live at once; default 16. */
  slots?: number;
  /** Argv that the helper is started through, such as one that makes a network namespace first and then executes the rest. */
  launcher?: readonly string[];
  /** Runs the helper as this ordinary user, root of a user namespace of its own only: tier rootless. */
  rootlessUid?: number;
  /** Whether programs may ask for this machine's network. */
  allowsHostNetwork?: boolean;
  /** A container engine that runs; the driver is then the one over it instead of bubblewrap. */
  engine?: { kind: 'docker' | 'podman'; socketPath: string };
  /** Module of the driver, when it is not the tree's own. */
  driverModule?: string;
}

/** A real helper with the real bubblewrap driver, as a process of its own. */
export interface TestHelper {
  readonly socketPath: string;
  readonly stateDir: string;
  readonly pid: number;
  /** The driver as a client of that helper. */
  readonly driver: SandboxDriver;
  /** This machine's `/usr` and `/etc`, and Node at `/opt/node/bin/node`. */
  readonly root: RootSpec;
  /** A specification that works: 1 GiB of memory and disk, 60 s; a fresh id unless given. */
  spec(overrides?: Partial<SandboxSpec>): SandboxSpec;
  /** `kill -9` of the helper alone. */
  kill(): Promise<void>;
  /** A new helper over the same state, after `kill`. */
  restart(): Promise<void>;
  /** Ends it with all its sandboxes and removes what it had on the machine. */
  close(): Promise<void>;
}

export interface TestHelperTask {
  driverModule: string;
  helperModule: string;
  stateDir: string;
  socketPath: string;
  allowedSources: readonly string[];
  slots: { firstUid: number; count: number };
  caller: { uid: number; gid: number };
  removeAtEnd: boolean;
  allowsHostNetwork: boolean;
  engine?: TestHelperOptions['engine'];
}

/** Only for root on Linux with bubblewrap: elsewhere skip the test with this. */
export function canStartTestHelper(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0;
}

let count = 0;

/** Names that are resolved when they are needed: testkit stands below the driver and the helper, and may not import them. */
const modules = {
  driver: '@slowlane/bubblewrap',
  oci: '@slowlane/oci',
  helper: '@slowlane/helper',
  toolchains: '@slowlane/toolchains',
};

export async function startTestHelper(options: TestHelperOptions = {}): Promise<TestHelper> {
  const folder = mkdtempSync(`${tmpdir()}/slowlane-helper-`);
  chmodSync(folder, 0o711);
  if (options.rootlessUid !== undefined) chownSync(folder, options.rootlessUid, options.rootlessUid);
  const task: TestHelperTask = {
    driverModule: options.driverModule ?? (options.engine === undefined ? modules.driver : modules.oci),
    helperModule: modules.helper,
    stateDir: `${folder}/state`,
    socketPath: `${folder}/helper.sock`,
    allowedSources: [process.execPath, ...(options.allowedSources ?? [])],
    // Helpers of several test files run at once: each has uids of its own.
    slots: { firstUid: 200_000 + (process.pid % 20_000) * 64 + 16 * (count++ % 4), count: options.slots ?? 16 },
    caller: options.caller ?? { uid: 0, gid: 0 },
    removeAtEnd: true,
    allowsHostNetwork: options.allowsHostNetwork === true,
    ...(options.engine === undefined ? {} : { engine: options.engine }),
  };
  const launcher = [...(options.launcher ?? []), ...rootlessLauncher(options.rootlessUid)];
  let child = await startMain(task, launcher);
  const root = await makeRoot();
  const driver = await makeDriver(task.socketPath);
  return {
    socketPath: task.socketPath,
    stateDir: task.stateDir,
    get pid() {
      return child.pid;
    },
    driver,
    root,
    spec: (overrides) => ({ ...workingSpec(root), ...overrides }),
    async kill() {
      child.kill('SIGKILL');
      await child.exited;
    },
    async restart() {
      child = await startMain(task, launcher);
    },
    async close() {
      child.stdin?.end();
      await child.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function rootlessLauncher(uid: number | undefined): string[] {
  if (uid === undefined) return [];
  return [
    ...['/usr/bin/setpriv', '--reuid', String(uid), '--regid', String(uid), '--clear-groups', '--'],
    ...['/usr/bin/unshare', '--user', '--map-root-user', '--mount', '--propagation', 'slave', '--'],
  ];
}

async function startMain(task: TestHelperTask, launcher: readonly string[]): Promise<Started> {
  const main = fileURLToPath(new URL('./test-helper-main.ts', import.meta.url));
  const child = start([...launcher, process.execPath, main, JSON.stringify(task)], {
    stdin: 'pipe',
    stderr: 'inherit',
  });
  child.stdin?.on('error', () => undefined);
  const ready = once(child.stdout as NodeJS.EventEmitter, 'data').then(() => true);
  if (!(await Promise.race([ready, child.exited.then(() => false)]))) throw new Error('the test helper did not start');
  return child;
}

async function makeRoot(): Promise<RootSpec> {
  const { hostRoot } = (await import(modules.toolchains)) as { hostRoot(options: object): Promise<RootSpec> };
  return hostRoot({ tools: [], nodeBinary: process.execPath });
}

async function makeDriver(socketPath: string): Promise<SandboxDriver> {
  const { connectHelper } = (await import(modules.helper)) as { connectHelper(path: string): SandboxDriver };
  return connectHelper(socketPath);
}

function workingSpec(root: RootSpec): SandboxSpec {
  return {
    id: `t-${process.pid}-${count++}`,
    root,
    mounts: [],
    env: { HOME: '/work/home', LANG: 'C.UTF-8', TZ: 'UTC' },
    limits: {
      wallMs: 60_000,
      memoryBytes: 1_073_741_824,
      pids: 256,
      cpus: 2,
      workBytes: 1_073_741_824,
      workInodes: 100_000,
      outputBytes: 16 * 1_048_576,
      tmpBytes: 64 * 1_048_576,
    },
    work: { kind: 'volume' },
    identity: 'slot',
  };
}
