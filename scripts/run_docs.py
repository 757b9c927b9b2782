#!/usr/bin/env python3
"""Documentation that cannot rot: runs every shell block of README.md, docs/ and the clients' pages.

    TWOFOLD_BIN=build/release/twofold scripts/run_docs.py [--root DIR] [page.md]...

Each page gets a broker of its own, on a free port and an empty data directory, and one shell in which
its blocks run in order, so that a variable set in one block is there in the next. A block that exits
with anything but 0 fails the page, with its place and its output.

What counts as a block   ```sh and ```bash: the whole block; ```console: the lines after "$ ".
What is replaced         127.0.0.1:8080 and localhost:8080 by the page's broker; `twofold` is on PATH. A broker that a page
                         starts on 127.0.0.1:8081 is its own to use and to stop; another one only proves its flags.
What is shrunk           `twofold bench` runs with few messages: here we prove the command, not the figure.
What is only looked up   scripts of this repository and CMake presets must exist; running them from inside
                         a test would build the project inside its own tests.
What needs a registry    pages in NEEDS are skipped when it does not answer, and the test says so.
What another test runs   ```sh compose: tests/e2e/compose_test.py, which has a Docker engine.
What is refused          ```sh no-run, unless NO_RUN below says why that page may; `compose` elsewhere than COMPOSE says.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from typing import Iterator, NamedTuple

VOLATILE = {"TWOFOLD_STORAGE_ALLOW_VOLATILE": "true"}  # the folder may be on a tmpfs
PAGE_SECONDS_MAX = 180
READY_SECONDS_MAX = 30
NEEDS_SECONDS_MAX = 60

# Pages that may mark blocks `no-run`, and why: "docs/page.md": "needs ...".
NO_RUN: dict[str, str] = {
    "docs/operations/install.md": "installs packages as root, or needs a cluster; tests/e2e/debian_package.py and "
                                  "tests/e2e/generated_files.py check what those lines use",
}

# Pages whose blocks marked `compose` tests/e2e/compose_test.py runs.
COMPOSE = ("docs/operations/install.md", "docs/operations/back-up.md")

# Pages that fetch packages, and the question to the registry without whose answer they are skipped, loudly.
NEEDS: dict[str, list[str]] = {
    "clients/js/README.md": ["npm", "view", "ws", "version"],
    "clients/python/README.md": [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", ".", "websockets"],
    "docs/clients/javascript.md": ["npm", "view", "sqs-consumer", "version"],
    "docs/inspect.md": [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", ".", "websockets"],
    "docs/scenarios/one_order.md": ["npm", "view", "ws", "version"],
    "docs/streaming.md": [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", ".", "websockets"],
    "docs/clients/celery.md": [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", ".", "celery"],
}

FENCE = re.compile(r"^(?P<indent>\s*)```(?P<language>sh|bash|console)(?P<tags>[^\n`]*)$")
LOOKED_UP = re.compile(r"^(?:\./scripts/(?P<script>[\w.-]+)|(?:cmake|ctest)\s.*?--preset[ =](?P<preset>\w+))\b")


class Block(NamedTuple):
    page: str
    line: int
    text: str


class Page(NamedTuple):
    path: str
    blocks: list[Block]
    problems: list[str]


def read_page(path: str, text: str, *, elsewhere: bool = False) -> Page:
    """The blocks that this script runs, or only those that are run `elsewhere`."""
    page = Page(path, [], [])
    lines = iter(enumerate(text.splitlines(), 1))
    for number, line in lines:
        fence = FENCE.match(line)
        if not fence:
            if line.lstrip().startswith("```"):  # another language: skip to its end
                for _, inner in lines:
                    if inner.strip() == "```":
                        break
            continue
        body = []
        for _, inner in lines:
            if inner.strip() == "```":
                break
            body.append(inner.removeprefix(fence["indent"]))
        tags = fence["tags"].split()
        if "compose" in tags:
            if path not in COMPOSE:
                page.problems.append(f"{path}:{number}: a block marked compose: name the page in COMPOSE of "
                                     "scripts/run_docs.py, so that tests/e2e/compose_test.py runs it")
            if not elsewhere:
                continue
        elif elsewhere:
            continue
        if "no-run" in tags:
            if path not in NO_RUN:
                page.problems.append(f"{path}:{number}: a block marked no-run: say why in NO_RUN of scripts/run_docs.py")
            continue
        commands = console_commands(body) if fence["language"] == "console" else body
        page.blocks.append(Block(path, number, "\n".join(commands)))
    return page


def console_commands(lines: list[str]) -> list[str]:
    """The typed lines of a session: after "$ ", and after "> " as long as a command goes on."""
    commands, typing = [], False
    for line in lines:
        if line.startswith("$ "):
            commands.append(line[2:])
            typing = True
        elif typing and line.startswith("> "):
            commands.append(line[2:])
        else:
            typing = typing and bool(commands) and commands[-1].endswith("\\")
            if typing:
                commands.append(line)
    return commands


def look_up(root: pathlib.Path, block: Block) -> Iterator[str]:
    """Problems with lines that are not executed, only checked."""
    presets = root / "CMakePresets.json"
    known = {p["name"] for p in json.loads(presets.read_text())["configurePresets"]} if presets.exists() else set()
    for line in block.text.splitlines():
        found = LOOKED_UP.match(line.strip())
        if found and found["script"] and not os.access(root / "scripts" / found["script"], os.X_OK):
            yield f"{block.page}:{block.line}: scripts/{found['script']} does not exist or cannot be executed"
        if found and found["preset"] and found["preset"] not in known:
            yield f"{block.page}:{block.line}: there is no preset {found['preset']}"


def shell_program(page: Page, address: str) -> str:
    """One script for the whole page; descriptor 3 tells which block is running."""
    parts = ["set -euo pipefail"]
    for block in page.blocks:
        kept = [line for line in block.text.splitlines() if not LOOKED_UP.match(line.strip())]
        text = re.sub(r"(?:127\.0\.0\.1|localhost):8080\b", address, "\n".join(kept))
        text = re.sub(r"127\.0\.0\.1:8081\b", "127.0.0.1:$TWOFOLD_DOCS_SECOND_PORT", text)
        parts.append(f"echo {shlex.quote(f'{block.page}:{block.line}')} >&3\n{text}")
    return "\n".join(parts) + "\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


WRAPPER = """#!/bin/bash
# Stands in for `twofold` while a page runs.
case "${1:-}" in
  serve)
    # A page that speaks TLS with a broker of its own.
    case "$*" in *tls.cert=*) exec "$TWOFOLD_BIN" "$@" ;; esac
    # A page that shows how to start a broker: prove that these flags start one, then go on.
    port=$TWOFOLD_DOCS_SECOND_PORT
    [[ "$*" != *"--http 127.0.0.1:$port"* ]] || exec "$TWOFOLD_BIN" "$@"
    arguments=()
    while [ $# -gt 0 ]; do
      case "$1" in
        --http | --data) shift ;;
        --http=* | --data=*) ;;
        *) arguments+=("$1") ;;
      esac
      shift
    done
    "$TWOFOLD_BIN" "${arguments[@]}" --http "127.0.0.1:$port" --data "$(mktemp -d -p .)" &
    broker=$!
    until "$TWOFOLD_BIN" health --server "http://127.0.0.1:$port" >/dev/null 2>&1; do
      kill -0 "$broker" 2>/dev/null || { echo "serve: did not start" >&2; exit 1; }
    done
    kill -TERM "$broker"
    wait "$broker"
    ;;
  bench)
    # A comparison is as small as its page says.
    [ "${2:-}" = compare ] && exec "$TWOFOLD_BIN" "$@"
    arguments=()
    while [ $# -gt 0 ]; do
      case "$1" in
        --msgs | --duration | --warmup) shift ;;
        --msgs=* | --duration=* | --warmup=*) ;;
        *) arguments+=("$1") ;;
      esac
      shift
    done
    exec "$TWOFOLD_BIN" "${arguments[@]}" --msgs 200 --warmup 0s
    ;;
  *) exec "$TWOFOLD_BIN" "$@" ;;
