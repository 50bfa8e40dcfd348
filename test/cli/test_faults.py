# SPDX-License-Identifier: MIT
"""fault add, list, rm, clear and kinds; what the port mapper does under faults of names."""
import json
import pathlib
import re
import socket
import tempfile
import time

from harness import answer, ask, cluster, delete, fine, get, lasting, post, refused, refused_by, register, rules, run, wait

# Every kind, with all its parameters away from their defaults.
KINDS = {
    "partition": ["mode=drop"],
    "latency": ["delay=50ms", "jitter=1500us", "distribution=pareto", "correlation=0.25"],
    "bandwidth": ["rate=1.5mbit"],
    "slow_close": ["delay=1s"],
    "limit_data": ["bytes=64KiB"],
    "slicer": ["average_size=1500B", "size_variation=100B", "delay=10us"],
    "freeze": ["every=100ms"],
    "mute": [],
    "handshake": ["stage=challenge", "action=close"],
    "downgrade": ["clear=fragments,spawn"],
    "hide": [],
    "slow": ["delay=2s"],
    "silent": [],
    "unlisted": [],
}
OF_NAMES = ["hide", "slow", "silent", "unlisted"]


def added(text):
    found = re.match(r"#(\d+) (.*)\n", text)
    assert found, text
    return found.group(2)


def test_fault_add_says_whom_in_every_way():
    with cluster("a", "b", "c", "d") as (_, go):
        for words, told in [
            (["latency", "--from", "a", "--to", "b,c", "delay=50ms"], "latency delay=50ms: a -> b,c"),
            (["latency", "delay=50ms", "--to", "a", "--from", "*"], "latency delay=50ms: * -> a"),
            (["latency", "--between", "a", "b,c", "delay=50ms"], "latency delay=50ms: a <-> b,c"),
            (["--between", "a", "b,c", "latency", "delay=50ms"], "latency delay=50ms: a <-> b,c"),
            (["--between=a", "b,c", "latency", "delay=50ms"], "latency delay=50ms: a <-> b,c"),
            (["latency", "delay=50ms", "--between", "a", "mute"], "latency delay=50ms: a <-> mute"),
            (["--between", "mute", "mute", "mute"], "mute: mute <-> mute"),
            (["mute", "--between", "latency", "latency"], "mute: latency <-> latency"),
            (["mute", "--between", "*", "*"], "mute: * <-> *"),
            (["mute"], "mute: * <-> *"),
            (["hide", "--node", "a,b"], "hide: a,b"),
            (["hide"], "hide: *"),
            (["mute", "--from", "a", "--to", "b", "--dialled-by", "from"], "mute: a -> b; dialled by from"),
            (["mute", "--between", "a", "b", "--dialled-by", "to"], "mute: a <-> b; dialled by to"),
            (["partition", "--from", "a", "--to", "b"], "cut a -> b"),
            (["partition", "--between", "a", "b", "mode=reset"], "cut a <-> b; mode=reset"),
            (["latency", "delay=0.05s", "jitter=0us"], "latency delay=50ms: * <-> *"),
        ]:
            assert added(fine(go("fault", "add", *words))) == told, (words, told)
        assert re.fullmatch(r"mute: a -> b; (1m|59(\.\d)?s) left", added(fine(go("fault", "add", "mute", "--from", "a", "--to", "b", "--for", "1m"))))


