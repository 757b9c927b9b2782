"""A broker that calls functions of ours instead of the system's: they hold it up for as long as a file is there."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from _cli_broker import PROGRAM, SECONDS_MAX, VOLATILE, environment

COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("g++")


@unittest.skipUnless(COMPILER and sys.maxsize > 1 << 32, "needs a C compiler and 64 bits")
class PreloadedCase(unittest.TestCase):
    """`shim` is C, loaded into each broker; `self.hang` is the file that it looks for, $HANG."""

    shim = ""

    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory(prefix="twofold-preloaded-")
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        self.hang = self.folder / "hang"
        (self.folder / "shim.c").write_text(self.shim)
        subprocess.run([COMPILER, "-x", "c", "-shared", "-fPIC", "-o", str(self.folder / "shim.so"), str(self.folder / "shim.c")],
                       check=True, timeout=SECONDS_MAX)

    def start(self, *settings: str) -> subprocess.Popen:
        words = [word for one in ("storage.min_free=0", "log.format=json", *settings) for word in ("--set", one)]
        broker = subprocess.Popen(
            [PROGRAM, "serve", "--http", "127.0.0.1:0", "--data", str(self.folder / "data"), *words],
            env=environment(**VOLATILE, LD_PRELOAD=str(self.folder / "shim.so"), HANG=str(self.hang),
                            ASAN_OPTIONS="verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")),
            stderr=subprocess.PIPE, text=True)

        def end() -> None:
            self.hang.unlink(missing_ok=True)
            broker.kill()
            broker.wait()
            broker.stderr.close()

        self.addCleanup(end)
        return broker

    def port_of(self, broker: subprocess.Popen) -> int:
        for line in broker.stderr:
            said = json.loads(line)
            if said["msg"] == "twofold ready":
                return int(said["port"])
        raise AssertionError("the broker did not start")
