"""A data directory tells what is in it, and what is wrong with it, without a broker, beside one, and without being touched."""

import contextlib
import hashlib
import json
import pathlib
import tempfile
import threading
import unittest

from _cli_broker import run
from _storage_broker import PAYLOAD, Running


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def picture(folder: pathlib.Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}


class Looking(unittest.TestCase):
    def setUp(self) -> None:
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.data = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="twofold-look-"))) / "data"
        self.stack = stack

    def broker(self) -> Running:
        broker = Running(self.data)
        self.stack.callback(lambda: broker.process.poll() is None and broker.stop())
        return broker

    def listed(self, *kinds: str) -> list[dict]:
        return [one for one in lines(run("storage", "ls", "--data", str(self.data), "-o", "jsonl").stdout) if one["kind"] in kinds]

    def dump(self, *words: str, code: int = 0) -> list[dict]:
        return lines(run("storage", "dump", "--data", str(self.data), *words, code=code).stdout)

    def fill(self, broker: Running) -> None:
        broker.ask("PUT", "/v1/topics/orders", {"partitions": 2})
        broker.ask("PUT", "/v1/queues/mail")
        broker.ask("PUT", "/v1/queues/billing", {"source": {"topic": "orders", "from": "earliest"}})
        broker.ask("POST", "/v1/topics/orders/records", {"records": [{"key": f"k{n}", "value": {"n": n}} for n in range(100)]})
        broker.ask("POST", "/v1/queues/mail/messages", {"messages": [{"value": n, "headers": {"from": "us"}} for n in range(10)]})
        taken = broker.ask("POST", "/v1/queues/mail/receive", {"max": 4})["messages"]
        broker.ask("POST", "/v1/queues/mail/ack", {"receipts": [taken[0]["receipt"]]})
        broker.ask("POST", "/v1/queues/mail/nack", {"items": [{"receipt": taken[1]["receipt"], "dead": True, "reason": "bad address"}]})
        broker.ask("POST", "/v1/groups/analytics/commit", {"offsets": {"orders": {"0": 7}}})

    def check(self) -> None:
        topic = self.listed("topic")[0]
        self.assertEqual((topic["name"], len(topic["partitions"])), ("orders", 2))
        self.assertEqual(sum(one["end"] - one["start"] for one in topic["partitions"]), 100)
        for one in topic["partitions"]:
            self.assertEqual([one["files"][0]["from"], one["files"][-1]["upto"]], [one["start"], one["end"]])
        queues = {one["name"]: one for one in self.listed("queue")}
        self.assertEqual({name: queues["mail"][name] for name in ("ready", "in_flight", "dead")}, {"ready": 6, "in_flight": 2, "dead": 1})
        self.assertEqual((queues["billing"]["ready"], queues["billing"]["topic"]), (100, "orders"))
        self.assertEqual([(at["partition"], at["next"]) for at in self.listed("group")[0]["offsets"]], [(0, 7)])

        records = self.dump("orders")
        self.assertEqual(sorted(one["value"]["n"] for one in records), list(range(100)))
        part = self.dump("orders", "-p", "1", "--from", "3", "--upto", "9")
        self.assertEqual([(one["partition"], one["offset"]) for one in part], [(1, offset) for offset in range(3, 9)])
        self.assertEqual(len(self.dump("orders", "-n", "5")), 5)
        messages = self.dump("mail")
        self.assertEqual([one["state"] for one in messages].count("in_flight"), 2)
        self.assertEqual([one["value"] for one in self.dump("mail", "--state", "dead")], [1])
        self.assertEqual(messages[-1]["headers"], {"from": "us"})

    def test_it_says_the_same_beside_a_broker_and_without_one(self) -> None:
        broker = self.broker()
        self.fill(broker)
        self.check()
        table = run("storage", "ls", "--data", str(self.data)).stdout
        self.assertIn("DIRECTORY", table)
        self.assertIn("journal/00000001.wal", table)
        broker.kill()  # so that what is in flight still is
        before = picture(self.data)
        self.check()
        for file in self.listed("file"):
            if file["name"].startswith("journal/"):
                self.dump("--file", file["name"])
        self.assertEqual(picture(self.data), before)

    def test_beside_a_broker_that_writes_all_the_time(self) -> None:
        broker = self.broker()
        broker.ask("PUT", "/v1/topics/orders")
        over, published = threading.Event(), [0]

        def publish() -> None:
            while not over.is_set():
                broker.ask("POST", "/v1/topics/orders/records", {"records": [{"value": {"n": published[0] + i, "x": PAYLOAD}} for i in range(50)]})
                published[0] += 50

        thread = threading.Thread(target=publish)
        thread.start()
        try:
            for least in (500, 2_000, 4_000):
                while published[0] < least:
                    thread.join(0.01)
                promised = published[0]
                numbers = [one["value"]["n"] for one in self.dump("orders")]
                self.assertEqual(numbers, list(range(len(numbers))))
                self.assertGreaterEqual(len(numbers), promised)
                directory = self.listed("directory")[0]
                self.assertEqual(directory["damaged"], [])
        finally:
            over.set()
            thread.join()
            broker.stop()
        files = {one["name"]: one for one in self.listed("file")}
        segments = [one for name, one in files.items() if name.startswith("segments/")]
        self.assertTrue(segments and all(one["batches"] > 0 and one["logs"] == 1 for one in segments))
        self.assertTrue({part["file"] for part in self.listed("topic")[0]["partitions"][0]["files"]} <= files.keys())

    def test_what_does_not_verify_is_told_with_file_and_place(self) -> None:
        broker = self.broker()
        broker.ask("PUT", "/v1/topics/orders")
        for n in range(40):
            broker.ask("POST", "/v1/topics/orders/records", {"records": [{"value": {"n": n, "x": PAYLOAD}}]})
        broker.kill()
        name = "journal/00000001.wal"
        whole = self.dump("--file", name)
        batch = [one for one in whole if one.get("entry") == "batch"][20]
        with (self.data / name).open("r+b") as file:
            file.seek(batch["at"] + 120)
            file.write(b"damage")
        found = [one for one in self.dump("--file", name, code=1) if "damaged" in one]
        self.assertIn(batch["at"], [one["at"] for one in found])
        self.assertEqual(found[0]["file"], name)
        around = self.dump("orders", code=1)
        self.assertEqual([one["value"]["n"] for one in around if "value" in one], [n for n in range(40) if n != 20])
        told = [one["damaged"] for one in around if "damaged" in one]
        self.assertEqual([(one["from"], one["upto"]) for one in told], [(20, 21)])
        self.assertEqual(self.listed("directory")[0]["damaged"][0]["file"], name)

    def test_it_makes_no_directory_and_says_what_there_is(self) -> None:
        self.assertIn("there is no directory", run("storage", "ls", "--data", str(self.data), code=3).stderr)
        self.assertFalse(self.data.exists())
        self.data.mkdir()
        self.assertIn("no superblock", run("storage", "ls", "--data", str(self.data), code=1).stderr)
        self.assertEqual(list(self.data.iterdir()), [])
        broker = self.broker()
        broker.ask("PUT", "/v1/topics/orders")
        self.assertIn("storage list", run("storage", "dump", "nothing", "--data", str(self.data), code=3).stderr)
        run("storage", "dump", "--data", str(self.data), code=2)
        run("storage", "dump", "orders", "--state", "dead", "--data", str(self.data), code=2)
        run("storage", "dump", "--file", "superblock.0", "--data", str(self.data), code=2)


if __name__ == "__main__":
    unittest.main()
