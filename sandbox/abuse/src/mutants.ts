export interface Patch {
  /** Below the root of the tree. */
  file: string;
  /** Stands in the file exactly once. */
  search: string;
  replace: string;
}

/** A cure that somebody could take away, and the abuse test that must notice it. */
export interface AbuseMutant extends Patch {
  name: string;
  /** What else must go for the attack to get through, where one cure stands behind another. */
  also?: readonly Patch[];
  /** Abuse tests that must fail. */
  fails: string | readonly string[];
  /** Default bubblewrap; `oci`: both container engines. */
  driver?: 'oci' | 'docker' | 'podman';
  /** Also in the short tier. */
  isShort?: true;
}

const args = 'sandbox/bubblewrap/src/args.ts';
const launch = 'sandbox/bubblewrap/src/launch.ts';
const rules = 'sandbox/driver-kit/src/seccomp/call-rules.ts';
const filter = 'sandbox/driver-kit/src/seccomp/filter.ts';
const sandbox = 'sandbox/driver-kit/src/sandbox.ts';
const collector = 'sandbox/driver-kit/src/collect.py';
const container = 'sandbox/oci/src/container.ts';
const adopt = 'sandbox/oci/src/adopt.ts';

/** What is left over goes with the sandbox: its cgroup is killed once more when it is removed. */
const noEndOfAll: readonly Patch[] = [
  { file: sandbox, search: '    await prepared.cgroup.kill();\n', replace: '' },
  // The others leave processes behind that hold their output open: they would never end.
  {
    file: 'sandbox/abuse/src/limits.ts',
    search: 'const attacks = [...starred, staySilent, ...(bench.isQuick ? [] : [fillTmp, spin])];',
    replace: 'const attacks = starred.filter((one) => one === leaveDaemon);',
  },
];

const noKill = {
  file: sandbox,
  search:
    "    for (const program of programs) program.stop('cancelled');\n    await prepared.cgroup.kill();\n    await Promise.allSettled(programs.map((program) => program.done));\n",
  replace: '    programs.length = 0;\n',
};

