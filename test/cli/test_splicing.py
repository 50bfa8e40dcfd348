# SPDX-License-Identifier: MIT
"""Large frames are spliced through the relay, a look at each header between them: all come, in order, and are counted."""
import concurrent.futures
import errno
import itertools
import random
import socket
import time

from harness import daemon, delete, get, post, wait
from kernel import kernel
from links import TICK, acceptor, dial, ended, frame, link, take
from test_refusing_kernel import SPLICE, sending

MEAN = 16 * 1024  # of smaller frames nothing is spliced
BATCH = 512 * 1024  # so much at once


def numbered(sizes):
    """Frames, each of bytes of its own; size 0 is a tick."""
    return b"".join(frame(size, bytes([i % 251 + 1])) for i, size in enumerate(sizes))


def counts(port, sender="a@h"):
    """(bytes, frames) of what it has sent, behind the handshake."""
    lanes = [lane for cable in get(port, "/v1/cables")[1]["cables"] for lane in cable["lanes"]]
    return next((lane["bytes"], lane["frames"]) for lane in lanes if lane["from"] == sender)


def expect(port, sink, data, sizes, before=(0, 0)):
    assert take(sink, len(data)) == data
    assert counts(port) == (before[0] + len(data), before[1] + sum(size > 0 for size in sizes))


class Splices:
    """How often was it called since last asked?"""

    def __init__(self, under, error=0, every=None):
        self.calls, self.error, self.every = 0, error, every
        under.refuse = self

    def __call__(self, *_):
        self.calls += 1
        return self.error if self.every and self.calls % self.every == 0 else 0

    def count(self):
        calls, self.calls = self.calls, 0
        return calls


def test_frames_of_otp_are_spliced_and_small_ones_are_not():
    large, small = [65554] * 200, [100] * 20000
    with kernel(SPLICE) as (under, port, _), link(port) as (a, b):
        splices = Splices(under)
        before = counts(port)
        for sizes, at_least, at_most in ((large, 20, 800), (small, 0, 100), (large, 20, 800)):
            data = numbered(sizes)
            with sending(a, data):
                expect(port, b, data, sizes, before)
            before = counts(port)
            assert at_least <= splices.count() <= at_most


def test_bytes_that_are_no_frames_are_spliced():
    data = random.Random(1).randbytes(16 << 20)
    with kernel(SPLICE) as (under, port, _), acceptor(port, "b") as listener, dial(port, "b") as a:
        splices = Splices(under)
        a.sendall(b"\x16\x03\x01\x00")
        b, _ = listener.accept()
        with b:
            b.settimeout(5)
            for source, sink in ((a, b), (b, a)):
                expected = (b"\x16\x03\x01\x00" if sink is b else b"") + data
                with sending(source, data):
                    assert take(sink, len(expected)) == expected
                assert splices.count() > 0
            a.shutdown(socket.SHUT_WR)
            assert ended(b)


def test_frames_of_all_sizes_are_counted():
    """Sizes around what is spliced at once, around frames of OTP, around what is worth it; ticks among them."""
    edges = [size + more for size in (MEAN, 64 * 1024, BATCH, 2 * BATCH) for more in (-5, -4, -1, 0, 1, 4, 5)]
    chance = random.Random(2)
    with daemon() as port, link(port) as (a, b):
        before = counts(port)
        for sizes in (edges, list(reversed(edges)), [65554] * 50 + [0, 1, 0] * 20 + edges,
                      [chance.choice((0, 1, 3, 4, 1000, 16384, 65554, chance.randrange(1, 700000))) for _ in range(150)]):
            data = numbered(sizes)
            with sending(a, data):
                expect(port, b, data, sizes, before)
            before = counts(port)


def trickle(sock, sizes):
    """Every header in two segments, each time at another place; what is behind it comes later still."""
    for i, size in enumerate(sizes):
        whole, at = frame(size, bytes([i % 251 + 1])), i % 3 + 1
        sock.sendall(whole[:at])
        time.sleep(0.002)
        sock.sendall(whole[at:4 + i % 2])
        time.sleep(0.001)
        sock.sendall(whole[4 + i % 2:])


