# SPDX-License-Identifier: MIT
"""Bad input: each has one line that names what is wrong, and changes nothing."""
import tempfile

from harness import cluster, fine, get, http, lasting, post, refused, refused_by, register, rules, run

LONG = "n" * 3000

COMMANDS = [
    # kinds and parameters
    ("fault add", ["kind", "fault kinds"]),
    ("fault add latncy delay=1s", ["'latncy'", "did you mean latency?"]),
    ("fault add packet_loss", ["'packet_loss'", "there are partition, latency"]),
    ("fault add Latency delay=1s", ["'Latency'", "did you mean latency?"]),
    ("fault add delay=1s latency", ["kind"]),
    ("fault add latency", ["delay: ", "latency needs it", "150ms"]),
    ("fault add latency delay", ["'delay'", "name=value"]),
    ("fault add latency delay=", ["delay: ''", "150ms"]),
    ("fault add latency =5ms", ["latency has no such parameter"]),
    ("fault add latency delai=5ms", ["delai: ", "did you mean delay?"]),
    ("fault add latency delay=5ms loss=3", ["loss: ", "it has delay, jitter, distribution, correlation"]),
    ("fault add mute delay=5ms", ["delay: ", "mute has no parameters"]),
    ("fault add latency delay=5", ["delay: '5'", "us, ms, s, m or h"]),
    ("fault add latency delay=5sec", ["delay: '5sec'"]),
    ("fault add latency delay=-5ms", ["delay: '-5ms'"]),
    ("fault add latency delay=+5ms", ["delay: '+5ms'"]),
    ("fault add latency delay=2h", ["delay: '2h'", "up to 1h"]),
    ("fault add latency delay=1e3s", ["delay: '1e3s'"]),
    ("fault add latency delay=nan", ["delay: 'nan'"]),
    ("fault add latency delay=99999999999999999999s", ["delay: "]),
    ("fault add latency delay=5ms delay=6ms", ["delay: given twice"]),
    ("fault add latency delay=5ms jitter=2h", ["jitter: '2h'", "up to 1h"]),
    ("fault add latency delay=5ms distribution=gauss", ["distribution: 'gauss'", "uniform, normal or pareto"]),
    ("fault add latency delay=5ms correlation=1.5", ["correlation: '1.5'", "0 to 1"]),
    ("fault add latency delay=5ms correlation=-0.1", ["correlation: '-0.1'"]),
    ("fault add latency delay=5ms correlation=25%", ["correlation: '25%'"]),
    ("fault add bandwidth rate=0bit", ["rate: '0bit'", "from 1bit"]),
    ("fault add bandwidth rate=64", ["rate: '64'", "64kbit"]),
    ("fault add bandwidth rate=64KB", ["rate: '64KB'", "64kbit"]),
    ("fault add bandwidth rate=1tbit", ["rate: '1tbit'"]),
    ("fault add bandwidth rate=101gbit", ["rate: '101gbit'", "100gbit"]),
    ("fault add bandwidth rate=0.5bit", ["rate: '0.5bit'"]),
    ("fault add limit_data bytes=-1", ["bytes: '-1'"]),
    ("fault add limit_data bytes=1.5kB", ["bytes: '1.5kB'", "whole number"]),
    ("fault add limit_data bytes=2000GiB", ["bytes: '2000GiB'", "up to"]),
    ("fault add slicer average_size=0", ["average_size: '0'", "from 1B"]),
    ("fault add slicer average_size=10 size_variation=10", ["size_variation: ", "average_size"]),
    ("fault add freeze every=1us", ["every: '1us'", "from 1ms to 1h"]),
    ("fault add handshake stage=hello", ["stage: 'hello'", "name, status, challenge, reply or ack"]),
    ("fault add handshake action=close", ["stage: ", "handshake needs it"]),
    ("fault add handshake stage=ack action=nok", ["action: 'nok'", "hold or close"]),
    ("fault add downgrade", ["clear: ", "downgrade needs it", "fragments"]),
    ("fault add downgrade clear=", ["clear: ''"]),
    ("fault add downgrade clear=spawn,,alias", ["clear: 'spawn,,alias'"]),
    ("fault add downgrade clear=utf8_atoms", ["clear: 'utf8_atoms'", "fragments"]),
    ("fault add downgrade --from a --to b clear=spawn", ["from: ", "between"]),
    ("fault add partition mode=half", ["mode: 'half'", "hold, sever, drop, close, reset or refuse"]),
    ("fault add slow", ["delay: ", "slow needs it"]),
    # whom
    ("fault add mute --from a", ["--from: goes with --to", "everybody is --to '*'"]),
    ("fault add mute --to a", ["--to: goes with --from", "everybody is --from '*'"]),
    ("fault add latency --delay 50ms", ["'--delay'", "parameters have no dashes: write delay=50ms"]),
    ("fault add latency --delay=50ms --from a --to b", ["write delay=50ms"]),
    ("fault add latency delay=1s --jitter", ["write jitter=..."]),
    ("fault add mute --between a", ["--between: two islands"]),
    ("fault add mute --between a --from b", ["--between: two islands"]),
    ("fault add mute --between a b --from c --to d", ["--from", "--between"]),
    ("fault add mute --between a b c", ["'c'", "name=value"]),
    ("fault add mute --between a,,b c", ["--between: an empty name", "'a,,b'"]),
    ("fault add mute --from , --to b", ["--from: an empty name"]),
    ("fault add mute --from a --to b@", ["--to: ", "NAME@HOST", "'b@'"]),
    ("fault add mute --from a@b@c --to b", ["--from: ", "NAME@HOST"]),
    ("fault add mute --between a @b", ["--between: ", "NAME@HOST"]),
    (["fault", "add", "mute", "--from", "a b", "--to", "c"], ["--from: ", "blank"]),
    (["fault", "add", "mute", "--from", "a\nb", "--to", "c"], ["--from: ", "control character", "'a?b'"]),
    (["fault", "add", "mute", "--from", "", "--to", "c"], ["--from", "empty"]),
    (["fault", "add", "mute", "--from", LONG, "--to", "c"], ["--from: ", "too long"]),
    (["fault", "add", "mute", "--from", "x" + "é" * 1000, "--to", "c"], ["--from: ", "too long"]),
    (["fault", "add", "mute", "--from", b"\xff", "--to", "c"], ["--from: ", "UTF-8"]),
    (["fault", "add", b"\xff"], ["no kind '?'"]),
    (["fault", "add", "mute", b"\xff=1"], ["?: ", "no parameters"]),
    (["fault", "add", "latency", b"delay=\xff"], ["delay: '?'"]),
    (["fault", "add", "latency\n", "delay=1s"], ["'latency?'", "did you mean latency?"]),
    (["fault", "add", "latency", "delay=" + "9" * 3000], ["delay: "]),
    (["fault", "add", LONG], ["no kind", "there are"]),
    ("fault add mute --node a", ["--node: ", "--from and --to, or --between"]),
    ("fault add hide --from a --to b", ["from: ", "--node"]),
    ("fault add hide --between a b", ["between: ", "--node"]),
    ("fault add hide --node a,,b", ["--node: an empty name"]),
    ("fault add hide --node a@", ["--node: ", "NAME@HOST"]),
    ("fault add hide --node a --dialled-by from", ["--dialled-by: ", "names"]),
    ("fault add mute --dialled-by from", ["--dialled-by: ", "--between"]),
    ("fault add mute --between a b --dialled-by a", ["--dialled-by: ", '"from" or "to"']),
    # until when
    ("fault add mute --for 0s", ["--for: '0s'", "too short"]),
    ("fault add mute --for 5", ["--for: '5'", "150ms"]),
    ("fault add mute --for -5s", ["--for: '-5s'"]),
    ("fault add mute --for 9000h", ["--for: '9000h'"]),
    ("fault add mute --for", ["--for needs a value"]),
    ("fault add mute --lease nobody", ["lease: ", "'nobody'"]),
    ("cut --lease nobody a b", ["lease: ", "'nobody'"]),
    ("cut --for 0ms a b", ["--for: '0ms'", "too short"]),
    ("cut --mode nice a b", ["--mode: 'nice'", "refuse"]),
    ("cut --mode= a b", ["--mode"]),
    ("fault add mute --for 99999999h", ["--for: '99999999h' is too long", "at most 8760h"]),
    ("cut a b --for 8761h", ["--for: '8761h' is too long"]),
    # islands
    ("cut a@ b", ["island 1: ", "NAME@HOST, such as node1@host", "'a@'"]),
    ("cut a b c,d@", ["island 3: ", "'d@'"]),
    ("fix a b@", ["island 2: ", "'b@'"]),
    ("flap a b@", ["island 2: ", "'b@'"]),
    ("fix a", ["one island is not enough", "fix alone heals all", "epmdpxy fault rm 1"]),
    ("cut --halves --of a@", ["--of", "'a@'"]),
    # the rest
    ("fault", ["add, list, rm, clear or kinds"]),
    ("fault lst", ["'lst'", "did you mean list?"]),
    ("fault frobnicate", ["'frobnicate'", "add, list, rm, clear, kinds"]),
    ("fault list x", ["'x'"]),
    ("fault list --for 5s", ["--for", "fault add"]),
    ("fault clear 1", ["'1'"]),
    ("fault clear --from a --to b", ["--from", "fault add"]),
    ("fault rm", ["number"]),
    ("fault rm all", ["'all'", "17"]),
    ("fault rm -1", ["'-1'"]),
    ("fault rm 1.5", ["'1.5'"]),
    ("fault rm 99999999999", ["'99999999999'"]),
    ("fault rm 1 1", ["'1': given twice"]),
    ("fault rm ##1", ["'##1'"]),
    ("fault rm --between a b", ["--between", "fault add"]),
    ("fault kinds latncy", ["'latncy'", "did you mean latency?"]),
    ("fault kinds mute slow", ["'slow'", "one kind"]),
    ("fault add mute --form a --to b", ["'--form'", "did you mean --from?"]),
    ("fault add mute --from a --from b --to c", ["--from: given twice"]),
    ("cut --for 5s --for 6s a b", ["--for: given twice"]),
    ("fault add mute --json=yes", ["--json takes no value"]),
    ("lease --end", ["--end", "name"]),
    ("lease --for 5s", ["--for", "name"]),
    ("lease a --for 0s", ["--for: '0s'", "too short"]),
    ("lease a b", ["'b'"]),
    (["lease", ""], ["empty"]),
    (["lease", "--end", ""], ["empty"]),
    (["lease", LONG], ["name: ", "100"]),
    (["lease", "a b"], ["name: ", "blanks"]),
    (["lease", "a/b"], ["name: ", "slashes"]),
    (["lease", b"\xff"], ["UTF-8"]),
    ("lease --end a --for 5s", ["--for", "--end"]),
    ("flap", ["two or more islands", "--halves"]),
    ("flap a", ["one island"]),
    ("flap a b --period 5", ["--period: '5'"]),
    ("flap a b --period 0s", ["--period: '0s'", "too short"]),
    ("flap a b --for 0s", ["--for: '0s'", "too short"]),
    ("flap a b --mode x", ["mode: 'x'"]),
    ("flap a b --lease x", ["lease: ", "'x'"]),
    ("events x", ["'x'"]),
]


