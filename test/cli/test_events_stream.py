# SPDX-License-Identifier: MIT
"""GET /v1/events as text/event-stream: what happens, as it happens."""
import contextlib
import itertools
import json
import pathlib
import re
import socket
import time

from harness import daemon, get, http, post, process, refused_by, register, wait
from links import idles

CUT = {"islands": [["a"], ["b"]]}
STREAMS_MAX = 64
HEARTBEAT_S = 15


class Stream:
    """One client, up to the end of its answer: blocks() are (id, event, data), without the events' names for those that have none."""

    def __init__(self, port, query="", headers="", method="GET"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.sendall(f"{method} /v1/events{query} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n{headers}\r\n".encode())
        self.raw = self.text = b""
        self.begun = self.ended = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def take(self):
        """What has come, without the chunks' lengths; waits for something."""
        data = self.socket.recv(65536)
        self.ended = self.ended or not data
        self.raw += data
        if not self.begun:
            if b"\r\n\r\n" not in self.raw:
                assert data, self.raw
                return
            self.head, self.raw = self.raw.split(b"\r\n\r\n", 1)
            self.begun = True
            assert self.head.startswith(b"HTTP/1.1 200 ") and b"text/event-stream" in self.head, self.head
        while found := re.match(rb"([0-9a-fA-F]+)\r\n", self.raw):
            length = int(found.group(1), 16)
            if len(self.raw) < found.end() + length + 2:
                return
            self.text += self.raw[found.end():found.end() + length]
            self.raw = self.raw[found.end() + length + 2:]
            self.ended = self.ended or length == 0

    def block(self):
        """The next one: (id, event, data), None for each that it has not; a heartbeat's event is ':'."""
        while b"\n\n" not in self.text:
            assert not self.ended, "the stream has ended"
            self.take()
        block, self.text = self.text.split(b"\n\n", 1)
        number = event = data = None
        for line in block.decode().split("\n"):
            name, value = line.split(":", 1)
            if name == "":
                event = ":"
            elif name == "id":
                number = int(value)
            elif name == "event":
                event = value[1:]
            else:
                assert name == "data" and data is None, block
                data = json.loads(value)
        return number, event, data

    def begin(self):
        """Where it begins."""
        number, event, data = self.block()
        assert event is None and data is None
        return number

    def next(self):
        """The next event; a heartbeat may come before it."""
        number, event, data = self.block()
        while event == ":":
            number, event, data = self.block()
        assert number == data["id"] and event == data["event"], (number, event, data)
        return data

    def drain(self):
        """To the end, which is a clean one."""
        while not self.ended:
            self.take()
        assert self.raw == b"", self.raw


def change(port, times=1):
    """Three events each time: the cut has touched nothing."""
    for _ in range(times):
        post(port, "/v1/cut", CUT)
        post(port, "/v1/fix", b"")


def descriptors(pid):
    return len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))


def rss_kib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1))


def test_a_stream_tells_what_happens_from_now_on():
    with daemon() as port, register(port, "before"):
        with Stream(port) as stream:
            assert stream.begin() == 1
            with register(port, "a"):
                assert stream.next()["text"] == "a"
                change(port)
                assert [stream.next()["event"] for _ in range(3)] == ["rules_changed", "rule_vacuous", "rules_changed"]
            assert stream.next()["event"] == "node_down"
            assert b"no-store" in stream.head
        with Stream(port, "?after=0") as stream:
            assert stream.begin() == 0
            told = [stream.next() for _ in range(6)]
            assert told == get(port, "/v1/events")[1]["events"]


def test_a_stream_goes_on_where_the_last_one_was():
    with daemon() as port:
        change(port, 5)
        for query, headers, at in (("", "Last-Event-ID: 7\r\n", 7), ("?after=8", "", 8), ("?after=2", "Last-Event-ID: 6\r\n", 6),
                                   ("?after=15", "", 15)):
            with Stream(port, query, headers) as stream:
                assert stream.begin() == at
                assert [stream.next()["id"] for _ in range(15 - at)] == list(range(at + 1, 16))
        with Stream(port, "", "Last-Event-ID: 500\r\n") as stream:  # of a daemon that was here before
            assert stream.block() == (15, "reset", {"next": 16})
            change(port)
            assert stream.next()["id"] == 16
        change(port, 600)
        last = get(port, "/v1/events")[1]["last"]
        with Stream(port, "?after=5") as stream:
            assert stream.begin() == 5
            assert stream.block() == (last - 1000, "reset", {"next": last - 999})
            assert [stream.next()["id"] for _ in range(1000)] == list(range(last - 999, last + 1))


