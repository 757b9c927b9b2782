#!/usr/bin/env python3
"""Requests that ask for trouble with what they say, in what order and how much of it; the heads and bodies that are refused
in any case are rows of _hostile_table.py."""

import json
import re
import socket
import unittest

from wire._broker import WireCase


def post(fields: str, body: bytes = b"", path: str = "/v1/topics/t/records") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode("latin-1") + body


class HostileRequests(WireCase):
    def answers(self, raw: bytes, **options) -> list[int]:
        """The statuses that came back before the broker closed."""
        return [int(s) for s in re.findall(rb"HTTP/1\.1 (\d{3}) ", self.broker.raw(raw, **options))]

    def test_a_sound_chunked_body_is_taken_and_the_next_request_too(self):
        self.ask("PUT", "/v1/topics/t", {}, status=201)
        good = (post("Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n", b'7\r\n{"value\r\n4\r\n":1}\r\n0\r\n\r\n')
                + b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        self.assertEqual(self.answers(good), [200, 200])

    def test_sizes_that_a_head_says(self):
        self.assertEqual(
            self.answers(post("Content-Length: 2000000\r\nExpect: 100-continue\r\n", path="/v1/queues/q/purge")), [413],
            "in place of 100 Continue")
        big = b'{"value":"' + b"x" * (2 << 20) + b'"}'
        self.ask("PUT", "/v1/topics/big", {}, status=201)
        self.refused("POST", "/v1/topics/big/records", big, status=413, code="message-too-large",
                     headers={"Content-Type": "application/json"})

    def test_many_chunked_uploads_at_once_are_taken(self):
        self.ask("PUT", "/v1/topics/streams", {}, status=201)
        head = post("Transfer-Encoding: chunked\r\nContent-Type: application/json\r\nConnection: close\r\n",
                    path="/v1/topics/streams/records")
        connections = [socket.create_connection(("127.0.0.1", self.broker.port), timeout=10) for _ in range(60)]
        for connection in connections:
            connection.sendall(head + b'9\r\n{"value":\r\n')
        for connection in connections:
            connection.sendall(b"2\r\n1}\r\n0\r\n\r\n")
        for connection in connections:
            self.assertIn(b" 200 OK\r\n", connection.recv(65536))
            connection.close()
        self.assertEqual(len(self.ask("GET", "/v1/topics/streams/records")["records"]), 60)

    def test_one_bad_line_spoils_no_other(self):
        """Records behind it pointed into memory that was freed: the broker fell, or stored what was not sent."""
        self.ask("PUT", "/v1/topics/lines", {"partitions": 1}, status=201)
        good = [json.dumps({"key": f"key\\n{i:03}", "text": f"t{i}", "headers": {f"n\\t{i}": "v" * i}}) for i in range(50)]
        for bad in ('{"value":1,"partition":9}', json.dumps({"text": "x" * (2 << 20)})):
            lines = good[:20] + [bad] + good[20:]
            answer = self.call("POST", "/v1/topics/lines/records", "\n".join(lines).encode(),
                               headers={"Content-Type": "application/x-ndjson"})
            results = [json.loads(line) for line in answer.body.decode().splitlines()]
            self.assertEqual([i for i, r in enumerate(results) if "code" in r], [20])
            self.assertEqual(results[20]["index"], 20)
        stored = self.ask("GET", "/v1/topics/lines/records?limit=1000")["records"]
        self.assertEqual([r["key"] for r in stored], [json.loads(line)["key"] for line in good] * 2)
        self.assertEqual([r["headers"] for r in stored], [json.loads(line)["headers"] for line in good] * 2)

    def test_every_line_gets_an_answer_however_many_are_bad(self):
        self.ask("PUT", "/v1/topics/mixed", {"partitions": 1}, status=201)
        lines = ['{"value":1}', "no json", '{"value":2,"partition":9}', "nor this", '{"value":3}']
        answer = self.call("POST", "/v1/topics/mixed/records", "\n".join(lines).encode(),
                           headers={"Content-Type": "application/x-ndjson"})
        results = [json.loads(line) for line in answer.body.decode().splitlines()]
        self.assertEqual([r.get("index") for r in results if "code" in r], [1, 2, 3])
        self.assertEqual([r["offset"] for r in results if "offset" in r], [0, 1])

    def test_a_record_at_fault_is_named_by_its_index(self):
        self.ask("PUT", "/v1/topics/indexed", {"partitions": 1}, status=201)
        records = [{"value": 1}, {"value": 2, "partition": 7}]
        problem = self.refused("POST", "/v1/topics/indexed/records", {"records": records}, status=404,
                               code="partition-not-found")
        self.assertEqual(problem["index"], 1)
        self.ask("PUT", "/v1/queues/small", {"record_bytes_max": 50}, status=201)
        problem = self.refused("POST", "/v1/queues/small/messages", {"messages": [{"text": "x"}, {"text": "x" * 51}]},
                               status=413, code="message-too-large")
        self.assertEqual(problem["index"], 1)

    def test_announced_bodies_that_never_come_keep_nobody_out(self):
        self.ask("PUT", "/v1/topics/announced", {}, status=201)
        head = post(f"Content-Length: {10 << 20}\r\nContent-Type: application/json\r\n",
                    path="/v1/topics/announced/records")
        idle = [socket.create_connection(("127.0.0.1", self.broker.port), timeout=10) for _ in range(40)]
        for connection in idle:
            connection.sendall(head)
        self.ask("POST", "/v1/topics/announced/records", {"text": "x" * 200_000})
        for connection in idle:
            connection.close()

    def test_a_large_body_arrives_in_pieces(self):
        self.ask("PUT", "/v1/topics/pieces", {}, status=201)
        body = b'{"records":[' + b",".join(b'{"text":"' + b"x" * 900_000 + b'"}' for _ in range(4)) + b"]}"
        head = post(f"Content-Length: {len(body)}\r\nContent-Type: application/json\r\nConnection: close\r\n",
                    path="/v1/topics/pieces/records")
        self.assertEqual(self.answers(head + body), [200])
        page = self.ask("GET", "/v1/topics/pieces/records?bytes=4194304")["records"]
        self.assertEqual([len(r["text"]) for r in page], [900_000] * 4)

    def test_expect_continue_is_invited_then_answered(self):
        self.ask("PUT", "/v1/topics/invited", {}, status=201)
        body = b'{"value":1}'
        head = (f"POST /v1/topics/invited/records HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
                "Content-Type: application/json\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n").encode()
        with socket.create_connection(("127.0.0.1", self.broker.port), timeout=10) as connection:
            connection.sendall(head)
            self.assertEqual(connection.recv(1024), b"HTTP/1.1 100 Continue\r\n\r\n")
            connection.sendall(body)
            answer = b""
            while part := connection.recv(65536):
                answer += part
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer)

    def test_methods(self):
        answer = self.call("DELETE", "/v1/topics", status=405)
        self.assertEqual(answer.headers["allow"], "GET, HEAD, OPTIONS")
        self.assertEqual(self.call("OPTIONS", "/v1/topics", status=204).headers["allow"], "GET, HEAD, OPTIONS")
        head = self.call("HEAD", "/v1")
        self.assertEqual(head.body, b"")
        self.assertGreater(int(head.headers["content-length"]), 100)

    def test_bodies_that_are_no_json(self):
        self.ask("PUT", "/v1/topics/json", {}, status=201)
        for body in (b"{", b"[]", b'{"value":1,}', b'{"value":01}', b'{"value":"\xff"}', b'{"value":"\\ud800"}',
                     b'{"value":1}{}', b'{"value":1,"value":2}', b"[" * 100_000, b'{"value":' + b"[" * 40 + b"]" * 40 + b"}",
                     b'{"key":7,"value":1}', b'{"value":1,"headers":{"a":1}}', b'{"records":[]}',
                     b'{"records":{}}', b'{"value":1,"headers":{"a":"b","a":"c"}}', b'{"valu":1}', b"\xef\xbb\xbf{\"value\":1}"):
            problem = self.call("POST", "/v1/topics/json/records", body, status=400,
                                headers={"Content-Type": "application/json"}).json
            self.assertEqual(problem["code"], "invalid-request", body[:40])
        many = {"records": [{"value": 1}] * 1001}
        self.refused("POST", "/v1/topics/json/records", many, status=413, code="batch-too-large")
        self.assertEqual(self.ask("GET", "/v1/topics/json/records")["records"], [])

    def test_a_client_that_sends_half_a_request_and_closes(self):
        for raw in (b"", b"G", b"GET /v1 HTTP/1.1\r\nHo", post("Content-Length: 100\r\n", b'{"value":')):
            self.assertEqual(self.answers(raw, half_close=True), [])
        self.assertEqual(self.broker.call("GET", "/livez").status, 200)


if __name__ == "__main__":
    unittest.main()
