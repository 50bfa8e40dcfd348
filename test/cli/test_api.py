# SPDX-License-Identifier: MIT
"""doc/API.md is what the program says of itself."""
import difflib

from api_page import PAGE, page


def test_api_page_is_what_the_program_says():
    changed = list(difflib.unified_diff(PAGE.read_text().splitlines(), page().splitlines(), "doc/API.md", "the program", lineterm=""))
    assert not changed, "EPMDPXY=build/epmdpxy test/cli/api_page.py writes it anew:\n" + "\n".join(changed)
