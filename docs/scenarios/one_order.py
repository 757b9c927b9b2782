#!/usr/bin/env python3
"""One order, three services: payment, inventory and analytics all need it.

    python3 docs/scenarios/one_order.py [--svg FILE]

With one queue each order reaches one of the three. With one topic each order is stored once and reaches all:
payment reads an attached queue over SQS, inventory another one over WebSocket, analytics reads the log, in JavaScript.
"""

import asyncio
import json
import pathlib
import subprocess
from concurrent.futures import ThreadPoolExecutor

from stage import BROKER, ask, check, cleaned_up, options, say, sqs
from picture import Picture
import twofold

ORDERS = [{"order": n, "item": ["lamp", "chair", "desk"][n % 3], "euros": 20 + n} for n in range(30)]
SERVICES = ["payment", "inventory", "analytics"]
PREFIX = "demo-order-"
ANALYTICS = pathlib.Path(__file__).with_name("one_order_analytics.mjs")
Seen = dict[str, set[int]]  # by service: the orders it has


def one_queue() -> Seen:
    say("One queue, three services that receive from it:")
    ask("PUT", f"/v1/queues/{PREFIX}shared")
    ask("POST", f"/v1/queues/{PREFIX}shared/messages", {"messages": [{"value": order} for order in ORDERS]})

    def receive_all(service: str) -> set[int]:
        orders = set()
        while messages := ask("POST", f"/v1/queues/{PREFIX}shared/receive", {"max": 1, "client": service})["messages"]:
            orders.add(messages[0]["value"]["order"])
            ask("POST", f"/v1/queues/{PREFIX}shared/ack", {"receipts": [messages[0]["receipt"]]})
        return orders

    with ThreadPoolExecutor() as threads:
        seen = dict(zip(SERVICES, threads.map(receive_all, SERVICES)))
    say("       " + ", ".join(f"{service} has {len(orders)}" for service, orders in seen.items()))
    check(sum(map(len, seen.values())) == len(set.union(*seen.values())) == len(ORDERS), "each order reached one service, and only one")
    check(all(len(orders) < len(ORDERS) for orders in seen.values()), "no service has all orders: some were paid and never packed")
    return seen


# -- one topic: each service in its own way -----------------------------------------------------------


def payment() -> set[int]:
    """An SQS worker as it stands in many companies. It does not know that there is a topic."""
    client, orders = sqs(), set()
    queue = client.get_queue_url(QueueName=PREFIX + "payment")["QueueUrl"]
    while len(orders) < len(ORDERS):
        answer = client.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=20)
        for message in answer.get("Messages", []):
            orders.add(json.loads(message["Body"])["order"])
            client.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return orders


async def inventory() -> set[int]:
    orders = set()
    async with twofold.connect(BROKER, client="inventory") as client:
        async with client.subscribe(queue=PREFIX + "inventory") as queue:
            async for message in queue:
                orders.add(message.value["order"])
                await message.ack()
                if len(orders) == len(ORDERS):
                    return orders
    return orders


def analytics() -> set[int]:
    ran = subprocess.run(["node", str(ANALYTICS), BROKER, PREFIX + "orders", str(len(ORDERS))],
                         capture_output=True, text=True, timeout=60)
    if ran.returncode != 0:
        raise RuntimeError(f"{ANALYTICS.name} failed: {ran.stderr.strip()[:500]}")
    return {json.loads(line)["order"] for line in ran.stdout.splitlines()}


async def one_topic() -> Seen:
    say("One topic, and the three services read it, each in its own way:")
    topic = PREFIX + "orders"
    ask("PUT", f"/v1/topics/{topic}")
    for service in ("payment", "inventory"):
        ask("PUT", f"/v1/queues/{PREFIX}{service}", {"source": {"topic": topic, "from": "earliest"}})
    reading = asyncio.gather(asyncio.to_thread(payment), inventory(), asyncio.to_thread(analytics))
    async with twofold.connect(BROKER, client="shop") as shop:
        for order in ORDERS:
            await shop.publish(topic, {"key": order["item"], "value": order})
    seen = dict(zip(SERVICES, await reading))
    say("       " + ", ".join(f"{service} has {len(orders)}" for service, orders in seen.items()))
    check(all(len(orders) == len(ORDERS) for orders in seen.values()), "every service has every order")
    check(ask("GET", f"/v1/topics/{topic}")["records"] == len(ORDERS), f"each order was published and stored once: {len(ORDERS)} records")
    return seen


def draw(file: str | None, queue: Seen, topic: Seen) -> None:
    def rows(seen: Seen, service: str) -> list[tuple[str, str, str]]:
        return [(service, "".join("x" if order["order"] in seen[service] else "." for order in ORDERS), f"{len(seen[service])} orders")]

    picture = Picture("Which of 30 orders reach which service")
    for title, seen in (("One queue for all three", queue), ("One topic; two attached queues and a log reader", topic)):
        picture.subtitle(title)
        for service, look in zip(SERVICES, "abc"):
            picture.cells(rows(seen, service), look)
    picture.save(file)


def main() -> None:
    chosen = options(__doc__)
    with cleaned_up(PREFIX):
        draw(chosen.svg, one_queue(), asyncio.run(one_topic()))


if __name__ == "__main__":
    main()
