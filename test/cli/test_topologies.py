# SPDX-License-Identifier: MIT
"""cut by topology, and flap."""
import itertools
import json
import re
import signal
import subprocess

from harness import CLEAN, EPMDPXY, cluster, delete, fine, lasting, post, refused, refused_by, rules, wait

FIVE = ["n1", "n2", "n3", "n4", "n5"]


def islands_of(text):
    return [line.removeprefix("cut: ").split(" (")[0] for line in text.splitlines() if line.startswith("cut: ")]


def cut_pairs(answered):
    return {frozenset(pair) for rule in answered["rules"] for a, b in itertools.combinations(rule["islands"], 2)
            for pair in itertools.product(a, b)}


def test_each_topology():
    with cluster(*FIVE) as (port, go):
        def cut(*words):
            text = fine(go("cut", *words))
            fine(go("fix"))
            by_chance = words[0] in ("--random-halves", "--majorities-ring")
            assert bool(re.search(r"^seed: \d+$", text, re.MULTILINE)) == by_chance, text
            return islands_of(text)

        assert cut("--halves") == ["n1,n2 | n3,n4,n5"]
        assert cut("--isolate", "n3") == ["n3 | n1,n2,n4,n5"]
        assert cut("--isolate", "n[12]") == ["n[12] | n3,n4,n5"]
        assert cut("--bridge", "n3") == ["n1,n2 | n4,n5"]
        assert cut("--halves", "--of", "n2,n4,n5") == ["n2 | n4,n5"]
        assert cut("--isolate", "n1", "--of", "n1,n2") == ["n1 | n2"]
        halves = cut("--random-halves")[0].split(" | ")
        assert sorted(",".join(halves).split(",")) == FIVE and len(halves[0].split(",")) == 2
        answered = post(port, "/v1/cut", {"topology": "majorities-ring"})[1]
        pairs = cut_pairs(answered)
        assert all(sum(name in pair for pair in pairs) == 2 for name in FIVE), answered
        assert 0 <= answered["seed"] < 65536 and rules(port) == answered["rules"]
        assert post(port, "/v1/cut", {"topology": "random_halves"})[0] == 200


def test_the_same_seed_cuts_the_same():
    for topology in ("--random-halves", "--majorities-ring"):
        seen = set()
        for names in (FIVE, FIVE[::-1]):
            with cluster(*names) as (port, go):
                for seed in range(6):
                    text = fine(go("cut", topology, "--seed", str(seed)))
                    assert f"seed: {seed}\n" in text
                    seen.add((seed, tuple(islands_of(text))))
                    delete(port, "/v1/rules")
                told = fine(go("cut", topology))
                delete(port, "/v1/rules")
                assert islands_of(fine(go("cut", topology, "--seed", re.search(r"seed: (\d+)", told).group(1)))) == islands_of(told)
                assert json.loads(fine(go("cut", topology, "--seed", "2147483647", "--json")))["seed"] == 2147483647
                assert post(port, "/v1/cut", {"topology": topology[2:], "seed": 2**63 - 1})[1]["seed"] == 2**63 - 1
        assert len(seen) == 6 and len({islands for _, islands in seen}) > 1, seen


