#!/usr/bin/env python3
"""A reader that stops reading costs the others nothing, and misses nothing once it reads on."""

import os
import unittest

from wire._stream import RawStream, StreamCase, frame, until

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


class ManySlowReaders(StreamCase):
    """More of them than there is memory for, and what they leave to the others."""

    settings = ("limits.memory=64MiB",)
    ANSWERS = 20 << 20  # of 64 MiB: two of the largest bodies
    STREAMS = 60

    def answers(self) -> int:
        for line in self.broker.call("GET", "/metrics").body.decode().splitlines():
            if line.startswith('twofold_memory_bytes{kind="answers"}'):
                return int(line.split()[-1])
        raise AssertionError("no such metric")

    def own_memory(self) -> int:
        with open(f"/proc/{self.broker.process.pid}/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon"))

    async def test_they_do_not_take_all_memory_and_are_cut_off_for_those_who_read(self):
        self.ask("PUT", "/v1/topics/heavy", {}, status=201)
        for n in range(12):
            self.ask("POST", "/v1/topics/heavy/records", {"records": [{"text": f"{n:02}" + "x" * 999_000}] * 8})
        before, most = self.own_memory(), 0
        crowd = []
        for _ in range(self.STREAMS):
            raw = RawStream(self.broker.port, "/v1/topics/heavy/stream?from=earliest")
            raw.text('{"type":"subscribe","sub":2,"topic":"heavy","from":"earliest"}')
            crowd.append(raw)
            self.assertLess(self.answers(), self.ANSWERS * 5 // 4 + (16 << 20))
            most = max(most, self.own_memory())
        self.assertLess(most - before, 120 << 20)
        seen = 0
        reader = await self.connect("/v1/topics/heavy/stream?from=earliest")
        while seen < 96:
            told = await reader.next("messages", but=("welcome", "subscribed", "caught_up", "heartbeat"))
            for message in told["messages"]:
                self.assertEqual(message["offset"], seen)
                seen += 1
        for raw in crowd:
            raw.socket.close()
        await until(lambda: self.answers() == 0)

    async def test_answers_that_nobody_reads_are_not_made_without_end(self):
        before = self.own_memory()
        word = frame(1, b'{"type":"ping","id":"' + b"x" * 60 + b'"}') * 1_000
        crowd = []
        for _ in range(30):
            raw = RawStream(self.broker.port)
            crowd.append(raw)
            raw.text('{"type":"hello"}')
            raw.read_json("welcome")
            raw.socket.settimeout(0.1)
            try:
                for _ in range(1_000):
                    raw.socket.sendall(word)
            except TimeoutError:
                pass
        self.assertLess(self.own_memory() - before, 60 << 20)
        for raw in crowd:
            raw.socket.close()
        await until(lambda: self.answers() == 0)


if __name__ == "__main__":
    unittest.main()
