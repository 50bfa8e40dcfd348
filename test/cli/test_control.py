# SPDX-License-Identifier: MIT
"""Further ways to the control API: a Unix socket, and an address with a token. EPMD's port stays as it is."""
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import stat
import subprocess
import tempfile

from harness import CLEAN, EPMDPXY, fine, get, http, process, refused, refused_by, register, run, wait

TOKEN = "s3cr3t-0123456789abcdef"


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory() as name:
        yield pathlib.Path(name)


def token_file(at, text=TOKEN + "\n", mode=0o600):
    path = at / "token"
    path.write_text(text, encoding="latin-1")
    path.chmod(mode)
    return str(path)


def unix(path):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(10)
    client.connect(str(path))
    return client


def ask_unix(path, head):
    with unix(path) as client:
        client.sendall(head.replace("\n", "\r\n").encode())
        answer = client.recv(65536)
    return int(answer.split(b" ", 2)[1])


@contextlib.contextmanager
def by_address(*words, host="127.0.0.1", more=()):
    """A daemon with an address of its own for control: yields that one's port, EPMD's, and the token's file."""
    with folder() as at:
        tokens = token_file(at)
        shown = f"[{host}]" if ":" in host else host
        with process("--control", f"{shown}:0", "--token-file", tokens, *words, *more) as (served, port):
            line = served.stdout.readline()
            yield int(re.search(rf", {re.escape(shown)}:(\d+)", line)[1]), port, tokens


