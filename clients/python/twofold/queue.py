"""Working off a queue."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from .events import Event, Lost
from .subscription import Batch, Subscription
from .types import Credit, Duration, Record, decode_fields, plain, present

if TYPE_CHECKING:
    from .client import Client

Settled = Literal["acked", "ok", "already", "stale", "unknown"]


@dataclass(slots=True, kw_only=True)
class Message(Record):
    """A message in flight. What its methods return is what became of it: "acked" or "ok"; "already" when it
    was acked before, "stale" when it is somebody else's by now. After a lost connection they are asked again
    on the next one."""

    receipt: str
    receive_count: int
    visible_at: datetime
    _queue: QueueSubscription = field(repr=False, compare=False)

    async def ack(self) -> Settled:
        """Done for good. Returns once that is on disk."""
        return (await self._queue.ack([self]))[0]

    async def nack(self, *, delay: Duration | None = None, reason: str | None = None, dead: bool | None = None,
                   park: str | None = None) -> Settled:
        """Not done: again at once, after `delay`, or never."""
        item = present({"receipt": self.receipt, "delay": delay, "reason": reason, "dead": dead, "park": park})
        results = await self._queue._settle({"type": "nack", "items": [item]})
        self._queue._let_go([self.receipt])
        return results[0]

    async def extend(self, visibility_timeout: Duration) -> Settled:
        """Needs longer."""
        item = {"receipt": self.receipt, "visibility_timeout": plain(visibility_timeout)}
        return (await self._queue._settle({"type": "extend", "items": [item]}))[0]


class QueueSubscription(Subscription[Message]):
    """After a lost connection messages come again by themselves: what is in hand is somebody else's then, or
    comes once more."""

    def __init__(self, client: Client, sub: int, options: dict[str, Any], credit: Credit | None,
                 on_event: Callable[[Event], None]):
        self._settles = options.get("ack") != "on_send"  # messages are settled one by one
        self._held: set[str] = set()  # receipts handed out and not settled
        grants = not self._settles and credit is not None and not credit.manual
        if credit and grants:
            options = {**options, "credit": replace(credit, manual=True).wire()}
        super().__init__(client, sub, options, credit, grants, on_event)

    async def ack(self, messages: Iterable[Message]) -> list[Settled]:
        """Several at once: one result for each, in their order."""
        receipts = [message.receipt for message in messages]
        results = await self._settle({"type": "ack", "receipts": receipts})
        self._let_go(receipts)
        return results

    async def _settle(self, frame: dict[str, Any]) -> list[Settled]:
        results: list[Settled] = (await self._request(frame))["results"]
        return results

    def _let_go(self, receipts: Iterable[str]) -> None:
        self._held.difference_update(receipts)
        self._say_drained()

    def _read(self, messages: list[dict[str, Any]]) -> list[Message]:
        return [Message(**decode_fields(Message, fields), _queue=self) for fields in messages]

    def _note_handed(self, item: Message, batch: Batch[Message]) -> None:
        if self._settles:
            self._held.add(item.receipt)

    def _note_event(self, event: Event) -> None:
        if isinstance(event, Lost):
            lost = set(event.receipts)
            self._drop(lambda message: message.receipt in lost)
            self._let_go(lost)

    def _in_hand(self) -> int:
        return len(self._held) if self._settles else self._handed
