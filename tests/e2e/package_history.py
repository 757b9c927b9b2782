"""The demonstration of run.sh, checked record by record: a real event stream is published once and
read both as a log and as a queue, with the counts and the order of each package intact."""

import collections
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(os.environ["TWOFOLD_SOURCE_DIR"])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def per_key(pairs) -> dict[str, list]:
    series = collections.defaultdict(list)
    for key, value in pairs:
        series[key].append(value)
    return series


class PackageHistory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.path = pathlib.Path(cls.folder.name)
        cls.first = cls.run_once("first")

    @classmethod
    def run_once(cls, name: str) -> str:
        """A whole life of a broker over the same data: start, demonstration, stop."""
        command = [ROOT / "scripts/run.sh", "--once", "--http", f"127.0.0.1:{free_port()}",
                   "--data", cls.path / "data", "--keep", cls.path / name]
        run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if run.returncode != 0:
            raise AssertionError(f"run.sh --once failed ({run.returncode}):\n{run.stdout}\n{run.stderr}")
        return run.stdout

    def events(self) -> list[tuple[str, dict]]:
        lines = (self.path / "first/events.tsv").read_text().splitlines()
        return [(key, json.loads(value)) for key, value in (line.split("\t", 1) for line in lines)]

    def read(self, name: str) -> list[dict]:
        return [json.loads(line) for line in (self.path / name).read_text().splitlines()]

    def test_the_log_holds_every_event_once_and_in_the_order_of_its_package(self):
        events, replay = self.events(), self.read("first/log-replay.jsonl")
        self.assertEqual(len(replay), len(events))
        self.assertEqual(len({record["id"] for record in replay}), len(events))
        by_offset = sorted(replay, key=lambda record: (record["partition"], record["offset"]))
        self.assertEqual(per_key((record["key"], record["value"]) for record in by_offset), per_key(events))

    def test_offsets_are_dense_in_every_partition(self):
        for partition, offsets in per_key((r["partition"], r["offset"]) for r in self.read("first/log-replay.jsonl")).items():
            self.assertEqual(sorted(offsets), list(range(len(offsets))), f"partition {partition}")

    def test_two_groups_keep_their_own_place(self):
        events = len(self.events())
        self.assertEqual(len(self.read("first/log-audit.jsonl")), events)
        self.assertEqual(len(self.read("first/log-newcomer.jsonl")), min(100, events))

    def test_the_workers_shared_every_message_and_none_was_done_twice(self):
        acked = [m for number in (1, 2, 3) for m in self.read(f"first/worker-{number}.jsonl")]
        self.assertEqual(len(acked), len(self.events()))
        replayed = {record["id"]: (record["key"], record["value"]) for record in self.read("first/log-replay.jsonl")}
        self.assertEqual({m["id"]: (m["key"], m["value"]) for m in acked}, replayed)

    def test_the_message_of_the_worker_that_died_came_back_and_only_that_one(self):
        (lost,) = self.read("first/worker-4.jsonl")
        again = [m for number in (1, 2, 3) for m in self.read(f"first/worker-{number}.jsonl") if m["receive_count"] > 1]
        self.assertEqual([(m["id"], m["receive_count"]) for m in again], [(lost["id"], 2)])

    def test_a_second_run_finds_the_stored_events_and_publishes_nothing(self):
        second = self.run_once("second")
        self.assertIn("An earlier run stored them already", second)
        self.assertEqual(self.read("second/log-replay.jsonl"), self.read("first/log-replay.jsonl"))


if __name__ == "__main__":
    unittest.main()
