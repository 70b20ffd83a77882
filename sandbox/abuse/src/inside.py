# Runs inside a sandbox as a stranger's program would: tries each way out and prints one JSON line per attack.
# stdin: JSON with "env" (names that may be seen), "hostPort" (a port the machine listens on at 127.0.0.1), "hidden" (paths that must not be
# there), "places" (paths of this machine that no command line may show), "secrets" (values that nothing inside may hold).
# Never sends to an address other than 127.0.0.1 unless there is no device that could carry it.
import base64
import ctypes
import errno
import fcntl
import json
import mmap
import os
import platform
import pty
import pwd
import signal
import socket
import struct
import sys
import termios

libc = ctypes.CDLL(None, use_errno=True)
task = json.load(sys.stdin)

# System calls that have no wrapper everywhere, by processor type.
CALLS = {
    "x86_64": dict(add_key=248, request_key=249, keyctl=250, bpf=321, perf_event_open=298, userfaultfd=323, io_uring_setup=425,
                   kexec_load=246, init_module=175, ptrace=101, process_vm_readv=310, pidfd_getfd=438, pivot_root=155, mount=165,
                   unshare=272, setns=308, clone3=435, openat2=437, open_tree=428, fsopen=430, fchmodat2=452, chroot=161,
                   open_by_handle_at=304, clock_settime=227),
    "aarch64": dict(add_key=217, request_key=218, keyctl=219, bpf=280, perf_event_open=241, userfaultfd=282, io_uring_setup=425,
                    kexec_load=104, init_module=105, ptrace=117, process_vm_readv=270, pidfd_getfd=438, pivot_root=41, mount=40,
                    unshare=97, setns=268, clone3=435, openat2=437, open_tree=428, fsopen=430, fchmodat2=452, chroot=51,
                    open_by_handle_at=265, clock_settime=112),
}[platform.machine()]

REFUSED = (errno.EPERM, errno.EACCES, errno.ENOSYS, errno.ENOSPC, errno.EAFNOSUPPORT, errno.EROFS, errno.ENOENT, errno.ENXIO)


# A call that the filter does not know is either refused or not there.
DENIED = (errno.EPERM, errno.ENOSYS)


def call(name, *args):
    result = libc.syscall(CALLS[name], *args)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def report(test, ok, detail):
    print(json.dumps({"test": test, "ok": bool(ok), "detail": str(detail)[:400]}), flush=True)


def refused(test, attack, codes=REFUSED):
    """The attack must fail with one of the codes: success, and any other failure, is a finding."""
    try:
        report(test, False, "allowed: %r" % (attack(),))
    except OSError as error:
        report(test, error.errno in codes, errno.errorcode.get(error.errno, error.errno))


def open_real(path, flags):
    """A masked file is the null device: there is nothing behind it."""
    descriptor = os.open(path, flags)
    if os.fstat(descriptor).st_rdev == os.makedev(1, 3):
        raise OSError(errno.EACCES, "masked")
    return descriptor


def sockets():
    for name, family, kind in (("vsock", 40, socket.SOCK_STREAM), ("alg", 38, socket.SOCK_SEQPACKET), ("packet", 17, socket.SOCK_RAW),
                               ("bluetooth", 31, socket.SOCK_RAW), ("can", 29, socket.SOCK_RAW), ("xdp", 44, socket.SOCK_RAW)):
        refused("6 socket family " + name, lambda: socket.socket(family, kind, 0), (errno.EAFNOSUPPORT, errno.EPERM))
    refused("6 raw socket", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1), DENIED)


METADATA = ("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.2.7", "fd00:ec2::254")


def metadata(addresses):
    """Metadata services and a public address, by TCP and UDP: without a device or a route nothing can be sent."""
    for address in addresses:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            with socket.socket(family, kind) as attempt:
                attempt.settimeout(2)
                refused("7 metadata services " + address, lambda: attempt.connect((address, 80)), (errno.ENETUNREACH, errno.EADDRNOTAVAIL))


