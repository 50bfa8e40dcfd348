# SPDX-License-Identifier: MIT
"""How the daemon starts and ends, where things are not as they should be."""
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile

from harness import CLEAN, EPMDPXY, answer, daemon, get, process, refused, register, run, wait
from links import frame, idles, link, take


def test_a_port_that_cannot_be_told_is_not_served():
    for path in ("/nonexistent/port", "/dev/full"):
        refused(run("serve", "--port", "0", "--port-file", path), "--port-file: ", path, status=1)


def test_the_port_file_goes_with_the_daemon():
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "port"
        for told in (None, "4711\n"):  # by another daemon, which has begun meanwhile
            with subprocess.Popen([EPMDPXY, "serve", "--port", "0", "--port-file", str(file)], env=CLEAN, stdout=subprocess.DEVNULL) as served:
                wait(file.exists)
                if told:
                    file.write_text(told)
                served.terminate()
                assert served.wait(timeout=20) == 0
            assert file.exists() == bool(told)


def test_it_ends_with_its_standard_input():
    words = [EPMDPXY, "serve", "--port", "0", "--until-stdin-closes"]
    for leave in (lambda served: served.stdin.close(), lambda served: served.terminate()):
        with subprocess.Popen(words, env=CLEAN, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as served:
            port = int(served.stdout.readline())
            served.stdin.write("what comes there is for nobody\n")
            served.stdin.flush()
            assert get(port, "/v1/status")[1]["port"] == port
            leave(served)
            assert served.wait(timeout=10) == 0
            assert served.stdout.read() == ""
    refused(run(*words[1:]), "standard input is no pipe", status=1)  # /dev/null
    refused(run("exec", "--until-stdin-closes", "--", "true"), "standard input is no pipe", status=1)


def test_it_ends_with_whoever_started_it():
    starter = f"import subprocess, sys; served = subprocess.Popen(['{EPMDPXY}', 'serve', '--port', '0', '--until-stdin-closes'], stdin=subprocess.PIPE); print(served.pid, flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", starter], env=CLEAN, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        lines = sorted((process.stdout.readline(), process.stdout.readline()), key=int)
        pids = [int(line) for line in lines if pathlib.Path(f"/proc/{line.strip()}/cmdline").exists() and b"until-stdin" in pathlib.Path(f"/proc/{line.strip()}/cmdline").read_bytes()]
        assert len(pids) == 1, lines
        process.kill()
        wait(lambda: not pathlib.Path(f"/proc/{pids[0]}").exists())


def test_standard_input_output_and_error_may_be_closed():
    with tempfile.TemporaryDirectory() as folder:
        port_file = pathlib.Path(folder) / "port"
        words = f'exec "{EPMDPXY}" serve --port 0 --port-file "{port_file}" --log-level debug 0<&- 1>&- 2>&-'
        with subprocess.Popen(["/bin/sh", "-c", words], env=CLEAN) as served:
            try:
                wait(port_file.exists)
                port = int(port_file.read_text())
                assert answer(port, b"n")[:4] == port.to_bytes(4, "big")
                assert get(port, "/v1/status")[0] == 200
            finally:
                served.terminate()
            assert served.wait(timeout=20) == 0


def test_a_daemon_on_ipv6_alone_is_found():
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener, tempfile.TemporaryDirectory() as folder:
        port = listener.getsockname()[1]
        program = pathlib.Path(folder) / "epmd"
        program.symlink_to(EPMDPXY)
        script = f"import os; os.dup2({listener.fileno()}, 3, True); os.environ['LISTEN_PID'] = str(os.getpid())\n" \
                 f"os.execv({str(program)!r}, ['epmd', '-systemd', '-port', '{port}'])"
        with subprocess.Popen([sys.executable, "-c", script], env={**CLEAN, "LISTEN_FDS": "1"},
                              pass_fds=[listener.fileno()]) as served:
            try:
                wait(lambda: run("status", "--port", str(port)).returncode == 0)
                assert run("cut", "a", "b", "--port", str(port)).returncode == 0
                assert run("names", "--port", str(port)).returncode == 0
            finally:
                served.terminate()


