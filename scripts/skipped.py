#!/usr/bin/env python3
"""What passed without having been tried: the stories that tests have skipped, by ctest's own log.

    scripts/skipped.py build/release

One line for each test: its name, and why as far as it says so. A test that was skipped as a whole is ctest's to list.
"""

import pathlib
import re
import sys

TEST = re.compile(r"(?ms)^\d+/\d+ Testing: (\S+)$(.*?)^<end of output>$")
COUNTED = re.compile(r"(?m)^(?:OK|FAILED) \(.*?skipped=(\d+)\)$")
SAID = re.compile(r"(?mi)^.*?\bskipped(?::|,| ['\"]).*$")


def skipped(log: str) -> list[str]:
    found = []
    for name, output in TEST.findall(log):
        count = sum(map(int, COUNTED.findall(output)))
        reasons = list(dict.fromkeys(line.strip() for line in SAID.findall(output) if not COUNTED.match(line)))
        if count or reasons:
            found.append(f"{name}: " + "; ".join([*([f"{count} skipped"] if count else []), *reasons]))
    return found


def main() -> None:
    log = pathlib.Path(sys.argv[1]) / "Testing/Temporary/LastTest.log"
    for line in skipped(log.read_text(errors="replace")) if log.exists() else ():
        print(f"test: skipped in part: {line}")


if __name__ == "__main__":
    main()
