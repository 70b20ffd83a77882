/** One test of the abuse suite: what it is called, and whether `probe` runs it on every machine before a driver is used. */
export interface AbuseTest {
  /** Findings whose name begins with it belong to this test. */
  id: string;
  title: string;
  starred: boolean;
  /** How many findings there must be at least: an attack that was not carried out is a failure. */
  least: number;
}

function test(id: string, title: string, { starred = true, least = 1 } = {}): AbuseTest {
  return { id, title, starred, least };
}

/** The attacks of the suite, and the holes that were once open in flags that looked complete. */
export const abuseTests: readonly AbuseTest[] = [
  test('1', 'fork bomb'),
  test('2', 'memory bomb'),
  test('3', 'tmpfs as a memory bomb', { starred: false, least: 5 }),
  test('4', 'disk and inode fill', { least: 2 }),
  test('5', 'network by TCP, UDP and DNS', { least: 4 }),
  test('6', 'socket families', { least: 7 }),
  test('7', 'metadata services', { least: 10 }),
  test('8', 'files of the machine', { least: 8 }),
  test('9', 'control sockets', { least: 5 }),
  test('10', '/proc and /sys', { least: 13 }),
  test('11', 'environment of the service', { least: 2 }),
  test('12', 'inherited descriptors'),
  test('13', 'set-id files', { least: 9 }),
  test('14', 'ptrace and its relatives', { least: 4 }),
  test('15', 'kernel keyring', { least: 3 }),
  test('16', 'typing into a terminal', { least: 2 }),
  test('17', 'new namespaces', { least: 11 }),
  test('18', 'io_uring, bpf, perf, kexec, modules', { starred: false, least: 7 }),
  test('19', 'devices', { starred: false, least: 3 }),
  test('20', 'hostile outputs', { least: 2 }),
  test('21', 'swap while collecting', { starred: false }),
  test('22', 'wall time and idle time', { least: 2 }),
  test('23', 'daemons'),
  test('24', 'crash of the owner'),
  test('25', 'output flood', { least: 2 }),
  test('26', 'secrets in logs', { starred: false }),
  test('27', 'cache poisoning', { starred: false }),
  test('28', 'sandbox to sandbox', { starred: false }),
  test('29', '32-bit and x32 calls', { starred: false, least: process.arch === 'x64' ? 2 : 0 }),
  test('30', 'processor time', { starred: false }),
  test('31', 'clock and host name', { starred: false, least: 3 }),
  test('hole 1', 'root outside behind a uid inside'),
  test('hole 3', 'values of the environment in command lines', { starred: false }),
  test('hole 9', 'a uid without a home', { starred: false }),
];

/** Holes that are closed by a test of the list above: which. */
export const holesByTest: Readonly<Record<string, string>> = {
  'hole 2': '11', // the environment of pid 1
  'hole 4': '12', // inherited descriptors
  'hole 5': '15', // keys
  'hole 6': '6', // vsock; io_uring is in 18
  'hole 7': '3', // /dev/shm without a size
  'hole 10': '24', // a shell between the owner and the sandbox
  'hole 11': '3', // a writable /
};
