"""A broker process that is started, killed and started again, and a client that knows three outcomes."""

import http.client
import json
import pathlib
import signal
import subprocess
import threading

from _cli_broker import PROGRAM, VOLATILE, environment

SECONDS_MAX = 30  # for anything that should take a moment


class Broker:
    """One data directory and the process that serves it now, if any. Each start is another life."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.life = 0
        self.port = 0
        self.process: subprocess.Popen | None = None
        self.lines: list[str] = []

    def start(self) -> None:
        """Comes back once it is ready, on a port that the system chose."""
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--http", "127.0.0.1:0", "--data", str(self.folder), "--set", "storage.min_free=0"],
            env=environment(**VOLATILE), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.lines = []
        for line in self.process.stderr:
            self.lines.append(line)
            diag = json.loads(line)
            if diag["msg"] == "twofold ready":
                self.port = int(diag["port"])
                self.life += 1
                threading.Thread(target=self.drain_lines, args=(self.process,), daemon=True).start()
                return
        raise AssertionError("the broker did not start:\n" + "".join(self.lines))

    def drain_lines(self, process: subprocess.Popen) -> None:
        with process.stderr:
            for line in process.stderr:
                self.lines.append(line)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(SECONDS_MAX)

    def terminate(self) -> int:
        """Asks it to stop; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SECONDS_MAX)


class Client:
    """Speaks HTTP on a connection that it keeps. Every answer is ok, fail (certainly not applied) or info."""

    def __init__(self, port: int):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS_MAX)

    def call(self, method: str, path: str, body: dict | None = None, headers: dict | None = None) -> tuple[str, dict]:
        if self.connection.sock is None:
            try:
                self.connection.connect()
            except OSError:
                return "fail", {}  # nobody was there to hear it
        try:
            label = {"Content-Type": "application/json"} if body is not None else {}
            self.connection.request(method, path, json.dumps(body) if body is not None else None, label | (headers or {}))
            response = self.connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            return "info", {}
        if response.status >= 500 and response.status not in (503, 507):
            return "info", {"status": response.status}
        parsed = json.loads(answer) if answer else {}
        if response.status >= 300:
            return "fail", parsed | {"status": response.status}
        return "ok", parsed

    def must(self, method: str, path: str, body: dict | None = None) -> dict:
        told, answer = self.call(method, path, body)
        if told != "ok":
            raise AssertionError(f"{method} {path}: {told} {answer}")
        return answer

    def close(self) -> None:
        self.connection.close()
