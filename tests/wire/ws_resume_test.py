#!/usr/bin/env python3
"""A reader goes on where its cursor says: after a restart, and never in another topic of the name."""

import unittest

from wire._stream import StreamCase


class Resume(StreamCase):
    async def test_after_a_restart(self):
        self.ask("PUT", "/v1/topics/kept", {"partitions": 3}, status=201)
        self.publish("kept", *range(10))
        stream = await self.greeted()
        await stream.subscribe(topic="kept", **{"from": "earliest"}, credit={"messages": 4})
        frame = await stream.next("messages")
        while len(frame["messages"]) < 4:
            more = await stream.next("messages")
            more["messages"] = frame["messages"] + more["messages"]
            frame = more
        self.assertEqual(len(frame["messages"]), 4)
        self.broker.kill()
        self.broker.start()
        self.publish("kept", 10, 11)
        stream = await self.greeted()
        await stream.subscribe(topic="kept", resume=frame["cursor"])
        rest = await stream.messages(8)
        values = [m["value"] for m in frame["messages"] + rest]
        self.assertEqual(sorted(values), list(range(12)))
        await stream.next("caught_up")

    async def test_another_topic_of_the_name_is_another_topic(self):
        self.ask("PUT", "/v1/topics/reborn", {}, status=201)
        self.publish("reborn", 1)
        stream = await self.greeted()
        subscribed = await stream.subscribe(topic="reborn")
        await stream.next("caught_up")
        self.call("DELETE", "/v1/topics/reborn", status=200)
        error = await stream.next("error")
        self.assertEqual((error["sub"], error["problem"]["code"]), (1, "topic-not-found"))
        self.ask("PUT", "/v1/topics/reborn", {}, status=201)
        await stream.say("subscribe", id=2, sub=1, topic="reborn", resume=subscribed["cursor"])
        error = await stream.next("error")
        self.assertEqual((error["id"], error["problem"]["code"], error["problem"]["status"]), (2, "cursor-stale", 410))
        await stream.say("subscribe", id=3, sub=1, topic="reborn", resume="c1.AAAA")
        self.assertEqual((await stream.next("error"))["problem"]["code"], "invalid-cursor")
        await stream.say("subscribe", id=4, sub=1, topic="unheard-of")
        self.assertEqual((await stream.next("error"))["problem"]["code"], "topic-not-found")
        await stream.subscribe(topic="reborn")


if __name__ == "__main__":
    unittest.main()