def test_fault_list_rm_clear():
    with cluster("a", "b") as (port, go):
        assert fine(go("fault", "list")) == "no faults\n"
        assert fine(go("fault", "clear")) == "no faults\n"
        for kind in ("mute", "freeze", "hide"):
            fine(go("fault", "add", kind))
        fine(go("cut", "a", "b"))
        nothing = "    touched nothing\n"
        assert fine(go("fault", "list")) == f"#1 mute: * <-> *\n{nothing}#2 freeze: * <-> *\n{nothing}#3 hide: *\n{nothing}#4 cut a | b\n{nothing}"
        assert fine(go("fault", "rm", "2")) == f"removed #2: touched nothing\n#1 mute: * <-> *\n{nothing}#3 hide: *\n{nothing}#4 cut a | b\n{nothing}"
        assert answer(port, b"z", "a") == b"\x77\x01" and "#3 hide: *\n    touched 1 lookup\n" in fine(go("fault", "list"))
        refused(go("fault", "rm", "2"), "no rule 2", status=1)
        refused(go("fault", "rm", "1", "2"), "no rule 2", status=1)
        refused(go("fault", "rm", "1", "x"), "'x'")
        assert [rule["id"] for rule in rules(port)] == [1, 3, 4]
        told = json.loads(fine(go("fault", "rm", "--json", "#3", "4")))
        assert [rule["id"] for rule in told["rules"]] == [1] and [rule["id"] for rule in told["ended"]] == [3, 4]
        assert [(rule["effect"]["lookups"], rule["effect"]["bitten"]) for rule in told["ended"]] == [(1, True), (0, False)]
        assert json.loads(fine(go("fault", "list", "--json"))) == {"rules": rules(port)}
        assert "1 other fault stays" in fine(go("fix"))
        fine(go("fault", "add", "hide"))
        assert answer(port, b"z", "a") == b"\x77\x01"
        assert fine(go("fault", "clear")) == "removed #1: touched nothing\nremoved #5: touched 1 lookup\nno faults\n"
        assert json.loads(fine(go("fault", "clear", "--json"))) == {"rules": [], "ended": []}
        assert rules(port) == []


def test_fault_kinds_are_one_table():
    with cluster() as (port, _):
        kinds = get(port, "/v1/kinds")[1]
        assert [kind["name"] for kind in kinds["kinds"]] == list(KINDS)
        assert json.loads(fine(run("fault", "kinds", "--json"))) == kinds
        assert [kind["name"] for kind in json.loads(fine(run("fault", "kinds", "slow", "--json")))["kinds"]] == ["slow"]
    for kind in kinds["kinds"]:
        assert {param["name"] for param in kind["params"]} == {word.split("=")[0] for word in KINDS[kind["name"]]}
        text = fine(run("fault", "kinds", kind["name"]))
        assert text.startswith(kind["name"]) and all(f"{param['name']}=" in text for param in kind["params"]), text
    text = fine(run("fault", "kinds"))
    assert all(len(line) <= 100 and line == line.rstrip() for line in text.splitlines()), text
    assert all(re.search(rf"^{kind} ", text, re.MULTILINE) for kind in KINDS)


def texts(params):
    return {name: value for name, value in params.items() if isinstance(value, str)}


def test_what_is_printed_can_be_posted_again():
    """The rule as JSON, and each parameter as it is listed."""
    with cluster("a", "b") as (port, go):
        for kind, params in KINDS.items():
            for whom in ([["--node", "a"], []] if kind in OF_NAMES else
                         [["--between", "a", "b"], ["--from", "a", "--to", "b"], [], ["--between", "a", "b", "--dialled-by", "from"]]):
                if kind == "downgrade" and "--from" in whom:
                    continue
                rule = json.loads(fine(go("fault", "add", kind, *whom, *params, "--json")))["rules"][0]
                assert [f"{name}={value}" for name, value in texts(rule["params"]).items()] == params, rule
                if not whom:
                    listed = fine(go("fault", "list"))
                    assert all(word in listed for word in params), (listed, params)
                again = {key: value for key, value in rule.items() if key not in ("id", "effect")}
                assert delete(port, "/v1/rules")[0] == 200
                status, told = post(port, "/v1/rules", again)
                assert status == 200, (again, told)
                assert told["rules"] == [{**again, "id": rule["id"] + 1, "effect": rule["effect"]}], (rule, told)
                status, told = post(port, "/v1/rules", {"rules": [again]})
                assert status == 200 and told["rules"] == [{**again, "id": rule["id"] + 2, "effect": rule["effect"]}], (rule, told)
                assert delete(port, "/v1/rules")[0] == 200
        defaults = json.loads(fine(go("fault", "add", "latency", "delay=1s", "--json")))["rules"][0]["params"]
        assert defaults == {"delay": "1s", "delay_ms": 1000, "jitter": "0us", "jitter_ms": 0, "distribution": "uniform",
                            "correlation": "0"}