def test_headers_that_come_in_parts():
    flood = [65554] * 100  # from then on it splices
    sizes = [65554] * 30 + [BATCH - 4, BATCH, 0, 300000] * 5
    with daemon() as port, link(port) as (a, b), concurrent.futures.ThreadPoolExecutor(1) as beside:
        before = counts(port)
        with sending(a, numbered(flood)):
            expect(port, b, numbered(flood), flood, before)
        before = counts(port)
        sent = beside.submit(trickle, a, sizes)
        expect(port, b, numbered(sizes), sizes, before)
        sent.result()


def test_a_stream_that_ends_within_a_frame_or_its_header():
    whole = numbered([65554] * 60) + frame(2 << 20)[:700001]
    for data in (whole, numbered([65554] * 60) + b"\0\1"):
        with daemon() as port, link(port) as (a, b):
            with sending(a, data):
                assert take(b, len(data)) == data
            a.close()
            assert ended(b)
            b.close()
            wait(lambda: get(port, "/v1/cables")[1]["cables"] == [])


def test_the_last_words_behind_a_full_pipe():
    """The sink does not read, the source closes meanwhile: all of it comes."""
    data = numbered([65554] * 300)
    with daemon() as port, link(port) as (a, b):
        with sending(a, data):
            wait(lambda: counts(port)[0] > 1 << 20)
            assert take(b, len(data)) == data
            a.shutdown(socket.SHUT_WR)
            assert ended(b)


def stuck(port):
    """Waits until the lane moves no more: its sink takes nothing."""
    last = [(-1, -1)]

    def moves_no_more():
        time.sleep(0.2)
        last.append(counts(port))
        return last[-1] == last[-2]
    wait(moves_no_more, bound=20)


def test_a_cut_within_a_spliced_frame_loses_nothing():
    sizes = [65554] * 400
    data = numbered(sizes)
    with daemon() as port, link(port) as (a, b):
        before = counts(port)
        with sending(a, data):
            stuck(port)
            for _ in range(3):
                assert post(port, "/v1/cut", {"islands": [["a"], ["b"]]})[0] == 200
                took = take(b, 100001)
                assert took == data[:len(took)]
                data = data[len(took):]
                post(port, "/v1/fix", {})
            assert take(b, len(data)) == data
        assert counts(port) == (before[0] + 400 * 65558, before[1] + 400)


def test_a_fault_that_comes_and_goes_within_spliced_frames():
    sizes = [65554, 300000, 0, 600000] * 40
    data = numbered(sizes)
    with daemon() as port, link(port) as (a, b):
        before = counts(port)
        with sending(a, data):
            stuck(port)
            for fault in ({"fault": "latency", "params": {"delay": "5ms"}}, {"fault": "slicer", "params": {"average_size": "10000"}}):
                took = take(b, 4 << 20)
                assert took == data[:len(took)]
                data = data[len(took):]
                status, answer = post(port, "/v1/rules", fault)
                assert status == 200, answer
                took = take(b, 4 << 20)
                assert took == data[:len(took)]
                data = data[len(took):]
                delete(port, "/v1/rules")
            assert take(b, len(data)) == data
        assert counts(port) == (before[0] + len(numbered(sizes)), before[1] + sum(size > 0 for size in sizes))


def test_a_kernel_that_now_and_then_has_nothing_to_splice():
    """It says so also when a pipe is full, with a source that has more."""
    sizes = [65554, 0, 300000] * 60
    data = numbered(sizes)
    for every, error in itertools.product((2, 3, 7), (errno.EAGAIN, errno.EINTR)):
        with kernel(SPLICE) as (under, port, _), link(port) as (a, b):
            Splices(under, error, every)
            before = counts(port)
            with sending(a, data):
                expect(port, b, data, sizes, before)


def test_a_kernel_that_refuses_in_the_middle():
    sizes = [65554] * 200
    data = numbered(sizes)
    for nth in (1, 2, 5, 30):
        with kernel(SPLICE) as (under, port, _), link(port) as (a, b):
            Splices(under, errno.EPERM, nth)
            before = counts(port)
            with sending(a, data):
                expect(port, b, data, sizes, before)
