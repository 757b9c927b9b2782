#!/usr/bin/env python3
"""The restaurant: slips on a rail for the cooks, and the same orders in a book for whoever wants to read.

    python3 docs/scenarios/restaurant.py [--svg FILE]

Three cooks take slips from a queue that is attached to the order book; one of them leaves with a slip in hand.
The owner reads the book while they cook, the accountant when they are done.
"""

import asyncio
import time

from stage import BROKER, ask, check, cleaned_up, options, say
from picture import Bar, Picture
import twofold

DISHES = ["soup", "pasta", "fish", "cake"]
ORDERS = [{"order": n, "table": 1 + n % 5, "dish": DISHES[n % 4]} for n in range(16)]
COOKING_SECONDS, READING_SECONDS = 0.15, 0.03
BOOK, RAIL = "demo-restaurant-book", "demo-restaurant-rail"


class Evening:
    """Who did what when."""

    def __init__(self) -> None:
        self.began, self.bars = time.monotonic(), []
        self.cooked: dict[int, list[str]] = {}  # by order
        self.all_cooked = asyncio.Event()

    async def spend(self, who: str, order: int, seconds: float, look: str) -> None:
        start = time.monotonic() - self.began
        await asyncio.sleep(seconds)
        self.bars.append(Bar(who, start, time.monotonic() - self.began, look, str(order)))


async def cook(name: str, evening: Evening, leaves_with: int | None = None) -> None:
    """Takes one slip at a time. Nobody else sees it until the cook tears it (ack), or is gone."""
    async with twofold.connect(BROKER, client=name) as client:
        async with client.subscribe(queue=RAIL, credit=1) as rail:
            stop = asyncio.create_task(evening.all_cooked.wait())
            stop.add_done_callback(lambda _: client.drain())
            taken = 0
            async for slip in rail:
                taken += 1
                order = slip.value["order"]
                if taken == leaves_with:
                    await evening.spend(name, order, COOKING_SECONDS / 2, "bad")
                    say(f"       {name} leaves with order {order} in hand")
                    await client.close()
                    return
                await evening.spend(name, order, COOKING_SECONDS, "c" if slip.receive_count > 1 else "a")
                await slip.ack()
                evening.cooked.setdefault(order, []).append(name)
                if slip.receive_count > 1:
                    say(f"       {name} cooks order {order}: its slip was back on the rail")
                if len(evening.cooked) == len(ORDERS):
                    evening.all_cooked.set()


async def read_the_book(name: str, evening: Evening) -> list[dict]:
    """From the first page. A reader takes nothing out and needs nobody's leave."""
    pages = []
    async with twofold.connect(BROKER, client=name) as client:
        async with client.subscribe(topic=BOOK, from_="earliest") as book:
            async for page in book:
                await evening.spend(name, page.value["order"], READING_SECONDS, "b")
                pages.append(page.value)
                if len(pages) == len(ORDERS):
                    return pages
    return pages


async def dinner() -> tuple[Evening, list[list[dict]]]:
    ask("PUT", f"/v1/topics/{BOOK}", {"partitions": 1})
    ask("PUT", f"/v1/queues/{RAIL}", {"source": {"topic": BOOK, "from": "earliest"}})
    evening = Evening()
    async with twofold.connect(BROKER, client="waiter") as waiter:
        await waiter.publish(BOOK, [{"key": f"table-{order['table']}", "value": order} for order in ORDERS])
    say(f"The waiter wrote {len(ORDERS)} orders into the book, once each.")
    cooks = [cook("Ada", evening), cook("Bob", evening, leaves_with=3), cook("Cleo", evening)]
    owner, *_ = await asyncio.gather(read_the_book("the owner", evening), *cooks)
    accountant = await read_the_book("the accountant", evening)
    return evening, [owner, accountant]


def main() -> None:
    chosen = options(__doc__)
    with cleaned_up("demo-restaurant-"):
        evening, readings = asyncio.run(dinner())
        twice = {order: cooks for order, cooks in evening.cooked.items() if len(cooks) != 1}
        check(len(evening.cooked) == len(ORDERS) and not twice, "every order was cooked, and by one cook")
        check(any(bar.look == "c" for bar in evening.bars), "also the one that Bob left with: another cook got its slip")
        check(all(reading == ORDERS for reading in readings), "the owner and the accountant read every order, in the book's order")
        rail = ask("GET", f"/v1/queues/{RAIL}")["messages"]
        check(not any(rail.values()), "the rail is empty")
        check(ask("GET", f"/v1/topics/{BOOK}")["records"] == len(ORDERS), f"and the book still has its {len(ORDERS)} orders")
        draw(evening, chosen.svg)


def draw(evening: Evening, file: str | None) -> None:
    picture = Picture("One evening: three cooks at the rail, two readers of the book")
    picture.legend(a="cooked", bad="left with it in hand", c="cooked by another one", b="read")
    picture.lanes(evening.bars, names=["Ada", "Bob", "Cleo", "the owner", "the accountant"])
    picture.save(file)


if __name__ == "__main__":
    main()
