#!/usr/bin/env python3
"""WebSocket frames that are to do harm, tickets that are tried twice, and what all of it leaves in the log."""

import concurrent.futures
import json
import os
import re
import socket
import struct
import time
import unittest

from wire._broker import WireCase
from wire._hostile_table import BAD_JSON, BAD_PROTOBUF, GROWTH_KIB_MAX, UPGRADE, sockets
from wire._keys import KeyedCase
from wire._stream import JSON, PROTO, RawStream, frame
from wire._tls import resident_kib

STRANGERS_MAX = 64 << 10
KNOWN_MAX = 10 << 20
PING = b'{"type":"ping","id":1}'


def announced(length: int, opcode: int = 1) -> bytes:
    """A frame's head, and nothing of what it promises."""
    return struct.pack(">BBQ", 0x80 | opcode, 0xFF, length) + os.urandom(4)


def pieces(size: int, count: int) -> bytes:
    """A message that goes on and on."""
    return frame(1, b"{", fin=False) + b"".join(frame(0, b" " * size, fin=False) for _ in range(count))


NO_UTF8 = {"a stray byte", "an overlong slash", "a surrogate in UTF-8", "beyond Unicode", "UTF-8 cut short", "UTF-16"}
# Name, what is sent, and the code that the connection closes with.
ALWAYS = [
    ("a length of 2^63", announced(1 << 63), 1009),
    ("a length of 2^64 - 1", announced((1 << 64) - 1), 1009),
    ("more than anybody may", announced(KNOWN_MAX + 1), 1009),
    ("not masked", frame(1, PING, masked=False), 1002),
    ("a ping of 4 GiB", announced(1 << 32, 9), 1002),
    ("a close of 126 bytes", frame(8, b"\x03\xe8" + b"x" * 124), 1002),
    ("an opcode that is none", frame(7, b""), 1002),
    ("the end of no message", frame(0, b"}"), 1002),
    ("deep lists", frame(1, b"[" * 60_000), 4400),
    ("deep objects", frame(1, b'{"a":' * 12_000), 4400),
    ("an empty message in a thousand pieces", frame(1, b"", fin=False) + frame(0, b"", fin=False) * 1000 + frame(0, b""), 1009),
    ("a message in 33 pieces", frame(1, b"{", fin=False) + frame(0, b" ", fin=False) * 31 + frame(0, b"}"), 1009),
    ("a message in 32 pieces, which is none", frame(1, b"[", fin=False) + frame(0, b" ", fin=False) * 30 + frame(0, b"]"), 4400),
    ("eleven pings at once", frame(9, b"x") * 11, 4429),
    ("eleven pongs at once", frame(10, b"x") * 11, 4429),
    ("pings inside a message", frame(1, b"{", fin=False) + frame(9, b"x") * 11, 4429),
    ("ten pings at once, and no message", frame(9, b"x") * 10 + frame(1, b"[]"), 4400),
] + [(name, frame(1, body), 1007 if name in NO_UTF8 else 4400)
     for name, body in BAD_JSON.items() if len(body) < 1000 and name != "an unknown member"]
# Who has not said who he is has room for that, and for nothing else.
STRANGER = [
    ("a byte more than a stranger may", announced(STRANGERS_MAX + 1), 1009),
    ("as much in pieces", pieces(1 << 10, 65), 1009),
    ("as much in pieces of one byte", pieces(1, STRANGERS_MAX), 1009),
    ("a wrong token", frame(1, json.dumps({"type": "hello", "token": "tk_admin_" + "0" * 64}).encode()), 4401),
    ("no token", frame(1, json.dumps({"type": "hello", "token": ""}).encode()), 4401),
    ("a token of another kind", frame(1, b'{"type":"hello","token":"\\u0000\\u001b[31m"}'), 4401),
]
KNOWN = [("as much as nobody may, in pieces", pieces(1 << 20, 11), 1009)]


