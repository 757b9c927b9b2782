#!/usr/bin/env python3
"""Every row of the table of hostile requests, sent by everybody: where nobody is asked for a key, and where they are, by who
has none, who has a wrong one, and who has a right one. Behind each table the same broker works, and holds no more than before."""

import concurrent.futures
import json
import re
import secrets
import time
import unittest

from wire._broker import READY_SECONDS_MAX, WireCase
from wire._hostile_table import GROWTH_KIB_MAX, KEY, KEY_BYTES, SMUGGLED, TABLES, Row, bodies, sockets
from wire._keys import KeyedCase
from wire._tls import resident_kib

AT_ONCE = 16


def credential(text: str) -> bytes:
    """All as long as each other, so that the sizes of the rows stay what they are."""
    line = text.encode() + b"\r\n"
    assert len(line) < KEY_BYTES - 6, line
    return line + b"X:" + b"x" * (KEY_BYTES - len(line) - 4) + b"\r\n"


class Tables(WireCase):
    """Where nobody is asked for a key."""

    maxDiff = None
    is_stranger = False

    @classmethod
    def credentials(cls) -> tuple[str, dict]:
        """The field that hostile requests carry, and what honest ones do."""
        return "", {}

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.token, cls.known = cls.credentials()
        for path in ("/v1/topics/t", "/v1/queues/q"):
            assert cls.broker.call("PUT", path, {}, cls.known).status == 201
        cls.work(cls)
        # What everybody is told who shows no key, whatever he asks for.
        cls.refusal = cls.told(cls.broker.raw(b"GET /v1/config HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
        cls.before = sockets(cls.broker.process.pid), resident_kib(cls.broker.process.pid)

    def work(self) -> None:
        """One message there and back, and a record."""
        for method, path, body in (("POST", "/v1/queues/q/messages", {"value": 1}), ("POST", "/v1/topics/t/records", {"value": 1})):
            answer = self.broker.call(method, path, body, self.known)
            assert answer.status == 200, (path, answer.body)
        answer = self.broker.call("POST", "/v1/queues/q/receive", {"max": 1}, self.known)
        [message] = answer.json["messages"]
        done = self.broker.call("POST", "/v1/queues/q/ack", {"receipts": [message["receipt"]]}, self.known)
        assert done.json["results"] == ["acked"], done.body

    def said(self, row: Row) -> str:
        """What is wrong with the answer to a row; nothing, if nothing is."""
        raw = row.raw.replace(KEY, credential(self.token or "X-Nobody: me"))
        answer = self.broker.raw(raw + SMUGGLED, seconds=30)
        statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]
        wanted = row.stranger if self.is_stranger and row.stranger else row.status
        # Who shows many wrong keys is told that they are too many, and everywhere that it is a wrong one.
        if self.is_stranger and self.token and row.stranger:
            if statuses in ([401], [429]) or statuses == [400] and b"RequestThrottled" in answer:
                return "" if b"features" not in answer else f"more than a refusal is told: {answer!r}"
        if statuses != [wanted]:
            return f"{statuses} in place of {wanted}: {answer[:1000]!r}"
        if row.quiet and row.quiet in answer:
            return f"{row.quiet!r} is in {answer!r}"
        code = {401: "unauthenticated"}.get(wanted, row.code) if self.is_stranger else row.code
        if code and code.encode() not in answer.partition(b"\r\n\r\n")[2]:  # of JSON or Protobuf
            return f"no {code}: {answer!r}"
        if wanted == 401 and b"application/problem+json" in answer and self.told(answer) != self.refusal:
            return f"more than a refusal is told: {answer!r}"
        return ""

    @staticmethod
    def told(answer: bytes) -> dict:
        problem = json.loads(answer.partition(b"\r\n\r\n")[2])
        return {name: value for name, value in problem.items() if name != "request_id"}

    def check(self, rows: list[Row]) -> None:
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for row, wrong in zip(rows, pool.map(self.said, rows)):
                with self.subTest(row.name):
                    self.assertEqual(wrong, "")
        self.work()
        self.settle()

    def settle(self) -> None:
        pid, (sockets_before, memory_before) = self.broker.process.pid, self.before
        deadline = time.monotonic() + READY_SECONDS_MAX
        while sockets(pid) > sockets_before and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertLessEqual(sockets(pid), sockets_before)
        self.assertLess(resident_kib(pid) - memory_before, GROWTH_KIB_MAX)

    def test_bodies_of_every_route(self):
        rows = bodies(self.broker.call("GET", "/openapi.json").json, with_keys=isinstance(self, KeyedCase))
        self.assertGreater(len(rows), 600)
        self.check(rows)

    def test_nothing_was_made_or_done(self):
        for path in ("/v1/topics/from-a-page", "/v1/topics/new", "/v1/queues/new"):
            self.assertEqual(self.broker.call("GET", path, headers=self.known).status, 404, path)


def add_tables() -> None:
    def test_of(rows):
        return lambda self: self.check(rows)
    for name, rows in TABLES.items():
        setattr(Tables, "test_" + name.replace(" ", "_"), test_of(rows))


add_tables()


class WithKeys(Tables, KeyedCase):
    """Where they are asked for: who has a right one."""

    @classmethod
    def credentials(cls) -> tuple[str, dict]:
        return f"Authorization: Bearer {cls.admin.token}", cls.admin.headers


class WithoutAKey(WithKeys):
    """Who has none."""

    is_stranger = True

    @classmethod
    def credentials(cls) -> tuple[str, dict]:
        return "", cls.admin.headers


class WithAWrongKey(WithKeys):
    """Who tries one."""

    is_stranger = True

    @classmethod
    def credentials(cls) -> tuple[str, dict]:
        return f"Authorization: Bearer tk_admin_{secrets.token_hex(32)}", cls.admin.headers


if __name__ == "__main__":
    unittest.main()
