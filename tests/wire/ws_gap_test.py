#!/usr/bin/env python3
"""What retention took before a reader came by is said, never passed over in silence."""

import unittest

from wire._stream import StreamCase


class GapStory(StreamCase):
    async def test_a_reader_behind_the_trim_is_told(self):
        self.ask("PUT", "/v1/topics/short", {}, status=201)
        self.publish("short", *range(10))
        stream = await self.greeted()
        await stream.subscribe(topic="short", **{"from": "earliest"}, credit={"messages": 2})
        self.assertEqual([m["value"] for m in await stream.messages(2)], [0, 1])
        self.ask("POST", "/v1/topics/short/trim", {"before": {"0": 7}})
        await stream.say("credit", sub=1, messages=100)
        gap = await stream.next("gap")
        self.assertEqual((gap["sub"], gap["partition"], gap["from"], gap["to"]), (1, 0, 2, 7))
        self.assertEqual([m["value"] for m in await stream.messages(3)], [7, 8, 9])
        await stream.next("caught_up")


if __name__ == "__main__":
    unittest.main()
