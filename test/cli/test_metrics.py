# SPDX-License-Identifier: MIT
"""GET /metrics: Prometheus' own tool reads it, whatever the nodes are called, and the numbers are true."""
import contextlib
import http.client
import os
import pathlib
import re
import shutil
import subprocess

from harness import daemon, get, http as ask, post, register, rules, run, wait
from links import acceptor, dial, frame, link, shake, take

# What a foreign client may call itself; link() takes these too, with "@h" behind.
STRANGE = ('quote"', "back\\slash", "two\nlines", "n\\n", "nöde", "中", "\U0001f600", "red\x1b[31m", "c1\x9b", "}", "{a=\"b\"} 1", "#", " ", "\t",
           "back\rward", "\u202e", "\ufffd", "x" * 254, "\U0001f600" * 254)
LINE = re.compile(r'(?P<name>[a-z_0-9]+)(?:\{(?P<labels>(?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)+)\})? (?P<value>[0-9.]+)')
LABEL = re.compile(r'([a-z]+)="((?:[^"\\]|\\.)*)"')
ESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


def fetch(port, method="GET"):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(client):
        client.request(method, "/metrics")
        answer = client.getresponse()
        return answer, answer.read()


def promtool():
    """scripts/setup keeps it there, unless there is one."""
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return shutil.which("promtool") or pathlib.Path(cache) / "epmdpxy" / "promtool"