def test_streams_and_lists_of_some_events():
    with daemon() as port, Stream(port, "?kind=node_up,node_down") as nodes, Stream(port, "?node=b*&kind=node_up") as some, \
            Stream(port, "?node=b*") as of_b:
        assert nodes.begin() == some.begin() == of_b.begin() == 0
        for name in ("a", "b1", "c", "b2"):
            register(port, name).close()
            change(port, 5)
        wait(lambda: len(get(port, "/v1/events?kind=node_down")[1]["events"]) == 4)
        assert [nodes.next()["event"] for _ in range(8)] .count("node_up") == 4
        assert [some.next()["text"] for _ in range(2)] == ["b1", "b2"]
        assert [of_b.next()["event"] for _ in range(4)] == ["node_up", "node_down"] * 2
        assert [one["text"] for one in get(port, "/v1/events?node=b*&kind=node_up")[1]["events"]] == ["b1", "b2"]
        told = get(port, "/v1/events?kind=rules_changed&after=3")[1]
        assert len(told["events"]) >= 38 and {one["event"] for one in told["events"]} == {"rules_changed"} and told["last"] == 68


def test_bad_questions_for_streams_are_refused():
    with daemon() as port:
        for query, parts in (("?kind=node_upp", ["kind: ", "node_up?"]), ("?kind=", ["kind: ", "lane_full"]), ("?kind=node_up,", ["kind: "]),
                             ("?node=a@", ["node: ", "NAME@HOST"]), ("?node=", ["node: "]), ("?after=x", ["after: ", "17"]),
                             ("?after=1", ["after: no event has that number yet"]), ("?knd=node_up", ["knd", "after, kind, node"])):
            refused_by(get(port, f"/v1/events{query}"), *parts)
            refused_by(http(port, f"GET /v1/events{query} HTTP/1.1\nHost: localhost\nAccept: text/event-stream\n\n"), *parts)
        for told in ("x", "-1", "18446744073709551616"):
            refused_by(http(port, "GET /v1/events HTTP/1.1\nHost: localhost\nAccept: text/html, text/event-stream;q=0.9\n"
                            f"Last-Event-ID: {told}\n\n"), "Last-Event-ID: ", "17")
        assert http(port, "GET /v1/events HTTP/1.1\nHost: evil.example\nAccept: text/event-stream\n\n")[0] == 421
        assert http(port, "GET /v1/events HTTP/1.1\nHost: localhost\nAccept: text/event-streams\n\n")[1]["events"] == []
        assert http(port, "GET /v1/status HTTP/1.1\nHost: localhost\nAccept: text/event-stream\n\n")[0] == 200


def test_head_of_a_stream():
    with daemon() as port, contextlib.ExitStack() as clients:
        for _ in range(STREAMS_MAX + 1):  # it takes no place
            with Stream(port, method="HEAD") as head:
                while data := head.socket.recv(65536):
                    head.raw += data
                assert head.raw.startswith(b"HTTP/1.1 200 ") and b"text/event-stream" in head.raw and head.raw.endswith(b"\r\n\r\n")
        assert clients.enter_context(Stream(port)).begin() == 0


def requests(port):
    """This one, too."""
    return get(port, "/v1/status")[1]["counters"]["http_requests"]


