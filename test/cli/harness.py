# SPDX-License-Identifier: MIT
"""What the tests of this folder share: the binary, a daemon of its own for each test, nodes as far as EPMD goes."""
import contextlib
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EPMDPXY = os.environ.get("EPMDPXY", str(ROOT / "build" / "epmdpxy"))
CLEAN = {key: value for key, value in os.environ.items() if not key.startswith("ERL_EPMD") and "proxy" not in key.lower()}


LOOKED_AT = set()


def leaks(words):
    """Whether to look for leaks: once for each verb and its first option, since it takes as long as all the rest."""
    shape = (words[:1], next((word for word in words[1:] if str(word).startswith("-")), None))
    fresh = shape not in LOOKED_AT
    LOOKED_AT.add(shape)
    return {} if fresh else {"ASAN_OPTIONS": "detect_leaks=0"}


def run(*words, env=None, bound=30):
    return subprocess.run([EPMDPXY, *words], env={**CLEAN, **leaks(words), **(env or {})}, capture_output=True, text=True, timeout=bound,
                          stdin=subprocess.DEVNULL, check=False)


def refused(done, *parts, status=2):
    """One line on standard error, nothing on standard output."""
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == "", done.stdout
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("epmdpxy"), done.stderr
    for part in parts:
        assert part in done.stderr, (part, done.stderr)


def wait(condition, bound=10):
    end = time.monotonic() + bound
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)


@contextlib.contextmanager
def process(*words, status=0, env=None, port=0):
    """Yields the daemon's process and its port."""
    with tempfile.TemporaryDirectory() as folder:
        port_file = pathlib.Path(folder) / "port"
        with subprocess.Popen([EPMDPXY, "serve", "--port", str(port), "--port-file", str(port_file), *words], env={**CLEAN, **(env or {})},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
            try:
                wait(port_file.exists)
                yield served, int(port_file.read_text())
            finally:
                served.terminate()
                out, err = served.communicate(timeout=20)
            assert served.returncode == status, (served.returncode, out, err)


@contextlib.contextmanager
def daemon(*words, status=0):
    with process(*words, status=status) as (_, port):
        yield port


def register(port, name, node_port=9, kind=77):
    """A node, as far as EPMD is concerned; kind: 77, or 72 for a hidden one."""
    node = socket.create_connection(("127.0.0.1", port), timeout=5)
    told = name.encode()
    body = b"x" + node_port.to_bytes(2, "big") + bytes([kind]) + b"\x00\x00\x06\x00\x05" + len(told).to_bytes(2, "big") + told + b"\0\0"
    node.sendall(len(body).to_bytes(2, "big") + body)
    assert node.recv(6)[:2] == b"\x76\x00"
    return node


def dechunked(data):
    """What a body in chunks says, or None as long as it is not all there."""
    text = b""
    while (at := data.find(b"\r\n")) >= 0:
        size = int(data[:at], 16)
        if len(data) < at + 4 + size:
            return None
        if size == 0:
            return text
        text, data = text + data[at + 2:at + 2 + size], data[at + 4 + size:]
    return None


def http(port, head, body=b""):
    """Sends bytes as they are; returns (status, JSON)."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(head.replace("\n", "\r\n").encode() + body)
        answer, text = b"", None
        with contextlib.suppress(ConnectionResetError):
            while text is None and (data := client.recv(65536)):
                answer += data
                if b"\r\n\r\n" in answer:
                    headers, rest = answer.split(b"\r\n\r\n", 1)
                    length = re.search(rb"content-length: (\d+)", headers, re.IGNORECASE)
                    if length and len(rest) >= int(length.group(1)):
                        text = rest
                    elif b"chunked" in headers:
                        text = dechunked(rest)
    status = int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else None
    if text is None:
        text = answer.split(b"\r\n\r\n", 1)[-1]
    return status, json.loads(text) if text.startswith((b"{", b"[")) else None


class Client:
    """One that stays connected between its requests."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.answers = self.socket.makefile("rb")

    def send(self, method, path, document=None, extra="", version="1.1"):
        body = b"" if document is None else json.dumps(document).encode()
        self.socket.sendall(f"{method} {path} HTTP/{version}\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                            f"Content-Length: {len(body)}\r\n{extra}\r\n".encode() + body)

    def ask(self, *request, **more):
        self.send(*request, **more)
        status, length = int(self.answers.readline().split()[1]), 0
        while (line := self.answers.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return status, json.loads(self.answers.read(length))

    def close(self):
        self.answers.close()
        self.socket.close()

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()


def post(port, path, body, host="localhost", kind="application/json", extra=""):
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return http(port, f"POST {path} HTTP/1.1\nHost: {host}\nContent-Type: {kind}\nContent-Length: {len(body)}\n{extra}\n", body)


def rules(port):
    return get(port, "/v1/rules")[1]["rules"]


def lasting(port):
    """The rules without what changes by itself."""
    return [{key: value for key, value in rule.items() if key not in ("ends_in_ms", "effect")} for rule in rules(port)]


def get(port, path):
    return http(port, f"GET {path} HTTP/1.1\nHost: localhost\n\n")


def delete(port, path):
    return http(port, f"DELETE {path} HTTP/1.1\nHost: localhost\n\n")


def ask(port, opcode, name=""):
    """One EPMD request; returns the connection."""
    body = opcode + name.encode()
    client = socket.create_connection(("127.0.0.1", port), timeout=5)
    client.sendall(len(body).to_bytes(2, "big") + body)
    return client


def answer(port, opcode, name=""):
    with ask(port, opcode, name) as client:
        data = b""
        while part := client.recv(65536):
            data += part
        return data


@contextlib.contextmanager
def cluster(*names, words=()):
    """A daemon and registered names: yields its port and a run() for it."""
    with daemon(*words) as port, contextlib.ExitStack() as nodes:
        for name in names:
            nodes.enter_context(register(port, name))
        yield port, lambda verb, *more, **how: run(verb, "--port", str(port), *more, **how)


def fine(done):
    assert done.returncode == 0 and done.stderr == "", done
    return done.stdout


def refused_by(answered, *parts, status=400):
    """An HTTP answer: the status, and one line."""
    assert answered[0] == status, answered
    assert answered[1]["status"] == status and "\n" not in answered[1]["error"], answered
    for part in parts:
        assert part in answered[1]["error"], (part, answered)
