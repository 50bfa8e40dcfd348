# SPDX-License-Identifier: MIT
"""The command line: subcommands, options, cut and fix, finding the daemon."""
import concurrent.futures
import json
import os
import re
import signal
import socket
import subprocess

from harness import CLEAN, EPMDPXY, daemon, fine, get, post, refused, register, rules, run

SUBCOMMANDS = ["serve", "exec", "status", "cut", "fix", "flap", "fault", "observe", "wait", "lease", "events", "names", "version"]


def fits(page):
    """Into a terminal, which is 80 columns wide."""
    assert page and all(len(line) <= 79 for line in page.splitlines()), page


def test_help_teaches():
    done = run("--help")
    assert done.returncode == 0 and done.stderr == ""
    for word in SUBCOMMANDS:
        assert re.search(rf"^  {word} ", done.stdout, re.MULTILINE), word
        one = run(word, "--help")
        assert one.returncode == 0 and one.stdout.startswith(f"Usage: epmdpxy {word}") and one.stderr == "", one
        assert fine(run("help", word)) == one.stdout
    assert fine(run("help")) == fine(run("-h")) == done.stdout
    for words in ([], *([word] for word in SUBCOMMANDS)):
        fits(run(*words, "--help").stdout)
    kinds = json.loads(fine(run("fault", "kinds", "--json")))["kinds"]
    for words in ([], *([kind["name"]] for kind in kinds)):
        fits(fine(run("fault", "kinds", *words)))
    assert run("version").stdout == run("--version").stdout
    assert re.fullmatch(r"epmdpxy \d+\.\d+\.\d+\n", run("version").stdout)


def test_unknown_words_and_options():
    refused(run(), "--help")
    refused(run("ct"), "did you mean cut?")
    refused(run("stauts"), "did you mean status?")
    refused(run("frobnicate"), "see epmdpxy --help")
    refused(run("help", "ct"), "did you mean cut?")
    refused(run("heal"), "'heal'; there is fix")
    refused(run("list"), "there is status, names, or fault list")
    refused(run("stop"), "fault clear", "Ctrl-C")
    refused(run("-daemon"), "'-daemon' is an option of epmd", "as a link to epmdpxy")
    refused(run("-d"), "'-d' is an option of epmd")
    refused(run("--daemon"), "unknown subcommand '--daemon'")
    refused(run("cut", "--one-wya", "a", "b"), "did you mean --one-way?")
    refused(run("serve", "--prot", "1"), "did you mean --port?")
    refused(run("status", "--frobnicate"), "--help")
    refused(run("status", "extra"), "'extra'")
    refused(run("serve", "extra"), "'extra'")
    refused(run("fix", "--one-way", "a", "b"), "--one-way")


