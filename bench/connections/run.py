#!/usr/bin/env python3
"""What a connection costs that nobody speaks on: resident bytes of the broker for each of many, plain and over TLS.

    bench/connections/run.py [--count 15000] [--tls-only | --plain-only]

Three states are measured: opened (and the handshake done), after one small request each, and after one request each with a body
and an answer of 60 KB. Memory is what /proc says the process has itself (RssAnon), before and after, divided by their number.
Raises the limit of open files, for itself and for the broker. Starts TWOFOLD_BIN (build/release/twofold) under TMPDIR.
Targets: 10 KiB for a plain connection, 40 KiB for one over TLS.
"""

import argparse
import json
import pathlib
import socket
import ssl
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from _measured import Measured, load, raise_open_files, started

SMALL = b"GET /v1/topics/t HTTP/1.1\r\nHost: localhost\r\n\r\n"
BODY = json.dumps({"text": "x" * 60_000}).encode()
LARGE = (b"POST /v1/topics/t/records HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY)) + BODY
READ = b"GET /v1/topics/t/records?from=earliest&limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"


def opened(broker: Measured, context) -> socket.socket:
    # Addresses of the loopback net, for one has too few ports.
    opened.number += 1
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    # Else the end of each body waits 40 ms for an acknowledgement: ten minutes for 15,000.
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    plain.bind((f"127.0.0.{2 + opened.number % 8}", 0))
    plain.connect(("127.0.0.1", broker.port))
    return context.wrap_socket(plain, server_hostname="localhost") if context else plain


opened.number = 0


def answered(connection) -> None:
    said = b""
    while b"\r\n\r\n" not in said:
        part = connection.recv(65536)
        if not part:
            raise SystemExit(f"closed: {said!r}")
        said += part
    head, _, body = said.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise SystemExit(head.decode())
    left = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0]) - len(body)
    while left > 0:
        left -= len(connection.recv(65536))


def measure(count: int, secure: bool) -> None:
    broker = Measured(f"limits.connections={count + 1000}", "http.idle_timeout=1h")
    broker = broker.with_tls() if secure else broker
    with started(broker):
        broker.ask("PUT", "/v1/topics/t", {})
        for _ in range(20):
            broker.ask("POST", "/v1/topics/t/records", {"text": "x" * 60_000})
        context = ssl.create_default_context(cafile=str(broker.ca)) if secure else None
        time.sleep(1)
        before, began, load_before = broker.memory_bytes("RssAnon"), time.monotonic(), load()
        each = lambda: (broker.memory_bytes("RssAnon") - before) / count / 1024
        connections = [opened(broker, context) for _ in range(count)]
        took = time.monotonic() - began
        time.sleep(2)
        idle = each()
        for connection in connections:
            connection.sendall(SMALL)
            answered(connection)
        time.sleep(2)
        small = each()
        for connection in connections:
            for request in (LARGE, READ):
                connection.sendall(request)
                answered(connection)
        time.sleep(2)
        print(f"{count} {'over TLS' if secure else 'plain'}: {idle:.1f} KiB each, {small:.1f} KiB after a small request, {each():.1f} KiB after "
              f"60 KB in and out; opened at {count / took:,.0f}/s; the broker {broker.memory_bytes() / 2**20:.0f} MiB in all; load {load_before}")
        for connection in connections:
            connection.close()
        time.sleep(3)
        print(f"  all closed: {broker.memory_bytes() / 2**20:.0f} MiB, {before / 2**20:.0f} MiB before")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=15_000)
    options.add_argument("--tls-only", action="store_true")
    options.add_argument("--plain-only", action="store_true")
    chosen = options.parse_args()
    allowed = raise_open_files(2 * chosen.count)
    if allowed < chosen.count + 500:
        raise SystemExit(f"only {allowed} files may be open here; as root: ulimit -n {2 * chosen.count}")
    for secure in (False, True):
        if not (chosen.tls_only if not secure else chosen.plain_only):
            measure(chosen.count, secure)


if __name__ == "__main__":
    main()
