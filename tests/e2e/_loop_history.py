"""What clients did and were told: one line for each call, as they ended."""

import dataclasses
import json
import threading
import time

DURABLE = {"publish", "send", "ack", "commit"}  # an ok of these was synced, and all that came before it


@dataclasses.dataclass
class Call:
    f: str                 # publish, send, receive, ack, nack, commit, read
    told: str              # ok, fail (certainly not applied), info (nobody knows)
    process: str
    life: int              # of the broker
    invoked: int           # ns
    returned: int
    asked: dict
    answer: dict


class History:
    def __init__(self):
        self.calls: list[Call] = []
        self.lock = threading.Lock()

    def record(self, process: str, life: int, f: str, asked: dict, call) -> tuple[str, dict]:
        """Makes the call and remembers how it went."""
        invoked = time.monotonic_ns()
        told, answer = call()
        with self.lock:
            self.calls.append(Call(f, told, process, life, invoked, time.monotonic_ns(), asked, answer))
        return told, answer

    def of(self, *names: str, told: str | None = None) -> list[Call]:
        return [c for c in self.calls if c.f in names and (told is None or c.told == told)]

    def dump(self, path) -> None:
        with open(path, "w", encoding="utf-8") as out:
            for call in sorted(self.calls, key=lambda c: c.invoked):
                out.write(json.dumps(dataclasses.asdict(call)) + "\n")
