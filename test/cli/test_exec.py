# SPDX-License-Identifier: MIT
"""exec: a command with a daemon of its own."""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile

from harness import CLEAN, EPMDPXY, fine, refused, run, wait


def test_exec_gives_its_command_a_daemon():
    done = run("exec", "--", "sh", "-c", f"echo $ERL_EPMD_PORT; {EPMDPXY} cut a b >/dev/null && {EPMDPXY} status --json")
    port, status = done.stdout.split("\n", 1)
    assert done.returncode == 0 and done.stderr == "", done
    status = json.loads(status)
    assert status["port"] == int(port) and len(status["rules"]) == 1
    gone(status["pid"], status["port"])
    assert run("exec", "echo", "-n", "x", "--help").stdout == "x --help"
    assert run("exec", "--log-level", "debug", "--", "true").returncode == 0


def test_exec_takes_the_options_of_serve():
    with tempfile.TemporaryDirectory() as folder:
        port_file = pathlib.Path(folder) / "port"
        done = run("exec", "--port-file", str(port_file), "--", "sh", "-c", f"echo $ERL_EPMD_PORT; cat {port_file}")
        assert done.returncode == 0 and len(set(done.stdout.split())) == 1 and done.stdout.count("\n") == 2, done
    refused(run("exec", "--port-file", "/no/such/folder/port", "--", "true"), "--port-file", status=1)


def test_exec_tells_nodes_their_ticktime():
    shown = ["--", "sh", "-c", "echo $ERL_ZFLAGS"]
    assert run("exec", "--ticktime", "4", *shown).stdout == "-kernel net_ticktime 4\n"
    assert run("exec", "--log-level", "error", "--ticktime=4", *shown, env={"ERL_ZFLAGS": "-pa x"}).stdout == "-pa x -kernel net_ticktime 4\n"
    assert run("exec", "--ticktime", "4", *shown, env={"ERL_ZFLAGS": "-kernel net_ticktime 9"}).stdout == "-kernel net_ticktime 9\n"
    assert run("exec", *shown).stdout == "\n"
    assert "--ticktime SECONDS" in run("exec", "--help").stdout
    refused(run("exec", "--ticktime", "0", "--", "true"), "--ticktime: '0' is not a number from 1 to 3600")
    refused(run("exec", "--ticktime", "--", "true"), "--ticktime needs a value: SECONDS")
    refused(run("exec", "--ticktim", "4", "--", "true"), "did you mean --ticktime?")


def test_strict_finds_faults_that_touched_nothing():
    def exec_strict(script):
        return run("exec", "--strict", "--", "sh", "-c", script.replace("epmdpxy", EPMDPXY))
    refused(exec_strict("epmdpxy cut a b >/dev/null; epmdpxy fix >/dev/null"), "this fault has ended and touched nothing: #1 cut a | b", status=3)
    refused(exec_strict("epmdpxy fault add latency delay=1s >/dev/null"), "#1 latency delay=1s: * <-> *", status=3)
    assert exec_strict("exit 7").returncode == 7
    assert exec_strict("epmdpxy cut a b >/dev/null; exit 7").returncode == 7
    done = exec_strict("epmdpxy status >/dev/null; true")
    assert done.returncode == 0 and done.stderr == "", done
    assert run("exec", "--", "sh", "-c", f"{EPMDPXY} cut a b").returncode == 0


def gone(pid, port):
    assert not pathlib.Path(f"/proc/{pid}").exists()
    refused(run("status", "--port", str(port)), status=1)


