#!/usr/bin/env python3
"""Workers on a queue: credit, acks, and what happens to messages whose worker goes away."""

import re
import unittest

from wire._stream import StreamCase, until


class QueueStories(StreamCase):
    def make(self, queue: str, **settings) -> str:
        self.ask("PUT", f"/v1/queues/{queue}", settings, status=201)
        return queue

    async def test_credit_is_what_a_worker_holds_at_most(self):
        queue = self.make("credited")
        self.send(queue, *range(10))
        stream = await self.greeted()
        await stream.subscribe(queue=queue, credit={"messages": 3})
        first = await stream.messages(3)
        self.assertEqual([m["value"] for m in first], [0, 1, 2])
        self.assertEqual([m["receive_count"] for m in first], [1, 1, 1])
        await stream.say("ping", id=9)
        await stream.next("pong")
        self.assertEqual(self.counts(queue)["in_flight"], 3)
        await stream.say("ack", id="a", sub=1, receipts=[m["receipt"] for m in first[:2]])
        acked = await stream.next("acked")
        self.assertEqual((acked["id"], acked["results"]), ("a", ["acked", "acked"]))
        self.assertEqual([m["value"] for m in await stream.messages(2)], [3, 4])
        await stream.say("ack", id="b", sub=1, receipts=[first[0]["receipt"], first[2]["receipt"], "r1.nonsense"])
        self.assertEqual((await stream.next("acked"))["results"], ["already", "acked", "unknown"])
        self.assertEqual([m["value"] for m in await stream.messages(1)], [5])

    async def test_credit_by_hand(self):
        queue = self.make("by_hand")
        self.send(queue, *range(4))
        stream = await self.greeted()
        await stream.subscribe(queue=queue, credit={"messages": 0, "replenish": "manual"})
        await stream.say("credit", sub=1, messages=1)
        one = await stream.messages(1)
        await stream.say("ack", id=1, sub=1, receipts=[one[0]["receipt"]])
        self.assertEqual((await stream.next("acked"))["results"], ["acked"])
        await stream.say("ping", id=2)
        self.assertEqual((await stream.next("pong", "messages"))["type"], "pong")
        await stream.say("credit", sub=1, messages=2)
        self.assertEqual([m["value"] for m in await stream.messages(2)], [1, 2])

    async def test_bytes_of_credit_may_go_below_zero_once(self):
        queue = self.make("bytes")
        self.send(queue, "x" * 5000, "y" * 5000)
        stream = await self.greeted()
        await stream.subscribe(queue=queue, credit={"messages": 10, "bytes": 1})
        large = await stream.messages(1)
        self.assertEqual(len(large[0]["value"]), 5000)
        await stream.say("ping", id=1)
        self.assertEqual((await stream.next("pong", "messages"))["type"], "pong")
        await stream.say("ack", sub=1, receipts=[large[0]["receipt"]])
        self.assertEqual((await stream.messages(1))[0]["value"], "y" * 5000)

    async def test_nack_and_extend(self):
        queue = self.make("settled", max_receives=0)
        self.send(queue, "a", "b")
        stream = await self.greeted()
        await stream.subscribe(queue=queue, credit={"messages": 2})
        a, b = await stream.messages(2)
        await stream.say("nack", id=1, sub=1, items=[{"receipt": a["receipt"], "delay": "0s", "reason": "busy"}])
        frames = [await stream.next("acked", "messages"), await stream.next("acked", "messages")]
        again = next(f for f in frames if f["type"] == "messages")["messages"][0]
        self.assertEqual((again["value"], again["receive_count"]), ("a", 2))
        await stream.say("extend", id=2, sub=1, items=[{"receipt": b["receipt"], "visibility_timeout": "10m"}])
        self.assertEqual((await stream.next("acked"))["results"], ["ok"])
        await stream.say("nack", id=3, sub=1, items=[{"receipt": again["receipt"], "dead": True, "reason": "bad"}])
        self.assertEqual((await stream.next("acked"))["results"], ["ok"])
        self.assertEqual(self.counts(queue)["dead"], 1)

    async def test_a_worker_that_vanishes_gives_everything_back_at_once(self):
        queue = self.make("vanished", visibility_timeout="1h")
        self.send(queue, *range(3))
        stream = await self.greeted()
        await stream.subscribe(queue=queue, credit={"messages": 3})
        await stream.messages(3)
        stream.connection.transport.abort()
        await until(lambda: self.counts(queue)["ready"] == 3)
        got = self.ask("POST", f"/v1/queues/{queue}/receive", {"max": 3, "wait": "5s"})["messages"]
        # They reached the worker: that counts, or a message that kills its workers would never die.
        self.assertEqual([m["receive_count"] for m in got], [2, 2, 2])

    async def test_a_queue_may_wait_for_a_worker_that_vanished(self):
        queue = self.make("patient", on_disconnect="timeout", visibility_timeout="1s")
        self.send(queue, "held")
        stream = await self.greeted()
        await stream.subscribe(queue=queue)
        held = await stream.messages(1)
        await stream.say("ping", id=1)  # its answer proves that the broker knows it was read
        await stream.next("pong")
        stream.connection.transport.abort()
        await until(lambda: re.search(rb'twofold_ws_connections\{kind="subscribe"\} 0\b', self.call("GET", "/metrics").body))
        self.assertEqual(self.counts(queue)["in_flight"], 1)
        results = self.ask("POST", f"/v1/queues/{queue}/extend",
                           {"items": [{"receipt": held[0]["receipt"], "visibility_timeout": "1s"}]})["results"]
        self.assertEqual(results, ["ok"])
        other = await self.greeted()
        await other.subscribe(queue=queue)
        again = await other.messages(1)
        self.assertEqual((again[0]["value"], again[0]["receive_count"]), ("held", 2))

    async def test_who_unsubscribes_gives_back_as_if_never_received(self):
        queue = self.make("returned", visibility_timeout="1h")
        self.send(queue, *range(3))
        stream = await self.greeted()
        await stream.subscribe(queue=queue, credit={"messages": 2})
        await stream.messages(2)
        await stream.say("unsubscribe", id=1, sub=1)
        await stream.next("ok")
        await until(lambda: self.counts(queue)["ready"] == 3)
        got = self.ask("POST", f"/v1/queues/{queue}/receive", {"max": 3, "wait": "5s"})["messages"]
        self.assertEqual([m["receive_count"] for m in got], [1, 1, 1])

    async def test_who_keeps_what_he_holds_may_ack_it_elsewhere(self):
        queue = self.make("held", visibility_timeout="1h")
        self.send(queue, 1)
        stream = await self.greeted()
        await stream.subscribe(queue=queue, credit={"messages": 2})
        held = await stream.messages(1)
        await stream.say("unsubscribe", id=1, sub=1, release=False)
        await stream.next("ok")
        self.assertEqual(self.counts(queue)["in_flight"], 1)
        self.assertEqual(self.ask("POST", f"/v1/queues/{queue}/ack", {"receipts": [held[0]["receipt"]]})["results"],
                         ["acked"])

    async def test_acked_as_it_is_sent(self):
        queue = self.make("fire")
        self.send(queue, *range(50))
        stream = await self.greeted()
        await stream.subscribe(queue=queue, ack="on_send")
        self.assertEqual([m["value"] for m in await stream.messages(50)], list(range(50)))
        await until(lambda: sum(self.counts(queue).values()) == 0)
        stream.connection.transport.abort()
        self.assertEqual(sum(self.counts(queue).values()), 0)

    async def test_what_is_not_settled_in_time_is_lost(self):
        queue = self.make("forgotten")
        self.send(queue, 1)
        stream = await self.greeted()
        await stream.subscribe(queue=queue, credit={"messages": 1}, visibility_timeout="1s")
        first = await stream.messages(1)
        lost = await stream.next("lost")
        self.assertEqual((lost["receipts"], lost["reason"]), ([first[0]["receipt"]], "visibility-expired"))
        again = await stream.messages(1, but=("heartbeat", "lost"))
        self.assertEqual(again[0]["receive_count"], 2)

    async def test_an_attached_queue_between_two_workers(self):
        self.ask("PUT", "/v1/topics/shared", {"partitions": 2}, status=201)
        queue = self.make("attached", source={"topic": "shared", "from": "earliest"})
        one, two = await self.greeted(), await self.greeted()
        await one.subscribe(queue=queue, credit={"messages": 5})
        await two.subscribe(queue=queue, credit={"messages": 5})
        self.publish("shared", *range(10))
        got = [m["value"] for m in await one.messages(5) + await two.messages(5)]
        self.assertEqual(sorted(got), list(range(10)))

    async def test_a_queue_that_goes_away_says_what_is_lost(self):
        queue = self.make("doomed")
        self.send(queue, 1)
        stream = await self.greeted()
        await stream.subscribe(queue=queue, credit={"messages": 5})
        held = await stream.messages(1)
        self.call("DELETE", f"/v1/queues/{queue}", status=200)
        lost = await stream.next("lost")
        self.assertEqual((lost["receipts"], lost["reason"]), ([held[0]["receipt"]], "deleted"))
        self.assertEqual((await stream.next("error"))["problem"]["code"], "queue-not-found")

    async def test_sending_and_what_a_queue_has_not(self):
        queue = self.make("sent")
        stream = await self.greeted()
        await stream.say("publish", id=1, records=[{"value": 1, "dedup_id": "x"}, {"value": 2, "delay": "1h"}],
                         queue=queue)
        published = await stream.next("published")
        self.assertEqual([r["id"] for r in published["records"]], ["0-0", "0-1"])
        await stream.say("publish", id=2, queue=queue, records=[{"value": 1, "dedup_id": "x"}])
        self.assertTrue((await stream.next("published"))["records"][0]["duplicate"])
        await stream.say("subscribe", id=3, sub=1, queue=queue, filter="value = 1")
        self.assertEqual((await stream.next("error"))["problem"]["param"], "filter")
        await stream.say("subscribe", id=4, sub=1, queue="no-such")
        self.assertEqual((await stream.next("error"))["problem"]["code"], "queue-not-found")
        await stream.say("subscribe", id=5, sub=1, queue=queue, group="g")
        self.assertEqual((await stream.next("error"))["id"], 5)


if __name__ == "__main__":
    unittest.main()