def test_a_unix_socket_is_for_its_owner_alone():
    with folder() as at:
        path = at / "control"
        with process("--control", f"unix:{path}") as (_, port), register(port, "a"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_ISSOCK(path.stat().st_mode)
            assert json.loads(fine(run("status", "--json", "--control", f"unix:{path}")))["nodes"][0]["name"] == "a"
            assert fine(run("cut", "a", "b", env={"EPMDPXY_CONTROL": f"unix:{path}", "ERL_EPMD_PORT": "1"}))
            assert len(get(port, "/v1/rules")[1]["rules"]) == 1
            assert ask_unix(path, "GET /v1/status HTTP/1.1\nHost: whatever.example\n\n") == 200
            assert ask_unix(path, "GET /v1/status HTTP/1.1\nHost: localhost\nOrigin: http://evil.example\n\n") == 403
            assert ask_unix(path, "POST /v1/fix HTTP/1.1\nHost: localhost\nContent-Type: text/plain\nContent-Length: 2\n\n{}") == 415
            assert ask_unix(path, "GET /v1/status HTTP/1.1\nHost: localhost\nHost: localhost\n\n") == 400
        assert not path.exists()


def test_another_users_socket_is_told_from_none():
    nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {} # nothing is closed to root

    def ask(path):
        return subprocess.run([EPMDPXY, "status", "--control", f"unix:{path}"], env=CLEAN, capture_output=True, text=True, timeout=60, **nobody)
    with folder() as at:
        at.chmod(0o755)
        with process("--control", f"unix:{at}/control"):
            (at / "control").chmod(0)
            refused(ask(at / "control"), "is another user's", status=1)
            refused(ask(at / "none"), "nobody can be reached", status=1)


def test_every_subcommand_that_asks_finds_it():
    with folder() as at, process("--control", f"unix:{at}/control") as (_, port), register(port, "a"), register(port, "b"):
        for words in (("status",), ("fault", "add", "mute", "--between", "a", "b"), ("fault", "list"), ("fault", "rm", "1"), ("cut", "a", "b"), ("fix",),
                      ("fault", "clear"), ("lease", "x", "--for", "1m"), ("observe", "ct"), ("wait", "up", "1"), ("events",),
                      ("flap", "--for", "200ms", "--period", "100ms", "a", "b")):
            fine(run(*words, "--control", f"unix:{at}/control"))
        assert get(port, "/v1/leases")[1]["leases"][0]["name"] == "x"


def test_what_a_killed_daemon_has_left_is_taken_and_a_living_one_is_not():
    with folder() as at:
        path = at / "control"
        with subprocess.Popen([EPMDPXY, "serve", "--port", "0", "--control", f"unix:{path}"], env=CLEAN, stdout=subprocess.DEVNULL) as killed:
            wait(path.exists)
            killed.send_signal(signal.SIGKILL)
        assert path.exists()
        with process("--control", f"unix:{path}") as (_, port):
            refused(run("serve", "--port", "0", "--control", f"unix:{path}"), "--control: somebody listens at", status=1)
            assert json.loads(fine(run("status", "--json", "--control", f"unix:{path}")))["port"] == port
        assert not path.exists()


def test_what_has_taken_the_place_of_our_socket_stays():
    with folder() as at:
        path = at / "control"
        with process("--control", f"unix:{path}"):
            path.unlink()
            path.write_text("precious", encoding="ascii")
        assert path.read_text(encoding="ascii") == "precious"


def test_where_no_unix_socket_can_be():
    with folder() as at:
        precious, hidden = at / "file", at / "folder"
        precious.write_text("precious", encoding="ascii")
        hidden.mkdir()
        (at / "link").symlink_to(precious)
        os.mkfifo(at / "fifo")
        for words in ((f"unix:{precious}", "is no socket"), (f"unix:{hidden}", "is no socket"), (f"unix:{at}/link", "is no socket"),
                      (f"unix:{at}/fifo", "is no socket"), (f"unix:{at}/none/control", "No such file or directory"),
                      ("unix:", "the path is empty"), (f"unix:/{'x' * 107}", "longer than 107 bytes"), (f"unix:{precious}/x", "Not a directory")):
            refused(run("serve", "--port", "0", "--control", words[0]), "--control: ", words[1])
        assert precious.read_text(encoding="ascii") == "precious" and (at / "fifo").exists() and (at / "link").is_symlink()
        if os.geteuid() != 0:
            hidden.chmod(0o500)
            refused(run("serve", "--port", "0", "--control", f"unix:{hidden}/control"), "Permission denied")


def test_an_address_is_for_whoever_has_the_token():
    with by_address() as (there, port, tokens):
        for head in ("", "Authorization: Bearer\n", f"Authorization: Basic {TOKEN}\n", f"Authorization: Bearer {TOKEN}x\n",
                     f"Authorization: Bearer {TOKEN[:-1]}\n", f"Authorization: {TOKEN}\n"):
            refused_by(http(there, f"GET /v1/status HTTP/1.1\nHost: localhost\n{head}\n"), "Authorization: ", status=401)
            refused_by(http(there, f"GET /v1/nothing HTTP/1.1\nHost: localhost\n{head}\n"), "Authorization: ", status=401)
        good = f"Authorization: Bearer {TOKEN}\n"
        assert http(there, f"GET /v1/status HTTP/1.1\nHost: build-1.example:1\n{good}\n")[0] == 200
        assert http(there, f"GET /v1/nothing HTTP/1.1\nHost: localhost\n{good}\n")[0] == 404
        assert http(there, f"GET /v1/status HTTP/1.1\nHost: localhost\nOrigin: http://evil.example\n{good}\n")[0] == 403
        assert http(there, f"GET /v1/status HTTP/1.1\nHost: localhost\n{good}{good}\n")[0] == 400
        body = f"POST /v1/fix HTTP/1.1\nHost: localhost\n{good}Content-Length: 2\n"
        assert http(there, body + "\n", b"{}")[0] == 415
        assert http(there, body + "Content-Type: application/json\n\n", b"{}")[0] == 200
        assert http(port, "GET /v1/status HTTP/1.1\nHost: localhost\n\n")[0] == 200  # EPMD's port asks for none

        where = f"127.0.0.1:{there}"
        assert json.loads(fine(run("status", "--json", "--control", where, "--token-file", tokens)))["port"] == port
        assert fine(run("wait", "up", "0", env={"EPMDPXY_CONTROL": where, "EPMDPXY_TOKEN": TOKEN})) == ""
        refused(run("status", "--control", where), f"the daemon at {where} wants its token", status=1)
        refused(run("status", "--control", where, env={"EPMDPXY_TOKEN": "x" * 16}), "wants its token, or another one", status=1)
        assert fine(run("status", "--port", str(port), env={"EPMDPXY_CONTROL": "unix:/nowhere"}))


def test_who_says_no_token_is_told_how():
    with by_address() as (there, _, _), socket.create_connection(("127.0.0.1", there), timeout=10) as client:
        client.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = client.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 401 ") and b"\r\nWWW-Authenticate: Bearer\r\n" in answer


def test_the_token_is_not_in_the_log():
    with folder() as at, (at / "log").open("w+") as log:
        tokens, port_file = token_file(at), at / "port"
        with subprocess.Popen([EPMDPXY, "serve", "--port", "0", "--port-file", str(port_file), "--log-level", "debug", "--control", "[::1]:0",
                               "--token-file", tokens], env=CLEAN, stdout=subprocess.PIPE, stderr=log, text=True) as served:
            there = re.search(r"\[::1\]:(\d+)", served.stdout.readline())[1]
            assert fine(run("events", "--control", f"[::1]:{there}", "--token-file", tokens)) == ""
            with socket.create_connection(("::1", int(there)), timeout=10) as client:
                client.sendall(f"GET /v1 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\n broken\x01\r\n: \r\n\r\n".encode())
                client.recv(65536)
            served.terminate()
            served.wait(timeout=20)
        log.seek(0)
        text = log.read()
        assert TOKEN not in text, text


def test_addresses_that_are_none():
    with folder() as at, socket.create_server(("127.0.0.1", 0)) as taken:
        tokens = token_file(at)
        for where, *parts in (("127.0.0.1", "neither unix:PATH nor ADDRESS:PORT"), ("127.0.0.1:99999", "neither"), (":80", "neither"),
                              ("http://127.0.0.1:80", "neither"), ("localhost:4370", "'localhost' is no IP address"),
                              ("192.0.2.1:4370", "cannot listen on 192.0.2.1, port 4370", "Cannot assign requested address; it is no address of this machine")):
            refused(run("serve", "--port", "0", "--control", where, "--token-file", tokens), "--control: ", *parts)
        refused(run("serve", "--port", "0", "--control", f"127.0.0.1:{taken.getsockname()[1]}", "--token-file", tokens), "Address already in use",
                status=1)
        refused(run("serve", "--port", "0", "--control", "127.0.0.1:0"), "--control: ", "needs a token", "--token-file FILE")
        refused(run("serve", "--port", "0", "--token-file", tokens), "--token-file: ", "nobody is asked for a token")
        refused(run("serve", "--port", "0", "--control", f"unix:{at}/s", "--token-file", tokens), "nobody is asked for a token")
        refused(run("serve", "--port", "0", *["--control", f"unix:{at}/s"] * 9), "--control: given more than 8 times")
        refused(run("serve", "--port", "0", "--control", f"unix:{at}/one", "--control", "127.0.0.1:x"), "--control: ")
        assert not (at / "one").exists()


def test_tokens_that_are_none():
    with folder() as at:
        serve = ("serve", "--port", "0", "--control", "127.0.0.1:0", "--token-file")
        for text in ("", "\n", "short\n", "with blanks in the middle\n", f"{TOKEN}\n{TOKEN}\n", "x" * 256 + "\n", f"{TOKEN}\0\n", "\xe4" * 20):
            done = run(*serve, token_file(at, text))
            refused(done, "--token-file: ", "token")
            assert TOKEN not in done.stderr
        for mode in (0o640, 0o604, 0o622, 0o777):
            refused(run(*serve, token_file(at, mode=mode)), "others may use it; chmod 600 first")
        refused(run(*serve, str(at)), "is no file")
        refused(run(*serve, str(at / "none")), "No such file or directory")
        os.mkfifo(at / "fifo", 0o600)
        refused(run(*serve, str(at / "fifo")), "is no file")
        client = ("status", "--control", "127.0.0.1:9", "--token-file")
        refused(run(*client, token_file(at, mode=0o644)), "others may use it")
        refused(run("status", "--control", "127.0.0.1:9", env={"EPMDPXY_TOKEN": "short"}), "EPMDPXY_TOKEN: ")


def test_whom_the_command_line_asks():
    with folder() as at:
        refused(run("status", "--control", "nonsense"), "--control: 'nonsense' is neither")
        refused(run("status", env={"EPMDPXY_CONTROL": "nonsense"}), "EPMDPXY_CONTROL: 'nonsense' is neither")
        refused(run("status", "--control", f"unix:{at}/none"), f"nobody can be reached at unix:{at}/none", status=1)
        refused(run("status", "--control", f"unix:{at}/none", "--port", "4369"), "give --control or --port, not both")
        refused(run("names", "--control", f"unix:{at}/none"), "give --port")
        tokens = token_file(at)
        for where, env in ((("--control", f"unix:{at}/none"), {}), (("--port", "4369"), {}), ((), {"EPMDPXY_CONTROL": f"unix:{at}/none"})):
            refused(run("status", *where, "--token-file", tokens, env=env), "--token-file: ", "nobody is asked for a token", "ADDRESS:PORT")
        refused(run("status", "--control", f"unix:{at}/none", env={"EPMDPXY_TOKEN": TOKEN}), "nobody can be reached", status=1)
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(at / "other"))
            refused(run("status", "--control", f"unix:{at}/other"), "nobody can be reached", status=1)


