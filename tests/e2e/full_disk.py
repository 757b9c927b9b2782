"""A disk that is full, for real: publishes are refused in the words of each protocol, whoever reads or settles goes on,
nothing acknowledged is lost, and when there is room again everything is as before."""

import os
import pathlib
import subprocess
import tempfile
import time
import unittest

from wire._broker import READY_SECONDS_MAX, Answer, Broker

DISK = "64m"
SETTINGS = ("storage.journal_file_bytes=8MiB", "http.max_body=8MiB", "storage.segment_bytes=1MiB")
TARGET = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.SendMessage"}
TEXT = "x" * 100_000
PUBLISHES_MAX = 2_000  # of 100 KB, three times what fits


class FullDisk(unittest.TestCase):
    def setUp(self) -> None:
        self.disk = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="twofold-full-")))
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", self.disk], capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest(f"no disk of its own can be mounted here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk])
        self.broker = Broker(*SETTINGS)
        self.addCleanup(self.broker.remove)
        (self.disk / "data").mkdir()
        (self.broker.folder / "data").symlink_to(self.disk / "data")  # its log is elsewhere
        self.broker.start()
        self.call = self.broker.call

    def fill(self, path: str, body) -> tuple[list[str], Answer]:
        """The ids of what was taken until something was not, and that refusal."""
        taken: list[str] = []
        for _ in range(PUBLISHES_MAX):
            answer = self.call("POST", path, body)
            if answer.status != 200:
                return taken, answer
            taken += [one["id"] for one in answer.json.get("records", answer.json.get("messages"))]
        raise AssertionError(f"{PUBLISHES_MAX} publishes and the disk is not full")

    def read_all(self) -> list[str]:
        ids, where = [], "from=earliest"
        while True:
            page = self.call("GET", f"/v1/topics/news/records?{where}&limit=50").json
            ids += [one["id"] for one in page["records"]]
            if page["caught_up"]:
                return ids
            where = f"cursor={page['cursor']}"

    def test_publishes_are_refused_and_nothing_else_is(self):
        self.call("PUT", "/v1/topics/news", {})
        self.call("PUT", "/v1/queues/work", {"visibility_timeout": "1h"})
        sent = [one["id"] for one in self.call("POST", "/v1/queues/work/messages", {"messages": [{"text": "m"}] * 20}).json["messages"]]
        published, refused = self.fill("/v1/topics/news/records", {"text": TEXT})
        self.assertEqual((refused.status, refused.json["code"]), (507, "storage-full"), refused.body)
        self.assertIn("retry-after", refused.headers)

        by_sqs = self.call("POST", "/", {"QueueUrl": f"http://127.0.0.1:{self.broker.port}/000000000000/work", "MessageBody": TEXT}, TARGET)
        self.assertEqual(by_sqs.status, 503, by_sqs.body)
        self.assertEqual(self.call("GET", "/livez").status, 200)
        self.assertEqual(self.read_all(), published)
        messages = self.call("POST", "/v1/queues/work/receive", {"max": 20}).json["messages"]
        self.assertEqual([one["id"] for one in messages], sent)
        acked = self.call("POST", "/v1/queues/work/ack", {"receipts": [one["receipt"] for one in messages]})
        self.assertEqual((acked.status, acked.json["results"]), (200, ["acked"] * 20), acked.body)

        self.broker.kill()
        self.broker.start()
        self.assertEqual(self.read_all(), published, "what was answered is there after a kill on a full disk")
        self.assertEqual(self.call("GET", "/v1/queues/work").json["messages"]["ready"], 0)

    def test_where_there_is_room_again_publishes_are_taken(self):
        other = self.disk / "somebody-elses"
        other.write_bytes(b"\0" * (24 << 20))
        self.call("PUT", "/v1/topics/news", {})
        published, _ = self.fill("/v1/topics/news/records", {"text": TEXT})
        os.unlink(other)
        deadline = time.monotonic() + READY_SECONDS_MAX
        while (answer := self.call("POST", "/v1/topics/news/records", {"text": "after"})).status != 200:
            self.assertLess(time.monotonic(), deadline, answer.body)
            time.sleep(0.1)
        self.assertEqual(self.read_all(), published + [answer.json["records"][0]["id"]])


if __name__ == "__main__":
    unittest.main()
