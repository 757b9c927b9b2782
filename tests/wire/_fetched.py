"""Clients that are no Debian packages, fetched once from PyPI or npm and kept (TWOFOLD_AWS_CLIENTS, else
build/aws-clients). A registry that does not answer skips the stories that need it, and says so."""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from wire._broker import PROGRAM
from wire._installed import lacking

CLIENTS = pathlib.Path(os.environ.get("TWOFOLD_AWS_CLIENTS",
                                      pathlib.Path(PROGRAM).absolute().parent.parent / "aws-clients")).absolute()
SECONDS_MAX = 240


def from_pypi(name: str, *requirements: str, module: str) -> dict:
    """The environment in which this interpreter imports `module`."""
    folder = CLIENTS / name
    if not (folder / module).exists():
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), *requirements]
        run_once(install, f"PyPI did not serve {' '.join(requirements)}")
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def from_npm(name: str, *packages: str) -> dict:
    """The environment in which node requires the packages."""
    folder = CLIENTS / name
    if not shutil.which("npm"):
        raise lacking("npm")
    if not all((folder / "node_modules" / package).exists() for package in packages):
        folder.mkdir(parents=True, exist_ok=True)
        run_once(["npm", "install", "--loglevel=error", "--fetch-retries=1", "--prefix", str(folder), *packages],
                 f"npm did not serve {' '.join(packages)}")
    return {**os.environ, "NODE_PATH": str(folder / "node_modules")}


def run_once(install: list, otherwise: str) -> None:
    try:
        ran = subprocess.run(install, capture_output=True, text=True, timeout=SECONDS_MAX)
        said = f"exit {ran.returncode}: {(ran.stderr or ran.stdout).strip()[-300:]}"
        problem = None if ran.returncode == 0 else said
    except (OSError, subprocess.TimeoutExpired) as error:
        problem = str(error)
    if problem:
        raise unittest.SkipTest(f"{otherwise}: {problem}")