def checked(text):
    """Prometheus' own tool has nothing to say about it."""
    done = subprocess.run([promtool(), "check", "metrics"], input=text, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0 and not done.stdout and not done.stderr, (done, text)


def parsed(text):
    """{(name, (label, value)...): number}"""
    samples = {}
    for line in text.decode().rstrip("\n").split("\n"):
        if not line.startswith("#"):
            match = LINE.fullmatch(line)
            assert match, line
            labels = [(label, re.sub(r"\\.", lambda found: ESCAPED[found[0]], value)) for label, value in LABEL.findall(match["labels"] or "")]
            key = (match["name"], *labels)
            assert key not in samples, key
            samples[key] = float(match["value"])
    return samples


def metrics(port):
    answer, text = fetch(port)
    assert answer.status == 200, answer.status
    return parsed(text)


def lane(samples, what, one, other):
    return samples.get((f"epmdpxy_lane_{what}", ("from", one), ("to", other)))


def test_metrics_of_an_idle_daemon():
    with daemon() as port:
        answer, text = fetch(port)
        assert answer.status == 200 and answer.getheader("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
        checked(text)
        samples = parsed(text)
        version = run("--version").stdout.split()[-1]
        assert samples[("epmdpxy_build_info", ("version", version))] == 1, samples
        assert samples[("epmdpxy_nodes",)] == samples[("epmdpxy_pairs_left_out",)] == samples[("epmdpxy_sent_bytes_total",)] == 0
        names = {key[0] for key in samples} | {"epmdpxy_lane_sent_bytes_total", "epmdpxy_lane_kept_bytes"}
        told = re.findall(rb"^# (HELP|TYPE) ([a-z_0-9]+) \S", text, re.MULTILINE)
        assert sorted(told) == sorted((kind, name.encode()) for name in names for kind in (b"HELP", b"TYPE"))
        assert all(name.startswith("epmdpxy_") for name in names)
        counters = get(port, "/v1/status")[1]["counters"]
        assert {f"epmdpxy_{counter}_total" for counter in counters} < names


def test_metrics_over_http():
    with daemon() as port:
        head, nothing = fetch(port, "HEAD")
        assert head.status == 200 and nothing == b"" and int(head.getheader("Content-Length")) > 1000
        assert head.getheader("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
        assert fetch(port, "POST")[0].status == 405 and fetch(port, "POST")[0].getheader("Allow") == "GET, HEAD"
        assert get(port, "/metrics?x=1")[0] == 400
        assert ask(port, "GET /metrics HTTP/1.1\nHost: evil.example\n\n")[0] == 421
        assert ask(port, "GET /metrics HTTP/1.1\nHost: localhost\nOrigin: http://evil.example\n\n")[0] == 403
        assert ask(port, "GET /metrics HTTP/1.1\nHost: localhost\nAccept: application/openmetrics-text;version=1.0.0\n\n")[0] == 200


def test_metrics_of_strange_names():
    with daemon() as port, contextlib.ExitStack() as nodes:
        for name in STRANGE:
            nodes.enter_context(link(port, ("a", name)))
        assert post(port, "/v1/rules", {"fault": "latency", "params": {"delay": "1ms"}, "between": [["a"], ["nöde"]]})[0] == 200
        assert post(port, "/v1/cut", {"islands": [["a"], ["中"]]})[0] == 200
        answer, text = fetch(port)
        assert answer.status == 200
        checked(text)
        samples = parsed(text)
        assert samples[("epmdpxy_nodes",)] == len(STRANGE)
        assert samples[("epmdpxy_cables", ("state", "up"))] == len(STRANGE)
        for name in STRANGE:
            assert lane(samples, "sent_bytes_total", "a@h", f"{name}@h") > 0 < lane(samples, "sent_bytes_total", f"{name}@h", "a@h"), name
        assert samples[("epmdpxy_rules", ("fault", "latency"))] == samples[("epmdpxy_rules", ("fault", "partition"))] == 1
        assert samples[("epmdpxy_rules", ("fault", "mute"))] == 0 and samples[("epmdpxy_held_cables",)] == 1


def test_metrics_grow_over_connections():
    """Two nodes connect, send, part and connect anew: what has passed is summed up, and never falls."""
    with daemon() as port:
        with acceptor(port, "b") as listener:
            before = 0
            for _ in range(3):
                with dial(port, "b") as a, shake(a, listener) as b:
                    samples = metrics(port)
                    begun = lane(samples, "sent_bytes_total", "a@h", "b@h")
                    assert begun > before, (begun, before)
                    a.sendall(frame(1000))
                    take(b, 1004)
                    samples = metrics(port)
                    before = lane(samples, "sent_bytes_total", "a@h", "b@h")
                    assert before == begun + 1004, (before, begun)
                wait(lambda: metrics(port)[("epmdpxy_cables", ("state", "up"))] == 0)
                wait(lambda: not get(port, "/v1/cables")[1]["cables"])
                samples = metrics(port)
                assert lane(samples, "sent_bytes_total", "a@h", "b@h") == before
            assert samples[("epmdpxy_handshakes_done_total",)] == samples[("epmdpxy_cables_closed_total",)] == 3
            with dial(port, "b") as a:  # its name is never told, and that is no pair
                a.sendall(b"\0")
                wait(lambda: metrics(port)[("epmdpxy_cables", ("state", "naming"))] == 1)
            wait(lambda: metrics(port)[("epmdpxy_cables_closed_total",)] == 4)
        after = metrics(port)
        assert {key for key in after if key[0] == "epmdpxy_lane_sent_bytes_total"} == \
            {key for key in samples if key[0] == "epmdpxy_lane_sent_bytes_total"}
        total = sum(value for key, value in samples.items() if key[0] == "epmdpxy_lane_sent_bytes_total")
        assert samples[("epmdpxy_sent_bytes_total",)] == total <= after[("epmdpxy_sent_bytes_total",)]


def test_metrics_of_two_cables_of_a_pair():
    with daemon() as port, acceptor(port, "b") as listener:
        with dial(port, "b") as one, shake(one, listener), dial(port, "b") as other, shake(other, listener):
            answer, text = fetch(port)
            assert answer.status == 200
            checked(text)
            samples = parsed(text)
            assert samples[("epmdpxy_cables", ("state", "up"))] == 2
            lanes = [each["bytes"] for cable in get(port, "/v1/cables")[1]["cables"] for each in cable["lanes"] if each["from"] == "a@h"]
            assert len(lanes) == 2 and lane(samples, "sent_bytes_total", "a@h", "b@h") == sum(lanes)


def test_metrics_of_more_pairs_than_there_are_lines():
    with daemon() as port, acceptor(port, "b") as listener:
        for number in range(501):
            names = (f"a{number:03}", "b")
            with dial(port, "b") as a, shake(a, listener, names):
                pass
        wait(lambda: not get(port, "/v1/cables")[1]["cables"])
        answer, text = fetch(port)
        assert answer.status == 200
        checked(text)
        samples = parsed(text)
        lines = [value for key, value in samples.items() if key[0] == "epmdpxy_lane_sent_bytes_total"]
        assert len(lines) == 1000 and samples[("epmdpxy_pairs_left_out",)] == 2
        sent = lane(samples, "sent_bytes_total", "b@h", "a000@h")  # as much as to each of the others, the last by name too
        assert sent and samples[("epmdpxy_sent_bytes_total",)] == sum(lines) + 2 * sent
        assert lane(samples, "sent_bytes_total", "b@h", "a500@h") is None


def test_metrics_of_who_cannot_be_known():
    """TLS: nobody knows who dialled."""
    with daemon() as port, acceptor(port, "b") as listener, dial(port, "b") as a:
        a.sendall(b"\x16\x03\x01\x02\x00" + bytes(512))
        b, _ = listener.accept()
        with b:
            take(b, 517)
            b.sendall(b"x" * 10)
            take(a, 10)
            answer, text = fetch(port)
            assert answer.status == 200
            checked(text)
            samples = parsed(text)
            assert samples[("epmdpxy_cables", ("state", "raw"))] == 1
            assert lane(samples, "sent_bytes_total", "", "b") == 517 and lane(samples, "sent_bytes_total", "b", "") == 10


def test_metrics_of_what_is_kept():
    with daemon() as port, link(port, ("a", "b")) as (a, b):
        assert post(port, "/v1/rules", {"fault": "latency", "params": {"delay": "1h"}, "from": ["a"], "to": ["b"]})[0] == 200
        a.sendall(frame(5000))
        wait(lambda: lane(metrics(port), "kept_bytes", "a@h", "b@h") == 5004)
        samples = metrics(port)
        assert samples[("epmdpxy_kept_bytes",)] == 5004 and lane(samples, "kept_bytes", "b@h", "a@h") == 0
        assert ask(port, "DELETE /v1/rules HTTP/1.1\nHost: localhost\n\n")[0] == 200
        take(b, 5004)
        assert lane(metrics(port), "kept_bytes", "a@h", "b@h") == 0 and rules(port) == []


def test_metrics_of_observers_and_leases():
    with daemon() as port, register(port, "a"), register(port, "hidden", kind=72), register(port, "runner"):
        assert post(port, "/v1/observers", {"nodes": ["runner"]})[0] == 200
        assert post(port, "/v1/leases", {"name": "l", "for": "1h"})[0] == 200
        samples = metrics(port)
        assert samples[("epmdpxy_nodes",)] == 3 and samples[("epmdpxy_observers",)] == 2 and samples[("epmdpxy_leases",)] == 1
        before = samples[("epmdpxy_http_requests_total",)]
        assert metrics(port)[("epmdpxy_http_requests_total",)] == before + 1
