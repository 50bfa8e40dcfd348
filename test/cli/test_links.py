# SPDX-License-Identifier: MIT
"""Faults as two nodes see them whose every byte is ours: what real nodes do rarely, or never at the right moment."""
import re
import signal
import socket
import struct
import time

from harness import daemon, delete, fine, get, post, process, rules, run, wait
from links import ACK, REPLY, STATUS, TICK, acceptor, challenge, dial, ended, frame, idles, link, name_message, shake, take


def add(port, fault, params=None, **whom):
    status, answered = post(port, "/v1/rules", {"fault": fault, "params": params or {}, **whom})
    assert status == 200, answered


def cables(port):
    return [cable["state"] for cable in get(port, "/v1/status")[1]["cables"]]


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def test_whoever_gives_up_a_delayed_handshake_is_heard_of():
    with daemon() as port, acceptor(port, "b") as listener:
        add(port, "latency", {"delay": "20ms"})
        a = dial(port, "b")
        a.sendall(name_message("a"))
        b, _ = listener.accept()
        take(b, len(name_message("a")))
        a.close()
        with b:
            assert ended(b)
        wait(lambda: not cables(port))


def test_a_frozen_node_that_dies_within_a_frame_costs_nothing():
    with process() as (served, port), link(port) as (a, b):
        a.sendall(frame(1000)[:500])
        take(b, 500)
        add(port, "freeze")
        a.close()
        assert not ended(b, 0.2) and idles(served.pid)


def test_frames_before_their_time_in_a_frozen_handshake_cost_nothing():
    with process() as (served, port), acceptor(port, "b") as listener, dial(port, "b") as a:
        add(port, "latency", {"delay": "200ms"})
        a.sendall(name_message("a"))
        b, _ = listener.accept()
        with b:
            take(b, len(name_message("a")))
            early = STATUS + challenge("b") + ACK
            b.sendall(early + frame(100))
            wait(lambda: get(port, "/v1/status")[1]["cables"][0]["lanes"][1]["kept_bytes"] >= len(early + frame(100)))
            add(port, "freeze")
            take(a, len(early))
            assert idles(served.pid)


def test_all_that_a_broken_node_has_sent_is_read_through_a_full_lane():
    with daemon("--lane-bytes", "64KiB") as port, link(port) as (a, b):
        add(port, "latency", {"delay": "300ms"})
        a.sendall(frame(996) * 200)
        wait(lambda: "lane_full" in [event["event"] for event in get(port, "/v1/events")[1]["events"]])
        reset(a)
        assert ended(b)
        wait(lambda: not cables(port))


def test_a_cut_comes_before_limit_data():
    with daemon() as port, link(port) as (a, b):
        post(port, "/v1/cut", {"islands": [["a"], ["b"]], "mode": "drop"})
        add(port, "limit_data", {"bytes": "0B"})
        assert not ended(a, 0.3) and not ended(b, 0.1)


def test_a_dialer_that_breaks_before_it_is_held_is_not_kept():
    with process() as (served, port), acceptor(port, "b"):
        post(port, "/v1/cut", {"islands": [["a"], ["b"]]})
        a = dial(port, "b")
        wait(lambda: cables(port) == ["naming"])
        served.send_signal(signal.SIGSTOP)
        a.sendall(name_message("a"))
        reset(a)
        served.send_signal(signal.SIGCONT)
        wait(lambda: not cables(port))


def test_a_frozen_node_may_die_while_the_other_ticks():
    with daemon() as port, link(port) as (a, b):
        add(port, "freeze", {"every": "20ms"}, **{"from": ["b"], "to": ["a"]})
        b.close()
        for _ in range(10):
            a.sendall(TICK)
            take(a, len(TICK))
        assert not ended(a, 0.1)


def fill(sock):
    """Sends until nobody takes any more."""
    sock.setblocking(False)
    while True:
        try:
            sock.send(bytes(65536))
        except BlockingIOError:
            break
    sock.settimeout(5)


def test_who_leaves_behind_a_full_held_lane_is_heard_of():
    """Its end stands behind all that it has sent. But it is not told that the other one has left before."""
    with daemon() as port, link(port) as (a, b):
        assert post(port, "/v1/cut", {"islands": [["a"], ["b"]]})[0] == 200
        b.sendall((2**31).to_bytes(4, "big"))
        fill(b)
        a.close()
        assert not ended(b, 0.3) and cables(port) == ["deserted"]
        b.close()
        wait(lambda: not cables(port))


def test_last_words_are_delivered_at_the_fix():
    with daemon() as port, link(port) as (a, b):
        assert post(port, "/v1/cut", {"islands": [["a"], ["b"]]})[0] == 200
        a.sendall(frame(100, b"y"))
        a.close()
        b.sendall(frame(100))
        assert not ended(b, 0.3)
        post(port, "/v1/fix", b"")
        assert take(b, len(frame(100))) == frame(100, b"y")
        assert ended(b)


# ---- what rules have kept back ----