def network():
    devices = [line.split(":")[0].strip() for line in open("/proc/net/dev").read().splitlines()[2:]]
    report("5 only lo", devices == ["lo"], devices)
    routes = open("/proc/net/route").read().splitlines()[1:]
    report("5 no routes", routes == [], routes)
    if devices == ["lo"] and routes == []:
        metadata(METADATA)
    else:
        report("7 metadata services", False, "not tried: there is a way out")
    refused("5 loopback of the machine", lambda: socket.create_connection(("127.0.0.1", task["hostPort"]), 2), (errno.ECONNREFUSED,))
    try:
        report("5 no names", False, socket.getaddrinfo("example.invalid", 80))
    except socket.gaierror as error:
        report("5 no names", True, error)


def files():
    for path in task["hidden"]:
        refused("8 hidden " + path, lambda: os.stat(path), (errno.ENOENT, errno.EACCES))
    for path in ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/run/dbus/system_bus_socket"):
        refused("9 " + path, lambda: os.stat(path), (errno.ENOENT,))
    abstract = [line.split()[-1] for line in open("/proc/net/unix").read().splitlines()[1:] if "@" in line]
    report("9 no abstract sockets", abstract == [], abstract)


def kernel_files():
    for path, flags in (("/proc/sys/kernel/core_pattern", os.O_WRONLY), ("/proc/sysrq-trigger", os.O_WRONLY), ("/proc/kcore", os.O_RDONLY),
                        ("/proc/kmsg", os.O_RDONLY), ("/dev/kmsg", os.O_RDONLY), ("/dev/mem", os.O_RDONLY), ("/dev/fuse", os.O_RDWR),
                        ("/sys/kernel", os.O_RDONLY), ("/proc/sys/vm/drop_caches", os.O_WRONLY)):
        refused("10 open " + path, lambda: open_real(path, flags))
    refused("10 root of pid 1", lambda: os.listdir("/proc/1/root/root"))
    told = [word for word in words() for place in task["places"] + task["secrets"] if place in word]
    report("10 command lines show no value and no place of the machine", told == [], told)
    # Its memory can be written, as that of every process of one user: it must be as confined as the rest.
    status = dict(line.split(":", 1) for line in open("/proc/1/status").read().splitlines())
    confined = status["Seccomp"].strip() == "2" and int(status["CapEff"], 16) == 0 and int(status["CapPrm"], 16) == 0
    report("10 pid 1 is confined", confined, [status[name].strip() for name in ("Seccomp", "CapEff", "CapPrm")])
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    report("10 only own processes", len(pids) <= 4, pids)


def words():
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                yield from open("/proc/%s/cmdline" % name, "rb").read().decode("latin1").split("\0")
            except OSError:
                pass


def environment():
    seen = set()
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                seen |= {entry.split(b"=")[0].decode() for entry in open("/proc/%s/environ" % name, "rb").read().split(b"\0") if entry}
            except OSError:
                pass
    extra = sorted(seen - set(task["env"]))
    report("11 no environment of the service", extra == [], extra)
    first = {entry.split(b"=")[0].decode() for entry in read("/proc/1/environ").split(b"\0") if entry}
    report("11 environment of pid 1", first <= set(task["env"]), sorted(first))


def secrets():
    """All that a build could print: environments, command lines, the settings, its own folders."""
    heap = [word.encode("latin1") for word in words()]
    for name in os.listdir("/proc"):
        if name.isdigit():
            heap.append(read("/proc/%s/environ" % name))
    for top in ("/etc", "/work", "/tmp", "/run", "/dev/shm"):
        for folder, _, names in os.walk(top):
            heap += [read(os.path.join(folder, name)) for name in names]
    everything = b"\n".join(heap)
    forms = [form for value in task["secrets"] for form in (value.encode(), base64.b64encode(value.encode()).rstrip(b"="))]
    found = [form for form in forms if form in everything]
    report("26 no secret of the service", found == [], found)


def read(path):
    try:
        if not os.path.isfile(path) and not path.startswith("/proc/"):
            return b""
        with open(path, "rb") as file:
            return file.read(1 << 20)
    except OSError:
        return b""


