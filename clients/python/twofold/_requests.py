"""Everything with an answer that is not a publish."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ._session import Session
from .errors import ConnectionLost, Refused, TwofoldError, UnknownOutcome


@dataclass(slots=True)
class _Request:
    text: str
    once: bool
    here: bool
    heard: Callable[[dict[str, Any]], None] | None
    answer: asyncio.Future[dict[str, Any]]
    sent: bool = False


class Requests:
    """What is lost with the connection is asked again on the next one: settling, committing and seeking
    twice does what once does. Two kinds are not: `once`, whose outcome is unknown then, and `here`, which
    belongs to this connection."""

    def __init__(self) -> None:
        self._session: Session | None = None
        self._pending: dict[int, _Request] = {}

    @property
    def is_idle(self) -> bool:
        return not self._pending

    def ask(self, frame: dict[str, Any], *, once: bool = False, here: bool = False,
            heard: Callable[[dict[str, Any]], None] | None = None) -> asyncio.Future[dict[str, Any]]:
        """`heard` is called with the answer before the next frame is looked at."""
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        if here and not self._session:
            answer.set_exception(ConnectionLost("there is no connection"))
            return answer
        request = self._pending[frame["id"]] = _Request(json.dumps(frame), once, here, heard, answer)
        self._send(request)
        return answer

    def _send(self, request: _Request) -> None:
        if self._session:
            request.sent = True
            self._session.send(request.text)

    def begin(self, session: Session) -> None:
        self._session = session

    def ask_again(self) -> None:
        for request in list(self._pending.values()):
            if not request.sent:
                self._send(request)

    def answered(self, frame: dict[str, Any]) -> None:
        request = self._pending.pop(frame.get("id", 0), None)
        if not request:
            return
        if frame["type"] == "error":
            return fail(request.answer, Refused(frame["problem"]))
        if request.heard:
            request.heard(frame)
        succeed(request.answer, frame)

    def lost(self, why: str) -> None:
        self._session = None
        for number, request in list(self._pending.items()):
            if request.once and request.sent:
                fail(request.answer, UnknownOutcome(why))
            elif request.here:
                fail(request.answer, ConnectionLost(why))
            else:
                request.sent = False
                continue
            del self._pending[number]

    def end(self, error: TwofoldError) -> None:
        for request in self._pending.values():
            fail(request.answer, UnknownOutcome(str(error)) if request.once and request.sent else error)
        self._pending.clear()


# Who waits may have been cancelled.
def succeed(answer: asyncio.Future[dict[str, Any]], frame: dict[str, Any]) -> None:
    if not answer.done():
        answer.set_result(frame)


def fail(answer: asyncio.Future[Any], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
