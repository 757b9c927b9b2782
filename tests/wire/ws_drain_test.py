#!/usr/bin/env python3
"""A broker that stops says so, lets workers finish, and closes with 1012."""

import asyncio
import signal
import time
import unittest

from wire._stream import StreamCase


class Drain(StreamCase):
    async def test_goaway_then_1012(self):
        self.ask("PUT", "/v1/topics/news", {}, status=201)
        self.ask("PUT", "/v1/queues/work", {"visibility_timeout": "1h"}, status=201)
        self.send("work", 1, 2)
        reader, worker = await self.greeted(), await self.greeted()
        await reader.subscribe(topic="news")
        await reader.next("caught_up")
        await worker.subscribe(queue="work", credit={"messages": 1})
        held, = await worker.messages(1)
        self.broker.process.send_signal(signal.SIGTERM)
        goaway = await reader.next("goaway")
        self.assertEqual((goaway["reason"], goaway["deadline"]), ("drain", "1s"), "who holds nothing is not told of the time of those who do")
        self.assertEqual(await reader.closed(), 1012)
        await worker.next("goaway")
        await worker.say("subscribe", id=1, sub=2, topic="news")
        self.assertEqual((await worker.next("error"))["problem"]["code"], "draining")
        await worker.say("ack", id=2, sub=1, receipts=[held["receipt"]])
        self.assertEqual((await worker.next("acked"))["results"], ["acked"])
        self.assertEqual(await worker.closed(), 1012)
        code = await asyncio.to_thread(self.broker.process.wait, 20)
        self.assertEqual(code, 0)
        self.broker.start()
        self.assertEqual(self.counts("work"), {"ready": 1, "in_flight": 0, "delayed": 0, "blocked": 0, "dead": 0})

    async def test_what_was_handed_out_over_a_socket_is_acked_over_http(self):
        self.ask("PUT", "/v1/queues/mixed", {"visibility_timeout": "1h"}, status=201)
        self.send("mixed", 1)
        worker = await self.greeted()
        await worker.subscribe(queue="mixed", credit={"messages": 1})
        held, = await worker.messages(1)
        other = self.broker.connect()
        self.addCleanup(other.close)
        self.broker.call("GET", "/v1/queues", connection=other)
        self.broker.process.send_signal(signal.SIGTERM)
        await worker.next("goaway")
        await asyncio.sleep(0.5)  # the work
        answer = self.broker.call("POST", "/v1/queues/mixed/ack", {"receipts": [held["receipt"]]}, connection=other)
        self.assertEqual(answer.json, {"results": ["acked"]})
        await asyncio.to_thread(self.broker.process.wait, 20)
        self.broker.start()
        self.assertEqual(sum(self.counts("mixed").values()), 0)


class SettleTime(StreamCase):
    settings = ("server.settle_time=2s",)

    async def test_who_holds_over_a_socket_and_is_silent_has_as_long_as_the_others(self):
        self.ask("PUT", "/v1/queues/work", {"visibility_timeout": "1h"}, status=201)
        self.send("work", 1)
        worker = await self.greeted()
        await worker.subscribe(queue="work", credit={"messages": 1})
        await worker.messages(1)
        began = time.monotonic()
        self.broker.process.send_signal(signal.SIGTERM)
        self.assertEqual((await worker.next("goaway"))["deadline"], "2s")
        self.assertEqual(await worker.closed(), 1012)
        took = time.monotonic() - began
        self.assertGreaterEqual(took, 2)
        self.assertLess(took, 5, "five seconds whatever was set")
        await asyncio.to_thread(self.broker.process.wait, 20)
        self.broker.start()


if __name__ == "__main__":
    unittest.main()