class Frames(WireCase):
    """Where nobody is asked for a key: everybody is known."""

    table = ALWAYS + KNOWN
    known = {}

    def opened(self, protocol: str = JSON) -> RawStream:
        raw = RawStream(self.broker.port, protocol=protocol)
        self.addCleanup(raw.socket.close)
        return raw

    def closed_with(self, sent: bytes, protocol: str = JSON) -> int:
        raw = self.opened(protocol)
        try:
            raw.send(sent)
        except OSError:  # it is closed already; why has arrived
            pass
        return raw.close_code()

    def setUp(self) -> None:
        self.work()
        self.before = sockets(self.broker.process.pid), resident_kib(self.broker.process.pid)

    def work(self) -> None:
        self.assertIn(self.broker.call("PUT", "/v1/queues/q", {}, self.known).status, (200, 201))
        self.assertEqual(self.broker.call("POST", "/v1/queues/q/messages", {"value": 1}, self.known).status, 200)
        [message] = self.broker.call("POST", "/v1/queues/q/receive", {"max": 1}, self.known).json["messages"]
        done = self.broker.call("POST", "/v1/queues/q/ack", {"receipts": [message["receipt"]]}, self.known)
        self.assertEqual(done.json["results"], ["acked"])

    def settle(self) -> None:
        pid, (sockets_before, memory_before) = self.broker.process.pid, self.before
        self.work()
        for _ in range(1000):
            if sockets(pid) <= sockets_before:
                break
            time.sleep(0.01)
        self.assertLessEqual(sockets(pid), sockets_before)
        self.assertLess(resident_kib(pid) - memory_before, GROWTH_KIB_MAX)

    def test_frames_that_end_the_connection(self):
        for name, sent, code in self.table:
            with self.subTest(name):
                self.assertEqual(self.closed_with(sent), code)
        self.settle()

    def test_protobuf_that_is_none(self):
        for name, body in BAD_PROTOBUF.items():
            with self.subTest(name):
                self.assertEqual(self.closed_with(frame(2, body), PROTO), 4400)
        self.settle()

    def test_control_frames_and_empty_pieces_without_end_starve_nobody(self):
        """Whoever sends them is sent away, and comes again: what each costs must be next to nothing."""
        flood = frame(9, b"x" * 125) * 100 + frame(10, b"") * 100
        endless = frame(1, b"{", fin=False) + frame(0, b"", fin=False) * 200
        for _ in range(10):
            crowd = [(self.opened(), sent, code) for sent, code in [(flood, 4429), (endless, 1009)] * 4]
            for raw, sent, _ in crowd:
                raw.socket.settimeout(30)
                raw.send(sent)
            began = time.monotonic()
            self.work()
            self.assertLess(time.monotonic() - began, 3)
            for raw, _, code in crowd:
                self.assertEqual(raw.close_code(), code)
                raw.socket.close()
        self.settle()

    def test_pings_that_are_not_answered_any_more_leave_nothing(self):
        raw = self.opened()
        raw.socket.settimeout(0.2)
        flood = frame(9, b"x" * 125) * 1000
        try:
            for _ in range(100):
                raw.socket.sendall(flood)
        except OSError:  # it was sent away, and is not read
            pass
        raw.socket.close()
        self.settle()


