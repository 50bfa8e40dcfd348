# SPDX-License-Identifier: MIT
"""A daemon under a kernel that refuses one call, or with a library that gets no memory once; and a bystander who must not notice."""
import contextlib
import mmap
import os
import pathlib
import re
import signal
import struct
import tempfile
import threading
import time
import traceback

import calls
import scenes
from harness import EPMDPXY, answer, wait
from kernel import Kernel, launched
from links import frame, take
from test_control import token_file
from test_node import cookie_file

PRELOADED = pathlib.Path(EPMDPXY).resolve().parent / "test" / "fail_alloc.so"
ALLOCATION, NO_MEMORY = "allocation", "ENOMEM"
QUIET_S = 0.03
PLAY_S = 60  # each wait within has a bound of its own: this is for one that goes on for ever
ASAN = "detect_leaks=1:handle_abort=1"  # whose abort() it was is told
SANITIZERS = ("AddressSanitizer", "LeakSanitizer", "runtime error")


def too_long(*_):
    raise TimeoutError


def ended_well(kernel, statuses=(0,)):
    assert not any(word in kernel.said for word in SANITIZERS), kernel.said
    assert kernel.process.returncode in statuses, f"it ends with status {kernel.process.returncode}:\n{kernel.said}"
    assert not kernel.unknown, f"calls.py does not know the system calls {sorted(kernel.unknown)}"


