#!/usr/bin/env python3
"""Records as server-sent events and as lines that go on: resumed, told of gaps, ended by a drain."""

import http.client
import json
import socket
import time
import unittest

from wire._broker import SECONDS_MAX, Broker, WireCase

EVENTS = {"Accept": "text/event-stream"}


class Stream:
    """What a browser's EventSource does with an answer, on a connection of its own."""

    def __init__(self, broker: Broker, path: str, headers=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", broker.port, timeout=SECONDS_MAX)
        self.connection.request("GET", path, headers={**EVENTS, **(headers or {})})
        self.response = self.connection.getresponse()
        self.last_id = None
        self.comments = 0
        self.retry = None

    def next(self):
        """The next event as (name, data), or None at the end."""
        name, data = "message", []
        while line := self.response.readline():
            line = line.rstrip(b"\n").decode()
            if line == "":
                if data:
                    return name, json.loads("\n".join(data))
                name = "message"
            elif line.startswith(":"):
                self.comments += 1
            else:
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    data.append(value)
                elif field == "id":
                    self.last_id = value
                elif field == "retry":
                    self.retry = int(value)
                else:
                    raise AssertionError(f"{line!r} is no line of an event stream")
        return None

    def take(self, count: int, name: str = "record"):
        """That many events of one name, others skipped."""
        found = []
        while len(found) < count:
            event = self.next()
            if event is None:
                raise AssertionError(f"the stream ended after {len(found)} of {count}")
            if event[0] == name:
                found.append(event[1])
        return found

    def close(self):
        self.connection.close()


class Events(WireCase):
    def stream(self, path: str, headers=None) -> Stream:
        stream = Stream(self.broker, path, headers)
        self.addCleanup(stream.close)
        return stream

    def publish(self, topic: str, *values) -> None:
        self.ask("POST", f"/v1/topics/{topic}/records", {"records": [{"key": str(v), "value": v} for v in values]})

    def test_what_is_there_comes_and_then_what_arrives(self):
        self.ask("PUT", "/v1/topics/live", {"partitions": 3}, status=201)
        self.publish("live", 1, 2, 3)
        stream = self.stream("/v1/topics/live/records")
        self.assertEqual(stream.response.status, 200)
        self.assertEqual(stream.response.getheader("Content-Type"), "text/event-stream")
        self.assertEqual(sorted(r["value"] for r in stream.take(3)), [1, 2, 3])
        self.assertEqual(stream.retry, 1000)
        self.assertEqual(stream.next(), ("caught_up", {}))
        self.publish("live", 4)
        name, record = stream.next()
        self.assertEqual((name, record["value"], record["topic"]), ("record", 4, "live"))

    def test_a_resume_begins_behind_the_last_event(self):
        self.ask("PUT", "/v1/topics/resume", {"partitions": 4}, status=201)
        self.publish("resume", *range(20))
        first = self.stream("/v1/topics/resume/records")
        seen = [r["value"] for r in first.take(7)]
        first.close()
        self.publish("resume", *range(20, 30))
        for how in ({"headers": {"Last-Event-ID": first.last_id}}, {"query": f"?lastEventId={first.last_id}"}):
            second = self.stream("/v1/topics/resume/records" + how.get("query", ""), how.get("headers"))
            rest = [r["value"] for r in second.take(23)]
            self.assertEqual(sorted(seen + rest), list(range(30)))
            self.assertEqual(second.next()[0], "caught_up")

    def test_many_partitions_are_resumed_from_the_end_of_a_piece(self):
        self.ask("PUT", "/v1/topics/wide", {"partitions": 40}, status=201)
        self.publish("wide", *range(100))
        first = self.stream("/v1/topics/wide/records")
        first.take(100)
        first.take(1, "caught_up")
        self.publish("wide", *range(100, 110))
        second = self.stream("/v1/topics/wide/records", {"Last-Event-ID": first.last_id})
        self.assertEqual(sorted(r["value"] for r in second.take(10)), list(range(100, 110)))

    def test_an_envelope_stays_on_one_line(self):
        self.ask("PUT", "/v1/topics/pretty", {}, status=201)
        self.call("POST", "/v1/topics/pretty/records", b'{"value":{\r\n  "a": [1,\n 2]}}', headers={"Content-Type": "application/json"})
        self.call("POST", "/v1/topics/pretty/records", {"text": "two\nlines"})
        got = self.stream("/v1/topics/pretty/records").take(2)
        self.assertEqual((got[0]["value"], got[1]["text"]), ({"a": [1, 2]}, "two\nlines"))
        lines = self.call("GET", "/v1/topics/pretty/records", headers={"Accept": "application/x-ndjson"}).body
        self.assertEqual([json.loads(line).get("text") for line in lines.splitlines()], [None, "two\nlines"])

    def test_a_filter_and_a_partition_narrow_the_stream(self):
        self.ask("PUT", "/v1/topics/narrow", {"partitions": 2}, status=201)
        for i in range(10):
            self.ask("POST", "/v1/topics/narrow/records", {"value": i, "partition": i % 2, "headers": {"odd": str(i // 2 % 2)}})
        stream = self.stream("/v1/topics/narrow/records?partition=1&filter=headers.odd%3D'1'")
        self.assertEqual([r["value"] for r in stream.take(2)], [3, 7])

    def test_what_retention_took_is_named(self):
        self.ask("PUT", "/v1/topics/gaps", {}, status=201)
        self.publish("gaps", *range(10))
        first = self.stream("/v1/topics/gaps/records")
        first.take(2)
        self.ask("POST", "/v1/topics/gaps/trim", {"before": {"0": 6}})
        second = self.stream("/v1/topics/gaps/records", {"Last-Event-ID": first.last_id})
        gap = second.take(1, "gap")[0]
        self.assertEqual((gap["partition"], gap["to"]), (0, 6))
        self.assertEqual([r["value"] for r in second.take(4)], [6, 7, 8, 9])

    def test_refusals_are_answers_not_streams(self):
        self.refused("GET", "/v1/topics/nowhere/records", status=404, code="topic-not-found", headers=EVENTS)
        self.ask("PUT", "/v1/topics/again", {}, status=201)
        self.publish("again", 1)
        stream = self.stream("/v1/topics/again/records")
        stream.take(1)
        self.ask("DELETE", "/v1/topics/again")
        self.ask("PUT", "/v1/topics/again", {}, status=201)
        self.refused("GET", "/v1/topics/again/records", status=410, code="cursor-stale",
                     headers={**EVENTS, "Last-Event-ID": stream.last_id})
        self.refused("GET", "/v1/topics/again/records?lastEventId=nonsense", status=400, code="invalid-cursor", headers=EVENTS)
        self.refused("GET", "/v1/topics/again/records?follow=true", status=400, code="invalid-request")

    def test_a_topic_that_is_deleted_ends_its_streams(self):
        self.ask("PUT", "/v1/topics/ending", {}, status=201)
        stream = self.stream("/v1/topics/ending/records")
        self.assertEqual(stream.next()[0], "caught_up")
        self.ask("DELETE", "/v1/topics/ending")
        name, problem = stream.next()
        self.assertEqual((name, problem["code"]), ("problem", "topic-not-found"))
        self.assertIsNone(stream.next())

    def test_lines_follow_the_log(self):
        self.ask("PUT", "/v1/topics/lines", {}, status=201)
        self.publish("lines", 1)
        stream = Stream(self.broker, "/v1/topics/lines/records?follow=true", {"Accept": "application/x-ndjson"})
        self.addCleanup(stream.close)
        self.assertEqual(json.loads(stream.response.readline())["value"], 1)
        self.publish("lines", 2)
        self.assertEqual(json.loads(stream.response.readline())["value"], 2)

    def test_http_1_0_gets_bare_bytes(self):
        self.ask("PUT", "/v1/topics/old", {}, status=201)
        self.publish("old", 1)
        with socket.create_connection(("127.0.0.1", self.broker.port), timeout=SECONDS_MAX) as connection:
            connection.sendall(b"GET /v1/topics/old/records HTTP/1.0\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
            reader = connection.makefile("rb")
            head = iter(reader.readline, b"\r\n")
            self.assertFalse([line for line in head if b"chunked" in line.lower() or b"content-length" in line.lower()])
            self.assertEqual(reader.readline(), b"retry: 1000\n")

    def test_a_reader_that_never_reads_costs_a_piece_not_the_log(self):
        self.ask("PUT", "/v1/topics/slow", {}, status=201)
        value = "x" * 60_000
        for _ in range(100):
            self.ask("POST", "/v1/topics/slow/records", {"records": [{"value": value}] * 10})
        before = self.resident()
        sleepers = [socket.create_connection(("127.0.0.1", self.broker.port)) for _ in range(50)]
        for sleeper in sleepers:
            self.addCleanup(sleeper.close)
            sleeper.sendall(b"GET /v1/topics/slow/records HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
        stream = self.stream("/v1/topics/slow/records")
        stream.take(1000)
        self.assertLess(self.resident() - before, 200_000, "KiB: 50 readers of 60 MB each")

    def resident(self) -> int:
        with open(f"/proc/{self.broker.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


class Restarts(unittest.TestCase):
    def test_a_reader_that_comes_back_after_a_restart_misses_nothing(self):
        broker = Broker()
        self.addCleanup(broker.remove)
        broker.start()
        broker.call("PUT", "/v1/topics/kept", {"partitions": 2})
        broker.call("POST", "/v1/topics/kept/records", {"records": [{"key": str(i), "value": i} for i in range(10)]})
        stream = Stream(broker, "/v1/topics/kept/records")
        seen = [r["value"] for r in stream.take(10)]
        begin = time.monotonic()
        self.assertEqual(broker.stop(), 0)
        self.assertLess(time.monotonic() - begin, 10, "a stream does not hold up a stop")
        while stream.next():
            pass
        broker.start()
        broker.call("POST", "/v1/topics/kept/records", {"value": 10})
        again = Stream(broker, "/v1/topics/kept/records", {"Last-Event-ID": stream.last_id})
        seen.append(again.take(1)[0]["value"])
        self.assertEqual(sorted(seen), list(range(11)))
        broker.kill()
        broker.start()
        broker.call("POST", "/v1/topics/kept/records", {"value": 11})
        third = Stream(broker, "/v1/topics/kept/records", {"Last-Event-ID": again.last_id})
        self.assertEqual(third.take(1)[0]["value"], 11)


if __name__ == "__main__":
    unittest.main()
