"""A broker whose storage turns over all the time, on a directory that outlives it."""

import functools
import json
import pathlib
import signal
import subprocess
import threading
import urllib.error
import urllib.request

from _cli_broker import PROGRAM, VOLATILE, environment, free_port

# So small that checkpoints, drains and removed segments come several times a second.
SETTINGS = ("storage.min_free=0", "storage.journal_file_bytes=8MiB", "http.max_body=8MiB", "storage.journal_files=2", "storage.segment_bytes=1MiB")
PAYLOAD = "x" * 5_000


class Inside:
    """A broker as one of its namespaces sees it."""

    def __init__(self, broker: "Running", name: str) -> None:
        self.ask = functools.partial(broker.ask, name_space=name)


class Running:
    def __init__(self, data: pathlib.Path, *settings: str) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        words = [word for pair in (*SETTINGS, *settings) for word in ("--set", pair)]
        self.process = subprocess.Popen([PROGRAM, "serve", "--http", self.url[7:], "--data", str(data), *words],
                                        env=environment(**VOLATILE), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "twofold ready" in line:
                break
        self.drain = threading.Thread(target=self.process.stderr.read, daemon=True)
        self.drain.start()

    def ask(self, method: str, path: str, body=None, *, name_space: str = "default"):
        request = urllib.request.Request(self.url + path, method=method, data=json.dumps(body or {}).encode() if method != "GET" else None,
                                         headers={"Content-Type": "application/json", "Twofold-Namespace": name_space})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{method} {path}: {refused.code} {refused.read().decode()}") from refused

    def records(self) -> list[int]:
        numbers, path = [], "/v1/topics/orders/records?from=earliest&limit=1000"
        while page := self.ask("GET", path):
            if not page["records"]:
                return numbers
            numbers += [record["value"]["n"] for record in page["records"]]
            path = f"/v1/topics/orders/records?limit=1000&cursor={page['cursor']}"

    def kill(self) -> None:
        """Leaves nothing but the files."""
        self.process.kill()
        self.process.wait()
        self.drain.join(timeout=30)
        self.process.stderr.close()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)
        self.drain.join(timeout=30)
        self.process.stderr.close()
