#!/usr/bin/env python3
"""What the log says of requests and messages: of what was refused always, of all of them with log.level=debug."""

import json
import signal
import unittest

from wire._broker import Broker


class LogLines(unittest.TestCase):
    def start(self, *settings: str) -> Broker:
        broker = Broker("log.format=json", *settings)
        self.addCleanup(broker.remove)
        broker.start()
        return broker

    def lines(self, broker: Broker, message: str, times: int = 1) -> list[dict]:
        broker.until_logged(f'"msg":"{message}"', times)
        return [line for line in map(json.loads, broker.log().splitlines()) if line["msg"] == message]

    def test_the_first_line_says_how_safe_it_is(self):
        broker = self.start("storage.durability=os")
        first = json.loads(broker.log().splitlines()[0])
        self.assertEqual((first["msg"], first["durability"]), ("twofold starting", "os"))
        self.assertLessEqual({"version", "commit", "pid", "data"}, set(first))

    def test_who_is_refused_by_a_stopping_broker_can_be_found_by_his_request(self):
        broker = self.start()
        broker.call("PUT", "/v1/queues/work", {})
        broker.call("POST", "/v1/queues/work/messages", {"value": 1})
        worker = broker.connect()
        self.addCleanup(worker.close)
        broker.call("POST", "/v1/queues/work/receive", {}, connection=worker)
        broker.process.send_signal(signal.SIGTERM)
        broker.until_logged('"stopping"')
        refused = broker.call("POST", "/v1/queues/work/messages", {"value": 2}, connection=worker)
        self.assertEqual(refused.status, 503, refused.body)
        line, = self.lines(broker, "request refused")
        self.assertEqual([line[name] for name in ("level", "req_id", "method", "path", "status", "code", "from")],
                         ["warn", refused.headers["twofold-request-id"], "POST", "/v1/queues/work/messages", "503", "draining", "127.0.0.1"])

    def test_debug_tells_of_every_request_and_no_secret_of_it(self):
        broker = self.start("log.level=debug")
        answer = broker.call("GET", "/v1/topics?ticket=secret")
        broker.until_logged(answer.headers["twofold-request-id"])
        line, = [one for one in self.lines(broker, "request") if one["req_id"] == answer.headers["twofold-request-id"]]
        self.assertEqual((line["level"], line["path"], line["status"]), ("debug", "/v1/topics", str(answer.status)))
        self.assertNotIn("secret", broker.log())

    def test_by_default_what_is_healthy_is_silent(self):
        broker = self.start()
        broker.call("GET", "/v1/topics")
        broker.call("GET", "/v1/topics/none")
        broker.stop()
        self.assertNotIn('"comp":"http"', broker.log())

    def test_a_message_that_dies_is_told_of(self):
        broker = self.start()
        broker.call("PUT", "/v1/queues/burnt", {})
        broker.call("PUT", "/v1/queues/kitchen", {"max_receives": 1, "dead_letter": "burnt"})
        broker.call("POST", "/v1/queues/kitchen/messages", {"value": 1})
        got = broker.call("POST", "/v1/queues/kitchen/receive", {}).json["messages"][0]
        broker.call("POST", "/v1/queues/kitchen/nack", {"items": [{"receipt": got["receipt"]}]})
        line, = self.lines(broker, "dead-lettered")
        self.assertEqual((line["message"], line["receives"], line["to"]), ("kitchen:0-0", "1", "burnt"))


if __name__ == "__main__":
    unittest.main()