def test_bad_command_lines():
    assert len(COMMANDS) >= 60
    with cluster("a", "b") as (port, go):
        fine(go("cut", "a", "b"))
        fine(go("fault", "add", "mute"))
        before = lasting(port)
        for words, parts in COMMANDS:
            words = words.split(" ") if isinstance(words, str) else words
            done = run(*words, env={"ERL_EPMD_PORT": str(port)})
            try:
                refused(done, *parts)
            except AssertionError as error:
                raise AssertionError(words, error) from error
        assert lasting(port) == before and fine(go("lease")) == "no leases\n"


def test_slips_are_told_without_a_daemon():
    for words in ("fault add latncy", "fault add latency", "fault add latency delay=5", "fault add mute --from a", "wait conected a b",
                  "fault rm x", "fault kinds x", "cut a", "flap a", "lease --end"):
        refused(run(*words.split(" "), "--port", "1"))


def rule(**more):
    return {"fault": "mute", **more}


def latency(**params):
    return {"fault": "latency", "params": params}


RULES = [
    ({}, ["fault: "]),
    ([], ["the document", "an array"]),
    ("x", ["the document", "a string"]),
    (None, ["the document", "null"]),
    (b"", ["fault: "]),
    (b"{", ["line 1"]),
    (b'{"fault":"mute"} x', ["JSON"]),
    (b'{"fault":"mute","fault":"hide"}', ["duplicate"]),
    (b'{"fault":"mu\xff"}', ["JSON"]),
    (b'{"fault":"mu\\u0000te"}', ["u0000"]),
    (b"[" * 100000, ["JSON", "depth"]),
    (b'{"params":' + b"[" * 3000 + b"]" * 3000 + b"}", ["JSON", "depth"]),
    (b'{"params":' * 500 + b"{}" + b"}" * 500, ["fault: "]),
    (b'{"fault":1e999}', ["JSON"]),
    ({"fault": 3}, ["fault: ", "a number"]),
    ({"fault": ""}, ["fault: ", "empty"]),
    ({"fault": None}, ["fault: ", "null"]),
    ({"fault": "latncy"}, ["fault: ", "did you mean latency?"]),
    ({"fault": LONG}, ["fault: ", "there are"]),
    ({"fault": "é" * 99 + "x" + "é" * 99}, ["fault: "]),
    (rule(parms={}), ["parms: no such field", "params"]),
    (rule(id=3), ["id: no such field"]),
    ({**rule(), "é" * 99 + LONG: 1}, ["no such field"]),
    (rule(params=[]), ["params: ", "an object"]),
    (rule(params="delay=1s"), ["params: "]),
    (rule(params={"delay": "1s"}), ["params.delay: ", "mute has no parameters"]),
    (latency(), ["params.delay: ", "latency needs it"]),
    (latency(delay=50), ["params.delay: '50'", "150ms"]),
    (latency(delay=-1), ["params.delay: '-1'"]),
    (latency(delay=1e300), ["params.delay: "]),
    (latency(delay=None), ["params.delay: ", "null"]),
    (latency(delay=True), ["params.delay: ", "a boolean"]),
    (latency(delay={}), ["params.delay: ", "an object"]),
    (latency(delay=["1ms"]), ["params.delay: ", "an array"]),
    (latency(delay="0" * 509 + "1sx"), ["params.delay: "]),
    (latency(delay="2h"), ["params.delay: '2h'", "up to 1h"]),
    (latency(delay="1s", correlation=1.5), ["params.correlation: '1.5'"]),
    (latency(delay="1s", jiter="1s"), ["params.jiter: ", "did you mean jitter?"]),
    ({"fault": "bandwidth", "params": {"rate": "0bit"}}, ["params.rate: "]),
    ({"fault": "limit_data", "params": {"bytes": -1}}, ["params.bytes: '-1'"]),
    ({"fault": "limit_data", "params": {"bytes": 1.5}}, ["params.bytes: '1.5'"]),
    ({"fault": "downgrade", "params": {"clear": ["spawn", 3]}}, ["params.clear[1]: ", "a number"]),
    ({"fault": "downgrade", "params": {"clear": []}}, ["params.clear: "]),
    ({"fault": "downgrade", "params": {"clear": ["spawn"] * 1000}}, ["params.clear: ", "too many"]),
    ({"fault": "downgrade", "params": {"clear": "spawn"}, "from": ["a"], "to": ["b"]}, ["from: "]),
    ({"fault": "downgrade", "params": {"clear": "spawn"}, "islands": [["a"], ["b"]], "one_way": True}, ["one_way: "]),
    (rule(**{"from": ["a"]}), ["from: goes with to", 'everybody is ["*"]']),
    (rule(to=["a"]), ["to: goes with from"]),
    (rule(**{"from": [], "to": ["a"]}), ["from: ", "without nodes"]),
    (rule(**{"from": "a", "to": ["b"]}), ["from: ", "array of names"]),
    (rule(**{"from": ["a"], "to": [3]}), ["to[0]: ", "a number"]),
    (rule(**{"from": ["a"], "to": ["b", "c@"]}), ["to[1]: ", "NAME@HOST"]),
    (rule(**{"from": ["a"], "to": [""]}), ["to[0]: ", "an empty name"]),
    (rule(**{"from": ["a", "b\u0007"], "to": ["b"]}), ["from[1]: ", "control character"]),
    (rule(**{"from": [LONG], "to": ["b"]}), ["from[0]: ", "too long"]),
    (rule(**{"from": ["x" + "é" * 600], "to": ["b"]}), ["from[0]: ", "too long"]),
    (rule(**{"from": [f"n{i}" for i in range(10001)], "to": ["b"]}), ["from: ", "10000"]),
    (rule(between=[["a"]]), ["between: ", "two"]),
    (rule(between=[["a"], ["b"], ["c"]]), ["between: ", "two"]),
    (rule(between=["a", "b"]), ["between[0]: ", "array of names"]),
    (rule(between=[["a"], []]), ["between[1]: ", "without nodes"]),
    (rule(between={"a": "b"}), ["between: ", "an object"]),
    (rule(between=[["a"], ["b"]], islands=[["a"], ["b"]]), ["between: ", "one of"]),
    (rule(between=[["a"], ["b"]], **{"from": ["a"], "to": ["b"]}), ["between: ", "one of"]),
    (rule(islands=[["a"], ["a"]]), ["islands: ", "two islands"]),
    (rule(islands=[["a"]]), ["islands: ", "two or more"]),
    (rule(nodes=["a"]), ["nodes: ", "from and to"]),
    (rule(one_way=True), ["one_way: "]),
    (rule(islands=[["a"], ["b"]], one_way="yes"), ["one_way: ", "true or false"]),
    (rule(islands=[["a"], ["b"], ["c"]], dialled_by="from"), ["dialled_by: ", "two islands"]),
    (rule(between=[["a"], ["b"]], dialled_by="a"), ["dialled_by: "]),
    (rule(dialled_by="from"), ["dialled_by: "]),
    ({"fault": "hide", "between": [["a"], ["b"]]}, ["between: ", "names"]),
    ({"fault": "hide", "islands": [["a"]]}, ["islands: ", "names"]),
    ({"fault": "hide", "nodes": []}, ["nodes: ", "without nodes"]),
    ({"fault": "hide", "nodes": ["a,b"]}, ["nodes[0]: ", "comma"]),
    ({"fault": "hide", "nodes": [["a"]]}, ["nodes[0]: ", "an array"]),
    (rule(**{"for": "0s"}), ["for: '0s' is not a duration above 0", "150ms"]),
    (rule(**{"for": 5}), ["for: must be a string", "for_ms"]),
    (rule(**{"for": True}), ["for: must be ", "not a boolean"]),
    (rule(**{"for": "-5s"}), ["for: '-5s' is not", "150ms"]),
    (rule(**{"for": "9999999h"}), ["for: '9999999h' is not", "up to a year"]),
    (rule(lease="nobody"), ["lease: ", "'nobody'"]),
    (rule(lease=3), ["lease: "]),
    (rule(lease=""), ["lease: ", "empty"]),
    ({"rules": {}}, ["rules: ", "array"]),
    ({"rules": []}, ["rules: ", "empty"]),
    ({"rules": [3]}, ["rules[0]: ", "a number"]),
    ({"rules": [rule(), []]}, ["rules[1]: ", "an array"]),
    ({"rules": [rule(), rule(x=1)]}, ["rules[1].x: no such field"]),
    ({"rules": [{"rules": []}]}, ["rules[0].rules: no such field"]),
    ({"rules": [rule()], "for": "1s"}, ["rules: ", "alone"]),
    ({"rules": [rule()] * 1001}, ["rules: ", "1000"]),
    ({"rules": [latency(delay="1s"), latency(delay="x" * 400)]}, ["rules[1].params.delay: "]),
]


