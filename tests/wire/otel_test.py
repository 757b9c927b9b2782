#!/usr/bin/env python3
"""Spans arrive at a collector: of sends, receives, reads and acks, with their parents and links; and a collector that is
away holds nobody up."""

import json
import pathlib
import shutil
import socket
import ssl
import tempfile
import time
import unittest

from wire._broker import Broker, free_port
from wire._collector import SECONDS_MAX, Collector
from wire._sqs import MAGIC
from wire._stream import StreamCase
from wire._tls import Authority

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"
READER_TRACE = "1" * 32
AS_READER = f"00-{READER_TRACE}-{SPAN}-01"
NOT_SAMPLED = f"00-{'4' * 32}-{SPAN}-00"
AWS = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
PRODUCER, CONSUMER, CLIENT = 4, 5, 3


class Traced(StreamCase):
    ratio = "1"

    @classmethod
    def setUpClass(cls) -> None:
        cls.collector = Collector()
        cls.addClassCleanup(cls.collector.close)
        cls.settings = ("storage.memory_only=true", f"otel.endpoint={cls.collector.url}", "otel.service_name=kitchens", f"otel.sample={cls.ratio}")
        super().setUpClass()

    def sqs(self, action: str, headers=None, **body):
        answer = self.call("POST", "/", json.dumps(body).encode(), headers={"X-Amz-Target": f"AmazonSQS.{action}", "Content-Type": MAGIC, **(headers or {})})
        return answer.json if answer.body else None

    def counters(self) -> dict[str, float]:
        page = self.call("GET", "/metrics?name[]=otel_").body.decode()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#"))}


