#!/usr/bin/env python3
"""One message by its id: looked at, deleted, rescheduled, moved, explained; its history, and its time to live."""

import time
import unittest
from datetime import datetime

from wire._broker import InBackground
from wire._protobuf import data, fields, number
from wire._queues import QueueCase


class Messages(QueueCase):
    def assert_same_time(self, one: str, other: str) -> None:
        """Instants are shown on the calendar of the moment, which moves by a millisecond now and then."""
        apart = datetime.fromisoformat(one) - datetime.fromisoformat(other)
        self.assertLess(abs(apart.total_seconds()), 0.05, (one, other))

    def explain(self, name: str, message: str) -> dict:
        return self.ask("GET", f"/v1/queues/{name}/messages/{message}/explain")

    def test_a_message_is_shown_whatever_its_state(self):
        self.queue("shown", retain_acked="1h")
        self.send("shown", {"value": 0}, {"value": 1}, {"value": 2}, {"value": 3, "delay": "1h"})
        held = self.receive("shown", max=2)
        self.ask("POST", "/v1/queues/shown/ack", {"receipts": [held[0]["receipt"]]})
        states = [self.ask("GET", f"/v1/queues/shown/messages/0-{n}")["state"] for n in range(4)]
        self.assertEqual(states, ["acked", "in_flight", "ready", "delayed"])
        one = self.ask("GET", "/v1/queues/shown/messages/0-1")
        self.assertEqual((one["value"], one["receive_count"]), (1, 1))
        self.assert_same_time(one["visible_at"], held[1]["visible_at"])
        self.refused("GET", "/v1/queues/shown/messages/0-9", status=404, code="message-not-found")
        self.refused("GET", "/v1/queues/shown/messages/3-0", status=404, code="message-not-found")
        self.refused("GET", "/v1/queues/shown/messages/x", status=404, code="message-not-found")
        self.refused("GET", "/v1/queues/shwon/messages/0-0", status=404, code="queue-not-found")

    def test_delete(self):
        self.queue("deleted")
        self.send("deleted", {"value": 0}, {"value": 1})
        held = self.receive("deleted", max=1)
        for message, was in (("0-0", "in_flight"), ("0-1", "ready")):
            self.assertEqual(self.ask("DELETE", f"/v1/queues/deleted/messages/{message}")["was"], was)
        self.refused("DELETE", "/v1/queues/deleted/messages/0-0", status=404, code="message-not-found")
        self.assertEqual(self.ask("POST", "/v1/queues/deleted/ack", {"receipts": [held[0]["receipt"]]})["results"],
                         ["already"])
        self.assertEqual(self.receive("deleted"), [])

    def test_reschedule(self):
        self.queue("rescheduled")
        self.send("rescheduled", {"value": 0}, {"value": 1, "delay": "1h"})
        path = "/v1/queues/rescheduled/messages"
        self.assertEqual(self.ask("PATCH", f"{path}/0-0", {"deliver_at": "2099-01-01T00:00:00Z"})["state"], "delayed")
        waiting = InBackground(lambda: self.receive("rescheduled", wait="20s"))
        self.ask("PATCH", f"{path}/0-1", {"delay": "0s"})
        self.assertEqual([m["value"] for m in waiting.finish()], [1], "now, for whoever waits")
        self.refused("PATCH", f"{path}/0-1", {"delay": "1h"}, status=409, code="wrong-state")
        self.refused("PATCH", f"{path}/0-0", {}, status=400, code="invalid-request")
        self.refused("PATCH", f"{path}/0-0", {"delay": "-1s"}, status=400, code="invalid-duration")
        self.refused("PATCH", f"{path}/0-7", {"delay": "1s"}, status=404, code="message-not-found")

    def test_edited_headers(self):
        self.queue("edited")
        self.queue("elsewhere")
        self.send("edited", {"value": 0, "group": "g", "headers": {"a": "1", "b": "2"}}, {"value": 1})
        path = "/v1/queues/edited/messages/0-0"
        self.assertEqual(self.ask("PATCH", path, {"headers": {"a": "new", "b": None, "c": "3"}})["headers"],
                         {"a": "new", "c": "3"})
        shown = self.ask("GET", "/v1/queues/edited/messages")["items"][0]
        self.assertEqual((shown["id"], shown["headers"], shown["group"]), ("0-0", {"a": "new", "c": "3"}, "g"))
        held = self.receive("edited", max=1)[0]
        self.assertEqual((held["id"], held["value"], held["headers"]), ("0-0", 0, {"a": "new", "c": "3"}))
        self.refused("PATCH", path, {"headers": {"a": "2"}}, status=409, code="wrong-state")
        self.ask("POST", "/v1/queues/edited/nack", {"items": [{"receipt": held["receipt"], "dead": True}]})
        self.assertEqual(self.ask("PATCH", path, {"headers": {"a": "dead"}})["state"], "dead")
        self.ask("POST", f"{path}/move", {"destination": "elsewhere"})
        self.assertEqual(self.receive("elsewhere")[0]["headers"], {"a": "dead", "c": "3"})
        self.refused("PATCH", path, {"headers": {"a": "2"}}, status=404, code="message-not-found")
        other = "/v1/queues/edited/messages/0-1"
        self.refused("PATCH", other, {"headers": {"twofold-group": "x"}}, status=400, code="invalid-request")
        self.refused("PATCH", other, {"headers": {"a": "x"}, "delay": "1s"}, status=400, code="invalid-request")
        self.refused("PATCH", other, {"headers": {"a": "x" * 20_000}}, status=413, code="message-too-large")
        self.ask("PUT", "/v1/topics/of-others", {"partitions": 1}, status=201)
        self.ask("POST", "/v1/topics/of-others/records", {"value": 0})
        self.queue("attached", source={"topic": "of-others", "from": "earliest"})
        self.refused("PATCH", "/v1/queues/attached/messages/0-0", {"headers": {"a": "x"}}, status=409,
                     code="queue-is-attached")

    def test_a_redriven_message_has_no_time_to_live_any_more(self):
        self.queue("redriven")
        self.queue("hourglass")
        self.send("redriven", {"value": 7, "ttl": "300ms"})
        self.send("hourglass", {"value": 0, "ttl": "300ms"})
        held = self.receive("redriven")[0]
        self.ask("POST", "/v1/queues/redriven/nack", {"items": [{"receipt": held["receipt"], "dead": True}]})
        self.wait_until_expired("hourglass", "0-0")
        self.ask("POST", "/v1/queues/redriven/redrive", {}, status=202)
        again = self.receive("redriven", wait="10s")
        self.assertEqual([m["value"] for m in again], [7])
        self.assertNotIn("expires_at", again[0])

    def test_who_received_it(self):
        self.queue("watched")
        self.send("watched", {"value": 0}, {"value": 1})
        self.receive("watched", client="worker-7")
        self.call("POST", "/v1/queues/watched/receive", b"{}", headers={"Twofold-Client": "worker-8"})
        self.assertIn("received by worker-7", self.explain("watched", "0-0")["because"])
        events = self.ask("GET", "/v1/queues/watched/messages/0-1/history")["events"]
        self.assertEqual(events[-1]["client"], "worker-8")
        self.refused("POST", "/v1/queues/watched/receive", {"client": "x" * 65}, status=400, code="invalid-request")

    def test_move(self):
        self.queue("left")
        self.queue("right")
        self.ask("PUT", "/v1/topics/no-queue", {}, status=201)
        self.send("left", {"key": "k", "value": 7, "headers": {"a": "b"}}, {"value": 8})
        held = self.receive("left", max=1)
        self.refused("POST", "/v1/queues/left/messages/0-0/move", {"destination": "right"}, status=409,
                     code="wrong-state")
        self.ask("POST", "/v1/queues/left/nack", {"items": [{"receipt": held[0]["receipt"]}]})
        problem = self.refused("POST", "/v1/queues/left/messages/0-0/move", {"destination": "rihgt"}, status=404,
                               code="queue-not-found")
        self.assertIn("right", problem["hint"])
        self.assertTrue(self.ask("POST", "/v1/queues/left/messages/0-0/move", {"destination": "right"})["moved"])
        moved = self.receive("right")
        self.assertEqual((moved[0]["key"], moved[0]["value"], moved[0]["headers"]), ("k", 7, {"a": "b"}))
        self.assertEqual([m["value"] for m in self.receive("left", max=10)], [8])

    def test_a_blocked_message_is_explained(self):
        self.queue("explained", order="key", visibility_timeout="60s")
        self.send("explained", {"key": "bill_1", "value": 1}, {"key": "bill_1", "value": 2}, {"value": 3})
        held = self.receive("explained", max=1)[0]
        why = self.explain("explained", "0-1")
        self.assertEqual((why["state"], why["code"]), ("blocked", "key-locked"))
        self.assertIn("0-0 of key bill_1 is in flight (receive 1) until", why["because"])
        self.assert_same_time(why["eligible_at"], held["visible_at"])
        self.assertEqual(why["unblock"][0], "ack or nack 0-0")
        self.assertEqual(self.explain("explained", "0-0")["code"], "in-flight")
        self.assertEqual(self.explain("explained", "0-2")["code"], "ready")
        self.receive("explained")
        whole = self.ask("GET", "/v1/queues/explained/explain")
        self.assertEqual((whole["code"], whole["messages"]["blocked"]), ("all-blocked", 1))
        self.assert_same_time(whole["eligible_at"], held["visible_at"])
        self.ask("POST", "/v1/queues/explained/ack", {"receipts": [held["receipt"]]})
        self.assertEqual(self.explain("explained", "0-1")["code"], "ready")

    def test_every_other_reason(self):
        self.ask("PUT", "/v1/topics/reasons", {"partitions": 1}, status=201)
        self.ask("POST", "/v1/topics/reasons/records", {"value": 0})
        self.queue("why", source={"topic": "reasons", "from": "latest", "filter": "value > 1"}, max_receives=1)
        self.ask("POST", "/v1/topics/reasons/records", {"records": [{"value": n} for n in (1, 2, 3, 4)]})
        first, second = self.receive("why", max=1, wait="5s") + self.receive("why", max=1, wait="5s")
        self.ask("POST", "/v1/queues/why/nack", {"items": [{"receipt": first["receipt"], "dead": True, "reason": "no"}]})
        self.ask("POST", "/v1/queues/why/ack", {"receipts": [second["receipt"]]})
        codes = [self.explain("why", f"0-{n}")["code"] for n in range(5)]
        self.assertEqual(codes, ["before-start", "filtered", "dead", "acked", "ready"])
        self.assertIn("no", self.explain("why", "0-2")["because"])
        self.ask("PATCH", "/v1/queues/why", {"paused": True})
        self.assertEqual(self.explain("why", "0-4")["code"], "paused")
        self.assertEqual(self.ask("GET", "/v1/queues/why/explain")["code"], "paused")
        self.ask("POST", "/v1/topics/reasons/trim", {"before": {"0": 4}})
        self.assertEqual(self.explain("why", "0-3")["code"], "trimmed")

    def test_its_history(self):
        self.queue("burnt")
        self.queue("kitchen", dead_letter="burnt")
        self.send("kitchen", {"value": 7})
        first = self.receive("kitchen")[0]
        self.ask("POST", "/v1/queues/kitchen/nack", {"items": [{"receipt": first["receipt"]}]})
        second = self.receive("kitchen")[0]
        history = self.ask("GET", "/v1/queues/kitchen/messages/0-0/history")
        self.assertEqual([e["event"] for e in history["events"]], ["stored", "received", "failed", "received"])
        self.assert_same_time(history["events"][-1]["visible_at"], second["visible_at"])
        self.assertEqual((history["state"], history["receive_count"]), ("in_flight", 2))
        self.ask("POST", "/v1/queues/kitchen/nack",
                 {"items": [{"receipt": second["receipt"], "dead": True, "reason": "burnt"}]})
        self.assertTrue(self.receive("burnt", wait="10s"))
        stored = self.ask("GET", "/v1/queues/burnt/messages/0-0/history")["events"][0]
        self.assertEqual((stored["dead_letter_of"], stored["received_there"], stored["reason"]),
                         ("kitchen:0-0", "2", "burnt"))

    def test_what_has_expired_is_never_handed_out(self):
        self.queue("short-lived")
        self.send("short-lived", {"value": 1, "ttl": "200ms"}, {"value": 2, "ttl": "1h"},
                  {"value": 3, "ttl": "200ms", "delay": "300ms"})
        shown = self.ask("GET", "/v1/queues/short-lived/messages")["items"]
        self.assertIn("expires_at", shown[0])
        self.assertNotIn("headers", shown[0])
        self.wait_until_expired("short-lived", "0-0")
        answer = self.ask("POST", "/v1/queues/short-lived/receive", {"max": 10})
        self.assertEqual([m["value"] for m in answer["messages"]], [2])
        self.assertEqual(answer["queue"]["in_flight"], 1)
        begin = time.monotonic()
        self.assertEqual(self.receive("short-lived", max=10, wait="1s"), [])
        self.assertGreaterEqual(time.monotonic() - begin, 0.9, "dropping one does not end a wait")
        self.assertEqual(self.ask("GET", "/v1/queues/short-lived")["messages"],
                         {"ready": 0, "in_flight": 1, "delayed": 0, "blocked": 0, "dead": 0})

    def wait_until_expired(self, name: str, message: str) -> None:
        deadline = time.monotonic() + 10
        while self.explain(name, message)["code"] != "expired":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)

    def test_a_receive_goes_on_to_what_has_not_expired(self):
        self.queue("one-by-one")
        self.send("one-by-one", *({"value": n, "ttl": "100ms"} for n in range(5)), {"value": "alive"})
        self.wait_until_expired("one-by-one", "0-4")
        self.assertEqual([m["value"] for m in self.receive("one-by-one", max=1)], ["alive"])

    def test_what_has_expired_does_not_keep_a_receive_going_for_ever(self):
        for name, order in (("plain-expired", "none"), ("keyed-expired", "key"), ("fair-expired", "fair")):
            self.queue(name, order=order)
            self.send(name, *({"value": n, "ttl": "100ms", "key": str(n)} for n in range(3)))
            self.wait_until_expired(name, "0-2")
            self.assertEqual(self.receive(name, max=1, visibility_timeout="0s"), [], order)
            self.assertEqual(self.counts(name), {"ready": 0, "in_flight": 0, "delayed": 0, "blocked": 0, "dead": 0})

    def test_a_topics_records_expire_for_its_queues_only(self):
        self.ask("PUT", "/v1/topics/news", {"partitions": 1}, status=201)
        self.queue("reader", source={"topic": "news", "from": "earliest"})
        self.queue("ordered-reader", source={"topic": "news", "from": "earliest"}, order="key")
        self.call("POST", "/v1/topics/news/records", data(1, data(3, b"1") + number(13, 100)),
                  headers={"Content-Type": "application/protobuf"})
        self.call("POST", "/v1/topics/news/raw", b"2", headers={"Twofold-Ttl": "1h"})
        self.wait_until_expired("reader", "0-0")
        for queue in ("reader", "ordered-reader"):
            self.assertEqual([m["value"] for m in self.receive(queue, max=10)], [2], queue)
        records = self.ask("GET", "/v1/topics/news/records")["records"]
        self.assertEqual(len(records), 2, "a log keeps what its retention says")
        read = self.call("GET", "/v1/topics/news/records", headers={"Accept": "application/protobuf"})
        self.assertIn(16, fields(fields(read.body)[1][0]))
        self.refused("POST", "/v1/topics/news/records", {"value": 1, "ttl": "0s"}, status=400, code="invalid-duration")


if __name__ == "__main__":
    unittest.main()
