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

    def stopping(self, broker: Broker):
        """It is told to stop, and waits for the holder of a message: the connection of that one, where all else is refused."""
        broker.call("PUT", "/v1/queues/work", {"visibility_timeout": "1h"})
        broker.call("POST", "/v1/queues/work/messages", {"value": 1})
        worker = broker.connect()
        self.addCleanup(worker.close)
        broker.call("POST", "/v1/queues/work/receive", {}, connection=worker)
        broker.process.send_signal(signal.SIGTERM)
        broker.until_logged('"stopping"')
        return worker

    def test_the_first_line_says_how_safe_it_is(self):
        broker = self.start("storage.durability=os")
        first = json.loads(broker.log().splitlines()[0])
        self.assertEqual((first["msg"], first["durability"]), ("twofold starting", "os"))
        self.assertLessEqual({"version", "commit", "pid", "data"}, set(first))

    def test_who_is_refused_by_a_stopping_broker_can_be_found_by_his_request(self):
        broker = self.start()
        worker = self.stopping(broker)
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

    def test_a_client_that_goes_away_within_its_body_leaves_a_line(self):
        broker = self.start("log.level=debug")
        broker.raw(b"POST /v1/queues/work/messages?ticket=secret HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                   b"Content-Length: 99\r\n\r\n{", half_close=True)
        line, = self.lines(broker, "request ended within its body")
        self.assertEqual([line[name] for name in ("level", "method", "path", "from")], ["debug", "POST", "/v1/queues/work/messages", "127.0.0.1"])

    def test_a_request_in_a_storm_of_them_is_a_line_too(self):
        broker = self.start("log.level=debug")
        asked = [broker.call("GET", "/v1/topics").headers["twofold-request-id"] for _ in range(50)]
        broker.until_logged(asked[-1])
        told = {line["req_id"] for line in self.lines(broker, "request")}
        self.assertEqual([one for one in asked if one not in told], [], "ten lines a second were written")

    def test_a_request_that_could_not_be_read_is_a_line(self):
        broker = self.start("log.level=debug")
        answer = broker.raw(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        self.assertIn(b" 400 ", answer)
        line, = self.lines(broker, "head refused")
        self.assertIn(line["req_id"].encode(), answer)
        self.assertEqual((line["status"], line["from"]), ("400", "127.0.0.1"))

    def test_what_is_refused_by_sqs_has_its_code_and_its_action(self):
        broker = self.start("log.level=debug")
        broker.call("POST", "/", {"QueueUrl": "http://localhost/000000000000/none"},
                    {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.ReceiveMessage"})
        line, = [one for one in self.lines(broker, "request") if one["method"] == "POST"]
        self.assertEqual((line["op"], line["status"], line["code"]), ("ReceiveMessage", "400", "AWS.SimpleQueueService.NonExistentQueue"))

    def test_a_storm_of_refusals_is_counted_not_told_one_by_one(self):
        broker = self.start()
        worker = self.stopping(broker)
        for _ in range(200):
            self.assertEqual(broker.call("POST", "/v1/queues/work/messages", {"value": 2}, connection=worker).status, 503)
        worker.close()
        self.assertEqual(broker.process.wait(30), 0)
        told = len(self.lines(broker, "request refused"))
        counted = sum(int(line["count"]) for line in self.lines(broker, "more requests refused, not told one by one"))
        suppressed = [line for line in map(json.loads, broker.log().splitlines()) if "suppressed" in line]
        self.assertEqual(told + counted + sum(int(line["suppressed"]) for line in suppressed), 200, "what nobody is told of is counted")
        self.assertLess(told, 100)

    def test_with_debug_lines_a_storm_of_refusals_is_told_one_by_one(self):
        broker = self.start("log.level=debug")
        worker = self.stopping(broker)
        asked = [broker.call("POST", "/v1/queues/work/messages", {"value": 2}, connection=worker).headers["twofold-request-id"] for _ in range(50)]
        worker.close()
        self.assertEqual(broker.process.wait(30), 0)
        self.assertEqual([one for one in asked if one not in broker.log()], [])

    def test_one_component_says_more_while_the_others_say_less_and_a_reload_changes_that(self):
        broker = self.start()
        broker.stop()
        broker.config = '[log]\nlevel = "warn,http=debug"\n'
        said = len(broker.log())
        broker.start()
        broker.until_logged('"msg":"request"')
        self.assertNotIn('"level":"info"', broker.log()[said:])
        broker.write_config('[log]\nlevel = "info,http=error"\n')
        broker.reload()
        broker.until_logged('"what":"settings"')
        said = len(broker.log())
        broker.call("GET", "/v1/topics")
        broker.stop()
        self.assertNotIn('"comp":"http"', broker.log()[said:])

    def test_a_component_that_there_is_not_is_told_at_the_start(self):
        broker = Broker("log.level=info,htp=debug")
        self.addCleanup(broker.remove)
        with self.assertRaises(AssertionError) as failed:
            broker.start()
        self.assertIn("is not one of main|http|engine|queue|log|auth|otel", str(failed.exception))

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
