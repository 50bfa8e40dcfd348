# SPDX-License-Identifier: MIT
"""wait, in every way that needs no real node, and events."""
import json
import socket
import subprocess
import threading
import time

from harness import CLEAN, EPMDPXY, Client, cluster, fine, get, post, refused, refused_by, register, wait
from links import frame, link


def start(port, *words):
    return subprocess.Popen([EPMDPXY, "wait", "--port", str(port), *words], env=CLEAN, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def test_wait_up():
    with cluster("a") as (port, go):
        assert fine(go("wait", "up", "1")) == ""
        assert json.loads(fine(go("wait", "up", "1", "--json"))) == {"holds": True}
        refused(go("wait", "up", "2", "--timeout", "100ms"), "not within 100ms", "1 of 2 nodes is registered", status=1)
        refused(go("wait", "up", "2", "--timeout", "0s"), "not now: 1 of 2 nodes is registered", status=1)
        with start(port, "up", "2") as process:
            wait(lambda: get(port, "/v1/status")[1]["counters"]["http_requests"] > 4)
            assert process.poll() is None
            with register(port, "b"):
                assert process.wait(timeout=10) == 0


def test_what_is_missing_is_said_in_one_line():
    with cluster() as (port, go):
        refused(go("wait", "mesh", "--timeout", "50ms"), "no node is registered", status=1)
        refused(go("wait", "noticed"), "nothing is cut", status=1)
        refused(go("wait", "disconnected", "a", "b"), "no node named 'a' is or was here", status=1)
        register(port, "a").close()
        wait(lambda: not get(port, "/v1/status")[1]["nodes"])
        refused(go("wait", "disconnected", "a", "b"), "no node named 'b' is or was here", status=1)
        register(port, "b").close()
        fine(go("wait", "disconnected", "a", "b"))
    with cluster("a", "b", "c") as (port, go):
        fine(go("wait", "mesh", "a"))
        refused(go("wait", "settled"), "nothing is cut", status=1)
        refused(go("wait", "noticed"), "nothing is cut", status=1)
        refused(go("wait", "disconnected", "a", "bb"), "'bb'", status=1)
        for words, part in [
            (["mesh"], "are not connected, and 2 other pairs are not"),
            (["mesh", "a,b"], "are not connected"),
            (["connected", "a", "b"], "a and b are not connected"),
            (["connected", "a", "b*"], "a and b are not connected"),
            (["connected", "a", "x"], "no node named 'x' is registered"),
            (["connected", "a@h", "b"], "'a@h': the host of a is not known yet"),
            (["mesh", "a,bb,c"], "no node named 'bb' is registered"),
            (["up", "4"], "3 of 4 nodes are registered"),
        ]:
            refused(go("wait", "--timeout", "50ms", *words), "not within 50ms: ", part, status=1)
        refused(go("wait", "connected", "a", "a"), "a node is not connected with itself")
        refused(go("wait", "mesh", ""), "an empty word")
        refused(go("wait", "--timeout", "1s", "quiet"), "that takes 1s to be seen")
        refused(go("wait", "--timeout", "250ms", "settled"), "that takes 250ms to be seen")
        status, told = get(port, "/v1/wait?condition=mesh%20a,b&timeout=50ms")
        assert status == 504 and told["status"] == 504, told
        fine(go("cut", "--mode", "refuse", "a", "b"))
        refused(go("wait", "noticed"), "nothing is cut but new connections (mode refuse)", status=1)
        fine(go("fix"))
        fine(go("cut", "a", "bb"))
        refused(go("wait", "noticed"), "nothing is cut between nodes that are here", status=1)
        fine(go("cut", "a", "b"))
        fine(go("wait", "noticed"))  # there is no connection that could notice
        fine(go("wait", "settled"))
        began = time.monotonic()
        fine(go("wait", "quiet"))
        assert time.monotonic() - began >= 0.9


def test_bad_conditions():
    with cluster() as (port, go):
        for words, parts in [
            (["conected", "a", "b"], ["did you mean connected?"]), (["frobnicate"], ["'frobnicate'", "noticed"]),
            (["up"], ["up takes N"]), (["up", "x"], ["'x'"]), (["up", "-1"], ["unknown option '-1'"]), (["up", "--", "-1"], ["'-1'"]),
            (["up", "1.5"], ["'1.5'"]), (["up", "1", "2"], ["up takes N"]), (["up", "99999999999999999999999"], ["1000000"]),
            (["up", "1,2"], ["number"]), (["event"], ["event takes KIND [A [B]]"]), (["event", "cable_dwn"], ["did you mean cable_down?"]),
            (["event", "node_up", "a@"], ["NAME@HOST"]), (["event", "*", "a", "b", "c"], ["event takes"]),
            (["event", "*", "--after", "x"], ["after: ", "such as 17"]), (["noticed", "a"], ["no words"]), (["mesh", "a", "b"], ["mesh takes [ISLAND]"]),
            (["connected", "a"], ["connected takes A B"]), (["connected", "a,,b", "c"], ["empty name"]),
            (["connected", "a@", "c"], ["NAME@HOST"]), (["up", "1", "--timeout", "2h"], ["--timeout", "1h"]),
            (["up", "1", "--timeout", "5"], ["--timeout", "150ms"]), (["up", "1", "--timeout", "-1s"], ["--timeout"]), ([], ["CONDITION"]),
            ([""], ["condition"]), (["connected", "x" * 3000, "b"], ["too long"]), (["connected", "x", "," * 5000], ["empty name"]),
            (["connected", b"\xff", "b"], ["UTF-8"]), (["mesh", ",".join(f"node{i}" for i in range(1000))], ["too many names"]),
        ]:
            refused(go("wait", *words), *parts)
        for query, parts in [
            ("", ["condition: "]), ("?condition=", ["condition: "]), ("?condition=nonsense", ["condition: ", "mesh"]),
            ("?condition=up%20x", ["'x'"]), ("?condition=up%201&timeout=", ["timeout: "]), ("?condition=up%201&timeout=2h", ["timeout: ", "1h"]),
            ("?condition=up%201&timeout=5", ["timeout: ", "'5'"]), ("?condition=up%201&timeout=%ff", ["timeout: "]),
            ("?condition=mesh%20%ff", ["UTF-8"]), ("?condition=up%20%0a1", ["condition"]),
            ("?condition=up%201&timout=5s", ["timout", "timeout"]),
        ]:
            refused_by(get(port, f"/v1/wait{query}"), *parts)


def test_a_mesh_of_one_node_holds():
    with cluster("a") as (port, go):
        fine(go("wait", "mesh", "--timeout", "0s"))
        assert get(port, "/v1/wait?condition=mesh&timeout=0s") == (200, {"holds": True})


def last(port):
    return get(port, "/v1/events")[1]["last"]


def test_wait_for_an_event():
    with cluster("a") as (port, go):
        mark = last(port)
        refused(go("wait", "event", "cable_up", "a", "b", "--after", str(mark), "--timeout", "0s"), f"no such event has come behind {mark}",
                "no node named 'b' is or was here", status=1)
        with (start(port, "event", "cable_up", "a", "b", "--after", str(mark)) as early,
              start(port, "event", "cable_down", "a", "b", "--after", str(mark)) as late):
            with link(port, ("a", "b")):
                assert early.wait(timeout=10) == 0
                assert late.poll() is None
            assert late.wait(timeout=10) == 0
            up, down = early.stdout.read(), late.stdout.read()
        assert " cable_up " in up and up.endswith("a@h dialled b@h\n") and " cable_down " in down, (up, down)
        told = json.loads(fine(go("wait", "event", "cable_down", "b*", "--after", str(mark), "--json", "--timeout", "0s")))
        assert told["holds"] and told["event"]["event"] == "cable_down" and told["event"]["id"] > mark, told
        status, again = get(port, f"/v1/wait?condition=event+cable_down+a+b&after={told['event']['id']}&timeout=0s")
        assert status == 504 and "no such event" in again["error"], again
        refused_by(get(port, "/v1/wait?condition=event+*&after=1000000"), "after: ", "started anew")
        refused_by(get(port, "/v1/wait?condition=event+*&after=x"), "after: ", "such as 17")
        refused_by(get(port, "/v1/wait?condition=mesh&after=1"), "after: goes with the condition event")
        client = Client(port)
        while last(port) <= mark + 1000:
            assert client.ask("POST", "/v1/observers", {"nodes": ["x"]})[0] == client.ask("DELETE", "/v1/observers/x")[0] == 200
        client.close()
        refused_by(get(port, f"/v1/wait?condition=event+node_down+q&after={mark}"), "after: this cannot be known", "newest 1000", status=409)


def begin(port, condition, timeout):
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    client.sendall(f"GET /v1/wait?condition={condition}&timeout={timeout} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return client


def test_many_wait_and_those_who_leave_make_room():
    with cluster() as (port, go):
        waiting = [begin(port, "up%201", "1h") for _ in range(32)]
        refused_by(get(port, "/v1/wait?condition=up%201"), "32", status=503)
        refused(go("wait", "up", "1"), "32", status=1)
        wait(lambda: go("wait", "up", "0").returncode == 0)  # needs no place, unless looks rest, which took long of late
        fine(go("status"))
        waiting.pop().close()
        wait(lambda: get(port, "/v1/wait?condition=up%201&timeout=1ms")[0] == 504)
        with register(port, "a"):
            for client in waiting:
                assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
                client.close()


def test_the_daemon_ends_while_somebody_waits():
    with cluster() as (port, _):
        processes = [start(port, "up", "1") for _ in range(3)]
        wait(lambda: get(port, "/v1/status")[1]["counters"]["http_requests"] > 4)
    for process in processes:
        with process:
            assert process.wait(timeout=10) == 1
            text = process.stderr.read()
        assert text.count("\n") == 1 and text.startswith("epmdpxy: "), text


# ---- events ----

def test_events():
    with cluster() as (port, go):
        assert fine(go("events")) == ""
        for words in (["--node", "nX"], ["--kind", "node_up"]):
            done = go("events", *words)
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "epmdpxy: there are no such events\n"), done
        with register(port, "a"):
            fine(go("cut", "a", "b"))
        wait(lambda: get(port, "/v1/events")[1]["last"] == 3)
        lines = fine(go("events")).splitlines()
        assert [line.split(" ")[0] for line in lines] == ["1", "2", "3"]
        assert "node_up a" in lines[0] and "rules_changed" in lines[1] and "node_down a" in lines[2]
        assert fine(go("events", "--after", "2")).splitlines() == lines[2:]
        for query, ids in (("kind=node_up", [1]), ("kind=node_down,rules_changed", [2, 3]), ("node=a", [1, 3]), ("node=b*", []),
                           ("node=?&kind=node_down", [3]), ("after=1&node=a", [3])):
            told = get(port, f"/v1/events?{query}")[1]
            assert [event["id"] for event in told["events"]] == ids and told["last"] == 3, (query, told)
        assert fine(go("events", "--after", "3")) == ""
        for more in ((), ("--follow",)):
            refused(go("events", "--after", "4", *more), "after: no event has that number yet, the newest is 3")
        told = json.loads(fine(go("events", "--json", "--after", "1")))
        assert [event["id"] for event in told["events"]] == [2, 3] and told["last"] == 3
        refused_by(get(port, "/v1/events?after=18446744073709551614"), "after: no event has that number yet")
        assert get(port, "/v1/events?after=18446744073709551615")[1] == {"events": [], "last": 3}
        for after in ("x", "-1", "", "1.5", "18446744073709551616"):
            refused_by(get(port, f"/v1/events?after={after}"), "after: ")
        for after in ("x", "-1", "2147483648"):
            refused(go("events", "--after", after), "--after", f"'{after}'")
        for _ in range(510):
            post(port, "/v1/cut", {"islands": [["a"], ["b"]]})
            post(port, "/v1/fix", b"")
        told = get(port, "/v1/events")[1]
        assert len(told["events"]) == 1000 and told["last"] == told["events"][-1]["id"] >= 1020


def test_what_is_delayed_or_dropped_was_sent():
    over = threading.Event()

    def send(a):
        while not over.wait(0.05):
            a.sendall(frame(100))

    for way, document in (("/v1/rules", {"fault": "latency", "params": {"delay": "1h"}}),
                          ("/v1/cut", {"islands": [["a"], ["b"]], "mode": "drop"})):
        with cluster() as (port, _), link(port) as (a, _):
            over.clear()
            assert post(port, way, document)[0] in (200, 201)
            sender = threading.Thread(target=send, args=(a,))
            sender.start()
            status, told = get(port, "/v1/wait?condition=quiet&timeout=2500ms")
            over.set()
            sender.join()
            assert status == 504, (way, told)
