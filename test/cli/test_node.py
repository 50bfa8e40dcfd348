# SPDX-License-Identifier: MIT
"""The daemon as a node, byte by byte: what real nodes never send. What they do send is tried with them (test/cluster, node_SUITE)."""
import contextlib
import hashlib
import os
import pathlib
import re
import socket
import subprocess
import tempfile

from harness import CLEAN, EPMDPXY, answer, get, process, refused, register, run, wait

COOKIE = b"biscuit"
FLAGS = 0xD07DF7FBD
HANDSHAKE_23 = 1 << 24
MANDATORY_25 = 1 << 26


@contextlib.contextmanager
def cookie_file(text=COOKIE, mode=0o400):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "cookie"
        path.write_bytes(text)
        path.chmod(mode)
        yield str(path)


@contextlib.contextmanager
def node(*words, status=0):
    """Yields the daemon's process, its port, and its node's."""
    with cookie_file() as path, process("--node", "ctl@box", "--cookie-file", path, *words, status=status) as (served, port):
        yield served, port, int.from_bytes(answer(port, b"z", "ctl")[2:4], "big")


# ---- what a dialer says ----

def message(body):
    return len(body).to_bytes(2, "big") + body


def name_message(name=b"a@box", flags=FLAGS):
    return message(b"N" + flags.to_bytes(8, "big") + (7).to_bytes(4, "big") + len(name).to_bytes(2, "big") + name)


def digest(challenge, cookie=COOKIE):
    return hashlib.md5(cookie + str(challenge).encode()).digest()


def exactly(client, count):
    data = b""
    while len(data) < count:
        part = client.recv(count - len(data))
        assert part, (count, data)
        data += part
    return data


def take(client):
    return exactly(client, int.from_bytes(exactly(client, 2), "big"))