def test_bad_bodies():
    assert len(RULES) >= 40
    with cluster("a", "b") as (port, go):
        fine(go("cut", "a", "b"))
        before = lasting(port)
        for body, parts in RULES:
            try:
                refused_by(post(port, "/v1/rules", body), *parts)
            except AssertionError as error:
                raise AssertionError(str(body)[:200], error) from error
        for body, part in [
            ({}, "name: "), ({"name": "a"}, "for: "), ({"name": "", "for": "1s"}, "name: "), ({"name": 3, "for": "1s"}, "name: "),
            ({"name": "a", "for": "0s"}, "for: "), ({"name": "a", "for": 5}, "for: "), ({"name": LONG, "for": "5s"}, "name: "),
            ({"name": "a\nb", "for": "5s"}, "name: "), ({"name": "a/b", "for": "5s"}, "name: "), ({"name": "a", "for": "1s", "x": 1}, "x: "),
        ]:
            refused_by(post(port, "/v1/leases", body), part)
        for body in ({"islands": [["a"], ["b"]], "mode": "x"}, {"islands": [["a"], ["b"]], "mode": 3}, {"islands": [["a"], ["b"]], "mode": ""}):
            refused_by(post(port, "/v1/cut", body), "mode: ")
        assert lasting(port) == before and get(port, "/v1/leases")[1] == {"leases": []}


