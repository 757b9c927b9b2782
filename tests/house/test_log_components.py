#!/usr/bin/env python3
"""A level can be asked of every component that says something, and of no other: a line of a component that nobody knows
could not be asked for."""

import os
import pathlib
import re
import unittest

ROOT = pathlib.Path(os.environ.get("TWOFOLD_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
CALL = re.compile(r'\bdiag\(\s*[\w:.]+(?:\s*\?[^,]*)?,\s*"(\w+)"')


class Components(unittest.TestCase):
    def setUp(self) -> None:
        header = (ROOT / "engine/base/diag.h").read_text()
        table = re.search(r"kDiagComponents = \{(.*?)\}", header, re.DOTALL)[1]
        self.known = set(re.findall(r'"(\w+)"', table))

    def test_the_table_has_those_that_say_something(self) -> None:
        files = [file for room in ("engine", "queue", "log", "http", "src") for file in (ROOT / room).rglob("*.cc")]
        self.assertEqual({name for file in files for name in CALL.findall(file.read_text())}, self.known)

    def test_the_page_on_the_log_names_them(self) -> None:
        page = (ROOT / "docs/operations/monitor.md").read_text()
        [named] = re.findall(r"more than the others \((.*?)\)", page)
        self.assertEqual(set(re.findall(r"`(\w+)`", named)), self.known)


if __name__ == "__main__":
    unittest.main()
