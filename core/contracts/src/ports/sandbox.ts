import type { Readable, Writable } from 'node:stream';

/**
 * Sandbox driver: runs strangers' programs so that they reach nothing but what the spec names.
 *
 * Order: `probe` once; then any number of `create` at the same time. On a `Sandbox`: `exec` any number of times, one after
 * the other or side by side (each exec is its own set of namespaces over the same work volume); `killAll`; `collect` only after
 * `killAll`; `destroy` last, in every case, also after a failed `exec`. `destroy` is idempotent and has its own deadline, whatever
 * became of the caller's signal. `create` that fails leaves nothing behind. After a crash `reap` removes what is left over.
 *
 * A sandbox ends with the connection that made it; a *supervised* one does not: it belongs to its record folder, and
 * ends by itself, by its wall limit or by `kill`.
 */
export interface SandboxDriver {
  readonly kind: 'bubblewrap' | 'docker' | 'podman' | 'dummy';
  /** Carries out the abuse tests: what is proven, not what is configured. A driver that fails is refused, not used weakly. `isQuick`: the starred ones alone. */
  probe(options?: { isQuick?: boolean }): Promise<DriverReport>;
  create(spec: SandboxSpec, signal?: AbortSignal): Promise<Sandbox>;
  /**
   * Starts one program under a detached supervisor and returns when it runs. The supervisor writes to `recordDir` (which
   * must exist and belong to the caller): `stdout`, `stderr` (each cut at `limits.outputBytes`), `started.json`, and at the end, by rename,
   * `ended.json` (a `SupervisedEnd`). Neither a crash of the caller nor of the helper ends the program.
   */
  supervise(spec: SandboxSpec, command: SandboxCommand, recordDir: string): Promise<void>;
  /** `term` asks the program's first process to end; `kill` ends every process of it. Both are harmless when it has ended. */
  kill(id: string, how: 'term' | 'kill'): Promise<void>;
  /** Whether the supervised program of this id still runs (its supervisor lives). */
  isRunning(id: string): Promise<boolean>;
  /**
   * Removes what programs have left in a folder that was mounted for them and that the caller may not remove, such as folders that they kept for themselves.
   * The folder and what the caller owns in it stay. Only when none of them runs; one outside the allowed sources is `sandbox.refused`. Drivers
   * whose programs leave nothing of that kind have no such call.
   */
  removeFiles?(folder: string): Promise<void>;
  /** Removes processes, mounts, cgroups and folders of sandboxes whose owner is gone. Supervised ones that live are kept. */
  reap(): Promise<ReapReport>;
}

export interface DriverReport {
  ok: boolean;
  tier: 'full' | 'rootless' | 'oci';
  findings: { test: string; ok: boolean; detail: string }[];
  /** Tests that the tier does not claim to hold, each with its reason. */
  notClaimed?: { test: string; reason: string }[];
}

export interface ReapReport {
  processes: number;
  mounts: number;
  cgroups: number;
  folders: number;
}

export type SandboxMount =
  | { kind: 'ro'; source: string; target: string }
  | { kind: 'rw'; source: string; target: string }
  | { kind: 'tmpfs'; target: string; bytes: number };

export interface SandboxSpec {
  /** `[a-z0-9-]{1,40}`, unique while it lives. */
  id: string;
  /** A root that `sandbox/toolchains` made: the folders and files that become the root file system. */
  root: RootSpec;
  /** More mounts, after the root. A source outside the folders that the operator allowed is refused (`sandbox.refused`). */
  mounts: SandboxMount[];
  /** The whole environment of every exec; nothing is inherited. */
  env: Record<string, string>;
  limits: SandboxLimits;
  /**
   * The writable `/work`: `volume` = a size-limited volume of its own, removed by `destroy`; `restore` starts it as a copy of what
   * `Sandbox.snapshot` stored under that key (or empty, when there is none). `none` for programs that write only to mounts.
   */
  work: { kind: 'volume'; restore?: string } | { kind: 'none' };
  /** `slot` = a uid of its own and that gid; `shared-group` = a uid of its own, the caller's gid, umask 002 (for volumes the caller reads too). */
  identity: 'slot' | 'shared-group';
}

/** Host paths that make up `/`: bound read-only; generated files are small texts (`/etc/passwd`, …). */
export interface RootSpec {
  digest: string;
  binds: { source: string; target: string }[];
  symlinks: { target: string; path: string }[];
  files: { path: string; content: string }[];
}

export interface SandboxLimits {
  wallMs: number;
  /** No output for this long ends it with reason `idle`. */
  idleMs?: number;
  memoryBytes: number;
  pids: number;
  cpus: number;
  workBytes: number;
  workInodes: number;
  /** Per stream; reaching it ends an attached program (`output`); a supervised one goes on and its log is cut with a mark. */
  outputBytes: number;
  tmpBytes: number;
}

export interface SandboxCommand {
  argv: string[];
  /** Absolute path inside; default `/work`, or `/tmp` without a work volume. */
  cwd?: string;
  env?: Record<string, string>;
  /**
   * `none`: only `lo`. `gateway`: 127.0.0.1:3128 inside leads to this Unix socket, and nothing else is reachable. `shared`: only `lo`, and
   * that of all sandboxes of this name (`[a-z0-9-]{1,40}`): made at first use, removed soon after its last user is gone. `host`: this
   * machine's network; refused unless the operator allowed it to the driver.
   */
  net: { mode: 'none' } | { mode: 'gateway'; socketPath: string } | { mode: 'shared'; name: string } | { mode: 'host' };
}

export interface Sandbox {
  readonly id: string;
  exec(command: SandboxCommand): Promise<Running>;
  /** Ends every process; returns when none is left. */
  killAll(): Promise<void>;
  /**
   * A tar stream (regular files and folders only) of what the globs match below `/work`, made inside a fresh sandbox without
   * network. Hostile bytes: read it with `core/archive` alone. Missing matches are simply not in it.
   */
  collect(globs: readonly string[]): Promise<Readable>;
  /** Keeps a copy of the work volume under `key` for later `restore`; replaces an older one. Only after `killAll`. */
  snapshot(key: string): Promise<void>;
  destroy(): Promise<void>;
}

export interface Running {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Never rejects for what the program did; rejects only when the driver itself is lost (`sandbox.unavailable`). */
  readonly done: Promise<SandboxEnd>;
}

/** Why it ended. Only `exit` and `signal` say something about the program itself. Memory is judged by the kernel's counter, never by 137. */
export type StopReason =
  'exit' | 'signal' | 'timeout' | 'idle' | 'oom' | 'pids' | 'disk' | 'output' | 'cancelled' | 'driver-lost';

export interface SandboxEnd {
  reason: StopReason;
  code: number | null;
  signal: string | null;
  usage: {
    wallMs: number;
    cpuMs: number;
    maxMemoryBytes: number;
    oomKills: number;
    pidsHits: number;
    bytesOut: number;
  };
}

export interface SupervisedEnd extends SandboxEnd {
  /** Epoch milliseconds. */
  startedAt: number;
  endedAt: number;
}
