#!/usr/bin/env python3
"""One address is enough to see data: the shortcuts subscribe by themselves."""

import unittest

from wire._stream import StreamCase


class Shortcuts(StreamCase):
    async def test_a_topic(self):
        self.ask("PUT", "/v1/topics/glance", {}, status=201)
        self.publish("glance", {"n": 1}, {"n": 2})
        stream = await self.connect("/v1/topics/glance/stream?from=earliest&filter=value.n%20%3E%201")
        await stream.next("welcome")
        self.assertEqual((await stream.next("subscribed"))["sub"], 1)
        self.assertEqual((await stream.messages(1))[0]["value"], {"n": 2})
        await stream.next("caught_up")
        self.publish("glance", {"n": 3})
        self.assertEqual((await stream.messages(1))[0]["value"], {"n": 3})
        self.call("DELETE", "/v1/topics/glance", status=200)
        self.assertEqual((await stream.next("error"))["problem"]["code"], "topic-not-found")
        self.assertEqual(await stream.closed(), 4404)

    async def test_a_queue(self):
        self.ask("PUT", "/v1/queues/tasks", {}, status=201)
        self.send("tasks", 1, 2)
        stream = await self.connect("/v1/queues/tasks/stream?credit=1")
        await stream.next("welcome")
        await stream.next("subscribed")
        for value in (1, 2):
            message, = await stream.messages(1)
            self.assertEqual(message["value"], value)
            await stream.say("ack", receipts=[message["receipt"]])  # no sub: there is one only

    async def test_what_is_not_there(self):
        for path in ("/v1/topics/missing/stream", "/v1/queues/missing/stream"):
            stream = await self.connect(path)
            await stream.next("welcome")
            self.assertIn("not-found", (await stream.next("error"))["problem"]["code"])
            self.assertEqual(await stream.closed(), 4404)

    def test_without_an_upgrade(self):
        for path in ("/v1/ws", "/v1/topics/any/stream", "/v1/queues/any/stream"):
            answer = self.call("GET", path, status=426)
            self.assertEqual(answer.json["code"], "upgrade-required")
            self.assertEqual(answer.headers["upgrade"], "websocket")


if __name__ == "__main__":
    unittest.main()