def test_numbers_stand_beside_texts():
    with cluster("a", "b") as (port, _):
        numbers = {param["number"]: param.get("default_" + param["number"].rsplit("_", 1)[1])
                   for kind in get(port, "/v1/kinds")[1]["kinds"] for param in kind["params"] if "number" in param}
        assert numbers == {"delay_ms": None, "jitter_ms": 0, "rate_bits": None, "bytes_bytes": None, "average_size_bytes": None,
                           "size_variation_bytes": 0, "every_ms": 250}, numbers
        for kind, params, told in (
            ("latency", {"delay_ms": 50}, {"delay": "50ms", "delay_ms": 50}),
            ("latency", {"delay_ms": 0.25, "jitter_ms": 1.5, "jitter": "1.5ms"}, {"delay": "250us", "delay_ms": 0.25, "jitter_ms": 1.5}),
            ("bandwidth", {"rate_bits": 1500000}, {"rate": "1.5mbit", "rate_bits": 1500000}),
            ("limit_data", {"bytes_bytes": 65536}, {"bytes": "64KiB", "bytes_bytes": 65536}),
            ("slicer", {"average_size_bytes": 100, "size_variation": 10}, {"average_size_bytes": 100, "size_variation_bytes": 10}),
        ):
            status, answer = post(port, "/v1/rules", {"fault": kind, "params": params})
            assert status == 200 and told.items() <= answer["rules"][0]["params"].items(), answer
        for params, parts in (
            ({"delay_ms": -1}, ["params.delay_ms: ", "from 0 on"]), ({"delay_ms": "5"}, ["params.delay_ms: "]),
            ({"delay_ms": 1e300}, ["params.delay: ", "up to 1h"]), ({"delay_ms": 50, "delay": "51ms"}, ["params.delay: given twice"]),
            ({"delay_us": 5}, ["params.delay_us: ", "did you mean"]), ({"distribution_ms": 5}, ["params.distribution_ms: "]),
        ):
            refused_by(post(port, "/v1/rules", {"fault": "latency", "params": params}), *parts)
        refused_by(post(port, "/v1/rules", {"fault": "limit_data", "params": {"bytes_bytes": 1.5}}), "params.bytes_bytes: ", "whole")
        assert post(port, "/v1/leases", {"name": "l", "for_ms": 60000})[1]["leases"][0]["ends_in_ms"] > 50000
        refused_by(post(port, "/v1/leases", {"name": "l", "for_ms": 60000, "for": "61s"}), "for_ms: says another")


def test_parameters_in_json_may_be_numbers_and_lists():
    with cluster() as (port, _):
        told = post(port, "/v1/rules", {"fault": "latency", "params": {"delay": "1ms", "correlation": 0.5}})[1]
        assert told["rules"][0]["params"]["correlation"] == "0.5"
        told = post(port, "/v1/rules", {"fault": "limit_data", "params": {"bytes": 1500}})[1]
        assert told["rules"][0]["params"]["bytes"] == "1500B"
        told = post(port, "/v1/rules", {"fault": "downgrade", "params": {"clear": ["alias", "spawn"]}})[1]
        assert told["rules"][0]["params"]["clear"] == "spawn,alias"


# ---- matrix ----

def with_matrix(text, *words):
    with tempfile.NamedTemporaryFile("wb", suffix=".txt") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
        file.flush()
        return run("fault", "add", *words, "--matrix", file.name)


