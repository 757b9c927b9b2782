"""The compose files of docker/, brought up in an engine under a name and ports of their own."""

import json
import os
import pathlib
import shutil
import signal
import tempfile
import time
import urllib.error
import urllib.request

from _cli_broker import PROGRAM, free_port
from _engine import Engine

SOURCE = pathlib.Path(os.environ.get("TWOFOLD_SOURCE_DIR", "."))
IMAGE = "twofold-test:runtime"
DEMO_IMAGE = "twofold-test:demo"
PROMETHEUS_IMAGE = "twofold-test:prometheus"
BUILT = "twofold-test:built"
WAIT_SECONDS_MAX = 90


def build_image(engine: Engine) -> None:
    """The image of docker/Dockerfile around the program under test, which is compiled already."""
    engine.base()
    with tempfile.TemporaryDirectory(prefix="twofold-image-") as folder:
        engine.run(str(SOURCE / "docker/rootfs.sh"), PROGRAM, f"{folder}/out")
        engine.import_folder(pathlib.Path(folder), BUILT)
    engine.build(IMAGE, str(SOURCE / "docker/Dockerfile"), str(SOURCE), BUILT=BUILT, COMMIT="test")


def compose_programs(engine: Engine) -> list[list[str]]:
    """docker-compose 1.29, the plugin, or both: whatever is here."""
    found = [["docker-compose"]] if shutil.which("docker-compose") else []
    if engine.docker("compose", "version", check=False).returncode == 0:
        found.append([engine.program, "compose"])
    return found


def until(what: str, holds, seconds: float = WAIT_SECONDS_MAX):
    """Asks again until the answer is true, and returns it."""
    deadline = time.monotonic() + seconds
    while True:
        answer = holds()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.1)


class Stack:
    """Some of the compose files as one project."""

    def __init__(self, engine: Engine, project: str, *files: str):
        self.engine, self.project = engine, project
        self.port, self.prometheus_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.words = [*compose_programs(engine)[0], "--project-name", project]
        for file in ("compose.yaml", *files):
            self.words += ["--file", str(SOURCE / "docker" / file)]
        self.environment = {
            "TWOFOLD_IMAGE": IMAGE, "TWOFOLD_DEMO_IMAGE": DEMO_IMAGE, "TWOFOLD_PORT": str(self.port),
            "TWOFOLD_PROMETHEUS_PORT": str(self.prometheus_port), "TWOFOLD_PROMETHEUS_IMAGE": PROMETHEUS_IMAGE}

    def compose(self, *words: str, **more):
        return self.engine.run(*self.words, *words, environment=self.environment, **more)

    def up(self, *services: str) -> None:
        self.compose("up", "--detach", "--no-build", *services)
        self.wait_for_health("healthy")

    def down(self, *words: str) -> None:
        self.compose("down", "--timeout", "30", *words)

    def container(self, service: str = "broker") -> str:
        return self.compose("ps", "--quiet", service).stdout.split()[0]

    def state(self, template: str, service: str = "broker") -> str:
        return self.engine.inspect(self.container(service), template)

    def pid(self, service: str = "broker") -> int:
        return int(self.state("{{.State.Pid}}", service))

    def wait_for_health(self, wanted: str) -> None:
        until(f"the broker is {wanted}", lambda: self.state("{{.State.Health.Status}}") == wanted)

    def logs(self, service: str) -> str:
        done = self.engine.docker("logs", self.container(service))
        return done.stdout + done.stderr

    def crash(self) -> None:
        """Kills the broker's process as the kernel would for want of memory; the restart policy does the rest."""
        before = self.pid()
        os.kill(before, signal.SIGKILL)
        until("the engine has restarted the broker", lambda: self.pid() not in (0, before))
        until("the broker answers again", self.answers)

    def answers(self) -> bool:
        try:
            return self.ask("GET", "/readyz")["status"] == "ok"
        except OSError:
            return False

    def ask(self, method: str, path: str, body=None, **headers: str):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"} | headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as response:
            text = response.read()
        return json.loads(text) if text.startswith(b"{") else text.decode()

    def sqs(self, action: str, **members):
        answer = self.ask("POST", "/", members, **{"Content-Type": "application/x-amz-json-1.0",
                                                   "X-Amz-Target": f"AmazonSQS.{action}"})
        return answer or None
