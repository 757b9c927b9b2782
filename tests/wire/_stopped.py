"""Brokers that are told to stop while a test holds something of theirs."""

import signal
import time
import unittest

from wire._broker import Broker

STOP_SECONDS_MAX = 10  # what docker stop allows
HELD_FOR_LONG = {"visibility_timeout": "1h"}


class Stopped(unittest.TestCase):
    make_broker = Broker

    def start(self, *settings: str) -> Broker:
        broker = self.make_broker(*settings)
        self.addCleanup(broker.remove)
        broker.start()
        return broker

    def connect(self, broker: Broker):
        connection = broker.connect()
        self.addCleanup(connection.close)
        connection.connect()
        return connection

    def hold(self, broker: Broker, count: int, connection) -> list[str]:
        broker.call("PUT", "/v1/queues/work", HELD_FOR_LONG)
        broker.call("POST", "/v1/queues/work/messages", {"messages": [{"value": n} for n in range(count)]})
        messages = broker.call("POST", "/v1/queues/work/receive", {"max": count}, connection=connection).json["messages"]
        self.assertEqual(len(messages), count)
        return [m["receipt"] for m in messages]

    def tell_to_stop(self, broker: Broker) -> None:
        self.told = time.monotonic()
        broker.process.send_signal(signal.SIGTERM)
        broker.until_logged('"stopping"')

    def ends(self, broker: Broker) -> float:
        """How long the stop took."""
        self.assertEqual(broker.process.wait(30), 0, broker.log())
        return time.monotonic() - self.told

    def ack(self, broker: Broker, receipt: str, connection) -> None:
        answer = broker.call("POST", "/v1/queues/work/ack", {"receipts": [receipt]}, connection=connection)
        self.assertEqual(answer.json, {"results": ["acked"]})

    def messages_left(self, broker: Broker) -> int:
        broker.diag.close()
        broker.start()
        return sum(broker.call("GET", "/v1/queues/work").json["messages"].values())
