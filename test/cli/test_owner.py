# SPDX-License-Identifier: MIT
"""Rules that go with the connection on which they were made, however it ends."""
import contextlib
import socket

from harness import Client, cluster, delete, fine, get, lasting, post, refused_by, wait

CUT = {"islands": [["a"], ["b"]], "owner": "connection"}
MUTE = {"fault": "mute", "between": [["a"], ["b"]], "owner": "connection"}


def made(client, path, document):
    status, answer = client.ask("POST", path, document)
    assert status == 200, answer
    return answer["rules"]


def test_rules_go_with_their_connection():
    with cluster("a", "b") as (port, go):
        for end in (Client.close, Client.reset):
            one, other = Client(port), Client(port)
            assert made(one, "/v1/cut", CUT)[0]["owner"] == "connection"
            made(one, "/v1/rules", {"rules": [MUTE, MUTE]})
            made(one, "/v1/cut", {"topology": "halves", "owner": "connection"})
            mine = made(other, "/v1/rules", MUTE)
            stays = post(port, "/v1/rules", {key: MUTE[key] for key in ("fault", "between")})[1]["rules"]
            told = [rule.get("owner") for rule in lasting(port)]
            assert sorted(filter(None, told)) == ["connection"] * 5 and told.count(None) == 1, told
            assert fine(go("fault", "list")).count("goes with the connection that made it") == 5
            assert one.ask("GET", "/v1/rules")[0] == 200  # it is the connection that counts, no request
            end(one)
            wait(lambda: [rule["id"] for rule in lasting(port)] == [mine[0]["id"], stays[0]["id"]])
            end(other)
            wait(lambda: [rule["id"] for rule in lasting(port)] == [stays[0]["id"]])
            fine(go("fault", "clear"))


def test_they_go_when_whoever_waits_or_listens_leaves():
    with cluster("a", "b") as (port, _):
        for path, extra in (("/v1/wait?condition=up+5&timeout=1h", ""), ("/v1/events", "Accept: text/event-stream\r\n")):
            client = Client(port)
            made(client, "/v1/cut", CUT)
            client.send("GET", path, extra=extra)
            before = get(port, "/v1/status")[1]["counters"]["http_requests"]
            assert before >= 2 and len(lasting(port)) == 1
            client.close()
            wait(lambda: not lasting(port))


def test_they_go_when_their_stream_is_not_read():
    with cluster("a", "b") as (port, _), contextlib.ExitStack() as leaving:
        clients = [Client(port) for _ in range(3)]
        deaf, reads, silent = [made(client, "/v1/cut", CUT)[0]["id"] for client in clients]
        for client in clients:
            leaving.callback(client.close)
        for client in clients[:2]:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.send("GET", "/v1/events", extra="Accept: text/event-stream\r\n")
        for _ in range(200):
            delete(port, f"/v1/rules/{post(port, '/v1/rules', {'fault': 'mute'})[1]['rules'][0]['id']}")
        clients[1].socket.setblocking(False)

        def left():
            with contextlib.suppress(BlockingIOError):
                clients[1].socket.recv(65536)
            return [rule["id"] for rule in lasting(port)]
        assert left() == [deaf, reads, silent]
        wait(lambda: left() == [reads, silent], bound=90)


test_they_go_when_their_stream_is_not_read.lasts_s = 60


def test_they_end_before_their_connection_too():
    with cluster("a", "b") as (port, go):
        client = Client(port)
        first = made(client, "/v1/cut", {**CUT, "for": "100ms"})[0]
        assert 0 <= first["ends_in_ms"] <= 100
        wait(lambda: not lasting(port))
        made(client, "/v1/cut", {**CUT, "for_ms": 3600000})
        fine(go("fix"))
        assert not lasting(port)
        kept = made(client, "/v1/cut", CUT)
        assert [rule["id"] for rule in lasting(port)] == [kept[0]["id"]]
        client.close()
        wait(lambda: not lasting(port))


def test_what_cannot_own_is_refused():
    with cluster("a", "b") as (port, _):
        for extra, version, why in (("Connection: close\r\n", "1.1", "with its answer"), ("", "1.0", "use HTTP/1.1, or a lease"),
                                    ("Connection: keep-alive\r\n", "1.0", "use HTTP/1.1, or a lease")):
            client = Client(port)
            refused_by(client.ask("POST", "/v1/cut", CUT, extra=extra, version=version), "owner: this connection ends", why)
        refused_by(post(port, "/v1/cut", {**CUT, "owner": "me"}), "owner: must be \"connection\"")
        refused_by(post(port, "/v1/rules", {"rules": [MUTE, {**MUTE, "lease": "x"}]}), "rules[1].owner: ", "not with both")
        refused_by(post(port, "/v1/cut", {**CUT, "for": "1s", "for_ms": 1001}), "for_ms: says another time than for")
        for wrong in (0, -1, "1", True, 1e30):
            refused_by(post(port, "/v1/cut", {**CUT, "for_ms": wrong}), "for_ms: must be a number of milliseconds")
        assert not lasting(port)


def test_who_owns_keeps_its_place_and_takes_none_of_others():
    with cluster("a", "b") as (port, _), contextlib.ExitStack() as leaving:
        owners = [Client(port) for _ in range(64)]
        for client in owners:
            leaving.callback(client.close)
            made(client, "/v1/rules", MUTE)
        late = Client(port)
        refused_by(late.ask("POST", "/v1/cut", CUT), "owner: rules go with too many connections", "lease")
        idle = [Client(port) for _ in range(300)]  # they push each other out, and nobody who owns
        assert len(lasting(port)) == 64
        made(owners[0], "/v1/rules", MUTE)
        for client in idle:
            client.close()
        owners.pop().close()
        wait(lambda: len(lasting(port)) == 64)
        made(Client(port), "/v1/cut", CUT)
