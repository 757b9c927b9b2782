#!/usr/bin/env python3
"""The ledger: bills go from pending to processing to settled, by several services, and each of them dies at every step.

    python3 docs/scenarios/ledger.py [--svg FILE]

The services are processes (ledger_service.py). Each is started again and again, killed at one step after the other,
and at last left alone. In the end no bill is lost, none is settled twice, none out of order.
"""

import asyncio
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict

from stage import BROKER, ask, check, cleaned_up, options, say, until
from picture import Bar, Picture
from ledger_service import BILLS, PREFIX, TOPIC
import twofold

STATES = ["pending", "processing", "settled"]
DEATHS = {"till": ["written down", "sent", "answered", "ticked off"],
          "processor": ["asked", "received", "sent", "committed"],
          "settler": ["asked", "received", "sent", "committed"],
          "account": ["received", "applied", "deleted"]}
SERVICE = pathlib.Path(__file__).with_name("ledger_service.py")


class Service:
    """One role: its processes, one after the other."""

    def __init__(self, role: str, folder: str, began: float):
        self.role, self.folder, self.began = role, folder, began
        self.bars: list[Bar] = []
        self.killed_at: list[str] = []
        self.last: subprocess.Popen | None = None
        self.living = threading.Thread(target=self.live)
        self.living.start()

    def start(self, *step: str) -> subprocess.Popen:
        return subprocess.Popen([sys.executable, str(SERVICE), self.role, self.folder, *step])

    def live(self) -> None:
        for step in DEATHS[self.role]:
            start = time.monotonic() - self.began
            process = self.start(step)
            if process.wait(timeout=60) == -9:
                self.killed_at.append(step)
            self.bars.append(Bar(self.role, start, time.monotonic() - self.began, "bad", str(len(self.bars) + 1)))
        self.last_start = time.monotonic() - self.began
        self.last = self.start()

    def stop(self) -> None:
        self.living.join()
        self.last.terminate()
        self.last.wait()
        self.bars.append(Bar(self.role, self.last_start, time.monotonic() - self.began, "b", "to the end"))


def set_up() -> None:
    ask("PUT", f"/v1/topics/{TOPIC}", {"partitions": 3})
    for queue, state in (("pending", "pending"), ("processing", "processing"), ("account", "settled")):
        ask("PUT", f"/v1/queues/{PREFIX}{queue}",
            {"source": {"topic": TOPIC, "from": "earliest", "filter": f"value.state = '{state}'"}, "order": "key"})
    ask("PUT", f"/v1/queues/{PREFIX}audit", {"source": {"topic": TOPIC, "from": "earliest"}, "order": "key"})


def all_is_settled() -> bool:
    waiting = [ask("GET", f"/v1/queues/{PREFIX}{queue}")["messages"] for queue in ("pending", "processing", "account")]
    enough = ask("GET", f"/v1/topics/{TOPIC}")["records"] >= BILLS * len(STATES)
    return enough and not any(count for one in waiting for count in one.values())


def run_the_services(folder: str) -> list[Service]:
    began = time.monotonic()
    services = [Service(role, folder, began) for role in DEATHS]
    try:
        for service in services:
            service.living.join()
        until("everything is settled", all_is_settled)
    finally:
        for service in services:
            service.stop()
    for service in services:
        check(service.killed_at == DEATHS[service.role], f"the {service.role} was killed when it had: {', '.join(service.killed_at)}")
    return services


async def states_in_the_log() -> dict[str, list[str]]:
    """Every bill's states, as a reader of the topic sees them."""
    states = defaultdict(list)
    async with twofold.connect(BROKER) as client, client.subscribe(topic=TOPIC, from_="earliest") as records:
        for _ in range(ask("GET", f"/v1/topics/{TOPIC}")["records"]):
            record = await anext(records)
            states[record.key].append(record.value["state"])
    return states


async def states_by_workers() -> dict[str, list[str]]:
    """The same by four workers of a queue with `order: key`, which give back every fifth message when they first see it."""
    states, left = defaultdict(list), ask("GET", f"/v1/topics/{TOPIC}")["records"]
    all_done = asyncio.Event()

    async def work(client: twofold.Client, worker: int) -> None:
        nonlocal left
        # One at a time: with more credit a worker is handed several messages of a bill at once, in their order, and
        # would have to give back those that follow, too.
        async with client.subscribe(queue=PREFIX + "audit", credit=1) as messages:
            async for message in messages:
                await asyncio.sleep(0.001 * worker)
                if message.offset % 5 == 0 and message.receive_count == 1:
                    await message.nack(delay="50ms", reason="later")
                    continue
                states[message.key].append(message.value["state"])
                await message.ack()
                left -= 1
                if left == 0:
                    all_done.set()

    async with twofold.connect(BROKER) as client:
        workers = [asyncio.create_task(work(client, worker)) for worker in range(4)]
        await all_done.wait()
        for worker in workers:
            worker.cancel()
    return states


def main() -> None:
    chosen = options(__doc__)
    right = {f"bill_{number}": STATES for number in range(BILLS)}
    with cleaned_up(PREFIX), tempfile.TemporaryDirectory() as folder:
        set_up()
        say(f"{BILLS} bills, four services, {sum(map(len, DEATHS.values()))} deaths:")
        services = run_the_services(folder)
        check(asyncio.run(states_in_the_log()) == right, f"in the log each of the {BILLS} bills is {', '.join(STATES)}: once each, in this order")
        check(asyncio.run(states_by_workers()) == right, "and so four workers of a queue with order: key did them, though they gave back every fifth")
        with sqlite3.connect(pathlib.Path(folder) / "account.db") as books:
            deliveries, cents = books.execute("select sum(deliveries), sum(cents) from balance").fetchone()
        check(deliveries > BILLS, f"the account was handed {deliveries} messages for {BILLS} bills")
        check(cents == sum(1000 + number for number in range(BILLS)), f"and its balance is right: {cents / 100:.2f} euros, each bill once")
        draw(services, chosen.svg)


def draw(services: list[Service], file: str | None) -> None:
    picture = Picture("Four services and their lives, each killed at one step after the other")
    picture.legend(bad="a process, until it was killed", b="one that was left alone")
    picture.lanes([bar for service in services for bar in service.bars], names=list(DEATHS))
    picture.y += 6
    for role, steps in DEATHS.items():
        picture.text(20, picture.y, f"{role}: killed when it had " + ", ".join(f"{step} ({n})" for n, step in enumerate(steps, 1)), "dim")
        picture.y += 17
    picture.save(file)


if __name__ == "__main__":
    main()
