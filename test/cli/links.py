# SPDX-License-Identifier: MIT
"""Nodes that shake hands and send frames, as far as a relay can tell them from real ones."""
import contextlib
import select
import socket
import threading
import time

from harness import ask, register

FLAGS = (0x1000d07fbd).to_bytes(8, "big")
TICK = bytes(4)


def message(body):
    return len(body).to_bytes(2, "big") + body


def name_message(name):
    name = f"{name}@h".encode()
    return message(b"N" + FLAGS + bytes(4) + len(name).to_bytes(2, "big") + name)


def challenge(name):
    name = f"{name}@h".encode()
    return message(b"N" + FLAGS + bytes(8) + len(name).to_bytes(2, "big") + name)


STATUS, REPLY, ACK = message(b"sok"), message(b"r" + bytes(20)), message(b"a" + bytes(16))


def frame(size, byte=b"x"):
    return size.to_bytes(4, "big") + byte * size


def take(sock, count):
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        assert part, f"closed after {len(data)} of {count} bytes"
        data += part
    return data


def ended(sock, bound=5):
    """Does it end, or break, within the time? What comes before is read over."""
    end = time.monotonic() + bound
    try:
        while (left := end - time.monotonic()) > 0:
            sock.settimeout(left)
            if not sock.recv(65536):
                return True
        return False
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True
    finally:
        sock.settimeout(5)


@contextlib.contextmanager
def acceptor(port, name):
    """A registered node that listens; yields its listener."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        with register(port, name, listener.getsockname()[1]):
            yield listener


def dial(port, name):
    """A connection to the gate for that name."""
    with ask(port, b"z", name) as client:
        reply = client.recv(4)
    assert reply[:2] == b"w\0", reply
    return socket.create_connection(("127.0.0.1", int.from_bytes(reply[2:4], "big")), timeout=5)


def shake(a, listener, names=("a", "b")):
    """All of the handshake; returns the acceptor's connection."""
    a.sendall(name_message(names[0]))
    b, _ = listener.accept()
    b.settimeout(5)
    take(b, len(name_message(names[0])))
    b.sendall(STATUS + challenge(names[1]))
    take(a, len(STATUS + challenge(names[1])))
    a.sendall(REPLY)
    take(b, len(REPLY))
    b.sendall(ACK)
    take(a, len(ACK))
    return b


@contextlib.contextmanager
def link(port, names=("a", "b")):
    """The first dials the second, and they are connected; yields both ends."""
    with acceptor(port, names[1]) as listener, dial(port, names[1]) as a, shake(a, listener, names) as b:
        yield a, b


@contextlib.contextmanager
def sending(sock, data):
    """Sends it meanwhile."""
    def send():
        with contextlib.suppress(OSError):
            sock.sendall(data)
    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        raise
    finally:
        sender.join(timeout=10)
        assert not sender.is_alive()


class Door:
    """A listener at which nobody waits in vain: not when the dialer has heard that it is refused."""

    def __init__(self, listener, dialer):
        self.listener, self.dialer = listener, dialer

    def accept(self):
        there, _, _ = select.select([self.listener, self.dialer], [], [], 10)
        if not there:
            raise TimeoutError
        assert self.listener in there, "it was closed"
        return self.listener.accept()


def cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def idles(pid, time_s=0.5):
    """Does it use next to no processor time?"""
    before = cpu_s(pid)
    time.sleep(time_s)
    return cpu_s(pid) - before < time_s / 5
