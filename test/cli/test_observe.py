# SPDX-License-Identifier: MIT
"""Observers: the subcommand, the option of serve and exec, the resource."""
import json

from harness import daemon, delete, fine, get, post, refused, register, run


def test_observers_come_and_go():
    with daemon("--observer", "runner,ct*") as port:
        def go(*words):
            return run("observe", "--port", str(port), *words)
        assert fine(go()) == "runner\nct*\n"
        assert fine(go("a,b", "c")) == "runner\nct*\na\nb\nc\n"
        assert fine(go("a")) == "runner\nct*\na\nb\nc\n"
        assert fine(go("--end", "a", "ct*", "b,c")) == "runner\n"
        assert json.loads(fine(go("--json"))) == {"observers": ["runner"]}
        refused(go("--end", "nobody"), "'nobody' was not declared an observer", status=1)
        refused(go("--end"), "who?")
        refused(go("a@b@c"), "NAME@HOST")
        refused(go("a,,b"), "an empty name")
        fine(run("fault", "clear", "--port", str(port)))
        assert fine(go()) == "runner\n"
        fine(go("--end", "runner"))
        assert fine(go()) == "no observers but hidden nodes\n"


def test_observers_by_http():
    with daemon() as port:
        assert get(port, "/v1/observers") == (200, {"observers": []})
        assert post(port, "/v1/observers", {"nodes": ["x", "y*"]}) == (200, {"observers": ["x", "y*"], "notes": []})
        assert delete(port, "/v1/observers/y%2A") == (200, {"observers": ["x"]})
        assert delete(port, "/v1/observers/y%2A")[0] == 404
        for bad, field in (({}, "nodes"), ({"nodes": []}, "nodes"), ({"nodes": "x"}, "nodes"), ({"nodes": ["a b"]}, "nodes[0]"), ({"node": ["x"]}, "node")):
            status, answer = post(port, "/v1/observers", bad)
            assert status == 400 and answer["error"].startswith(field + ": "), (bad, answer)
        status, answer = post(port, "/v1/observers", {"nodes": [f"n{i}" for i in range(100)]})
        assert status == 409 and "more than 100 observers" in answer["error"], answer
        assert get(port, "/v1/observers") == (200, {"observers": ["x"]})


def test_observers_take_no_part():
    with daemon("--observer", "runner") as port, register(port, "a"), register(port, "b"), register(port, "runner"), register(port, "tool", kind=72):
        cut = json.loads(fine(run("cut", "--halves", "--json", "--port", str(port))))
        assert cut["rules"][0]["islands"] == [["a"], ["b"]] and cut["notes"] == []
        named = json.loads(fine(run("cut", "--json", "a", "runner,tool", "--port", str(port))))["notes"]
        assert [note.split(" is an observer")[0] for note in named] == ["runner", "tool"], named
        assert {node["name"]: node["observer"] for node in get(port, "/v1/status")[1]["nodes"]} == {"a": False, "b": False, "runner": True, "tool": True}
        assert fine(run("status", "--port", str(port))).count(", an observer") == 2


def test_wrong_observers():
    refused(run("serve", "--observer", "a b", "--port", "0"), "--observer")
    refused(run("serve", "--observer", "", "--port", "0"), "--observer: the value is empty")
    refused(run("serve", "--observer", ",a", "--port", "0"), "--observer")
    refused(run("exec", "--observer", "a@b@c", "--", "true"), "--observer[0]: a full name that is not NAME@HOST")
