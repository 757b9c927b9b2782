#!/usr/bin/env python3
"""Three times what the broker can do, for as long as you like: what it still does, what it refuses, and who still gets through.

    bench/overload/run.py [--seconds 300] [--times 3] [--memory 256MiB] [--clients 4000]

1. What it can do: `twofold bench publish`, 64 connections, 10 records of 4 KiB in a request.
2. `--times` as many such requests a second, open loop: each is due at its moment, whether others were answered or not, and is
   sent by whichever of `--clients` connections is free. Latency counts from when it was due. A refusal is not repeated.
3. All the while one worker receives and acks, and asks /livez, on connections of its own.

Prints the rows of docs/benchmarks.md. Nothing here passes or fails, except that a broker that dies ends the run.
Starts TWOFOLD_BIN (build/release/twofold) with an empty directory under TMPDIR. The generator takes the machine's other cores.
"""

import argparse
import collections
import http.client
import json
import pathlib
import selectors
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from _measured import Measured, load, raise_open_files, share, started

RECORDS, RECORD_BYTES = 10, 4096
GENERATORS = 2
BODY = json.dumps({"records": [{"text": "x" * RECORD_BYTES}] * RECORDS}).encode()
REQUEST = (b"POST /v1/topics/flood/records HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
           % len(BODY)) + BODY


class Client:
    """One connection, one request at a time."""

    def __init__(self, port: int):
        self.port, self.socket, self.busy = port, None, False

    def send(self, due: float, poll: selectors.BaseSelector) -> None:
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=5)
            self.socket.setblocking(False)
            poll.register(self.socket, selectors.EVENT_READ, self)
        self.due, self.sent, self.said, self.busy = due, 0, b"", True
        self.push(poll)

    def push(self, poll: selectors.BaseSelector) -> None:
        try:
            self.sent += self.socket.send(memoryview(REQUEST)[self.sent:])
        except BlockingIOError:
            pass
        except OSError:
            self.sent = len(REQUEST)  # refused in the middle: the answer says so, or the end
        both = selectors.EVENT_READ | selectors.EVENT_WRITE
        poll.modify(self.socket, both if self.sent < len(REQUEST) else selectors.EVENT_READ, self)

    def take(self, poll: selectors.BaseSelector):
        """Status and Retry-After when the answer is whole, None before; 0 for an end without one."""
        try:
            part = self.socket.recv(65536)
        except BlockingIOError:
            return None
        except OSError:
            part = b""
        self.said += part
        head, end, body = self.said.partition(b"\r\n\r\n")
        if not part and not end:
            self.close(poll)
            return 0, 0
        if not end:
            return None
        fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if part and len(body) < int(fields[b"Content-Length"]):
            return None
        if fields.get(b"Connection") == b"close" or not part:
            self.close(poll)
        return int(head.split(b" ", 2)[1]), int(fields.get(b"Retry-After", b"0"))

    def close(self, poll: selectors.BaseSelector) -> None:
        poll.unregister(self.socket)
        self.socket.close()
        self.socket = None


def generate(port: int, rate: float, seconds: float, clients: int) -> None:
    """One process of the generator; its counts are a line of JSON."""
    raise_open_files(clients + 100)
    poll, free = selectors.EpollSelector(), [Client(port) for _ in range(clients)]
    began = time.monotonic()
    due, done, latencies, waits, no_client = began, collections.Counter(), [], [], 0
    busy = 0
    while (now := time.monotonic()) < began + seconds or (busy > 0 and now < began + seconds + 20):
        while due <= now and due < began + seconds:
            if free:
                client = free.pop()
                try:
                    client.send(due, poll)
                    busy += 1
                except OSError:
                    client.socket = None
                    free.append(client)
                    done["no connection"] += 1
            else:
                no_client += 1
            due += 1 / rate
        for key, events in poll.select(max(0.0, min(due - time.monotonic(), 0.05)) if due < began + seconds else 0.05):
            client = key.data
            if events & selectors.EVENT_WRITE:
                client.push(poll)
            if not events & selectors.EVENT_READ:
                continue
            if not client.busy:  # closed, after a while without a request
                client.close(poll)
                continue
            answer = client.take(poll)
            if answer is None:
                continue
            client.busy = False
            status, retry_after = answer
            done[str(status)] += 1
            if status == 200:
                latencies.append(time.monotonic() - client.due)
            elif status in (429, 503, 507):
                waits.append(retry_after)
            busy -= 1
            free.append(client)
    done["unanswered"] = busy
    print(json.dumps({"done": done, "latencies": latencies[:200_000], "retry_after": waits[:200_000], "no_client": no_client}))


