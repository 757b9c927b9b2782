#!/usr/bin/env python3
"""A stop is the same over TLS, with several threads, and in a namespace: what is held can be settled."""

import time
import unittest

from wire._broker import Broker
from wire._keys import EVERYTHING, Key, KeyFile
from wire._stopped import STOP_SECONDS_MAX, Stopped
from wire._tls import SecureBroker


class NamespaceBroker(Broker):
    """Asked with the key of a namespace."""

    def __init__(self, *settings: str):
        self.key = Key("red", EVERYTHING, namespace='"red"')
        super().__init__(f"auth.keys_file={KeyFile(self.key).path}", *settings)

    def call(self, method, path, body=None, headers=None, connection=None):
        return super().call(method, path, body, (headers or {}) | self.key.headers, connection)


def threads_broker(*settings: str) -> Broker:
    return Broker("server.threads=3", *settings)


class Stories:
    def start(self, *settings: str):
        broker = super().start(*settings)
        deadline = time.monotonic() + 30
        while broker.call("PUT", "/v1/topics/news", {}).status >= 300:  # a namespace is made after the start
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        return broker

    def test_all_that_is_held_is_acked_over_every_connection(self):
        broker = self.start()
        pool = [self.connect(broker) for _ in range(6)]  # on all threads
        for connection in pool:
            broker.call("GET", "/v1/queues", connection=connection)
        receipts = self.hold(broker, 12, pool[0])
        self.tell_to_stop(broker)
        for n, receipt in enumerate(receipts):
            self.ack(broker, receipt, pool[n % len(pool)])
        self.assertLess(self.ends(broker), STOP_SECONDS_MAX)
        self.assertEqual(self.messages_left(broker), 0)

    def test_what_was_read_is_committed_once_it_is_done(self):
        broker = self.start("server.settle_time=4s")
        broker.call("POST", "/v1/topics/news/records", {"records": [{"value": 1}]})
        idle, reader = self.connect(broker), self.connect(broker)
        broker.call("GET", "/v1/queues", connection=idle)
        broker.call("GET", "/v1/topics/news/records?from=earliest", connection=reader)
        self.tell_to_stop(broker)
        time.sleep(1.5)  # what it had to do
        answer = broker.call("POST", "/v1/groups/readers/commit", {"offsets": {"news": {"0": 1}}}, connection=reader)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertLess(self.ends(broker), 4)

    def test_who_holds_and_is_silent_delays_a_stop_no_longer_than_he_may(self):
        broker = self.start("server.settle_time=2s")
        self.hold(broker, 1, self.connect(broker))
        self.tell_to_stop(broker)
        took = self.ends(broker)
        self.assertGreaterEqual(took, 2)
        self.assertLess(took, 2 + 5)
        self.assertEqual(self.messages_left(broker), 1)

    def test_what_a_vanished_worker_holds_delays_nobody(self):
        broker = self.start("server.settle_time=1h", "server.shutdown_grace=1h")
        worker, idle = self.connect(broker), self.connect(broker)
        self.hold(broker, 1, worker)
        broker.call("GET", "/v1/queues", connection=idle)
        worker.close()
        self.tell_to_stop(broker)
        self.assertLess(self.ends(broker), STOP_SECONDS_MAX)


class OverTls(Stories, Stopped):
    make_broker = SecureBroker


class WithThreads(Stories, Stopped):
    make_broker = staticmethod(threads_broker)


class InANamespace(Stories, Stopped):
    make_broker = NamespaceBroker


if __name__ == "__main__":
    unittest.main()
