#!/usr/bin/env python3
"""What looking costs: how long one scrape of /metrics takes with many queues, and what scrapes do to the p99 of a queue's cycle.

    bench/scrape/run.py [--queues 10000] [--rounds 5] [--seconds 4]

The cycle (`twofold bench queue --rate`, far below what the broker can do) runs without scrapes and with one each second, by turns;
a row has the medians. The answer has the queues that `metrics.max_entities` allows, and all of them in the second row of scrapes.
Starts TWOFOLD_BIN (build/release/twofold) under TMPDIR. Target: a scrape below 50 ms, the same p99.
"""

import argparse
import concurrent.futures
import http.client
import pathlib
import statistics
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from _measured import Measured, load, started

MAKERS = 8
ANEW_SECONDS = 1.05  # sooner than that the broker writes what it went through for the page before


def make(broker: Measured, numbers: range) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", broker.port, timeout=60)
    for number in numbers:
        connection.request("PUT", f"/v1/queues/shop-{number}", "{}", {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status not in (200, 201):
            raise SystemExit(f"queue {number}: {answer.status}")


def scraped(broker: Measured) -> tuple[float, int]:
    began = time.perf_counter()
    status, text = broker.ask("GET", "/metrics")
    took = (time.perf_counter() - began) * 1e3
    if status != 200:
        raise SystemExit(f"/metrics: {status} {text!r}")
    return took, len(text)


def scrapes(broker: Measured, name: str, count: int) -> None:
    pages = []
    for _ in range(count):
        time.sleep(ANEW_SECONDS)
        pages.append(scraped(broker))
    took, sizes = zip(*pages)
    quantiles = statistics.quantiles(took, n=100, method="inclusive")
    print(f"| {name}, {count} scrapes of {sizes[-1] / 1024:,.0f} KiB: p50, p99, most | {quantiles[49]:.1f}, {quantiles[98]:.1f}, {max(took):.1f} ms |", flush=True)


def cycle(broker: Measured, seconds: int, scraping: bool) -> dict:
    ended = threading.Event()

    def each_second() -> None:
        while not ended.wait(1):
            scraped(broker)

    looks = threading.Thread(target=each_second)
    if scraping:
        looks.start()
    done = broker.bench("queue", "-c", "16", "--rate", "2000/s", "-d", f"{seconds}s", "--warmup", "500ms")["results"][0]
    ended.set()
    if scraping:
        looks.join()
    return done


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--queues", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=int, default=4)
    chosen = options.parse_args()
    print(f"load before {load()}\n| {chosen.queues:,} queues | |\n|---|---|")
    for settings in ((), (f"metrics.max_entities={chosen.queues + 10}",)):
        broker = Measured(*settings)
        with started(broker):
            with concurrent.futures.ThreadPoolExecutor(MAKERS) as makers:
                list(makers.map(lambda first: make(broker, range(first, chosen.queues, MAKERS)), range(MAKERS)))
            scrapes(broker, settings[0] if settings else "as it comes", 30)
            sides = {False: [], True: []}
            for _ in range(chosen.rounds):
                for scraping in sides:
                    sides[scraping].append(cycle(broker, chosen.seconds, scraping))
            for scraping, runs in sides.items():
                p50, p99 = (statistics.median(run["latency_ms"][which] for run in runs) for which in ("p50", "p99"))
                print(f"| cycle {'with a scrape each second' if scraping else 'without scrapes'}, p50, p99 | {p50:.2f}, {p99:.2f} ms |", flush=True)
    print(f"load after {load()}")


if __name__ == "__main__":
    main()
