#!/usr/bin/env python3
"""Clients that take their time: each is cut when its time is up, and whoever works meanwhile does not notice. All of
them wait side by side, in real seconds, for there is no other way to see a deadline from outside."""

import socket
import ssl
import time
import unittest

from wire._broker import InBackground, WireCase
from wire._hostile_table import sockets
from wire._keys import KeyedCase
from wire._tls import SecureBroker

IDLE = 3
LATE = 3.0  # a tick of the broker, and a busy machine
DRIP = 0.25


def request(head: str, body: bytes = b"") -> bytes:
    return head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body


POST = "POST /v1/topics/slow/records HTTP/1.1\nHost: localhost\nContent-Type: application/json"
LINES = "POST /v1/topics/slow/records HTTP/1.1\nHost: localhost\nContent-Type: application/x-ndjson\nTransfer-Encoding: chunked"
GET = request("GET /livez HTTP/1.1\nHost: localhost")
UPGRADE = request("GET /v1/ws HTTP/1.1\nHost: localhost\nUpgrade: websocket\nConnection: Upgrade\n"
                  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\nSec-WebSocket-Version: 13")


class Slow(KeyedCase):
    more = (f"http.idle_timeout={IDLE}s",)

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        for path in ("/v1/topics/slow", "/v1/queues/quick"):
            assert cls.broker.call("PUT", path, {}, cls.admin.headers).status == 201
        cls.secure = SecureBroker(f"http.idle_timeout={IDLE}s", f"auth.keys_file={cls.file.path}")
        cls.addClassCleanup(cls.secure.remove)
        cls.secure.start()

    def own(self, raw: bytes) -> bytes:
        return raw.replace(b"Host: localhost", b"Host: localhost\r\nAuthorization: Bearer " + self.admin.token.encode(), 1)

    def drip(self, first: bytes, then: bytes, *, secure: bool = False, size: int = 1, every: float = DRIP):
        """Sends `first` at once and `then` in drops until the broker closes: what it said, and when it ended."""
        broker = self.secure if secure else self.broker
        with socket.create_connection(("127.0.0.1", broker.port), timeout=every) as connection:
            began, said, at = time.monotonic(), b"", 0
            connection.sendall(first)
            while time.monotonic() - began < 60:
                try:
                    part = connection.recv(65536)
                    if not part:
                        break
                    said += part
                except TimeoutError:
                    pass
                except ConnectionResetError:
                    break
                try:
                    connection.sendall(then[at:at + size])
                    at += size
                except OSError:
                    break
            return said, time.monotonic() - began

    def unread(self) -> float:
        """Asks for more than the kernel holds, and reads none of it: when the broker gives up."""
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", self.broker.port))
            began = time.monotonic()
            connection.sendall(self.own(request("GET /v1/topics/large/records?from=earliest&bytes=4194304 HTTP/1.1\n"
                                                "Host: localhost\nUser-Agent: never-reads")) * 6)
            while time.monotonic() - began < 60:
                clients = [one["client"] for one in self.asked("GET", "/v1/connections?limit=1000").json["items"]]
                if "never-reads" not in clients and time.monotonic() - began > 2:
                    break
                time.sleep(0.5)
            return time.monotonic() - began

    def silent_tls(self, shake: bool) -> float:
        with socket.create_connection(("127.0.0.1", self.secure.port), timeout=30) as plain:
            began = time.monotonic()
            connection = self.secure.client.wrap_socket(plain, server_hostname="localhost") if shake else plain
            try:
                with connection:
                    connection.recv(1)
            except (ssl.SSLError, OSError):
                pass
            return time.monotonic() - began

    def asked(self, method: str, path: str, body=None):
        return self.broker.call(method, path, body, self.admin.headers)

    def work(self, until) -> float:
        """Somebody works all the while: the longest that one of his messages took there and back."""
        longest = 0.0
        while not until():
            began = time.monotonic()
            self.assertEqual(self.asked("POST", "/v1/queues/quick/messages", {"value": 1}).status, 200)
            [message] = self.asked("POST", "/v1/queues/quick/receive", {"max": 1}).json["messages"]
            self.asked("POST", "/v1/queues/quick/ack", {"receipts": [message["receipt"]]})
            longest = max(longest, time.monotonic() - began)
            time.sleep(0.2)
        return longest

    def test_all_of_them_at_once(self):
        self.given("PUT", "/v1/topics/large", {})
        for _ in range(8):
            self.given("POST", "/v1/topics/large/records", {"records": [{"text": "x" * 900_000}] * 4})
        before = sockets(self.broker.process.pid)
        body = b'{"text":"' + b"x" * 26_000 + b'"}'
        long_head = b"X-A: " + b"a" * 4_000
        dripping = {
            # name: (first, then, options), the statuses that are said, seconds it takes
            "a head": ((GET[:20], long_head), [408], 10),
            "a stranger's head, field by field": ((GET[:-2], b"a:\r\n" * 90), [408], 10),
            "the second head": ((GET + GET[:20], long_head), [200, 408], 10),
            "a body": ((self.own(request(POST + "\nContent-Length: 99999")), body), [408], 10),
            "a body of a few bytes a second, in chunks": (
                (self.own(request(POST + "\nTransfer-Encoding: chunked")), b"1\r\n{\r\n" * 50), [408], 10),
            "a chunk's size": ((self.own(request(POST + "\nTransfer-Encoding: chunked")), b"0" * 7), [408], 10),
            "lines that stop": ((self.own(request(LINES)) + b'9\r\n{"text":"\r\n', b""), [408], IDLE),
            "nothing at all": ((b"", b""), [], IDLE),
            "nothing more": ((GET, b""), [200], IDLE),
            "no hello": ((UPGRADE, b""), [101], 10),
            "frames before a hello that never comes": ((UPGRADE, b"\x89\x80\0\0\0\0" * 100), [101], 10),
            "a handshake": ((b"\x16", b"\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 400), [], 5),
        }
        jobs = {}
        for name, (bytes_sent, _, _) in dripping.items():
            size = bytes_sent[2] if len(bytes_sent) > 2 else 1
            jobs[name] = InBackground(lambda one=bytes_sent, size=size, secure=name == "a handshake":
                                      self.drip(one[0], one[1], size=size, secure=secure))
        # Slow, but not as slow as that: it is served.
        served = InBackground(lambda: self.drip(
            self.own(request(POST + f"\nContent-Length: {len(body)}\nConnection: close")), body, size=500))
        silent, idle, unread = (InBackground(lambda: self.silent_tls(False)), InBackground(lambda: self.silent_tls(True)),
                                InBackground(self.unread))
        everybody = [*jobs.values(), served, silent, idle, unread]
        longest = self.work(lambda: not any(one.thread.is_alive() for one in everybody))
        for name, (_, statuses, seconds) in dripping.items():
            with self.subTest(name):
                said, took = jobs[name].finish()
                self.assertEqual([int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]], statuses, said)
                self.assertGreater(took, seconds - 1)
                self.assertLess(took, seconds + LATE)
        said, took = served.finish()
        self.assertTrue(said.startswith(b"HTTP/1.1 200 OK"), said)
        self.assertGreater(took, 11)
        self.assertLess(abs(silent.finish() - 5), LATE)
        self.assertLess(abs(idle.finish() - IDLE), LATE)
        self.assertLess(abs(unread.finish() - 31), LATE + 1)
        self.assertLess(longest, 3)
        deadline = time.monotonic() + 10
        while sockets(self.broker.process.pid) > before and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertLessEqual(sockets(self.broker.process.pid), before)


if __name__ == "__main__":
    unittest.main()
