#!/usr/bin/env python3
"""Event sourcing: a bank keeps what happened, and works out what is by reading it.

    python3 docs/scenarios/event_sourcing.py [--svg FILE]

A teller appends events to a topic; a live projection follows and knows every balance. Then the projection is thrown
away, and another process builds it anew from the first event: the same state, down to its hash. And the state as it
was in the middle, too.
"""

import asyncio
import hashlib
import json
import random
import subprocess
import sys

from stage import BROKER, ask, check, cleaned_up, options, say
from picture import Picture
import twofold

TOPIC = "demo-events-bank"
ACCOUNTS = ["ada", "bob", "cleo", "dan"]
EVENTS = 240


class Bank:
    """The state: what all events together come to. Amounts are in cents."""

    def __init__(self) -> None:
        self.balances: dict[str, int] = {}
        self.events = 0
        self.curve: list[dict[str, int]] = []

    def apply(self, event: dict) -> None:
        """No clock, no chance, nothing but the event: that is why a replay ends in the same state."""
        match event["happened"]:
            case "opened":
                self.balances[event["account"]] = event["cents"]
            case "deposited":
                self.balances[event["account"]] += event["cents"]
            case "withdrawn":
                self.balances[event["account"]] -= event["cents"]
            case "interest":  # for every account at once, so that the order across accounts matters
                self.balances = {name: cents * 101 // 100 for name, cents in self.balances.items()}
        self.events += 1
        self.curve.append(dict(self.balances))

    def digest(self) -> str:
        state = {"balances": self.balances, "events": self.events}
        return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()


def what_happens() -> list[dict]:
    """The same days at the bank each time."""
    chance = random.Random(7)
    days = [{"happened": "opened", "account": name, "cents": 50_000} for name in ACCOUNTS]
    while len(days) < EVENTS:
        account, cents = chance.choice(ACCOUNTS), chance.randint(100, 9_900)
        kind = chance.choices(["deposited", "withdrawn", "interest"], [6, 4, 1])[0]
        days.append({"happened": kind} if kind == "interest" else {"happened": kind, "account": account, "cents": cents})
    return days


async def append(client: twofold.Client, event: dict, last: dict[str, str]) -> None:
    """Only if nobody else has written about this account since we read it: `last` is the newest event we know."""
    key = event.get("account", "bank")
    [place] = await client.publish(TOPIC, {"key": key, "value": event}, expect={"key_last": last.get(key)})
    last[key] = place.id


async def follow(client: twofold.Client) -> tuple[Bank, list[str]]:
    """The live projection, and its hash after every event."""
    bank, digests = Bank(), []
    async with client.subscribe(topic=TOPIC, from_="earliest", order="total") as events:
        async for record in events:
            bank.apply(record.value)
            digests.append(bank.digest())
            if bank.events == EVENTS:
                return bank, digests
    return bank, digests


async def live() -> tuple[Bank, list[str]]:
    ask("PUT", f"/v1/topics/{TOPIC}", {"partitions": 4, "retention": {"time": None}})
    async with twofold.connect(BROKER) as client:
        following = asyncio.create_task(follow(client))
        last: dict[str, str] = {}
        for event in what_happens():
            await append(client, event, last)
        bank, digests = await following
        say(f"{EVENTS} events in 4 partitions. The live projection, in cents: {bank.balances}")
        try:
            await append(client, {"happened": "withdrawn", "account": "ada", "cents": 1}, {"ada": "0-0"})
            refusal = "nothing"
        except twofold.Refused as refused:
            refusal = refused.code
        check(refusal == "expectation-failed", "a teller who decides by an old state is refused: expectation-failed")
    return bank, digests


def rebuild(events: int) -> Bank:
    """From the first event on, over plain HTTP, page by page, in the one order of all partitions."""
    bank, place = Bank(), "from=earliest"
    while bank.events < events:
        page = ask("GET", f"/v1/topics/{TOPIC}/records?order=total&limit=50&{place}")
        for record in page["records"][:events - bank.events]:
            bank.apply(record["value"])
        place = f"cursor={page['cursor']}"
    return bank


def rebuild_elsewhere(events: int) -> dict:
    """In a process of its own, which knows the topic's name and nothing else."""
    ran = subprocess.run([sys.executable, __file__, "rebuild", str(events)], capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)


def main() -> None:
    if sys.argv[1:2] == ["rebuild"]:
        bank = rebuild(int(sys.argv[2]))
        return print(json.dumps({"digest": bank.digest(), "curve": bank.curve}))
    chosen = options(__doc__)
    with cleaned_up("demo-events-"):
        bank, digests = asyncio.run(live())
        say(f"       its hash: {bank.digest()[:16]}")
        say("The projection is thrown away. Another process reads the topic from the start.")
        anew = rebuild_elsewhere(EVENTS)
        say(f"       its hash: {anew['digest'][:16]}")
        check(anew["digest"] == bank.digest(), "the same state, by its hash")
        halfway = rebuild_elsewhere(EVENTS // 2)
        check(halfway["digest"] == digests[EVENTS // 2 - 1], f"and as it was after {EVENTS // 2} events: the hash of that moment")
        check(anew["curve"] == bank.curve, "in fact every balance after every event")
        draw(bank.curve, bank.digest(), anew, chosen.svg)


def draw(live_curve: list[dict], digest: str, anew: dict, file: str | None) -> None:
    def lines(curve: list[dict]) -> dict[str, list[tuple[float, float]]]:
        return {look: [(n, point.get(name, 0) / 100) for n, point in enumerate(curve)] for look, name in zip("abcd", ACCOUNTS)}

    top = max(cents for point in live_curve for cents in point.values()) / 100
    picture = Picture("The balances of four accounts, live and rebuilt")
    picture.legend(**dict(zip("abcd", ACCOUNTS)))
    for title, curve, its_digest in (("live", live_curve, digest), ("rebuilt by replay", anew["curve"], anew["digest"])):
        picture.subtitle(f"{title}, sha256 {its_digest[:24]}...")
        picture.y += 12
        picture.chart(lines(curve), 90, top, "euros", "events")
    picture.save(file)


if __name__ == "__main__":
    main()
