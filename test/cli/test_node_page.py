# SPDX-License-Identifier: MIT
"""The table of doc/NODE.md is what the program says of itself."""
import difflib

from node_page import PAGE, page


def test_node_page_is_what_the_program_says():
    changed = list(difflib.unified_diff(PAGE.read_text().splitlines(), page().splitlines(), "doc/NODE.md", "the program", lineterm=""))
    assert not changed, "EPMDPXY=build/epmdpxy test/cli/node_page.py writes it anew:\n" + "\n".join(changed)
