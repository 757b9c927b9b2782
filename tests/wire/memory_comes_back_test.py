#!/usr/bin/env python3
"""A crowd of connections has gone: what they took goes back to the system, which has other programs to feed."""

import socket
import ssl
import time
import unittest

from wire._tls import SecureCase, read_answer, resident_kib

COUNT = 1_500
BODY_BYTES = 60_000
SECONDS_MAX = 30
POST = (b"POST /v1/topics/nothing/records HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n" % BODY_BYTES) + b" " * BODY_BYTES


class MemoryComesBack(SecureCase):
    settings = ("http.idle_timeout=1h",)

    def resident(self) -> int:
        return resident_kib(self.broker.process.pid)

    def ticks(self) -> int:
        for line in self.call("GET", "/metrics?name[]=event_loop_lag").body.decode().splitlines():
            if line.startswith('twofold_event_loop_lag_seconds_count{thread="io-0"}'):
                return int(line.split()[1])
        raise AssertionError("no such metric")

    def until_looked_at(self) -> None:
        """The broker looks at how many there are as often as at its clock."""
        first, deadline = self.ticks(), time.monotonic() + SECONDS_MAX
        while self.ticks() < first + 3:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def one(self) -> ssl.SSLSocket:
        connection = self.broker.open(seconds=SECONDS_MAX)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(POST)
        self.assertRegex(read_answer(connection), b"^HTTP/1.1 400 ")
        return connection

    def test_after_a_crowd_over_tls_has_left(self):
        for _ in range(50):
            self.one().close()
        before = self.resident()
        crowd = [self.one() for _ in range(COUNT)]
        self.until_looked_at()
        grown = self.resident() - before
        self.assertGreater(grown, 20 * 1024, "else there is nothing to give back")
        for connection in crowd:
            connection.close()
        deadline = time.monotonic() + SECONDS_MAX
        while (left := self.resident() - before) > grown / 3:
            self.assertLess(time.monotonic(), deadline, f"{left} KiB of {grown} are still there")
            time.sleep(0.2)


if __name__ == "__main__":
    unittest.main()
