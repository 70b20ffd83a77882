import type { CallTable } from './call-table.ts';

/** @see https://github.com/torvalds/linux/blob/master/arch/x86/entry/syscalls/syscall_64.tbl */
export const x86_64: CallTable = {
  audit: 0xc000003e,
  foreignFrom: 0x40000000,
  denied: {
    mount: 165,
    umount2: 166,
    pivot_root: 155,
    chroot: 161,
    move_mount: 429,
    fsopen: 430,
    fsconfig: 431,
    fsmount: 432,
    fspick: 433,
    open_tree: 428,
    mount_setattr: 442,
    open_tree_attr: 467,
    setns: 308,
    unshare: 272,
    swapon: 167,
    swapoff: 168,
    reboot: 169,
    kexec_load: 246,
    kexec_file_load: 320,
    init_module: 175,
    finit_module: 313,
    delete_module: 176,
    bpf: 321,
    perf_event_open: 298,
    userfaultfd: 323,
    io_uring_setup: 425,
    io_uring_enter: 426,
    io_uring_register: 427,
    add_key: 248,
    request_key: 249,
    keyctl: 250,
    ptrace: 101,
    process_vm_readv: 310,
    process_vm_writev: 311,
    pidfd_getfd: 438,
    kcmp: 312,
    process_madvise: 440,
    acct: 163,
    quotactl: 179,
    quotactl_fd: 443,
    syslog: 103,
    settimeofday: 164,
    clock_settime: 227,
    adjtimex: 159,
    clock_adjtime: 305,
    ioperm: 173,
    iopl: 172,
    lookup_dcookie: 212,
    open_by_handle_at: 304,
    name_to_handle_at: 303,
    fanotify_init: 300,
    nfsservctl: 180,
    vhangup: 153,
    uselib: 134,
    ustat: 136,
    sysfs: 139,
    modify_ldt: 154,
  },
  absent: { clone3: 435, openat2: 437 },
  socket: 41,
  socketpair: 53,
  clone: 56,
  ioctl: 16,
  modes: [
    { number: 90, mode: 1 }, // chmod
    { number: 91, mode: 1 }, // fchmod
    { number: 268, mode: 2 }, // fchmodat
    { number: 452, mode: 2 }, // fchmodat2
    { number: 85, mode: 1 }, // creat
    { number: 133, mode: 1 }, // mknod
    { number: 259, mode: 2 }, // mknodat
  ],
  creates: [
    { number: 2, flags: 1, mode: 2 }, // open
    { number: 257, flags: 2, mode: 3 }, // openat
  ],
  createFlags: 0x400040,
};
