"""A broker of its own for each test class, and the command line pointed at it."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.environ.get("TWOFOLD_BIN", "build/release/twofold")
READY_SECONDS_MAX = 30
SECONDS_MAX = 60
VOLATILE = {"TWOFOLD_STORAGE_ALLOW_VOLATILE": "true"}  # folders of tests may be on a tmpfs


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(**more: str) -> dict[str, str]:
    """Ours without anything that would configure a broker or a client."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TWOFOLD_")}
    return kept | {"NO_COLOR": "1"} | more


def run(*words: str, code: int = 0, stdin: str | bytes | None = None, **more: str) -> subprocess.CompletedProcess:
    """Runs `twofold words...` and insists on its exit code."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    volatile = VOLATILE if words[:1] in (("serve",), ("doctor",)) else {}
    done = subprocess.run([PROGRAM, *words], input=given if given is not None else b"", env=environment(**volatile | more),
                          capture_output=True, timeout=SECONDS_MAX, check=False)
    out = done.stdout.decode(errors="surrogateescape")
    err = done.stderr.decode(errors="surrogateescape")
    if done.returncode != code:
        raise AssertionError(f"twofold {' '.join(words)} exited {done.returncode}, not {code}\n{out}\n{err}")
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


class BrokerCase(unittest.TestCase):
    """Every test of a class shares one broker; names are the test's own."""

    settings: tuple[str, ...] = ()  # "key=value", over the defaults

    @classmethod
    def setUpClass(cls) -> None:
        cls.stack = contextlib.ExitStack()
        cls.folder = pathlib.Path(cls.stack.enter_context(tempfile.TemporaryDirectory(prefix="twofold-cli-")))
        cls.address = f"127.0.0.1:{free_port()}"
        cls.url = f"http://{cls.address}"
        cls.diag = cls.stack.enter_context((cls.folder / "broker.log").open("w"))
        cls.broker = subprocess.Popen(
            [PROGRAM, "serve", "--http", cls.address, "--data", str(cls.folder / "data"),
             "--set", "storage.min_free=0", *(word for pair in cls.settings for word in ("--set", pair))],
            env=environment(**VOLATILE), stdout=cls.diag, stderr=subprocess.STDOUT)
        cls.stack.callback(cls.stop)
        cls.wait_until_ready()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.stack.close()

    @classmethod
    def wait_until_ready(cls) -> None:
        deadline = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < deadline and cls.broker.poll() is None:
            probe = subprocess.run([PROGRAM, "health", "-s", cls.url], env=environment(), capture_output=True,
                                   timeout=SECONDS_MAX, check=False)
            if probe.returncode == 0:
                return
        cls.stack.close()
        raise AssertionError("the broker did not become ready")

    @classmethod
    def stop(cls) -> None:
        if cls.broker.poll() is None:
            cls.broker.send_signal(signal.SIGTERM)
        try:
            cls.broker.wait(timeout=30)
        except subprocess.TimeoutExpired:
            cls.broker.kill()
            cls.broker.wait()

    def cli(self, *words: str, code: int = 0, stdin: str | bytes | None = None, **more: str):
        return run(*words, code=code, stdin=stdin, TWOFOLD_URL=self.url, **more)

    def out(self, *words: str, **options) -> str:
        return self.cli(*words, **options).stdout

    def json(self, *words: str, **options):
        return json.loads(self.out(*words, "-o", "json", **options))

    def lines(self, *words: str, **options) -> list:
        return [json.loads(line) for line in self.out(*words, "-o", "jsonl", **options).splitlines()]

    def start(self, *words: str) -> subprocess.Popen:
        """A command that goes on until it is told to stop; its output is read line by line."""
        return subprocess.Popen([PROGRAM, *words], env=environment(TWOFOLD_URL=self.url), text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
