#!/usr/bin/env python3
"""How many topics and queues there may be: past that nothing new comes, and what there is goes on."""

import unittest

from wire._sqs import RawCase

MOST = 3


class Names(RawCase):
    settings = (f"limits.names={MOST}",)

    def too_many(self, path: str, body=None) -> dict:
        return self.refused("PUT", path, body, status=429, code="too-many-names")

    def test_names_do_not_grow_without_a_bound(self):
        self.ask("PUT", "/v1/topics/orders", {"partitions": 4}, status=201)
        self.ask("PUT", "/v1/queues/mail", {}, status=201)
        self.ask("PUT", "/v1/queues/billing", {"source": {"topic": "orders", "from": "earliest"}}, status=201)

        problem = self.too_many("/v1/queues/more", {})
        self.assertFalse(problem["retryable"], "clients would come back for ever")
        self.assertIn("limits.names", problem["hint"])
        self.assertIn("3 topics and queues", problem["detail"])
        self.too_many("/v1/topics/more", {})
        self.too_many("/v1/topics/more?dry_run=true", {})
        self.refused("GET", "/v1/queues/more", status=404, code="queue-not-found")
        self.refused("GET", "/v1/topics/more", status=404, code="topic-not-found")

        # Amazon's SDKs try throttled calls again, and this one would not fare better.
        self.sqs_refused("CreateQueue", "OverLimit", status=403, QueueName="more")
        self.sqs("CreateQueue", QueueName="mail")

        # What there is goes on: it is found when it is made again, changed, written and read.
        self.ask("PUT", "/v1/queues/mail", {})
        self.ask("PATCH", "/v1/queues/mail", {"visibility_timeout": "1m"})
        self.ask("POST", "/v1/topics/orders/records", {"value": 1})
        self.ask("POST", "/v1/queues/mail/messages", {"value": 2})
        self.assertEqual(len(self.ask("POST", "/v1/queues/billing/receive", {"wait": "5s"})["messages"]), 1)

        # In another namespace, too: memory is the same.
        self.ask("PUT", "/v1/namespaces/red", status=201)
        self.refused("PUT", "/v1/queues/mail", {}, status=429, code="too-many-names", headers={"Twofold-Namespace": "red"})

        # Names that went make room, and a start counts what it finds.
        self.ask("DELETE", "/v1/queues/mail")
        self.ask("PUT", "/v1/queues/mail", {}, status=201, headers={"Twofold-Namespace": "red"})
        self.broker.stop()
        self.broker.start()
        self.too_many("/v1/queues/more", {})

    def test_a_lowered_bound_keeps_nothing_from_starting(self):
        names = [f"q{n}" for n in range(MOST)]
        for name in names:
            self.ask("PUT", f"/v1/queues/{name}", {}, status=201)
        self.broker.stop()
        self.broker.settings = ("limits.names=1",)
        self.broker.start()
        self.assertEqual([q["name"] for q in self.ask("GET", "/v1/queues")["items"]], names)
        self.too_many("/v1/queues/more", {})

    def setUp(self):
        self.broker.remove()
        self.broker.__init__(*self.settings)
        self.broker.start()


if __name__ == "__main__":
    unittest.main()