def test_methods_and_paths_that_do_not_exist():
    with cluster("a") as (port, _):
        for path in ("/", "/v1/", "/v2/status", "/v1/status/", "/v1/rules/1/2", "/v1/leases/", "/v1/leases/a/b", "/v1/%ff", "/v1/%0a",
                     "/v1/" + "x" * 1000, "//v1/status", "/v1/../v1/status", "/V1/status"):
            for method in ("GET", "POST", "DELETE"):
                refused_by(http(port, f"{method} {path} HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n"), "no such resource", status=404)
        for method, paths in [
            ("GET", ["cut", "fix", "rules/1", "leases/a"]), ("POST", ["status", "nodes", "cables", "links", "kinds", "events", "wait", "rules/1", "leases/a"]),
            ("DELETE", ["status", "cut", "fix", "kinds", "events", "leases", "wait"]), ("PUT", ["rules", "cut", "leases"]),
            ("PATCH", ["rules/1"]), ("OPTIONS", ["status"]), ("FROBNICATE", ["status"]),
        ]:
            for path in paths:
                refused_by(http(port, f"{method} /v1/{path} HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n"), "does not take", status=405)
        for path in ("status?x=1", "rules?id=3", "events?aftr=3", "kinds?kind=mute"):
            refused_by(get(port, f"/v1/{path}"), path.split("?")[1].split("=")[0] + ": ")
        with register(port, "b"):
            assert len(get(port, "/v1/status")[1]["nodes"]) == 2


