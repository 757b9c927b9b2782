#!/usr/bin/env python3
"""The tournament: three times as many scores as the broker can take, for some seconds, and one reader that stands still.

    python3 docs/scenarios/tournament.py [--seconds 3] [--svg FILE]

Game servers send every score as a request of its own, with durability `memory`. A hundred times a second they look
how many were answered, and make three times as many new ones. What the connections do not take is dropped by
the game servers: of a player's scores only the newest counts anyhow. Three readers follow; analytics is stopped for a while.
"""

import json
import pathlib
import signal
import subprocess
import sys
import threading
import time
import urllib.request

from stage import BROKER, ask, check, cleaned_up, options, say, until
from picture import Picture
from tournament_load import BODY, SERVERS, TIMES, Tournament
from tournament_reader import PREFIX, QUEUE, TOPIC

MEMORY_MAX = 96 << 20  # how much the broker may grow meanwhile
READERS = ["leaderboard", "counters", "analytics"]


class Watch:
    """Looks at everything ten times a second: the readers, the broker's memory, and whether it answers."""

    def __init__(self, tournament: Tournament):
        self.tournament = tournament
        self.totals = {reader: {"seen": 0} for reader in READERS}
        self.processes = {reader: self.start(reader) for reader in READERS}
        self.seen = {name: [(0.0, 0.0)] for name in ["offered", "stored", *READERS]}
        self.memory: list[tuple[float, float]] = []
        self.slowest_seconds, self.is_over = 0.0, threading.Event()
        until("the readers are there", lambda: all("sum" in total for total in self.totals.values()))
        self.looking = threading.Thread(target=self.look)
        self.began = time.monotonic()
        self.looking.start()

    def start(self, reader: str) -> subprocess.Popen:
        script = pathlib.Path(__file__).with_name("tournament_reader.py")
        process = subprocess.Popen([sys.executable, str(script), reader], stdout=subprocess.PIPE, text=True)

        def listen() -> None:
            for line in process.stdout:
                self.totals[reader] = json.loads(line)
        threading.Thread(target=listen, daemon=True).start()
        return process

    def look(self) -> None:
        while not self.is_over.wait(0.1):
            now = time.monotonic() - self.began
            self.memory.append((now, memory_of_the_broker()))
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - self.began - now)
            self.seen["offered"].append((now, self.tournament.offered))
            self.seen["stored"].append((now, self.tournament.stored()))
            for reader in READERS:
                self.seen[reader].append((now, self.totals[reader]["seen"]))

    def stop(self) -> None:
        self.is_over.set()
        self.looking.join()
        for process in self.processes.values():
            process.kill()
            process.wait()


def memory_of_the_broker() -> int:
    """In bytes, as /metrics says."""
    with urllib.request.urlopen(f"{BROKER}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return int(float(next(line for line in lines if line.startswith("process_resident_memory_bytes")).split()[1]))


def play_and_watch(seconds: float) -> tuple[Tournament, Watch]:
    ask("PUT", f"/v1/topics/{TOPIC}", {"partitions": 4, "durability": "memory"})
    ask("PUT", f"/v1/queues/{QUEUE}", {"source": {"topic": TOPIC, "from": "earliest"}})
    tournament = Tournament()
    watch = Watch(tournament)
    analytics = watch.processes["analytics"]
    stopping = threading.Timer(seconds / 6, lambda: analytics.send_signal(signal.SIGSTOP))
    stopping.start()
    try:
        tournament.play(seconds)
        stored = tournament.stored()
        say(f"       in {time.monotonic() - watch.began:.1f} s {tournament.offered} scores were made, {stored} stored so far,"
            f" {tournament.dropped} dropped by the game servers")
        check(tournament.offered >= 0.9 * TIMES * stored, f"the load was {tournament.offered / stored:.1f} times what the broker took")
        tournament.wait_for_the_rest()
        others = [reader for reader in READERS if reader != "analytics"]
        until("the others have everything", lambda: all(watch.totals[one]["seen"] >= tournament.stored() for one in others))
        say(f"       the leaderboard and the counters have everything, analytics stands still at {watch.totals['analytics']['seen']}")
        check(watch.totals["analytics"]["seen"] < tournament.stored(), "one reader that stops holds up no other")
        analytics.send_signal(signal.SIGCONT)
        until("analytics has everything", lambda: watch.totals["analytics"]["seen"] >= tournament.stored())
    finally:
        stopping.cancel()
        watch.stop()
    return tournament, watch


def main() -> None:
    chosen = options(__doc__, seconds="3")
    with cleaned_up(PREFIX):
        say(f"{SERVERS} game servers, {len(READERS)} readers, durability memory.")
        tournament, watch = play_and_watch(float(chosen.seconds))
        stored, refused = tournament.stored(), sum(server.refused for server in tournament.servers)
        check(stored == ask("GET", f"/v1/topics/{TOPIC}")["records"], f"{stored} scores were stored, {refused} refused")
        check(len({tuple(total.values()) for total in watch.totals.values()}) == 1 and watch.totals["counters"]["seen"] == stored,
              "all three readers have all of them, and the same sum")
        grown = max(bytes for _, bytes in watch.memory) - watch.memory[0][1]
        check(grown < MEMORY_MAX, f"the broker's memory grew by {grown >> 20} MiB, for {stored * len(BODY) >> 20} MiB of scores")
        check(watch.slowest_seconds < 5, f"and it answered all along, after {watch.slowest_seconds * 1000:.0f} ms at the slowest")
        draw(watch, chosen.svg)


def draw(watch: Watch, file: str | None) -> None:
    top = max(amount for _, amount in watch.seen["offered"])
    picture = Picture("Three times more scores than the broker takes, and analytics stopped for a while")
    picture.legend(bad="offered", d="stored", a="leaderboard", b="counters", c="analytics")
    picture.chart(dict(zip(["bad", "d", "a", "b", "c"], watch.seen.values())), 150, top, "")
    picture.subtitle("The broker's memory")
    picture.y += 12
    memory = [(at, size / (1 << 20)) for at, size in watch.memory]
    picture.chart({"a": memory}, 60, 2 * max(size for _, size in memory), "MiB")
    picture.save(file)


if __name__ == "__main__":
    main()
