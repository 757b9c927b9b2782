#!/usr/bin/env python3
"""Head-of-line blocking: a slow job in a log holds up everything behind it; in a queue over the same log nothing else.

    python3 docs/scenarios/head_of_line.py [--slow 60s] [--svg FILE]

Twelve jobs lie in a topic of one partition; the second one takes as long as --slow says. A log reader and
an attached queue with four workers do the same jobs, at the same time.
"""

import asyncio
import time

from stage import BROKER, ask, check, cleaned_up, options, say
from picture import Bar, Picture
import twofold

JOBS = 12
SLOW_JOB, SAME_KEY = 1, 5  # job 5 has the key of the slow one: it must wait for it
QUICK_SECONDS = 0.1
TOPIC, QUEUE, GROUP = "demo-line-jobs", "demo-line-work", "demo-line-reader"


def key_of(job: int) -> str:
    return f"customer-{SLOW_JOB if job == SAME_KEY else job}"


class Diary:
    """Who did which job when."""

    def __init__(self, slow_seconds: float):
        self.began, self.slow_seconds, self.bars = time.monotonic(), slow_seconds, []

    async def do(self, who: str, job: int) -> None:
        start = time.monotonic() - self.began
        await asyncio.sleep(self.slow_seconds if job == SLOW_JOB else QUICK_SECONDS)
        look = "bad" if job == SLOW_JOB else "c" if job == SAME_KEY else "a"
        self.bars.append((job, Bar(who, start, time.monotonic() - self.began, look, str(job))))

    def finished(self, reader: str) -> dict[int, float]:
        return {job: bar.end for job, bar in self.bars if bar.lane.startswith(reader)}


async def read_as_a_log(client: twofold.Client, diary: Diary) -> None:
    """One reader of the partition: it goes on only behind what it has done."""
    async with client.subscribe(topic=TOPIC, group=GROUP, from_="earliest") as jobs:
        async for record in jobs:
            await diary.do("log reader", record.value["job"])
            await jobs.commit()
            if record.value["job"] == JOBS - 1:
                return


async def work_off_a_queue(client: twofold.Client, diary: Diary, worker: str, all_done: asyncio.Event) -> None:
    """One of several workers: a message at a time, whichever may go out next."""
    async with client.subscribe(queue=QUEUE, credit=1, visibility_timeout="5m") as jobs:
        async def take() -> None:
            async for message in jobs:
                await diary.do(worker, message.value["job"])
                await message.ack()
                if len(diary.finished("queue")) == JOBS:
                    all_done.set()
        taking = asyncio.create_task(take())
        await all_done.wait()
        taking.cancel()


async def do_all(slow_seconds: float) -> Diary:
    ask("PUT", f"/v1/topics/{TOPIC}", {"partitions": 1})
    ask("POST", f"/v1/topics/{TOPIC}/records",
        {"records": [{"key": key_of(job), "value": {"job": job}} for job in range(JOBS)]})
    ask("PUT", f"/v1/queues/{QUEUE}", {"source": {"topic": TOPIC, "from": "earliest"}, "order": "key"})
    say(f"{JOBS} jobs in one partition; job {SLOW_JOB} takes {slow_seconds:g} s, the others {QUICK_SECONDS} s.")
    all_done = asyncio.Event()
    async with twofold.connect(BROKER) as client:
        diary = Diary(slow_seconds)
        workers = [work_off_a_queue(client, diary, f"queue worker {n}", all_done) for n in (1, 2, 3, 4)]
        await asyncio.gather(read_as_a_log(client, diary), *workers)
    return diary


def main() -> None:
    chosen = options(__doc__, slow="60s")
    slow_seconds = float(chosen.slow.removesuffix("s"))
    with cleaned_up("demo-line-"):
        diary = asyncio.run(do_all(slow_seconds))
        log, queue = diary.finished("log"), diary.finished("queue")
        behind = [job for job in range(JOBS) if job > SLOW_JOB]
        free = [job for job in range(JOBS) if job not in (SLOW_JOB, SAME_KEY)]
        say(f"As a log:   job {JOBS - 1} was done after {log[JOBS - 1]:.2f} s.")
        say(f"As a queue: job {JOBS - 1} was done after {queue[JOBS - 1]:.2f} s.")
        check(len(log) == len(queue) == JOBS, f"both did all {JOBS} jobs")
        check(all(log[job] > slow_seconds for job in behind), f"as a log, all {len(behind)} jobs behind the slow one waited for it")
        check(all(queue[job] < log[SLOW_JOB] for job in free), f"as a queue, none of the other {len(free)} keys waited for it")
        check(queue[SAME_KEY] > queue[SLOW_JOB], "the job with the same key did wait: each key is still in order")
        draw(diary, slow_seconds, chosen.svg)


def draw(diary: Diary, slow_seconds: float, file: str | None) -> None:
    picture = Picture(f"One job of {slow_seconds:g} s among {JOBS}: read as a log, and as a queue")
    picture.legend(bad="the slow job", c="a job with the same key", a="the others")
    picture.lanes([bar for _, bar in diary.bars],
                  names=["log reader", *(f"queue worker {n}" for n in (1, 2, 3, 4))])
    picture.save(file)


if __name__ == "__main__":
    main()
