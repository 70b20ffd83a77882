import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type Docker from 'dockerode';
import { SlowLaneError } from '@slowlane/contracts';
import type { RootSpec, SandboxCommand, SandboxSpec } from '@slowlane/contracts';
import type { Cell } from '@slowlane/driver-kit';
import type { EngineKind } from './engine.ts';

/** Places of one program's container. */
export interface Berth {
  kind: EngineKind;
  image: string;
  labels: Record<string, string>;
  /** Where the engine makes its cgroups, which the program leaves before it runs. */
  cgroupParent: string;
  /** For docker the filter itself, for podman its file. */
  seccomp: string;
  gate: string;
  /** Folder of generated files, by their index in `root.files`. */
  files: string;
}

const shmBytes = 64 * 1_048_576;
const init = '/.slowlane-init';
const gate = '/.slowlane-gate';

/** What the engines would show of this machine by themselves. */
const masked = [
  ...['/sys', '/proc/acpi', '/proc/asound', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/scsi'],
  ...['/proc/sched_debug', '/proc/timer_list', '/proc/timer_stats'],
];
const readOnly = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** Variables that engines, and the shell on the way, set by themselves. */
const uninvited = ['HOME', 'HOSTNAME', 'TERM', 'container', 'OLDPWD'];

/** The same specification that bwrap gets as arguments, as a container: no capability, no root inside, nothing writable but what has a size. */
export function containerOf(cell: Cell, command: SandboxCommand, berth: Berth): Docker.ContainerCreateOptions {
  const { spec, owner } = cell;
  const env = { PATH: '/usr/bin:/bin', ...forJava(berth.kind, { ...spec.env, ...command.env }) };
  return {
    Image: berth.image,
    Labels: berth.labels,
    User: `${owner.uid}:${owner.gid}`,
    Hostname: 'sandbox',
    WorkingDir: '/',
    Entrypoint: [init, '--', '/bin/sh', '-c', scriptOf(cell, env), 'sh', command.cwd ?? homeOf(spec)],
    Cmd: command.argv,
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    HostConfig: { ...limitsOf(), ...confinement(berth), ...placesOf(cell, berth), NetworkMode: netOf(command) },
  };
}

/**
 * podman makes no namespace of cgroups on v1, and a JVM that looks for its limits there meets paths that are not below what is mounted: JDK 17 ends with
 * a NullPointerException as soon as somebody asks for its memory. It would find none of the limits anyway: they are the sandbox's, which is elsewhere.
 */
function forJava(kind: EngineKind, env: Record<string, string>): Record<string, string> {
  if (kind !== 'podman' || !Object.keys(env).some((name) => name.startsWith('JAVA_') || name.startsWith('SPARK_')))
    return env;
  const known = env['JAVA_TOOL_OPTIONS'];
  return { ...env, JAVA_TOOL_OPTIONS: known === undefined ? noContainerLimits : `${noContainerLimits} ${known}` };
}

const noContainerLimits = '-XX:+IgnoreUnrecognizedVMOptions -XX:-UseContainerSupport';

/** Waits at the gate, then becomes the program: its folder is entered by its own uid, never by root over a stranger's links. */
function scriptOf(cell: Cell, env: Record<string, string>): string {
  const unset = uninvited.filter((name) => !(name in env)).join(' ');
  const removal = unset === '' ? '' : `unset ${unset}; `;
  return `read -r _ < ${gate}; umask ${cell.umask}; cd -- "$1" || exit 126; ${removal}shift; exec "$@"`;
}

function homeOf(spec: SandboxSpec): string {
  return spec.work.kind === 'volume' ? '/work' : '/tmp';
}

/** Memory, processes and processor time are limits of the sandbox's own cgroup, which the program is moved into. */
function limitsOf(): Docker.HostConfig {
  return {
    ShmSize: shmBytes,
    // Not left to the engine: a runtime that may not raise limits starts nothing when its own default is higher than what the machine allows.
    Ulimits: [ulimit('nofile', 'Max open files'), ulimit('nproc', 'Max processes'), { Name: 'core', Soft: 0, Hard: 0 }],
  };
}

function ulimit(Name: string, line: string): Docker.Ulimit {
  const value = Math.min(hardLimit(line), 16_384);
  return { Name, Soft: value, Hard: value };
}

/** This process's own; the engine of a machine has hardly less. */
function hardLimit(line: string): number {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const value = new RegExp(`^${line}\\s+\\S+\\s+(\\S+)`, 'm').exec(limits)?.[1];
  return value === undefined || value === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(value);
}

/** `CgroupnsMode` is missing in the types of dockerode. */
function confinement(berth: Berth): Docker.HostConfig & { CgroupnsMode: 'private' } {
  const plain = ['no-new-privileges', `seccomp=${berth.seccomp}`];
  return {
    CapDrop: ['ALL'],
    Privileged: false,
    ReadonlyRootfs: true,
    SecurityOpt: berth.kind === 'podman' ? [...plain, `mask=${masked.join(':')}`] : plain,
    MaskedPaths: masked,
    ReadonlyPaths: readOnly,
    IpcMode: 'private',
    CgroupnsMode: 'private',
    CgroupParent: berth.cgroupParent,
    LogConfig: { Type: 'none', Config: {} },
    RestartPolicy: { Name: 'no' },
  };
}

function placesOf(cell: Cell, berth: Berth): Docker.HostConfig {
  const { spec, work } = cell;
  const binds = spec.root.binds.map((bind) => mount(bind.source, bind.target, 'ro'));
  const files = spec.root.files.map((file, index) => mount(`${berth.files}/${index}`, file.path, 'ro'));
  const own = ['/etc/resolv.conf', '/etc/hostname'].filter(
    (place) => !spec.root.files.some((one) => one.path === place),
  );
  const asked = spec.mounts.flatMap((one) => (one.kind === 'tmpfs' ? [] : [mount(one.source, one.target, one.kind)]));
  const sizes = spec.mounts.flatMap((one) => (one.kind === 'tmpfs' ? [[one.target, tmpfs(one.bytes)]] : []));
  return {
    Mounts: [
      mount('/usr/bin/tini-static', init, 'ro'),
      mount(berth.gate, gate, 'ro'),
      ...binds,
      ...files,
      ...own.map((place) => mount(`${berth.files}/empty`, place, 'ro')),
      ...(work === undefined ? [] : [mount(work, '/work', 'rw')]),
      ...asked,
    ],
    Tmpfs: {
      '/tmp': tmpfs(spec.limits.tmpBytes),
      // podman lays writable ones without a size there
      ...{ '/run': 'ro,size=4096', '/var/tmp': 'ro,size=4096' },
      ...Object.fromEntries(sizes),
    },
  };
}

function mount(source: string, target: string, mode: 'ro' | 'rw'): Docker.MountSettings {
  return {
    Type: 'bind',
    Source: source,
    Target: target,
    ReadOnly: mode === 'ro',
    BindOptions: { Propagation: 'rprivate' },
  };
}

function tmpfs(bytes: number): string {
  return `size=${bytes},mode=1777,exec,nosuid,nodev`;
}

function netOf({ net }: SandboxCommand): string {
  if (net.mode === 'host') return 'host';
  if (net.mode !== 'shared') return 'none';
  throw new SlowLaneError('sandbox.refused', `net: a container cannot join the shared network ${net.name}`, {
    hint: 'Clusters with workers need the bubblewrap driver: sandbox: { driver: bubblewrap } in slowlane.yaml.',
  });
}

/** Generated files of a root, with the uid and gid that programs really have inside: a container has no map of them. */
export function writeFiles(files: RootSpec['files'], folder: string, owner: Cell['owner']): void {
  mkdirSync(folder, { mode: 0o755 });
  writeFileSync(`${folder}/empty`, '', { mode: 0o444 });
  files.forEach((file, index) => writeFileSync(`${folder}/${index}`, withOwner(file, owner), { mode: 0o444 }));
}

function withOwner({ path, content }: RootSpec['files'][number], { uid, gid }: Cell['owner']): string {
  if (path === '/etc/passwd') return content.replaceAll(/^([^:\n]*:[^:\n]*):1000:1000:/gm, `$1:${uid}:${gid}:`);
  if (path === '/etc/group') return content.replaceAll(/^([^:\n]*:[^:\n]*):1000:/gm, `$1:${gid}:`);
  return content;
}
