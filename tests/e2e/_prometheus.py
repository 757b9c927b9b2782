"""Prometheus and its checker from Debian's package, unpacked beside the caches of the tests and not installed: as a
package it would start a server on this machine."""

import pathlib
import subprocess
import unittest

from _engine import CACHE

FOLDER = CACHE / "prometheus"
FETCH_SECONDS_MAX = 240


def prometheus(name: str) -> pathlib.Path:
    """`prometheus` or `promtool`; where Debian's archive does not answer the tests that need it are skipped."""
    program = FOLDER / "usr/bin" / name
    if not program.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        fetch = "apt-get -qq -o APT::Sandbox::User=root download prometheus && dpkg -x prometheus_*.deb . && rm prometheus_*.deb"
        try:
            done = subprocess.run(["sh", "-c", fetch], cwd=FOLDER, capture_output=True, text=True, timeout=FETCH_SECONDS_MAX)
        except subprocess.TimeoutExpired as expired:
            raise unittest.SkipTest(f"Debian's archive did not serve prometheus: {expired}") from expired
        if done.returncode != 0:
            raise unittest.SkipTest(f"Debian's archive did not serve prometheus: {done.stderr.strip()[-300:]}")
    return program
