# SPDX-License-Identifier: MIT
"""Answers that are long come in pieces, between which the daemon does all else."""
import contextlib
import http.client
import json
import re
import socket
import struct
import subprocess
import tempfile
import threading

from harness import CLEAN, ROOT, daemon, get, process, register, wait
from links import acceptor, dial, frame, link, shake, take

MANY = 700
NAMES = {f"node{i}" for i in range(MANY)}


@contextlib.contextmanager
def many_nodes(port):
    with contextlib.ExitStack() as nodes:
        for name in NAMES:
            nodes.enter_context(register(port, name))
        yield


def read_all(client):
    data = b""
    while part := client.recv(65536):
        data += part
    return data


def connect(port):
    return contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30))


def asked(client, method, path, *more):
    client.request(method, path, *more)
    answer = client.getresponse()
    return answer, answer.read()


def names_in(text):
    nodes = json.loads(text)["nodes"]
    assert len(nodes) == MANY, len(nodes)
    return {node["name"] for node in nodes}


def test_what_is_long_comes_in_chunks_over_one_connection():
    with daemon() as port, many_nodes(port), connect(port) as client:
        for _ in range(2):
            answer, text = asked(client, "GET", "/v1/nodes")
            assert len(text) > 65536 and answer.getheader("Transfer-Encoding") == "chunked" and not answer.getheader("Content-Length")
            assert names_in(text) == NAMES
            answer, text = asked(client, "GET", "/v1/status")
            assert answer.status == 200 and names_in(text) == NAMES
            answer, text = asked(client, "GET", "/v1/nodes?node=node7")
            assert int(answer.getheader("Content-Length")) == len(text) and len(json.loads(text)["nodes"]) == 1
            answer, text = asked(client, "HEAD", "/v1/nodes?node=node7")
            assert int(answer.getheader("Content-Length")) > 0 and text == b""


def test_nothing_comes_behind_the_head_of_what_is_long():
    """And its connection stays, with which rules may go."""
    with daemon() as port, many_nodes(port):
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        asked(client, "POST", "/v1/rules", json.dumps({"fault": "mute", "owner": "connection"}), {"Content-Type": "application/json"})
        for path in ("/v1/nodes", "/v1/status", "/v1/events", "/metrics"):
            answer, text = asked(client, "HEAD", path)
            assert answer.status == 200 and text == b"" and answer.getheader("Connection") != "close"
            length = int(answer.getheader("Content-Length"))
            assert length > 1000 and (path != "/v1/nodes" or length == len(asked(client, "GET", path)[1]))
        assert len(json.loads(asked(client, "GET", "/v1/rules")[1])["rules"]) == 1


def test_who_knows_no_chunks_gets_none():
    with daemon() as port, many_nodes(port), socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(b"GET /v1/nodes HTTP/1.0\r\nHost: localhost\r\n\r\n")
        head, text = read_all(client).split(b"\r\n\r\n", 1)
        assert b"chunked" not in head and names_in(text) == NAMES


SCRIPT = """
[Port] = init:get_plain_arguments(),
{ok, Socket} = gen_tcp:connect("localhost", list_to_integer(Port), [binary, {active, false}]),
ok = gen_tcp:send(Socket, "GET /v1/status HTTP/1.0\\r\\nHost: localhost\\r\\nAccept: application/vnd.erlang.etf\\r\\n\\r\\n"),
Read = fun Read(All) -> case gen_tcp:recv(Socket, 0) of {ok, Data} -> Read([All, Data]); {error, closed} -> iolist_to_binary(All) end end,
[_, Term] = binary:split(Read([]), <<"\\r\\n\\r\\n">>),
{Status, Used} = binary_to_term(Term, [safe, used]),
Used = byte_size(Term),
#{<<"nodes">> := Nodes, <<"cables">> := [], <<"rules">> := [], <<"version">> := _} = Status,
Names = [Name || #{<<"name">> := Name} <- Nodes],
Status = binary_to_term(term_to_binary(Status)),
io:format("~w ~w~n", [length(Nodes), length(lists:usort(Names))]), halt().
"""