def identity():
    inside = os.getuid()
    report("hole 9 the uid has a name and a home", pwd.getpwuid(inside).pw_dir == "/work/home", pwd.getpwuid(inside))
    report("31 host name", platform.node() == "sandbox", platform.node())
    refused("31 set the host name", lambda: socket.sethostname("x"))
    refused("31 set the clock", lambda: call("clock_settime", 0, ctypes.create_string_buffer(16)))


def descriptors():
    links = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            links[int(name)] = os.readlink("/proc/self/fd/" + name)
        except OSError:
            pass
    extra = {number: link for number, link in links.items() if number > 2}
    report("12 only 0, 1 and 2 are open", extra == {}, extra)


def set_id():
    open("/work/s1", "w").close()
    refused("13 chmod 4755", lambda: os.chmod("/work/s1", 0o4755), DENIED)
    refused("13 chmod 2755", lambda: os.chmod("/work/s1", 0o2755), DENIED)
    refused("13 open(O_CREAT, 4755)", lambda: os.open("/work/s2", os.O_CREAT | os.O_WRONLY, 0o4755), DENIED)
    refused("13 open(O_TMPFILE, 4755)", lambda: os.open("/work", os.O_TMPFILE | os.O_WRONLY, 0o4755), DENIED)
    refused("13 mknod 4755", lambda: os.mknod("/work/s3", 0o104755), DENIED)
    refused("13 fchmodat2 4755", lambda: call("fchmodat2", -100, b"/work/s1", 0o4755, 0), DENIED)
    refused("13 openat2", lambda: call("openat2", -100, b"/work/s4", ctypes.create_string_buffer(24), 24), DENIED)
    with open("/proc/self/status") as status:
        gains = [line.split()[1] for line in status if line.startswith("NoNewPrivs")]
    report("13 no program of the root gives more rights", gains == ["1"], gains)
    refused("13 file capabilities", lambda: os.setxattr("/work/s1", "security.capability", b"\x01\0\0\x02" + b"\xff" * 16), DENIED)


def processes():
    victim = os.fork()
    if victim == 0:
        signal.pause()
    refused("14 ptrace ATTACH", lambda: call("ptrace", 16, victim, 0, 0), DENIED)
    os.kill(victim, signal.SIGKILL)
    os.waitpid(victim, 0)
    refused("14 process_vm_readv", lambda: call("process_vm_readv", 1, 0, 0, 0, 0, 0), DENIED)
    refused("14 pidfd_getfd", lambda: call("pidfd_getfd", 3, 0, 0), DENIED)
    refused("14 ptrace TRACEME", lambda: call("ptrace", 0, 0, 0, 0), DENIED)


def keys():
    refused("15 add_key", lambda: call("add_key", b"user", b"probe", b"x", 1, ctypes.c_long(-3)), DENIED)
    refused("15 request_key", lambda: call("request_key", b"user", b"probe", 0, 0), DENIED)
    refused("15 keyctl read", lambda: call("keyctl", 11, ctypes.c_long(-3), 0, 0), DENIED)


def terminal():
    def push():
        master, slave = pty.openpty()
        if os.fork() == 0:
            code = 0
            try:
                os.setsid()
                fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
                fcntl.ioctl(slave, termios.TIOCSTI, b"x")
            except OSError as error:
                code = error.errno
            os._exit(code)
        code = os.waitstatus_to_exitcode(os.wait()[1])
        if code != 0:
            raise OSError(code, os.strerror(code))
        return "injected"

    refused("16 TIOCSTI", push, DENIED)
    refused("16 controlling terminal", lambda: os.open("/dev/tty", os.O_RDWR), (errno.ENXIO,))