class Allocations:
    """The numbers that fail_alloc.c goes by."""

    def __init__(self, path):
        path.write_bytes(bytes(24))
        with path.open("r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 24)

    def count(self):
        return struct.unpack_from("Q", self.shared, 0)[0]

    def begun(self):
        return struct.unpack_from("Q", self.shared, 16)[0]

    def refuse(self, nth):
        """From now on; 0: nothing."""
        struct.pack_into("Q", self.shared, 8, self.count() + nth if nth else 0)


class Watcher(Kernel):
    """Counts what the daemon's C library asks of the kernel, by name, and refuses one of it."""

    def __init__(self, allocations, process, refuse):
        super().__init__(process, refuse)
        self.allocations = allocations
        self.lock = threading.Lock()
        self.unknown = set()
        self.asked = 0
        self.library = None  # where it is: what others ask for (the linker, the sanitizers) is not ours
        self.arm(None)

    def arm(self, case):
        """case: (name, nth, error), of the calls from now on; or None."""
        with self.lock:
            self.counts, self.case, self.met = {}, case, False
            self.allocated = self.allocations.count()
            self.allocations.refuse(case[1] if case and case[0] == ALLOCATION else 0)

    def disarm(self):
        """How many of each there were; and was the one that is refused among them?"""
        counts, met = self.counts, self.met
        counts[ALLOCATION] = self.allocations.count() - self.allocated
        met = met or bool(self.case and self.case[0] == ALLOCATION and counts[ALLOCATION] >= self.case[1])
        self.arm(None)
        return counts, met

    def is_ours(self, at):
        if not self.library and self.allocations.begun():
            for line in pathlib.Path(f"/proc/{self.process.pid}/maps").read_text().splitlines():
                if "/libc.so" in line and " r-xp " in line:
                    self.library = [int(end, 16) for end in line.split()[0].split("-")]
        return self.library and self.library[0] <= at < self.library[1]

    def can_fail(self, name, words):
        """What is no file of a disk, but a pipe or the like, is read and written without errors."""
        if name == "epoll_ctl":
            return words[1] != calls.EPOLL_CTL_DEL  # to forget what is watched is never refused
        if name not in ("read", "write"):
            return True
        with contextlib.suppress(OSError):
            return os.readlink(f"/proc/{self.process.pid}/fd/{words[0]}").startswith("/")
        return False

    def error_of(self, call, words, at):
        with self.lock:
            self.asked += 1
            if not self.is_ours(at):
                return 0
            if call not in calls.NAMES:
                self.unknown.add(call)
                return 0
            name = calls.NAMES[call]
            if not self.can_fail(name, words):
                return 0
            self.counts[name] = self.counts.get(name, 0) + 1
            if self.case and self.case[:2] == (name, self.counts[name]) and not self.met:
                self.met = True
                return calls.number_of(self.case[2])
            return 0


class House:
    """One that serves by all ways."""

    def __init__(self, kernel, port, unix, told, log):
        self.kernel, self.port, self.unix, self.told, self.log = kernel, port, unix, told, log
        self.bystanders = self.quiet_fds = None

    def way(self):
        """The port of the further way."""
        wait(lambda: "\n" in self.told.read_text())
        return int(re.search(r", 127\.0\.0\.1:(\d+)", self.told.read_text())[1])

    def fds(self):
        return len(os.listdir(f"/proc/{self.kernel.process.pid}/fd"))

    def settled(self):
        """How many descriptors there are once the kernel is asked for nothing for a while: it neither works nor spins."""
        before = None

        def still():
            nonlocal before
            now = (self.kernel.asked, self.fds())
            same, before = now == before, now
            if not same:
                time.sleep(QUIET_S)
            return same
        wait(still)
        return before[1]

    def bystanders_go_on(self):
        for source, sink in (self.bystanders, self.bystanders[::-1]):
            source.sendall(frame(10))
            take(sink, 14)
        assert answer(self.port, b"z", "y")[:2] == b"w\0"

    def lives(self):
        status = self.kernel.process.poll()
        assert status is None, f"the daemon has ended with status {status}:\n{self.log()}"

    def play(self, scene):
        """Nothing when it is played to the end, else why not."""
        signal.signal(signal.SIGALRM, too_long)
        signal.alarm(PLAY_S)
        try:
            scene(self)
            return None
        except TimeoutError:
            return "nobody told: " + traceback.format_exc()
        except (AssertionError, OSError, ValueError, IndexError):
            return traceback.format_exc()
        finally:
            signal.alarm(0)

    def suffer(self, scene, case):
        """Plays a scene in which that is refused. Was it met? Raises AssertionError when somebody is hurt."""
        lines = self.log().count("\n")
        self.kernel.arm(case)
        early = self.play(scene)
        if not early:
            self.settled()
        _, met = self.kernel.disarm()
        self.lives()
        self.bystanders_go_on()
        said = self.log().splitlines()[lines:]
        assert len(said) <= 1, "more than a line is said: " + "\n".join(said)
        if early:
            assert met, early
            assert not early.startswith("nobody told"), early
            scenes.clean_up(self)
            again = self.play(scene)
            assert not again, "and it is not mended afterwards: " + again
        now = self.settled()
        if now != self.quiet_fds:  # a pipe was lost, which is kept for the next time
            again = self.play(scenes.cable)
            assert not again, again
            now = self.settled()
        assert now <= self.quiet_fds, f"{now} descriptors instead of {self.quiet_fds}; {early}"
        self.quiet_fds = now  # fewer, where it splices no more
        return met


@contextlib.contextmanager
def tortured(folder, case, *words, out, serves=True):
    """As launched() in test/cli/kernel.py, and it is refused from the first."""
    allocations = Allocations(folder / "allocations")

    def make(process, refuse):
        kernel = Watcher(allocations, process, refuse)
        kernel.arm(case)
        return kernel
    env = {"EPMDPXY_ALLOCATIONS": str(folder / "allocations"), "ASAN_OPTIONS": ASAN}
    with launched(calls.SPARED_NUMBERS, None, *words, which="but", preload=str(PRELOADED), make=make, out=out, env=env, serves=serves) as under:
        yield under


@contextlib.contextmanager
def opened(case=None):
    """A daemon that begins, and that is refused from the first: yields the kernel, how to wait for the house, and the log."""
    with tempfile.TemporaryDirectory() as name, cookie_file() as cookie:
        folder = pathlib.Path(name)
        unix = str(folder / "control")
        words = ["--node", "ctl@box", "--cookie-file", cookie, "--control", f"unix:{unix}", "--control", "127.0.0.1:0", "--token-file",
                 token_file(folder)]
        told = folder / "told"
        with told.open("w") as out, tortured(folder, case, *words, out=out) as (kernel, port_file, log):
            def stands():
                wait(lambda: port_file.exists() or kernel.process.poll() is not None, 30)
                return House(kernel, int(port_file.read_text()), unix, told, log) if port_file.exists() else None
            yield kernel, stands, log


def run(case, *words):
    """The command line: its kernel, what it told, and (after that) what it was asked for and whether the case was met."""
    with tempfile.TemporaryDirectory() as name:
        told = pathlib.Path(name) / "told"
        with told.open("w") as out, tortured(pathlib.Path(name), case, *words, out=out, serves=False) as (kernel, _, _):
            kernel.process.wait(timeout=60)
        return kernel, told.read_text(), *kernel.disarm()
