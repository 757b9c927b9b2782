#!/usr/bin/env python3
"""kill -9 in the middle of work: what was answered is there again, what was acked is not."""

import unittest

from wire._broker import Broker


class Restart(unittest.TestCase):
    def setUp(self):
        self.broker = Broker()
        self.addCleanup(self.broker.remove)
        self.broker.start()

    def ask(self, method, path, body=None, status=200):
        answer = self.broker.call(method, path, body)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json

    def restart(self):
        self.broker.kill()
        self.broker.start()

    def test_topics_records_and_offsets(self):
        self.ask("PUT", "/v1/topics/orders", {"partitions": 3, "retention": {"time": "3d"}}, 201)
        ids = []
        for i in range(50):
            ids += [r["id"] for r in self.ask("POST", "/v1/topics/orders/records",
                                              {"records": [{"key": str(i), "value": {"n": i}}, {"text": f"t{i}"}]})["records"]]
        before = self.ask("GET", "/v1/topics/orders/records?limit=1000")["records"]
        page = self.ask("POST", "/v1/groups/g/poll", {"topics": ["orders"], "max": 30})
        self.ask("POST", "/v1/groups/g/commit", {"cursor": page["cursor"]})
        config = self.ask("GET", "/v1/topics/orders")
        self.restart()
        self.assertEqual(self.ask("GET", "/v1/topics/orders/records?limit=1000")["records"], before)
        self.assertEqual(sorted(r["id"] for r in before), sorted(ids))
        self.assertEqual(self.ask("GET", "/v1/topics/orders"), config)
        rest = self.ask("POST", "/v1/groups/g/poll", {"topics": ["orders"], "max": 1000})["records"]
        self.assertEqual(len(rest), 70)
        again = self.ask("GET", f"/v1/topics/orders/records?cursor={page['cursor'].split(':')[1]}&limit=1000")["records"]
        self.assertEqual(again, rest, "cursors outlive the broker")

    def test_queues_keep_every_state(self):
        self.ask("PUT", "/v1/queues/work", {"visibility_timeout": "10m"}, 201)
        self.ask("POST", "/v1/queues/work/messages", {"messages": [{"value": i} for i in range(10)]})
        self.ask("POST", "/v1/queues/work/messages", {"value": "later", "delay": "1h"})
        held = self.ask("POST", "/v1/queues/work/receive", {"max": 6})["messages"]
        self.ask("POST", "/v1/queues/work/ack", {"receipts": [m["receipt"] for m in held[:3]]})
        self.ask("POST", "/v1/queues/work/nack", {"items": [{"receipt": held[3]["receipt"], "dead": True}]})
        # A synced answer that came after the others makes them durable too.
        self.ask("POST", "/v1/queues/work/messages", {"value": "last"})
        before = self.ask("GET", "/v1/queues/work")["messages"]
        self.assertEqual(before, {"ready": 5, "in_flight": 2, "delayed": 1, "blocked": 0, "dead": 1})
        self.restart()
        self.assertEqual(self.ask("GET", "/v1/queues/work")["messages"], before)
        results = self.ask("POST", "/v1/queues/work/ack", {"receipts": [m["receipt"] for m in held]})["results"]
        self.assertEqual(results[:3] + results[4:], ["already"] * 3 + ["acked"] * 2)
        rest = self.ask("POST", "/v1/queues/work/receive", {"max": 100})["messages"]
        self.assertEqual([m["value"] for m in rest], [6, 7, 8, 9, "last"])

    def test_three_kills_in_a_row_lose_nothing(self):
        self.ask("PUT", "/v1/queues/q", {}, 201)
        for round_number in range(3):
            for i in range(20):
                self.ask("POST", "/v1/queues/q/messages", {"value": [round_number, i]})
            self.restart()
        got = self.ask("POST", "/v1/queues/q/receive", {"max": 1000})["messages"]
        self.assertEqual([m["value"] for m in got], [[r, i] for r in range(3) for i in range(20)])


if __name__ == "__main__":
    unittest.main()