# ---- names that nobody has, for those who say that this is an error ----

def test_strict_on_the_command_line():
    with cluster("node1", "node2") as (port, go), tempfile.NamedTemporaryFile("w", suffix=".txt") as matrix:
        matrix.write("eu = node1\nus = nod2\neu us 45ms\n")
        matrix.flush()
        fine(go("cut", "node1", "node2"))
        before = lasting(port)
        for words in ("cut nod2 node1", "cut --halves --of nod2,node1", "fix nod2 node1", "fault add hide --node nod2",
                      "fault add mute --from node1 --to nod2", f"fault add latency --matrix {matrix.name}", "flap nod2 node1"):
            assert lasting(port) == before
            refused(go(*words.split(" "), "--strict"), "strict: no node named 'nod2' is registered; did you mean node2?")
        for words in ("cut node1 node2", "fix node1 node2", "fault add hide --node node1"):
            fine(go(*words.split(" "), "--strict"))
        refused(go("fault", "list", "--strict"), "--strict: goes with fault add")


def test_strict_refuses_strangers():
    with cluster("n1", "n2") as (port, go):
        for path, body in [("/v1/cut", {"islands": [["n1"], ["n7"]]}), ("/v1/cut", {"islands": [["n1"], ["x*"]]}),
                           ("/v1/cut", {"topology": "halves", "of": ["n1", "n2", "n7"]}),
                           ("/v1/rules", {"fault": "latency", "params": {"delay": "1ms"}, "between": [["n1"], ["n7"]]}),
                           ("/v1/rules", {"fault": "hide", "nodes": ["n7"]}), ("/v1/fix", {"islands": [["n1"], ["n7"]]})]:
            name = "x*" if "x*" in str(body) else "n7"
            refused_by(post(port, path, {**body, "strict": True}), f"strict: no node named '{name}' is registered")
            refused_by(post(port, path, {**body, "strict": 1}), "strict: must be true or false")
        refused_by(post(port, "/v1/rules", {"rules": [{"fault": "hide", "nodes": ["n1"], "strict": True},
                                                      {"fault": "hide", "nodes": ["n7"], "strict": True}]}), "strict: no node named 'n7'")
        refused_by(post(port, "/v1/cut", {"islands": [["n1@h"], ["n2"]], "strict": True}), "strict: the host of 'n1' is not known yet")
        assert rules(port) == []
        assert post(port, "/v1/cut", {"islands": [["n1"], ["n*", "*"]], "strict": True})[0] == 400  # a node in two islands
        status, told = post(port, "/v1/cut", {"islands": [["n1"], ["n2"]], "strict": True})
        assert (status, told["notes"]) == (200, []), told
        assert post(port, "/v1/fix", {"islands": [["n1"], ["n2"]], "strict": True})[0] == 200
        assert "no node named 'n7'" in str(post(port, "/v1/cut", {"islands": [["n1"], ["n7"]], "strict": False})[1]["notes"])
