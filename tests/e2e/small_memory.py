#!/usr/bin/env python3
"""Half a gibibyte for the whole broker, and clients that want far more: it refuses in its own words, and is never killed.

Nobody has told it how much there is: it reads the limit of its control group. 10,000 connections, 96 that publish 8 MB at a
time, 300 that ask for large pages and read none of them, 200 streams that do the same, and strangers' frames that never end.
TWOFOLD_CROWD and TWOFOLD_WRITERS change the numbers.
"""

import collections
import json
import os
import pathlib
import resource
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from e2e._memory_group import MemoryGroup, NoController
from wire import _broker
from wire._broker import Broker
from wire._stream import RawStream

MEMORY = 512 << 20
CONNECTIONS = 10_000
BUSY_BYTES = 4_000  # of the one request that each of them makes
REFUSALS = {413, 429, 503, 507}
SECONDS = 15
CROWD = int(os.environ.get("TWOFOLD_CROWD", "300"))  # and two thirds as many streams
WRITERS = int(os.environ.get("TWOFOLD_WRITERS", "96"))
WRITING_THREADS = 4
OWN_BYTES_MAX = 460 << 20  # of the process itself, without pages of files


class Confined(Broker):
    def start(self, group: MemoryGroup) -> None:
        original = subprocess.Popen
        _broker.subprocess.Popen = lambda *words, **options: original(*words, preexec_fn=group.enter, **options)
        try:
            super().start()
        finally:
            _broker.subprocess.Popen = original

    def open(self, number: int = 0) -> socket.socket:
        connection = socket.socket()
        connection.settimeout(30)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.bind((f"127.0.0.{2 + number % 8}", 0))
        connection.connect(("127.0.0.1", self.port))
        return connection