class KnownFrames(Frames, KeyedCase):
    """Where they are asked for, and the upgrade has shown one."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.known = cls.admin.headers

    def opened(self, protocol: str = JSON) -> RawStream:
        raw = RawStream(self.broker.port, protocol=protocol, fields=f"Authorization: Bearer {self.admin.token}\r\n")
        self.addCleanup(raw.socket.close)
        return raw

    def test_messages_that_are_announced_and_never_come_are_not_waited_for_in_memory(self):
        crowd = [self.opened() for _ in range(60)]
        for raw in crowd:
            raw.send(announced(KNOWN_MAX) + b"x" * 100_000)
        self.work()
        self.assertLess(resident_kib(self.broker.process.pid) - self.before[1], GROWTH_KIB_MAX)
        for raw in crowd:
            raw.socket.close()
        self.settle()
        text = {"text": "x" * 900_000}
        self.given("PUT", "/v1/topics/roomy", {})
        self.given("POST", "/v1/topics/roomy/records", {"records": [text] * 9})


class StrangersFrames(KnownFrames):
    """Who has shown none yet."""

    table = ALWAYS + STRANGER

    def opened(self, protocol: str = JSON) -> RawStream:
        return Frames.opened(self, protocol)

    def test_messages_that_are_announced_and_never_come_are_not_waited_for_in_memory(self):
        crowd = [self.opened() for _ in range(200)]
        for raw in crowd:
            raw.send(announced(STRANGERS_MAX) + b"x" * 60_000)
        self.work()
        self.assertLess(resident_kib(self.broker.process.pid) - self.before[1], GROWTH_KIB_MAX)
        for raw in crowd:
            raw.socket.close()
        self.settle()

    def test_what_a_stranger_asks_for_is_not_done(self):
        raw = self.opened()
        for asked in ({"type": "publish", "topic": "t", "records": [{"value": 1}]}, {"type": "subscribe", "sub": 1, "queue": "q"},
                      {"type": "ack", "sub": 1, "receipts": ["x"]}, {"type": "transact", "publish": []}):
            raw.text(json.dumps({"id": 1, **asked}))
            self.assertEqual(raw.read_json("error")["problem"]["code"], "unauthenticated")


class Tickets(KeyedCase):
    def ticket(self, key=None) -> str:
        return self.call("POST", "/v1/tickets", {}, headers=(key or self.admin).headers).json["ticket"]

    def status(self, target: str, fields: str = UPGRADE) -> int:
        with socket.create_connection(("127.0.0.1", self.broker.port), timeout=10) as connection:
            connection.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode())
            return int(connection.recv(4096).split(b" ")[1])

    def test_a_ticket_opens_one_connection_whoever_is_first(self):
        ticket = self.ticket()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(lambda _: self.status(f"/v1/ws?ticket={ticket}"), range(8)))
        self.assertEqual(statuses.count(101), 1, statuses)
        self.assertLessEqual(set(statuses), {101, 401, 429})

    def test_a_ticket_is_worth_nothing_elsewhere(self):
        ticket = self.ticket()
        self.assertEqual(self.status(f"/v1/config?ticket={ticket}", "Connection: close\r\n"), 401)
        self.assertIn(self.status(f"/v1/ws?ticket={ticket[:-1]}"), (401, 429))
        self.assertIn(self.status(f"/v1/ws?ticket={ticket.upper()}0"), (401, 429))
        self.assertEqual(self.status(f"/v1/ws?ticket={ticket}&ticket={ticket}"), 400)
        self.assertEqual(self.status(f"/v1/ws?ticket={ticket}", UPGRADE + "Origin: http://evil.example\r\n"), 403)

    def test_a_ticket_of_a_key_that_is_gone_opens_nothing_that_lasts(self):
        key = self.key("consume queue:q")
        ticket = self.ticket(key)
        self.revoke(key)
        with socket.create_connection(("127.0.0.1", self.broker.port), timeout=10) as connection:
            connection.sendall(f"GET /v1/ws?ticket={ticket} HTTP/1.1\r\nHost: localhost\r\n{UPGRADE}\r\n".encode())
            said = b""
            while part := connection.recv(4096):  # to the end, which must come
                said += part
        self.assertTrue(said.startswith((b"HTTP/1.1 401 ", b"HTTP/1.1 429 ")) or b"\x11\x31" in said, said)


EVIL = "x\u001b[31m\u009b2J\r\n{\"level\":\"forged\"}\u202egnp\u2066\ufeff\u0085\u2028"
MISLEADING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


class Log(KeyedCase):
    """What clients call themselves and their things may neither end a line nor turn it round."""

    form = "json"
    more = ("log.format=json", "log.level=debug")

    def test_what_clients_say_is_escaped(self):
        self.given("PUT", "/v1/queues/q", {})
        weak = self.key("consume queue:q")
        ticket = self.call("POST", "/v1/tickets", {}, headers=weak.headers).json["ticket"]
        evil_path = "x%C2%9B2J%E2%80%AEgnp%E2%81%A6%EF%BB%BF%E2%80%A8"
        for key in (weak, self.admin, None):
            for method, path, body in (("GET", f"/v1/topics/{evil_path}", None), ("PUT", f"/v1/queues/{evil_path}", {}),
                                       ("PUT", "/v1/queues/q2", {"source": {"topic": EVIL}}),
                                       ("POST", "/v1/commit", {"publish": [{"topic": EVIL, "records": [{"value": 1}]}]}),
                                       ("POST", f"/v1/groups/{evil_path}/poll", {"topics": [EVIL], "member": EVIL}),
                                       ("DELETE", f"/v1/connections/{evil_path}", None), ("DELETE", f"/v1/topics/{'a' * 4000}", None)):
                answer = self.broker.call(method, path, body, {**(key.headers if key else {}), "User-Agent": "evil\xc2\x9b\xe2\x80\xae"})
                self.assertIn(answer.status, (400, 401, 403, 404), (path, answer.body))
        raw = RawStream(self.broker.port, path=f"/v1/ws?ticket={ticket}")
        raw.text(json.dumps({"type": "hello", "token": weak.token, "client": EVIL}))
        raw.read_json("welcome")
        raw.text(json.dumps({"type": "subscribe", "id": 1, "sub": 1, "topic": EVIL}))
        raw.read_json("error")
        self.broker.raw(b"\x1b[31m\xe2\x80\xae\r\n\r\n")
        raw.socket.close()
        log = (self.broker.folder / "broker.log").read_text()
        self.assertIn("denied", log)
        self.assertIsNone(MISLEADING.search(log), MISLEADING.search(log))
        for secret in (weak.token, weak.secret, self.admin.secret, ticket):
            self.assertNotIn(secret, log)
        for line in log.splitlines():
            self.assertLess(len(line), 3000)
            self.check_line(line)
        told = self.call("GET", "/v1/log?limit=1000", headers=self.admin.headers).body.decode()
        self.assertIsNone(re.search("[\x00-\x1f\x7f]", told.strip()))

    def check_line(self, line: str) -> None:
        self.assertNotEqual(json.loads(line)["level"], "forged")


class TextLog(Log):
    more = ("log.format=text", "log.level=debug")

    def check_line(self, line: str) -> None:
        self.assertRegex(line, r"^\d{4}-\d\d-\d\dT")


if __name__ == "__main__":
    unittest.main()
