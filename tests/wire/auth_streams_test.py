"""Keys over WebSocket: upgrade, hello or ticket; and the end of a key."""

import asyncio
import socket
import time
import unittest

from wire._keys import KeyedCase
from wire._stream import StreamCase, websockets


class Streams(KeyedCase, StreamCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        assert cls.broker.call("PUT", "/v1/topics/orders", {}, cls.admin.headers).status == 201

    def ticket(self, key) -> str:
        return self.call("POST", "/v1/tickets", {}, headers=key.headers).json["ticket"]

    async def refused_upgrade(self, path: str, **options) -> int:
        with self.assertRaises(websockets.InvalidStatusCode) as caught:
            await self.connect(path, **options)
        return caught.exception.status_code

    async def test_a_token_in_hello(self):
        stream = await self.connect()
        await stream.hello(token=self.key("consume topic:orders").token)
        await stream.subscribe(topic="orders")

    async def test_a_hello_without_a_key_or_with_a_wrong_one(self):
        for members in ({}, {"token": "x"}, {"token": f"tk_admin_{'0' * 64}"}, {"token": self.admin.token[:-1]}):
            stream = await self.connect()
            began = time.monotonic()
            await stream.say("hello", **members)
            self.assertEqual(await stream.closed(), 4401, members)
            self.assertGreaterEqual(time.monotonic() - began, 0.1)

    async def test_nothing_is_done_before_hello(self):
        stream = await self.connect()
        await stream.say("publish", id=1, topic="orders", records=[{"value": 1}])
        self.assertEqual((await stream.next("error"))["problem"]["code"], "unauthenticated")

    async def test_a_stranger_sends_no_more_than_64_kib(self):
        stream = await self.connect()
        await stream.say("hello", client="x" * (70 << 10))
        self.assertEqual(await stream.closed(), 1009)
        stream = await self.connect()
        await stream.hello(token=self.admin.token)
        await stream.say("publish", id=1, topic="orders", records=[{"value": "x" * (70 << 10)}])
        await stream.next("published")

    async def test_a_key_in_the_upgrade_needs_no_hello(self):
        key = self.key("consume topic:orders")
        stream = await self.connect(extra_headers=key.headers)
        await stream.subscribe(topic="orders")
        self.assertEqual(await self.refused_upgrade("/v1/ws", extra_headers={"Authorization": "Bearer x"}), 401)

    async def test_a_ticket_opens_one_connection(self):
        ticket = self.ticket(self.key("consume topic:orders"))
        stream = await self.connect(f"/v1/ws?ticket={ticket}")
        await stream.subscribe(topic="orders")
        await stream.say("publish", id=1, topic="orders", records=[{"value": 1}])
        self.assertEqual((await stream.next("error", but=("caught_up", "heartbeat")))["problem"]["code"], "forbidden")
        # Used, it is nobody's: a stranger may say who it is in its hello.
        self.assertEqual(await self.refused_upgrade(f"/v1/ws?ticket={ticket}"), 401)
        self.assertEqual(self.broker.call("GET", f"/v1/topics/orders?ticket={self.ticket(self.admin)}").status, 401)

    async def test_shortcuts_ask_for_a_key(self):
        key = self.key("consume topic:orders")
        self.assertEqual(await self.refused_upgrade("/v1/topics/orders/stream"), 401)
        self.assertEqual(await self.refused_upgrade("/v1/topics/other/stream", extra_headers=key.headers), 403)
        stream = await self.connect(f"/v1/topics/orders/stream?ticket={self.ticket(key)}")
        await stream.next("welcome")
        await stream.next("subscribed")

    async def test_a_revoked_key_ends_its_streams_within_a_second(self):
        key = self.key("consume topic:orders", "inspect topic:ending")
        hello = await self.connect()
        await hello.hello(token=key.token)
        upgraded = await self.connect("/v1/topics/orders/stream", extra_headers=key.headers)
        other = await self.connect()
        await other.hello(token=self.admin.token)
        await asyncio.get_running_loop().run_in_executor(None, self.revoke, key)
        began = time.monotonic()
        self.assertEqual(await hello.closed(), 4401)
        self.assertEqual(await upgraded.closed(), 4401)
        self.assertLess(time.monotonic() - began, 1.2)
        await other.say("ping", id=1)
        await other.next("pong")

    def open_without_reading(self, key) -> socket.socket:
        connection = socket.socket()
        self.addCleanup(connection.close)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", self.broker.port))
        connection.sendall((f"GET /v1/topics/orders/stream?from=earliest HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {key.id}\r\n"
                            f"Authorization: Bearer {key.token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode())
        self.assertTrue(connection.recv(12).startswith(b"HTTP/1.1 101"))
        return connection

    def is_open(self, key) -> bool:
        listed = self.call("GET", "/v1/connections?limit=1000", headers=self.admin.headers).json["items"]
        return any(one["client"] == key.id for one in listed)

    def test_a_revoked_key_ends_streams_whose_client_does_not_read(self):
        idle, blocked = self.key("consume topic:orders", "inspect topic:idle"), self.key("consume topic:orders", "inspect topic:blocked")
        self.open_without_reading(idle)
        for _ in range(8):
            self.given("POST", "/v1/topics/orders/records", {"records": [{"value": "x" * 900_000} for _ in range(4)]})
        self.open_without_reading(blocked)
        for key in (idle, blocked):
            self.assertTrue(self.is_open(key))
            self.revoke(key)
            began = time.monotonic()
            while self.is_open(key):
                self.assertLess(time.monotonic() - began, 1.2, key.allow)

    async def test_another_key_in_the_hello_does_not_outlive_the_first(self):
        first, second = self.key("consume topic:orders", "inspect topic:first"), self.key("inspect topic:second")
        stream = await self.connect(extra_headers=first.headers)
        await stream.subscribe(topic="orders")
        await stream.say("hello", token=second.token)
        await asyncio.get_running_loop().run_in_executor(None, self.revoke, first)
        self.assertEqual(await stream.closed(), 4401)

    async def test_whoever_asks_for_many_tickets_keeps_nobody_from_one(self):
        greedy = self.key("inspect topic:greedy")
        connection = self.broker.connect()
        for _ in range(150):
            self.assertEqual(self.broker.call("POST", "/v1/tickets", {}, greedy.headers, connection).status, 200)
        stream = await self.connect(f"/v1/ws?ticket={self.ticket(self.admin)}")
        await stream.subscribe(topic="orders")

    async def test_writes_over_a_stream_count_against_the_quota(self):
        key = self.key("publish topic:orders", requests_per_second=5)
        stream = await self.connect()
        await stream.hello(token=key.token)
        for number in range(12):
            await stream.say("publish", id=number, topic="orders", records=[{"value": number}])
        codes = []
        while len(codes) < 12:
            frame = await stream.next("published", "error")
            codes.append(frame.get("problem", {}).get("code"))
        self.assertIn("quota-exceeded", codes)
        self.assertGreaterEqual(codes.count(None), 5)


if __name__ == "__main__":
    unittest.main()