def test_one_is_not_many():
    with daemon() as port, link(port) as (a, b):
        a.sendall(frame(5) + TICK)
        take(b, 13)
        told = fine(run("status", "--port", str(port)))
        assert re.search(r"a@h -> b@h: \d+ bytes, 1 frame, 1 tick\n", told) and re.search(r"b@h -> a@h: \d+ bytes, 0 frames, 0 ticks\n", told), told
        fine(run("cut", "--port", str(port), "a", "b"))
        a.sendall(frame(5)[:1])
        wait(lambda: rules(port)[0]["effect"]["held_bytes"] == 1)
        assert "#1 touched 1 cable; held 1 byte\n" in fine(run("fix", "--port", str(port)))


def test_what_comes_too_late_says_so():
    with daemon() as port, link(port):
        for fault, params in (("downgrade", {"clear": ["fragments"]}), ("handshake", {"stage": "reply"})):
            late = post(port, "/v1/rules", {"fault": fault, "params": params, "between": [["a"], ["b"]]})[1]["notes"]
            assert late == ["a@h and b@h are connected already: it touches them when they connect anew"], late
        for more in ({"between": [["a"], ["c"]]}, {"from": ["a"], "to": ["b"], "dialled_by": "to"}):
            late = post(port, "/v1/rules", {"fault": "handshake", "params": {"stage": "reply"}, **more})[1]["notes"]
            assert not any("already" in note for note in late), late
        assert post(port, "/v1/rules", {"fault": "mute", "between": [["a"], ["b"]]})[1]["notes"] == []


def effects(port):
    return [(rule["effect"]["held_bytes"], rule["effect"]["dropped_bytes"]) for rule in get(port, "/v1/rules")[1]["rules"]]


def cut(port, mode, islands=(["a"], ["b"]), **more):
    assert post(port, "/v1/cut", {"mode": mode, "islands": list(islands), **more})[0] == 200


def fixed(port):
    """The effects of what a fix has ended."""
    return [(rule["effect"]["held_bytes"], rule["effect"]["dropped_bytes"]) for rule in post(port, "/v1/fix", {})[1]["ended"]]


def test_effects_count_what_was_held():
    with daemon() as port, link(port) as (a, b):
        a.sendall(frame(100))
        take(b, 104)
        cut(port, "hold")
        assert effects(port) == [(0, 0)]
        a.sendall(frame(996))
        b.sendall(frame(496))
        wait(lambda: effects(port) == [(1500, 0)])
        cut(port, "hold", one_way=True)  # what was held before is not its
        a.sendall(frame(246))
        b.sendall(frame(6))
        wait(lambda: effects(port) == [(1760, 0), (250, 0)])
        assert fixed(port) == [(1760, 0), (250, 0)]
        take(b, 1000 + 250)
        take(a, 500 + 10)
        cut(port, "hold", (["c"], ["b"]))
        add(port, "freeze", {"every": "1h"}, **{"from": ["a"], "to": ["b"]})
        a.sendall(frame(96))
        b.sendall(frame(96))
        take(a, 100)
        wait(lambda: effects(port) == [(0, 0), (100, 0)])


def test_effects_count_what_a_lost_connection_has_held_and_dropped():
    with daemon() as port:
        cut(port, "drop", (["c"], ["d"]))
        with link(port) as (a, b):
            cut(port, "hold")
            a.sendall(frame(996))
            wait(lambda: effects(port) == [(0, 0), (1000, 0)])
            a.sendall(frame(96))
            time.sleep(0.05)
        wait(lambda: not cables(port))
        assert effects(port) == [(0, 0), (1100, 0)], effects(port)
        with acceptor(port, "d") as listener:
            assert fixed(port) == [(0, 0), (1100, 0)]
            with dial(port, "d") as c, shake(c, listener, ("c", "d")) as d:
                cut(port, "drop", (["c"], ["d"]), one_way=True)
                c.sendall(frame(96))
                d.sendall(frame(46))
                take(c, 50)
                wait(lambda: effects(port) == [(0, 100)])
                d.sendall(frame(6))
                take(c, 10)
            wait(lambda: not cables(port))
            assert fixed(port) == [(0, 100)]


def done(port, at=-1):
    """What a rule has done: the figures that are not 0, and no times."""
    effect = get(port, "/v1/rules")[1]["rules"][at]["effect"]
    return {name: value for name, value in effect.items() if value and not name.endswith("_ms")}