def ended(client):
    """Reads to the end of it."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while part := client.recv(65536):
            data += part
    client.close()
    return data


def dial(port):
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def connect(port, name=b"a@box", first=None, send=None):
    client = dial(port)
    send = send or client.sendall
    send(first or name_message(name))
    assert take(client) == b"sok"
    told = take(client)
    challenge = int.from_bytes(told[9:13] if told[:1] == b"N" else told[7:11], "big")
    if first and told[:1] == b"N":
        send(message(b"c" + (FLAGS >> 32).to_bytes(4, "big") + (7).to_bytes(4, "big")))
    send(message(b"r" + (99).to_bytes(4, "big") + digest(challenge)))
    assert take(client) == b"a" + digest(99)
    return client, told


# ---- terms and frames ----

def atom(name):
    return b"\x77" + bytes([len(name)]) + name.encode()


def tup(*elements):
    return b"\x68" + bytes([len(elements)]) + b"".join(elements)


def small(number):
    return b"\x61" + bytes([number])


def lst(*elements):
    return b"\x6c" + len(elements).to_bytes(4, "big") + b"".join(elements) + b"\x6a"


PID = b"\x58" + atom("a@box") + (5).to_bytes(4, "big") + (0).to_bytes(4, "big") + (7).to_bytes(4, "big")
REF = b"\x5a\x00\x02" + atom("a@box") + (7).to_bytes(4, "big") + (1).to_bytes(4, "big") + (2).to_bytes(4, "big")


def frame(control, told=None):
    body = b"\x70\x83" + control + (b"\x83" + told if told else b"")
    return len(body).to_bytes(4, "big") + body


def called(request, name="epmdpxy"):
    return frame(tup(small(6), PID, atom(""), atom(name)), tup(atom("$gen_call"), tup(PID, REF), request))


IS_AUTH = called(tup(atom("is_auth"), atom("a@box")), "net_kernel")
YES = frame(tup(b"\x62\x00\x00\x00\x02", atom(""), PID), tup(REF, atom("yes")))


def answers(client):
    client.sendall(IS_AUTH)
    assert exactly(client, len(YES)) == YES


# ---- the command line ----

def test_node_options_refused():
    with cookie_file() as path:
        for name in ("", "a b", "@box", "a@", "a@b@c", "ä@box", "a@b c", "n" * 251 + "@box9"):
            refused(run("serve", "--port", "0", "--node", name, "--cookie-file", path), "--node: ")
        refused(run("serve", "--port", "0", "--cookie-file", path), "--cookie-file goes with --node")
    with cookie_file(mode=0o440) as path:
        refused(run("serve", "--port", "0", "--node", "a", "--cookie-file", path), "--cookie-file: ", "others may use it; chmod 600 first")
    for text in (b"", b"\n", b"a\tb", b"two\nlines\n", b"x" * 256, b"caf\xc3\xa9"):
        with cookie_file(text) as path:
            done = run("serve", "--port", "0", "--node", "a", "--cookie-file", path)
            refused(done, "--cookie-file: ", "holds no cookie")
            assert "lines" not in done.stderr
    refused(run("serve", "--port", "0", "--node", "a", "--cookie-file", "/nonexistent/c"), "/nonexistent/c: No such file or directory")
    refused(run("serve", "--port", "0", "--node", "a", "--cookie-file", "/dev/null"), "is no file")


def test_cookie_as_erlang_finds_it():
    with tempfile.TemporaryDirectory() as home:
        env = {"HOME": home, "XDG_CONFIG_HOME": ""}
        second = pathlib.Path(home) / ".config" / "erlang"
        second.mkdir(parents=True)
        for path in (second / ".erlang.cookie", pathlib.Path(home) / ".erlang.cookie"):
            path.write_bytes(COOKIE + b" \r\n" if path.parent == second else b"another one\n")
            path.chmod(0o400)
            with process("--node", "a@box", env=env) as (_, port):
                client = dial(int.from_bytes(answer(port, b"z", "a")[2:4], "big"))
                client.sendall(name_message())
                assert take(client) == b"sok"
                challenge = int.from_bytes(take(client)[9:13], "big")
                cookie = COOKIE + b" " if path.parent == second else b"another one"
                client.sendall(message(b"r" + bytes(4) + digest(challenge, cookie)))
                assert take(client) == b"a" + digest(0, cookie)


def test_cookie_is_made_as_erlang_makes_it():
    with tempfile.TemporaryDirectory() as home:
        path, texts = pathlib.Path(home) / ".erlang.cookie", []
        for _ in range(2):
            with process("--node", "a@box", env={"HOME": home, "XDG_CONFIG_HOME": ""}):
                texts.append(path.read_bytes())
                assert path.stat().st_mode & 0o7777 == 0o400
        assert texts[0] == texts[1] and re.fullmatch(rb"[A-Z]{20}", texts[0]), texts
        assert os.listdir(home) == [".erlang.cookie"]
    refused(run("serve", "--port", "0", "--node", "a", env={"HOME": home, "XDG_CONFIG_HOME": ""}), "--cookie-file: ",
            f"no cookie at {home}/.erlang.cookie, and none can be made (No such file or directory)", "name the file")
    done = subprocess.run(["env", "-u", "HOME", EPMDPXY, "serve", "--port", "0", "--node", "a"], env={**CLEAN, "XDG_CONFIG_HOME": ""},
                          capture_output=True, text=True, timeout=30, check=False)
    refused(done, "--cookie-file: ", "HOME is not set")


def test_exec_with_a_node():
    with cookie_file() as path:
        done = run("exec", "--node", "ctl", "--cookie-file", path, "--", "sh", "-c", f"{os.environ['EPMDPXY']} names")
        assert done.returncode == 0 and done.stdout.startswith("name ctl at port "), done
        assert done.stderr == "", done.stderr  # it is none of those that stay


# ---- how it is seen ----

def test_node_is_registered_and_no_member():
    with node() as (_, port, at):
        assert answer(port, b"n")[4:] == f"name ctl at port {at}\n".encode()
        told = answer(port, b"z", "ctl")
        assert told[:2] == b"\x77\x00" and told[4] == 72 and told[6:10] == b"\x00\x06\x00\x05", told
        status = get(port, "/v1/status")[1]
        assert status["node"] == "ctl@box" and status["nodes"] == [] and get(port, "/v1/events")[1]["events"] == []
        other = register(port, "b")
        assert answer(port, b"k") == b"NO"
        other.close()
    with node() as (served, port, _):
        assert answer(port, b"k") == b"OK"  # it keeps nobody from that
        assert served.wait(20) == 0


def test_name_is_taken():
    with node() as (_, port, at):
        body = b"x" + (9).to_bytes(2, "big") + bytes([77]) + b"\x00\x00\x06\x00\x05\x00\x03ctl\0\0"
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(message(body))
            assert client.recv(6)[:2] == b"\x76\x01"
        answers(connect(at)[0])


def test_stopped_by_epmd():
    with node("--relaxed-command-check") as (_, port, at):
        client, _ = connect(at)
        assert get(port, "/v1/status")[1]["node"] == "ctl@box"
        assert answer(port, b"s", "ctl") == b"STOPPED"
        assert "node" not in get(port, "/v1/status")[1]
        assert ended(client) == b"" and answer(port, b"n")[4:] == b""
        register(port, "ctl")


# ---- handshakes ----

def test_old_and_new_handshakes():
    with node() as (_, _, at):
        client, told = connect(at)
        assert told[:1] == b"N" and int.from_bytes(told[1:9], "big") == 0x507074FBC and told.endswith(b"\x00\x07ctl@box")
        answers(client)
        low = (FLAGS & 0xFFFFFFFF).to_bytes(4, "big")
        client, told = connect(at, first=message(b"n\x00\x05" + low + b"old@box"))
        assert told[:1] == b"N"
        answers(client)
        low = (FLAGS & 0xFFFFFFFF & ~HANDSHAKE_23).to_bytes(4, "big")
        client, told = connect(at, first=message(b"n\x00\x05" + low + b"older@box"))
        assert told[:3] == b"n\x00\x05" and told.endswith(b"ctl@box")
        answers(client)


def test_handshake_byte_by_byte():
    with node() as (_, _, at):
        client = dial(at)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def slowly(data):
            for byte in data:
                client.sendall(bytes([byte]))

        slowly(name_message())
        assert take(client) == b"sok"
        slowly(message(b"r" + bytes(4) + digest(int.from_bytes(take(client)[9:13], "big"))))
        assert take(client) == b"a" + digest(0)
        slowly(IS_AUTH)
        assert exactly(client, len(YES)) == YES


def said(served, *parts):
    line = served.stderr.readline()
    for part in parts:
        assert part in line, (part, line)


def test_handshakes_refused():
    bad = [
        (b"\x16\x03\x01\x02\x00\x01", "this is no handshake"),
        (b"GET / HTTP/1.0\r\n\r\n", "this is no handshake"),
        (b"\x00\x00", "this is no handshake"),
        (message(b"X" * 30), "this is no handshake"),
        (message(b"N" + bytes(5)), "name is missing or malformed"),
        (name_message(b"nohost"), "name is missing or malformed"),
        (name_message(b"a\x00b@box"), "name is missing or malformed"),
        (name_message() + message(b"strue"), "out of its turn"),
        (name_message() + message(b"r" + bytes(7)), "too short"),
        (name_message() + b"\xff\xff", "impossible length"),
        (name_message() + message(b"r" + bytes(20)), "another cookie"),
    ]
    with node() as (served, _, at):
        for data, reason in bad:
            client = dial(at)
            client.sendall(data)
            assert b"\x00\x11a" not in ended(client)
            said(served, "our node ctl@box: a connection from ", reason)
        client = dial(at)
        client.sendall(name_message(flags=FLAGS & ~(1 << 18) & ~MANDATORY_25))
        assert take(client) == b"snot_allowed" and ended(client) == b""
        said(served, "too old")
        answers(connect(at)[0])


def test_slow_handshakes_end():
    with node() as (served, _, at):
        silent, halfway = dial(at), dial(at)
        halfway.sendall(name_message()[:9])
        assert ended(silent) == b"" and ended(halfway) == b""
        for _ in range(2):
            said(served, "its handshake takes too long")


def test_thousand_strangers():
    """They hold up nobody who knows the cookie, and once they have gone nothing is left of them."""
    with node() as (served, port, at):
        first, _ = connect(at)
        strangers = [dial(at) for _ in range(1000)]
        for stranger in strangers[::2]:
            with contextlib.suppress(OSError):
                stranger.sendall(name_message()[:4])
        answers(connect(at, b"b@box")[0])
        answers(first)
        assert get(port, "/v1/status")[0] == 200
        for stranger in strangers:
            stranger.close()
        folder = pathlib.Path(f"/proc/{served.pid}/fd")
        wait(lambda: len(list(folder.iterdir())) < 50)


def test_five_hundred_callers_and_no_more():
    with node() as (served, _, at):
        callers = [connect(at, f"n{i}@box".encode())[0] for i in range(500)]
        for _ in range(2):
            assert ended(dial(at)) == b""
        said(served, "500 nodes are connected with it")
        callers.pop().close()

        def again():
            try:
                answers(connect(at)[0])
                return True
            except (AssertionError, OSError):
                return False

        wait(again)


def test_the_newer_connection_of_a_name_stays():
    with node() as (_, _, at):
        former, _ = connect(at)
        answers(former)
        newer, _ = connect(at)
        assert ended(former) == b""
        answers(newer)


# ---- frames ----

def spawn(arguments, options=None, function="mark"):
    return frame(tup(small(29), REF, PID, PID, tup(atom("erpc"), atom("execute_call"), small(4)), options or lst(atom("monitor"))),
                 lst(REF, atom("epmdpxy"), atom(function), arguments))


def test_ticks_are_answered():
    with node() as (_, _, at):
        client, _ = connect(at)
        client.sendall(bytes(4))
        assert exactly(client, 4) == bytes(4)
        client.sendall(frame(tup(small(6), PID, atom(""), atom("nobody")), atom("hello")))  # nothing to say to that
        assert exactly(client, 4) == bytes(4)


def test_oversized_frame():
    with node() as (served, _, at):
        for size in (1024 * 1024 + 1, 0xFFFFFFFF):
            client, _ = connect(at)
            client.sendall(size.to_bytes(4, "big") + b"\x70\x83")
            assert ended(client) == b""
            said(served, "a@box is disconnected: a message of more than 1 MiB")
        answers(connect(at)[0])


def test_frames_cut_short():
    """Any end of a good frame's body is none; what is good does not need to have a sense."""
    good = spawn(b"\x6a")[4:]
    with node() as (served, _, at):
        for end in range(1, len(good)):
            client, _ = connect(at)
            client.sendall(end.to_bytes(4, "big") + good[:end])
            if end == len(good) - len(lst(REF, atom("epmdpxy"), atom("mark"), b"\x6a")) - 1:  # a control message alone
                assert exactly(client, 4) == bytes(4)
                client.close()
                continue
            assert ended(client) == b"", end
            said(served, "a@box is disconnected: a ")
        client, _ = connect(at)
        client.sendall(len(good).to_bytes(4, "big") + good)
        exactly(client, int.from_bytes(exactly(client, 4), "big"))  # that it is spawned
        assert atom("return") in exactly(client, int.from_bytes(exactly(client, 4), "big"))