def test_matrix():
    text = "# regions\neu = a1,a2\nus = 'b*'\n\nap = c\neu us 45ms\neu  ap\t120ms jitter=5ms # far\nus us 1ms\n"
    with cluster("a1", "a2", "b1", "c") as (port, go):
        at = ["--port", str(port)]
        done = fine(with_matrix(text, *at, "latency", "--for", "1h"))
        assert re.sub(r"; (1h|59(\.\d)?m) left", "", done).splitlines() == [
            "#1 latency delay=45ms: a1,a2 <-> b*", "#2 latency delay=120ms jitter=5ms: a1,a2 <-> c", "#3 latency delay=1ms: b* <-> b*"]
        assert fine(with_matrix("x = a1\ny = b1\nx y 64kbit", *at, "bandwidth")) == "#4 bandwidth rate=64kbit: a1 <-> b1\n"
        quoted = "x = a1,'b*'\ny = \"a2\",c'*'\nx y 1ms\n"
        assert fine(with_matrix(quoted, *at, "latency")) == "#5 latency delay=1ms: a1,b* <-> a2,c*\n"
        fine(go("fault", "rm", "5"))
        before = lasting(port)
        for text, parts in [
            ("x = a,'b\n", [":1: ", "without its end"]),
            ("x = a,''\n", [":1: ", "empty name"]),
            ("x = a\ny = b@\n", [":2: ", "y[0]: ", "NAME@HOST"]),
            ("x = a\nx y 1ms\n", [":2: ", "no group named y"]),
            ("x = a\nx x 1ms\ny y 1ms\n", [":3: ", "no group named y"]),
            ("x = a\nx = b\n", [":2: ", "x is there already"]),
            ("x = a\nx x 1\n", [":2: ", "delay: '1'", "150ms"]),
            ("x = a\nx x 2h\n", [":2: ", "delay: '2h'", "up to 1h"]),
            ("x = a\nx x 1ms jiter=1ms\n", [":2: ", "did you mean jitter?"]),
            ("x = a\nx x 1ms fast\n", [":2: ", "'fast'", "name=value"]),
            ("x = a\nx x 1ms delay=2ms\n", [":2: ", "delay: given twice"]),
            ("x = a,,b\n", [":1: ", "empty name"]),
            ("x =\n", [":1: ", "GROUP = NODES"]),
            ("x\n", [":1: ", "GROUP = NODES"]),
            ("x = a b\n", [":1: ", "GROUP = NODES"]),
            (b"x = \xff\n", [":1: ", "UTF-8"]),
            (b"\xff = a\n", [":1: ", "UTF-8"]),
            ("x = a@\nx x 1ms\n", [":1: ", "NAME@HOST"]),
            ("x = a\n" + "x x 1ms " + "y" * 100000 + "\n", [":2: ", "more than"]),
            ("x = a\n" + "x x 1ms" + " jitter=1ms" * 20 + "\n", [":2: "]),
            ("x = a\nx x 1ms\0jitter=1s\n", [":2: ", "NUL"]),
            ("", ["no line of the form"]),
            ("x = a\n", ["no line of the form"]),
        ]:
            refused(with_matrix(text, *at, "latency"), *parts)
        refused(with_matrix("x = a\nx x 1ms\n", *at, "bandwidth"), ":2: ", "rate: '1ms'", "64kbit")
        refused(with_matrix("x = a\nx x 1ms\n", *at, "mute"), "--matrix", "latency and bandwidth")
        refused(with_matrix("x = a\nx x 1ms\n", *at, "latency", "delay=1ms"), "--matrix")
        refused(with_matrix("x = a\nx x 1ms\n", *at, "latency", "--from", "a", "--to", "b"), "--matrix", "--from")
        refused(go("fault", "add", "latency", "--matrix", "/no/such/file"), "--matrix", "/no/such/file")
        refused(go("fault", "add", "latency", "--matrix", "/"), "--matrix", "directory")
        assert lasting(port) == before
        many = "".join(f"g{i} = n{i}\n" for i in range(40)) + "".join(f"g{i} g{j} 1ms\n" for i in range(40) for j in range(i))
        assert len(fine(with_matrix(many, *at, "latency")).split("\n#")) == 780
        refused(with_matrix(many, *at, "latency"), "full", "1000", status=1)
        assert len(rules(port)) == 784
        assert fine(go("fault", "list")).count("#") == 784


# ---- faults of names, on the wire ----

def test_a_slow_answer_is_about_now():
    """Its gate takes a connection; a node that has left meanwhile is not found."""
    with cluster("a", "b") as (port, go):
        fine(go("fault", "add", "slow", "delay=600ms"))
        said = answer(port, b"z", "a")
        with socket.create_connection(("127.0.0.1", int.from_bytes(said[2:4], "big")), timeout=5):
            pass
        with register(port, "c"):
            asked = ask(port, b"z", "c")
        with asked:
            assert asked.recv(100) == b"\x77\x01"