def test_exec_means_its_own_daemon():
    done = run("exec", "--", EPMDPXY, "status", "--json", env={"EPMDPXY_CONTROL": "unix:/nowhere"})
    assert json.loads(fine(done))["nodes"] == []


def test_who_has_no_token_takes_nobodys_place():
    """Their connections are many, and they never finish a request: those who come next are answered."""
    with by_address() as (there, port, tokens), contextlib.ExitStack() as stack:
        for _ in range(300):
            stranger = stack.enter_context(socket.create_connection(("127.0.0.1", there), timeout=10))
            stranger.sendall(b"POST /v1/cut HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n")
        assert get(port, "/v1/status")[0] == 200
        assert fine(run("status", "--control", f"127.0.0.1:{there}", "--token-file", tokens))


def test_a_body_that_is_too_large_is_refused_before_it_comes():
    with by_address() as (there, port, _):
        for at, size, status in ((port, 10 ** 12, b"413"), (port, 1024 * 1024 + 1, b"413"), (there, 10, b"401"), (there, 10 ** 12, b"401")):
            with socket.create_connection(("127.0.0.1", at), timeout=10) as client:
                client.sendall(f"POST /v1/cut HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n"
                               "Expect: 100-continue\r\n\r\n".encode())
                answer = client.makefile("rb").read()
                assert answer.startswith(b"HTTP/1.1 " + status), answer
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(b"POST /v1/fix HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 100 ")
            client.sendall(b"{}")
            assert client.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_every_resource_is_guarded_at_every_way():
    with folder() as at, by_address("--control", f"unix:{at}/control") as (there, port, _):
        resources = get(port, "/v1")[1]["resources"]
        assert len(resources) > 20
        for resource in resources:
            def asked(where, *headers, method=resource["method"], path=resource["path"], body=b""):
                head = "".join(f"{header}\n" for header in headers)
                more = f"Content-Length: {len(body)}\n" if body else ""
                return http(where, f"{method} {path}{'x' if path.endswith('/') else ''} HTTP/1.1\n{head}{more}\n", body)[0]

            good = f"Authorization: Bearer {TOKEN}"
            assert asked(port, "Host: evil.example") == 421, resource
            assert asked(port, "Host: localhost", "Host: evil.example") == 400, resource
            assert asked(port, "Host: localhost", "Origin: http://evil.example") == 403, resource
            assert asked(there, "Host: localhost") == 401, resource
            assert asked(there, "Host: localhost", f"{good}x") == 401, resource
            assert asked(there, "Host: localhost", good, "Origin: http://evil.example") == 403, resource
            for where, *who in ((port,), (there, good)):
                assert asked(where, "Host: localhost", *who, "Content-Type: text/plain", body=b"{}") == 415, resource
            if resource["method"] == "POST":
                assert asked(port, "Host: localhost", "Content-Type: application/json", body=b" " * (1024 * 1024 + 1)) == 413, resource
            assert ask_unix(at / "control", f"{resource['method']} {resource['path']} HTTP/1.1\nHost: x\nOrigin: http://evil.example\n\n") == 403
        assert get(port, "/v1/rules")[1]["rules"] == []
