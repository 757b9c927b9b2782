"""A broker of its own for each test class, spoken to with nothing but http.client."""

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

PROGRAM = os.environ.get("TWOFOLD_BIN", "build/release/twofold")
READY_SECONDS_MAX = 30
SECONDS_MAX = 90


class Answer:
    def __init__(self, response: http.client.HTTPResponse):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    def __init__(self, *settings: str, config: str | None = None, environment: dict[str, str] | None = None):
        """`settings` are "key=value"; `config` is what its configuration file says."""
        self.settings = settings
        self.config = config
        self.environment = environment or {}
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="twofold-wire-"))
        self.port = free_port()
        self.process = None

    def start(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TWOFOLD_")}
        # What the address sanitizer keeps of freed memory would look like a leak.
        environment["ASAN_OPTIONS"] = environment.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=8"
        environment["TWOFOLD_STORAGE_ALLOW_VOLATILE"] = "true"  # the folder may be on a tmpfs
        environment |= self.environment
        self.diag = (self.folder / "broker.log").open("a")
        named = []
        if self.config is not None:
            self.write_config(self.config)
            named = ["--config", str(self.folder / "twofold.toml")]
        self.process = subprocess.Popen(
            [PROGRAM, "serve", *named, "--http", f"127.0.0.1:{self.port}", "--data", str(self.folder / "data"),
             "--set", "storage.min_free=0", *(word for one in self.settings for word in ("--set", one))], env=environment, stdout=self.diag, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.call("GET", "/readyz").status == 200:
                    return
            except OSError:
                time.sleep(0.02)
        raise AssertionError(f"the broker did not become ready:\n{(self.folder / 'broker.log').read_text()}")

    def write_config(self, text: str) -> None:
        (self.folder / "twofold.toml").write_text(text)

    def log(self) -> str:
        return (self.folder / "broker.log").read_text()

    def until_logged(self, text: str, times: int = 1) -> None:
        deadline = time.monotonic() + READY_SECONDS_MAX
        while self.log().count(text) < times:
            if time.monotonic() > deadline:
                raise AssertionError(f"{text!r} is not in the log:\n{self.log()}")
            time.sleep(0.02)

    def reload(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.diag.close()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self.diag.close()
        return code

    def remove(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.diag.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS_MAX)

    def call(self, method: str, path: str, body=None, headers=None, connection=None) -> Answer:
        """`body`: bytes go as they are, anything else as JSON."""
        own = connection is None
        connection = connection or self.connect()
        headers = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body=body, headers=headers)
            return Answer(connection.getresponse())
        finally:
            if own:
                connection.close()

    def raw(self, data: bytes, *, half_close: bool = False, seconds: float = 10) -> bytes:
        """Sends bytes over a socket and returns what comes back until the broker closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            try:
                while part := connection.recv(65536):
                    answer += part
            except (TimeoutError, ConnectionResetError):
                pass
            return answer


class WireCase(unittest.TestCase):
    """Every test of a class shares one broker; names are the test's own."""

    settings: tuple = ()  # of the broker
    config: str | None = None  # its file

    @classmethod
    def setUpClass(cls) -> None:
        cls.broker = Broker(*cls.settings, config=cls.config)
        cls.addClassCleanup(cls.broker.remove)
        cls.broker.start()

    def call(self, method: str, path: str, body=None, *, status: int = 200, headers=None) -> Answer:
        answer = self.broker.call(method, path, body, headers)
        self.assertEqual(answer.status, status, f"{method} {path}: {answer.body[:2000]!r}")
        return answer

    def ask(self, method: str, path: str, body=None, *, status: int = 200, headers=None):
        return self.call(method, path, body, status=status, headers=headers).json

    def refused(self, method: str, path: str, body=None, *, status: int, code: str, headers=None):
        answer = self.call(method, path, body, status=status, headers=headers)
        self.assertEqual(answer.headers["content-type"], "application/problem+json")
        problem = answer.json
        self.assertEqual(problem["code"], code, problem)
        self.assertEqual(problem["status"], status)
        self.assertEqual(problem["request_id"], answer.headers["twofold-request-id"])
        return problem


class InBackground:
    """A call that goes on while the test does something else."""

    def __init__(self, work):
        self.result = None
        self.error = None
        self.thread = threading.Thread(target=self.run, args=(work,))
        self.thread.start()

    def run(self, work) -> None:
        try:
            self.result = work()
        except Exception as error:  # handed on by finish()
            self.error = error

    def finish(self):
        self.thread.join(SECONDS_MAX)
        if self.error:
            raise self.error
        return self.result
