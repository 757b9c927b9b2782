"""What `twofold generate dogstatsd` prints, beside a broker: the datagrams that an agent hears."""

import os
import re
import socket
import subprocess
import sys
import time
import unittest

from _cli_broker import BrokerCase, run

SECONDS_MAX = 30
LINE = re.compile(r"(?P<name>(twofold|process)\.\w+):(?P<value>-?[0-9.e+-]+)\|(?P<kind>[cg])(\|#(?P<tags>\w+:[^,|#\s]+(,\w+:[^,|#\s]+)*))?")
SCRIPT = "dogstatsd.py"


class DogStatsD(BrokerCase):
    def setUp(self) -> None:
        self.agent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(self.agent.close)
        self.agent.bind(("127.0.0.1", 0))
        self.agent.settimeout(SECONDS_MAX)

    def forward(self, url: str, **environment: str) -> subprocess.Popen:
        script = self.folder / SCRIPT
        script.write_text(run("generate", "dogstatsd").stdout)
        told = [sys.executable, script, "--url", url, "--agent", f"127.0.0.1:{self.agent.getsockname()[1]}", "--every", "0.2"]
        process = subprocess.Popen(told, env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def heard(self, name: str, kind: str, tags: str) -> float:
        """The next value of that metric; every line on the way is one of the protocol."""
        deadline = time.monotonic() + SECONDS_MAX
        while time.monotonic() < deadline:
            datagram = self.agent.recv(65536)
            self.assertLessEqual(len(datagram), 1432)
            for line in datagram.decode().split("\n"):
                found = LINE.fullmatch(line)
                self.assertTrue(found, f"{line!r} is not DogStatsD")
                if (found["name"], found["kind"], found["tags"] or "") == (name, kind, tags):
                    return float(found["value"])
        raise AssertionError(f"{name} of {tags} was never told")

    def test_gauges_are_told_as_they_are_and_counters_as_they_grow(self):
        self.cli("send", "kitchen", "one", "--create")
        self.forward(self.url)
        self.assertEqual(self.heard("twofold.queue_messages", "g", "queue:kitchen,state:ready"), 1)
        self.cli("send", "kitchen", "two")
        self.cli("send", "kitchen", "three")
        grown = 0.0
        while grown < 2:
            grown += self.heard("twofold.queue_sent_total", "c", "queue:kitchen")
        self.assertEqual(grown, 2, "what there was before is not counted")

    def test_a_broker_that_is_not_there_is_said_and_tried_again(self):
        process = self.forward("http://127.0.0.1:1")
        for _ in range(2):
            self.assertIn("trying again", process.stderr.readline())


if __name__ == "__main__":
    unittest.main()
