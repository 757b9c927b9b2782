#!/usr/bin/env python3
"""Messages that left memory long ago: what a receive of them costs."""

import unittest

from wire._queues import QueueCase

LARGE = 1_000_000
ANSWER_BYTES_MAX = (4 << 20) + LARGE + 200_000


class ColdMessages(QueueCase):
    settings = ("storage.journal_file_bytes=16MiB", "storage.journal_files=2", "storage.tail_cache=1MiB")

    def fill(self, name: str, count: int) -> None:
        for _ in range(count):
            self.call("POST", f"/v1/queues/{name}/raw", b"x" * LARGE, headers={"Content-Type": "text/plain"})

    def test_large_messages_before_many_small_ones_do_not_come_all_at_once(self):
        self.queue("cold")
        self.queue("filler")
        self.fill("cold", 12)
        for _ in range(30):
            self.send("cold", *({"value": 0} for _ in range(1_000)))
        self.fill("filler", 40)
        self.broker.kill()
        self.broker.start()
        got = {}
        while len(got) < 1_012:
            answer = self.call("POST", "/v1/queues/cold/receive", {"max": 1_000, "visibility_timeout": "10m"})
            self.assertLess(len(answer.body), ANSWER_BYTES_MAX)
            self.assertTrue(answer.json["messages"])
            for message in answer.json["messages"]:
                self.assertNotIn(message["id"], got)
                self.assertEqual(message["receive_count"], 1, "what was not handed out was not received")
                got[message["id"]] = message
        self.assertTrue({f"0-{n}" for n in range(1_000)} <= set(got))
        self.assertEqual(self.counts("cold")["in_flight"], len(got))


if __name__ == "__main__":
    unittest.main()
