# SPDX-License-Identifier: MIT
"""What a caller of the daemon's node can have too much of: nobody else waits for it."""
from harness import get, post, register, rules
from test_node import atom, called, connect, exactly, lst, node, tup


def reply(client, *request):
    """The next frame that is no tick."""
    client.sendall(called(tup(*request)))
    while not (length := int.from_bytes(exactly(client, 4), "big")):
        pass
    return exactly(client, length)


def number(value):
    return b"\x62" + value.to_bytes(4, "big")


def ids(numbers):
    return b"\x74\x00\x00\x00\x01" + atom("ids") + lst(*map(number, numbers))


def changes(port):
    return sum(event["event"] == "rules_changed" for event in get(port, "/v1/events")[1]["events"])


def test_rules_are_removed_at_once():
    """One change of the book, whatever their number: every connection is looked at for each."""
    with node() as (_, port, at):
        client, _ = connect(at)
        many = [{"fault": "latency", "params": {"delay": "1ms"}, "from": [f"n{i}"], "to": ["b"]} for i in range(1000)]
        assert post(port, "/v1/rules", f"{{\"rules\": {many}}}".replace("'", '"').encode())[0] == 200
        assert reply(client, atom("effect"), ids(range(1, 1001)))
        before = changes(port)
        assert reply(client, atom("remove"), ids([*range(2, 1000), 5000])).endswith(atom("ok"))
        assert [rule["id"] for rule in rules(port)] == [1, 1000] and changes(port) == before + 1
        assert reply(client, atom("remove"), ids([1, 1000])).endswith(atom("ok")) and rules(port) == []


def test_numbers_of_rules_are_those_of_rules():
    """More than there can be rules are none; so is what is no such number."""
    with node() as (_, _, at):
        client, _ = connect(at)
        for verb in ("remove", "effect"):
            for numbers in (range(1, 1002), [-1 & 0xFFFFFFFF], [1] * 200000):
                said = reply(client, atom(verb), ids(numbers))
                assert (b"ids: more than 1000" if len(numbers) > 1 else b"id: must be the number of a rule") in said, (verb, said)


def test_more_names_than_a_rule_may_have():
    """They are not looked for one by one."""
    with node() as (_, port, at):
        client, _ = connect(at)
        many = lst(*(atom(f"n{i}") for i in range(10001)))
        assert b"more than 10000 names" in reply(client, atom("cut"), lst(lst(atom("a")), many))
        assert b"islands[0]: more than 10000 names" in reply(client, atom("partition"), many)
        assert atom("unknown") in reply(client, atom("cut"), lst(lst(atom("a")), lst(atom("b"))))
        assert rules(port) == []


def test_those_among_whom_to_split_are_names_too():
    """As with the Erlang client: one that no node has is a slip."""
    with node() as (_, port, at):
        nodes = [register(port, name) for name in ("a", "b")]
        client, _ = connect(at)
        among = b"\x74\x00\x00\x00\x01" + atom("among") + lst(atom("a"), atom("b"), atom("typo"))
        for call in ((atom("isolate"), atom("a"), among), (atom("halves"), among)):
            told = reply(client, *call)
            assert told.endswith(tup(atom("error"), tup(atom("unknown"), lst(atom("typo"))))), told
        assert rules(port) == [] and len(nodes) == 2
