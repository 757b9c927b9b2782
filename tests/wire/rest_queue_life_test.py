#!/usr/bin/env python3
"""A message's life: sent, received, hidden, extended, given back, dead, acked, purged."""

import time
import unittest

from wire._broker import WireCase


class QueueLife(WireCase):
    def queue(self, name: str, **config) -> None:
        self.ask("PUT", f"/v1/queues/{name}", config, status=201)

    def send(self, name: str, *values) -> list:
        return self.ask("POST", f"/v1/queues/{name}/messages",
                        {"messages": [{"value": value} for value in values]})["messages"]

    def receive(self, name: str, **request) -> list:
        return self.ask("POST", f"/v1/queues/{name}/receive", request)["messages"]

    def results(self, name: str, verb: str, body) -> list:
        return self.ask("POST", f"/v1/queues/{name}/{verb}", body)["results"]

    def counts(self, name: str) -> dict:
        return self.ask("GET", f"/v1/queues/{name}")["messages"]

    def test_send_receive_ack(self):
        self.queue("simple")
        sent = self.send("simple", "a", "b", "c")
        self.assertEqual([m["id"] for m in sent], ["0-0", "0-1", "0-2"])
        messages = self.receive("simple", max=10)
        self.assertEqual([m["value"] for m in messages], ["a", "b", "c"])
        self.assertTrue(all(m["receive_count"] == 1 for m in messages))
        self.assertEqual(self.counts("simple")["in_flight"], 3)
        receipts = [m["receipt"] for m in messages]
        self.assertEqual(self.results("simple", "ack", {"receipts": receipts[:2]}), ["acked", "acked"])
        self.assertEqual(self.results("simple", "ack", {"receipts": receipts + ["r1.forged"]}),
                         ["already", "already", "acked", "unknown"])
        self.assertEqual(self.counts("simple"), {"ready": 0, "in_flight": 0, "delayed": 0, "blocked": 0, "dead": 0})

    def test_the_shorthand_body_and_an_empty_one(self):
        self.queue("short")
        self.call("POST", "/v1/queues/short/messages", b'{"text":"hi","headers":{"a":"b"}}',
                  headers={"Content-Type": "application/x-www-form-urlencoded"})
        answer = self.ask("POST", "/v1/queues/short/receive")
        self.assertEqual(answer["messages"][0]["text"], "hi")
        self.assertEqual(answer["messages"][0]["headers"], {"a": "b"})
        self.assertEqual(answer["queue"]["in_flight"], 1)

    def test_a_message_not_acked_in_time_comes_back_under_a_new_receipt(self):
        self.queue("timeout", visibility_timeout="300ms")
        self.send("timeout", "x")
        first = self.receive("timeout")[0]
        second = self.receive("timeout", wait="10s")[0]
        self.assertEqual(second["receive_count"], 2)
        self.assertEqual(self.results("timeout", "ack", {"receipts": [first["receipt"]]}), ["stale"])
        self.assertEqual(self.results("timeout", "ack", {"receipts": [second["receipt"]]}), ["acked"])

    def test_an_extended_message_stays_hidden(self):
        self.queue("extended", visibility_timeout="300ms")
        self.send("extended", "x")
        receipt = self.receive("extended")[0]["receipt"]
        self.assertEqual(
            self.results("extended", "extend", {"items": [{"receipt": receipt, "visibility_timeout": "60s"}]}), ["ok"])
        self.assertEqual(self.receive("extended", wait="600ms"), [])
        self.assertEqual(
            self.results("extended", "extend", {"items": [{"receipt": receipt, "visibility_timeout": "0s"}]}), ["ok"])
        self.assertEqual(self.receive("extended", wait="5s")[0]["receive_count"], 2)

    def test_nack_gives_back_at_once_later_or_never(self):
        self.queue("nacked")
        self.send("nacked", "x")
        receipt = self.receive("nacked")[0]["receipt"]
        self.results("nacked", "nack", {"items": [{"receipt": receipt}]})
        receipt = self.receive("nacked")[0]["receipt"]
        self.results("nacked", "nack", {"items": [{"receipt": receipt, "delay": "300ms", "reason": "429"}]})
        self.assertEqual(self.receive("nacked"), [])
        message = self.receive("nacked", wait="10s")[0]
        self.assertEqual(message["receive_count"], 3)
        self.results("nacked", "nack", {"items": [{"receipt": message["receipt"], "dead": True, "reason": "bad iban"}]})
        self.assertEqual(self.counts("nacked")["dead"], 1)
        dead = self.ask("GET", "/v1/queues/nacked/messages?state=dead")["items"]
        self.assertEqual([(m["id"], m["state"], m["reason"]) for m in dead], [("0-0", "dead", "bad iban")])

    def test_after_max_receives_the_message_moves_to_the_dead_letter_queue(self):
        self.queue("burnt")
        self.queue("kitchen", max_receives=2, dead_letter="burnt")
        self.send("kitchen", {"dish": 7})
        for _ in range(2):
            receipt = self.receive("kitchen", wait="5s")[0]["receipt"]
            self.results("kitchen", "nack", {"items": [{"receipt": receipt}]})
        moved = self.receive("burnt", wait="5s")
        self.assertEqual(moved[0]["value"], {"dish": 7})
        self.assertEqual(self.receive("kitchen"), [])

    def test_settings_out_of_bounds_are_refused(self):
        self.ask("PUT", "/v1/queues/bounds", {}, status=201)
        for setting in ({"visibility_timeout": "36526d"}, {"receive_wait": "2h"}, {"delay": "36526d"}, {"retention": "0s"}):
            with self.subTest(setting):
                problem = self.refused("PATCH", "/v1/queues/bounds", setting, status=400, code="invalid-duration")
                self.assertEqual(problem["param"], next(iter(setting)))

    def test_work_and_waiting_may_take_years(self):
        self.queue("years", visibility_timeout="36525d")
        self.send("years", {"value": 1})
        [message] = self.receive("years")
        self.assertGreater(message["visible_at"], "2100")
        items = [{"receipt": message["receipt"], "visibility_timeout": "9000d"}]
        self.assertEqual(self.ask("POST", "/v1/queues/years/extend", {"items": items})["results"], ["ok"])
        items = [{"receipt": message["receipt"], "delay": "9000d"}]
        self.assertEqual(self.ask("POST", "/v1/queues/years/nack", {"items": items})["results"], ["ok"])
        self.assertEqual(self.counts("years")["delayed"], 1)

    def test_trying_changes_nothing(self):
        plan = self.ask("PUT", "/v1/queues/planned?dry_run=true", {"order": "key"})
        self.assertEqual((plan["dry_run"], plan["order"]), (True, "key"))
        self.assertNotIn("id", plan)
        self.refused("GET", "/v1/queues/planned", status=404, code="queue-not-found")
        self.refused("PUT", "/v1/queues/planned?dry_run=true", {"dead_letter": "planned"}, status=400, code="invalid-request")
        self.queue("planned")
        self.send("planned", {"value": 1})
        self.refused("PUT", "/v1/queues/planned?dry_run=true", {"order": "key"}, status=409, code="exists-with-other-config")
        plan = self.ask("PUT", "/v1/queues/planned?dry_run=true", {"order": "key"}, headers={"If-Match": '"1"'})
        self.assertEqual((plan["order"], plan["etag"], plan["messages"]["ready"]), ("key", "1", 1))
        self.refused("PUT", "/v1/queues/planned?dry_run=true", {}, status=412, code="etag-mismatch",
                     headers={"If-Match": '"7"'})
        self.assertEqual(self.ask("PATCH", "/v1/queues/planned?dry_run=true", {"paused": True})["paused"], True)
        self.refused("PATCH", "/v1/queues/planned?dry_run=true", {"dead_letter": "planned"}, status=400, code="invalid-request")
        self.assertEqual((self.ask("GET", "/v1/queues/planned")["paused"], self.ask("GET", "/v1/queues/planned")["etag"]), (False, "1"))
        gone = self.ask("DELETE", "/v1/queues/planned?dry_run=true")
        self.assertEqual((gone["deleted"], gone["messages"]["ready"]), (False, 1))
        self.assertEqual(self.ask("GET", "/v1/queues/planned")["order"], "none")

    def test_trying_a_topic_changes_nothing(self):
        plan = self.ask("PUT", "/v1/topics/intended?dry_run=true", {"partitions": 3})
        self.assertEqual((plan["dry_run"], plan["partitions"], plan["retention"]["time"]), (True, 3, "7d"))
        self.assertNotIn("id", plan)
        self.assertNotIn("etag", plan)
        self.refused("GET", "/v1/topics/intended", status=404, code="topic-not-found")
        self.refused("PUT", "/v1/topics/intended?dry_run=true", {"partitions": 0}, status=400, code="invalid-request")
        self.queue("no-topic")
        self.refused("PUT", "/v1/topics/no-topic?dry_run=true", {}, status=409, code="name-taken")
        self.ask("PUT", "/v1/topics/intended", {}, status=201)
        self.refused("PUT", "/v1/topics/intended?dry_run=true", {"partitions": 2}, status=409, code="exists-with-other-config")
        plan = self.ask("PATCH", "/v1/topics/intended?dry_run=true", {"retention": {"time": "1d"}})
        self.assertEqual((plan["retention"]["time"], plan["etag"]), ("1d", "1"))
        self.refused("PATCH", "/v1/topics/intended?dry_run=true", {"partitions": 2}, status=400, code="invalid-request")
        self.refused("PATCH", "/v1/topics/intended?dry_run=true", {}, status=412, code="etag-mismatch", headers={"If-Match": '"7"'})
        self.assertEqual(self.ask("GET", "/v1/topics/intended")["retention"]["time"], "7d")

    def test_that_a_topic_is_missing_is_said_when_all_else_is_right(self):
        for body, status, code in (({"from": "earliest"}, 404, "topic-not-found"), ({"from": "-1h"}, 404, "topic-not-found"),
                                   ({"from": "0"}, 404, "topic-not-found"), ({"from": "7"}, 400, "invalid-request"),
                                   ({"filter": "headers.region ="}, 400, "invalid-filter"), ({"filter": "headers.region = 'EU'"}, 404, "topic-not-found")):
            self.refused("PUT", "/v1/queues/to-come?dry_run=true", {"source": {"topic": "to-come-later", **body}}, status=status, code=code)
        source = {"topic": "to-come-later"}
        self.refused("PUT", "/v1/queues/to-come?dry_run=true", {"source": source, "delay": "1s"}, status=400, code="invalid-request")
        self.refused("PUT", "/v1/queues/to-come", {"source": source, "delay": "1s"}, status=404, code="topic-not-found")

    def test_delays(self):
        self.queue("delayed")
        begin = time.monotonic()
        self.ask("POST", "/v1/queues/delayed/messages", {"messages": [
            {"value": "later", "delay": "400ms"}, {"value": "now"}, {"value": "far", "deliver_at": "2099-01-01T00:00:00Z"}]})
        self.assertEqual([m["value"] for m in self.receive("delayed", max=10)], ["now"])
        self.assertEqual(self.counts("delayed")["delayed"], 2)
        self.assertEqual([m["value"] for m in self.receive("delayed", max=10, wait="10s")], ["later"])
        self.assertGreaterEqual(time.monotonic() - begin, 0.4)
        delayed = self.ask("GET", "/v1/queues/delayed/messages?state=delayed")["items"]
        self.assertTrue(delayed[0]["visible_at"].startswith("2098-12-31T") or
                        delayed[0]["visible_at"].startswith("2099-01-01T"), delayed)

    def test_an_empty_receive_says_why(self):
        self.queue("why")
        self.assertEqual(self.ask("POST", "/v1/queues/why/receive")["why"]["code"], "empty")
        self.send("why", 1)
        self.receive("why")
        why = self.ask("POST", "/v1/queues/why/receive")["why"]
        self.assertEqual((why["code"], why["in_flight"]), ("all-in-flight", 1))
        self.assertIn("next_eligible_at", why)

    def test_browse_touches_nothing_and_goes_on(self):
        self.queue("browsed")
        self.send("browsed", *range(10))
        self.receive("browsed", max=3)
        seen, path = [], "/v1/queues/browsed/messages?limit=4"
        while path:
            page = self.ask("GET", path)
            seen += [(m["value"], m["state"]) for m in page["items"]]
            path = f"/v1/queues/browsed/messages?limit=4&cursor={page['next']}" if "next" in page else None
        self.assertEqual(seen, [(i, "in_flight" if i < 3 else "ready") for i in range(10)])
        ready = self.ask("GET", "/v1/queues/browsed/messages?state=ready&from=0-5")["items"]
        self.assertEqual([m["offset"] for m in ready], [5, 6, 7, 8, 9])
        self.refused("GET", "/v1/queues/browsed/messages?state=lost", status=400, code="invalid-request")
        self.assertEqual(self.counts("browsed")["ready"], 7)

    def test_purge_and_delete(self):
        self.queue("purged")
        self.send("purged", *range(5))
        self.receive("purged", max=2)
        self.assertEqual(self.ask("POST", "/v1/queues/purged/purge")["purged"], 5)
        self.assertEqual(self.receive("purged"), [])
        self.send("purged", "new")
        self.assertEqual(self.receive("purged")[0]["value"], "new")
        self.assertTrue(self.ask("DELETE", "/v1/queues/purged")["deleted"])
        problem = self.refused("POST", "/v1/queues/purged/receive", status=404, code="queue-not-found")
        self.assertIn("PUT /v1/queues/purged", problem["hint"])

    def test_numbers_out_of_range_are_refused_not_clamped(self):
        self.queue("ranges")
        for body in ({"max": 0}, {"max": 1001}, {"max": 1.5}, {"wait": "61s"}, {"max": "3"}, {"maximum": 1}):
            self.refused("POST", "/v1/queues/ranges/receive", body, status=400, code="invalid-request")
        for body in ({"wait": "soon"}, {"visibility_timeout": "36526d"}):
            self.refused("POST", "/v1/queues/ranges/receive", body, status=400, code="invalid-duration")
        self.refused("POST", "/v1/queues/ranges/ack", {"receipts": []}, status=400, code="invalid-request")
        self.refused("POST", "/v1/queues/ranges/ack", {"receipts": ["x"] * 1001}, status=413, code="batch-too-large")
        self.refused("PUT", "/v1/queues/ordered", {"order": "backwards"}, status=400, code="invalid-request")

    def test_names_are_shared_with_topics(self):
        self.ask("PUT", "/v1/topics/name-of-a-topic", {}, status=201)
        self.refused("PUT", "/v1/queues/name-of-a-topic", {}, status=409, code="name-taken")
        self.queue("name-of-a-queue")
        self.refused("PUT", "/v1/topics/name-of-a-queue", {}, status=409, code="name-taken")
        problem = self.refused("POST", "/v1/queues/name-of-a-topic/receive", status=404, code="queue-not-found")
        self.assertEqual(problem["hint"], "name-of-a-topic is a topic.")


if __name__ == "__main__":
    unittest.main()