def test_effects_count_frames():
    with daemon() as port, link(port) as (a, b):
        a.sendall(frame(50)[:20])
        take(b, 20)
        add(port, "latency", {"delay": "1ms"}, between=[["a"], ["b"]])
        b.sendall(TICK)
        take(a, 4)
        assert done(port) == {"cables": 1}
        delete(port, "/v1/rules")
        cut(port, "hold", one_way=True)
        a.sendall(frame(50)[20:] + TICK + frame(10) + frame(20) + frame(30)[:7])
        wait(lambda: done(port) == {"cables": 1, "bitten": True, "held_bytes": 34 + 14 + 24 + 7, "held_frames": 3})
        a.sendall(frame(30)[7:])
        wait(lambda: done(port) == {"cables": 1, "bitten": True, "held_bytes": 34 + 14 + 24 + 34, "held_frames": 4})
        post(port, "/v1/fix", {})
        take(b, 34 + 4 + 14 + 24 + 34)
        add(port, "latency", {"delay": "1ms"}, **{"from": ["a"], "to": ["b"]})
        assert done(port) == {"cables": 1}
        a.sendall(frame(100) + TICK + frame(3))
        take(b, 104 + 4 + 7)
        wait(lambda: done(port) == {"cables": 1, "bitten": True, "delayed_bytes": 111, "delayed_frames": 2})
        add(port, "mute", {}, **{"from": ["a"], "to": ["b"]})
        a.sendall(TICK + frame(3))
        take(b, 7)
        wait(lambda: done(port) == {"cables": 1, "bitten": True, "dropped_bytes": 4})
        assert done(port, 0)["delayed_bytes"] == 111 + 7
        cut(port, "drop", one_way=True)
        a.sendall(frame(1000) + TICK + frame(5)[:4])
        wait(lambda: done(port) == {"cables": 1, "bitten": True, "dropped_bytes": 1012, "dropped_frames": 1, "reset": 1})
        a.sendall(frame(5)[4:])
        wait(lambda: done(port) == {"cables": 1, "bitten": True, "dropped_bytes": 1017, "dropped_frames": 2, "reset": 1})


def test_effects_count_what_rules_have_ended():
    with daemon() as port, acceptor(port, "b") as listener:
        for mode, what in (("sever", "closed"), ("close", "closed"), ("reset", "reset")):
            with dial(port, "b") as a, shake(a, listener):
                cut(port, "refuse")  # no part in it: a newer one decides, and this one is about new ones
                cut(port, mode, **{"for": "1h"})
                assert ended(a)
            assert done(port) == {"cables": 1, "bitten": True, what: 1}, mode
            assert done(port, 0) == {}
            with dial(port, "b") as a:
                a.sendall(name_message("a"))
                if mode == "sever":
                    wait(lambda: done(port).get("held_handshakes") == 1)
                else:
                    assert ended(a)
                    assert done(port) == {"cables": 1, "bitten": True, what: 1, "dials": 1, "refused": 1}
            wait(lambda: not cables(port))
            post(port, "/v1/fix", {})
        add(port, "handshake", {"stage": "reply"}, between=[["a"], ["b"]])
        add(port, "handshake", {"stage": "ack"}, between=[["a"], ["b"]])
        add(port, "downgrade", {"clear": ["fragments"]}, between=[["a"], ["b"]])
        add(port, "freeze", {}, **{"from": ["b"], "to": ["a"], "for": "1h"})
        with dial(port, "b") as a:
            a.sendall(name_message("a"))
            with listener.accept()[0] as b:
                b.sendall(STATUS + challenge("b"))
                wait(lambda: done(port).get("held_bytes"))
                assert done(port)["held_handshakes"] == 1
                delete(port, "/v1/rules/" + str(get(port, "/v1/rules")[1]["rules"][-1]["id"]))
                take(a, len(STATUS + challenge("b")))
                a.sendall(REPLY)
                wait(lambda: done(port, 0) == {"dials": 1, "bitten": True, "held_handshakes": 1})
        assert done(port, 1) == {"dials": 1}  # that stage was never reached
        assert done(port, 2) == {"dials": 1, "bitten": True, "changed_handshakes": 1}


def test_effects_know_who_was_not_told():
    with daemon() as port:
        with link(port) as (a, b):
            cut(port, "hold")
            add(port, "limit_data", {"bytes": 1000}, between=[["a"], ["b"]])
            add(port, "limit_data", {"bytes": 2000}, between=[["a"], ["b"]])
            a.close()
            wait(lambda: done(port, 0) == {"cables": 1, "bitten": True, "hidden_ends": 1})
            b.close()
            wait(lambda: not cables(port))
        assert done(port, 0) == {"cables": 1, "bitten": True, "hidden_ends": 1, "given_up": 1}
        told = post(port, "/v1/fix", {})[1]["ended"][0]
        assert 0 <= told["given_up_ago_ms"] < 60000, told
        with link(port, ("a", "b")) as (a, b):
            a.sendall(frame(1100))
            assert ended(b)
        assert done(port, 0) == {"cables": 2, "dials": 1, "bitten": True, "closed": 1}
        assert done(port, 1) == {"cables": 2, "dials": 1}  # a smaller one counts
        delete(port, "/v1/rules")
        with link(port, ("a", "b")) as (a, b):
            add(port, "slow_close", {"delay": "100ms"}, between=[["a"], ["b"]])
            add(port, "latency", {"delay": "0us"}, between=[["a"], ["b"]])
            a.sendall(frame(10))
            take(b, 14)
            assert done(port, 0) == done(port, 1) == {"cables": 1}
            a.close()
            assert ended(b)
            assert done(port, 0) == {"cables": 1, "bitten": True, "hidden_ends": 1}