class Spans(Traced):
    def test_a_send_a_receive_and_an_ack(self):
        self.ask("PUT", "/v1/queues/kitchen", {}, status=201)
        answer = self.call("POST", "/v1/queues/kitchen/messages", {"value": 1}, headers={"traceparent": PARENT, "tracestate": "a=b"})
        [message] = self.ask("POST", "/v1/queues/kitchen/receive", {"max": 5})["messages"]
        self.ask("POST", "/v1/queues/kitchen/ack", {"receipts": [message["receipt"]]})

        [sent] = self.collector.named("send kitchen")
        self.assertEqual((sent.trace, sent.parent, sent.kind), (TRACE, SPAN, PRODUCER))
        self.assertEqual(answer.headers["traceparent"], f"00-{TRACE}-{sent.id}-01", "the answer names the span")
        self.assertEqual(sent.raw["traceState"], "a=b")
        self.assertEqual(sent.attributes, {
            "messaging.system": "twofold", "messaging.operation.name": "send", "messaging.operation.type": "send",
            "messaging.destination.name": "kitchen", "messaging.message.id": "0-0", "http.request.method": "POST",
            "http.response.status_code": 200, "server.address": "127.0.0.1", "server.port": self.broker.port})
        self.assertTrue(0 < sent.nanoseconds < 30e9)
        self.assertLess(abs(int(sent.raw["startTimeUnixNano"]) / 1e9 - time.time()), 60)
        self.assertEqual((sent.resource["service.name"], "status" in sent.raw), ("kitchens", False))

        [received] = self.collector.named("receive kitchen")
        self.assertEqual((received.parent, received.kind), ("", CONSUMER))
        self.assertNotEqual(received.trace, TRACE, "a trace of its own,")
        self.assertEqual(received.links, [(TRACE, SPAN)], "that points to the producer's")
        self.assertEqual(received.attributes["messaging.batch.message_count"], 1)
        self.assertEqual(received.attributes["messaging.operation.type"], "receive")

        [acked] = self.collector.named("ack kitchen")
        self.assertEqual((acked.attributes["messaging.operation.type"], acked.attributes["messaging.batch.message_count"], acked.kind), ("settle", 1, CLIENT))
        request = self.collector.requests[0]
        self.assertEqual((request["path"], request["content-type"]), ("/v1/traces", "application/json"))
        self.assertEqual(len({span.id for span in self.collector.spans}), len(self.collector.spans), "ids are unlike")

    def test_topics_and_groups(self):
        self.ask("PUT", "/v1/topics/orders", {}, status=201)
        self.call("POST", "/v1/topics/orders/records", {"records": [{"value": n} for n in range(3)]}, headers={"traceparent": PARENT})
        self.call("POST", "/v1/topics/orders/records", b'{"value":3}\n{"value":4}\n', headers={"Content-Type": "application/x-ndjson"})
        self.ask("GET", "/v1/topics/orders/records?from=earliest")
        self.ask("POST", "/v1/groups/accounts/poll", {"topics": ["orders"], "from": "earliest"})
        self.ask("POST", "/v1/groups/accounts/commit", {"offsets": {"orders": {"0": 2}}})
        published = self.collector.named("send orders", 2)
        self.assertEqual([span.attributes["messaging.batch.message_count"] for span in published], [3, 2])
        [read] = self.collector.named("read orders")
        self.assertEqual((read.attributes["messaging.batch.message_count"], read.links), (5, [(TRACE, SPAN)] * 3))
        [polled] = self.collector.named("poll accounts")
        self.assertEqual(polled.attributes["messaging.consumer.group.name"], "accounts")
        self.assertEqual(len(polled.links), 3)
        [committed] = self.collector.named("commit accounts")
        self.assertEqual(committed.attributes["messaging.operation.type"], "settle")

    def test_over_sqs(self):
        url = self.sqs("CreateQueue", QueueName="burgers")["QueueUrl"]
        self.sqs("SendMessageBatch", QueueUrl=url, headers={"traceparent": PARENT}, Entries=[
            {"Id": "a", "MessageBody": "1", "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": AWS}}},
            {"Id": "b", "MessageBody": "2", "MessageAttributes": {"traceparent": {"DataType": "String", "StringValue": PARENT}}}])
        messages = self.sqs("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        for message in messages:
            self.sqs("DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        [sent] = self.collector.named("send burgers")
        self.assertEqual((sent.trace, sent.parent, sent.attributes["messaging.batch.message_count"]), (TRACE, SPAN, 2))
        [received] = self.collector.named("receive burgers")
        self.assertEqual(set(received.links), {(TRACE, SPAN), ("5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8")})
        self.assertEqual(len(self.collector.named("ack burgers", 2)), 2)

    async def test_over_a_websocket(self):
        self.ask("PUT", "/v1/queues/streamed", {}, status=201)
        stream = await self.greeted()
        await stream.say("publish", id=1, queue="streamed", records=[{"value": 1, "headers": {"traceparent": PARENT}}])
        await stream.next("published", "sent")
        await stream.subscribe(8, queue="streamed")
        [message] = await stream.messages(1)
        await stream.say("ack", id=3, sub=8, receipts=[message["receipt"]])
        await stream.next("acked", but=("heartbeat", "caught_up"))
        [sent] = self.collector.named("send streamed")
        self.assertEqual((sent.trace, sent.parent, sent.kind), (TRACE, SPAN, PRODUCER))
        [received] = self.collector.named("receive streamed")
        self.assertEqual((received.links, received.attributes["messaging.batch.message_count"]), ([(TRACE, SPAN)], 1))
        [acked] = self.collector.named("ack streamed")
        self.assertEqual(acked.attributes["messaging.batch.message_count"], 1)

    def produced(self, topic: str, *values) -> None:
        self.call("POST", f"/v1/topics/{topic}/records", {"records": [{"value": value} for value in values]}, headers={"traceparent": PARENT})

    # Hours of reading were told when the stream ended, if it ever did.
    def test_a_stream_of_records_is_told_piece_by_piece_while_it_goes_on(self):
        self.ask("PUT", "/v1/topics/followed", {}, status=201)
        self.produced("followed", 1, 2)
        connection = self.broker.connect()
        self.addCleanup(connection.close)
        connection.request("GET", "/v1/topics/followed/records?from=earliest&follow=true", headers={"Accept": "application/x-ndjson", "traceparent": AS_READER})
        stream = connection.getresponse()
        self.assertEqual([json.loads(stream.readline())["value"] for _ in range(2)], [1, 2])
        [read] = self.collector.named("read followed")
        self.assertEqual((read.kind, read.trace, read.parent), (CONSUMER, READER_TRACE, SPAN), "of the reader's trace,")
        self.assertEqual(read.links, [(TRACE, SPAN)] * 2, "and it points to the producer's")
        self.assertEqual((read.attributes["messaging.batch.message_count"], read.attributes["messaging.operation.type"]), (2, "receive"))
        self.produced("followed", 3)
        self.assertEqual(json.loads(stream.readline())["value"], 3)
        later = self.collector.named("read followed", 2)[1]
        self.assertEqual((later.attributes["messaging.batch.message_count"], len(later.links)), (1, 1))

    async def test_a_topic_over_a_websocket(self):
        self.ask("PUT", "/v1/topics/watched", {}, status=201)
        self.produced("watched", 1, 2, 3)
        stream = await self.greeted()
        await stream.subscribe(8, topic="watched", **{"from": "earliest"})
        await stream.messages(3)
        await stream.next("caught_up", but=("heartbeat",))
        [read] = self.collector.named("read watched")
        self.assertEqual((read.links, read.kind), ([(TRACE, SPAN)] * 3, CONSUMER))
        self.assertEqual(read.attributes["messaging.batch.message_count"], 3)
        self.produced("watched", 4)  # comes by the feed that all who keep up share
        await stream.messages(1)
        newest = self.collector.named("read watched", 2)[1]
        self.assertEqual((newest.attributes["messaging.batch.message_count"], newest.links), (1, [(TRACE, SPAN)]))

    async def test_a_topic_read_as_a_group_over_a_websocket(self):
        self.ask("PUT", "/v1/topics/shared", {}, status=201)
        self.produced("shared", 1)
        stream = await self.greeted()
        await stream.subscribe(8, topic="shared", group="auditors", **{"from": "earliest"})
        await stream.messages(1, but=("assigned", "caught_up", "heartbeat"))
        [read] = self.collector.named("read shared")
        self.assertEqual(read.attributes["messaging.consumer.group.name"], "auditors")

    async def test_transactions(self):
        for topic in ("bills", "letters"):
            self.ask("PUT", f"/v1/topics/{topic}", {}, status=201)
        record = {"value": 1, "headers": {"traceparent": PARENT}}
        one = {"publish": [{"topic": "bills", "records": [record, record]}]}
        two = {"publish": [*one["publish"], {"topic": "letters", "records": [record]}]}
        self.call("POST", "/v1/commit", one, headers={"traceparent": PARENT})
        [committed] = self.collector.named("commit bills")
        self.assertEqual((committed.trace, committed.parent, committed.kind), (TRACE, SPAN, PRODUCER))
        self.assertEqual(committed.attributes["messaging.batch.message_count"], 2)
        stream = await self.greeted()
        await stream.say("transact", id=1, **one)
        await stream.next("committed", but=("heartbeat",))
        streamed = self.collector.named("commit bills", 2)[1]
        self.assertEqual((streamed.trace, streamed.parent, streamed.attributes["messaging.batch.message_count"]), (TRACE, SPAN, 2))
        await stream.say("transact", id=2, **two)
        await stream.next("committed", but=("heartbeat",))
        [several] = self.collector.named("commit")
        self.assertEqual(several.attributes["messaging.batch.message_count"], 3)
        self.assertNotIn("messaging.destination.name", several.attributes)
        await stream.say("transact", id=3, publish=[{"topic": "nowhere", "records": [record]}])
        await stream.next("error", but=("heartbeat",))
        [refused] = self.collector.named("commit nowhere")
        self.assertEqual(refused.attributes["error.type"], "topic-not-found")

    def test_what_fails_says_so_and_what_is_no_message_is_not_told(self):
        self.refused("POST", "/v1/queues/nowhere/messages", {"value": 1}, status=404, code="queue-not-found")
        [failed] = self.collector.named("send nowhere")
        self.assertEqual((failed.attributes["error.type"], failed.attributes["http.response.status_code"], failed.raw["status"]["code"]),
                         ("queue-not-found", 404, 2))
        self.call("GET", "/v1/queues")
        self.call("GET", "/metrics")
        self.assertFalse([span for span in self.collector.spans if not span.name.startswith(("send", "receive", "read", "poll", "ack", "commit"))])

    def test_who_is_not_sampled_is_not_told(self):
        self.ask("PUT", "/v1/queues/quiet", {}, status=201)
        answer = self.call("POST", "/v1/queues/quiet/messages", {"value": 1}, headers={"traceparent": NOT_SAMPLED})
        self.assertEqual(answer.headers["traceparent"], NOT_SAMPLED)
        self.call("POST", "/v1/queues/quiet/receive", {}, headers={"traceparent": PARENT})
        [received] = self.collector.named("receive quiet")
        self.assertEqual(received.links, [("4" * 32, SPAN)])
        self.assertFalse([span for span in self.collector.spans if span.name == "send quiet"])


class Few(Traced):
    ratio = "0"

    def test_only_traces_that_others_have_begun_go_on(self):
        self.ask("PUT", "/v1/queues/few", {}, status=201)
        for _ in range(20):
            self.call("POST", "/v1/queues/few/messages", {"value": 1})
        self.call("POST", "/v1/queues/few/messages", {"value": 1}, headers={"traceparent": PARENT})
        [sent] = self.collector.named("send few")
        self.assertEqual(sent.parent, SPAN)
        self.assertEqual(len(self.collector.spans), 1)


class InTrouble(Traced):
    def test_what_may_be_tried_again_is(self):
        self.ask("PUT", "/v1/queues/patient", {}, status=201)
        before = self.counters()
        self.collector.answers += [(429, {"Retry-After": "1"}, b""), (503, {}, b"")]
        self.call("POST", "/v1/queues/patient/messages", {"value": 1}, headers={"traceparent": PARENT})
        self.collector.named("send patient")
        self.assertGreaterEqual(len(self.collector.requests), 3)
        self.until(lambda: self.counters()["twofold_otel_exported_total"] == before["twofold_otel_exported_total"] + 1)
        self.assertIn("the collector takes spans again", self.broker.log())

    def test_what_is_refused_for_good_is_counted(self):
        self.ask("PUT", "/v1/queues/refused", {}, status=201)
        lost = 'twofold_otel_dropped_total{reason="not_taken"}'
        before = self.counters()
        self.collector.answers.append((400, {}, b""))
        self.call("POST", "/v1/queues/refused/messages", {"value": 1})
        self.until(lambda: self.counters()[lost] == before[lost] + 1)
        self.collector.answers.append((200, {}, b'{"partialSuccess":{"rejectedSpans":"1","errorMessage":"no"}}'))
        self.call("POST", "/v1/queues/refused/messages", {"value": 1})
        self.until(lambda: self.counters()[lost] == before[lost] + 2)

    def until(self, condition) -> None:
        deadline = time.monotonic() + SECONDS_MAX
        while not condition():
            self.assertLess(time.monotonic(), deadline, self.counters())
            time.sleep(0.02)


class Away(StreamCase):
    """Nobody is there, or somebody who takes connections and says nothing."""

    def flood(self, broker: Broker) -> dict[str, float]:
        """More than there is room for; each request must be answered quickly all the same."""
        connection = broker.connect()
        self.assertEqual(broker.call("PUT", "/v1/queues/busy", {}, connection=connection).status, 201)
        worst = 0.0
        for _ in range(6_000):
            began = time.monotonic()
            self.assertEqual(broker.call("POST", "/v1/queues/busy/messages", {"value": 1}, connection=connection).status, 200)
            worst = max(worst, time.monotonic() - began)
        self.assertLess(worst, 5)
        page = broker.call("GET", "/metrics?name[]=otel_", connection=connection).body.decode()
        connection.close()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#"))}

    def told(self, endpoint: str) -> None:
        broker = Broker("storage.memory_only=true", f"otel.endpoint={endpoint}")
        self.addCleanup(broker.remove)
        broker.start()
        counters = self.flood(broker)
        self.assertGreater(counters['twofold_otel_dropped_total{reason="full"}'], 0)
        self.assertEqual(counters["twofold_otel_exported_total"], 0)
        began = time.monotonic()
        self.assertEqual(broker.stop(), 0, broker.log())
        self.assertLess(time.monotonic() - began, 10, "a stop does not wait for it")

    def test_nobody_is_there(self):
        self.told(f"http://127.0.0.1:{free_port()}")

    def test_somebody_says_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.told(f"http://127.0.0.1:{silent.getsockname()[1]}")


class Secure(StreamCase):
    def test_a_collector_is_believed_only_if_its_certificate_is_right(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="twofold-collector-"))
        self.addCleanup(shutil.rmtree, folder)
        authority = Authority(folder)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*authority.sign("collector"))
        collector = Collector(tls)
        self.addCleanup(collector.close)
        for settings, spans in (((f"otel.ca={authority.file}",), 1), ((), 0)):
            collector.spans.clear()
            broker = Broker("storage.memory_only=true", f"otel.endpoint={collector.url}", *settings)
            self.addCleanup(broker.remove)
            broker.start()
            broker.call("PUT", "/v1/queues/safe", {})
            broker.call("POST", "/v1/queues/safe/messages", {"value": 1})
            self.assertEqual(broker.stop(), 0)
            self.assertEqual(len(collector.spans), spans, broker.log())
        self.assertIn("the collector does not take spans", broker.log())
        self.assertIn("certificate", broker.log())


