#!/usr/bin/env python3
"""The services of ledger.py, each a process of its own that can be told where to die.

    ledger_service.py till      FOLDER [STEP]    writes bills down, publishes them as pending
    ledger_service.py processor FOLDER [STEP]    pending -> processing
    ledger_service.py settler   FOLDER [STEP]    processing -> settled
    ledger_service.py account   FOLDER [STEP]    adds settled bills to a balance

With a STEP it does four bills and kills itself (SIGKILL) at that step of the fifth: nothing is tidied up.
"""

import http.client
import json
import os
import pathlib
import signal
import sqlite3
import sys
from urllib.parse import urlsplit

from stage import BROKER, sqs

BILLS, DONE_BEFORE_DEATH = 30, 4
PREFIX = "demo-ledger-"
TOPIC = PREFIX + "ledger"


class Death:
    """Called at every step; kills the process at the chosen one."""

    def __init__(self, chosen: str | None):
        self.chosen, self.done = chosen, 0

    def __call__(self, step: str) -> None:
        if step == self.chosen and self.done == DONE_BEFORE_DEATH:
            os.kill(os.getpid(), signal.SIGKILL)


class Line:
    """One kept connection to the broker, on which a request can be sent without waiting for its answer."""

    def __init__(self, death: Death):
        self.connection, self.death = http.client.HTTPConnection(urlsplit(BROKER).netloc, timeout=60), death

    def post(self, path: str, body: dict, step: str) -> dict:
        """`step` is when the request has gone out, and nobody knows yet what becomes of it."""
        self.connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        self.death(step)
        answer = self.connection.getresponse()
        return {"status": answer.status, **json.loads(answer.read())}


def till(folder: pathlib.Path, death: Death) -> None:
    """Produce, flush, commit. A bill is first in the till's own database; then it is published, with its number; and only
    behind the broker's answer it is ticked off. What is not ticked off is sent again, and stored once: by its number."""
    outbox, line = sqlite3.connect(folder / "till.db"), Line(death)
    outbox.execute("create table if not exists bills (number integer primary key, is_stored integer default 0)")
    while True:
        for (number,) in outbox.execute("select number from bills where not is_stored order by number").fetchall():
            record = {"key": f"bill_{number}", "value": {"bill": number, "state": "pending", "cents": 1000 + number},
                      "producer": {"id": PREFIX + "till", "seq": number}}
            answer = line.post(f"/v1/topics/{TOPIC}/records", {"records": [record]}, "sent")  # produce, flush: on disk
            assert answer["status"] == 200, answer
            death("answered")
            with outbox:  # commit
                outbox.execute("update bills set is_stored = 1 where number = ?", [number])
            death("ticked off")
            death.done += 1
        (written,) = outbox.execute("select count(*) from bills").fetchone()
        if written == BILLS:
            return
        with outbox:
            outbox.execute("insert into bills (number) values (?)", [written])
        death("written down")


def advance(queue: str, state: str, death: Death) -> None:
    """Receive; commit the new state and the ack together: after a crash there are both, or neither."""
    line = Line(death)
    while True:
        answer = line.post(f"/v1/queues/{queue}/receive", {"max": 1, "wait": "20s", "visibility_timeout": "1s"}, "asked")
        for message in answer["messages"]:
            death("received")
            bill = {**message["value"], "state": state}
            answer = line.post("/v1/commit", {"publish": [{"topic": TOPIC, "records": [{"key": message["key"], "value": bill}]}],
                                              "ack": [{"queue": queue, "receipts": [message["receipt"]]}]}, "sent")
            # A stale receipt: somebody else has the bill by now. Forget the result, nothing was written.
            assert answer["status"] == 200 or answer["code"] == "stale-receipt", answer
            death("committed")
            death.done += 1


def account(folder: pathlib.Path, death: Death) -> None:
    """An idempotent consumer, over SQS. Its balance is in another database, which no commit of the broker covers; so it
    notes the bill beside the balance, in one transaction, and does nothing when it finds the bill noted."""
    books, client = sqlite3.connect(folder / "account.db"), sqs()
    books.execute("create table if not exists applied (bill integer primary key)")
    books.execute("create table if not exists balance (cents integer, deliveries integer)")
    queue = client.get_queue_url(QueueName=PREFIX + "account")["QueueUrl"]
    while True:
        answer = client.receive_message(QueueUrl=queue, WaitTimeSeconds=20, VisibilityTimeout=1)
        for message in answer.get("Messages", []):
            death("received")
            bill = json.loads(message["Body"])
            with books:
                is_new = books.execute("insert or ignore into applied values (?)", [bill["bill"]]).rowcount
                books.execute("insert into balance values (?, 1)", [bill["cents"] if is_new else 0])
            death("applied")
            client.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            death("deleted")
            death.done += 1


def main() -> None:
    role, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    death = Death(sys.argv[3] if len(sys.argv) > 3 else None)
    match role:
        case "till":
            till(folder, death)
        case "processor":
            advance(PREFIX + "pending", "processing", death)
        case "settler":
            advance(PREFIX + "processing", "settled", death)
        case "account":
            account(folder, death)


if __name__ == "__main__":
    main()
