"""What topics' and queues' subscriptions have in common."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from .errors import Closed, ConnectionLost, Refused, TwofoldError
from .events import Event, notify, read_event
from .types import Credit, Record

if TYPE_CHECKING:
    from .client import Client

RETRY_SECONDS = 1.0
Item = TypeVar("Item", bound=Record)


@dataclass(slots=True)
class Batch(Generic[Item]):
    items: deque[Item]
    cursor: str | None
    size: int  # bytes of credit
    epoch: int
    partitions: tuple[int, ...]  # of a group, that the cursor speaks of
    is_sought: bool = False  # the group was moved since it came


class Subscription(Generic[Item]):
    """One consumer's stream: `async for item in subscription`. What was handed out counts as processed when
    the next is asked for."""

    def __init__(self, client: Client, sub: int, options: dict[str, Any], credit: Credit | None, grants: bool,
                 on_event: Callable[[Event], None]):
        self.sub = sub
        self.lag: int | None = None  # how many wait behind the broker's position, as of the last heartbeat
        self._client, self._options, self._on_event = client, options, on_event
        self._credit = credit
        self._grants = grants  # it is us who give credit back
        self._owed_messages = self._owed_bytes = 0  # credit not given back yet
        self._batches: deque[Batch[Item]] = deque()  # the first has items left
        self.partitions: tuple[int, ...] = ()
        """What a member of a group reads now."""
        self._epoch = 0  # later cursors of one epoch cover all that earlier ones do
        self._arrival = asyncio.Event()
        self._takers = 0  # that wait for an arrival
        self._handed = 0  # not processed yet
        self._reached: str | None = options.get("resume")  # the cursor behind what was handed out
        self._is_open = False
        self._ready = asyncio.Event()  # commits and seeks may be asked
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._drained: asyncio.Future[None] | None = None  # draining: set once nothing is in hand
        self._is_over = False
        self._error: TwofoldError | None = None

    # -- taking -------------------------------------------------------------------------------------

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Item:
        self._processed()
        while True:
            if not self._is_over and not self._drained:
                await self._between()
            if self._batches and not self._drained:
                return self._take()
            if self._error:
                raise self._error
            if self._is_over or self._drained:
                raise StopAsyncIteration
            await self._wait()

    async def _between(self) -> None:
        """Before an item is handed out."""

    async def _wait(self) -> None:
        self._arrival.clear()
        self._takers += 1
        try:
            await self._arrival.wait()
        finally:
            self._takers -= 1
            self._say_drained()

    def _take(self) -> Item:
        batch = self._batches[0]
        item = batch.items.popleft()
        self._handed += 1
        self._note_handed(item, batch)
        self._pass_finished()
        return item

    def _pass_finished(self) -> None:
        while self._batches and not self._batches[0].items:
            self._pass(self._batches.popleft())

    def _pass(self, batch: Batch[Item]) -> None:
        self._reached = batch.cursor or self._reached
        self._owed_bytes += batch.size

    def _processed(self) -> None:
        self._owed_messages += self._handed
        self._handed = 0
        self._give_back()
        self._say_drained()

    def _give_back(self) -> None:
        credit, messages, size = self._credit, self._owed_messages, self._owed_bytes
        if not self._grants or not credit or not messages + size:
            return
        if credit.messages and messages * 2 >= credit.messages or credit.bytes and size * 2 >= credit.bytes:
            self.grant(messages, size if credit.bytes else None)
            self._owed_messages = self._owed_bytes = 0

    def grant(self, messages: int, bytes: int | None = None) -> None:
        """Allows the broker to send so many more, beyond the credit given so far."""
        frame = {"type": "credit", "sub": self.sub, "messages": messages}
        self._client._tell(frame if bytes is None else {**frame, "bytes": bytes})

    # -- what comes ---------------------------------------------------------------------------------

    def _receive(self, frame: dict[str, Any], text: str) -> None:
        if frame["type"] == "messages":
            items = self._read(frame["messages"])
            self._owed_messages += len(frame["messages"]) - len(items)
            return self._arrive(items, frame.get("cursor"), self._size(text))
        if frame["type"] == "caught_up":
            self._arrive([], frame["cursor"])
        event = read_event(frame)
        if event:
            self._note_event(event)
            notify(self._on_event, event)

    def _size(self, text: str) -> int:
        """Credit counts the bytes of the records, as they stand in the frame."""
        if not self._credit or not self._credit.bytes:
            return 0
        return len(text[text.index("[") + 1:text.rindex("]")].encode())

    def _heartbeat(self, state: dict[str, Any]) -> None:
        self.lag = state.get("lag", {}).get("count")
        if "cursor" in state:
            self._arrive([], state["cursor"])

    def _arrive(self, items: list[Item], cursor: str | None, size: int = 0) -> None:
        if self._is_over:
            return
        batch = Batch(deque(items), cursor, size, self._epoch, self.partitions)
        if items:
            self._batches.append(batch)
            self._arrival.set()
        elif self._batches:
            last = self._batches[-1]
            last.size += size
            if last.epoch == self._epoch:
                last.cursor = cursor
        else:
            self._pass(batch)
        if not self._handed:
            self._processed()

    def _drop(self, unwanted: Callable[[Item], bool], *, voids_cursor: bool = False) -> None:
        for batch in self._batches:
            items = deque(item for item in batch.items if not unwanted(item))
            dropped = len(batch.items) - len(items)
            self._owed_messages += dropped
            batch.items = items
            if dropped and voids_cursor:
                batch.cursor = None
        self._pass_finished()

    def _read(self, messages: list[dict[str, Any]]) -> list[Item]:
        raise NotImplementedError

    def _note_handed(self, item: Item, batch: Batch[Item]) -> None:
        raise NotImplementedError

    def _note_event(self, event: Event) -> None:
        raise NotImplementedError

    def _let_go(self, receipts: Iterable[str]) -> None:
        """These messages are in nobody's hand any more."""

    # -- beginning and ending -----------------------------------------------------------------------

    def _place(self) -> dict[str, Any]:
        """Where to go on from, instead of where it began."""
        return {}

    def _begin(self, cursor: str | None) -> None:
        self._drop(lambda item: True)
        self._reached = cursor

    def _open(self) -> None:
        """At the beginning of every session."""
        place = self._place()

        def heard(frame: dict[str, Any]) -> None:
            if not place:
                self._begin(frame.get("cursor"))
            self._is_open = True
            self._accepted()
            if not self._opened.done():
                self._opened.set_result(None)

        options = {name: value for name, value in self._options.items() if not (place and name in ("from", "resume"))}
        frame = {"type": "subscribe", "sub": self.sub, **options, **place}
        self._client._request(frame, here=True, heard=heard).add_done_callback(self._refused)

    def _accepted(self) -> None:
        """By the broker, on this connection."""
        self._ready.set()

    def _refused(self, answer: asyncio.Future[dict[str, Any]]) -> None:
        error = None if answer.cancelled() else answer.exception()
        if isinstance(error, Refused) and error.code != "draining":
            if self._is_open and error.retryable:
                asyncio.get_running_loop().call_later(RETRY_SECONDS, self._reopen, self._client._session)
            else:
                self._fail(error)

    def _reopen(self, session: object) -> None:
        if session and session is self._client._session and not self._is_over:
            self._open()

    def _lost(self) -> None:
        """The connection is gone, and what it brought but for what is in hand."""
        self._batches.clear()
        self._owed_messages = self._owed_bytes = 0
        self._ready.clear()

    async def _drain(self) -> None:
        """Returns when nothing is in hand; nothing is handed out from now on."""
        self._drained = asyncio.get_running_loop().create_future()
        self._arrival.set()
        self._say_drained()
        await self._drained

    def _in_hand(self) -> int:
        return self._handed

    def _say_drained(self) -> None:
        if self._drained and not self._drained.done() and not self._takers and not self._in_hand():
            self._drained.set_result(None)

    async def _request(self, frame: dict[str, Any], **kind: Any) -> dict[str, Any]:
        if self._is_over:
            raise self._error or Closed("the subscription is closed")
        return await self._client._request({**frame, "sub": self.sub}, **kind)

    async def unsubscribe(self, *, release: bool = True) -> None:
        """Ends it. Messages in flight go back at once, or without `release` when their time is over."""
        if self._is_over:
            return
        frame = {"type": "unsubscribe", "sub": self.sub, "release": release}
        asked = self._client._request(frame, here=True)
        self._end()
        try:
            await asked
        except (ConnectionLost, Closed):
            pass  # that did it

    def _fail(self, error: TwofoldError) -> None:
        self._error = self._error or error
        self._end()
        if not self._opened.done():
            self._opened.set_exception(error)

    def _end(self) -> None:
        self._is_over = True
        self._client._subscriptions.pop(self.sub, None)
        if not self._error:
            self._batches.clear()
        self._arrival.set()
        self._ready.set()
        if self._drained and not self._drained.done():
            self._drained.set_result(None)
