"""A control group of its own for one process, with a limit of memory: version 2, or version 1 where that is what there is."""

import contextlib
import os
import pathlib

ROOT = pathlib.Path("/sys/fs/cgroup")


class NoController(Exception):
    pass


def _own_group() -> tuple[pathlib.Path, str, str]:
    """Where new groups may be made, below the group that we are in: folder, name of the limit, and of what is counted."""
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            return ROOT / "memory" / path.lstrip("/"), "memory.limit_in_bytes", "memory.max_usage_in_bytes"
        if controllers == "" and (ROOT / "cgroup.controllers").exists():
            folder = ROOT / path.lstrip("/")
            if "memory" in (folder / "cgroup.subtree_control").read_text().split():
                return folder, "memory.max", "memory.peak"
    raise NoController("no memory controller of cgroups is delegated to this process")


class MemoryGroup:
    def __init__(self, bytes_max: int):
        parent, limit, self.peak_name = _own_group()
        self.folder = parent / f"twofold-test-{os.getpid()}"
        try:
            self.folder.mkdir()
            (self.folder / limit).write_text(str(bytes_max))
        except OSError as error:
            with contextlib.suppress(OSError):
                self.folder.rmdir()
            raise NoController(f"{self.folder}: {error.strerror}") from error

    def enter(self) -> None:
        """Called in the child before it becomes the broker."""
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def peak_bytes(self) -> int:
        file = self.folder / self.peak_name
        return int(file.read_text()) if file.exists() else 0

    def kills(self) -> int:
        """How often the kernel has ended something here for want of memory."""
        for name in ("memory.events", "memory.oom_control"):
            if (self.folder / name).exists():
                return sum(int(line.split()[1]) for line in (self.folder / name).read_text().splitlines() if line.startswith("oom_kill "))
        return 0

    def remove(self) -> None:
        self.folder.rmdir()
