#!/usr/bin/env python3
"""The readers of tournament.py. Each is a process that says ten times a second what it has seen so far.

    tournament_reader.py analytics      reads the log
    tournament_reader.py leaderboard    reads the log, too: every reader of a log sees everything
    tournament_reader.py counters       works off a queue that is attached to the topic
"""

import asyncio
import json
import sys
import time

from stage import BROKER, ask
import twofold

PREFIX = "demo-tournament-"
TOPIC, QUEUE = PREFIX + "scores", PREFIX + "counters"
SAY_EVERY_SECONDS = 0.1


class Totals:
    """What a reader knows after the scores it has seen."""

    def __init__(self) -> None:
        self.seen, self.sum, self.best, self.said = 0, 0, 0, 0.0

    def add(self, score: int) -> None:
        self.seen += 1
        self.sum += score
        self.best = max(self.best, score)

    def say(self) -> None:
        if time.monotonic() >= self.said + SAY_EVERY_SECONDS:
            self.said = time.monotonic()
            print(json.dumps({"seen": self.seen, "sum": self.sum, "best": self.best}), flush=True)


async def read_the_log() -> None:
    """As fast as the socket brings it. While this process is stopped, its records wait in the log, not in memory."""
    totals = Totals()

    async def keep_saying() -> None:
        while True:
            totals.say()
            await asyncio.sleep(SAY_EVERY_SECONDS)

    async with twofold.connect(BROKER) as client, client.subscribe(topic=TOPIC, from_="earliest", credit="auto") as scores:
        saying = asyncio.create_task(keep_saying())
        async for record in scores:
            totals.add(record.value["score"])
            if totals.seen % 500 == 0:
                await asyncio.sleep(0)  # others have their turn, too
        saying.cancel()


def work_off_the_queue() -> None:
    """Up to a thousand messages a request, acked together."""
    totals = Totals()
    while True:
        totals.say()
        messages = ask("POST", f"/v1/queues/{QUEUE}/receive", {"max": 1000, "wait": "200ms"})["messages"]
        for message in messages:
            totals.add(message["value"]["score"])
        if messages:
            ask("POST", f"/v1/queues/{QUEUE}/ack", {"receipts": [message["receipt"] for message in messages]})


if __name__ == "__main__":
    if sys.argv[1] == "counters":
        work_off_the_queue()
    else:
        asyncio.run(read_the_log())