/** None of them lets an attack harm the machine: a bomb still meets a limit, and nothing is sent where there is a way out. */
export const abuseMutants: readonly AbuseMutant[] = [
  {
    ...{ name: 'programs share the network of the machine', file: args, fails: ['5', '7', '9', '28'] },
    ...{ search: "'--unshare-all', '--die", replace: "'--unshare-all', '--share-net', '--die" },
  },
  {
    ...{ name: 'sockets of virtual machines are allowed', file: rules, fails: '6', isShort: true },
    ...{ search: 'netlink: 16 }', replace: 'netlink: 16, vsock: 40 }' },
  },
  {
    ...{ name: 'set-id bits are allowed', file: rules, fails: '13' },
    ...{ search: 'setIdBits = 0o6000', replace: 'setIdBits = 0' },
  },
  {
    ...{ name: 'typing into a terminal is allowed', file: rules, fails: '16' },
    ...{ search: 'typing = [0x5412, 0x541c]', replace: 'typing = [0x541c]' },
  },
  {
    ...{ name: 'refused calls are allowed', file: filter, fails: ['14', '15', '17', '18'] },
    ...{ search: 'return within(range, fail(EPERM));', replace: 'return within(range, allow());' },
  },
  {
    ...{ name: 'unknown calls are allowed', file: filter, fails: ['13', '17'] },
    ...{ search: '    fail(ENOSYS),\n  ];', replace: '    allow(),\n  ];' },
  },
  {
    ...{ name: 'the environment is handed on', file: launch, fails: ['11', '26'], isShort: true },
    ...{ search: "      cwd: '/',\n", replace: "      cwd: '/',\n      inheritEnv: true,\n" },
  },
  {
    ...{ name: 'values of the environment stand in the command line', file: launch, fails: 'hole 3' },
    search: "'/usr/bin/bwrap', '--args'",
    replace:
      "'/usr/bin/bwrap', ...plan.bwrapArgs.flatMap((word, at, all) => (word === '--setenv' ? all.slice(at, at + 3) : [])), '--args'",
  },
  {
    ...{ name: 'a descriptor is handed on', file: launch, fails: '12' },
    ...{ search: "extra: ['pipe', 'pipe', filter,", replace: "extra: ['pipe', 'pipe', filter, 'ignore', filter," },
  },
  {
    ...{ name: '/dev/shm has no size', file: args, fails: '3' },
    ...{ search: "  ...['--perms', '1777', '--size', String(shmBytes), '--tmpfs', '/dev/shm'],\n", replace: '' },
  },
  {
    ...{ name: '/ can be written', file: args, fails: ['3', '27'] },
    ...{ search: ", '--remount-ro', '/']", replace: ']' },
  },
  {
    ...{ name: 'the /proc of the machine is shown', file: args, fails: '10' },
    ...{ search: "['--proc', '/proc', '--dev'", replace: "['--ro-bind', '/proc', '/proc', '--dev'" },
  },
  {
    ...{ name: 'folders of the machine are shown', file: args, fails: '8' },
    ...{ search: "['--proc', '/proc', '--dev'", replace: "['--ro-bind', '/var', '/var', '--proc', '/proc', '--dev'" },
  },
  {
    ...{ name: 'the program stays root outside', file: launch, fails: 'hole 1' },
    ...{ search: '{ uid: plan.uid, gid: plan.gid }', replace: '{}' },
  },
  {
    ...{ name: 'the memory limit is far off', file: 'sandbox/driver-kit/src/cgroup/v1.ts', fails: '2', isShort: true },
    search: "'memory.limit_in_bytes', limits.memoryBytes",
    replace: "'memory.limit_in_bytes', limits.memoryBytes * 32",
  },
  {
    ...{ name: 'the count of refused processes is not read', file: 'sandbox/driver-kit/src/cgroup/v1.ts', fails: '1' },
    ...{ search: "readField(pids, 'pids.events', 'max')", replace: '0' },
  },
  {
    ...{ name: 'the processor quota is not written', file: 'sandbox/driver-kit/src/cgroup/v1.ts', fails: '30' },
    ...{ search: 'Math.round(limits.cpus * 100_000)', replace: 'Math.round(limits.cpus * 1_000_000)' },
  },
  {
    ...{ name: 'the volume is far larger', file: 'sandbox/driver-kit/src/work-volume.ts', fails: '4' },
    ...{ search: 'truncateSync(part, bytes)', replace: 'truncateSync(part, bytes * 40)' },
  },
  {
    ...{ name: 'wall time is not kept', file: 'sandbox/driver-kit/src/program.ts', fails: '22' },
    ...{ search: "stop('timeout'), options.limits.wallMs)", replace: "stop('timeout'), options.limits.wallMs * 25)" },
  },
  {
    ...{ name: 'output has no end', file: 'sandbox/driver-kit/src/program.ts', fails: '25' },
    ...{ search: "options.onFull === 'stop') guard", replace: "options.onFull === 'cut') guard" },
  },
  {
    ...{ name: 'devices of the machine are shown', file: args, fails: '19' },
    ...{ search: "'--dev', '/dev']", replace: "'--dev-bind', '/dev', '/dev']" },
  },
  {
    ...{ name: 'the collector follows links', file: collector, fails: '20' },
    ...{ search: 'os.O_NOFOLLOW | ', replace: '' },
    also: [
      {
        file: collector,
        search: 'entry.is_file(follow_symlinks=False)',
        replace: 'entry.is_file(follow_symlinks=True)',
      },
    ],
  },
  {
    ...{ name: 'programs run on while outputs are collected', fails: '21', ...noKill },
    also: [{ file: sandbox, search: '    if (running.size > 0)\n', replace: '    if (running.size < 0)\n' }],
  },
  {
    ...{ name: 'daemons outlive their program', file: args, fails: '23' },
    ...{ search: "'--unshare-all', '--die", replace: "...unshared, '--die" },
    also: [
      {
        file: args,
        search: 'const shmBytes = ',
        replace: "const unshared = ['ipc', 'net', 'uts'].map((kind) => `--unshare-${kind}`);\nconst shmBytes = ",
      },
      // Without processes of its own bwrap can show no /proc but the machine's.
      { file: args, search: "['--proc', '/proc', '--dev'", replace: "['--ro-bind', '/proc', '/proc', '--dev'" },
      ...noEndOfAll,
    ],
  },
  {
    ...{ name: 'calls of another processor type are answered', file: filter, fails: '29' },
    search: 'ifEqual(table.audit, 1, 0),\n    killProcess(),',
    replace: 'ifEqual(table.audit, 1, 0),\n    allow(),',
  },
  {
    // It waits until it is under the limits: else what it starts would not be.
    ...{ name: 'a shell stands between owner and program', file: launch, fails: '24' },
    search: "start([...netPrefix(plan), '/usr/bin/bwrap'",
    replace: `start(['/bin/sh', '-c', 'sleep 0.3; "$@"; exit $?', 'sh', ...netPrefix(plan), '/usr/bin/bwrap'`,
  },
  {
    ...{ name: 'the host name is the one of the machine', file: args, fails: '31' },
    ...{ search: ", '--hostname', 'sandbox'", replace: '' },
  },
  {
    ...{ name: 'the uid has no line in passwd', file: 'sandbox/bubblewrap/src/roots.ts', fails: 'hole 9' },
    ...{ search: 'of parts.files)', replace: "of parts.files.filter((one) => one.path !== '/etc/passwd'))" },
  },
  {
    ...{ name: 'a container keeps capabilities', file: container, fails: '17', driver: 'oci' },
    ...{ search: "    CapDrop: ['ALL'],\n", replace: '' },
  },
  {
    ...{ name: 'a container may gain rights', file: container, fails: '13', driver: 'oci' },
    ...{ search: "['no-new-privileges', `seccomp", replace: '[`seccomp' },
  },
  {
    ...{ name: 'the root of a container can be written', file: container, fails: '3', driver: 'oci' },
    ...{ search: 'ReadonlyRootfs: true', replace: 'ReadonlyRootfs: false' },
  },
  {
    ...{ name: 'a container has no filter', file: container, fails: ['6', '13', '15'], driver: 'oci' },
    ...{ search: '`seccomp=${berth.seccomp}`', replace: "'seccomp=unconfined'" },
  },
  {
    ...{ name: 'a container has the network of the machine', file: container, fails: '5', driver: 'oci' },
    ...{ search: "return 'none';", replace: "return 'host';" },
  },
  {
    ...{ name: 'a container runs as root', file: container, fails: 'hole 1', driver: 'oci' },
    ...{ search: 'User: `${owner.uid}:${owner.gid}`', replace: "User: '0:0'" },
  },
  {
    // Processes are counted still: a fork bomb without any end is no test but an attack on this machine.
    ...{ name: 'a container is under no limits but that of processes', file: adopt, driver: 'oci', fails: ['2', '30'] },
    search: 'of folders) write',
    replace: 'of folders.filter((one) => /\\/(pids|unified)\\//.test(one))) write',
  },
  {
    ...{ name: 'a container sees all of /sys', file: container, fails: '10', driver: 'docker' },
    ...{ search: 'MaskedPaths: masked', replace: 'MaskedPaths: []' },
  },
  {
    ...{ name: 'a container of podman sees all of /sys', file: container, fails: '10', driver: 'podman' },
    ...{ search: "[...plain, `mask=${masked.join(':')}`]", replace: "[...plain, 'unmask=ALL']" },
  },
  {
    ...{ name: 'daemons of a container outlive it', file: container, fails: '23', driver: 'oci' },
    ...{ search: "IpcMode: 'private',", replace: "IpcMode: 'private',\n    PidMode: 'host'," },
    also: [
      ...noEndOfAll,
      // An engine ends what has no processes of its own by the cgroup for devices, the one that the sandbox leaves to it.
      { file: adopt, search: 'of folders) write', replace: "of [...folders, '/sys/fs/cgroup/devices']) write" },
    ],
  },
];

/** The tests that a mutant must fail. */
export function failsOf({ fails }: AbuseMutant): readonly string[] {
  return typeof fails === 'string' ? [fails] : fails;
}
