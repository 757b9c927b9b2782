#!/usr/bin/env python3
"""Lines that are published while they arrive: each is answered before the next one is sent."""

import http.client
import json
import signal
import socket
import time
import unittest

from wire._broker import SECONDS_MAX, Broker, WireCase


class Upload:
    """A chunked body that goes on while its answer is read."""

    def __init__(self, broker: Broker, topic: str):
        self.socket = socket.create_connection(("127.0.0.1", broker.port), timeout=SECONDS_MAX)
        self.socket.sendall(
            f"POST /v1/topics/{topic}/records HTTP/1.1\r\nHost: localhost\r\n"
            "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        self.response = None

    def send(self, text: str) -> None:
        data = text.encode()
        self.socket.sendall(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def end(self) -> None:
        self.socket.sendall(b"0\r\n\r\n")

    def answer(self) -> http.client.HTTPResponse:
        if self.response is None:
            self.response = http.client.HTTPResponse(self.socket)
            self.response.begin()
        return self.response

    def line(self):
        text = self.answer().readline()
        return json.loads(text) if text else None

    def close(self) -> None:
        if self.response:
            self.response.close()
        self.socket.close()


class Lines(WireCase):
    def setUp(self):
        super().setUp()
        self.broker.call("PUT", "/v1/topics/lines", {"partitions": 1})

    def upload(self, topic: str = "lines") -> Upload:
        upload = Upload(self.broker, topic)
        self.addCleanup(upload.close)
        return upload

    def values(self, after: int = 0):
        return [record["value"] for record in self.ask("GET", "/v1/topics/lines/records?from=earliest&limit=1000")["records"]][after:]

    def test_each_line_is_answered_before_the_next_one_is_sent(self):
        had = len(self.values())
        upload = self.upload()
        for number in range(3):
            upload.send(json.dumps({"value": number}) + "\n")
            self.assertEqual(upload.line()["offset"], had + number)
        self.assertEqual(upload.answer().getheader("Twofold-Atomic"), "false")
        self.assertEqual(upload.answer().getheader("Content-Type"), "application/x-ndjson")
        upload.end()
        self.assertIsNone(upload.line())
        self.assertEqual(self.values(had), [0, 1, 2])

    def test_a_line_may_come_in_pieces_and_the_last_one_needs_no_end(self):
        had = len(self.values())
        upload = self.upload()
        for piece in ('{"val', 'ue":"a"}\r\n\n{"value"', ':"b"}'):
            upload.send(piece)
        upload.end()
        self.assertEqual([upload.line()["offset"] for _ in range(2)], [had, had + 1])
        self.assertIsNone(upload.line())
        self.assertEqual(self.values(had), ["a", "b"])

    def test_a_bad_line_is_said_and_the_others_go_on(self):
        had = len(self.values())
        upload = self.upload()
        upload.send('{"value":1}\n{"valu":2}\n')
        self.assertEqual(upload.line()["offset"], had)
        self.assertEqual((upload.line())["index"], 1)
        upload.send('{"value":3}\n')
        self.assertEqual(upload.line()["offset"], had + 1)
        upload.end()
        self.assertEqual(self.values(had), [1, 3])

    def test_more_than_any_body_may_have_goes_through(self):
        line = json.dumps({"value": "x" * 10_000}) + "\n"
        count = 2_000  # 20 MB; a body of one piece may have 10 MiB
        self.ask("PUT", "/v1/topics/large", {"partitions": 1}, status=201)
        upload = self.upload("large")
        answered = 0
        for first in range(0, count, 100):
            upload.send(line * 100)
            for _ in range(100):
                self.assertEqual(upload.line()["offset"], answered)
                answered += 1
        upload.end()
        self.assertIsNone(upload.line())

    def test_an_answer_larger_than_its_request_goes_out_in_pieces(self):
        count = 30_000
        answer = self.broker.call("POST", "/v1/topics/lines/records", b"x\n" * count,
                                  {"Content-Type": "application/x-ndjson"})
        lines = answer.body.splitlines()
        self.assertEqual((len(lines), answer.headers.get("transfer-encoding")), (count, "chunked"))
        self.assertEqual(json.loads(lines[-1])["index"], count - 1)

    def test_a_client_that_dies_leaves_its_whole_lines(self):
        had = len(self.values())
        upload = self.upload()
        upload.send('{"value":"whole"}\n{"value":"half')
        self.assertEqual(upload.line()["offset"], had)
        upload.close()
        self.assertEqual(self.values(had), ["whole"])

    def test_a_topic_that_is_not_there_is_the_whole_answer(self):
        upload = self.upload("nowhere")
        upload.send('{"value":1}\n')
        self.assertEqual(upload.answer().status, 404)
        self.assertEqual(json.loads(upload.answer().read())["code"], "topic-not-found")

    def test_chunks_that_make_no_sense_end_it_behind_what_was_good(self):
        had = len(self.values())
        upload = self.upload()
        upload.send('{"value":"good"}\n')
        self.assertEqual(upload.line()["offset"], had)
        upload.socket.sendall(b"zz\r\n")
        self.assertEqual(upload.line()["code"], "invalid-request")
        self.assertIsNone(upload.line())

    def test_a_line_without_end_is_refused(self):
        broker = Broker("http.max_body=64KiB", "topics.max_record_bytes=64KiB")
        self.addCleanup(broker.remove)
        broker.start()
        broker.call("PUT", "/v1/topics/lines", {})
        upload = Upload(broker, "lines")
        self.addCleanup(upload.close)
        for _ in range(3):
            upload.send("x" * 60_000)
        self.assertEqual(json.loads(upload.answer().read())["code"], "message-too-large")

    def test_a_drain_says_where_to_go_on(self):
        broker = Broker()
        self.addCleanup(broker.remove)
        broker.start()
        broker.call("PUT", "/v1/topics/lines", {})
        upload = Upload(broker, "lines")
        self.addCleanup(upload.close)
        upload.send('{"value":1}\n')
        self.assertEqual(upload.line()["offset"], 0)
        began = time.monotonic()
        broker.process.send_signal(signal.SIGTERM)
        self.assertEqual(upload.line()["code"], "draining")
        self.assertIsNone(upload.line())
        self.assertEqual(broker.process.wait(timeout=30), 0)
        self.assertLess(time.monotonic() - began, 10)


if __name__ == "__main__":
    unittest.main()
