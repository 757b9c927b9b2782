#!/usr/bin/env python3
"""A reader that stops reading costs the others nothing, and misses nothing once it reads on."""

import os
import unittest

from wire._stream import RawStream, StreamCase

RECORDS = 400
BYTES = 100_000


class SlowReader(StreamCase):
    def memory(self) -> int:
        with open(f"/proc/{self.broker.process.pid}/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))

    async def test_it_holds_a_place_and_not_memory(self):
        self.ask("PUT", "/v1/topics/wide", {}, status=201)
        slow = []
        for _ in range(20):
            raw = RawStream(self.broker.port, "/v1/topics/wide/stream?from=latest")
            raw.read_json("caught_up")
            slow.append(raw)
        fast = await self.greeted()
        await fast.subscribe(topic="wide")
        await fast.next("caught_up")
        before = self.memory()
        got = 0
        for n in range(RECORDS // 4):
            text = f"{n:08}" + "x" * BYTES
            await fast.say("publish", id=n, topic="wide", records=[{"text": text[:BYTES]}] * 4)
            wanted = got + 4
            while got < wanted:
                frame = await fast.next("messages", but=("published", "heartbeat"))
                got += len(frame["messages"])
        # Each of them is 40 MB behind, less what the kernel holds for it.
        self.assertLess(self.memory() - before, 150 << 20)
        seen = 0
        while seen < RECORDS:
            frame = slow[0].read_json("messages")
            for message in frame["messages"]:
                self.assertEqual(message["offset"], seen)
                seen += 1
        slow[0].read_json("caught_up")

    async def test_acks_are_heard_while_nothing_is_read(self):
        self.ask("PUT", "/v1/topics/stuffed", {}, status=201)
        self.ask("PUT", "/v1/queues/jobs", {}, status=201)
        job, = self.send("jobs", 1)
        receipt = self.ask("POST", "/v1/queues/jobs/receive", {"max": 1})["messages"][0]["receipt"]
        for _ in range(60):
            self.ask("POST", "/v1/topics/stuffed/records", {"records": [{"text": "x" * 1_000_000}] * 1})
        raw = RawStream(self.broker.port, "/v1/topics/stuffed/stream?from=earliest")
        raw.text('{"type":"subscribe","sub":2,"queue":"jobs","credit":{"messages":0}}')
        raw.text('{"type":"ack","sub":2,"receipts":["%s"]}' % receipt)
        for _ in range(500):
            if sum(self.counts("jobs").values()) == 0:
                break
            os.sched_yield()
        self.assertEqual(sum(self.counts("jobs").values()), 0)


if __name__ == "__main__":
    unittest.main()
