# SPDX-License-Identifier: MIT
"""Two hosts that share a wire, made of network namespaces: the script runs on the one, `Stranger` is the other.

Needs root. Nothing of it is left when the script ends: a namespace lives as long as its processes.
"""
import ast
import inspect
import os
import pathlib
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))

HERE, THERE = ("10.9.0.1", "fd09::1"), ("10.9.0.2", "fd09::2")
INSIDE = "EPMDPXY_TWO_HOSTS"


def dial(host, port):
    """Who is there?"""
    try:
        with socket.create_connection((host, port), timeout=5) as client:
            client.sendall(b"\x16\x03hello")
            return "reached" if client.recv(100) == b"welcome" else "closed"
    except ConnectionRefusedError:
        return "refused"
    except ConnectionResetError:
        return "closed"


def ask(host, port, name):
    """The port in the port mapper's answer."""
    with socket.create_connection((host, port), timeout=5) as client:
        client.sendall((len(name) + 1).to_bytes(2, "big") + b"z" + name.encode())
        reply = client.recv(100)
        assert reply[:2] == b"w\0", reply
        return int.from_bytes(reply[2:4], "big")


def on_two_hosts():
    """Starts the script again in a namespace of its own, unless that has been done."""
    if INSIDE not in os.environ:
        os.execvpe("unshare", ["unshare", "--net", sys.executable, *sys.argv], {**os.environ, INSIDE: "1"})
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


class Stranger:
    def __init__(self):
        self.process = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo there; exec sleep 600"], stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"there\n"
        pid = str(self.process.pid)
        for words in (["link", "add", "here", "type", "veth", "peer", "name", "there", "netns", pid],
                      *(["address", "add", address + mask, "dev", "here", *how] for address, mask, how in zip(HERE, ("/24", "/64"), ([], ["nodad"]))),
                      ["link", "set", "here", "up"]):
            subprocess.run(["ip", *words], check=True)
        for words in (*(["address", "add", address + mask, "dev", "there", *how] for address, mask, how in zip(THERE, ("/24", "/64"), ([], ["nodad"]))),
                      ["link", "set", "there", "up"]):
            subprocess.run(["nsenter", "--net", "--target", pid, "ip", *words], check=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait()

    def command(self, script, *words):
        return ["nsenter", "--net", "--target", str(self.process.pid), sys.executable, "-c", script, *map(str, words)]

    def call(self, function, *words):
        """What a function of this file returns there."""
        script = f"import ast, socket, sys\n{inspect.getsource(function)}\nprint(repr({function.__name__}(*ast.literal_eval(sys.argv[1]))))"
        done = subprocess.run(self.command(script, words), capture_output=True, text=True, timeout=30, check=True)
        return ast.literal_eval(done.stdout)