def test_a_log_that_nobody_reads_stops_nothing():
    with process("--log-level", "debug") as (served, port):
        for _ in range(1500):  # far more than a pipe holds
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.sendall(b"\0\1" + b"z")
        assert get(port, "/v1/status")[0] == 200
        told = os.read(served.stderr.fileno(), 1 << 20)  # now there is room for the line that tells
        for _ in range(2):
            answer(port, b"?")  # unknown: logged
        wait(lambda: get(port, "/v1/status")[0] == 200)
        told += os.read(served.stderr.fileno(), 1 << 20)
        assert b"lines of the log are lost" in told, told[-500:]


def test_names_do_not_reach_the_terminal_raw():
    name = "a\x1b[31m\x07b\u0085c"
    with daemon() as port, register(port, name), register(port, "n\u00f6de"):
        for words in (["names"], ["status"], ["events"]):
            done = run(*words, "--port", str(port))
            assert done.returncode == 0 and "n\u00f6de" in done.stdout, done
            assert not any(c in done.stdout for c in "\x1b\x07\u0085"), done
        assert json.loads(run("names", "--json", "--port", str(port)).stdout)[1]["name"] == name
        assert json.loads(run("status", "--json", "--port", str(port)).stdout)["nodes"][1]["name"] == name


def test_rules_from_the_start():
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "rules.json"

        def wrong(text, *parts):
            file.write_text(text)
            refused(run("serve", "--port", "0", "--rules", str(file)), f"--rules: {file}: ", *parts)

        wrong("", "fault: ")
        wrong("{}" + " " * (1 << 20), "more than 1048576 bytes")
        wrong('{"fault": "mute"', "not JSON")
        wrong('[{"fault": "mute"}]', "must be an object", "an array")
        wrong("{}", "fault: ")
        wrong('{"fault": "mute", "fault": "mute"}', "not JSON", "duplicate")
        wrong('{"rules": []}', "rules: an empty list")
        wrong('{"rules": [{"fault": "mute"}, {"fault": "latency"}]}', "rules[1].params.delay: ")
        wrong('{"fault": "mute", "lease": "l"}', "lease: ", "nobody is there yet")
        wrong('{"rules": [{"fault": "mute"}, {"fault": "mute", "owner": "connection"}]}', "rules[1].owner: ", "nobody is there yet")
        wrong('{"fault": "mute", "strict": true}', "strict: ", "nobody is there yet")
        wrong('{"fault": "partition", "islands": [["a", "b"], ["b"]]}', "islands")
        refused(run("serve", "--port", "0", "--rules", str(file) + "x"), "No such file")
        refused(run("serve", "--port", "0", "--rules", folder), "directory")
        refused(run("exec", "--rules", str(file), "--", "true"), "islands")
        file.write_text(json.dumps({"rules": [{"fault": "partition", "islands": [["a"], ["b"]], "for": "1h"}, {"fault": "mute", "between": [["a"], ["c"]]}]}))
        with daemon("--rules", str(file)) as port:
            cut, mute = get(port, "/v1/rules")[1]["rules"]
            assert (cut["fault"], mute["fault"]) == ("partition", "mute") and 0 < cut["ends_in_ms"] <= 3600000, cut
        done = run("exec", "--rules", str(file), "--", EPMDPXY, "fault", "list")
        assert done.returncode == 0 and "mute" in done.stdout, done


def test_status_says_how_bytes_are_moved():
    for options, told in ((["--no-splice"], (True, False, 0)), (["--no-batch"], (False, True, 0)), (["--stay-awake", "50us"], (True, True, 50))):
        with daemon(*options) as port:
            status = get(port, "/v1/status")[1]
            assert (status["batch"], status["splice"], status["stay_awake_us"]) == told, status
    refused(run("serve", "--stay-awake", "2ms", "--port", "0"), "--stay-awake", "1000 us")


def test_who_stays_awake_sleeps_while_nothing_comes():
    with process("--stay-awake", "1ms") as (served, port), link(port) as (a, b):
        for _ in range(200):
            a.sendall(frame(60))
            take(b, 64)
            b.sendall(frame(60))
            take(a, 64)
        assert idles(served.pid)
