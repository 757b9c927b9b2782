#!/usr/bin/env python3
"""Connections that nobody speaks on any more: what their last requests and answers took is given back."""

import json
import socket
import time
import unittest

from wire._broker import WireCase
from wire._tls import resident_kib

COUNT = 800
EACH_KIB_MAX = 60  # it was 80; of the 45 that are left a part is what the heap keeps for others


class Idle(WireCase):
    def test_after_a_large_request_and_a_large_answer_a_connection_is_small_again(self):
        self.ask("PUT", "/v1/topics/t", {}, status=201)
        body = json.dumps({"text": "x" * 60_000}).encode()
        post = (b"POST /v1/topics/t/records HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                % len(body)) + body
        read = b"GET /v1/topics/t/records?from=earliest&limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
        for _ in range(600):  # the cache of the newest records is full of them
            self.call("POST", "/v1/topics/t/records", body, headers={"Content-Type": "application/json"})
        before = resident_kib(self.broker.process.pid)
        crowd = [socket.create_connection(("127.0.0.1", self.broker.port), timeout=30) for _ in range(COUNT)]
        for number, connection in enumerate(crowd):
            self.addCleanup(connection.close)
            for request in (post, read):
                connection.sendall(request)
                said = b""
                while b"\r\n\r\n" not in said:
                    said += connection.recv(65536)
                head, _, rest = said.partition(b"\r\n\r\n")
                self.assertIn(b"200 OK", head)
                left = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0]) - len(rest)
                while left > 0:
                    left -= len(connection.recv(65536))
            if number % 100 == 99:
                time.sleep(1.1)  # two ticks: what those before took is there for the next
        grown = resident_kib(self.broker.process.pid) - before
        self.assertLess(grown / COUNT, EACH_KIB_MAX)


if __name__ == "__main__":
    unittest.main()
