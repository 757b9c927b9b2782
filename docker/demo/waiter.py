"""Takes an order a second: creates what the kitchen needs, then publishes over REST.

An order is published under an Idempotency-Key of its own, so one that is sent again after a lost answer is stored once.
"""

import itertools
import json
import os
import random
import time
import urllib.error
import urllib.request
import uuid

BROKER = os.environ.get("TWOFOLD_URL", "http://localhost:8080")
SECONDS_BETWEEN = float(os.environ.get("SECONDS_BETWEEN_ORDERS", "1"))
DISHES = ["soup", "pasta", "salad", "curry", "pie", "tacos"]
KITCHEN = {"source": {"topic": "orders", "from": "earliest"}, "visibility_timeout": "10s",
           "max_receives": 3, "dead_letter": "kitchen-burnt"}


def call(method: str, path: str, body: dict, key: str | None = None) -> dict:
    """One request, repeated until the broker has answered it."""
    request = urllib.request.Request(BROKER + path, json.dumps(body).encode(), {"Content-Type": "application/json"},
                                     method=method)
    if key:
        request.add_header("Idempotency-Key", key)
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.load(response)
        except urllib.error.HTTPError as refused:
            if refused.code < 500:
                raise SystemExit(f"{method} {path}: {refused.read().decode()}") from refused
        except OSError as failed:
            print(f"{method} {path}: {failed}; again", flush=True)
        time.sleep(0.5)


def main() -> None:
    call("PUT", "/v1/topics/orders", {"partitions": 1})
    call("PUT", "/v1/queues/kitchen-burnt", {})
    call("PUT", "/v1/queues/kitchen", KITCHEN)
    for number in itertools.count(1):
        order = {"number": number, "dish": random.choice(DISHES), "burns": random.random() < 0.02}
        record = {"key": f"table-{random.randint(1, 6)}", "value": order}
        stored = call("POST", "/v1/topics/orders/records", record, key=str(uuid.uuid4()))
        print(f"order {number}: {order['dish']} is {stored['records'][0]['id']}", flush=True)
        time.sleep(SECONDS_BETWEEN)


if __name__ == "__main__":
    main()
