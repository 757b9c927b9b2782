#!/usr/bin/env python3
"""The forgotten queue: a shop that fills two queues forgets one of them for a part of its orders.

    python3 docs/scenarios/forgotten_queue.py [--svg FILE]

First with two queues that the shop must fill itself, then with one topic to which readers attach.
"""

import json

from stage import ask, check, cleaned_up, options, say, sqs
from picture import Picture

ORDERS = [{"order": n, "channel": "phone" if n % 10 in (2, 5, 8) else "web", "euros": 10 + n % 7} for n in range(100)]
PHONE = [order for order in ORDERS if order["channel"] == "phone"]
LATE = len(PHONE)  # so many orders are there before analytics begins to read the topic
PREFIX = "demo-forgotten-"
TOPIC, PAYMENT, ANALYTICS, REPAIRED = (PREFIX + name for name in ("orders", "payment", "analytics", "analytics-2"))


def euros(orders: list[dict]) -> int:
    return sum(order["euros"] for order in orders)


# -- two queues, over SQS -----------------------------------------------------------------------------


def send_to_two_queues(client, payment: str, analytics: str) -> None:
    """The shop's code. Web orders go to both queues; whoever wrote the part for the phone forgot the second."""
    for order in ORDERS:
        client.send_message(QueueUrl=payment, MessageBody=json.dumps(order))
        if order["channel"] == "web":
            client.send_message(QueueUrl=analytics, MessageBody=json.dumps(order))


def empty(client, queue: str) -> list[dict]:
    """Receive, work, delete, until nothing comes."""
    orders = []
    while messages := client.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        orders += [json.loads(message["Body"]) for message in messages]
        client.delete_message_batch(QueueUrl=queue, Entries=[
            {"Id": message["MessageId"], "ReceiptHandle": message["ReceiptHandle"]} for message in messages])
    return sorted(orders, key=lambda order: order["order"])


def two_queues() -> list[dict]:
    say("Two queues: the shop sends each order to payment and to analytics.")
    client = sqs()
    payment, analytics = (client.create_queue(QueueName=PREFIX + name)["QueueUrl"] for name in ("pay", "count"))
    send_to_two_queues(client, payment, analytics)
    paid, counted = empty(client, payment), empty(client, analytics)
    say(f"       payment took {euros(paid)} euros, analytics reports {euros(counted)}")
    check(paid == ORDERS, f"payment had all {len(ORDERS)} orders")
    check(len(counted) == len(ORDERS) - len(PHONE), f"analytics never saw {len(PHONE)} of them")
    waiting = [count for name in ("pay", "count") for count in ask("GET", f"/v1/queues/{PREFIX}{name}")["messages"].values()]
    check(not any(waiting), "and nobody can see it: both queues are empty, nothing waits, nothing is dead")
    return counted


# -- one topic ----------------------------------------------------------------------------------------


def publish(orders: list[dict]) -> None:
    ask("POST", f"/v1/topics/{TOPIC}/records", {"records": [{"key": str(order["order"]), "value": order} for order in orders]})


def attach(queue: str, begin: str) -> None:
    ask("PUT", f"/v1/queues/{queue}", {"source": {"topic": TOPIC, "from": begin}})


def work_off(queue: str) -> list[dict]:
    orders = []
    while messages := ask("POST", f"/v1/queues/{queue}/receive", {"max": 100, "wait": "200ms"})["messages"]:
        orders += [message["value"] for message in messages]
        ask("POST", f"/v1/queues/{queue}/ack", {"receipts": [message["receipt"] for message in messages]})
    return sorted(orders, key=lambda order: order["order"])


def compare(other: str) -> dict:
    """What payment is done with and the other is not, over the whole topic."""
    return ask("GET", f"/v1/topics/{TOPIC}/coverage?from=earliest&compare={PAYMENT},{other}")["compare"]


def attached_too_late() -> list[dict]:
    say(f"One topic: the shop publishes each order once. Analytics attaches itself, but {LATE} orders too late.")
    ask("PUT", f"/v1/topics/{TOPIC}")
    attach(PAYMENT, "earliest")
    publish(ORDERS[:LATE])
    attach(ANALYTICS, "latest")
    publish(ORDERS[LATE:])
    paid, counted = work_off(PAYMENT), work_off(ANALYTICS)
    check(paid == ORDERS and counted == ORDERS[LATE:], f"payment had {len(paid)} orders, analytics {len(counted)}")
    found = compare(ANALYTICS)
    check(found["only_a_done"] == LATE, f"coverage finds what is missing: {LATE} orders, {found['sample']['only_a_done'][0]} the first")
    return counted


def attach_from_the_start() -> list[dict]:
    say("The repair: analytics attaches a second queue, from the start. The shop need not know.")
    attach(REPAIRED, "earliest")
    counted = work_off(REPAIRED)
    check(counted == ORDERS, f"analytics reports {euros(counted)} euros, as much as payment took")
    found = compare(REPAIRED)
    check(found["only_a_done"] == found["only_b_done"] == 0, "coverage: nothing is missing on either side")
    return counted


def draw(file: str | None, forgot: list[dict], late: list[dict], repaired: list[dict]) -> None:
    def row(name: str, orders: list[dict]) -> tuple[str, str, str]:
        numbers = {order["order"] for order in orders}
        return name, "".join("x" if order["order"] in numbers else "." for order in ORDERS), f"{len(orders)} orders"

    picture = Picture("Which of 100 orders each service has seen")
    picture.subtitle("Two queues that the shop fills: the second is forgotten for orders by phone")
    picture.cells([row("payment", ORDERS)], "a")
    picture.cells([row("analytics", forgot)], "bad")
    picture.subtitle("One topic: analytics attached late, coverage found it, a second queue began at the start")
    picture.cells([row("payment", ORDERS)], "a")
    picture.cells([row("analytics", late)], "bad")
    picture.cells([row("analytics-2", repaired)], "b")
    picture.save(file)


def main() -> None:
    chosen = options(__doc__)
    with cleaned_up(PREFIX):
        draw(chosen.svg, two_queues(), attached_too_late(), attach_from_the_start())


if __name__ == "__main__":
    main()
