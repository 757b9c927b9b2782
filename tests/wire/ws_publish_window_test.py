#!/usr/bin/env python3
"""Publishes are answered in time; who ignores the window is slowed down first, and then sent away."""

import json
import unittest

from wire._stream import RawStream, StreamCase, frame, until


class PublishWindow(StreamCase):
    def publish_frame(self, topic: str, id: int, size: int = 10) -> bytes:
        return frame(1, json.dumps({"type": "publish", "id": id, "topic": topic,
                                    "records": [{"text": "x" * size}]}).encode())

    async def test_a_full_window_is_answered_in_full(self):
        self.ask("PUT", "/v1/topics/window", {}, status=201)
        stream = await self.greeted()
        for id in range(64):
            await stream.say("publish", id=id, topic="window", records=[{"value": id}])
        answered = [await stream.next("published") for _ in range(64)]
        self.assertEqual([a["id"] for a in answered], list(range(64)))
        self.assertEqual([a["records"][0]["offset"] for a in answered], list(range(64)))

    async def test_a_publish_may_be_conditional(self):
        self.ask("PUT", "/v1/topics/careful", {}, status=201)
        stream = await self.greeted()
        await stream.say("publish", id=1, topic="careful", expect={"last_seq": 0}, records=[{"value": 1}])
        seq = (await stream.next("published"))["records"][0]["seq"]
        await stream.say("publish", id=2, topic="careful", expect={"last_seq": 0}, records=[{"value": 2}])
        problem = (await stream.next("error"))["problem"]
        self.assertEqual((problem["code"], problem["last_seq"]), ("expectation-failed", seq))
        await stream.say("publish", id=3, queue="careful", expect={"last_seq": 0}, records=[{"value": 2}])
        self.assertEqual((await stream.next("error"))["problem"]["param"], "expect")

    async def test_what_a_producer_sent_before_is_said_to_be_a_duplicate(self):
        self.ask("PUT", "/v1/topics/twice", {}, status=201)
        stream = await self.greeted()
        for duplicate in (False, True):
            record = {"value": 1, "producer": {"id": "p-77", "epoch": 0, "seq": 0}}
            await stream.say("publish", id=1, topic="twice", records=[record])
            place = (await stream.next("published"))["records"][0]
            self.assertEqual((place["offset"], place.get("duplicate", False)), (0, duplicate))

    async def test_a_client_that_waits_for_nothing_is_sent_away(self):
        self.ask("PUT", "/v1/topics/flood", {}, status=201)
        raw = RawStream(self.broker.port)
        raw.text('{"type":"hello"}')
        raw.send(b"".join(self.publish_frame("flood", id) for id in range(1000)))
        self.assertEqual(raw.close_code(), 4429)
        # What was taken was taken in order, and a window at a time.
        await until(lambda: self.ask("GET", "/v1/topics/flood/offsets")["partitions"][0]["end"] == 192)

    async def test_the_window_counts_bytes_too(self):
        self.ask("PUT", "/v1/topics/heavy", {}, status=201)
        raw = RawStream(self.broker.port)
        raw.text('{"type":"hello"}')
        for id in range(12):  # more than one window, less than three
            raw.send(self.publish_frame("heavy", id, 1_000_000))
        for id in range(12):
            self.assertEqual(raw.read_json("published")["id"], id)
        raw.text('{"type":"ping","id":1}')
        self.assertEqual(raw.read_json()["type"], "pong")

    async def test_refusals_name_the_record_and_leave_the_connection(self):
        self.ask("PUT", "/v1/topics/strict", {}, status=201)
        stream = await self.greeted()
        await stream.say("publish", id=1, topic="strict", records=[{"value": 1}, {"value": 1, "partition": 9}])
        problem = (await stream.next("error"))["problem"]
        self.assertEqual((problem["code"], problem["index"]), ("partition-not-found", 1))
        await stream.say("publish", id=2, topic="strict", records=[{"value": 1}, {"text": "x" * 1_100_000}])
        problem = (await stream.next("error"))["problem"]
        self.assertEqual((problem["code"], problem["index"]), ("message-too-large", 1))
        await stream.say("publish", id=3, topic="nowhere", records=[{"value": 1}])
        error = await stream.next("error")
        self.assertEqual((error["id"], error["problem"]["code"]), (3, "topic-not-found"))
        await stream.say("publish", id=4, topic="strict", queue="both", records=[{"value": 1}])
        self.assertEqual((await stream.next("error"))["id"], 4)
        await stream.say("publish", id=5, topic="strict", records=[])
        self.assertEqual((await stream.next("error"))["id"], 5)
        await stream.say("publish", id=6, topic="strict", records=[{"value": 1}], durability="memory")
        published = await stream.next("published")
        self.assertEqual((published["id"], published["records"][0]["offset"]), (6, 0))


if __name__ == "__main__":
    unittest.main()
