#!/usr/bin/env python3
"""Queues over a topic: from any position, side by side, without the producer noticing."""

import unittest

from wire._broker import WireCase


class Attach(WireCase):
    def fill(self, topic: str, count: int, partitions: int = 1) -> None:
        self.ask("PUT", f"/v1/topics/{topic}", {"partitions": partitions}, status=201)
        self.publish(topic, range(count))

    def publish(self, topic: str, values) -> None:
        self.ask("POST", f"/v1/topics/{topic}/records", {"records": [
            {"key": str(v), "value": v, "timestamp": f"2026-11-20T10:{v % 60:02}:00Z"} for v in values]})

    def attach(self, queue: str, topic: str, start: str | None, status: int = 201, **config):
        source = {"topic": topic} | ({"from": start} if start is not None else {})
        return self.ask("PUT", f"/v1/queues/{queue}", {"source": source} | config, status=status)

    def drain(self, queue: str) -> list:
        values = []
        while messages := self.ask("POST", f"/v1/queues/{queue}/receive", {"max": 100})["messages"]:
            values += [m["value"] for m in messages]
            self.ask("POST", f"/v1/queues/{queue}/ack", {"receipts": [m["receipt"] for m in messages]})
        return values

    def test_from_earliest_latest_an_offset_and_a_time(self):
        self.fill("from", 10)
        made = self.attach("q-earliest", "from", "earliest")
        self.assertEqual(made["backlog"]["count"], 10)
        self.attach("q-latest", "from", None)
        self.attach("q-offset", "from", "7")
        self.attach("q-time", "from", "2026-11-20T10:04:30Z")
        self.publish("from", [10])
        self.assertEqual(self.drain("q-earliest"), list(range(11)))
        self.assertEqual(self.drain("q-latest"), [10])
        self.assertEqual(self.drain("q-offset"), [7, 8, 9, 10])
        self.assertEqual(self.drain("q-time"), [5, 6, 7, 8, 9, 10])
        still_there = self.ask("GET", "/v1/topics/from/records")["records"]
        self.assertEqual(len(still_there), 11, "acks forget nothing of a topic")

    def test_every_partition_is_delivered_and_named(self):
        self.fill("wide", 40, partitions=4)
        self.attach("wide-queue", "wide", "earliest")
        messages = self.ask("POST", "/v1/queues/wide-queue/receive", {"max": 100})["messages"]
        self.assertEqual(sorted(m["value"] for m in messages), list(range(40)))
        self.assertEqual({m["partition"] for m in messages}, {0, 1, 2, 3})
        self.assertTrue(all(m["topic"] == "wide" and m["id"] == f"{m['partition']}-{m['offset']}" for m in messages))

    def test_attaching_again_changes_nothing(self):
        self.fill("again", 3)
        first = self.attach("again-queue", "again", "latest")
        self.publish("again", [3])
        second = self.attach("again-queue", "again", "latest", status=200)
        self.assertEqual(second["etag"], first["etag"])
        self.assertEqual(self.drain("again-queue"), [3])
        self.refused("PUT", "/v1/queues/again-queue", {"source": {"topic": "again"}, "max_receives": 9}, status=409,
                     code="exists-with-other-config")
        self.refused("PUT", "/v1/queues/again-queue", {}, status=409, code="exists-with-other-config")

    def test_what_an_attached_queue_refuses(self):
        self.fill("source", 3)
        self.attach("reader", "source", "earliest")
        self.refused("POST", "/v1/queues/reader/messages", {"value": 1}, status=409, code="queue-is-attached")
        problem = self.refused("DELETE", "/v1/topics/source", status=409, code="topic-has-queues")
        self.assertIn("reader", problem["detail"])
        consumers = self.ask("GET", "/v1/topics/source/consumers")
        self.assertEqual([(q["name"], q["lag"]["count"]) for q in consumers["queues"]], [("reader", 3)])
        self.ask("DELETE", "/v1/queues/reader")
        self.ask("DELETE", "/v1/topics/source")

    def test_a_source_must_exist_and_be_whole(self):
        self.fill("whole", 4, partitions=2)
        problem = self.refused("PUT", "/v1/queues/q", {"source": {"topic": "hole"}}, status=404, code="topic-not-found")
        self.assertIn("Did you mean whole?", problem["hint"])
        self.refused("PUT", "/v1/queues/q", {"source": {"topic": "whole", "from": "0-1"}}, status=400,
                     code="invalid-request")
        self.refused("PUT", "/v1/queues/q", {"source": {"topic": "whole", "filter": "x"}}, status=400,
                     code="invalid-filter")
        self.refused("PUT", "/v1/queues/q", {"source": {}}, status=400, code="invalid-request")

    def test_two_queues_and_a_reader_see_the_same_record(self):
        self.fill("shared", 0 + 1)
        self.attach("one", "shared", "earliest")
        self.attach("two", "shared", "earliest")
        ids = {self.ask("POST", f"/v1/queues/{q}/receive")["messages"][0]["id"] for q in ("one", "two")}
        ids.add(self.ask("GET", "/v1/topics/shared/records")["records"][0]["id"])
        self.assertEqual(ids, {"0-0"})


if __name__ == "__main__":
    unittest.main()
