"""A broker that scripts of this folder measure, and what they say about the machine."""

import contextlib
import http.client
import json
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import tempfile
import time

PROGRAM = os.environ.get("TWOFOLD_BIN", "build/release/twofold")
READY_SECONDS_MAX = 60


class Measured:
    """`settings` are "key=value"; `data` is where the directory is made, TMPDIR without it."""

    def __init__(self, *settings: str):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="twofold-measured-"))
        self.settings = settings
        self.secure = False
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def with_tls(self):
        """A certificate that signs itself; clients must be told to believe it (`ca`)."""
        self.ca = self.folder / "server.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-keyout",
                        self.folder / "server.key", "-out", self.ca, "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
        (self.folder / "server.key").chmod(0o600)
        self.settings += (f"tls.cert={self.ca}", f"tls.key={self.folder / 'server.key'}")
        self.secure = True
        return self

    def start(self):
        words = [word for one in self.settings for word in ("--set", one)]
        self.process = subprocess.Popen([PROGRAM, "serve", "--http", f"127.0.0.1:{self.port}", "--data", str(self.folder / "data"),
                                         "--set", "storage.min_free=0", "--set", "storage.allow_volatile=true", *words], stdout=subprocess.DEVNULL,
                                        stderr=(self.folder / "broker.log").open("w"))
        deadline = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if self.ask("GET", "/readyz")[0] == 200:
                    return self
            time.sleep(0.01)
        raise SystemExit((self.folder / "broker.log").read_text())

    def remove(self) -> None:
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, method: str, path: str, body=None, headers=None):
        if self.secure:
            import ssl
            connection = http.client.HTTPSConnection("localhost", self.port, timeout=60, context=ssl.create_default_context(cafile=str(self.ca)))
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, text

    def memory_bytes(self, field: str = "VmRSS") -> int:
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(field)) << 10

    def bench(self, *words: str) -> dict:
        url = f"{'https://localhost' if self.secure else 'http://127.0.0.1'}:{self.port}"
        trust = ("--ca", str(self.ca)) if self.secure else ()
        run = subprocess.run([PROGRAM, "bench", "-s", url, *trust, "--server-pid", str(self.process.pid), "--json", *words],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if run.returncode != 0:
            raise SystemExit(run.stderr)
        return json.loads(run.stdout)


@contextlib.contextmanager
def started(broker: Measured):
    try:
        yield broker.start()
    finally:
        broker.remove()


def raise_open_files(wanted: int) -> int:
    """So many files at once, as far as this user may; how many it may now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # only root lifts the hard limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def load() -> str:
    return pathlib.Path("/proc/loadavg").read_text().split()[0]


def share(values: list, part: float) -> float:
    """The value below which such a part of them lies; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0