def request(method: str, path: str, body: bytes = b"") -> bytes:
    return (f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


def answer_of(connection: socket.socket) -> tuple[int, bytes, bytes]:
    """The next answer, which is read to its end: status, head and body; 0 when there is none."""
    said = b""
    try:
        while b"\r\n\r\n" not in said:
            part = connection.recv(65536)
            if not part:
                return 0, b"", b""
            said += part
        head, _, body = said.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(body) < length:
            part = connection.recv(65536)
            if not part:
                return 0, b"", b""
            body += part
        return int(head.split(b" ")[1]), head, body
    except (OSError, IndexError):
        return 0, b"", b""


def status_of(connection: socket.socket) -> int:
    return answer_of(connection)[0]


class SmallMemory(unittest.TestCase):
    def setUp(self) -> None:
        try:
            self.group = MemoryGroup(MEMORY)
        except NoController as missing:
            print(f"SKIPPED: nothing can be confined here: {missing}", flush=True)
            self.skipTest(str(missing))
        self.addCleanup(self.group.remove)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(16_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
        self.broker = Confined(f"limits.connections={CONNECTIONS + 2_000}")
        self.addCleanup(self.broker.remove)
        self.broker.start(self.group)
        self.assertIn('"group_bytes":"536870912"', self.broker.log().replace(" ", ""))
        self.said, self.lock, self.over = collections.Counter(), threading.Lock(), threading.Event()
        self.pages = collections.Counter()
        self.acknowledged, self.own_bytes = 0, 0

    def note(self, status: int, head: bytes, body: bytes) -> None:
        with self.lock:
            self.said[status] += 1
            if status == 200:
                self.acknowledged = max(self.acknowledged, *(record["offset"] for record in json.loads(body)["records"]))
            elif status == 503:
                self.assertIn(b"\r\nRetry-After: ", head)

    def publish_without_pause(self, body: bytes) -> None:
        """Many at once from one thread: all are sent before the first is answered."""
        connections = [self.broker.open() for _ in range(WRITERS // WRITING_THREADS)]
        while not self.over.is_set():
            for i, connection in enumerate(connections):
                try:
                    connection.sendall(request("POST", "/v1/topics/large/records", body))
                except OSError:
                    pass
            for i, connection in enumerate(connections):
                status, head, said = answer_of(connection)
                self.note(status, head, said)
                if status != 200:
                    connection.close()
                    connections[i] = self.broker.open()
        for connection in connections:
            connection.close()

    def ask_and_never_read(self) -> list:
        crowd = [self.broker.open() for _ in range(CROWD)]
        for connection in crowd:
            connection.sendall(request("GET", "/v1/topics/large/records?from=earliest&bytes=4194304") * 8)
        return crowd

    def subscribe_and_never_read(self) -> list:
        crowd = [RawStream(self.broker.port) for _ in range(CROWD * 2 // 3)]
        for stream in crowd:
            stream.text('{"type":"hello"}')
            stream.text('{"type":"subscribe","sub":1,"topic":"large","from":"earliest"}')
        return crowd

    def announce_and_never_end(self) -> list:
        """Frames of 8 MB of which only a little comes."""
        crowd = [RawStream(self.broker.port) for _ in range(CROWD // 3)]
        for stream in crowd:
            stream.text('{"type":"hello"}')
            stream.send(struct.pack(">BBQ", 0x81, 0xFF, 8_000_000) + bytes(60_000))
        return crowd

    def look(self) -> None:
        """Whoever reads a page gets one, or is told when to come again."""
        answer = self.broker.call("GET", "/v1/topics/large/records?from=earliest&limit=1")
        self.assertIn(answer.status, (200, 503))
        if answer.status == 503:
            self.assertIn("retry-after", answer.headers)
        self.pages[answer.status] += 1

    def work(self) -> None:
        """For those who take messages out there is always room."""
        for line in pathlib.Path(f"/proc/{self.broker.process.pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                self.own_bytes = max(self.own_bytes, int(line.split()[1]) << 10)
        self.assertEqual(self.group.kills(), 0, "the kernel has ended it for want of memory")
        self.assertEqual(self.broker.call("POST", "/v1/queues/work/receive", {"max": 1}).status, 200)
        self.assertEqual(self.broker.call("GET", "/livez").status, 200)

    def test_it_refuses_and_lives(self):
        for path in ("/v1/topics/large", "/v1/topics/small", "/v1/queues/work"):
            self.assertEqual(self.broker.call("PUT", path, {}).status, 201)
        crowd = [self.broker.open(n) for n in range(CONNECTIONS)]
        small = json.dumps({"text": "x" * BUSY_BYTES}).encode()
        for begin in range(0, CONNECTIONS, 100):
            for connection in crowd[begin:begin + 100]:
                connection.sendall(request("POST", "/v1/topics/small/records", small))
            for connection in crowd[begin:begin + 100]:
                self.assertIn(status_of(connection), {200} | REFUSALS)
        self.work()
        large = json.dumps({"records": [{"text": "x" * 1_000_000}] * 8}).encode()
        writers = [threading.Thread(target=self.publish_without_pause, args=(large,)) for _ in range(WRITING_THREADS)]
        for writer in writers:
            writer.start()
        unread = self.ask_and_never_read()
        streams = self.subscribe_and_never_read() + self.announce_and_never_end()
        try:
            began = time.monotonic()
            while time.monotonic() - began < SECONDS:
                self.work()
                self.look()
                time.sleep(0.1)
        finally:
            self.over.set()
            for writer in writers:
                writer.join(60)
        print(f"  publishes {dict(self.said)}, pages {dict(self.pages)}; at most {self.own_bytes >> 20} MiB of its own, "
              f"{self.group.peak_bytes() >> 20} MiB in the group", file=sys.stderr)
        self.assertGreater(self.said[200], 0)
        self.assertLess(self.own_bytes, OWN_BYTES_MAX)
        self.assertLessEqual({status for status in self.said if status}, {200} | REFUSALS)
        for connection in (*unread, *crowd):
            connection.close()
        for stream in streams:
            stream.socket.close()
        self.assertEqual(self.broker.call("POST", "/v1/topics/small/records", {"value": 1}).status, 200)
        self.all_that_was_acknowledged_is_there()
        self.broker.kill()
        self.broker.start(self.group)
        self.all_that_was_acknowledged_is_there()
        self.assertEqual(self.broker.stop(), 0)

    def all_that_was_acknowledged_is_there(self) -> None:
        [partition] = self.broker.call("GET", "/v1/topics/large/offsets").json["partitions"]
        self.assertEqual(partition["start"], 0)
        self.assertGreater(partition["end"], self.acknowledged)
        self.assertGreaterEqual(partition["end"], 8 * self.said[200])
        for offset in {0, self.acknowledged // 2, self.acknowledged}:
            record = self.broker.call("GET", f"/v1/topics/large/records/0/{offset}")
            self.assertEqual(record.status, 200, record.body[:300])
            self.assertEqual(record.json["text"], "x" * 1_000_000)


class FewFiles(unittest.TestCase):
    """Out of file descriptors: those who are there go on, the others wait or are turned away, and then all is as before."""

    FILES = 300

    def test_accepting_pauses_and_goes_on(self):
        broker = Broker("limits.connections=10000")
        original = subprocess.Popen
        limited = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (self.FILES, self.FILES))
        _broker.subprocess.Popen = lambda *words, **options: original(*words, preexec_fn=limited, **options)
        self.addCleanup(broker.remove)
        try:
            broker.start()
        finally:
            _broker.subprocess.Popen = original
        kept = broker.connect()
        self.assertEqual(broker.call("PUT", "/v1/queues/q", {}, connection=kept).status, 201)
        crowd = []
        for _ in range(2 * self.FILES):
            connection = socket.create_connection(("127.0.0.1", broker.port), timeout=0.5)
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            crowd.append(connection)
        seen = collections.Counter(status_of(connection) for connection in crowd[:20] + crowd[-20:])
        self.assertLessEqual(set(seen), {0, 200, 503})
        self.assertGreater(seen[200], 0)
        began, cpu = time.monotonic(), self.cpu_seconds(broker)
        while time.monotonic() - began < 2:  # one who was there before works on, and needs no new file for it
            self.assertEqual(broker.call("POST", "/v1/queues/q/messages", {"value": 1}, connection=kept).status, 200)
            [message] = broker.call("POST", "/v1/queues/q/receive", {"max": 1}, connection=kept).json["messages"]
            broker.call("POST", "/v1/queues/q/ack", {"receipts": [message["receipt"]]}, connection=kept)
            time.sleep(0.02)
        self.assertLess(self.cpu_seconds(broker) - cpu, 1, "it spins")
        for connection in crowd:
            connection.close()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                if broker.call("GET", "/readyz").status == 200:
                    break
            except OSError:
                pass
        self.assertEqual(broker.call("POST", "/v1/queues/q/messages", {"value": 2}).status, 200)
        self.assertEqual(broker.stop(), 0)

    @staticmethod
    def cpu_seconds(broker: Broker) -> float:
        words = pathlib.Path(f"/proc/{broker.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    unittest.main()