def test_hide_slow_and_unlisted_on_the_wire():
    with cluster("a", "b") as (port, go):
        known = answer(port, b"z", "a")
        assert known[:2] == b"\x77\x00" and answer(port, b"z", "nobody") == b"\x77\x01"
        fine(go("fault", "add", "hide", "--node", "a"))
        assert answer(port, b"z", "a") == b"\x77\x01"
        assert answer(port, b"z", "b")[:2] == b"\x77\x00"
        assert b"name a at" in answer(port, b"n")
        assert go("names").stdout.count("name ") == 2
        fine(go("fault", "rm", "1"))
        assert answer(port, b"z", "a")[:2] == b"\x77\x00"

        fine(go("fault", "add", "unlisted", "--node", "a"))
        assert b"name a at" not in answer(port, b"n") and b"name b at" in answer(port, b"n")
        assert b"<a>" in answer(port, b"d")
        assert answer(port, b"z", "a")[:2] == b"\x77\x00"
        assert {node["name"] for node in get(port, "/v1/status")[1]["nodes"]} == {"a", "b"}
        fine(go("fault", "clear"))

        fine(go("fault", "add", "slow", "--node", "a", "delay=150ms"))
        fine(go("fault", "add", "slow", "--node", "a*", "delay=150ms"))
        began = time.monotonic()
        assert answer(port, b"z", "a")[:2] == b"\x77\x00"
        assert time.monotonic() - began >= 0.3
        fine(go("fault", "add", "hide"))
        began = time.monotonic()
        assert answer(port, b"z", "a") == b"\x77\x01"
        assert time.monotonic() - began >= 0.3
        fine(go("fault", "clear"))
        assert answer(port, b"z", "a")[:2] == b"\x77\x00"


def descriptors(pid):
    return len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))


def test_silent_neither_answers_nor_closes():
    with cluster("a", "b") as (port, go):
        pid = get(port, "/v1/status")[1]["pid"]
        fine(go("fault", "add", "silent", "--node", "a"))
        fine(go("fault", "add", "slow", "--node", "b", "delay=1h"))
        before = descriptors(pid)
        asking = [ask(port, b"z", "a") for _ in range(5)] + [ask(port, b"z", "b") for _ in range(5)]
        wait(lambda: descriptors(pid) >= before + 10)
        for client in asking:
            client.settimeout(0.05)
            try:
                raise AssertionError(client.recv(10))
            except socket.timeout:
                pass
        assert b"name a at" in answer(port, b"n")
        for client in asking:
            client.close()
        wait(lambda: descriptors(pid) - get(port, "/v1/status")[1]["gates"] <= before)
        fine(go("fault", "clear"))
        assert answer(port, b"z", "a")[:2] == b"\x77\x00"
        held = ask(port, b"z", "a")
        held.close()


def test_faults_of_names_reach_nodes_that_come_later():
    with cluster() as (port, go):
        assert "no node named 'late'" in fine(go("fault", "add", "hide", "--node", "late"))
        with register(port, "late"):
            assert answer(port, b"z", "late") == b"\x77\x01"


# ---- cuts: modes, ends, leases ----

def test_cut_modes():
    with cluster("a", "b") as (port, go):
        for mode in ("hold", "sever", "drop", "close", "reset", "refuse"):
            rule = json.loads(fine(go("cut", "--mode", mode, "--json", "a", "b")))["rules"][0]
            assert rule["params"] == {"mode": mode} and [kept["id"] for kept in rules(port)] == [rule["id"]]
        assert "cut a | b; mode=refuse" in fine(go("status"))
        refused(go("cut", "--mode", "hodl", "a", "b"), "mode: 'hodl'", "hold, sever, drop, close, reset or refuse")
        assert rules(port)[0]["params"]["mode"] == "refuse"


def test_what_has_a_time_to_live_ends():
    with cluster("a", "b") as (port, go):
        fine(go("fault", "add", "mute", "--for", "1h"))
        assert 0 < rules(port)[0]["ends_in_ms"] <= 3600000
        fine(go("cut", "--for", "100ms", "a", "b"))
        fine(go("fault", "add", "hide", "--node", "a", "--for", "150ms"))
        wait(lambda: len(rules(port)) == 1)
        assert rules(port)[0]["fault"] == "mute" and answer(port, b"z", "a")[:2] == b"\x77\x00"
        assert [event["event"] for event in get(port, "/v1/events")[1]["events"]].count("rules_changed") == 5


