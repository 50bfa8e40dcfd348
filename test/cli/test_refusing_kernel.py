# SPDX-License-Identifier: MIT
"""A kernel, or a sandbox, that refuses system calls."""
import contextlib
import errno
import pathlib
import subprocess
import sys
import tempfile
import threading

from harness import CLEAN, EPMDPXY, wait
from links import frame, link, take

SPLICE = 275  # x86-64

# Runs a program in which one system call is refused with one errno (seccomp, which needs no privilege then).
LAUNCH = """
import ctypes, os, struct, sys
call, error, *words = sys.argv[1:]
def op(code, jt, jf, k):
    return struct.pack("HBBI", code, jt, jf, k)
program = b"".join([op(0x20, 0, 0, 0), op(0x15, 0, 1, int(call)), op(0x06, 0, 0, 0x00050000 | int(error)),
                    op(0x06, 0, 0, 0x7fff0000)])
code = ctypes.create_string_buffer(program)
libc = ctypes.CDLL(None, use_errno=True)
class Filter(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("code", ctypes.c_void_p)]
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(Filter(4, ctypes.cast(code, ctypes.c_void_p))), 0, 0) == 0, ctypes.get_errno()
os.execv(words[0], words)
"""


@contextlib.contextmanager
def daemon_without(call, error):
    with tempfile.TemporaryDirectory() as folder:
        port_file = pathlib.Path(folder) / "port"
        words = [str(call), str(error), EPMDPXY, "serve", "--port", "0", "--port-file", str(port_file)]
        with subprocess.Popen([sys.executable, "-c", LAUNCH, *words], env=CLEAN,
                              stdout=subprocess.DEVNULL) as served:
            try:
                wait(port_file.exists)
                yield int(port_file.read_text())
            finally:
                served.terminate()
            assert served.wait(timeout=20) == 0


def test_without_splice_bytes_are_copied():
    large = frame(3 << 20, b"y")
    for error in (errno.ENOSYS, errno.EINVAL, errno.EPERM):
        with daemon_without(SPLICE, error) as port, link(port) as (a, b):
            for source, sink in ((a, b), (b, a)):
                sender = threading.Thread(target=source.sendall, args=(large,))
                sender.start()
                assert take(sink, len(large)) == large
                sender.join(timeout=5)
                assert not sender.is_alive()
