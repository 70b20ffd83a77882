/** What is looked into before a call is allowed. Only the low 32 bits of an argument count, as the kernel reads these. */
export type CallRule =
  | { kind: 'one-of'; call: string; argument: number; values: readonly number[]; errno: number }
  | { kind: 'none-of'; call: string; argument: number; values: readonly number[] }
  /** Allowed when no bit of the mask is set. */
  | { kind: 'without'; call: string; argument: number; mask: number }
  /** A mode counts only when the flags make a file. */
  | { kind: 'creates'; call: string; flags: number; mode: number };

export const EPERM = 1;
export const ENOSYS = 38;
const EAFNOSUPPORT = 97;
const AF = { unix: 1, inet: 2, inet6: 10, netlink: 16 };
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET (NEWTIME cannot be given to clone). */
const CLONE_NEW = 0x7e020000;
/** The two ioctls that type into a terminal: TIOCSTI, TIOCLINUX. */
const typing = [0x5412, 0x541c];
/** Linux as it is, with the address layout or the `uname` of old programs, and the question which it is. */
const personalities = [0, 0x8, 0x20000, 0x20008, 0x40000, 0xffffffff];
export const setIdBits = 0o6000;

export const callRules: readonly CallRule[] = [
  { kind: 'one-of', call: 'socket', argument: 0, values: Object.values(AF), errno: EAFNOSUPPORT },
  { kind: 'one-of', call: 'socketpair', argument: 0, values: [AF.unix], errno: EAFNOSUPPORT },
  { kind: 'one-of', call: 'personality', argument: 0, values: personalities, errno: EPERM },
  { kind: 'without', call: 'clone', argument: 0, mask: CLONE_NEW },
  { kind: 'none-of', call: 'ioctl', argument: 1, values: typing },
  { kind: 'without', call: 'chmod', argument: 1, mask: setIdBits },
  { kind: 'without', call: 'fchmod', argument: 1, mask: setIdBits },
  { kind: 'without', call: 'fchmodat', argument: 2, mask: setIdBits },
  { kind: 'without', call: 'fchmodat2', argument: 2, mask: setIdBits },
  { kind: 'without', call: 'creat', argument: 1, mask: setIdBits },
  { kind: 'without', call: 'mknod', argument: 1, mask: setIdBits },
  { kind: 'without', call: 'mknodat', argument: 2, mask: setIdBits },
  { kind: 'creates', call: 'open', flags: 1, mode: 2 },
  { kind: 'creates', call: 'openat', flags: 2, mode: 3 },
];

/** Answered as if they were not there, so that libc falls back to calls whose arguments can be read. */
export const absentCalls: readonly string[] = ['clone3', 'openat2'];
