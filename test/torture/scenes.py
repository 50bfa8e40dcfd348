# SPDX-License-Identifier: MIT
"""What a daemon lives through, scene by scene. Each uses names of its own, leaves nothing behind, and fails when it is not answered."""
import contextlib
import json
import pathlib
import socket
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
import links  # noqa: E402
import test_node  # noqa: E402
from harness import Client, answer, delete, get, http, post, register  # noqa: E402
from test_control import TOKEN, ask_unix  # noqa: E402
from test_events_stream import Stream  # noqa: E402

LARGE = links.frame(1 << 20)
TERMS = "application/vnd.erlang.etf"


def binary(text):
    return b"m" + len(text).to_bytes(4, "big") + text


def items(*elements):
    return b"l" + len(elements).to_bytes(4, "big") + b"".join(elements) + b"j"


CUT_IN_TERMS = b"\x83t" + (1).to_bytes(4, "big") + binary(b"islands") + items(items(binary(b"t1")), items(binary(b"t2")))


def expect(answered, status=200):
    assert answered[0] == status, answered
    return answered[1]


def say(source, sink, data):
    """All of it arrives, or one of them hears that it does not."""
    with links.sending(source, data):
        assert links.take(sink, len(data)) == data


@contextlib.contextmanager
def link(port, dialer, name):
    with links.acceptor(port, name) as listener, links.dial(port, name) as a:
        with links.shake(a, links.Door(listener, a), (dialer, name)) as b:
            yield a, b


# ---- the scenes ----

def names(house):
    with register(house.port, "r1"), register(house.port, "r2", kind=72):
        assert answer(house.port, b"z", "r1")[:2] == b"w\0"
        assert answer(house.port, b"z", "r3") == b"w\1"
        assert b"name r1 at port" in answer(house.port, b"n")
        assert b"r2" in answer(house.port, b"d")


def cable(house):
    with link(house.port, "c1", "c2") as (a, b):
        for source, sink in ((a, b), (b, a)):
            say(source, sink, links.frame(100))
            say(source, sink, LARGE)


def reset(house):
    with link(house.port, "k1", "k2") as (a, b):
        say(a, b, links.frame(10))
        a.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        a.close()
        assert links.ended(b)


def nobody_there(house):
    with register(house.port, "n2", node_port=1), links.dial(house.port, "n2") as a:
        a.sendall(links.name_message("n1"))
        assert links.ended(a)


def held(house):
    with link(house.port, "h1", "h2") as (a, b):
        expect(post(house.port, "/v1/cut", {"islands": [["h1"], ["h2"]]}))
        a.sendall(links.frame(10))
        expect(get(house.port, "/v1/status"))
        expect(post(house.port, "/v1/fix", {}))
        links.take(b, 14)
        expect(post(house.port, "/v1/cut", {"islands": [["h1"], ["h2"]], "mode": "sever"}))
        assert links.ended(a) and links.ended(b)
        expect(post(house.port, "/v1/fix", {}))


def slow(house):
    with link(house.port, "s1", "s2") as (a, b):
        rule = {"fault": "latency", "from": ["s1"], "to": ["s2"], "params": {"delay": "2ms"}}
        made = expect(post(house.port, "/v1/rules", rule))
        say(a, b, links.frame(100))
        say(a, b, LARGE)
        expect(delete(house.port, f"/v1/rules/{made['rules'][0]['id']}"))
        say(a, b, links.frame(100))


def asked(house):
    expect(get(house.port, "/v1/status"))
    expect(get(house.port, "/v1/nothing"), 404)
    expect(post(house.port, "/v1/cut", {"islands": [["a"], [1]]}), 400)
    assert http(house.port, "GET /metrics HTTP/1.1\nHost: localhost\n\n")[0] == 200


def waited(house):
    expect(get(house.port, "/v1/wait?condition=up%2099&timeout=5ms"), 504)


def told(house):
    with Stream(house.port) as stream:
        while not stream.begun:
            stream.take()
        with register(house.port, "e1"):
            while '"e1"' not in json.dumps(block := stream.block()):
                if block[1] == ":":  # a heartbeat: nothing else is told for long
                    raise TimeoutError


def owned(house):
    client = Client(house.port)
    with contextlib.closing(client):
        rule = {"fault": "freeze", "from": ["o1"], "to": ["o2"], "owner": "connection"}
        expect(client.ask("POST", "/v1/rules", rule))


def terms(house):
    expect(post(house.port, "/v1/cut", CUT_IN_TERMS, kind=TERMS))
    expect(post(house.port, "/v1/fix", b"\x83t\0\0\0\0", kind=TERMS, extra=f"Accept: {TERMS}\n"))


def ways(house):
    assert ask_unix(house.unix, "GET /v1/status HTTP/1.1\nHost: localhost\n\n") == 200
    expect(http(house.way(), f"GET /v1/rules HTTP/1.1\nHost: localhost\nAuthorization: Bearer {TOKEN}\n\n"))
    expect(get(house.way(), "/v1/rules"), 401)


def node(house):
    port = int.from_bytes(answer(house.port, b"z", "ctl")[2:4], "big")
    client, _ = test_node.connect(port)
    with client:
        test_node.answers(client)
        client.sendall(test_node.called(test_node.atom("status")))
        size = 0
        while size == 0:  # a tick
            size = int.from_bytes(test_node.exactly(client, 4), "big")
        assert b"ctl@box" in test_node.exactly(client, size)



SCENES = (names, cable, reset, nobody_there, held, slow, asked, waited, told, owned, terms, ways, node)


def clean_up(house):
    """What a scene would have left that was not answered."""
    for rule in expect(get(house.port, "/v1/rules"))["rules"]:
        expect(delete(house.port, f"/v1/rules/{rule['id']}"))

