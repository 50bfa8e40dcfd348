# SPDX-License-Identifier: MIT
"""What people copy works: the commands of README.md and the other pages, of --help, and of what scripts/demo prints."""
import os
import pathlib
import re
import shlex
import signal
import subprocess
import tempfile

from harness import CLEAN, EPMDPXY, ROOT, cluster, delete, fine, http, run, wait

# Every block of theirs that is set off by four blanks is one of commands.
PAGES = ["README.md", "CONTRIBUTING.md", "clients/erlang/README.md", "examples/README.md", "doc/INSTALL.md", "doc/NODE.md", "doc/TESTING.md"]
# Of these, the blocks that begin with one.
MIXED_PAGES = ["doc/API.md", "doc/FAULTS.md", "doc/PROTOCOL.md", "SECURITY.md", "ARCHITECTURE.md"]
NODES = ["node1", "node2", "node3", "node4", "node5", "a", "b", "c", "d", "e", "rabbit1", "rabbit2", "rabbit3"]
PORT = "14369"
MATRIX = "eu = node1,node2\nus = node3\neu us 45ms\n"
REMARK_WITHOUT_SIGN = re.compile(r"""(?x) ^ (?: [^'"\#] | '[^']*' | "[^"]*" )*? (?<= [^\s\#] ) [ ]{2,} (?! [ ] | \# )""")


def set_off(text):
    """The blocks that are set off by four blanks, out of fences."""
    outside = "".join(re.split(r"(?ms)^```.*?^```$", text))
    for block in re.findall(r"(?m)(?<=\n\n)(?: {4}.+\n)+", outside):
        yield "".join(line[4:] for line in block.splitlines(keepends=True))


def blocks_of_pages():
    for page in PAGES + MIXED_PAGES:
        for block in set_off((ROOT / page).read_text()):
            if page in PAGES or re.match(r"([A-Z_]+=\S+ )?(epmdpxy|curl|scripts/) ?", block):
                yield page, block


def blocks_of_help():
    words = re.findall(r"^  ([a-z]+) ", run("--help").stdout.split("In a nutshell")[0], re.MULTILINE)
    for verb in ([], *([word] for word in words)):
        for block in re.findall(r"(?m)^(?:  (?:epmdpxy|export|erl) .*\n)+", run(*verb, "--help").stdout):
            yield " ".join([*verb, "--help"]), block


def blocks_of_demo():
    said = re.findall(r'^ *"  (\S.*)~n', (ROOT / "scripts" / "demo.escript").read_text(), re.MULTILINE)
    yield "scripts/demo", "".join(line.removesuffix("~n").replace("~s", PORT) + "\n" for line in said)


def blocks():
    found = [*blocks_of_pages(), *blocks_of_help(), *blocks_of_demo()]
    for where in ("README.md", "examples/README.md", "doc/NODE.md", "--help", "fault --help", "scripts/demo"):
        assert where in {place for place, _ in found}, where
    return found


def commands_of(line):
    """[[word...]...]: those that a shell would run, without remarks and variables."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    command = []
    for word in [*lexer, ";"]:
        if set(word) <= set("();<>|&"):
            if command:
                yield command
            command = []
        elif command or not re.match(r"[A-Z_]+=", word):
            command.append(word)


def test_commands_can_be_copied():
    """Each block is one for a shell, and what stands behind a command is a remark there, too."""
    for where, block in blocks():
        for shell in ("sh", "bash"):
            done = subprocess.run([shell, "-n"], input=block, capture_output=True, text=True, timeout=30, check=False)
            assert done.returncode == 0 and not done.stderr, (where, block, done.stderr)
        for line in block.splitlines():
            assert not REMARK_WITHOUT_SIGN.match(line.strip()), (where, line)


class Trying:
    """Tries a command against a daemon with the nodes of the pages."""

    def __init__(self, port, go, folder):
        self.port, self.go, self.folder = port, go, folder
        self.environment = CLEAN | {"ERL_EPMD_PORT": str(port), "HOME": folder, "XDG_CONFIG_HOME": "", "ASAN_OPTIONS": "detect_leaks=0"}

    def begin(self, *words):
        return subprocess.Popen([EPMDPXY, *words], env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)

    def said(self, words, ended=(0,)):
        process = self.begin(*words)
        text = process.communicate(timeout=60)[0]
        assert process.returncode in ended and "no node named" not in text, (words, process.returncode, text)
        return text

    def serve(self, words):
        file = pathlib.Path(self.folder) / "port"
        with self.begin(*[word.replace(PORT, "0") for word in words], "--port-file", str(file)) as served:
            wait(lambda: file.exists() or served.poll() is not None)
            listened = file.exists()
            served.terminate()
            text = served.communicate(timeout=20)[0]
        assert served.returncode == 0 and listened and not file.exists(), (words, text)

    def exec(self, words):
        self.said([*words[:words.index("--") + 1], "true"])

    def flap(self, words):
        with self.begin(*words) as flapping:
            first = flapping.stdout.readline()
            flapping.send_signal(signal.SIGINT)
            rest = flapping.communicate(timeout=60)[0]
        assert flapping.returncode == 0 and first.startswith("seed: "), (words, first, rest)

    def wait(self, words):
        """Whether it holds is not the question."""
        text = self.said(words if "--timeout" in words else [*words, "--timeout", "2s"], ended=(0, 1))
        assert text == "" or "event" in words or text.startswith("epmdpxy: "), (words, text)

    def fault(self, words):
        if words[1] == "rm":
            added = fine(self.go("fault", "add", "mute", "--json"))
            words = [*words[:2], re.search(r'"id": ?(\d+)', added)[1]]
        self.said(words)

    def epmdpxy(self, words):
        {"serve": self.serve, "exec": self.exec, "flap": self.flap, "wait": self.wait, "fault": self.fault}.get(words[0], self.said)(words)

    def curl(self, words):
        """What it would ask; over a stream nothing would end."""
        url = next(word for word in words if word.startswith("http://"))
        path, body = url.removeprefix("http://localhost").removeprefix(f":{PORT}"), words[words.index("-d") + 1] if "-d" in words else ""
        method = words[words.index("-X") + 1] if "-X" in words else "POST" if body else "GET"
        path = path.replace("timeout=10s", "timeout=0s")
        status, _ = http(self.port, f"{method} {path} HTTP/1.1\nHost: localhost\nContent-Type: application/json\nContent-Length: {len(body)}\n\n",
                         body.encode())
        assert status == 200 or (status == 504 and "/v1/wait" in path), (words, status)


def test_commands_are_accepted():
    """By the real program, with the nodes that they name: a word too many would be a name that nobody has, or one too many."""
    tried = 0
    with cluster(*NODES) as (port, go), tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "regions.txt").write_text(MATRIX)
        trying = Trying(port, go, folder)
        for where, block in blocks():
            for line in block.splitlines():
                for program, *words in commands_of(line):
                    ours = os.path.basename(program) == "epmdpxy"
                    if "/user/" in line or "10.0.0.1" in line or not (ours or program == "curl"):
                        continue  # other programs, and places that are not here
                    try:
                        (trying.epmdpxy if ours else trying.curl)(words)
                    except AssertionError as wrong:
                        raise AssertionError(f"{where}: {line}") from wrong
                    tried += 1
            delete(port, "/v1/rules")
    assert tried > 70, tried
