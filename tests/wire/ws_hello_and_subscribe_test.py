#!/usr/bin/env python3
"""A client says hello, publishes and subscribes over one connection, in JSON and in Protobuf."""

import unittest

from wire._protobuf import data, fields, number
from wire._stream import JSON, PROTO, StreamCase, until


class HelloAndSubscribe(StreamCase):
    settings = ("server.threads=3",)  # connections and the core apart

    async def test_a_number_that_is_used_again_at_once(self):
        self.ask("PUT", "/v1/topics/reused", {"partitions": 2}, status=201)
        self.ask("PUT", "/v1/queues/reused-queue", {}, status=201)
        self.publish("reused", *range(20))
        self.send("reused-queue", 1)
        stream = await self.greeted()
        what = [{"topic": "reused", "from": "-1h"}, {"queue": "reused-queue"}, {"topic": "reused", "group": "g"},
                {"topic": "nothing"}, {"topic": "reused", "from": "earliest"}]
        for turn in range(60):
            await stream.say("subscribe", sub=1, **what[turn % len(what)])
            await stream.say("seek", sub=1, to="-1h")
            await stream.say("unsubscribe", sub=1)
        await stream.say("subscribe", sub=1, id="last", topic="reused", **{"from": "earliest"})
        while (await stream.next()).get("id") != "last":
            pass
        self.assertEqual(len(await stream.messages(20)), 20)
        self.assertEqual(self.counts("reused-queue")["in_flight"], 0)
        await until(lambda: self.broker.call("GET", "/v1/groups/g").json.get("members", []) == [])

    async def test_what_is_published_comes(self):
        self.ask("PUT", "/v1/topics/orders", {"partitions": 2}, status=201)
        stream = await self.connect()
        welcome = await stream.hello(client="test", heartbeat="5s")
        self.assertEqual(welcome["publish_window"], {"frames": 64, "bytes": 8 << 20})
        self.assertEqual(welcome["heartbeat"], "5s")
        self.assertEqual(welcome["limits"]["subscriptions_max"], 256)
        await stream.say("subscribe", id="first", sub=7, topic="orders", **{"from": "latest"})
        subscribed = await stream.next("subscribed")
        self.assertEqual((subscribed["id"], subscribed["sub"]), ("first", 7))
        caught_up = await stream.next("caught_up")
        self.assertEqual(caught_up["cursor"], subscribed["cursor"])

        await stream.say("publish", id=3, topic="orders", records=[
            {"key": "bill_1", "value": {"amount": 1.0}, "headers": {"region": "EU"}}, {"text": "paid"}])
        first, second = await stream.next("published", "messages"), await stream.next("published", "messages")
        published, messages = sorted((first, second), key=lambda frame: frame["type"], reverse=True)
        self.assertEqual(published["id"], 3)
        self.assertEqual(published["durability"], "disk")
        self.assertEqual(messages["sub"], 7)
        while len(messages["messages"]) < 2:  # each partition shows its own when it is durable
            messages["messages"] += (await stream.next("messages"))["messages"]
        self.assertEqual({m["id"] for m in messages["messages"]}, {r["id"] for r in published["records"]})
        bill = next(m for m in messages["messages"] if "key" in m)
        self.assertEqual((bill["key"], bill["value"], bill["headers"]), ("bill_1", {"amount": 1.0}, {"region": "EU"}))
        self.assertEqual(bill["topic"], "orders")

    async def test_a_past_is_read_before_the_present(self):
        self.ask("PUT", "/v1/topics/past", {}, status=201)
        for begin in range(0, 3000, 500):
            self.publish("past", *range(begin, begin + 500))
        stream = await self.greeted()
        await stream.subscribe(topic="past", **{"from": "earliest"}, max_batch=7)
        got = []
        while len(got) < 3000:
            frame = await stream.next("messages")
            self.assertLessEqual(len(frame["messages"]), 7)
            got += frame["messages"]
        self.assertEqual([m["value"] for m in got], list(range(3000)))
        await stream.next("caught_up")
        self.publish("past", "news")
        self.assertEqual([m["value"] for m in await stream.messages(1)], ["news"])

    async def test_a_filter_and_a_seek(self):
        self.ask("PUT", "/v1/topics/mixed", {}, status=201)
        self.publish("mixed", *({"n": n} for n in range(100)))
        stream = await self.greeted()
        await stream.subscribe(topic="mixed", **{"from": "earliest"}, filter="value.n >= 97")
        self.assertEqual([m["value"]["n"] for m in await stream.messages(3)], [97, 98, 99])
        await stream.next("caught_up")
        await stream.say("seek", id=2, sub=1, to="98")
        self.assertEqual((await stream.next("subscribed"))["id"], 2)
        self.assertEqual([m["value"]["n"] for m in await stream.messages(2)], [98, 99])
        await stream.next("caught_up")
        await stream.say("unsubscribe", id=4, sub=1)
        self.assertEqual((await stream.next("ok"))["id"], 4)
        self.publish("mixed", {"n": 100})
        await stream.say("ping", id=5)
        self.assertEqual((await stream.next("pong"))["id"], 5)

    async def test_the_same_in_protobuf(self):
        self.ask("PUT", "/v1/topics/binary", {}, status=201)
        stream = await self.connect(protocols=[PROTO, JSON])
        self.assertEqual(stream.connection.subprotocol, PROTO)
        socket = stream.connection
        await socket.send(data(3, b""))
        welcome = fields(await socket.recv())
        self.assertEqual(fields(fields(welcome[3][0])[2][0]), {1: [64], 2: [8 << 20]})
        await socket.send(number(1, 5) + number(2, 9) + data(5, data(1, "binary")))
        subscribed = fields(await socket.recv())
        self.assertEqual((subscribed[1], subscribed[2]), ([5], [9]))
        self.assertIn(7, fields(await socket.recv()))
        records = b"".join(data(3, data(1, f"k{n}") + data(3, b"\x00\x01")) for n in range(3))
        await socket.send(number(1, 6) + data(4, data(1, "binary") + records))
        seen = {}
        while len(seen) < 2:
            frame = fields(await socket.recv())
            seen["published" if 4 in frame else "messages"] = frame
        self.assertEqual(seen["published"][1], [6])
        self.assertEqual(len(fields(seen["published"][4][0])[1]), 3)
        messages = fields(seen["messages"][6][0])
        self.assertEqual(seen["messages"][2], [9])
        self.assertEqual([fields(r)[1][0] for r in messages[1]], [b"k0", b"k1", b"k2"])
        self.assertTrue(messages[2][0].startswith(b"c1."))

    async def test_many_subscriptions_share_a_connection(self):
        for n in range(8):
            self.ask("PUT", f"/v1/topics/many{n}", {}, status=201)
        stream = await self.greeted()
        for n in range(8):
            await stream.say("subscribe", sub=n + 1, topic=f"many{n}")
        for n in range(8):
            await stream.next("subscribed", but=("caught_up",))
        for n in range(8):
            self.publish(f"many{n}", n)
        got = {}
        while len(got) < 8:
            frame = await stream.next("messages", but=("caught_up",))
            got[frame["sub"]] = frame["messages"][0]["value"]
        self.assertEqual(got, {n + 1: n for n in range(8)})


if __name__ == "__main__":
    unittest.main()