def test_terms_in_pieces_are_terms():
    with daemon() as port, many_nodes(port):
        done = subprocess.run(["erl", "-noinput", "-eval", SCRIPT, "-extra", str(port)], env=CLEAN, capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout == f"{MANY} {MANY}\n", done.stdout + done.stderr


def test_the_client_of_erlang_reads_chunks():
    script = ('[Port] = init:get_plain_arguments(), {ok, #{<<"nodes">> := Nodes, <<"cables">> := []}} = '
              'epmdpxy_client:request(list_to_integer(Port), get, "/v1/status", none, 30000), io:format("~w~n", [length(Nodes)]), halt().')
    with tempfile.TemporaryDirectory() as folder, daemon() as port, many_nodes(port):
        subprocess.run(["erlc", "-o", folder, ROOT / "clients/erlang/src/epmdpxy_client.erl"], env=CLEAN, timeout=60, check=True)
        done = subprocess.run(["erl", "-noinput", "-pa", folder, "-eval", script, "-extra", str(port)], env=CLEAN, capture_output=True, text=True,
                              timeout=60, check=False)
        assert done.stdout == f"{MANY}\n", (done.stdout + done.stderr)[:500]


@contextlib.contextmanager
def coming_and_going(port):
    """Meanwhile nodes connect, send each other something, and leave, again and again; yields how often they have by now."""
    times, over = [0], threading.Event()

    def churn():
        while not over.is_set():
            with link(port, ("m", "n")) as (a, b):
                a.sendall(frame(100))
                take(b, 104)
            times[0] += 1

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        yield lambda: times[0]
    finally:
        over.set()
        thread.join(timeout=30)
    assert times[0] > 0


def mesh(port, names, stack):
    listeners = []
    for i, name in enumerate(names):
        for k in range(i):
            a = stack.enter_context(dial(port, names[k]))
            stack.enter_context(shake(a, listeners[k], (name, names[k])))
        listeners.append(stack.enter_context(acceptor(port, name)))


def numbers(text):
    """The counters of a page of metrics."""
    return {name: int(value) for name, value in re.findall(r"^(epmdpxy_sent_bytes_total|epmdpxy_lane_sent_bytes_total\{.*?\}) (\d+)$", text.decode(), re.MULTILINE)}


def test_what_is_there_all_the_time_is_there_once_whatever_comes_and_goes():
    with daemon() as port, contextlib.ExitStack() as stack, connect(port) as client:
        mesh(port, [f"stays{i:02}" for i in range(16)], stack)
        stay = {cable["id"] for cable in get(port, "/v1/cables")[1]["cables"]}
        assert len(stay) == 120
        with coming_and_going(port) as times:
            before = {}
            while times() < 30:
                told = [cable["id"] for cable in json.loads(asked(client, "GET", "/v1/cables")[1])["cables"]]
                assert told == sorted(set(told)) and stay <= set(told), told
                links = [one["cable"] for one in json.loads(asked(client, "GET", "/v1/links")[1])["links"]]
                assert links == sorted(set(links)) and stay <= set(links), links
                now = numbers(asked(client, "GET", "/metrics")[1])
                assert len(now) >= 241
                for name, value in before.items():  # a collector takes a smaller one for a new beginning
                    assert now[name] >= value, (name, value, now[name])
                before = now


def ask(port, path):
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    return client


def test_many_who_ask_at_once_are_all_answered_and_nodes_talk_meanwhile():
    with daemon() as port, many_nodes(port), link(port) as (a, b), contextlib.ExitStack() as stack:
        for _ in range(30):  # they never read, and some leave
            stack.enter_context(ask(port, "/v1/status"))
        for _ in range(10):
            ask(port, "/v1/status").close()
        readers, answers = [ask(port, "/v1/nodes?node=node*") for _ in range(30)], []
        threads = [threading.Thread(target=lambda client=client: answers.append(read_all(client))) for client in readers]
        for thread in threads:
            thread.start()
        for _ in range(100):
            a.sendall(frame(10))
            take(b, 14)
        for thread, client in zip(threads, readers):
            thread.join(timeout=30)
            client.close()
        assert len(answers) == 30
        assert all(answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"\r\n0\r\n\r\n") for answer in answers)


def test_who_leaves_before_its_answer_takes_nothing_along():
    """The daemon looks for leaks when it ends."""
    with daemon() as port, many_nodes(port):
        for path in ("/v1/wait?condition=up+1&timeout=0s", "/v1/status", "/metrics", "/v1/rules"):
            for _ in range(50):
                client = ask(port, path)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
        assert get(port, "/v1/nodes?node=node1")[0] == 200


def test_the_daemon_ends_in_the_middle_of_answers():
    with process() as (served, port), many_nodes(port), contextlib.ExitStack() as stack:
        clients = [stack.enter_context(ask(port, "/v1/status")) for _ in range(60)]
        wait(lambda: get(port, "/v1/status")[1]["counters"]["http_requests"] >= 60)
        served.terminate()
        served.wait(timeout=20)
        for client in clients:  # what is not whole does not look so
            data = b""
            with contextlib.suppress(ConnectionResetError):
                data = read_all(client)
            assert not data or b" 503 " in data[:20] or data.endswith(b"\r\n0\r\n\r\n") or not data.endswith(b"}\n")
