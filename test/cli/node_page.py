#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""doc/NODE.md, its table from what the program says of itself:  EPMDPXY=build/epmdpxy test/cli/node_page.py  writes it anew."""
from harness import ROOT
from test_node import atom, connect, exactly, node, spawn

PAGE = ROOT / "doc" / "NODE.md"
BEGIN, END = "<!-- functions: made by test/cli/node_page.py -->\n", "<!-- end of functions -->\n"


def read(data, at=0):
    """The term that begins there, and where it ends: of those that the table is made of."""
    tag, at = data[at], at + 1

    def number(size):
        return int.from_bytes(data[at:at + size], "big")

    if tag == 0x62:  # integer
        return number(4), at + 4
    if tag == 0x77:  # atom
        return data[at + 1:at + 1 + number(1)].decode(), at + 1 + number(1)
    if tag == 0x6D:  # binary
        return data[at + 4:at + 4 + number(4)].decode(), at + 4 + number(4)
    assert tag in (0x6C, 0x74), tag  # list, map
    parts, count, at = [], number(4) * (2 if tag == 0x74 else 1), at + 4
    for _ in range(count):
        part, at = read(data, at)
        parts.append(part)
    return (parts, at + 1) if tag == 0x6C else (dict(zip(parts[::2], parts[1::2])), at)


def functions():
    with node() as (_, _, at):
        client, _ = connect(at)
        client.sendall(spawn(b"\x6a", function="functions"))
        exactly(client, int.from_bytes(exactly(client, 4), "big"))  # that it is spawned
        said = exactly(client, int.from_bytes(exactly(client, 4), "big"))
    return read(said, said.index(atom("return")) + len(atom("return")))[0]


def cell(text):
    return text.replace("|", "\\|")


def page():
    """The page with the table as it should be."""
    before, rest = PAGE.read_text().split(BEGIN)
    rows = [f"| `{row['name']}({cell(row['args'])})` | {cell(row['help'])} |\n" for row in functions()]
    return before + BEGIN + "\n| | |\n|---|---|\n" + "".join(rows) + "\n" + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(page())
