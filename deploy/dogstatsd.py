#!/usr/bin/env python3
"""Tells an agent that speaks DogStatsD (Datadog, or another with tags) what the broker's /metrics says.

    twofold generate dogstatsd > dogstatsd.py
    python3 dogstatsd.py --url http://127.0.0.1:8080 --agent 127.0.0.1:8125 --every 15

A counter is sent as how much it grew since the page before, which begins with the second page; a gauge as it is; of a
histogram its count and its sum, as counters. Labels become tags: twofold.queue_messages:3|g|#queue:kitchen,state:ready.
A key that asks for `inspect *` is read from TWOFOLD_TOKEN; for TLS of your own authority name it in SSL_CERT_FILE.
Needs Python 3.9 and nothing else.
"""

import argparse
import os
import re
import socket
import sys
import time
import urllib.request

SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)",?')
DATAGRAM_BYTES_MAX = 1432  # what passes any network in one piece


def read_page(url: str) -> str:
    request = urllib.request.Request(url.rstrip("/") + "/metrics")
    if token := os.environ.get("TWOFOLD_TOKEN"):
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def samples(page: str):
    """(name, tags, value, whether it counts) of each line that is one."""
    kinds = {}
    for line in page.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:4]
            kinds[name] = kind
        found = SAMPLE.match(line)
        if not found or line.startswith("#"):
            continue
        name, labels, value = found.groups()
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        in_histogram = name not in kinds and kinds.get(family) == "histogram"
        if in_histogram and name.endswith("_bucket"):
            continue
        tags = ",".join(f"{label}:{clean(text)}" for label, text in LABEL.findall(labels or ""))
        yield name, tags, float(value), in_histogram or kinds.get(name) == "counter"


def clean(text: str) -> str:
    """What stands between tags, or ends a line, cannot be in one."""
    return re.sub(r'[,|#\s\\"]', "_", text)


def datagrams(page: str, before: dict):
    """Lines for the agent, as many in each datagram as fit. `before` holds the counters, and is brought up to date."""
    began = bool(before)
    waiting = ""
    for name, tags, value, counts in samples(page):
        if counts:
            grown = value - before.get((name, tags), 0.0)
            before[name, tags] = value
            if not began or grown == 0:
                continue
            value = grown if grown > 0 else value  # smaller than before: the broker has begun anew
        metric = re.sub(r"^(twofold|process)_", r"\1.", name)
        line = f"{metric}:{value:.15g}|{'c' if counts else 'g'}" + (f"|#{tags}" if tags else "")
        if waiting and len(waiting) + 1 + len(line) > DATAGRAM_BYTES_MAX:
            yield waiting.encode()
            waiting = ""
        waiting += ("\n" if waiting else "") + line
    if waiting:
        yield waiting.encode()


def main() -> None:
    options = argparse.ArgumentParser(description="Sends what /metrics says to an agent that speaks DogStatsD.")
    options.add_argument("--url", default="http://127.0.0.1:8080", help="the broker (%(default)s)")
    options.add_argument("--agent", default="127.0.0.1:8125", help="where the agent listens for UDP (%(default)s)")
    options.add_argument("--every", type=float, default=15, metavar="SECONDS", help="(%(default)s)")
    given = options.parse_args()
    host, _, port = given.agent.rpartition(":")
    family, _, _, _, address = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_DGRAM)[0]
    agent = socket.socket(family, socket.SOCK_DGRAM)
    before: dict = {}
    while True:
        try:
            for datagram in datagrams(read_page(given.url), before):
                agent.sendto(datagram, address)
        except OSError as error:
            print(f"dogstatsd: {given.url} or {given.agent}: {error}; trying again", file=sys.stderr, flush=True)
        time.sleep(given.every)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
