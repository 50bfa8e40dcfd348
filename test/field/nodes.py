# SPDX-License-Identifier: MIT
"""Real Erlang nodes for the scripts of this folder, and what test/cli has. A node evaluates the lines that it is given."""
import contextlib
import os
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
import harness  # noqa: E402

harness.leaks = lambda words: {"ASAN_OPTIONS": "detect_leaks=0"}  # test/cli looks for those of the command line

SHELL = """
Evaluate = fun(Evaluate) ->
    case io:get_line("") of
        eof -> halt();
        Line ->
            {ok, Tokens, _} = erl_scan:string(Line),
            {ok, Forms} = erl_parse:parse_exprs(Tokens),
            {value, Value, _} = erl_eval:exprs(Forms, []),
            io:format("~0p~n", [Value]),
            Evaluate(Evaluate)
    end
end,
io:format("~0p~n", [node()]), Evaluate(Evaluate).
"""
ALONE = ("-connect_all", "false")
HIDDEN = ("-hidden",)


class Node:
    def __init__(self, process, name):
        self.process, self.name = process, name

    def __call__(self, expressions):
        """The value, as Erlang prints it."""
        self.process.stdin.write(expressions + ".\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def ping(self, other):
        return self(f"net_adm:ping({other.name})")

    def sees(self):
        return self("lists:sort(nodes(connected))")

    @contextlib.contextmanager
    def stopped(self):
        """It reads and says nothing."""
        os.kill(self.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.process.pid, signal.SIGCONT)


@contextlib.contextmanager
def node(epmd, name, *more, ticktime=4):
    """name@host, with a long name; more: arguments of erl."""
    words = ["erl", "-noshell", "-start_epmd", "false", "-name", name, "-setcookie", "field", "-kernel", "net_ticktime", str(ticktime),
             "-kernel", "logger_level", "none", "-kernel", "prevent_overlapping_partitions", "false", "+S", "1:1", *more, "-eval", SHELL]
    env = {**harness.CLEAN, "ERL_EPMD_PORT": str(epmd), "ERL_CRASH_DUMP_SECONDS": "0"}
    with subprocess.Popen(words, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            told = process.stdout.readline().strip()
            assert "@" in told, told
            yield Node(process, told)
        finally:
            process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            process.kill()


@contextlib.contextmanager
def cluster(*names, more=ALONE):
    """A daemon and such nodes at 127.0.0.1, not connected: yields how to call the command line, and the nodes."""
    with harness.daemon() as port, contextlib.ExitStack() as stack:
        nodes = [stack.enter_context(node(port, f"{name}@127.0.0.1", *more)) for name in names]
        yield lambda verb, *words, **how: harness.run(verb, "--port", str(port), *words, **how), nodes
