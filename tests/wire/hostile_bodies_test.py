#!/usr/bin/env python3
"""Bodies as a means of attack: what strangers may have held for them, and how long a body may be silent."""

import re
import select
import socket
import time
import unittest

from wire._broker import READY_SECONDS_MAX
from wire._keys import KeyedCase

MIB = 1 << 20
STRANGERS_MAX = 3 * MIB + (64 << 10)  # of one body, and here of all of theirs
SILENCE_SECONDS = 10


def head(method: str, path: str, *fields: str) -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: localhost", *fields, "", "")).encode()


class Bodies(KeyedCase):
    more = ("limits.memory=16MiB", "http.max_body=8MiB")  # so bodies may take 8 MiB in all

    def open(self, *parts: bytes) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.broker.port), timeout=READY_SECONDS_MAX)
        self.addCleanup(connection.close)
        try:
            for part in parts:
                connection.sendall(part)
        except OSError:
            pass  # it was refused meanwhile
        return connection

    def signed(self, id: str, length: int, *fields: str) -> bytes:
        """The head of somebody who says to be `id`."""
        day = time.strftime("%Y%m%d", time.gmtime())
        return head("POST", "/", "X-Amz-Target: AmazonSQS.SendMessage", "Content-Type: application/x-amz-json-1.0",
                    time.strftime("X-Amz-Date: %Y%m%dT%H%M%SZ", time.gmtime()), f"Content-Length: {length}",
                    f"Authorization: AWS4-HMAC-SHA256 Credential={id}/{day}/us-east-1/sqs/aws4_request, "
                    f"SignedHeaders=host;x-amz-date;x-amz-target, Signature={'0' * 64}", *fields)

    def held(self) -> int:
        text = self.broker.call("GET", "/metrics", None, self.admin.headers).body.decode()
        return int(float(re.search(r'\{kind="bodies"\} (\S+)', text)[1]))

    def test_strangers_leave_room_for_whoever_has_a_key(self):
        self.given("PUT", "/v1/topics/crowded", {})
        known = self.key("publish queue:x", sqs_secret="secret")
        for _ in range(6):
            self.open(self.signed(known.id, 3 * MIB), b"x" * (3 * MIB - 1))
        deadline = time.monotonic() + READY_SECONDS_MAX
        while self.held() < 2 * MIB:
            self.assertLess(time.monotonic(), deadline)
        self.assertLessEqual(self.held(), STRANGERS_MAX)
        large = {"records": [{"value": "x" * 800_000}] * 5}
        self.assertEqual(self.status(self.admin, "POST", "/v1/topics/crowded/records", large), 200)

    def test_a_stranger_may_send_what_sqs_takes_and_no_more(self):
        known = self.key("publish queue:x", sqs_secret="secret")
        for length, said in ((STRANGERS_MAX, b"100"), (STRANGERS_MAX + 1, b"400")):
            answer = self.open(self.signed(known.id, length, "Expect: 100-continue")).recv(100)
            self.assertEqual(answer.split()[1], said)

    def test_a_key_that_is_none_is_refused_before_the_body(self):
        for fields in ((), ("Expect: 100-continue",)):
            connection = self.open(self.signed("NOBODY", 1_000_000, *fields))
            began = time.monotonic()
            answer = connection.recv(4096)
            self.assertEqual(answer.split()[1], b"403")
            self.assertIn(b"InvalidClientTokenId", answer)
            self.assertGreaterEqual(time.monotonic() - began, 0.08, "guessing is slow")
        unsigned = head("POST", "/", "X-Amz-Target: AmazonSQS.ListQueues", "Content-Length: 1000000")
        self.assertIn(b"AccessDenied", self.open(unsigned).recv(4096))

    def test_a_quota_that_is_used_up_is_said_before_the_body(self):
        self.given("PUT", "/v1/topics/heavy", {})
        known = self.key("publish *", sqs_secret="secret", bytes_per_second=1_000)
        self.assertEqual(self.status(known, "POST", "/v1/topics/heavy/records", {"value": "x" * 60_000}), 200)
        self.assertIn(b"RequestThrottled", self.open(self.signed(known.id, 1_000_000)).recv(4096))
        token = (head("POST", "/", "X-Amz-Target: AmazonSQS.ListQueues", "Content-Length: 1000000",
                      f"Authorization: Bearer {known.token}"))
        self.assertIn(b"RequestThrottled", self.open(token).recv(4096))

    def test_a_body_that_nothing_asked_for_is_not_taken(self):
        answer = self.open(head("OPTIONS", "/v1/topics", "Content-Length: 7000000")).recv(100)
        self.assertEqual(answer.split()[1], b"413")

    def test_a_body_that_falls_silent_is_given_up(self):
        self.given("PUT", "/v1/topics/silent", {})
        path = "/v1/topics/silent/records"
        key = f"Authorization: Bearer {self.admin.token}"
        began = time.monotonic()
        much = b"x" * 200_000
        chunk = b"%x\r\n" % (2 * len(much)) + much
        chunked = "Transfer-Encoding: chunked"
        kinds = {
            "sized": self.open(head("POST", path, key, "Content-Length: 400000"), much),
            "chunked": self.open(head("POST", path, key, "Content-Type: application/json", chunked), chunk),
            "line": self.open(head("POST", path, key, "Content-Type: application/x-ndjson", chunked), chunk),
            "dripping": self.open(head("POST", path, key, "Content-Length: 400000"), much),
        }
        open_still = {connection: kind for kind, connection in kinds.items()}
        while open_still:
            self.assertLess(time.monotonic() - began, SILENCE_SECONDS + 4, sorted(open_still.values()))
            for connection in select.select(list(open_still), [], [], 0.5)[0]:
                kind = open_still.pop(connection)
                self.assertRegex(connection.recv(4096), rb"^HTTP/1\.1 408 ", kind)
                self.assertGreater(time.monotonic() - began, SILENCE_SECONDS - 1, kind)
            if kinds["dripping"] in open_still:
                kinds["dripping"].send(b"x")


if __name__ == "__main__":
    unittest.main()
