#!/usr/bin/env python3
"""A broker that stops says so, lets workers finish, and closes with 1012."""

import asyncio
import signal
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
        self.assertEqual(goaway["reason"], "drain")
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


if __name__ == "__main__":
    unittest.main()