class WithACredential(StreamCase):
    # Nobody read them: a collector that asks for a key answered 401 to every span.
    def test_fields_of_the_environment_go_with_each_export_and_nowhere_else(self):
        collector = Collector()
        self.addCleanup(collector.close)
        broker = Broker("storage.memory_only=true", f"otel.endpoint={collector.url}",
                        environment={"OTEL_EXPORTER_OTLP_HEADERS": "api-key=s3cr3t%3D,x-team=night%20shift,s3cr3t-alone"})
        self.addCleanup(broker.remove)
        broker.start()
        broker.call("PUT", "/v1/queues/safe", {})
        broker.call("POST", "/v1/queues/safe/messages", {"value": 1})
        shown = broker.call("GET", "/v1/config").body
        self.assertEqual(broker.stop(), 0)
        [request, *_] = collector.requests
        self.assertEqual((request["api-key"], request["x-team"], request["content-type"]), ("s3cr3t=", "night shift", "application/json"))
        self.assertEqual(len(collector.spans), 1)
        self.assertIn("entry 3 is left out", broker.log())
        for told in (shown.decode(), broker.log()):
            self.assertNotIn("s3cr3t", told)


class AtTheEnd(StreamCase):
    def test_a_stop_sends_what_there_is(self):
        collector = Collector()
        self.addCleanup(collector.close)
        standard = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"{collector.url}/", "OTEL_SERVICE_NAME": "by-environment", "OTEL_TRACES_SAMPLER_ARG": "0"}
        broker = Broker("storage.memory_only=true", environment=standard)
        self.addCleanup(broker.remove)
        broker.start()
        broker.call("PUT", "/v1/queues/last", {})
        broker.call("POST", "/v1/queues/last/messages", {"value": 1})
        broker.call("POST", "/v1/queues/last/messages", {"value": 1}, headers={"traceparent": PARENT})
        self.assertEqual(broker.stop(), 0)
        [span] = collector.spans
        self.assertEqual((span.parent, span.resource["service.name"]), (SPAN, "by-environment"))


if __name__ == "__main__":
    unittest.main()