class Worker(threading.Thread):
    """Receives and acks what waits in a queue, 20 times a second: how long each ack and /livez takes."""

    def __init__(self, port: int):
        super().__init__(daemon=True)
        self.port, self.acks, self.receives, self.alive, self.refused, self.stop = port, [], [], [], collections.Counter(), False

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self.stop:
            messages = self.timed(connection, "POST", "/v1/queues/work/receive", {"max": 1}, self.receives)
            if messages and messages["messages"]:
                self.timed(connection, "POST", "/v1/queues/work/ack", {"receipts": [messages["messages"][0]["receipt"]]}, self.acks)
            self.timed(connection, "GET", "/livez", None, self.alive)
            time.sleep(0.05)

    def timed(self, connection, method: str, path: str, body, times: list):
        began = time.monotonic()
        try:
            connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.refused[f"{path}: {error}"] += 1
            connection.close()
            return None
        times.append(time.monotonic() - began)
        if answer.status != 200:
            self.refused[f"{path}: {answer.status}"] += 1
            return None
        return json.loads(text) if path != "/livez" else None


def watch(broker: Measured, peaks: list, stop: threading.Event) -> None:
    while not stop.wait(0.2):
        peaks.append(broker.memory_bytes("RssAnon"))


def ms(times: list) -> str:
    return f"p50 {share(times, .5) * 1000:.1f}, p99 {share(times, .99) * 1000:.1f}, max {max(times, default=0) * 1000:.0f} ms"


def measure(broker: Measured, options) -> None:
    broker.ask("PUT", "/v1/topics/flood", {"retention": {"bytes": "256MiB"}})
    broker.ask("PUT", "/v1/queues/work", {})
    for _ in range(20):
        broker.ask("POST", "/v1/queues/work/messages", {"messages": [{"value": n} for n in range(1000)]})
    print(f"load before {load()}")
    calm = Worker(broker.port)
    calm.start()
    time.sleep(3)
    calm.stop = True
    calm.join()
    print(f"nothing else: ack {ms(calm.acks)}; receive {ms(calm.receives)}; /livez {ms(calm.alive)}")
    able = broker.bench("publish", "-c", "64", "-b", str(RECORDS), "--size", str(RECORD_BYTES) + "B", "-d", "8s")
    peak = able["results"][0]["messages_per_second"]
    print(f"it can do {peak:,.0f} records/s ({peak * RECORD_BYTES / 2**20:.0f} MiB/s), p99 {able['results'][0]['latency_ms']['p99']:.1f} ms; "
          f"device sync p50 {able['device_sync']['p50_ms']:.2f}, p99 {able['device_sync']['p99_ms']:.2f} ms")
    rate = options.times * peak / RECORDS
    peaks, over, worker = [], threading.Event(), Worker(broker.port)
    watcher = threading.Thread(target=watch, args=(broker, peaks, over))
    watcher.start()
    worker.start()
    with open(f"/proc/{broker.process.pid}/stat") as stat:
        cpu = sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13]))
    words = [sys.executable, __file__, "--generate", str(broker.port), str(rate / GENERATORS), str(options.seconds), str(options.clients // GENERATORS)]
    parts = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(GENERATORS)]
    results = [json.loads(part.communicate()[0]) for part in parts]
    with open(f"/proc/{broker.process.pid}/stat") as stat:
        cpu = (sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13])) - cpu) / 100
    over.set()
    watcher.join()
    worker.stop = True
    worker.join()
    if broker.process.poll() is not None:
        raise SystemExit("the broker is dead")
    done = sum((collections.Counter(one["done"]) for one in results), collections.Counter())
    latencies, waits = sum((one["latencies"] for one in results), []), sum((one["retry_after"] for one in results), [])
    good = done["200"] * RECORDS / options.seconds
    print(f"offered {rate * RECORDS:,.0f} records/s for {options.seconds} s: {good:,.0f}/s taken, {good / peak:.0%} of what it can do; {ms(latencies)}")
    print(f"requests by status: {dict(done)}; not sent, for all clients were waiting: {sum(one['no_client'] for one in results)}")
    print(f"Retry-After: {dict(sorted(collections.Counter(waits).items()))} s")
    print(f"memory {max(peaks) / 2**20:.0f} MiB at most, limits.memory {options.memory}; server CPU {cpu / options.seconds:.2f} cores")
    print(f"meanwhile: ack {ms(worker.acks)}; receive {ms(worker.receives)}; /livez {ms(worker.alive)}; refused {dict(worker.refused)}")
    print(f"load after {load()}")
    status, _ = broker.ask("POST", "/v1/topics/flood/records", {"value": 1})
    print(f"the next publish: {status}")


def main() -> None:
    if sys.argv[1:2] == ["--generate"]:
        port, rate, seconds, clients = sys.argv[2:]
        return generate(int(port), float(rate), float(seconds), int(clients))
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=300)
    options.add_argument("--times", type=float, default=3)
    options.add_argument("--memory", default="256MiB")
    options.add_argument("--clients", type=int, default=4000)
    chosen = options.parse_args()
    raise_open_files(chosen.clients + 200)
    with started(Measured(f"limits.memory={chosen.memory}")) as broker:
        measure(broker, chosen)


if __name__ == "__main__":
    main()
