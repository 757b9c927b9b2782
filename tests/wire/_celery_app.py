"""The tasks of sqs_celery_test.py, and the way a delay is left to the queue (docs/clients/celery.md)."""

import math
import os
import pathlib
import time
from datetime import datetime, timedelta, timezone

from celery import Celery
from celery.signals import before_task_publish

FOLDER = pathlib.Path(os.environ["FOLDER"])
QUEUE = os.environ["QUEUE"]

app = Celery("story", broker=os.environ["BROKER"])
app.conf.update(
    task_default_queue=QUEUE,
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "region": "us-east-1",
        "visibility_timeout": int(os.environ["VISIBILITY_SECONDS"]),
        "wait_time_seconds": 1,
        "polling_interval": 0,
    },
)


DELAY_SECONDS_MAX = 900


@before_task_publish.connect
def wait_in_the_queue(headers=None, properties=None, **_):
    if headers.get("eta"):
        left = datetime.fromisoformat(headers["eta"]) - datetime.now(timezone.utc)
        properties["DelaySeconds"] = min(max(0, math.ceil(left.total_seconds())), DELAY_SECONDS_MAX)


def write(what: str) -> None:
    with (FOLDER / "journal").open("a") as journal:
        journal.write(f"{what} {os.getpid()} {time.time()}\n")


@app.task
def note(what):
    write(what)


@app.task(bind=True, max_retries=5)
def stubborn(self, failures):
    if self.request.retries < failures:
        write("failed")
        raise self.retry(countdown=1)
    write("succeeded")


@app.task
def hang_once():
    write("begun")
    hung = FOLDER / "hung"
    if not hung.exists():
        hung.touch()
        signal_that_never_comes()
    write("done")


def signal_that_never_comes():
    while True:
        time.sleep(1)
