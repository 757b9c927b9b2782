"""What is published and what arrives. What crosses the wire keeps the names it has there."""

from __future__ import annotations

import base64
import builtins
import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, TypedDict, cast

Duration = str | int | float | timedelta
"""A number is seconds; a text is like "30s"."""
Durability = Literal["disk", "os", "memory"]
Text = str | bytes


class Producer(TypedDict):
    id: str
    epoch: int
    seq: int


class NewRecord(TypedDict, total=False):
    """One of value (anything that json.dumps takes), text and bytes."""

    key: Text
    value: Any
    text: str
    bytes: builtins.bytes
    headers: Mapping[str, Text]
    content_type: str
    timestamp: str
    partition: int
    dedup_id: str
    group: str
    delay: Duration
    deliver_at: str
    ttl: Duration
    producer: Producer


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record is. `duplicate`: it was stored before."""

    id: str
    partition: int
    offset: int
    seq: int
    duplicate: bool = False


@dataclass(slots=True)
class Record:
    """One of value, text and bytes is what it says; all None is a tombstone."""

    id: str
    partition: int
    offset: int
    seq: int
    timestamp: datetime
    topic: str | None = None  # none: a message of a queue's own log
    key: Text | None = None
    value: Any = None
    text: str | None = None
    bytes: builtins.bytes | None = None
    content_type: str | None = None
    headers: dict[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Credit:
    """How much the broker may send ahead. It comes back as records are processed or messages settled;
    with `manual` only grant() adds to it."""

    messages: int | None = None
    bytes: int | None = None
    manual: bool = False

    def wire(self) -> dict[str, Any]:
        counts = {"messages": self.messages, "bytes": self.bytes}
        return present(counts) | ({"replenish": "manual"} if self.manual else {})


def present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in fields.items() if value is not None}


_UNIT_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3_600, "d": 86_400}


def seconds(duration: str) -> float:
    number = duration.rstrip("mshd")
    return float(number or 0) * _UNIT_SECONDS[duration[len(number):] or "s"]


def plain(value: Any) -> Any:
    """Durations and bytes as they are written on the wire."""
    if isinstance(value, timedelta):
        return f"{round(value.total_seconds() * 1000)}ms"
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    return value


def encode_record(record: NewRecord) -> dict[str, Any]:
    fields: dict[str, Any] = {name: value if name == "value" else plain(value) for name, value in record.items()}
    if isinstance(fields.get("bytes"), dict):
        fields["bytes"] = fields["bytes"]["base64"]
    if "headers" in record:
        fields["headers"] = {name: plain(value) for name, value in record["headers"].items()}
    return fields


def encode_records(records: NewRecord | Iterable[NewRecord]) -> list[dict[str, Any]]:
    several = [cast(NewRecord, records)] if isinstance(records, Mapping) else records
    return [encode_record(one) for one in several]


def encode_part(part: Mapping[str, Any]) -> dict[str, Any]:
    """What a transaction publishes to one topic or queue."""
    return {name: encode_records(value) if name in ("records", "messages") else value for name, value in part.items()}


def _text(value: Any) -> Text:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else str(value)


def decode_fields(kind: type, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a dataclass out of what the broker sent; what it does not know is left out."""
    known = {name: fields[name] for name in _names(kind) if name in fields}
    known["timestamp"] = datetime.fromisoformat(known["timestamp"])
    if "visible_at" in known:
        known["visible_at"] = datetime.fromisoformat(known["visible_at"])
    if "key" in known:
        known["key"] = _text(known["key"])
    if "bytes" in known:
        known["bytes"] = base64.b64decode(known["bytes"])
    if "headers" in known:
        known["headers"] = {name: _text(value) for name, value in known["headers"].items()}
    return known


_NAMES: dict[type, tuple[str, ...]] = {}


def _names(kind: type) -> tuple[str, ...]:
    if kind not in _NAMES:
        _NAMES[kind] = tuple(one.name for one in dataclasses.fields(kind))
    return _NAMES[kind]
