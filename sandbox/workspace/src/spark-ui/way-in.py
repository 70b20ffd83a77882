"""Starts the program given as arguments and lets callers in to its TCP port over a Unix socket: its network has `lo` alone.

Arguments: path of the socket, port, the program and its own arguments. Ends with the program, with its exit code.
"""

import os
import socket
import subprocess
import sys
import threading

CHUNK_BYTES = 65536


def copy(source, target):
    try:
        while chunk := source.recv(CHUNK_BYTES):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, target):
            end.close()


def join(caller, port):
    try:
        server = socket.create_connection(("127.0.0.1", port), timeout=10)
        server.settimeout(None)
    except OSError:
        caller.close()
        return
    back = threading.Thread(target=copy, args=(server, caller), daemon=True)
    back.start()
    copy(caller, server)
    back.join()
    caller.close()
    server.close()


def let_in(door, port):
    while True:
        caller, _ = door.accept()
        threading.Thread(target=join, args=(caller, port), daemon=True).start()


def main():
    path, port, *program = sys.argv[1:]
    door = socket.socket(socket.AF_UNIX)
    door.bind(path)
    door.listen(64)
    threading.Thread(target=let_in, args=(door, int(port)), daemon=True).start()
    code = subprocess.call(program)
    sys.stdout.flush()
    os._exit(code if code >= 0 else 128 - code)


main()
