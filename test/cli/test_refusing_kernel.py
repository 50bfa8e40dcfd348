# SPDX-License-Identifier: MIT
"""A kernel, or a sandbox, that refuses system calls."""
import errno
import itertools
import select
import socket
import traceback

from harness import answer, get, post, wait
from kernel import kernel, launched, one, refuse_nothing
from links import Door, acceptor, dial, ended, frame, link, sending, shake, take

SPLICE, EPOLL_CTL, SENDTO, RECVFROM, BIND = 275, 233, 44, 45, 49  # x86-64
ADD, DELETE = 1, 2


def is_watched(_, words):
    """Whatever epoll_ctl() does but to forget, which is never refused."""
    return words[1] != DELETE


def life(port):
    """All that is watched in the daemon is, once: sessions, a gate, both ends of a cable, control, who waits."""
    large = frame(8 << 20)
    with acceptor(port, "d") as listener, dial(port, "d") as c, shake(c, Door(listener, c), ("c", "d")) as d:
        c.sendall(frame(100))
        take(d, 104)
        with sending(c, large):
            take(d, len(large))
    assert get(port, "/v1/wait?condition=up%209&timeout=20ms")[0] == 504


def ends_early(port):
    """How does it hear that something is refused, if at all? Whoever hears nothing runs into a time-out."""
    try:
        life(port)
        return None
    except (AssertionError, ConnectionError):
        return traceback.format_exc()


def refuse_each(error):
    """One by one, in as many lives: returns how many."""
    with kernel(EPOLL_CTL) as (under, port, log), link(port) as (a, b):
        before = under.settled_sockets()
        for nth in range(1, 1000):
            lines = log().count("\n")
            under.refuse = one(error, nth, is_watched)
            early = ends_early(port)
            under.refuse = refuse_nothing
            if not early:
                return nth
            wait(lambda: under.sockets() == before and log().count("\n") > lines)
            assert log().count("\n") == lines + 1 and "cannot be watched" in log().splitlines()[-1], (nth, early, log())
            a.sendall(frame(10))
            take(b, 14)


def test_what_cannot_be_watched_is_closed_and_nothing_else():
    for error in (errno.ENOSPC, errno.ENOMEM):
        assert refuse_each(error) > 10


def test_while_nothing_can_be_watched_all_others_go_on():
    large = frame(8 << 20)
    with kernel(EPOLL_CTL) as (under, port, log), link(port) as (a, b):
        before = under.settled_sockets()
        stranger = socket.create_connection(("127.0.0.1", port))
        stranger.sendall(bytes(1))
        assert answer(port, b"n")  # who came before is not only accepted by now, but watched
        wait(lambda: under.sockets() == before + 1)
        under.refuse = lambda _, words: errno.ENOSPC if words[1] == ADD else 0
        for _ in range(20):
            assert ends_early(port)
        with sending(a, large):
            assert take(b, len(large)) == large
        wait(lambda: under.sockets() == before + 1)
        assert log().count("cannot be watched") == log().count("\n") == 20, log()
        under.refuse = refuse_nothing
        life(port)
        assert not select.select([stranger], [], [], 0)[0], "it made room for nobody"
        stranger.close()


def test_a_daemon_that_can_watch_nothing_says_so():
    with launched([EPOLL_CTL], lambda *_: errno.ENOSPC) as (under, port_file, log):
        assert under.process.wait(timeout=10) == 1
        assert log().count("\n") == 1 and "No space left" in log() and not port_file.exists(), log()


def converse(a, b):
    """In both directions, what is copied and what is spliced."""
    for source, sink in ((a, b), (b, a)):
        for size in (100, 3 << 20):
            with sending(source, frame(size)):
                take(sink, size + 4)


def fails_at(under, port, error, nth, call):
    """Does a conversation come to an end when one call fails? Then both have heard of it."""
    with link(port) as (a, b):
        under.refuse = one(error, nth, lambda asked, _: asked == call)
        try:
            converse(a, b)
            return False
        except (AssertionError, ConnectionError):
            under.refuse = refuse_nothing
            assert ended(a) and ended(b), "one of them has not heard of it"
            return True
        finally:
            under.refuse = refuse_nothing


def test_a_port_that_it_may_not_take():
    """As those below 1024, for whoever is not root."""
    with launched([BIND], lambda *_: errno.EACCES) as (under, port_file, log):
        assert under.process.wait(timeout=20) == 1
        assert "Permission denied; take a port from 1024 on" in log(), log()
        assert not port_file.exists()


def test_a_connection_that_breaks_ends_at_both_ends():
    with kernel(SPLICE, SENDTO, RECVFROM) as (under, port, log), link(port, ("x", "y")) as (x, y):
        before = under.settled_sockets()
        for calls in ((SENDTO, RECVFROM, SPLICE), (SENDTO, RECVFROM)):
            for call, error, nth in itertools.product(calls, (errno.EPIPE, errno.EIO), (1, 2, 3)):
                assert fails_at(under, port, error, nth, call), (call, error, nth)
                wait(lambda: under.sockets() == before)
            assert log() == "", log()
            converse(x, y)
            post(port, "/v1/rules", {"fault": "latency", "params": {"delay": "1ms"}})  # nothing is spliced then


def test_without_splice_bytes_are_copied():
    large = frame(3 << 20, b"y")
    for error in (errno.ENOSYS, errno.EINVAL, errno.EPERM):
        with kernel(SPLICE) as (under, port, _), link(port) as (a, b):
            under.refuse = lambda *_, error=error: error
            for source, sink in ((a, b), (b, a)):
                with sending(source, large):
                    assert take(sink, len(large)) == large
