"""Streams over WebSocket, with the `websockets` package of Debian or PyPI, and with bare sockets."""

import base64
import json
import os
import socket
import struct
import sys
import zlib

from wire._broker import SECONDS_MAX, WireCase
from wire._fetched import from_pypi

try:
    import websockets
except ImportError:
    sys.path[:0] = from_pypi("websockets", "websockets==10.4", module="websockets")["PYTHONPATH"].split(os.pathsep)
    import websockets

import asyncio

JSON = "twofold.v1.json"
PROTO = "twofold.v1.proto"
TAIL = b"\x00\x00\xff\xff"  # that every deflated message ends with, and that is left out


class Stream:
    """One connection, seen from an asyncio test."""

    def __init__(self, connection):
        self.connection = connection
        self.kept = []

    async def say(self, type: str, **members) -> None:
        await self.connection.send(json.dumps({"type": type, **members}))

    async def next(self, *types: str, seconds: float = SECONDS_MAX, but=("heartbeat",)) -> dict:
        """The next frame, which must be of one of the types; others than `but` are a failure."""
        while True:
            text = await asyncio.wait_for(self.connection.recv(), seconds)
            frame = json.loads(text)
            if frame["type"] in types or not types:
                return frame
            if frame["type"] not in but:
                raise AssertionError(f"expected {types}, got {text[:2000]}")

    async def messages(self, count: int, *, but=("heartbeat", "caught_up")) -> list:
        """So many messages, however they come bundled."""
        got = []
        while len(got) < count:
            got += (await self.next("messages", but=but))["messages"]
        return got

    async def hello(self, **members) -> dict:
        await self.say("hello", **members)
        return await self.next("welcome")

    async def subscribe(self, sub: int = 1, **members) -> dict:
        await self.say("subscribe", sub=sub, id=sub, **members)
        return await self.next("subscribed")

    async def closed(self) -> int:
        """Reads on to the end; the code it ended with."""
        try:
            while True:
                self.kept.append(await asyncio.wait_for(self.connection.recv(), SECONDS_MAX))
        except websockets.ConnectionClosed:
            return self.connection.close_code


class StreamCase(WireCase):
    """Stories told with `await`: async def test_... bodies run on a loop of their own."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name, body in list(vars(cls).items()):
            if name.startswith("test") and asyncio.iscoroutinefunction(body):
                setattr(cls, name, cls.told(body))

    @staticmethod
    def told(body):
        async def tell(self):
            self.streams = []
            try:
                await asyncio.wait_for(body(self), SECONDS_MAX)
            finally:
                for stream in self.streams:  # no goodbyes: the broker must cope
                    stream.connection.transport.abort()
                    await stream.connection.wait_closed()

        def test(self):
            asyncio.run(tell(self))
        return test

    async def connect(self, path: str = "/v1/ws", *, protocols=None, **options) -> Stream:
        """The connection closes with the test's loop."""
        options.setdefault("max_size", None)
        options.setdefault("compression", None)
        stream = Stream(await websockets.connect(f"ws://127.0.0.1:{self.broker.port}{path}", subprotocols=protocols,
                                                 **options))
        self.streams.append(stream)
        return stream

    async def greeted(self, **options) -> Stream:
        stream = await self.connect(**options)
        await stream.hello()
        return stream

    def publish(self, topic: str, *values) -> list:
        return self.ask("POST", f"/v1/topics/{topic}/records",
                        {"records": [{"value": value} for value in values]})["records"]

    def send(self, queue: str, *values) -> list:
        return self.ask("POST", f"/v1/queues/{queue}/messages",
                        {"messages": [{"value": value} for value in values]})["messages"]

    def counts(self, queue: str) -> dict:
        return self.ask("GET", f"/v1/queues/{queue}")["messages"]


async def until(condition, seconds: float = 20):
    """Polls until `condition()` is true, and gives what it was."""
    for _ in range(int(seconds / 0.02)):
        if value := condition():
            return value
        await asyncio.sleep(0.02)
    raise AssertionError("it never came true")


class RawStream:
    """A WebSocket by hand: whatever bytes a test likes."""

    def __init__(self, port: int, path: str = "/v1/ws", *, protocol: str = "", fields: str = ""):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.buffer = b""
        self.inflated = 0  # frames so far
        self.window_bits = 15  # within which they must be
        key = base64.b64encode(os.urandom(16)).decode()
        offer = f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                             f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                             f"{offer}{fields}\r\n").encode())
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        self.head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        assert self.head.startswith(b"HTTP/1.1 101 "), self.head

    def fill(self) -> None:
        part = self.socket.recv(65536)
        if not part:
            raise EOFError
        self.buffer += part

    def send(self, frame: bytes) -> None:
        self.socket.sendall(frame)

    def text(self, text: str | bytes) -> None:
        self.send(frame(1, text if isinstance(text, bytes) else text.encode()))

    def read(self) -> tuple[int, bytes]:
        """The next frame: opcode and payload, which is inflated if it says that it is deflated."""
        length, start = self.need(2)[1], 2
        if length == 126:
            length, start = struct.unpack(">H", self.need(4)[2:4])[0], 4
        elif length == 127:
            length, start = struct.unpack(">Q", self.need(10)[2:10])[0], 10
        first = self.need(start + length)[0]
        payload, self.buffer = self.buffer[start:start + length], self.buffer[start + length:]
        if first & 0x40:
            self.inflated += 1
            payload = zlib.decompressobj(-self.window_bits).decompress(payload + TAIL)
        return first & 15, payload

    def need(self, size: int) -> bytes:
        while len(self.buffer) < size:
            self.fill()
        return self.buffer

    def read_json(self, *types: str) -> dict:
        """The next text frame of one of the types (of any, without)."""
        while True:
            opcode, payload = self.read()
            if opcode == 8:
                raise AssertionError(f"closed: {payload!r}")
            if opcode == 1 and (not types or json.loads(payload)["type"] in types):
                return json.loads(payload)

    def close_code(self) -> int:
        """Reads on to the closing frame; its code. The broker must close the connection behind it."""
        while True:
            opcode, payload = self.read()
            if opcode == 8:
                code = struct.unpack(">H", payload[:2])[0] if payload else 1005
                break
        self.send(frame(8, payload[:2]))
        try:
            while True:
                self.fill()
        except (EOFError, ConnectionResetError):
            return code


def deflated(payload: bytes) -> bytes:
    """As a client sends it that remembers nothing between messages."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (deflater.compress(payload) + deflater.flush(zlib.Z_SYNC_FLUSH)).removesuffix(TAIL)


def frame(opcode: int, payload: bytes, *, fin: bool = True, masked: bool = True, reserved: int = 0) -> bytes:
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    bit = 0x80 if masked else 0
    if len(payload) < 126:
        head = struct.pack(">BB", first, bit | len(payload))
    elif len(payload) < 65536:
        head = struct.pack(">BBH", first, bit | 126, len(payload))
    else:
        head = struct.pack(">BBQ", first, bit | 127, len(payload))
    if not masked:
        return head + payload
    mask = os.urandom(4)
    wide = (mask * (len(payload) // 4 + 1))[:len(payload)]
    body = (int.from_bytes(payload, "big") ^ int.from_bytes(wide, "big")).to_bytes(len(payload), "big")
    return head + mask + body
