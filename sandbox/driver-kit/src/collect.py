# Runs inside the sandbox: writes a tar of the regular files below /work that match the globs. argv: largest file in bytes, globs...
# Globs as in core/kit: * and ? stay within one name, ** crosses folders, {a,b} is a choice, names with a leading dot match like others.
import os
import re
import stat
import sys
import tarfile


def translate(glob):
    out, i, depth = "", 0, 0
    while i < len(glob):
        c = glob[i]
        if glob.startswith("**/", i) and (i == 0 or glob[i - 1] == "/"):
            out, i = out + "(?:[^/]+/)*", i + 3
            continue
        if glob.startswith("/**", i) and i + 3 == len(glob):
            out, i = out + "(?:/.*)?", i + 3
            continue
        if glob.startswith("**", i):
            out, i = out + ".*", i + 2
            continue
        if c == "*":
            out += "[^/]*"
        elif c == "?":
            out += "[^/]"
        elif c == "{" and "}" in glob[i:]:
            out, depth = out + "(?:", depth + 1
        elif c == "}" and depth:
            out, depth = out + ")", depth - 1
        elif c == "," and depth:
            out += "|"
        else:
            out += re.escape(c)
        i += 1
    return re.compile(out, re.S)


def walk(folder, prefix):
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        name = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from walk(entry.path, name + "/")
        elif entry.is_file(follow_symlinks=False):
            yield entry.path, name


def add(tar, path, name, largest):
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return
    with os.fdopen(fd, "rb") as file:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            return
        if status.st_size > largest:
            sys.stderr.write("%r has %d bytes, more than the volume\n" % (name, status.st_size))
            sys.exit(3)
        info = tarfile.TarInfo(name)
        info.size, info.mtime = status.st_size, int(status.st_mtime)
        info.mode = 0o755 if status.st_mode & 0o100 else 0o644
        tar.addfile(info, file)


def main():
    largest, globs = int(sys.argv[1]), [translate(glob) for glob in sys.argv[2:]]
    sys.setrecursionlimit(20000)
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.PAX_FORMAT, bufsize=65536) as tar:
        for path, name in walk("/work", ""):
            if any(glob.fullmatch(name) for glob in globs):
                add(tar, path, name, largest)


main()
