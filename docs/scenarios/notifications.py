#!/usr/bin/env python3
"""A thousand notifications, ten workers, and then: "please send all of yesterday's again".

    python3 docs/scenarios/notifications.py [--svg FILE]

The queue remembers acked messages for two days (`retain_acked`), so sending again is a replay by time. The
workers are SQS workers (boto3). What was sent yesterday bears yesterday's timestamp.
"""

import asyncio
import json
import threading
import time
from datetime import datetime, timedelta, timezone

from stage import BROKER, ask, check, cleaned_up, options, say, sqs, until
from picture import Bar, Picture
import twofold

YESTERDAYS, TODAYS, WORKERS = 600, 400, 10
MAIL_SECONDS = 0.003
QUEUE = "demo-notify-mails"
NOW = datetime.now(timezone.utc)
TODAY = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
YESTERDAY = TODAY - timedelta(days=1)


async def send_all() -> None:
    """The application. Two requests; each is stored as a whole, or not at all."""
    def mail(number: int, at: datetime) -> twofold.NewRecord:
        return {"value": {"mail": number, "to": f"user{number}@example.org"}, "timestamp": at.isoformat()}

    async with twofold.connect(BROKER, client="application") as application:
        await application.send(QUEUE, [mail(n, YESTERDAY + timedelta(minutes=2 * n)) for n in range(YESTERDAYS)])
        await application.send(QUEUE, [mail(YESTERDAYS + n, NOW) for n in range(TODAYS)])


class Office:
    """Ten workers on one queue, and a list of what each of them has delivered."""

    def __init__(self) -> None:
        self.client = sqs()
        self.queue = self.client.get_queue_url(QueueName=QUEUE)["QueueUrl"]
        self.began, self.bars, self.delivered = time.monotonic(), [], []

    def work(self, worker: str, wanted: int, again: bool) -> None:
        """Receive up to ten, deliver them, delete them, until all are delivered."""
        while len(self.delivered) < wanted:
            start = time.monotonic() - self.began
            answer = self.client.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            messages = answer.get("Messages", [])
            if not messages:
                continue
            mails = [json.loads(message["Body"])["mail"] for message in messages]
            time.sleep(MAIL_SECONDS * len(mails))
            self.client.delete_message_batch(QueueUrl=self.queue, Entries=[
                {"Id": message["MessageId"], "ReceiptHandle": message["ReceiptHandle"]} for message in messages])
            self.delivered += [(worker, mail) for mail in mails]
            look = "d" if again else "a" if mails[0] < YESTERDAYS else "b"
            self.bars.append(Bar(worker, start, time.monotonic() - self.began, look))

    def deliver(self, wanted: int, again: bool = False) -> list[int]:
        """Everything that waits, by all workers; the mails' numbers, sorted."""
        self.delivered = []
        workers = [threading.Thread(target=self.work, args=(f"worker {n + 1}", wanted, again)) for n in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return sorted(mail for _, mail in self.delivered)


def replay_yesterday() -> dict:
    """First how many that would be, then for real. It runs in the broker; whoever asks can watch it."""
    wanted = {"from": YESTERDAY.isoformat(), "to": TODAY.isoformat()}
    trial = ask("POST", f"/v1/queues/{QUEUE}/replay", {**wanted, "dry_run": True})
    say(f"       a dry run finds {trial['matched']} messages of {YESTERDAY:%A}, and changes nothing")
    started = ask("POST", f"/v1/queues/{QUEUE}/replay", wanted)
    return until("the replay has ended", lambda: (one := ask("GET", started["href"]))["status"] != "running" and one)


def main() -> None:
    chosen = options(__doc__)
    everything = list(range(YESTERDAYS + TODAYS))
    with cleaned_up("demo-notify-"):
        ask("PUT", f"/v1/queues/{QUEUE}", {"retain_acked": "48h", "visibility_timeout": "60s"})
        asyncio.run(send_all())
        say(f"{len(everything)} notifications wait, {YESTERDAYS} of yesterday and {TODAYS} of today. {WORKERS} workers begin.")
        office = Office()
        check(office.deliver(wanted=len(everything)) == everything, f"all {len(everything)} were delivered, each once")
        shares = [sum(name == worker for name, _ in office.delivered) for worker in {name for name, _ in office.delivered}]
        check(len(shares) == WORKERS, f"every worker had its share: {min(shares)} to {max(shares)}")

        say('"The mail server lost everything of yesterday. Send it again, please."')
        operation = replay_yesterday()
        check(operation["status"] == "completed" and operation["matched"] == YESTERDAYS, f"{YESTERDAYS} messages are ready again")
        check(office.deliver(wanted=YESTERDAYS, again=True) == everything[:YESTERDAYS],
              "all of yesterday's were delivered once more, and none of today's")
        left = ask("GET", f"/v1/queues/{QUEUE}")["messages"]
        check(not any(left.values()), "nothing is left")
        draw(office.bars, chosen.svg)


def draw(bars: list[Bar], file: str | None) -> None:
    picture = Picture("1,000 notifications by ten workers, then yesterday's once more")
    picture.legend(a="of yesterday", b="of today", d="of yesterday, replayed")
    picture.lanes(bars, names=[f"worker {n + 1}" for n in range(WORKERS)])
    picture.save(file)


if __name__ == "__main__":
    main()
