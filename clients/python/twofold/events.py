"""What happens besides the answers; handed to `on_event` of connect() and subscribe()."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

log = logging.getLogger("twofold")


@dataclass(frozen=True, slots=True)
class Connected:
    session: str


@dataclass(frozen=True, slots=True)
class Disconnected:
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class GoAway:
    """The broker will close; what is in hand can be settled and committed until `deadline` is over."""

    reason: str
    deadline: str
    reconnect_after: str


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """The live end is reached."""

    cursor: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Retention took records before they were read: from `start`, up to but not with `end`."""

    partition: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Lost:
    """These receipts hold nothing any more."""

    receipts: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Assigned:
    """All that this member of a group reads now."""

    partitions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Revoked:
    """What was done in these partitions can be committed until `commit_by`; None: they went with the connection,
    and what is not committed comes again."""

    partitions: tuple[int, ...]
    commit_by: str | None


ClientEvent = Connected | Disconnected | GoAway
Event = CaughtUp | Gap | Lost | Assigned | Revoked


def read_event(frame: dict[str, Any]) -> Event | None:
    match frame["type"]:
        case "caught_up":
            return CaughtUp(frame["cursor"])
        case "gap":
            return Gap(frame["partition"], frame["from"], frame["to"])
        case "lost":
            return Lost(tuple(frame["receipts"]), frame["reason"])
        case "assigned":
            return Assigned(tuple(frame["partitions"]))
        case "revoked":
            return Revoked(tuple(frame["partitions"]), frame.get("commit_by"))
    return None


def say_losses(event: object) -> None:
    """What becomes of events that nobody asked for."""
    if isinstance(event, Gap | Lost):
        log.warning("%s", event)


def notify(handler: Callable[[Any], None], event: object) -> None:
    """A handler that fails must not end the connection."""
    try:
        handler(event)
    except Exception:
        log.exception("on_event failed for %s", event)
