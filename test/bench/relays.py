# SPDX-License-Identifier: MIT
"""Those that are compared: each relays to the same targets, a port each, and tells through which ports."""
import contextlib
import os
import pathlib
import shlex
import shutil
import socket
import subprocess
import time

BOUND_S = 20
LOCAL = "127.0.0.1"


def family(pids):
    """Those processes, and their children."""
    left = list(pids)
    while left:
        pid = left.pop()
        with contextlib.suppress(OSError):
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                left += (task / "children").read_text().split()
            yield pid


def cpu_s(pids):
    """What those that live, and their children, have used; some may just end."""
    total_ns = 0
    for pid in family(pids):
        with contextlib.suppress(OSError):
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                total_ns += int((task / "schedstat").read_text().split()[0])
    return total_ns / 1e9


class Relay:
    """ports: through which each target is reached; mapper: the port of its port mapper, if it has one."""

    def __init__(self, name, ports, pids=(), mapper=None):
        self.name, self.ports, self.pids, self.mapper = name, ports, list(pids), mapper

    def cpu_s(self):
        return cpu_s(self.pids)

    def memory_kib(self):
        lines = "".join(pathlib.Path(f"/proc/{pid}/status").read_text() for pid in family(self.pids)).splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def wait(what, condition):
    end = time.monotonic() + BOUND_S
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {BOUND_S} s"
        time.sleep(0.005)


def listens(port):
    with contextlib.suppress(ConnectionRefusedError), socket.create_connection((LOCAL, port), timeout=1):
        return True
    return False


def free_ports(count):
    with contextlib.ExitStack() as stack:
        return [stack.enter_context(socket.create_server((LOCAL, 0))).getsockname()[1] for _ in range(count)]


@contextlib.contextmanager
def running(words, folder, env=None):
    """Its output goes to a file of the folder, and is shown when it does not start."""
    with open(folder / f"{pathlib.Path(words[0]).name}.log", "a", encoding="utf-8") as log:
        with subprocess.Popen(list(map(str, words)), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env) as process:
            try:
                yield process
            finally:
                process.terminate()


# ---- port mappers ----

def register(mapper, name, port):
    """A node, as far as a port mapper is concerned, for as long as what is returned is open."""
    client = socket.create_connection((LOCAL, mapper), timeout=BOUND_S)
    body = b"x" + port.to_bytes(2, "big") + b"M\0\0\x06\0\x05" + len(name).to_bytes(2, "big") + name.encode() + b"\0\0"
    client.sendall(len(body).to_bytes(2, "big") + body)
    assert client.recv(6)[:2] == b"v\0", f"{name} was not registered"
    return client


def look_up(mapper, name):
    with socket.create_connection((LOCAL, mapper), timeout=BOUND_S) as client:
        client.sendall((len(name) + 1).to_bytes(2, "big") + b"z" + name.encode())
        answer = client.recv(100)
    assert answer[:2] == b"w\0", f"{name} is not there"
    return int.from_bytes(answer[2:4], "big")


@contextlib.contextmanager
def with_mapper(words, folder, name, targets, port):
    """A port mapper that runs, with the targets registered under their names."""
    with contextlib.ExitStack() as stack:
        process = stack.enter_context(running(words, folder))
        wait(name, lambda: process.poll() is not None or listens(port))
        assert process.poll() is None, f"{name} did not start, see {folder}"
        for target, at in targets.items():
            stack.enter_context(register(port, target, at))
        yield Relay(name, {target: look_up(port, target) for target in targets}, [process.pid], port)


def direct(folder, name, targets):
    """No relay, and the stock port mapper."""
    port = free_ports(1)[0]
    return with_mapper(["epmd", "-address", LOCAL, "-port", port], folder, name, targets, port)


def ours(command):
    def start(folder, name, targets):
        port = free_ports(1)[0]
        program, *options = shlex.split(command)
        return with_mapper([program, "serve", "--loopback", "--port", port, *options], folder, name, targets, port)
    return start


# ---- others ----

@contextlib.contextmanager
def in_front(folder, name, targets, commands):
    """commands: from the ports, in the order of the targets, to those that listen there."""
    ports = free_ports(len(targets))
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(running(words, folder)) for words in commands(ports)]
        for port in ports:
            wait(name, lambda port=port: any(process.poll() is not None for process in processes) or listens(port))
        assert all(process.poll() is None for process in processes), f"{name} did not start, see {folder}"
        yield Relay(name, dict(zip(targets, ports)), [process.pid for process in processes])


def haproxy(splice, *before):
    def start(folder, name, targets):
        def commands(ports):
            path = folder / f"{name}.cfg"
            sections = "".join(f"listen {target}\n  bind {LOCAL}:{port}\n  server one {LOCAL}:{at}\n" for port, (target, at) in zip(ports, targets.items()))
            path.write_text("global\n  nbthread 1\n  maxconn 2000\n" + ("  tune.pipesize 1048576\n" if splice else "") +
                            "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n" +
                            ("  option splice-auto\n  option splice-request\n  option splice-response\n" if splice else "") + sections)
            return [[*before, "haproxy", "-db", "-f", path]]
        return in_front(folder, name, targets, commands)
    return start


def nginx(folder, name, targets):
    def commands(ports):
        path = folder / f"{name}.conf"
        module = pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so")
        servers = "".join(f"server {{ listen {LOCAL}:{port}; proxy_pass {LOCAL}:{at}; }}\n" for port, at in zip(ports, targets.values()))
        path.write_text((f"load_module {module};\n" if module.exists() else "") + ("user root;\n" if os.geteuid() == 0 else "") +
                        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;\n"
                        f"events {{ worker_connections 4000; }}\nstream {{\n{servers}}}\n")
        return [["nginx", "-p", folder, "-e", folder / "nginx.log", "-c", path]]
    return in_front(folder, name, targets, commands)


def socat(folder, name, targets):
    return in_front(folder, name, targets, lambda ports: [
        ["socat", "-b", "65536", f"TCP-LISTEN:{port},bind={LOCAL},fork,reuseaddr,nodelay", f"TCP:{LOCAL}:{at},nodelay"]
        for port, at in zip(ports, targets.values())])


PEERS = {"haproxy": haproxy(False), "haproxy_splice": haproxy(True), "haproxy_splice_batch": haproxy(True, "chrt", "-b", "0"),
         "nginx": nginx, "socat": socat}


def missing():
    """Peers whose programs are not installed."""
    return [name for name in PEERS if not shutil.which(name.split("_")[0])]
