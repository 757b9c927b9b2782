"""A broker under a supervisor that speaks systemd's notification protocol: when it is ready, that it is alive, and
that it stops. The supervisor here is a datagram socket, as systemd's is."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import unittest

from _cli_broker import PROGRAM, SECONDS_MAX, VOLATILE, environment

WATCHDOG_MICROSECONDS = 400_000


class Supervisor:
    """Starts a broker and hears what it says."""

    def __init__(self, stack: contextlib.ExitStack, address: str | None = None, **more: str):
        self.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="twofold-supervised-")))
        self.socket = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        named = address or str(self.folder / "notify")
        self.socket.bind("\0" + named[1:] if named.startswith("@") else named)
        self.socket.settimeout(SECONDS_MAX)
        self.broker = subprocess.Popen(
            [PROGRAM, "serve", "--http", "127.0.0.1:0", "--data", self.folder / "data", "--set", "storage.min_free=0"],
            env=environment(NOTIFY_SOCKET=named, **VOLATILE | more), stderr=subprocess.DEVNULL)
        stack.callback(self.end)

    def hear(self) -> str:
        return self.socket.recv(4096).decode()

    def is_silent_for(self, seconds: float) -> bool:
        self.socket.settimeout(seconds)
        try:
            return not self.hear()
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(SECONDS_MAX)

    def end(self) -> None:
        if self.broker.poll() is None:
            self.broker.kill()
            self.broker.wait(SECONDS_MAX)


class Supervised(unittest.TestCase):
    def setUp(self) -> None:
        self.stack = self.enterContext(contextlib.ExitStack())

    def test_says_when_it_is_ready_and_when_it_stops(self):
        supervisor = Supervisor(self.stack)
        self.assertRegex(supervisor.hear(), r"^READY=1\nSTATUS=ready, http 127\.0\.0\.1:0 port \d+$")
        supervisor.broker.send_signal(signal.SIGTERM)
        self.assertEqual(supervisor.hear(), "STOPPING=1\nSTATUS=stopping")
        self.assertEqual(supervisor.broker.wait(SECONDS_MAX), 0)

    def test_an_abstract_socket_is_one_too(self):
        supervisor = Supervisor(self.stack, address=f"@twofold-supervised-{os.getpid()}")
        self.assertTrue(supervisor.hear().startswith("READY=1\n"))

    def test_answers_the_watchdog_for_as_long_as_its_loop_runs(self):
        supervisor = Supervisor(self.stack, WATCHDOG_USEC=str(WATCHDOG_MICROSECONDS))
        said = [supervisor.hear() for _ in range(4)]
        self.assertEqual(said[1:], ["WATCHDOG=1"] * 3)
        supervisor.broker.send_signal(signal.SIGSTOP)
        while not supervisor.is_silent_for(WATCHDOG_MICROSECONDS / 1e6):
            pass  # what was said before it stopped
        supervisor.broker.send_signal(signal.SIGCONT)
        self.assertEqual(supervisor.hear(), "WATCHDOG=1")

    def test_a_watchdog_meant_for_another_process_is_not_answered(self):
        supervisor = Supervisor(self.stack, WATCHDOG_USEC="100000", WATCHDOG_PID="1")
        self.assertTrue(supervisor.hear().startswith("READY=1\n"))
        self.assertTrue(supervisor.is_silent_for(0.5))

    def test_a_supervisor_that_is_gone_stops_nothing(self):
        supervisor = Supervisor(self.stack, WATCHDOG_USEC=str(WATCHDOG_MICROSECONDS))
        supervisor.hear()
        supervisor.socket.close()
        supervisor.broker.send_signal(signal.SIGTERM)
        self.assertEqual(supervisor.broker.wait(SECONDS_MAX), 0)


if __name__ == "__main__":
    unittest.main()