def test_frames_of_a_kind_not_agreed_on():
    with node() as (served, _, at):
        for body in (b"\x83\x44\x00\x68\x01\x61\x01", b"\x83\x45" + bytes(17), b"\x70\x84\x6a", b"\x70\x83\x6a", b"\x70\x83\x68\x00",
                     b"\x70\x83" + tup(atom("a")), b"\x70\x83" + tup(b"\x62\xff\xff\xff\xff"), b"\x70\x83\x50" + bytes(20),
                     b"\x70\x83" + tup(small(2), atom(""), PID) + b"\x83" + tup(b"\x52\x00"), b"\x70\x83" + tup(small(2)) + b"\x83\x6a\x6a"):
            client, _ = connect(at)
            client.sendall(len(body).to_bytes(4, "big") + body)
            assert ended(client) == b"", body
            said(served, "a@box is disconnected: a ")


def test_control_messages_without_a_sense():
    """Too few elements, or others than they should be: nothing happens, and the connection goes on."""
    with node() as (_, _, at):
        client, _ = connect(at)
        for operation in range(256):
            for elements in ((), (PID,), (atom("x"), PID, small(3)), (REF, REF, REF, REF, REF, REF), (b"\x6a",) * 6, (lst(small(1)),) * 7):
                client.sendall(frame(tup(small(operation), *elements)) + frame(tup(small(operation), *elements), tup(PID, atom("x"))))
        client.sendall(IS_AUTH)
        data = b""
        while not data.endswith(YES):
            part = client.recv(65536)
            assert part
            data += part
        for request in (called(PID), called(REF), called(b"\x6a"), called(tup()), called(lst(atom("mark"))), called(tup(PID)),
                        frame(tup(small(6), PID, atom(""), atom("epmdpxy")), tup(atom("$gen_call"), tup(atom("pid"), REF), atom("mark"))),
                        spawn(atom("a")), spawn(b"\x6c\x00\x00\x00\x01" + atom("a") + atom("b")), spawn(b"\x6a", b"\x6b\x00\x02ab")):
            client.sendall(request)
        client.sendall(IS_AUTH)
        while not data.endswith(YES + YES) and data.count(YES) < 2:
            part = client.recv(65536)
            assert part
            data += part


