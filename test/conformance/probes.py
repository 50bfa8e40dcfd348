# SPDX-License-Identifier: MIT
"""Starts port mappers and plays probes against them: bytes in, what came back and how the connection ended out."""
import os
import re
import select
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

START_BOUND = 10.0
STARTING = threading.Lock()  # else all start at once, and probes that drip by the clock come too late


TAKEN = []


def take(port):
    """Refuses a port that another of these programs has in mind: by a name that the kernel frees when that ends."""
    mark = socket.socket(socket.AF_UNIX)
    TAKEN.append(mark)
    mark.bind(f"\0epmdpxy-test-port-{port}")


def free_port():
    """A port that nobody has on IPv4 or IPv6 just now, below the range the kernel gives away by itself."""
    while True:
        port = 10000 + int.from_bytes(os.urandom(2), "big") % 20000
        try:
            take(port)
            for family, host in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
                with socket.socket(family) as probe:
                    probe.bind((host, port))
            return port
        except OSError:
            continue


class Daemon:
    """One port mapper in the foreground, on a port of its own, ended by its pid."""

    def __init__(self, command, args=(), env=None, port=None, limit_files=None):
        self.port = port or free_port()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("ERL_EPMD")}
        environment.update(env or {})
        if limit_files:
            command = ["/bin/sh", "-c", f'ulimit -n {limit_files} && exec "$@"', "sh", *command]
        self.log = tempfile.TemporaryFile()
        with STARTING:
            self.start([*command, *args, "-port", str(self.port)], environment)

    def start(self, command, environment):
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        bound = time.monotonic() + START_BOUND
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > bound:
                    raise RuntimeError(f"the daemon does not listen: {self.output()}") from None
                time.sleep(0.01)

    def output(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()
        self.log.close()


def pattern(expect):
    """The corpus' notation as a regular expression over bytes; groups are named after what they hold."""
    out, at = b"", 0
    kinds = {"{EPMDPORT:4}": b"(?P<port>.{4})", "{CREATION:4}": b"(?P<creation4>.{4})",
             "{CREATION:2}": b"(?P<creation2>\\x00[\\x01-\\x03])", "{DEC}": b"[0-9]+"}
    for match in re.finditer(r"\{[^}]*\}|[0-9a-f]+", expect):
        text = match.group()
        out += kinds[text] if text[0] == "{" else re.escape(bytes.fromhex(text))
        at = match.end()
    assert at == len(expect), expect
    return re.compile(out, re.DOTALL)


class Conversation:
    """One connection: what was received in the present step, and whether and how the daemon ended it."""

    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port), timeout=5)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.closed = None  # None, "fin" or "rst"
        self.received = b""

    def listen(self, seconds, enough=lambda: False):
        """Receives until `enough`, the daemon's end, or the time is over."""
        bound = time.monotonic() + seconds
        while not enough() and self.closed is None and self.socket:
            left = bound - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                return
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                self.closed = "rst"
                return
            if not data:
                self.closed = "fin"
            self.received += data

    def send(self, data):
        try:
            self.socket.send(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the daemon closed before all was sent; what it received decides

    def end(self, how):
        if how == "wr":
            self.socket.shutdown(socket.SHUT_WR)
            return
        if how == "rst":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()
        self.socket = None


# Where the daemon must stay silent or keep the connection, so long is looked; slow probes look as long as they say.
QUIET = 0.15


def step(probe, daemon, conversations, slow):
    """Plays one step; returns (conversation, what is wrong or None, named groups)."""
    name = probe["conn"]
    if name not in conversations:
        conversations[name] = Conversation(probe["host"], daemon.port)
    talk = conversations[name]
    talk.received = b""
    began = time.monotonic()
    for number, chunk in enumerate(probe["send"]):
        if number:
            talk.listen(probe["delay"])
        talk.send(bytes.fromhex(chunk))
    if probe.get("shutdown"):
        talk.end(probe["shutdown"])
    if talk.socket is None:
        # As it was recorded: NAMES, asked at once, may still list a node that has just hung up. What must not depend on
        # time (registering, looking up, KILL) is in `beyond`.
        time.sleep(probe["wait_ms"] / 1000)
        return talk, None, {}

    expected = pattern(probe["expect"])
    if probe["closed_by_server"]:
        talk.listen(max(5.0, 2 * probe["wait_ms"] / 1000))
    else:
        talk.listen(5.0, lambda: expected.fullmatch(talk.received))
        talk.listen(probe["wait_ms"] / 1000 if slow else QUIET)
    found = expected.fullmatch(talk.received)
    if not found:
        return talk, f"expected {probe['expect']}, got {talk.received.hex()}", {}
    if bool(talk.closed) != probe["closed_by_server"]:
        return talk, f"expected closed_by_server={probe['closed_by_server']}, got {talk.closed}", {}
    if talk.closed and talk.closed != probe["close_kind"]:
        return talk, f"expected {probe['close_kind']}, got {talk.closed}", {}
    groups = found.groupdict()
    if groups.get("port") and int.from_bytes(groups["port"], "big") != daemon.port:
        return talk, f"the reported port is {groups['port'].hex()}, not {daemon.port}", {}
    if groups.get("creation4") and int.from_bytes(groups["creation4"], "big") < 4:
        return talk, f"creation {groups['creation4'].hex()} is below 4", {}
    return talk, early_or_late(probe, time.monotonic() - began), groups


def early_or_late(probe, seconds):
    """A connection that is closed for being silent: after its time, and not absurdly late."""
    if not (probe["closed_by_server"] and probe["name"].startswith(("timeout_", "packet_timeout_"))):
        return None
    timeout = float(probe["args"][probe["args"].index("-packet_timeout") + 1])
    if not timeout * 0.9 <= seconds <= 2 * timeout + 5:
        return f"closed after {seconds:.2f} s, with -packet_timeout {timeout:g}"
    return None


def creation_of(groups):
    value = groups.get("creation4") or groups.get("creation2")
    return int.from_bytes(value, "big") if value else None


def play(probe, daemon):
    """Plays a whole probe against a fresh daemon. Returns None, or what is wrong."""
    conversations, before = {}, None
    try:
        for part in probe["setup"]:
            part.setdefault("name", probe["name"])
            _, wrong, groups = step({"closed_by_server": False, **part}, daemon, conversations, False)
            if wrong:
                return f"setup: {wrong}"
            before = creation_of(groups) or before
        _, wrong, groups = step(probe, daemon, conversations, probe["slow"])
        if wrong:
            return wrong
        now = creation_of(groups)
        relation = probe["creation_relation"]
        if relation and now != {"prev+1": lambda c: c + 1, "prev%3+1": lambda c: c % 3 + 1}[relation](before):
            return f"creation {now} after {before}, expected {relation}"
        for part in probe["after"]:
            if part.get("check") == "exit":
                status = daemon.process.wait(timeout=10)
                if status != part["code"]:
                    return f"exit status {status}, expected {part['code']}"
                continue
            part.setdefault("name", probe["name"])
            _, wrong, _ = step(part, daemon, conversations, False)
            if wrong:
                return f"after: {wrong}"
        return None
    finally:
        for talk in conversations.values():
            if talk.socket:
                talk.socket.close()
