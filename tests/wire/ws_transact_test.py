#!/usr/bin/env python3
"""Commits over WebSocket: what was consumed and what came of it, all of it or nothing."""

import unittest

from wire._protobuf import data, fields, number
from wire._stream import PROTO, StreamCase


class Transact(StreamCase):
    settings = ("server.threads=3",)  # connections and the core apart

    async def test_consume_process_produce(self):
        self.ask("PUT", "/v1/topics/orders", {}, status=201)
        self.ask("PUT", "/v1/topics/bills", {}, status=201)
        self.ask("PUT", "/v1/queues/work", {}, status=201)
        self.publish("orders", 1, 2)
        self.ask("POST", "/v1/queues/work/messages", {"messages": [{"value": "job"}]})
        stream = await self.greeted()
        await stream.say("subscribe", sub=2, queue="work", credit={"messages": 1})
        await stream.say("subscribe", sub=1, topic="orders", group="billing", **{"from": "earliest"})
        offset, receipt, member = None, None, None
        while offset != 2 or receipt is None:
            frame = await stream.next("messages", "assigned", but=("subscribed", "caught_up", "heartbeat"))
            member = frame.get("member") or member
            for message in frame.get("messages", ()):
                if frame["sub"] == 2:
                    receipt = message["receipt"]
                else:
                    offset = message["offset"] + 1
        await stream.say(
            "transact", id="t", publish=[{"topic": "bills", "records": [{"value": 10}, {"value": 20}]}],
            ack=[{"queue": "work", "receipts": [receipt]}],
            offsets=[{"group": "billing", "member": member, "offsets": {"orders": {"0": offset}}}])
        committed = await stream.next("committed", but=("caught_up", "heartbeat"))
        self.assertEqual(committed["id"], "t")
        self.assertEqual([place["offset"] for place in committed["publish"][0]["records"]], [0, 1])
        self.assertEqual(self.ask("GET", "/v1/groups/billing")["offsets"]["orders"]["0"]["committed"], 2)
        self.assertEqual(self.ask("GET", "/v1/queues/work")["messages"]["in_flight"], 0)
        # The ack gave its credit back.
        self.ask("POST", "/v1/queues/work/messages", {"messages": [{"value": "next"}]})
        self.assertEqual((await stream.messages(1))[0]["value"], "next")

    async def test_refused_as_a_whole(self):
        self.ask("PUT", "/v1/topics/whole", {}, status=201)
        self.ask("PUT", "/v1/queues/jobs", {}, status=201)
        stream = await self.greeted()
        publish = [{"topic": "whole", "records": [{"value": 1}]}]
        await stream.say("transact", id=1, publish=publish, ack=[{"queue": "jobs", "receipts": ["r1.nonsense"]}])
        problem = (await stream.next("error"))["problem"]
        self.assertRegex(problem["param"], r"^ack\[0\]")
        await stream.say("transact", id=2, publish=publish + [{"topic": "nowhere", "records": [{"value": 1}]}])
        problem = (await stream.next("error"))["problem"]
        self.assertEqual((problem["code"], problem["param"][:10]), ("topic-not-found", "publish[1]"))
        await stream.say("transact", id=3)
        self.assertEqual((await stream.next("error"))["problem"]["code"], "invalid-request")
        self.assertEqual(self.ask("GET", "/v1/topics/whole/records?from=earliest")["records"], [])

    async def test_in_protobuf(self):
        self.ask("PUT", "/v1/topics/binary", {}, status=201)
        stream = await self.connect(protocols=[PROTO])
        await stream.connection.send(data(3, b""))
        await stream.connection.recv()
        publish = data(1, "binary") + data(3, data(3, b"x"))
        await stream.connection.send(number(1, 5) + data(12, data(1, publish)))
        answer = fields(await stream.connection.recv())
        self.assertEqual(answer[1], [5])
        committed = fields(answer[18][0])
        self.assertEqual(fields(committed[2][0])[1], [b"binary"])
        self.assertEqual(len(self.ask("GET", "/v1/topics/binary/records?from=earliest")["records"]), 1)


if __name__ == "__main__":
    unittest.main()
