#!/usr/bin/env python3
"""Runs one file of tests of the pages under Node.js: with Debian's Chromium, and what of npm they drive it with.

    tests/ui/_run.py tests/ui/kitchen.test.mjs
"""

import os
import shutil
import subprocess
import sys
import unittest

from wire._fetched import from_npm


def environment(script: str) -> dict:
    if os.path.basename(script).startswith("pure_"):
        return dict(os.environ)  # no browser, no broker
    chromium = shutil.which("chromium")
    if not chromium:
        sys.exit("there is no chromium here, so nothing is known about the pages: ./scripts/deps.sh test")
    return {**from_npm("ui", "playwright-core", "axe-core"), "CHROMIUM": chromium}


def main() -> None:
    script = sys.argv[1]
    try:
        env = environment(script)
    except unittest.SkipTest as missing:
        print(f"skipped: {missing}")
        return
    run = lambda: subprocess.run(["node", "--test", "--test-concurrency=1", script], env=env, check=False).returncode
    status = run()
    if status and "CHROMIUM" in env:
        # A browser shares the machine with the other tests: what fails twice has failed.
        print("# failed once, and is run again")
        status = run()
    sys.exit(status)


if __name__ == "__main__":
    main()
