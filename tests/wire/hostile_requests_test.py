#!/usr/bin/env python3
"""Raw requests that must be refused: an honest answer, a closed connection, and a broker that lives on."""

import json
import re
import socket
import unittest

from wire._broker import WireCase


def post(fields: str, body: bytes = b"", path: str = "/v1/topics/t/records") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode("latin-1") + body


SMUGGLED = b"GET /v1/topics/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


class HostileRequests(WireCase):
    def answers(self, raw: bytes, **options) -> list[int]:
        """The statuses that came back before the broker closed."""
        return [int(s) for s in re.findall(rb"HTTP/1\.1 (\d{3}) ", self.broker.raw(raw, **options))]

    def assert_refused(self, name: str, raw: bytes, status: int) -> None:
        with self.subTest(name):
            # What is smuggled behind it must never be seen as a request of its own.
            self.assertEqual(self.answers(raw + SMUGGLED), [status])
            self.assertEqual(self.broker.call("GET", "/livez").status, 200)

    def test_framing_that_two_readers_could_take_differently(self):
        cases = {
            "unknown transfer encoding": post("Transfer-Encoding: gzip\r\n"),
            "chunked in a list": post("Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"),
            "chunked twice": post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
            "chunked and a length": post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n"),
            "length twice": post("Content-Length: 0\r\nContent-Length: 0\r\n"),
            "length as a list": post("Content-Length: 0, 0\r\n"),
            "length with a sign": post("Content-Length: +0\r\n"),
            "folded field": post("X: a\r\n b\r\n"),
            "space before the colon": post("Content-Length : 0\r\n"),
            "bare LF": post("X: a\n"),
            "bare CR": post("X: a\rb\r\n"),
            "NUL": post("X: a\0b\r\n"),
            "two hosts": post("Host: localhost\r\n"),
            "no host": b"GET / HTTP/1.1\r\n\r\n",
            "absolute target": b"GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "target above ASCII": b"GET /\xc3\xa9 HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "another version": b"GET / HTTP/1.2\r\nHost: localhost\r\n\r\n",
            "announced trailer": post("Trailer: X\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
            "two authorizations": post("Authorization: a\r\nAuthorization: b\r\n"),
            "two content types": post("Content-Type: a/b\r\nContent-Type: a/b\r\n"),
            "two origins": post("Origin: http://localhost\r\nOrigin: http://localhost\r\n"),
            "chunked on HTTP/1.0":
                b"POST /v1 HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        }
        for name, raw in cases.items():
            self.assert_refused(name, raw, 400)

    def test_chunked_bodies(self):
        chunked = lambda body: post("Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n", body)
        for name, body in {
            "extension": b"2;a=b\r\n{}\r\n0\r\n\r\n", "trailer": b"2\r\n{}\r\n0\r\nX: y\r\n\r\n",
            "size with a sign": b"+2\r\n{}\r\n0\r\n\r\n", "size too long": b"000000002\r\n{}\r\n0\r\n\r\n",
            "wrong size": b"1\r\n{}\r\n0\r\n\r\n", "bare LF": b"2\n{}\n0\n\n",
        }.items():
            self.assert_refused(name, chunked(body), 400)
        self.ask("PUT", "/v1/topics/t", {}, status=201)
        good = chunked(b'7\r\n{"value\r\n4\r\n":1}\r\n0\r\n\r\n') + b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        self.assertEqual(self.answers(good), [200, 200], "a sound one is taken, and the next request too")

    def test_sizes(self):
        self.assert_refused("head", post("X: " + "x" * 17_000 + "\r\n"), 431)
        self.assert_refused("fields", post("a:\r\n" * 200), 431)
        self.assert_refused("target", b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414)
        self.assert_refused("endless head", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 20_000, 431)
        self.assertEqual(self.answers(post("Content-Length: 99999999999\r\n")), [413], "before any byte of it")
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

    def test_hosts_and_origins(self):
        get = lambda host: f"GET /v1 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
        self.assertEqual(self.answers(get("localhost:1234")), [200])
        self.assertEqual(self.answers(get("[::1]")), [200])
        self.assertEqual(self.answers(get("rebound.example.org")), [403])
        for origin in ("http://evil.example", "null"):
            self.refused("PUT", "/v1/topics/from-a-page", {}, headers={"Origin": origin}, status=403,
                         code="origin-not-allowed")
        self.refused("POST", "/v1/queues/q/purge", b"", headers={"Sec-Fetch-Site": "cross-site"}, status=403,
                     code="origin-not-allowed")
        answer = self.call("GET", "/v1", headers={"Origin": "http://evil.example"})
        self.assertNotIn("access-control-allow-origin", answer.headers)

    def test_paths(self):
        for path in ("/v1/topics/a%2Fb", "/v1/topics/a%5cb", "/v1/topics/%00", "/v1/../metrics", "/v1/topics/%2e%2e",
                     "/v1/topics/%ff", "/v1/topics/%zz"):
            self.refused("GET", path, status=400, code="invalid-request")
        self.refused("GET", "/v1/topics/", status=404, code="not-found")
        self.refused("GET", "/v1/toppics", status=404, code="not-found")
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

    def test_nothing_a_client_sends_can_begin_a_line_of_our_head(self):
        raw = self.broker.raw(b"GET /v1/topics/x%0d%0aSet-Cookie:%20a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        self.assertNotIn(b"\r\nSet-Cookie", raw.split(b"\r\n\r\n")[0])

    def test_a_client_that_sends_half_a_request_and_closes(self):
        for raw in (b"", b"G", b"GET /v1 HTTP/1.1\r\nHo", post("Content-Length: 100\r\n", b'{"value":')):
            self.assertEqual(self.answers(raw, half_close=True), [])
        self.assertEqual(self.broker.call("GET", "/livez").status, 200)


if __name__ == "__main__":
    unittest.main()
