# SPDX-License-Identifier: MIT
"""A daemon under a kernel that refuses what the test wants refused, when it wants it."""
import contextlib
import fcntl
import os
import pathlib
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

from harness import CLEAN, EPMDPXY, wait

# Runs a program in which whoever holds the other end of the socket answers for some system calls (seccomp's user
# notification, which needs no privilege then).
LAUNCH = """
import ctypes, os, socket, struct, sys
to_test, calls, *words = sys.argv[1:]
def op(code, jt, jf, k):
    return struct.pack("HBBI", code, jt, jf, k)
program = [op(0x20, 0, 0, 0)]
for call in calls.split(","):
    program += [op(0x15, 0, 1, int(call)), op(0x06, 0, 0, 0x7fc00000)]
program.append(op(0x06, 0, 0, 0x7fff0000))
code = ctypes.create_string_buffer(b"".join(program))
libc = ctypes.CDLL(None, use_errno=True)
class Filter(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("code", ctypes.c_void_p)]
assert libc.prctl(38, 1, 0, 0, 0) == 0
asked = libc.syscall(317, 1, 8, ctypes.byref(Filter(len(program), ctypes.cast(code, ctypes.c_void_p))))
assert asked >= 0, ctypes.get_errno()
with socket.socket(fileno=int(to_test)) as end:
    socket.send_fds(end, [b"x"], [asked])
os.close(asked)
os.execv(words[0], words)
"""

ASKED, ANSWER = "QIIiIQ6Q", "QqiI"  # struct seccomp_notif, struct seccomp_notif_resp
RECV, SEND = 0xC0502100, 0xC0182101
GO_ON = 1


def refuse_nothing(*_):
    return 0


def one(error, nth, meant):
    """Refuses the nth call from now on that is meant, and no other."""
    count = 0

    def refuse(call, words):
        nonlocal count
        count += meant(call, words)
        return error if meant(call, words) and count == nth else 0
    return refuse


class Kernel:
    """Asks `refuse` about each of the calls that are looked at: it returns an errno, or 0."""

    def __init__(self, process, refuse):
        self.process = process
        self.refuse = refuse

    def answer(self, asked):
        told = bytearray(struct.calcsize(ASKED))
        try:
            fcntl.ioctl(asked, RECV, told)
            number, _, _, call, _, _, *words = struct.unpack(ASKED, told)
            error = self.refuse(call, words)
            fcntl.ioctl(asked, SEND, struct.pack(ANSWER, number, 0, -error, 0 if error else GO_ON))
        except OSError:  # it was killed while it asked
            pass

    def attend(self, asked):
        events = select.poll()
        events.register(asked, select.POLLIN)
        while not any(event & select.POLLHUP for _, event in events.poll()):
            self.answer(asked)
        os.close(asked)

    def sockets(self):
        count = 0
        for path in pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # it was closed meanwhile
                count += str(path.readlink()).startswith("socket:")
        return count

    def settled_sockets(self):
        """Once none of those is about to close whose use is over."""
        before = -1
        while (count := self.sockets()) != before:
            before = count
            time.sleep(0.2)
        return count


@contextlib.contextmanager
def launched(calls, refuse):
    """A daemon that starts under such a kernel: yields the kernel, the file that will hold the port, and the log."""
    ours, theirs = socket.socketpair()
    with tempfile.TemporaryDirectory() as folder, ours, theirs:
        port_file, log = pathlib.Path(folder) / "port", pathlib.Path(folder) / "log"
        launch = [sys.executable, "-c", LAUNCH, str(theirs.fileno()), ",".join(map(str, calls)), EPMDPXY, "serve",
                  "--port", "0", "--port-file", str(port_file)]
        with log.open("w") as to, subprocess.Popen(launch, env=CLEAN, pass_fds=[theirs.fileno()], stderr=to,
                                                   stdout=subprocess.DEVNULL) as served:
            under = Kernel(served, refuse)
            attending = threading.Thread(target=under.attend, args=(socket.recv_fds(ours, 1, 1)[1][0],))
            attending.start()
            try:
                yield under, port_file, log.read_text
            finally:
                under.refuse = refuse_nothing
                served.terminate()
                served.wait(timeout=20)
                attending.join(timeout=5)


@contextlib.contextmanager
def kernel(*calls):
    """A daemon that serves, and its kernel, which is asked about these calls: yields that, the port, and the log."""
    with launched(calls, refuse_nothing) as (under, port_file, log):
        wait(port_file.exists)
        yield under, int(port_file.read_text()), log
    assert under.process.returncode == 0, under.process.returncode
