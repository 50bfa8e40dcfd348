# SPDX-License-Identifier: MIT
"""The command line, which is refused: it says so in a line, and never that all is well when it is not."""
import contextlib

import house
from harness import process, register

VERBS = {"epmdpxy_names": ("names",), "epmdpxy_list": ("fault", "list"), "epmdpxy_wait": ("wait", "up", "1"), "epmdpxy_fix": ("fix",)}


@contextlib.contextmanager
def words_of(name):
    """At a daemon that is refused nothing."""
    with process() as (_, port), register(port, "a", node_port=4242):
        yield (*VERBS[name], "--port", str(port))


def count(name):
    with words_of(name) as words:
        kernel, _, counts, _ = house.run(None, *words)
    house.ended_well(kernel, (0,))
    return counts


def suffer_one(words, case, normally):
    kernel, told, _, met = house.run(case, *words)
    house.ended_well(kernel, (0, 1, 2))
    if kernel.process.returncode == 0:
        assert kernel.said == "" and told == normally, (told, kernel.said)
    else:
        assert kernel.said.count("\n") == 1 and kernel.said.startswith("epmdpxy"), kernel.said or "it fails, and does not say why"
    return met
