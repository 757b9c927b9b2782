#!/usr/bin/env python3
"""What a key could reach beyond its grants and quotas, each by a door of its own."""

import json
import unittest

from wire._keys import Key, KeyedCase

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
AMZ = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.SendMessage"}


class Borders(KeyedCase):
    def test_looking_on_at_a_topic_reads_its_records_and_needs_to_consume(self):
        self.given("PUT", "/v1/topics/secret", {})
        self.given("POST", "/v1/topics/secret/records", {"value": "of nobody's business"})
        onlooker, reader = self.key("inspect topic:secret"), self.key("inspect topic:secret", "consume topic:secret")
        path = "/v1/inspect?topic=secret"
        self.assertEqual(self.status(onlooker, "GET", path), 403)
        self.assertEqual(self.status(reader, "GET", path), 426)
        self.assertEqual(self.status(onlooker, "GET", "/v1/topics/secret"), 200)

    def test_a_conflict_names_only_queues_that_may_be_seen(self):
        self.given("PUT", "/v1/topics/read", {})
        for queue in ("mine", "hidden"):
            self.given("PUT", f"/v1/queues/{queue}", {"source": {"topic": "read"}})
        key = self.key("manage topic:read", "inspect queue:mine")
        answer = self.broker.call("DELETE", "/v1/topics/read", headers=key.headers)
        self.assertEqual(answer.status, 409)
        self.assertIn("mine and 1 that this key may not see", answer.json["detail"])
        self.assertNotIn("hidden", answer.body.decode())

    def test_a_ticket_opens_streams_only(self):
        ticket = self.broker.call("POST", "/v1/tickets", headers=self.admin.headers).json["ticket"]
        answer = self.broker.call("POST", f"/?Action=ListQueues&ticket={ticket}", headers={"Upgrade": "x", **FORM})
        self.assertEqual(answer.status, 403)

    def test_sqs_requests_that_cannot_be_read_are_charged(self):
        key = self.key("* *", requests_per_second=2)
        said = [self.broker.call("POST", "/", b"{bad", {**AMZ, **key.headers}).body for _ in range(30)]
        self.assertTrue(any(b"RequestThrottled" in body for body in said), said[-1])

    def test_nobody_moves_messages_past_what_may_be_stored(self):
        for queue in ("from", "to"):
            self.given("PUT", f"/v1/queues/{queue}", {})
        self.given("POST", "/v1/queues/from/messages", {"text": "x" * 2_000})
        key = self.key("* queue:*", stored_bytes=1)
        self.until_full(key)
        move = {"destination": "to"}
        answer = self.broker.call("POST", "/v1/queues/from/move", move, headers=key.headers)
        self.assertEqual((answer.status, answer.json["code"]), (429, "quota-exceeded"))
        arns = {"SourceArn": "arn:aws:sqs:us-east-1:000000000000:from", "DestinationArn": "arn:aws:sqs:us-east-1:000000000000:to"}
        answer = self.broker.call("POST", "/", json.dumps(arns).encode(),
                                  {**AMZ, "X-Amz-Target": "AmazonSQS.StartMessageMoveTask", **key.headers})
        self.assertIn(b"OverLimit", answer.body)

    def until_full(self, key) -> None:
        """Quotas of what is stored are looked at every second."""
        for _ in range(2_000):
            if self.status(key, "POST", "/v1/queues/from/messages", {"text": "more"}) == 429:
                return
        self.fail("the quota does not hold")

    def test_a_namespace_without_a_name_is_not_the_whole_broker(self):
        answer = self.broker.call("POST", "/v1/keys", {"id": "open", "allow": ["* *"], "namespace": ""}, headers=self.admin.headers)
        self.assertEqual((answer.status, answer.json["detail"]), (400, "A namespace has a name."))
        broken = self.file.keys["broken"] = Key("broken", ("* *",), namespace='""')
        self.file.write()
        del self.file.keys["broken"]
        self.addCleanup(self.reload)
        self.broker.reload()
        self.broker.until_logged("a namespace has 1 to 64")
        self.assertEqual(self.status(broken, "GET", "/v1/topics"), 401)


if __name__ == "__main__":
    unittest.main()
