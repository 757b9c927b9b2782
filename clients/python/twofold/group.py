"""Reading a topic as a member of a group."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .errors import Refused, TwofoldError
from .events import Event, Revoked, notify
from .subscription import Batch
from .topic import TopicSubscription
from .types import Credit, Record

if TYPE_CHECKING:
    from .client import Client

HELD_MAX = 0.8  # of the time that is left to commit what is revoked
OnRevoked = Callable[[Revoked, "GroupSubscription"], Awaitable[object]]


@dataclass(slots=True, eq=False)
class _Leaving:
    event: Revoked
    is_due: bool = False
    timer: asyncio.TimerHandle | None = None


@dataclass(slots=True, eq=False)
class _Mark:
    cursor: str
    epoch: int


class GroupSubscription(TopicSubscription):
    """Shares a topic with the other members of its group; after a lost connection it joins again and goes on
    where the group has committed.

    What the broker has sent of a partition that moves on goes on being handed out, for then the next reader
    need not read it again. What is left when the time to commit is nearly over is dropped.

    on_revoked  awaited between two items, when nothing more of these partitions will be handed out: the time
                to commit. Without `commit_by` they went with the connection: throw away what is not committed.
    """

    # Taken  was handed out and is not committed: by cursors as far as whole batches go, which count what a
    #        filter left out, too, and record by record in the batch that is being handed out.
    # Void   taken, but sure to come again: the connection was lost, or the partitions have moved. It can still
    #        be committed, never together with results of it: those will be made again.

    def __init__(self, client: Client, sub: int, options: dict[str, Any], credit: Credit | None,
                 on_event: Callable[[Event], None], on_revoked: OnRevoked | None = None):
        super().__init__(client, sub, options, credit, on_event)
        self.group: str = options["group"]
        self.member: str | None = None
        """What the broker calls this member, since it has joined."""
        self._on_revoked = on_revoked
        self._generation: int | None = None
        self._assignments = 0
        self._leaving: list[_Leaving] = []  # revoked, until it is told
        self._is_seeking = False
        self._taken: dict[int, int] = {}  # by partition: the offset behind it
        self._marks: list[_Mark] = []  # behind whole batches
        self._covered: dict[int, int] = {}  # of that, by the marks
        self._is_void = False  # what was taken comes again
        self._was_lost = False  # and so does everything that is not committed

    # -- taking -------------------------------------------------------------------------------------

    def _note_handed(self, item: Record, batch: Batch[Record]) -> None:
        if self._is_void or self._was_lost:
            self._taken.clear()
        self._was_lost = False
        self._is_void = batch.is_sought
        if not batch.is_sought:
            self._taken[item.partition] = item.offset + 1

    def _pass(self, batch: Batch[Record]) -> None:
        super()._pass(batch)
        if batch.cursor is None:
            return
        if self._marks and self._marks[-1].epoch == batch.epoch:
            self._marks.pop()
        self._marks.append(_Mark(batch.cursor, batch.epoch))
        self._covered |= {one: offset for one, offset in self._taken.items() if one in batch.partitions}

    async def _between(self) -> None:
        while due := next((one for one in self._leaving if self._is_due(one)), None):
            self._left(due)
            if self._on_revoked:
                await self._on_revoked(due.event, self)

    def _is_due(self, leaving: _Leaving) -> bool:
        partitions = leaving.event.partitions
        return leaving.is_due or not any(item.partition in partitions for batch in self._batches for item in batch.items)

    def _left(self, leaving: _Leaving) -> None:
        if leaving.timer:
            leaving.timer.cancel()
        self._leaving.remove(leaving)

    # -- what comes ---------------------------------------------------------------------------------

    def _receive(self, frame: dict[str, Any], text: str) -> None:
        if frame["type"] == "assigned":
            self._assigned(frame)
        super()._receive(frame, text)

    def _assigned(self, frame: dict[str, Any]) -> None:
        partitions: list[int] = frame["partitions"]
        is_sought = frame["generation"] == self._generation  # the group was moved, not shared out
        added = [one for one in partitions if one not in self.partitions]
        if is_sought and self._is_seeking:
            self._begin(None)
        if is_sought:
            self._marks = []
            for batch in self._batches:
                batch.is_sought, batch.cursor = True, None
        if is_sought or not self._was_lost and any(one in self._taken for one in added):
            self._is_void = self._is_void or bool(self._taken)
            self._taken.clear()
        self._drop_partitions(added)  # what was sent of them before comes again
        self.partitions, self.member, self._generation = tuple(partitions), frame["member"], frame["generation"]
        self._assignments += 1
        self._is_seeking = self._is_seeking and not is_sought
        self._ready.set()

    def _note_event(self, event: Event) -> None:
        if not isinstance(event, Revoked):
            return
        self._epoch += 1
        self.partitions = tuple(one for one in self.partitions if one not in event.partitions)
        leaving = _Leaving(event)
        if event.commit_by:
            by = datetime.fromisoformat(event.commit_by)
            left = (by - datetime.now(by.tzinfo)).total_seconds()
            loop = asyncio.get_running_loop()
            leaving.timer = loop.call_later(HELD_MAX * left, self._drop_partitions, event.partitions)
        self._leaving.append(leaving)
        self._arrival.set()

    def _drop_partitions(self, partitions: tuple[int, ...] | list[int]) -> None:
        self._drop(lambda record: record.partition in partitions, voids_cursor=True)
        for leaving in self._leaving:
            leaving.is_due = leaving.is_due or any(one in partitions for one in leaving.event.partitions)
        self._arrival.set()

    def _read(self, messages: list[dict[str, Any]]) -> list[Record]:
        self._offsets.clear()  # what comes again is meant to
        return super()._read(messages)

    # -- committing, seeking ------------------------------------------------------------------------

    async def commit(self, cursor: str | None = None) -> None:
        """What was handed out is done; returns once that is on disk. After a lost connection it is asked again.
        What was read before a seek by others does not count.

        Raises Refused, `member-fenced` when another member reads one of the partitions by now. Go on then:
        what it was about comes again, there."""
        async def explicit() -> None:
            await self._request({"type": "commit", "cursor": cursor}, here=True)

        await self._client._insist(self, self._commit_taken if cursor is None else explicit)

    async def _commit_taken(self) -> None:
        taken, marks = dict(self._taken), list(self._marks)
        was_lost, assignments = self._was_lost, self._assignments
        asked = [self._request({"type": "commit", "cursor": mark.cursor}, here=True) for mark in marks]
        if tail := {one: offset for one, offset in taken.items() if self._covered.get(one) != offset}:
            asked.append(self._commit_offsets(tail))
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        error = next((one for one in outcomes if isinstance(one, BaseException)), None)
        if marks and isinstance(error, Refused) and error.code == "member-fenced":
            # A cursor speaks of all partitions at once, also of those that were committed and have moved on.
            self._marks = [mark for mark in self._marks if mark not in marks]
            self._covered.clear()
            return await self._commit_taken()
        if error is None or isinstance(error, Refused) and not error.retryable:
            self._committed(taken, marks)
        if error:
            raise error
        # It was taken before the member joined again, and has come again meanwhile.
        if was_lost and assignments == self._assignments:
            self._drop(lambda record: record.offset < taken.get(record.partition, 0))

    async def _commit_offsets(self, offsets: dict[int, int]) -> dict[str, Any]:
        return await self._client._request({"type": "transact", "offsets": [self._entry(offsets)]}, here=True)

    def _entry(self, taken: dict[int, int]) -> dict[str, Any]:
        offsets = {str(partition): offset for partition, offset in taken.items()}
        return {"group": self.group, "member": self.member, "offsets": {self._options["topic"]: offsets}}

    def _standing(self) -> dict[int, int]:
        """What a transaction would commit."""
        if self._is_void:
            raise Refused({"code": "member-fenced", "status": 409, "detail": "What was read comes again, to this or "
                           "to another member: forget the result."})
        return dict(self._taken)

    def _committed(self, taken: dict[int, int], marks: list[_Mark] | None = None) -> None:
        for partition, offset in taken.items():
            if self._taken.get(partition) == offset:
                del self._taken[partition]
        done = self._marks[:-1] if marks is None else marks
        self._marks = [mark for mark in self._marks if mark not in done]

    def _fenced(self, error: TwofoldError) -> None:
        """A transaction was: what it was about comes again, and so does all that is not committed."""
        is_fenced = isinstance(error, Refused) and error.code in ("member-fenced", "cursor-stale")
        if is_fenced and not self._was_lost and self._client._renumber(self):
            self._lost()
            self._open()

    async def seek(self, to: str | int) -> None:
        """Moves the group, with all its members; what waits to be handed out is forgotten."""
        self._is_seeking = True
        try:
            await self._client._insist(self, lambda: self._request({"type": "seek", "to": to}, here=True))
        except TwofoldError:
            self._is_seeking = False
            raise

    # -- beginning and ending -----------------------------------------------------------------------

    def _place(self) -> dict[str, Any]:
        return {}

    def _begin(self, cursor: str | None) -> None:
        super()._begin(cursor)
        self._marks = []

    def _accepted(self) -> None:
        pass  # ready when it knows what it reads

    def _lost(self) -> None:
        super()._lost()
        partitions = {*self.partitions}.union(*(leaving.event.partitions for leaving in self._leaving))
        for leaving in list(self._leaving):
            self._left(leaving)
        self.partitions = ()
        self._generation = None
        self._marks = []
        self._covered.clear()
        self._was_lost = True
        self._is_void = self._is_void or bool(self._taken)
        if partitions:
            event = Revoked(tuple(sorted(partitions)), None)
            self._leaving.append(_Leaving(event, is_due=True))
            self._arrival.set()
            notify(self._on_event, event)

    def _end(self) -> None:
        for leaving in list(self._leaving):
            self._left(leaving)
        super()._end()