def test_what_cannot_be_printed_is_an_error():
    with daemon() as port, open("/dev/full", "w") as full:
        for words in (["--help"], ["version"], ["status", "--help"], ["status"], ["status", "--json"], ["fault", "kinds"], ["names", "--json"]):
            done = subprocess.run([EPMDPXY, *words], env=CLEAN | {"ERL_EPMD_PORT": str(port)}, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
            assert (done.returncode, done.stderr) == (1, "epmdpxy: standard output: No space left on device\n"), (words, done)


def test_bad_values():
    for port in ["0x10", "-1", "70000", "abc", "", "1.5", "4369 "]:
        refused(run("serve", "--port", port), "--port")
        refused(run("cut", "--port", port, "a", "b"), "--port")
    refused(run("status", "--port", "0"), "--port")
    refused(run("status", env={"ERL_EPMD_PORT": "abc"}), "ERL_EPMD_PORT", "'abc'")
    refused(run("serve", env={"ERL_EPMD_PORT": "70000"}), "ERL_EPMD_PORT")
    for time_ in ["15", "-1s", "1y", "s", "1e3s", "0s", "9999999h"]:
        refused(run("serve", "--packet-timeout", time_), "--packet-timeout", "150ms")
    for value in (["1s"], []):
        refused(run("serve", "--gate-ttl", *value), "--gate-ttl is gone", "as long as its node is registered")
    refused(run("serve", "--ticktime", "4"), "--ticktime is for epmdpxy exec", "-kernel net_ticktime")
    assert not re.search("gate-ttl|ticktime", fine(run("serve", "--help")))
    refused(run("serve", "--address", "no.such.host"), "--address: ", "no.such.host")
    refused(run("serve", env={"ERL_EPMD_ADDRESS": "zzz"}), "ERL_EPMD_ADDRESS: ", "zzz")
    refused(run("serve", "--loopback", "--address", "127.0.0.1"), "--loopback", "or --address")
    refused(run("serve", "--log-level", "loud"), "debug")


def test_bad_islands_change_nothing():
    with daemon() as port:
        at = ["--port", str(port)]
        nodes = [register(port, name) for name in ("ab", "b")]
        assert run("cut", *at, "x", "y").returncode == 0
        before = rules(port)
        for verb in ("cut", "fix"):
            refused(run(verb, *at, "a"), "two or more")
            refused(run(verb, *at, "a,,b", "c"), "empty name", "'a,,b'")
            refused(run(verb, *at, ",a", "c"), "empty name")
            refused(run(verb, *at, "a,", "c"), "empty name")
            refused(run(verb, *at, "", "c"), "empty name")
            refused(run(verb, *at, "a,b", "b,c"), "two islands", "'b'")
            refused(run(verb, *at, "a", "a@vm"), "two islands")
            refused(run(verb, *at, "a*", "ax"), "two islands")
            refused(run(verb, *at, "a*", "?b"), "two islands", "'ab'")  # as a node shows
            refused(run(verb, *at, "a@", "b"), "NAME@HOST")
            refused(run(verb, *at, "a b", "c"), "blank")
        refused(run("cut", *at), "two or more")
        refused(run("cut", "--one-way", "a"), "two or more")  # before anybody looks for a daemon
        assert rules(port) == before and len(before) == 1
        for node in nodes:
            node.close()


def test_cut_and_fix_tell():
    with daemon() as port:
        at = ["--port", str(port)]
        with register(port, "a"):
            done = run("cut", *at, "a", "b,c")
            assert done.returncode == 0 and done.stderr == ""
            assert done.stdout.splitlines()[0] == "cut: a | b,c (0 cables held)"
            assert "no node named 'b'" in done.stdout and "'a'" not in done.stdout
            assert run("cut", *at, "--one-way", "d", "e").stdout.startswith("cut: d -> e (")
            text = run("status", *at).stdout
            assert "cut a | b,c" in text and "cut d -> e" in text and "port 9" in text, text
            done = run("fix", *at, "a", "b,c")
            assert done.stdout.startswith("fixed; 1 cut is left (0 cables held)"), done
            run("cut", *at, "a,f", "b,g")
            run("fix", *at, "a", "b")
            assert "cut a,f | b,g; but not a | b" in run("status", *at).stdout
            said = run("fix", *at, "x", "y").stdout
            assert "note: no cut is between these: nothing has changed\n" in said, said
            assert "note: no node named 'x' is registered\nnote: no node named 'y' is registered\n" in said, said
            assert run("fix", *at).stdout == "fixed: nothing is cut any more\n#2 touched nothing\n#3 touched nothing\n"
            assert rules(port) == []
            answer = json.loads(run("cut", *at, "--json", "a", "b").stdout)
            assert answer["rules"][0]["islands"] == [["a"], ["b"]] and answer["held_cables"] == 0


def test_finding_the_daemon():
    with daemon() as port:
        assert run("status", env={"ERL_EPMD_PORT": str(port)}).returncode == 0
        with register(port, "a", 4711):
            assert run("names", env={"ERL_EPMD_PORT": str(port)}).stdout == "name a at port 4711\n"
            assert run("names", "--port", str(port), env={"ERL_EPMD_PORT": "1"}).stdout == "name a at port 4711\n"
        assert run("status", env={"ERL_EPMD_PORT": str(port), "http_proxy": "http://127.0.0.1:1"}).returncode == 0
    for words in (["status"], ["cut", "a", "b"], ["fix"], ["names"]):
        refused(run(*words, "--port", str(port)), "nothing listens", str(port), status=1)


def test_the_port_is_taken():
    with daemon() as port, register(port, "a"):
        refused(run("serve", "--port", str(port)), f"port {port} is in use by another epmdpxy with 1 node: use that one, or choose another with --port, or 0",
                status=1)
    with socket.create_server(("127.0.0.1", 0)) as other:
        with socket.create_connection(other.getsockname()) as client:  # as any connection that this machine has dialled
            port = client.getsockname()[1]
            refused(run("serve", "--port", str(port)), f"port {port} is in use, though nobody answers there: some connection of this machine has it",
                    "choose another with --port, or 0", status=1)


def test_an_address_of_another_machine():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    refused(run("serve", "--port", port, "--address", "192.0.2.1"),
            f"cannot listen on 192.0.2.1:{port}: Cannot assign requested address; it is no address of this machine", status=1)


def test_what_listens_says_nothing():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = str(mute.getsockname()[1])
        silent, by_port = f"what listens on port {port} says nothing: is it stopped?", ["--port", port]
        told = {("status", *by_port): [silent, "--port or ERL_EPMD_PORT"], ("cut", "a", "b", *by_port): [silent],
                ("wait", "up", "1", "--timeout", "1s", *by_port): [silent],
                ("status", "--control", f"127.0.0.1:{port}"): ["says nothing: is it stopped?", "--control or EPMDPXY_CONTROL"],
                ("names", *by_port): [f"what listens on port {port} does not answer as a port mapper does", "--port"],
                ("serve", *by_port): [f"port {port} is in use by what is no port mapper; choose another with --port, or 0"]}
        with concurrent.futures.ThreadPoolExecutor(len(told)) as pool:
            for done, parts in zip(pool.map(lambda words: run(*words), told), told.values()):
                refused(done, *parts, status=1)


def test_nobody_is_registered():
    with daemon() as port:
        done = run("names", "--port", str(port))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", f"epmdpxy: no nodes are registered on port {port}\n"), done
        assert fine(run("names", "--json", "--port", str(port))) == "[]\n"


def test_somebody_else_listens():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        child = os.fork()
        if child == 0:  # takes one connection and closes it, as a stock epmd does with HTTP
            other.accept()[0].recv(1)
            os._exit(0)
        refused(run("status", "--port", port), "not epmdpxy", status=1)
        os.waitpid(child, 0)


def test_serve_announces_and_ends():
    for number in (signal.SIGTERM, signal.SIGINT):
        with subprocess.Popen([EPMDPXY, "serve", "--port", "0", "--loopback"], env=CLEAN, stdout=subprocess.PIPE,
                              text=True) as process:
            line = process.stdout.readline()
            found = re.fullmatch(r"epmdpxy \S+ listens on port (\d+); control: http://localhost:\1/v1/status\n", line)
            assert found, line
            assert run("status", "--port", found.group(1)).returncode == 0
            process.send_signal(number)
            assert process.wait(timeout=10) == 0


def test_names_do_nothing_to_a_terminal():
    """Whatever a stranger calls its node is shown as what it is, and JSON has it exactly."""
    name = "a\x1b[2J\x07\n\x9b31m"
    shown = r"a\x1b[2J\x07\x0a\xc2\x9b31m"
    with daemon() as port, register(port, name):
        for words in (["status"], ["events"]):
            text = fine(run(*words, "--port", str(port)))
            assert shown in text and not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text), text
        post(port, "/v1/rules", {"fault": "hide", "nodes": ["a\x9b*"]})
        assert r"hide: a\xc2\x9b*" in fine(run("fault", "list", "--port", str(port)))
        assert [node["name"] for node in get(port, "/v1/status")[1]["nodes"]] == [name]


def test_tables_are_shown():
    """What each event, counter, stage and flag means can be asked for."""
    for words, parts in [
        (["events", "--help"], ["node_up", "a node has registered"]),
        (["status", "--help"], ["registrations_refused", "handshakes_held", "dialling", "the acceptor is being connected to"]),
        (["wait", "--help"], ["connected A B", "noticed"]),
        (["cut", "--help"], ["hold", "net_ticktime, as in a real", "--majorities-ring", "no two see the same one"]),
        (["fault", "kinds", "handshake"], ["challenge", "who it is, and a challenge"]),
        (["fault", "kinds", "downgrade"], ["unlink_id", "newer protocol for unlink"]),
    ]:
        text = " ".join(fine(run(*words)).split())
        assert all(part in text for part in parts), (words, text)