esac
"""


class Workshop:
    """A folder that looks like the checkout, with the program on PATH and a broker of its own."""

    def __init__(self, root: pathlib.Path, program: pathlib.Path):
        self.root, self.program = root, program
        self.holder = tempfile.TemporaryDirectory(prefix="twofold-docs-")
        self.folder = pathlib.Path(self.holder.name)
        self.address = f"127.0.0.1:{free_port()}"
        self.broker: subprocess.Popen | None = None

    def __enter__(self) -> "Workshop":
        work = self.folder / "checkout"
        (work / "build/release").mkdir(parents=True)
        for entry in self.root.iterdir():
            if entry.name not in ("build", "twofold-data", ".git"):
                (work / entry.name).symlink_to(entry)
        wrapper = work / "build/release/twofold"
        wrapper.write_text(WRAPPER)
        wrapper.chmod(0o755)
        self.work = work
        self.diag = (self.folder / "broker.log").open("w+")
        self.broker = subprocess.Popen(
            [self.program, "serve", "--http", self.address, "--data", self.folder / "data"], env=os.environ | VOLATILE,
            stdout=self.diag, stderr=subprocess.STDOUT)
        self.wait_until_ready()
        return self

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < deadline and self.broker.poll() is None:
            try:
                with urllib.request.urlopen(f"http://{self.address}/readyz", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        self.__exit__()
        raise RuntimeError("the broker did not become ready")

    def environment(self) -> dict[str, str]:
        return os.environ | {
            "PATH": f"{self.work / 'build/release'}:{os.environ['PATH']}",
            "TWOFOLD_BIN": str(self.program), "TWOFOLD_URL": f"http://{self.address}",
            "TWOFOLD_DOCS_SECOND_PORT": str(free_port()), "HOME": str(self.folder), "NO_COLOR": "1",
        } | VOLATILE

    def run(self, page: Page) -> str | None:
        """None when every block exited with 0, else where and how it failed."""
        trace = self.folder / "trace"
        with trace.open("w") as places:
            shell = subprocess.Popen(
                ["bash", "-c", f"exec 3>&{places.fileno()}; {shell_program(page, self.address)}"],
                cwd=self.work, env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, pass_fds=[places.fileno()], start_new_session=True)
            try:
                output, _ = shell.communicate(timeout=PAGE_SECONDS_MAX)
                ending = f"exit {shell.returncode}"
            except subprocess.TimeoutExpired:
                os.killpg(shell.pid, signal.SIGKILL)
                output, _ = shell.communicate()
                ending = f"no end after {PAGE_SECONDS_MAX} s"
        with contextlib.suppress(ProcessLookupError):  # what the page left in the background
            os.killpg(shell.pid, signal.SIGKILL)
        if shell.returncode == 0:
            return None
        reached = trace.read_text().splitlines() or [page.path]
        tail = "\n".join(output.splitlines()[-25:])
        return f"{reached[-1]}: this block failed ({ending})\n{tail}"

    def __exit__(self, *_) -> None:
        if self.broker and self.broker.poll() is None:
            self.broker.terminate()
            self.broker.wait(timeout=READY_SECONDS_MAX)
        self.diag.close()
        self.holder.cleanup()


def pages_of(root: pathlib.Path) -> list[str]:
    found = [root / "README.md", *sorted((root / "docs").rglob("*.md")), *sorted(root.glob("clients/*/README.md"))]
    return [str(path.relative_to(root)) for path in found if path.exists()]


def answered(question: list[str]) -> bool:
    with tempfile.TemporaryDirectory(prefix="twofold-docs-") as folder:
        try:
            return subprocess.run(question, cwd=folder, capture_output=True, timeout=NEEDS_SECONDS_MAX).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return False


def run_page(root: pathlib.Path, program: pathlib.Path, name: str) -> list[str]:
    page = read_page(name, (root / name).read_text(encoding="utf-8"))
    problems = page.problems + [problem for block in page.blocks for problem in look_up(root, block)]
    if name in NEEDS and not answered(NEEDS[name]):
        print(f"SKIPPED: no answer to: {shlex.join(NEEDS[name])}  {name}", flush=True)
        return problems
    if page.blocks and not problems:
        with Workshop(root, program) as workshop:
            failure = workshop.run(page)
        problems += [failure] if failure else []
    print(f"{'FAILED' if problems else 'ok':7}{len(page.blocks):3} blocks  {name}", flush=True)
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("pages", nargs="*")
    options = parser.parse_args()
    program = pathlib.Path(os.environ.get("TWOFOLD_BIN", options.root / "build/release/twofold")).resolve()
    if not os.access(program, os.X_OK):
        print(f"run_docs: {program} does not exist: build it, or name it in TWOFOLD_BIN", file=sys.stderr)
        return 2
    problems = [problem for name in options.pages or pages_of(options.root)
                for problem in run_page(options.root, program, name)]
    for page, reason in NO_RUN.items():
        if (options.root / page).exists():
            print(f"may mark blocks no-run: {page} ({reason})")
    for problem in problems:
        print(f"\n{problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
