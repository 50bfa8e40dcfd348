# SPDX-License-Identifier: MIT
"""epmdpxy events --follow: what happens is told as it happens, and an interruption loses nothing."""
import contextlib
import json
import signal
import socket
import subprocess
import tempfile
import threading

from harness import CLEAN, EPMDPXY, daemon, fine, get, process, refused, register, run, wait


@contextlib.contextmanager
def following(*words, status=0, by=signal.SIGINT, env=None):
    """Yields the process; it ends by that signal, quietly, or has ended."""
    with subprocess.Popen([EPMDPXY, "events", "--follow", *words], env={**CLEAN, **(env or {})}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as follower:
        try:
            yield follower
            if by:
                follower.send_signal(by)
            assert follower.wait(timeout=30) == status, follower.returncode
            assert not by or follower.stderr.read() == ""
        finally:
            follower.kill()


def test_events_are_told_as_they_happen():
    with daemon() as port, register(port, "before"):
        with following("--after", "0", "--port", str(port)) as follower:
            assert "before" in follower.stdout.readline()
            with register(port, "late"):
                assert "node_up" in (line := follower.stdout.readline()) and "late" in line
            assert "node_down" in (line := follower.stdout.readline()) and "late" in line
        with following("--after", "0", "--json", "--port", str(port), by=signal.SIGTERM) as follower:
            told = [json.loads(follower.stdout.readline()) for _ in range(3)]
            assert [(one["event"], one["from"]) for one in told] == [("node_up", "before"), ("node_up", "late"), ("node_down", "late")]


def test_without_a_number_it_begins_now():
    with daemon() as port, register(port, "before"), following("--json", "--port", str(port)) as follower:
        told = []
        reader = threading.Thread(target=lambda: told.append(follower.stdout.readline()))
        reader.start()
        with contextlib.ExitStack() as nodes:  # one of them comes after it has begun
            for i in range(100):
                nodes.enter_context(register(port, f"late{i}"))
                reader.join(timeout=0.1)
                if told:
                    break
        assert json.loads(told[0])["from"].startswith("late"), told


def test_only_those_that_are_meant():
    with daemon() as port, register(port, "a"), register(port, "b"):
        with following("--after", "0", "--kind", "node_down,node_up", "--node", "b", "--json", "--port", str(port)) as follower:
            assert json.loads(follower.stdout.readline())["from"] == "b"
        listed = json.loads(fine(run("events", "--kind", "node_up", "--node", "[a]", "--json", "--port", str(port))))["events"]
        assert [one["from"] for one in listed] == ["a"]
        refused(run("events", "--kind", "node_upp", "--port", str(port)), "--kind: no event is named 'node_upp'; did you mean node_up?")
        refused(run("events", "--follow", "--node", "a@", "--port", str(port)), "--node: ")


class Broken:
    """Passes bytes to the daemon, and breaks every connection when told to."""

    def __init__(self, port):
        self.port, self.listener, self.pairs, self.count = port, socket.create_server(("127.0.0.1", 0)), [], 0
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                here, _ = self.listener.accept()
                there = socket.create_connection(("127.0.0.1", self.port))
                self.pairs.append((here, there))
                self.count += 1
                for source, sink in ((here, there), (there, here)):
                    threading.Thread(target=self.copy, args=(source, sink), daemon=True).start()

    def copy(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)

    def breaks(self):
        while self.pairs:
            for end in self.pairs.pop():
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()


def test_nothing_is_lost_when_the_connection_is():
    with daemon() as port, contextlib.ExitStack() as nodes:
        broken = Broken(port)
        nodes.enter_context(register(port, "n0"))
        with following("--after", "0", "--json", "--port", str(broken.listener.getsockname()[1])) as follower:
            for i in range(1, 6):
                assert json.loads(follower.stdout.readline())["from"] == f"n{i - 1}"
                before = broken.count
                broken.breaks()
                nodes.enter_context(register(port, f"n{i}"))
                wait(lambda before=before: broken.count > before)
            assert json.loads(follower.stdout.readline())["from"] == "n5"
        broken.listener.close()


def test_a_daemon_that_is_gone_and_one_that_came_instead():
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as nodes:
        where = ("--control", f"unix:{folder}/control")
        with contextlib.ExitStack() as first:
            _, port = first.enter_context(process(*where))
            for name in "ab":
                nodes.enter_context(register(port, name))
            follower = nodes.enter_context(following("--after", "0", "--json", *where, by=None, status=1))
            assert [json.loads(follower.stdout.readline())["id"] for _ in range(2)] == [1, 2]
        with process(*where) as (_, port):
            assert json.loads(follower.stdout.readline()) == {"event": "reset", "next": 1}
            with register(port, "c"):
                told = json.loads(follower.stdout.readline())
                assert (told["id"], told["from"]) == (1, "c")
        assert f"the daemon at unix:{folder}/control has ended" in follower.stderr.read()


def test_nobody_is_there():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    refused(run("events", "--follow", "--port", str(port)), "nothing listens on port", status=1)


def test_it_ends_when_nobody_reads_what_it_tells():
    with daemon() as port, register(port, "a"), following("--after", "0", "--port", str(port), by=None) as follower:
        assert follower.stdout.readline()
        follower.stdout.close()
        with register(port, "b"):
            assert follower.wait(timeout=10) == 0


def test_followers_keep_nobody_from_being_answered():
    with daemon() as port, register(port, "a"), contextlib.ExitStack() as stack:
        followers = [stack.enter_context(following("--after", "0", "--port", str(port))) for _ in range(10)]
        waiting = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(20)]
        for client in waiting:
            client.sendall(b"GET /v1/wait?condition=up+9&timeout=1h HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for follower in followers:
            assert follower.stdout.readline()
        for _ in range(20):
            assert get(port, "/v1/status")[0] == 200