def test_leases_take_their_rules_along():
    with cluster("a", "b") as (port, go):
        assert fine(go("lease")) == "no leases\n"
        refused(go("cut", "--lease", "night", "a", "b"), "lease: ", "'night'", "epmdpxy lease")
        refused(go("fault", "add", "mute", "--lease", "night"), "lease: ", "'night'")
        assert rules(port) == []
        assert re.fullmatch(r"night: (1m|59(\.\d)?s) left\n", fine(go("lease", "night", "--for", "1m")))
        fine(go("cut", "--lease", "night", "a", "b"))
        fine(go("fault", "add", "hide", "--lease", "night"))
        fine(go("fault", "add", "mute"))
        assert "cut a | b; lease night" in fine(go("fault", "list"))
        assert rules(port)[0]["lease"] == "night"
        left = json.loads(fine(go("lease", "--json", "night", "--for", "2m")))["leases"]
        assert len(left) == 1 and left[0]["name"] == "night" and 60000 < left[0]["ends_in_ms"] <= 120000
        assert json.loads(fine(go("lease", "--json")))["leases"][0]["name"] == "night"
        assert fine(go("lease", "--end", "night")) == "no leases\n"
        assert [rule["fault"] for rule in rules(port)] == ["mute"]
        refused(go("lease", "--end", "night"), "no lease named 'night'", status=1)
        fine(go("lease", "short", "--for", "1h"))
        fine(go("fault", "add", "hide", "--lease", "short"))
        fine(go("lease", "short", "--for", "1ms"))
        wait(lambda: len(rules(port)) == 1)
        assert fine(go("lease")) == "no leases\n"
        refused(go("fault", "add", "mute", "--lease", "short"), "'short'")
        fine(go("fault", "clear"))
        for i in range(100):
            assert post(port, "/v1/leases", {"name": f"é{i}", "for": "1h"})[0] == 200
        refused(go("lease", "more"), "100", status=1)
        fine(go("lease", "é99", "--for", "2h"))
        assert "é99" not in fine(go("lease", "--end", "é99"))
        fine(go("lease", "more"))


def test_the_book_is_full_and_nothing_changes():
    with cluster("a", "b") as (port, go):
        many = [{"fault": "mute", "from": [f"n{i}"], "to": ["x"]} for i in range(999)]
        assert post(port, "/v1/rules", {"rules": many})[0] == 200
        assert post(port, "/v1/rules", {"rules": many[:1]})[0] == 200
        before = rules(port)
        assert len(before) == 1000
        refused_by(post(port, "/v1/rules", {"rules": many[:1]}), "full", "1000", status=409)
        refused_by(post(port, "/v1/cut", {"islands": [["a"], ["b"]]}), "full", status=409)
        refused(go("cut", "a", "b"), "full", status=1)
        assert rules(port) == before
        fine(go("fault", "rm", "17"))
        fine(go("cut", "a", "b"))
        refused_by(post(port, "/v1/rules", {"rules": many + many[:2]}), "rules: ", "1000")


def test_all_rules_or_none():
    good, bad = {"fault": "mute"}, {"fault": "mute", "from": ["a"]}
    with cluster("a") as (port, _):
        refused_by(post(port, "/v1/rules", {"rules": [good, bad]}), "rules[1].from: ")
        refused_by(post(port, "/v1/rules", {"rules": [good, {"fault": "latency", "params": {"delay": "1"}}]}), "rules[1].params.delay: ")
        refused_by(post(port, "/v1/rules", {"rules": []}), "rules: ")
        assert rules(port) == []


def test_removing_by_number():
    with cluster() as (port, _):
        post(port, "/v1/rules", {"fault": "mute"})
        for number in ("0", "2", "4294967295"):
            refused_by(delete(port, f"/v1/rules/{number}"), f"no rule {number}", status=404)
        for number in ("x", "-1", "1.0", "4294967296", "99999999999999999999999", "+1", "1x", "0x1", "%201", "%ff"):
            refused_by(delete(port, f"/v1/rules/{number}"), "the number of a rule")
        refused_by(delete(port, "/v1/rules/1/2"), status=404)
        assert len(rules(port)) == 1
        told = delete(port, "/v1/rules/1")[1]
        assert told["rules"] == [] and [(one["id"], one["effect"]["bitten"]) for one in told["ended"]] == [(1, False)]


# ---- notes and advice ----

