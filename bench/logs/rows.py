#!/usr/bin/env python3
"""Rows about logs that no single load shows: what one part of the broker does to another.

    bench/logs/rows.py [partitions] [attach] [backfill] [retention] [compaction]  (all of them without a name)

partitions  10,000 partitions with trickle traffic: memory, and time from start to ready
attach      a queue attached at offset 0 of a long topic: first message, and what it does to producers
backfill    publish latency alone, and while four readers go through the whole topic again and again
retention   publish latency alone, and while retention deletes as much as arrives
compaction  publish latency alone, while another topic is filled, and while that one is compacted, too

Starts the program in TWOFOLD_BIN (build/release/twofold) on a free port of 127.0.0.1 with an empty data
directory under TMPDIR, one broker a row. Nothing here passes or fails; it prints figures.
"""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM = os.environ.get("TWOFOLD_BIN", "build/release/twofold")
READY_SECONDS_MAX = 60
RECORDS = int(os.environ.get("RECORDS", 10_000_000))
SECONDS = 10


class Broker:
    def __init__(self, *settings: str):
        self.settings = settings
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="twofold-rows-"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def start(self) -> float:
        begin = time.monotonic()
        words = [word for one in self.settings for word in ("--set", one)]
        self.process = subprocess.Popen([PROGRAM, "serve", "--http", f"127.0.0.1:{self.port}", "--data", str(self.folder / "data"),
                                         "--set", "storage.allow_volatile=true", *words],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while time.monotonic() - begin < READY_SECONDS_MAX:
            with contextlib.suppress(OSError):
                if self.ask("GET", "/readyz")[0] == 200:
                    return time.monotonic() - begin
            time.sleep(0.002)
        raise SystemExit("the broker did not become ready")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, method: str, path: str, body=None, connection=None):
        connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, text

    def resident_mib(self) -> float:
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024

    def bench(self, *words: str) -> dict:
        run = subprocess.run([PROGRAM, "bench", "-s", f"http://127.0.0.1:{self.port}", "--server-pid", str(self.process.pid), "--json",
                              *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
        return json.loads(run.stdout)


@contextlib.contextmanager
def broker(*settings: str):
    it = Broker(*settings)
    it.start()
    try:
        yield it
    finally:
        it.remove()


def fill(it: Broker, topic: str, records: int) -> None:
    """Batches of a thousand by four writers: this is not what is measured."""
    body = json.dumps({"records": [{"value": "x" * 100}] * 1000, "durability": "os"})

    def write(share: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", it.port, timeout=60)
        for _ in range(share // 1000):
            connection.request("POST", f"/v1/topics/{topic}/records", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            if answer.status != 200:
                raise SystemExit(answer.read())
            answer.read()

    writers = [threading.Thread(target=write, args=(records // 4,)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()


def publish_row(it: Broker) -> tuple[float, float, float]:
    """Messages a second and p50, p99 in ms of single publishes at a fixed rate."""
    result = it.bench("publish", "-c", "16", "--rate", "1000/s", "-d", f"{SECONDS}s", "--warmup", "1s")["results"][0]
    return result["messages_per_second"], result["latency_ms"]["p50"], result["latency_ms"]["p99"]


def partitions() -> None:
    with broker() as it:
        empty = it.resident_mib()
        it.ask("PUT", "/v1/topics/many", {"partitions": 10_000})
        connection = http.client.HTTPConnection("127.0.0.1", it.port, timeout=60)
        begin, sent = time.monotonic(), 0
        while time.monotonic() - begin < SECONDS:
            for _ in range(100):
                it.ask("POST", "/v1/topics/many/records", {"value": sent, "partition": sent * 7919 % 10_000}, connection)
                sent += 1
            time.sleep(max(0.0, begin + sent / 2000 - time.monotonic()))
        busy = it.resident_mib()
        it.kill()
        ready = it.start()
        print(f"10,000 partitions, {sent / SECONDS:.0f} messages/s: {busy:.0f} MiB ({empty:.0f} empty); "
              f"ready {ready:.2f} s after kill -9 with {it.resident_mib():.0f} MiB")


def attach() -> None:
    with broker() as it:
        it.ask("PUT", "/v1/topics/long", {"partitions": 1})
        fill(it, "long", RECORDS)
        alone = publish_row(it)
        firsts = []
        for i in range(10):
            connection = http.client.HTTPConnection("127.0.0.1", it.port, timeout=60)
            it.ask("GET", "/livez", None, connection)
            begin = time.monotonic()
            it.ask("PUT", f"/v1/queues/q{i}", {"source": {"topic": "long", "from": "earliest"}}, connection)
            status, text = it.ask("POST", f"/v1/queues/q{i}/receive", {"wait": "5s"}, connection)
            firsts.append((time.monotonic() - begin) * 1000)
            assert status == 200 and json.loads(text)["messages"][0]["id"] == "0-0", text
        beside = publish_row(it)
        print(f"attach at offset 0 of {RECORDS} records: first message after {sorted(firsts)[5]:.1f} ms (worst {max(firsts):.1f}); "
              f"publish p50/p99 {alone[1]:.2f}/{alone[2]:.2f} ms before, {beside[1]:.2f}/{beside[2]:.2f} ms with ten attached")


def read_again_and_again(it: Broker, topic: str, stop: threading.Event, read: list) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", it.port, timeout=60)
    place = "from=earliest"
    while not stop.is_set():
        connection.request("GET", f"/v1/topics/{topic}/records?{place}&bytes=1048576", None, {"Accept": "application/x-ndjson"})
        answer = connection.getresponse()
        read.append(len(answer.read()))
        done = answer.headers["Twofold-Caught-Up"] == "true"
        place = "from=earliest" if done else f"cursor={answer.headers['Twofold-Cursor']}"


def backfill() -> None:
    with broker() as it:
        it.ask("PUT", "/v1/topics/long", {"partitions": 1})
        fill(it, "long", RECORDS // 2)
        alone = publish_row(it)
        stop, read = threading.Event(), []
        readers = [threading.Thread(target=read_again_and_again, args=(it, "long", stop, read)) for _ in range(2)]
        for reader in readers:
            reader.start()
        beside = publish_row(it)
        stop.set()
        for reader in readers:
            reader.join()
        print(f"publish 1000/s: p50/p99 {alone[1]:.2f}/{alone[2]:.2f} ms alone, {beside[1]:.2f}/{beside[2]:.2f} ms beside "
              f"backfill readers at {sum(read) / (SECONDS + 1) / 1e6:.0f} MB/s")


def retention() -> None:
    with broker() as it:
        it.ask("PUT", "/v1/topics/short", {"partitions": 4, "retention": {"bytes": "64MiB"}})
        alone = publish_row(it)
        stop = threading.Event()

        def churn() -> None:
            while not stop.is_set():
                fill(it, "short", 40_000)

        churner = threading.Thread(target=churn)
        churner.start()
        time.sleep(5)
        beside = publish_row(it)
        stop.set()
        churner.join()
        kept = json.loads(it.ask("GET", "/v1/topics/short")[1])
        print(f"publish 1000/s: p50/p99 {alone[1]:.2f}/{alone[2]:.2f} ms alone, {beside[1]:.2f}/{beside[2]:.2f} ms while another topic "
              f"is filled and cut to size; it keeps {kept['bytes'] >> 20} MiB")


def compaction() -> None:
    """Half a million keys, so that the dirty part is cleaned again and again, in one pass each."""
    with broker() as it:
        alone = publish_row(it)
        rows = []
        for cleanup in ("delete", "compact"):
            topic = f"keyed-{cleanup}"
            it.ask("PUT", f"/v1/topics/{topic}", {"partitions": 1, "cleanup": cleanup, "compaction": {"max_lag": "2s"}})
            stop = threading.Event()

            def churn() -> None:
                connection, key = http.client.HTTPConnection("127.0.0.1", it.port, timeout=60), 0
                while not stop.is_set():
                    records = [{"key": str((key + i) * 7919 % 500_000), "value": "x" * 100} for i in range(1000)]
                    it.ask("POST", f"/v1/topics/{topic}/records", {"records": records, "durability": "os"}, connection)
                    key += 1000

            churner = threading.Thread(target=churn)
            churner.start()
            time.sleep(5)
            rows.append(publish_row(it))
            stop.set()
            churner.join()
        text = it.ask("GET", "/metrics")[1].decode()
        numbers = dict(line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        print(f"publish 1000/s: p50/p99 {alone[1]:.2f}/{alone[2]:.2f} ms alone, {rows[0][1]:.2f}/{rows[0][2]:.2f} ms while another topic is "
              f"filled, {rows[1][1]:.2f}/{rows[1][2]:.2f} ms while it is compacted as well: {numbers['twofold_cleanings_total']} cleanings, "
              f"{int(numbers['twofold_cleaned_read_bytes_total']) >> 20} MiB read, {int(numbers['twofold_cleaned_written_bytes_total']) >> 20} MiB "
              f"written, {numbers['twofold_cleaned_records_total']} records dropped")


if __name__ == "__main__":
    rows = {"partitions": partitions, "attach": attach, "backfill": backfill, "retention": retention,
            "compaction": compaction}
    for name in sys.argv[1:] or rows:
        rows[name]()
