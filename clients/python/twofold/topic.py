"""Reading a topic."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .events import Event
from .subscription import Batch, Subscription
from .types import Credit, Record, decode_fields

if TYPE_CHECKING:
    from .client import Client


class TopicSubscription(Subscription[Record]):
    """After a lost connection it goes on behind the last batch that was processed as a whole, and leaves out
    what was handed out of the next."""

    def __init__(self, client: Client, sub: int, options: dict[str, Any], credit: Credit | None,
                 on_event: Callable[[Event], None]):
        self.cursor: str | None = options.get("resume")
        """Behind everything that was processed: `resume` takes it, today or next week."""
        self._offsets: dict[int, int] = {}  # by partition: handed out last
        grants = credit is not None and not credit.manual
        super().__init__(client, sub, options, credit, grants, on_event)

    async def seek(self, to: str | int) -> None:
        """Goes on from another place; what waits to be handed out is forgotten."""
        def heard(frame: dict[str, Any]) -> None:
            self._begin(frame["cursor"])

        await self._client._insist(self, lambda: self._request({"type": "seek", "to": to}, here=True, heard=heard))

    def _read(self, messages: list[dict[str, Any]]) -> list[Record]:
        handed = self._offsets
        return [Record(**decode_fields(Record, fields)) for fields in messages
                if fields["offset"] > handed.get(fields["partition"], -1)]

    def _note_handed(self, item: Record, batch: Batch[Record]) -> None:
        self._offsets[item.partition] = item.offset

    def _note_event(self, event: Event) -> None:
        pass

    def _processed(self) -> None:
        self.cursor = self._reached
        super()._processed()

    def _place(self) -> dict[str, Any]:
        return {} if self.cursor is None else {"resume": self.cursor}

    def _begin(self, cursor: str | None) -> None:
        super()._begin(cursor)
        self._offsets.clear()
        self.cursor = cursor
