import type { CallTable } from './call-table.ts';

/**
 * NOT RUN HERE: written from the generic table, never tried on an arm64 machine. `probe` decides there as everywhere: a driver
 * whose filter does not hold is refused.
 *
 * @see https://github.com/torvalds/linux/blob/master/scripts/syscall.tbl
 */
export const arm64: CallTable = {
  audit: 0xc00000b7,
  denied: {
    mount: 40,
    umount2: 39,
    pivot_root: 41,
    chroot: 51,
    move_mount: 429,
    fsopen: 430,
    fsconfig: 431,
    fsmount: 432,
    fspick: 433,
    open_tree: 428,
    mount_setattr: 442,
    open_tree_attr: 467,
    setns: 268,
    unshare: 97,
    swapon: 224,
    swapoff: 225,
    reboot: 142,
    kexec_load: 104,
    kexec_file_load: 294,
    init_module: 105,
    finit_module: 273,
    delete_module: 106,
    bpf: 280,
    perf_event_open: 241,
    userfaultfd: 282,
    io_uring_setup: 425,
    io_uring_enter: 426,
    io_uring_register: 427,
    add_key: 217,
    request_key: 218,
    keyctl: 219,
    ptrace: 117,
    process_vm_readv: 270,
    process_vm_writev: 271,
    pidfd_getfd: 438,
    kcmp: 272,
    process_madvise: 440,
    acct: 89,
    quotactl: 60,
    quotactl_fd: 443,
    syslog: 116,
    settimeofday: 170,
    clock_settime: 112,
    adjtimex: 171,
    clock_adjtime: 266,
    lookup_dcookie: 18,
    open_by_handle_at: 265,
    name_to_handle_at: 264,
    fanotify_init: 262,
    nfsservctl: 42,
    vhangup: 58,
  },
  absent: { clone3: 435, openat2: 437 },
  socket: 198,
  socketpair: 199,
  clone: 220,
  ioctl: 29,
  modes: [
    { number: 52, mode: 1 }, // fchmod
    { number: 53, mode: 2 }, // fchmodat
    { number: 452, mode: 2 }, // fchmodat2
    { number: 33, mode: 2 }, // mknodat
  ],
  creates: [{ number: 56, flags: 2, mode: 3 }], // openat
  createFlags: 0x400040,
};
