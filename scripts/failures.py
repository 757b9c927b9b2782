#!/usr/bin/env python3
"""The last words of the tests that failed, by ctest's own log: where only the end of a long log is kept they are in it.

    scripts/failures.py build/release...
"""

import pathlib
import re
import sys

TEST = re.compile(r"(?ms)^\d+/\d+ Testing: (\S+)$.*?^Output:\n-+\n(.*?)^<end of output>$.*?^Test (\w+)\.$")
LINES_MAX = 40


def failures(log: str) -> list[tuple[str, list[str]]]:
    return [(name, output.splitlines()[-LINES_MAX:]) for name, output, ended in TEST.findall(log) if ended not in ("Passed", "Skipped")]


def main() -> None:
    for preset in map(pathlib.Path, sys.argv[1:]):
        log = preset / "Testing/Temporary/LastTest.log"
        for name, lines in failures(log.read_text(errors="replace")) if log.exists() else ():
            print(f"\n== {preset.name}: {name} ==", *lines, sep="\n")


if __name__ == "__main__":
    main()