def test_too_many_streams_and_those_who_leave_make_room():
    with daemon() as port, contextlib.ExitStack() as clients:
        streams = [clients.enter_context(Stream(port)) for _ in range(STREAMS_MAX)]
        for stream in streams:
            stream.begin()
        ask = "GET /v1/events HTTP/1.1\nHost: localhost\nAccept: text/event-stream\n\n"
        refused_by(http(port, ask), "64", status=503)
        before = requests(port)
        waiting = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(32)]
        for client in waiting:
            client.sendall(b"GET /v1/wait?condition=up%201&timeout=1h HTTP/1.1\r\nHost: localhost\r\n\r\n")
        looks = itertools.count(1)
        wait(lambda: requests(port) == before + len(waiting) + next(looks))  # and each look is one
        assert get(port, "/v1/wait?condition=up%201&timeout=1ms")[0] == 503
        idle = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(60)]
        for client in idle * 2:  # the second time: none had to make room
            client.sendall(b"GET /v1/rules HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
        change(port)
        for stream in streams:
            assert [stream.next()["id"] for _ in range(3)] == [1, 2, 3]
        streams[5].socket.close()


        def there_is_room():
            with Stream(port) as stream, contextlib.suppress(AssertionError):
                return stream.begin() == 3

        wait(there_is_room)
        for client in waiting + idle:
            client.close()


def test_a_heartbeat_comes_and_tells_how_far_a_quiet_stream_is():
    with daemon() as port, Stream(port) as stream, Stream(port, "?kind=node_up") as rare:
        assert stream.begin() == rare.begin() == 0
        change(port)
        assert [stream.next()["id"] for _ in range(3)] == [1, 2, 3]
        began = time.monotonic()
        assert rare.block() == (3, ":", None) and stream.block() == (None, ":", None)
        assert HEARTBEAT_S - 2 < time.monotonic() - began < HEARTBEAT_S + 10


def test_the_daemon_ends_while_events_are_streamed():
    with daemon() as port:
        streams = [Stream(port) for _ in range(10)]
        slow = [Stream(port) for _ in range(5)]
        for stream in streams:
            stream.begin()
        change(port, 100)
    for stream in streams:
        stream.drain()
    for stream in streams + slow:
        stream.socket.close()


def test_streams_cost_nothing_while_nothing_happens():
    with process() as (served, port), contextlib.ExitStack() as clients:
        streams = [clients.enter_context(Stream(port)) for _ in range(10)]
        deaf = [clients.enter_context(Stream(port, "?after=0")) for _ in range(10)]
        for client in deaf:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        change(port, 400)
        for stream in streams:
            assert stream.begin() == 0 and stream.next()["id"] == 1
        for client in (streams[0], deaf[0]):  # they have left, as far as we know
            client.socket.shutdown(socket.SHUT_WR)
        streams[0].drain()
        assert idles(served.pid)


def test_clients_that_never_read_cost_nobody_anything():
    # What is freed must not stand in the sanitizer's quarantine: it is the daemon's memory that is measured.
    with process(env={"ASAN_OPTIONS": "quarantine_size_mb=1:thread_local_quarantine_size_kb=64:detect_leaks=1"}) as (served, port), \
            contextlib.ExitStack() as clients:
        deaf = [clients.enter_context(Stream(port, "?after=0")) for _ in range(20)]
        for client in deaf:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        readers = [clients.enter_context(Stream(port)) for _ in range(30)]
        for reader in readers:
            assert reader.begin() == 0
        change(port, 100)
        before = rss_kib(served.pid)
        told = [[] for _ in readers]
        for i in range(40):
            change(port, 50)  # which is answered all the while
            last = 300 + 150 * (i + 1)
            for reader, numbers in zip(readers, told):
                while not numbers or numbers[-1] < last:
                    number, event, data = reader.block()
                    if event == ":":
                        continue
                    if event == "reset":
                        assert data["next"] == number + 1 > numbers[-1] + 1, (number, data)
                    else:
                        assert number == (numbers[-1] + 1 if numbers else 1), (numbers[-1:], number)
                    numbers.append(number)
        assert all(numbers == list(range(1, 6301)) for numbers in told)
        assert rss_kib(served.pid) - before < 16 * 1024, (before, rss_kib(served.pid))
        late = deaf[0]  # begins to read, and finds that it was too slow
        numbers = [late.begin()]
        resets = 0
        while numbers[-1] < 6300:
            number, event, data = late.block()
            if event == ":":
                continue
            resets += event == "reset"
            assert number == numbers[-1] + 1 or (event == "reset" and data == {"next": number + 1}), (numbers[-1], number, event)
            numbers.append(number)
        assert resets > 0
        there_were = descriptors(served.pid)
        for client in [*deaf[1:], readers[0]]:  # whether or not libmicrohttpd has something to write to it
            client.socket.close()
        wait(lambda: descriptors(served.pid) == there_were - 20)
        change(port)
        assert readers[1].next()["id"] == 6301