def test_exec_exit_status():
    assert run("exec", "--", "sh", "-c", "exit 7").returncode == 7
    assert run("exec", "--", "sh", "-c", "kill -KILL $$").returncode == 128 + signal.SIGKILL
    done = run("exec", "--", "/no/such/command")
    refused(done, "/no/such/command", status=127)
    refused(run("exec", "--", "/etc/passwd"), "/etc/passwd", status=126)
    refused(run("exec"), "no command")
    refused(run("exec", "--"), "no command")
    refused(run("exec", "--packet-timeout", "1s", "true"), "--")
    for words, part in ((("--prot", "1"), "did you mean --port?"), (("--observer", "a@"), "--observer[0]: "), (("--log-level", "loud"), "--log-level"),
                        (("--token-file", "/none"), "--token-file: "), (("--gate-ttl", "1s"), "--gate-ttl is gone")):
        refused(run("exec", *words, "--", "true"), "epmdpxy exec: ", part)
    assert "Usage: epmdpxy exec " in fine(run("exec", "--strict", "--help", "--", "true"))
    with socket.create_server(("127.0.0.1", 0)) as other:
        refused(run("exec", "--port", str(other.getsockname()[1]), "--", "true"), "in use", status=1)


def test_exec_passes_signals_on():
    script = "trap 'echo got; exit 5' USR1 TERM; echo $ERL_EPMD_PORT $$; while :; do sleep 0.05; done"
    for number in (signal.SIGUSR1, signal.SIGTERM):
        with subprocess.Popen([EPMDPXY, "exec", "--", "sh", "-c", script], env=CLEAN, stdout=subprocess.PIPE,
                              text=True) as process:
            port, shell = process.stdout.readline().split()
            pid = json.loads(run("status", "--json", "--port", port).stdout)["pid"]
            process.send_signal(number)
            assert process.stdout.read() == "got\n"
            assert process.wait(timeout=10) == 5
        gone(pid, port)
        gone(shell, port)


def test_exec_killed_leaves_no_daemon():
    with subprocess.Popen([EPMDPXY, "exec", "--", "sh", "-c", "echo $ERL_EPMD_PORT; exec sleep 30"], env=CLEAN,
                          stdout=subprocess.PIPE, text=True) as process:
        port = process.stdout.readline().strip()
        pid = json.loads(run("status", "--json", "--port", port).stdout)["pid"]
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.kill()
        process.wait(timeout=10)
        wait(lambda: not pathlib.Path(f"/proc/{pid}").exists() or "State:\tZ" in
             pathlib.Path(f"/proc/{pid}/status").read_text())
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)


def test_exec_goes_on_without_its_daemon():
    done = run("exec", "--", "sh", "-c",
               f"kill -KILL $({EPMDPXY} status --json | sed -n 's/.*\"pid\": \\([0-9]*\\).*/\\1/p'); sleep 0.5; exit 3")
    assert done.returncode == 3 and "the daemon has ended" in done.stderr, done


def linked_as_epmd(folder):
    program = pathlib.Path(folder) / "epmd"
    program.symlink_to(EPMDPXY)
    return program


def test_epmd_kill_does_not_end_the_private_daemon():
    with tempfile.TemporaryDirectory() as folder:
        script = f"{linked_as_epmd(folder)} -kill; {EPMDPXY} status >/dev/null"
        for options in ([], ["--relaxed-command-check"]):
            done = run("exec", *options, "--", "sh", "-c", script)
            assert done.returncode == 0 and "not allowed" in done.stdout and done.stderr == "", done


def test_who_outlives_exec_is_named():
    lasting = (f"import socket, os, sys, time; sys.path.insert(0, {str(pathlib.Path(__file__).parent)!r})\n"
               "from harness import register\n"
               "nodes = [register(int(os.environ['ERL_EPMD_PORT']), name) for name in ('one', 'two\\x1b')]\n"
               "if os.fork() == 0:\n"
               "    os.setsid(); os.closerange(0, 3); time.sleep(float(sys.argv[1])); os._exit(0)\n")
    done = run("exec", "--", "python3", "-c", lasting, "5")
    assert done.returncode == 0 and done.stderr.count("\n") == 1, done
    assert "two\\x1b, one" in done.stderr and "without a port mapper" in done.stderr, done
    done = run("exec", "--", "python3", "-c", lasting, "0.3")  # they are only slow to end
    assert done.returncode == 0 and done.stderr == "", done
