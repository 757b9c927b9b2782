"""A copy of a broker's data that is taken while it works is what a power cut would have left, and no less."""

import contextlib
import json
import pathlib
import tempfile
import threading
import unittest

from _cli_broker import run
from _storage_broker import PAYLOAD, Running

BATCH = 50


class Snapshots(unittest.TestCase):
    def setUp(self) -> None:
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="twofold-snapshot-")))
        self.stack = stack

    def broker(self, data: str) -> Running:
        broker = Running(self.folder / data)
        self.stack.callback(broker.stop)
        return broker

    def test_a_copy_taken_under_load_has_all_that_was_acknowledged_before(self) -> None:
        broker = self.broker("data")
        broker.ask("PUT", "/v1/topics/orders", {"partitions": 1})
        broker.ask("PUT", "/v1/queues/work")
        acknowledged, over = [0], threading.Event()

        def publish() -> None:
            while not over.is_set():
                base = acknowledged[0]
                broker.ask("POST", "/v1/topics/orders/records",
                           {"records": [{"value": {"n": base + i, "x": PAYLOAD}} for i in range(BATCH)]})
                acknowledged[0] = base + BATCH

        def work() -> None:  # messages that come and go, so that segments die
            while not over.is_set():
                broker.ask("POST", "/v1/queues/work/messages", {"messages": [{"text": PAYLOAD}] * BATCH})
                taken = broker.ask("POST", "/v1/queues/work/receive", {"max": BATCH})["messages"]
                broker.ask("POST", "/v1/queues/work/ack", {"receipts": [one["receipt"] for one in taken]})

        threads = [threading.Thread(target=publish), threading.Thread(target=work)]
        for thread in threads:
            thread.start()
        promised = []
        for number in range(5):
            while acknowledged[0] < 400 * (number + 1):
                threads[0].join(0.01)
            promised.append(acknowledged[0])
            taken = json.loads(run("storage", "snapshot", "--data", str(self.folder / "data"),
                                   "--to", str(self.folder / f"copy{number}"), "-o", "json").stdout)
            self.assertGreater(taken["files"], 2)
        over.set()
        for thread in threads:
            thread.join()
        for number, least in enumerate(promised):
            found = json.loads(run("storage", "verify", "--data", str(self.folder / f"copy{number}"), "-o", "json").stdout)
            self.assertEqual((found["ok"], found["damage"]), (True, []))
            copy = self.broker(f"copy{number}")
            records = copy.records()
            self.assertGreaterEqual(len(records), least, f"copy {number}")
            self.assertEqual(records, list(range(len(records))))
            copy.ask("POST", "/v1/topics/orders/records", {"value": {"n": len(records)}})
            self.assertEqual(copy.records()[-1], len(records), "the copy goes on by itself")

    def test_what_does_not_verify_is_named(self) -> None:
        broker = Running(self.folder / "data")
        broker.ask("PUT", "/v1/topics/orders")
        for _ in range(12):  # more than the journal keeps, so that segments are written
            broker.ask("POST", "/v1/topics/orders/records", {"records": [{"value": PAYLOAD}] * 800})
        broker.stop()
        self.assertIn("everything verifies", run("storage", "verify", "--data", str(self.folder / "data")).stdout)
        segments = sorted((self.folder / "data" / "segments").glob("*.seg"))
        self.assertTrue(segments)
        with segments[0].open("r+b") as file:
            file.seek(5_000)
            file.write(b"damage")
        found = run("storage", "verify", "--data", str(self.folder / "data"), code=1).stdout
        self.assertIn(f"segments/{segments[0].name}: bytes ", found)

    def troubles(self) -> dict:
        listed = run("storage", "ls", "--data", str(self.folder / "data"), "-o", "jsonl").stdout.splitlines()
        return {one["name"]: one["trouble"] for one in map(json.loads, listed) if "trouble" in one}

    # The one that had won verified, and nobody looked at the other: the next torn write would have cost everything.
    def test_a_rotten_superblock_is_named_whichever_of_the_two_it_is(self) -> None:
        broker = Running(self.folder / "data")
        broker.ask("PUT", "/v1/topics/orders")
        broker.stop()
        for name in ("superblock.0", "superblock.1"):
            file = self.folder / "data" / name
            whole = file.read_bytes()
            for place in (0, 60, 199, len(whole) // 2, len(whole) - 1):
                file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1:])
                found = json.loads(run("storage", "verify", "--data", str(self.folder / "data"), "-o", "json", code=1).stdout)
                self.assertEqual(found["ok"], False, f"{name} byte {place}")
                self.assertEqual([one.split(":")[0] for one in found["damage"]], [name], f"byte {place}")
                self.assertEqual(list(self.troubles()), [name], f"the list shows it, too: byte {place}")
            file.unlink()
            self.assertEqual(self.troubles(), {name: "a superblock is not there"})
            self.assertIn(f"{name}: a superblock is not there", run("storage", "verify", "--data", str(self.folder / "data"), code=1).stdout)
            file.write_bytes(whole)
        self.assertIn("everything verifies", run("storage", "verify", "--data", str(self.folder / "data")).stdout)

    def test_a_copy_into_the_directory_that_is_copied_is_refused(self) -> None:
        broker = self.broker("data")
        broker.ask("PUT", "/v1/topics/orders")
        data = self.folder / "data"
        (self.folder / "link").symlink_to(data)
        before = sorted(data.rglob("*"))
        for to in (data / "copy", data / "journal", data / "deep" / "er", self.folder / "link" / "copy", self.folder / "other" / ".." / "data" / "copy"):
            refused = run("storage", "snapshot", "--data", str(data), "--to", str(to), code=2).stderr
            self.assertIn("inside the directory that is copied", refused)
        self.assertEqual(sorted(data.rglob("*")), before)
        run("storage", "snapshot", "--data", str(data), "--to", str(self.folder / "data-copy"))

    def test_no_copy_over_something_and_none_of_nothing(self) -> None:
        (self.folder / "there").mkdir()
        (self.folder / "there" / "file").write_text("precious")
        (self.folder / "empty").mkdir()
        self.assertIn("no data directory of a broker", run("storage", "snapshot", "--data", str(self.folder / "empty"),
                                                  "--to", str(self.folder / "new"), code=1).stderr)
        broker = self.broker("data")
        self.assertIn("is not empty", run("storage", "snapshot", "--data", str(self.folder / "data"),
                                          "--to", str(self.folder / "there"), code=1).stderr)
        self.assertEqual((self.folder / "there" / "file").read_text(), "precious")
        held = run("storage", "verify", "--data", str(self.folder / "data"), code=1).stderr
        self.assertIn(str(broker.process.pid), held)


if __name__ == "__main__":
    unittest.main()
