#!/usr/bin/env python3
"""W3C trace context: what a publish or send carries is kept byte for byte, and comes out of every protocol."""

import base64
import json
import unittest

from wire._stream import StreamCase
from wire._sqs import MAGIC

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
STATE = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"
OTHER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
AWS = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
HEAD = {"traceparent": PARENT, "tracestate": STATE}
BAGGAGE = "userId=alice,serverNode=DF%2028;isProduction=false"


class TraceContext(StreamCase):
    settings = ("storage.memory_only=true",)

    def sqs(self, action: str, **body):
        answer = self.call("POST", "/", json.dumps(body).encode(), headers={"X-Amz-Target": f"AmazonSQS.{action}", "Content-Type": MAGIC})
        return answer.json if answer.body else None

    def records(self, topic: str) -> list[dict]:
        return self.ask("GET", f"/v1/topics/{topic}/records?from=earliest")["records"]

    def receive(self, queue: str, count: int = 10) -> list[dict]:
        return self.ask("POST", f"/v1/queues/{queue}/receive", {"max": count})["messages"]

    def test_a_publish_gives_its_records_the_baggage_of_its_request(self):
        self.ask("PUT", "/v1/topics/laden", {}, status=201)
        self.ask("PUT", "/v1/queues/laden-too", {}, status=201)
        records = {"records": [{"value": 1}, {"value": 2, "headers": {"traceparent": OTHER}}, {"value": 3, "headers": {"baggage": "own=1"}}]}
        self.call("POST", "/v1/topics/laden/records", records, headers={**HEAD, "baggage": BAGGAGE})
        self.call("POST", "/v1/topics/laden/records", {"value": 4}, headers={"baggage": BAGGAGE})
        self.call("POST", "/v1/topics/laden/records", {"value": 5}, headers={"baggage": "a=" + "x" * 8_191})
        found = [record.get("headers", {}) for record in self.records("laden")]
        self.assertEqual(found, [{**HEAD, "baggage": BAGGAGE}, {"traceparent": OTHER}, {**HEAD, "baggage": "own=1"}, {"baggage": BAGGAGE}, {}])
        self.call("POST", "/v1/queues/laden-too/messages", {"value": 1}, headers={"baggage": BAGGAGE})
        self.assertEqual(self.receive("laden-too")[0]["headers"], {"baggage": BAGGAGE})

    def test_a_publish_gives_its_records_the_trace_of_its_request(self):
        self.ask("PUT", "/v1/topics/orders", {}, status=201)
        answer = self.call("POST", "/v1/topics/orders/records", {"records": [
            {"value": 1}, {"value": 2, "headers": {"traceparent": OTHER}}]}, headers=HEAD)
        self.assertEqual(answer.headers["traceparent"], PARENT, "it comes back")
        self.call("POST", "/v1/topics/orders/raw", b"three", headers={**HEAD, "Content-Type": "text/plain"})
        lines = b'{"value":4}\n{"value":5}\n'
        self.call("POST", "/v1/topics/orders/records", lines, headers={**HEAD, "Content-Type": "application/x-ndjson"})
        event = {"specversion": "1.0", "id": "e", "source": "/s", "type": "t", "data": 6}
        self.call("POST", "/v1/topics/orders/records", event, headers={**HEAD, "Content-Type": "application/cloudevents+json"})
        found = [record["headers"] for record in self.records("orders")]
        self.assertEqual(found[1], {"traceparent": OTHER}, "a record that has one keeps it, and no foreign state")
        for headers in (found[0], *found[2:]):
            self.assertEqual((headers["traceparent"], headers["tracestate"]), (PARENT, STATE), found)
        self.assertEqual(len(found), 6)

    def test_what_is_no_trace_is_not_kept(self):
        self.ask("PUT", "/v1/topics/none", {}, status=201)
        for wrong in ("", "00-1-2-01", PARENT.upper(), PARENT.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32),
                      "ff" + PARENT[2:], PARENT + "-more"):
            answer = self.call("POST", "/v1/topics/none/records", {"value": 1}, headers={"traceparent": wrong, "tracestate": STATE})
            self.assertNotIn("traceparent", answer.headers, wrong)
        self.call("POST", "/v1/topics/none/records", {"value": 1})
        self.assertFalse([record for record in self.records("none") if record.get("headers")])
        # What a later version adds is none of our business, and kept.
        later = "01" + PARENT[2:] + "-more"
        self.call("POST", "/v1/topics/none/records", {"value": 1}, headers={"traceparent": later})
        self.assertEqual(self.records("none")[-1]["headers"]["traceparent"], later)

    def test_from_rest_to_sqs_and_back(self):
        self.ask("PUT", "/v1/queues/kitchen", {}, status=201)
        url = self.sqs("GetQueueUrl", QueueName="kitchen")["QueueUrl"]
        self.call("POST", "/v1/queues/kitchen/messages", {"value": "soup"}, headers=HEAD)
        [message] = self.sqs("ReceiveMessage", QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
        attributes = {name: one["StringValue"] for name, one in message["MessageAttributes"].items()}
        self.assertEqual(attributes, HEAD)
        self.sqs("DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

        self.sqs("SendMessage", QueueUrl=url, MessageBody="fish", MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in HEAD.items()},
            MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": AWS}})
        [message] = self.receive("kitchen")
        self.assertEqual({name: message["headers"][name] for name in HEAD}, HEAD)
        self.assertIn(AWS, message["headers"].values(), "X-Ray's trace is shown, too")

    async def test_over_a_websocket(self):
        self.ask("PUT", "/v1/topics/streamed", {}, status=201)
        self.ask("PUT", "/v1/queues/streamed-queue", {}, status=201)
        stream = await self.greeted()
        await stream.say("publish", id=1, topic="streamed", records=[{"value": 1, "headers": HEAD}])
        await stream.next("published")
        await stream.say("publish", id=2, queue="streamed-queue", records=[{"value": 1, "headers": HEAD}])
        await stream.next("published", "sent")
        await stream.subscribe(7, **{"topic": "streamed", "from": "earliest"})
        [record] = await stream.messages(1)
        self.assertEqual(record["headers"], HEAD)
        stream = await self.greeted()
        await stream.subscribe(8, queue="streamed-queue")
        [message] = await stream.messages(1)
        self.assertEqual(message["headers"], HEAD)

    def test_in_protobuf(self):
        self.ask("PUT", "/v1/topics/proto", {}, status=201)
        # PublishRequest{records:[Record{value:"x"}]}
        self.call("POST", "/v1/topics/proto/records", base64.b64decode("CgMaAXg="), headers={**HEAD, "Content-Type": "application/protobuf"})
        answer = self.call("GET", "/v1/topics/proto/records?from=earliest", headers={"Accept": "application/protobuf"})
        self.assertIn(PARENT.encode(), answer.body)
        self.assertIn(STATE.encode(), answer.body)


if __name__ == "__main__":
    unittest.main()
