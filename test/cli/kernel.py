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
to_test, which, calls, preload, *words = sys.argv[1:]
GO_ON, ASK = 0x7fff0000, 0x7fc00000
these, others = (ASK, GO_ON) if which == "only" else (GO_ON, ASK)
def op(code, jt, jf, k):
    return struct.pack("HBBI", code, jt, jf, k)
# Nobody would answer about the sendmsg() that tells whom to ask.
program = [op(0x20, 0, 0, 16), op(0x15, 0, 3, int(to_test)), op(0x20, 0, 0, 0), op(0x15, 0, 1, 46), op(0x06, 0, 0, GO_ON), op(0x20, 0, 0, 0)]
for call in calls.split(","):
    program += [op(0x15, 0, 1, int(call)), op(0x06, 0, 0, these)]
program.append(op(0x06, 0, 0, others))
end = socket.socket(fileno=int(to_test))
if preload:
    os.environ["LD_PRELOAD"] = preload
code = ctypes.create_string_buffer(b"".join(program))
libc = ctypes.CDLL(None, use_errno=True)
class Filter(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("code", ctypes.c_void_p)]
assert libc.prctl(38, 1, 0, 0, 0) == 0
asked = libc.syscall(317, 1, 8, ctypes.byref(Filter(len(program), ctypes.cast(code, ctypes.c_void_p))))
assert asked >= 0, ctypes.get_errno()
socket.send_fds(end, [b"x"], [asked])
end.close()
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
        self.said = None  # the log, at the end

    def error_of(self, call, words, _):
        """The last is the address of the instruction that asks."""
        return self.refuse(call, words)

    def answer(self, asked):
        told = bytearray(struct.calcsize(ASKED))
        try:
            fcntl.ioctl(asked, RECV, told)
            number, _, _, call, _, at, *words = struct.unpack(ASKED, told)
            error = self.error_of(call, words, at)
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
def launched(calls, refuse, *words, which="only", preload="", env=None, make=Kernel, out=subprocess.DEVNULL, serves=True):
    """A daemon that starts under such a kernel: yields the kernel, the file that will hold the port, and the log.

    which: the kernel is asked about "only" those calls, or about all "but" those. serves: else it is a program with just these words.
    """
    ours, theirs = socket.socketpair()
    with tempfile.TemporaryDirectory() as folder, ours, theirs:
        port_file, log = pathlib.Path(folder) / "port", pathlib.Path(folder) / "log"
        beginning = ["serve", "--port", "0", "--port-file", str(port_file)] if serves else []
        launch = [sys.executable, "-c", LAUNCH, str(theirs.fileno()), which, ",".join(map(str, calls)), preload,
                  EPMDPXY, *beginning, *words]
        with log.open("w") as to, subprocess.Popen(launch, env={**CLEAN, **(env or {})}, pass_fds=[theirs.fileno()], stderr=to,
                                                   stdout=out) as served:
            under = make(served, refuse)
            attending = threading.Thread(target=under.attend, args=(socket.recv_fds(ours, 1, 1)[1][0],))
            attending.start()
            try:
                yield under, port_file, log.read_text
            finally:
                under.refuse = refuse_nothing
                served.terminate()
                try:
                    served.wait(timeout=20)
                finally:
                    served.kill()
                    attending.join(timeout=5)
                    under.said = log.read_text()


@contextlib.contextmanager
def kernel(*calls):
    """A daemon that serves, and its kernel, which is asked about these calls: yields that, the port, and the log."""
    with launched(calls, refuse_nothing) as (under, port_file, log):
        wait(port_file.exists)
        yield under, int(port_file.read_text()), log
    assert under.process.returncode == 0, under.process.returncode
