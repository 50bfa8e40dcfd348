# SPDX-License-Identifier: MIT
"""How a scene is counted, and suffered: its beginning and its end in a daemon each time, all between in one that goes on."""
import contextlib
import re
import subprocess
import traceback

import client
import house
import scenes
from harness import wait

BETWEEN = {scene.__name__: scene for scene in scenes.SCENES}
ALL = ("begin", *BETWEEN, "end", *client.VERBS)
MISSED = "not met"
GIVEN_UP = "libuv gave up"
NEITHER = (MISSED, GIVEN_UP)
HURT = (AssertionError, OSError, ValueError, subprocess.SubprocessError)


def libuv_gave_up(said):
    """It aborts where it cannot begin; nobody is served yet."""
    return "AddressSanitizer: ABRT" in said and re.search(r"#2 .* in abort .*\n +#3 .*/libuv\.so", said)


@contextlib.contextmanager
def inhabited():
    """A house in which bystanders live, and which is warm: each scene was played."""
    with house.opened() as (kernel, stands, log):
        home = stands()
        with scenes.link(home.port, "x", "y") as home.bystanders:
            for scene in (*scenes.SCENES, scenes.cable):
                early = home.play(scene)
                assert not early, f"{scene.__name__}: nothing is refused, and: {early}"
            home.quiet_fds = home.settled()
            yield home
    house.ended_well(kernel)


# ---- counting ----

def count_begin():
    with house.opened() as (kernel, stands, log):
        assert stands(), log()
        counts, _ = kernel.disarm()
    return counts


def count_end():
    with house.opened() as (kernel, stands, log):
        assert stands(), log()
        kernel.arm(None)
    return kernel.disarm()[0]


def count_between():
    counts = {}
    with inhabited() as home:
        for name, scene in BETWEEN.items():
            home.kernel.arm(None)
            early = home.play(scene)
            assert not early, early
            home.settled()
            counts[name], _ = home.kernel.disarm()
    return counts


def count():
    """How often each call is made in each scene."""
    return {"begin": count_begin(), **count_between(), "end": count_end(), **{name: client.count(name) for name in client.VERBS}}


# ---- suffering ----

def begin(case):
    """It serves, or it says in a line why it does not."""
    with house.opened(case) as (kernel, stands, log):
        home = stands()
        try:
            if home:
                with scenes.link(home.port, "x", "y") as home.bystanders:
                    home.bystanders_go_on()
            else:
                kernel.process.wait(timeout=20)
        except OSError:
            wait(lambda: libuv_gave_up(log()))
        _, met = kernel.disarm()
    if libuv_gave_up(kernel.said):
        return GIVEN_UP
    house.ended_well(kernel, (0,) if home else (1, 2))
    assert kernel.said.count("\n") <= 1 and (home or kernel.said), kernel.said or "it ends, and does not say why"
    return met


def end(case):
    with house.opened() as (kernel, stands, log):
        with scenes.link(stands().port, "x", "y"):
            kernel.arm(case)
            kernel.process.terminate()
            kernel.process.wait(timeout=20)
        _, met = kernel.disarm()
    house.ended_well(kernel)
    assert kernel.said.count("\n") <= 1, kernel.said
    return met


def alone(suffers, case):
    try:
        met = suffers(case)
        return met if met == GIVEN_UP else None if met else MISSED
    except HURT:
        return traceback.format_exc()


def between(scene, cases):
    """In one house, until it has suffered too much: yields cases and their faults."""
    left = list(cases)
    while left:
        suffering = None
        why = "before anything is refused: "
        try:
            with inhabited() as home:
                while left:
                    suffering, why = left.pop(0), ""
                    yield suffering, None if home.suffer(scene, suffering) else MISSED
                    why = "at the end, so that any case before may be why: "
        except HURT:
            yield suffering or left.pop(0), why + traceback.format_exc()


def by_client(name, cases):
    with client.words_of(name) as words:
        normally = house.run(None, *words)[1]
        yield from ((case, alone(lambda case: client.suffer_one(words, case, normally), case)) for case in cases)


def suffer(name, cases):
    if name in client.VERBS:
        yield from by_client(name, cases)
    elif name in BETWEEN:
        yield from between(BETWEEN[name], cases)
    else:
        yield from ((case, alone({"begin": begin, "end": end}[name], case)) for case in cases)
