# SPDX-License-Identifier: MIT
"""Faults as two nodes see them whose every byte is ours: what real nodes do rarely, or never at the right moment."""
import signal
import socket
import struct

from harness import daemon, get, post, process, wait
from links import ACK, STATUS, TICK, acceptor, challenge, dial, ended, frame, idles, link, name_message, take


def add(port, fault, params=None, **whom):
    status, answered = post(port, "/v1/rules", {"fault": fault, "params": params or {}, **whom})
    assert status == 200, answered


def cables(port):
    return [cable["state"] for cable in get(port, "/v1/status")[1]["cables"]]


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def test_whoever_gives_up_a_delayed_handshake_is_heard_of():
    with daemon() as port, acceptor(port, "b") as listener:
        add(port, "latency", {"delay": "20ms"})
        a = dial(port, "b")
        a.sendall(name_message("a"))
        b, _ = listener.accept()
        take(b, len(name_message("a")))
        a.close()
        with b:
            assert ended(b)
        wait(lambda: not cables(port))


def test_a_frozen_node_may_die_while_the_other_ticks():
    with daemon() as port, link(port) as (a, b):
        add(port, "freeze", {"every": "20ms"}, **{"from": ["b"], "to": ["a"]})
        b.close()
        for _ in range(10):
            a.sendall(TICK)
            take(a, len(TICK))
        assert not ended(a, 0.1)