def test_topologies_that_cannot_be():
    with cluster() as (port, go):
        for words in (["--halves"], ["--majorities-ring"], ["--random-halves"]):
            refused(go("cut", *words), words[0][2:], "nodes are needed, and 0 are there")
        refused(go("cut", "--isolate", "a"), "isolate: ", "no node named 'a'")
        assert rules(port) == []
    with cluster("a", "b") as (port, go):
        for words, parts in [
            (["--bridge", "a"], ["bridge: ", "at least 3"]),
            (["--majorities-ring"], ["majorities-ring: ", "at least 3"]),
            (["--isolate", "x"], ["isolate: ", "'x'"]),
            (["--isolate", "*"], ["isolate: ", "no other node"]),
            (["--isolate", "a,b"], ["isolate: ", "comma"]),
            (["--isolate", "a@"], ["isolate: ", "NAME@HOST"]),
            (["--isolate", ""], ["--isolate"]),
            (["--halves", "--of", "a"], ["halves: ", "at least 2", "1 is there"]),
            (["--halves", "--of", "x"], ["halves: ", "0 are there"]),
            (["--halves", "--of", "a,,b"], ["--of: ", "empty name"]),
            (["--halves", "--of", "a@"], ["of[0]: ", "NAME@HOST"]),
            (["--halves", "--isolate", "a"], ["one topology"]),
            (["--halves", "a", "b"], ["'a'", "--halves"]),
            (["--halves", "--one-way"], ["--one-way", "--halves"]),
            (["--seed", "1", "a", "b"], ["--seed", "topology"]),
            (["--of", "a", "a", "b"], ["--of", "topology"]),
            (["--halves", "--seed", "-1"], ["--seed", "'-1'"]),
            (["--halves", "--seed", "2147483648"], ["--seed", "2147483647"]),
            (["--halves", "--seed", "x"], ["--seed", "'x'"]),
        ]:
            refused(go("cut", *words), *parts)
            if words[0] != "--seed" and words[0] != "--of":
                refused(go("flap", *words), *parts)
        for body, parts in [
            ({"topology": "quarters"}, ["topology: ", "random-halves"]),
            ({"topology": 3}, ["topology: "]),
            ({"topology": "isolate"}, ["isolate: ", "node"]),
            ({"topology": "halves", "node": "a"}, ["halves: ", "'a'"]),
            ({"topology": "halves", "islands": [["a"], ["b"]]}, ["islands: "]),
            ({"topology": "halves", "one_way": True}, ["one_way: "]),
            ({"topology": "halves", "seed": -1}, ["seed: "]),
            ({"topology": "halves", "seed": 1.5}, ["seed: "]),
            ({"topology": "halves", "seed": "1"}, ["seed: "]),
            (b'{"topology": "halves", "seed": 9223372036854775808}', ["JSON"]),
            ({"topology": "halves", "of": [["a"]]}, ["of[0]: "]),
            ({"topology": "halves", "of": []}, ["of: "]),
            ({"islands": [["a"], ["b"]], "seed": 1}, ["seed: "]),
            ({"islands": [["a"], ["b"]], "node": "a"}, ["node: "]),
        ]:
            refused_by(post(port, "/v1/cut", body), *parts)
        assert rules(port) == []


# ---- flap ----

def flap(port, *words):
    return subprocess.Popen([EPMDPXY, "flap", "--port", str(port), *words], env=CLEAN, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def flapped(port, count, *words):
    """Its first lines but remarks; however long they take, then it is stopped."""
    lines = []
    with flap(port, *words) as process:
        while len(lines) < count and (line := process.stdout.readline()):
            if line.startswith(("cut for", "seed: ", "{")):
                lines.append(line)
        process.send_signal(signal.SIGINT)
        wrong = process.communicate(timeout=10)[1]
        assert process.returncode == 0 and wrong == "" and len(lines) == count, (process.returncode, lines, wrong)
    assert rules(port) == []
    return lines


def test_flap_is_repeatable():
    with cluster(*FIVE) as (port, _):
        first, second = (flapped(port, 8, "--random-halves", "--seed", "7", "--period", "100ms") for _ in range(2))
        assert first == second and first[0] == "seed: 7\n" and len(set(first)) >= 4, (first, second)
        times = [float(re.match(r"cut for ([\d.]+)ms", line).group(1)) for line in first[1:]]
        assert all(25 <= time <= 75 for time in times), times
        seed, *cuts = flapped(port, 4, "n1", "n2", "--period", "50ms")
        assert re.fullmatch(r"seed: \d+\n", seed) and all(re.fullmatch(r"cut for \d+(\.\d)?ms: n1 \| n2\n", cut) for cut in cuts), (seed, cuts)
        documents = [json.loads(line) for line in flapped(port, 2, "n1", "n2", "--period", "50ms", "--json")]
        assert all(document["rules"][0]["islands"] == [["n1"], ["n2"]] for document in documents), documents


def test_flap_ends_by_itself():
    with cluster("a", "b") as (port, go):
        assert fine(go("flap", "a", "b", "--period", "1h", "--for", "120ms")).startswith("seed: ")
        assert rules(port) == []


def test_flap_that_is_stopped_leaves_nothing():
    with cluster("a", "b") as (port, go):
        fine(go("cut", "b", "c"))
        kept = lasting(port)
        for number in (signal.SIGINT, signal.SIGTERM):
            with flap(port, "--period", "1h", "a", "b") as process:
                wait(lambda: len(rules(port)) == 2)
                process.send_signal(number)
                assert process.wait(timeout=10) == 0 and process.stderr.read() == ""
            assert lasting(port) == kept
        with flap(port, "--period", "600ms", "a", "b") as process:
            wait(lambda: len(rules(port)) == 2)
            process.kill()
        wait(lambda: lasting(port) == kept)


def test_flap_ends_with_its_daemon():
    with cluster("a", "b") as (port, _):
        process = flap(port, "--period", "100ms", "a", "b")
        wait(lambda: rules(port))
    with process:
        assert process.wait(timeout=10) == 1
        text = process.stderr.read()
    assert text.count("\n") == 1 and "nothing listens" in text, text