def test_notes():
    with cluster("a", "b") as (port, go):
        assert post(port, "/v1/cut", {"islands": [["a"], ["b"]]})[1]["notes"] == []
        assert post(port, "/v1/rules", {"fault": "mute"})[1]["notes"] == []
        assert post(port, "/v1/rules", {"fault": "mute", "from": ["a"], "to": ["*"]})[1]["notes"] == []
        downgrade = {"fault": "downgrade", "params": {"clear": ["spawn"]}}
        assert post(port, "/v1/rules", downgrade)[1]["notes"] == []
        downgrade["params"]["clear"].append("unlink_id")
        notes = post(port, "/v1/rules", downgrade)[1]["notes"]
        assert notes == ["nodes of OTP 26 and later refuse every connection without unlink_id"], notes
        notes = post(port, "/v1/rules", {"rules": [{"fault": "mute", "from": ["a"], "to": ["x"]}] * 3})[1]["notes"]
        assert len(notes) == 1 and "no node named 'x'" in notes[0], notes
        assert "note: no node named 'y'" in fine(go("fault", "add", "hide", "--node", "a,y"))
    with cluster("node1", "node2", "rabbit") as (port, go):
        for words, told in [("cut nod1 node2", "no node named 'nod1' is registered yet; the rule waits for it; did you mean node1?"),
                            ("cut node1 N0de2", "no node named 'N0de2' is registered yet; the rule waits for it\n"),
                            ("cut node1 NODE2", "did you mean node2?"),
                            ("cut node1 node3", "no node named 'node3' is registered yet; the rule waits for it\n"),
                            ("cut rabbit rabbi,node1", "no node named 'rabbi' is registered yet; the rule waits for it\n"),
                            ("cut node[1- node2", "'node[1-' is registered yet; the rule waits for it; its '[' has no ']'"),
                            ("cut node1 node[3-2]", "its range in brackets ends before it begins"),
                            ("cut --halves --of node1,node2,rabit", "'rabit' is registered: it is in no island; did you mean rabbit?"),
                            ("fix nod1 node2", "no node named 'nod1' is registered; did you mean node1?"),
                            ("fault add hide --node rabit", "did you mean rabbit?"),
                            ("fault add mute --between node2 node2", "node2 stands on both sides, and no node is connected with itself: the rule is about"),
                            ("fault add mute --from node2@h --to node2@h", "node2@h stands on both sides, and no node is connected with itself\n")]:
            assert told in fine(go(*words.split(" "))), (words, told)
        told = fine(go("fault", "add", "hide", "--node", ",".join(f"rab{letter}it" for letter in "acdefghijkl")))
        assert told.count("; did you mean rabbit?\n") == 10 and "'rablit' is registered yet; the rule waits for it\n" in told, told
        for words in ("cut node1 node2", "fault add mute --between n* n*", "fault add mute --between node1,node2 node1,node2", "fault add mute"):
            assert "note" not in fine(go(*words.split(" "))), words
    with cluster("a", "b", words=["--no-relay"]) as (port, go):
        assert "--no-relay" in fine(go("cut", "a", "b"))
        assert "--no-relay" in fine(go("fault", "add", "mute"))
        assert "--no-relay" not in fine(go("fault", "add", "hide"))


def advice(port, path, body):
    status, told = post(port, path, body)
    assert status == 200 and "\n" not in told.get("advice", ""), told
    return told.get("advice", "")


def test_each_advice_once_and_for_the_right_cut():
    pair = [["a"], ["b", "c"]]
    with cluster("a", "b", "c") as (port, _):
        assert advice(port, "/v1/rules", {"fault": "latency", "params": {"delay": "1ms"}}) == ""
        assert "reconnect" in advice(port, "/v1/cut", {"islands": pair})
        assert advice(port, "/v1/cut", {"islands": pair}) == ""
        assert "net_ticktime" in advice(port, "/v1/cut", {"islands": pair, "for": "10s"})
        assert advice(port, "/v1/cut", {"islands": pair, "for": "10s"}) == ""
        assert advice(port, "/v1/cut", {"islands": pair, "for": "1h"}) == ""
        post(port, "/v1/fix", b"")
        assert "prevent_overlapping_partitions" in advice(port, "/v1/cut", {"islands": [["a"], ["b"]]})
        assert advice(port, "/v1/cut", {"islands": [["a"], ["b"]]}) == ""
        assert "closed" in advice(port, "/v1/cut", {"islands": pair, "mode": "close"})
        assert advice(port, "/v1/cut", {"islands": pair, "mode": "reset"}) == ""
    with cluster("a", "b") as (port, go):
        assert advice(port, "/v1/cut", {"islands": [["a"], ["b"]], "mode": "refuse"}) == ""
        text = fine(go("cut", "--mode", "close", "a", "b"))
        assert text.count("advice: ") == 1 and "reconnect" in text, text  # with two nodes there is no third to lose
        assert "advice" not in fine(go("cut", "a", "b"))