def namespaces():
    for name, flag in (("user", 0x10000000), ("mount", 0x20000), ("net", 0x40000000), ("pid", 0x20000000)):
        refused("17 unshare " + name, lambda: call("unshare", flag), DENIED)
    refused("17 clone3", lambda: call("clone3", ctypes.create_string_buffer(88), 88), DENIED)
    refused("17 setns", lambda: call("setns", os.open("/proc/self/ns/mnt", os.O_RDONLY), 0), DENIED)
    refused("17 mount", lambda: call("mount", b"t", b"/work", b"tmpfs", 0, 0), DENIED)
    refused("17 open_tree", lambda: call("open_tree", -100, b"/", 1), DENIED)
    refused("17 fsopen", lambda: call("fsopen", b"tmpfs", 0), DENIED)
    refused("17 pivot_root", lambda: call("pivot_root", b".", b"."), DENIED)
    refused("17 chroot", lambda: call("chroot", b"."), DENIED)
    with open("/proc/self/status") as status:
        capabilities = [line.split()[1] for line in status if line.startswith(("CapEff", "CapPrm", "CapBnd", "CapAmb", "CapInh"))]
    report("17 no capabilities", all(int(value, 16) == 0 for value in capabilities), capabilities)


def kernel_calls():
    refused("18 bpf", lambda: call("bpf", 0, 0, 0), DENIED)
    refused("18 io_uring", lambda: call("io_uring_setup", 1, ctypes.create_string_buffer(120)), DENIED)
    refused("18 userfaultfd", lambda: call("userfaultfd", 1), DENIED)
    attributes = ctypes.create_string_buffer(struct.pack("II", 1, 112) + b"\0" * 104)
    refused("18 perf", lambda: call("perf_event_open", attributes, 0, -1, -1, 0), DENIED)
    refused("18 kexec", lambda: call("kexec_load", 0, 0, 0, 0), DENIED)
    refused("18 modules", lambda: call("init_module", 0, 0, b""), DENIED)
    refused("18 open_by_handle_at", lambda: call("open_by_handle_at", 0, 0, 0), DENIED)
    refused("19 block device", lambda: os.mknod("/work/d1", 0o60600, os.makedev(254, 0)), DENIED)
    refused("19 character device", lambda: os.mknod("/work/d2", 0o20600, os.makedev(1, 1)), DENIED)
    report("19 no disks", [name for name in os.listdir("/dev") if name.startswith(("sd", "vd", "nvme", "loop", "dm"))] == [], "")
    if platform.machine() == "x86_64":
        x32()
        interrupt80()


def x32():
    """getpid by the x32 table: not answered, or the end of who asks."""
    child = os.fork()
    if child == 0:
        os._exit(1 if libc.syscall(0x40000000 | 39) == os.getpid() else 0)
    status = os.waitpid(child, 0)[1]
    report("29 x32 calls", status != 256, status)


def interrupt80():
    """getpid by the 32-bit table, whose numbers mean other calls: it must not be answered."""
    child = os.fork()
    if child == 0:
        code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        code.write(bytes.fromhex("53b814000000cd805bc3"))
        answer = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
        os._exit(1 if answer == os.getpid() else 0)
    status = os.waitpid(child, 0)[1]
    report("29 32-bit calls", status != 256, status)


def read_only():
    # The last line is the mount that is seen. Who may not write there because of his uid alone is one mistake away from it.
    root = [line.split()[3].split(",") for line in open("/proc/self/mounts") if line.split()[1] == "/"][-1]
    report("3 / is mounted read-only", "ro" in root, root)
    for path in ("/", "/dev", "/etc", "/usr", "/opt", "/proc/sys"):
        refused("3 read-only " + path, lambda: open(path.rstrip("/") + "/probe", "w"), (errno.EROFS, errno.EACCES, errno.ENOENT))


# Each in a process of its own: an attack that gets through (a new namespace, a tracer) must not spoil those after it.
for attack in (descriptors, sockets, network, files, kernel_files, environment, secrets, identity, set_id, processes, keys, terminal, namespaces, kernel_calls, read_only):
    child = os.fork()
    if child == 0:
        try:
            attack()
        except Exception as error:
            report(attack.__name__, False, "%s: %s" % (type(error).__name__, error))
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status != 0:
        report(attack.__name__, False, "ended with status %d" % status)
report("end", True, "")
