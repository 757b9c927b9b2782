"""A Docker engine for the tests: the one that answers already, else a private one with a socket, a data root and
networks of its own, which ends with the tests and leaves no rule in the machine's firewall.

What takes long to make (the base image, layers) is kept below TWOFOLD_CACHE, else ~/.cache/twofold.
"""

import ctypes
import fcntl
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from wire._installed import lacking

CACHE = pathlib.Path(os.environ.get("TWOFOLD_CACHE") or
                     pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "twofold")
START_SECONDS_MAX = 60
LOCK_SECONDS_MAX = 400
BASE = "debian:bookworm-slim"
PROXIES = ("http_proxy", "https_proxy", "no_proxy")
PR_SET_PDEATHSIG = 1
PRIVATE = ("--bridge=none", "--log-level=warn")
# Published ports are relayed by a process, networks are bridges of their own: neither needs the firewall.
NO_FIREWALL = ("--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false")


def client() -> str:
    """A `docker` that can build with BuildKit: those since 23 need a component that may not be there."""
    for folder in os.environ["PATH"].split(os.pathsep):
        program = pathlib.Path(folder) / "docker"
        if not os.access(program, os.X_OK):
            continue
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
        major = re.search(r"version (\d+)\.", said)
        has_buildx = subprocess.run([program, "buildx", "version"], capture_output=True, check=False).returncode == 0
        if has_buildx or (major and int(major.group(1)) < 23):
            return str(program)
    raise lacking("docker that can build")


def firewall_options() -> tuple[str, ...]:
    """An engine that once ran here may have left a firewall that drops what crosses bridges: then ours needs rules, too."""
    rules = subprocess.run(["iptables", "-S", "FORWARD"], capture_output=True, text=True, check=False).stdout
    return () if "-P FORWARD DROP" in rules else NO_FIREWALL


def end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Engine:
    """`with Engine() as engine: engine.docker("ps")`."""

    def __enter__(self) -> "Engine":
        self.program = client()
        self.daemon: subprocess.Popen | None = None
        self.environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
        if self.docker("info", check=False).returncode != 0:
            self.start_private()
        return self

    def start_private(self) -> None:
        if os.geteuid() != 0 or not shutil.which("dockerd"):
            raise unittest.SkipTest("no Docker engine answers, and a private one needs root and docker.io")
        CACHE.mkdir(parents=True, exist_ok=True)
        self.take_turns()
        self.holder = tempfile.TemporaryDirectory(prefix="twofold-docker-")
        folder = pathlib.Path(self.holder.name)
        self.environment["DOCKER_HOST"] = f"unix://{folder}/docker.sock"
        self.log = (folder / "dockerd.log").open("w+")
        self.daemon = subprocess.Popen(
            ["dockerd", f"--host=unix://{folder}/docker.sock", f"--data-root={CACHE}/docker",
             f"--exec-root={folder}/exec", f"--pidfile={folder}/pid", *PRIVATE, *firewall_options()],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT, preexec_fn=end_with_parent)
        deadline = time.monotonic() + START_SECONDS_MAX
        while self.docker("info", check=False).returncode != 0:
            if self.daemon.poll() is not None or time.monotonic() > deadline:
                self.log.seek(0)
                said = "".join(self.log.readlines()[-5:])
                self.__exit__()
                raise unittest.SkipTest(f"no Docker engine can run here:\n{said}")
            time.sleep(0.1)
        self.clear()

    def take_turns(self) -> None:
        """One data root, one engine: a run beside this one goes first."""
        self.lock = (CACHE / "docker.lock").open("w")
        deadline = time.monotonic() + LOCK_SECONDS_MAX
        while True:
            try:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise AssertionError(f"another run holds {CACHE}/docker.lock for too long") from None
                time.sleep(0.5)

    def clear(self) -> None:
        """What a run that was killed has left in the private data root."""
        left = self.docker("ps", "--all", "--quiet").stdout.split()
        if left:
            self.docker("rm", "--force", "--volumes", *left)
        self.docker("volume", "prune", "--force")
        self.docker("network", "prune", "--force")
        self.docker("image", "prune", "--force")

    def __exit__(self, *_) -> None:
        if not self.daemon:
            return
        if self.daemon.poll() is None:
            self.daemon.terminate()
            self.daemon.wait(timeout=START_SECONDS_MAX)
        self.log.close()
        self.holder.cleanup()
        self.lock.close()

    def run(self, *words: str, check: bool = True, seconds: float = 120, **more) -> subprocess.CompletedProcess:
        environment = self.environment | more.pop("environment", {})
        done = subprocess.run(words, env=environment, stdin=more.pop("stdin", subprocess.DEVNULL), capture_output=True,
                              text=True, timeout=seconds, check=False, **more)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done

    def docker(self, *words: str, **more) -> subprocess.CompletedProcess:
        return self.run(self.program, *words, **more)

    def inspect(self, name: str, template: str) -> str:
        return self.docker("inspect", "--format", template, name).stdout.strip()

    def has_image(self, name: str) -> bool:
        return self.docker("image", "inspect", name, check=False).returncode == 0

    def import_folder(self, folder: pathlib.Path, image: str) -> None:
        with subprocess.Popen(["tar", "-C", folder, "-c", "."], stdout=subprocess.PIPE) as tar:
            self.docker("import", "-", image, stdin=tar.stdout)

    def build(self, image: str, dockerfile: str, context: str, *, seconds: float = 400, **arguments: str) -> None:
        given = {name: os.environ[name] for name in PROXIES if name in os.environ} | arguments
        words = [word for name, value in given.items() for word in ("--build-arg", f"{name}={value}")]
        self.docker("build", "--network=host", "--tag", image, "--file", dockerfile, *words, context, seconds=seconds)

    def base(self) -> None:
        """Debian's slim image, pulled; where that cannot be, the same release from Debian's archive."""
        if self.has_image(BASE) or self.docker("pull", "--quiet", BASE, check=False).returncode == 0:
            return
        if os.geteuid() != 0 or not shutil.which("debootstrap"):
            raise unittest.SkipTest(f"{BASE} cannot be pulled, and debootstrap needs root")
        with tempfile.TemporaryDirectory(prefix="twofold-base-") as folder:
            root = pathlib.Path(folder) / "root"
            self.run("debootstrap", "--variant=minbase", "bookworm", str(root), seconds=400)
            for litter in (*root.glob("var/cache/apt/archives/*.deb"), *root.glob("var/lib/apt/lists/*_*")):
                litter.unlink()
            self.import_folder(root, BASE)
