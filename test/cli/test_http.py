# SPDX-License-Identifier: MIT
"""The control API: shapes, refusals, who may ask."""
import contextlib
import json
import socket

from harness import daemon, get, http, post, register, rules, run
from links import link


EFFECTS = ("cables", "dials", "lookups", "held_bytes", "held_frames", "dropped_bytes", "dropped_frames", "delayed_bytes", "delayed_frames",
           "hidden_ends", "held_handshakes", "changed_handshakes", "refused", "closed", "reset", "given_up")


def test_http_shapes():
    with daemon() as port:
        status, answer = http(port, "GET /v1/status HTTP/1.1\nHost: localhost\n\n")
        assert status == 200 and set(answer) >= {"version", "pid", "port", "nodes", "cables", "rules", "counters", "relay"}
        assert answer["port"] == port and answer["relay"] is True
        status, answer = post(port, "/v1/cut", {"islands": [["a", "b"], ["c"]], "one_way": True})
        assert status == 200 and set(answer) == {"rules", "held_cables", "notes", "advice"}, answer
        assert answer["rules"] == [{"id": 1, "fault": "partition", "params": {"mode": "hold"}, "islands": [["a", "b"], ["c"]],
                                    "effect": {"bitten": False, **dict.fromkeys(EFFECTS, 0)},
                                    "one_way": True}]
        status, answer = post(port, "/v1/fix", {"islands": [["b"], ["c"]]})
        assert status == 200 and answer["rules"][0]["fixed"] == [[["b"], ["c"]]], answer
        assert post(port, "/v1/fix", b"")[1]["rules"] == []


def test_http_refusals_name_the_field():
    cases = [
        (b"{", "line 1"), (b"[]", "object"), (b'"x"', "object"), (b'{"islands":[["a"],["b"]],"islands":[]}', "duplicate"),
        (b"\xff", "JSON"), ({"islands": 3}, "islands: "), ({"islands": [["a"], "b"]}, "islands[1]: "),
        ({"islands": [["a"], ["b", 3]]}, "islands[1][1]: "), ({"islands": [["a"], [""]]}, "islands[1][0]: "),
        ({"islands": [["a"], []]}, "islands[1]: "), ({"islands": [["a"]]}, "islands: "), ({}, "islands: "),
        ({"islands": [["a"], ["b"]], "one_way": 1}, "one_way: "), ({"islnds": []}, "islnds"),
        ({"islands": [["a"], ["a"]]}, "two islands"), (b'{"islands":[["a\\u0000b"],["c"]]}', "u0000"),
        ({"islands": [[f"n{i}"] for i in range(200)]}, "islands: "), ({"islands": [["a" * 2000], ["b"]]}, "islands[0][0]: "),
    ]
    with daemon() as port:
        for body, part in cases:
            status, answer = post(port, "/v1/cut", body)
            assert status == 400 and answer["status"] == 400 and part in answer["error"], (body, status, answer)
        assert post(port, "/v1/fix", {"islands": [["a"], ["b"]], "one_way": True})[0] == 400
        assert post(port, "/v1/fix", {"islands": []})[0] == 400
        assert post(port, "/v1/cuts", {})[0] == 404
        assert post(port, "/v1/status", {})[0] == 405
        assert http(port, "GET /v1/cut HTTP/1.1\nHost: localhost\n\n")[0] == 405
        assert post(port, "/v1/cut", b" " * 1100000)[0] == 413
        assert rules(port) == []


def test_http_guards():
    cut = {"islands": [["a"], ["b"]]}
    with daemon() as port:
        assert post(port, "/v1/cut", cut, host="evil.example")[0] == 421
        assert post(port, "/v1/cut", cut, host="localhost.evil.example")[0] == 421
        assert post(port, "/v1/cut", cut, extra="Origin: http://evil.example\n")[0] == 403
        assert post(port, "/v1/cut", cut, extra="Origin: null\n")[0] == 403
        assert post(port, "/v1/cut", cut, extra=f"Origin: http://localhost:{port + 1}\n", host=f"localhost:{port}")[0] == 403
        assert post(port, "/v1/cut", cut, kind="text/plain")[0] == 415
        assert post(port, "/v1/cut", cut, kind="application/x-www-form-urlencoded")[0] == 415
        assert http(port, "GET /v1/status HTTP/1.1\nHost: evil.example\n\n")[0] == 421
        assert http(port, "OPTIONS /v1/cut HTTP/1.1\nHost: localhost\nOrigin: http://evil.example\n\n")[0] == 403
        assert http(port, "GET /v1/status HTTP/1.1\n\n")[0] == 400
        assert post(port, "/v1/cut", b" " * (1024 * 1024 + 1))[0] == 413
        assert post(port, "/v1/cut", b" " * (1024 * 1024))[0] == 400
        assert rules(port) == []
        assert post(port, "/v1/cut", cut, extra=f"Origin: http://localhost:{port}\n", host=f"localhost:{port}")[0] == 200


def test_malformed_bytes_disturb_nobody():
    garbage = [b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"A" * 100000, b"POST /v1/cut HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
               b"G", b"\xff\xff", b"\x00\x00", b"\x0b\xff", b"\x16\x03\x01\x02\x00", b"GET /" + b"x" * 70000 + b" HTTP/1.1\r\n\r\n",
               b"POST /v1/cut HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"]
    with daemon() as port, register(port, "a", 4711):
        for data in garbage:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
                with contextlib.suppress(OSError):
                    client.sendall(data)
                    client.shutdown(socket.SHUT_WR)
                    while client.recv(65536):
                        pass
            assert run("names", "--port", str(port)).stdout == "name a at port 4711\n"
        assert json.loads(run("status", "--json", "--port", str(port)).stdout)["counters"]["epmd_malformed"] >= 4


def test_each_resource_is_listed():
    with daemon() as port:
        resources = get(port, "/v1")[1]["resources"]
        for resource in resources:
            assert set(resource) == {"method", "path", "queries", "help"} and resource["help"], resource
            if resource["method"] == "GET" and resource["path"] != "/v1/wait":
                assert get(port, resource["path"])[0] == 200, resource
            for query in resource["queries"]:
                assert get(port, f"{resource['path']}?{query}x=1")[0] == 400, resource
        assert get(port, "/v1/nothing") == (404, {"error": "no such resource: /v1/nothing; see GET /v1", "status": 404})


def test_parts_of_the_status():
    with daemon() as port, register(port, "n1"), register(port, "n2"), register(port, "m"):
        assert [node["name"] for node in get(port, "/v1/nodes")[1]["nodes"]] == ["m", "n2", "n1"]
        assert [node["name"] for node in get(port, "/v1/nodes?node=n*")[1]["nodes"]] == ["n2", "n1"]
        assert get(port, "/v1/nodes?node=x") == (200, {"nodes": []})
        with link(port, ("a", "b")), link(port, ("b", "c")):
            assert {cable["dialer"]["name"] for cable in get(port, "/v1/cables")[1]["cables"]} == {"a@h", "b@h"}
            assert len(get(port, "/v1/cables?node=a&state=up")[1]["cables"]) == 1
            assert get(port, "/v1/cables?state=held") == (200, {"cables": []})
            assert get(port, "/v1/cables?state=holding")[0] == 400
            links = get(port, "/v1/links?node=a")[1]["links"]
            assert [(one["from"], one["to"], one["state"], one["cut"]) for one in links] == [("a@h", "b@h", "up", False)]
            assert len(get(port, "/v1/links")[1]["links"]) == 2