def test_deep_terms():
    with node() as (_, _, at):
        client, _ = connect(at)
        deep = b"\x6c\x00\x00\x00\x01" * 150000 + b"\x6a" * 150001
        client.sendall(called(tup(atom("cut"), deep)))
        crash = exactly(client, int.from_bytes(exactly(client, 4), "big"))
        assert atom("badarg") in crash, crash[:200]
        client.sendall(called(tup(atom("cut"), b"\x6c\xff\xff\xff\xff" * 100)))  # lists that claim to be long, and are not there
        assert ended(client) == b""


def test_who_does_not_read_holds_up_nobody():
    with node() as (_, port, at):
        deaf, _ = connect(at, b"deaf@box")
        deaf.setblocking(False)
        asked = called(atom("status"))
        sent = 0
        with contextlib.suppress(BlockingIOError):
            while sent < 64 * 1024 * 1024:
                sent += deaf.send(asked * 1000)
        assert sent < 64 * 1024 * 1024  # it is not even read any more
        answers(connect(at)[0])
        assert get(port, "/v1/status")[0] == 200
        deaf.close()


def test_nothing_of_the_cookie_is_told():
    with cookie_file() as path, process("--node", "ctl@box", "--cookie-file", path, "--log-level", "debug") as (served, port):
        at = int.from_bytes(answer(port, b"z", "ctl")[2:4], "big")
        answers(connect(at)[0])
        client = dial(at)
        client.sendall(name_message() + message(b"r" + bytes(20)))
        ended(client)
        _, shown = get(port, "/v1/status")
        assert COOKIE.decode() not in str(shown)
        served.terminate()
        out, err = served.communicate(timeout=20)
        assert COOKIE.decode() not in out + err and "another cookie" in err
