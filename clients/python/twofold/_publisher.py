"""Publishes on their way."""

import asyncio
import json
from collections import deque
from dataclasses import dataclass
from typing import Any

from ._requests import fail, succeed
from ._session import Session
from .errors import Refused, TwofoldError, UnknownOutcome
from .types import Producer


@dataclass(slots=True)
class _Publish:
    frame: dict[str, Any]
    answer: asyncio.Future[dict[str, Any]]
    text: str = ""
    size: int = 0
    numbered_upto: int | None = None


class Publisher:
    """In order, never more unanswered than the broker's window takes.

    When the connection is lost, those that were not sent yet go out over the next one. The outcome of the
    others is unknown, unless a producer numbers the records: then they are sent again, and the broker
    knows by the numbers what it has. A number is used up only once its record is stored, so numbered
    publishes go one at a time.
    """

    def __init__(self, producer: Producer | None):
        self._producer = producer
        self._session: Session | None = None
        self._welcome: dict[str, Any] = {}
        self._waiting: deque[_Publish] = deque()
        self._unanswered: dict[int, _Publish] = {}
        self._bytes = 0  # of the unanswered
        self._writers: list[asyncio.Future[None]] = []  # calls of writable()
        self._sequences: dict[str, int] = {}  # by topic: the producer's next number

    @property
    def is_idle(self) -> bool:
        return not self._waiting and not self._unanswered

    def add(self, frame: dict[str, Any]) -> asyncio.Future[dict[str, Any]]:
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Publish(frame, answer))
        self._pump()
        return answer

    async def writable(self) -> None:
        while self._waiting or not self._has_room():
            writer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._writers.append(writer)
            await writer

    def begin(self, session: Session, welcome: dict[str, Any]) -> None:
        self._session, self._welcome = session, welcome
        self._pump()

    def pause(self) -> None:
        """The connection takes nothing new any more."""
        self._session = None

    def answered(self, frame: dict[str, Any]) -> bool:
        """Whether this was the answer to a publish."""
        publish = self._unanswered.pop(frame.get("id", 0), None)
        if not publish:
            return False
        self._bytes -= publish.size
        if frame["type"] != "error":
            if publish.numbered_upto is not None:
                self._sequences[publish.frame["topic"]] = publish.numbered_upto
            succeed(publish.answer, frame)
        elif frame["problem"].get("code") == "draining":
            self._put_back([publish])  # certainly not written: the next connection takes it
        else:
            fail(publish.answer, Refused(frame["problem"]))
        self._pump()
        return True

    def lost(self, why: str) -> None:
        self._session = None
        publishes = list(self._unanswered.values())
        self._unanswered.clear()
        self._bytes = 0
        self._put_back([publish for publish in publishes if publish.numbered_upto is not None])
        for publish in publishes:
            if publish.numbered_upto is None:
                fail(publish.answer, UnknownOutcome(why))

    def end(self, error: TwofoldError) -> None:
        for publish in self._unanswered.values():
            fail(publish.answer, UnknownOutcome(str(error)))
        for publish in self._waiting:
            fail(publish.answer, error)
        for writer in self._writers:
            fail(writer, error)
        self._waiting.clear()
        self._unanswered.clear()
        self._writers.clear()

    def _has_room(self, size: int = 0) -> bool:
        """One publish always goes, however large."""
        if not self._session:
            return False
        window = self._welcome["publish_window"]
        frames = len(self._unanswered)
        frames_max = 1 if self._producer else window["frames"]
        return frames == 0 or (frames < frames_max and self._bytes + size <= window["bytes"])

    def _pump(self) -> None:
        while self._waiting and self._session and self._has_room():
            publish = self._waiting[0]
            if publish.answer.cancelled() and publish.numbered_upto is None:
                self._waiting.popleft()
                continue
            if not publish.text:
                self._encode(publish)
            size_max = self._welcome.get("limits", {}).get("frame_bytes_max", publish.size)
            if publish.size > size_max:
                self._waiting.popleft()
                fail(publish.answer, TwofoldError(
                    f"this publish has {publish.size} bytes, the broker takes {size_max} at once: split it"))
                continue
            if not self._has_room(publish.size):
                return
            self._waiting.popleft()
            self._unanswered[publish.frame["id"]] = publish
            self._bytes += publish.size
            self._session.send(publish.text)
        if not self._waiting and self._has_room():
            for writer in self._writers:
                if not writer.done():
                    writer.set_result(None)
            self._writers.clear()

    def _encode(self, publish: _Publish) -> None:
        frame, producer = publish.frame, self._producer
        if producer and "topic" in frame:
            first = self._sequences.get(frame["topic"], producer["seq"])
            for seq, record in enumerate(frame["records"], first):
                record["producer"] = producer | {"seq": seq}
            publish.numbered_upto = first + len(frame["records"])
        publish.text = json.dumps(frame, ensure_ascii=False)
        publish.size = len(publish.text.encode())

    def _put_back(self, publishes: list[_Publish]) -> None:
        everything = sorted([*publishes, *self._waiting], key=lambda publish: publish.frame["id"])
        self._waiting = deque(everything)
