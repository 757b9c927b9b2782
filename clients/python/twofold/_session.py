"""One WebSocket, from opening to its end."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

try:  # 13 and newer
    from websockets.asyncio.client import connect as _connect
except ImportError:
    from websockets import connect as _connect

SUBPROTOCOL = "twofold.v1.json"
WELCOME_SECONDS_MAX = 10.0
CLOSE_SECONDS_MAX = 2.0


class Unwelcome(Exception):
    """There is no connection, or no welcome on it."""

    def __init__(self, code: int, reason: str):
        super().__init__(code, reason)
        self.code, self.reason = code, reason


class Session:
    """Frames go out in the order of send(), which never waits; what comes in is handed to run()'s
    `received`. A peer that is gone without a word is noticed by the pings of `websockets`."""

    def __init__(self, socket: Any):
        self._socket = socket
        self._outgoing: asyncio.Queue[str] = asyncio.Queue()

    @classmethod
    async def open(cls, url: str, hello: dict[str, Any], options: dict[str, Any]) -> tuple["Session", dict[str, Any]]:
        """With the broker's welcome. Raises Unwelcome."""
        options = {"max_size": None, "compression": None, "close_timeout": CLOSE_SECONDS_MAX} | options
        socket = None
        try:
            async with asyncio.timeout(WELCOME_SECONDS_MAX):
                socket = await _connect(url, subprotocols=[Subprotocol(SUBPROTOCOL)], **options)
                await socket.send(json.dumps(hello))
                return cls(socket), json.loads(await socket.recv())
        except (OSError, WebSocketException) as error:  # TimeoutError is an OSError
            if socket:
                await socket.close()
            code = socket.close_code if socket else None
            raise Unwelcome(int(code or 1006), str(error) or type(error).__name__) from error

    def send(self, text: str) -> None:
        self._outgoing.put_nowait(text)

    async def run(self, received: Callable[[dict[str, Any], str], None]) -> tuple[int, str]:
        """Until the connection ends; why it did."""
        writer = asyncio.create_task(self._write())
        try:
            while True:
                text = await self._socket.recv()
                received(json.loads(text), text)
        except ConnectionClosed:
            return int(self._socket.close_code or 1006), self._socket.close_reason or ""
        finally:
            writer.cancel()

    async def _write(self) -> None:
        try:
            while True:
                await self._socket.send(await self._outgoing.get())
        except ConnectionClosed:
            pass  # run() says so

    async def close(self) -> None:
        await self._socket.close()
