/**
 * System call numbers of one processor type, by what the filter does with them. An absent member is a call that the type does
 * not have.
 */
export interface CallTable {
  /** `AUDIT_ARCH_*`. */
  audit: number;
  /** First number of the second call table that shares this architecture value (x32); none elsewhere. */
  foreignFrom?: number;
  /** Answered with EPERM whatever the arguments. */
  denied: Readonly<Record<string, number>>;
  /** Answered with ENOSYS, so that libc falls back to a call whose arguments can be read. */
  absent: Readonly<Record<string, number>>;
  socket: number;
  socketpair: number;
  clone: number;
  ioctl: number;
  /** Calls with a file mode: number and the index of the mode argument. */
  modes: readonly { number: number; mode: number }[];
  /** Calls that may create a file: number, index of the flags, index of the mode. */
  creates: readonly { number: number; flags: number; mode: number }[];
  /** `O_CREAT | O_TMPFILE` bits that make the mode count. */
  createFlags: number;
}
