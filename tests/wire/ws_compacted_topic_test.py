#!/usr/bin/env python3
"""Streams over a topic that is cleaned while they read it: what was compacted away is no gap."""

import unittest

from wire._stream import StreamCase, until

QUICK = {"cleanup": "compact", "compaction": {"max_lag": "1ms"}}


class CompactedTopic(StreamCase):
    def fill(self, topic: str, versions: range, keys="abc") -> None:
        self.ask("POST", f"/v1/topics/{topic}/records",
                 {"records": [{"key": key, "value": version} for version in versions for key in keys]})

    async def clean(self, topic: str) -> None:
        def is_clean():
            shown = self.ask("GET", f"/v1/topics/{topic}")["cleaning"]
            return shown["last_run"] and shown["dirty_bytes"] == 0
        await until(is_clean)

    async def test_a_stream_that_waits_for_credit_steps_over_what_goes_meanwhile(self):
        self.ask("PUT", "/v1/topics/ticks", {"cleanup": "delete"}, status=201)
        self.fill("ticks", range(10))
        stream = await self.greeted()
        await stream.subscribe(topic="ticks", **{"from": "earliest"}, credit={"messages": 4})
        self.assertEqual([m["value"] for m in await stream.messages(4)], [0, 0, 0, 1])
        self.ask("PATCH", "/v1/topics/ticks", QUICK)
        await self.clean("ticks")
        await stream.say("credit", sub=1, messages=100)
        # What was read ahead may still come; nothing is said to be missing.
        rest = []
        while not rest or rest[-1]["id"] != "0-29":
            rest += await stream.messages(1)
        self.assertEqual([m["id"] for m in rest][-3:], ["0-27", "0-28", "0-29"])
        await stream.next("caught_up")
        self.fill("ticks", range(10, 11))
        self.assertEqual([m["value"] for m in await stream.messages(3, but=("heartbeat", "caught_up"))], [10, 10, 10])

    async def test_one_that_begins_in_a_hole_begins_behind_it(self):
        self.ask("PUT", "/v1/topics/holes", QUICK | {"partitions": 1}, status=201)
        self.fill("holes", range(50))
        await self.clean("holes")
        stream = await self.greeted()
        await stream.subscribe(topic="holes", **{"from": "0-17"}, credit={"messages": 10})
        self.assertEqual([m["id"] for m in await stream.messages(3)], ["0-147", "0-148", "0-149"])
        await stream.next("caught_up")

    async def test_a_worker_learns_by_its_ack_that_what_it_holds_is_gone(self):
        self.ask("PUT", "/v1/topics/jobs", {"cleanup": "delete"}, status=201)
        self.ask("PUT", "/v1/queues/workers", {"source": {"topic": "jobs", "from": "earliest"}, "order": "key"}, status=201)
        self.fill("jobs", range(1), keys="ab")
        stream = await self.greeted()
        await stream.subscribe(queue="workers", credit={"messages": 2})
        held = await stream.messages(2)
        self.assertEqual([m["value"] for m in held], [0, 0])
        self.fill("jobs", range(1, 2), keys="ab")
        self.ask("PATCH", "/v1/topics/jobs", QUICK)
        await self.clean("jobs")
        await until(lambda: self.counts("workers") == {"ready": 2, "in_flight": 0, "delayed": 0, "blocked": 0, "dead": 0})
        await stream.say("ack", id=1, sub=1, receipts=[m["receipt"] for m in held])
        acked = await stream.next("acked", "messages")
        self.assertEqual((acked["type"], acked["results"]), ("acked", ["already", "already"]))
        rest = await stream.messages(2)
        self.assertEqual([m["value"] for m in rest], [1, 1])


if __name__ == "__main__":
    unittest.main()
