#!/usr/bin/env python3
"""A topic that keeps the newest record of each key: over restarts, for readers, queues and groups."""

import time
import unittest

from wire._broker import WireCase

KEYS = ("a", "b", "c")
QUICK = {"cleanup": "compact", "compaction": {"max_lag": "1ms", "delete_retention": "1d"}}


class Compaction(WireCase):
    def topic(self, name: str, config: dict | None = None) -> dict:
        return self.ask("PUT", f"/v1/topics/{name}", config or QUICK, status=201)

    def put(self, topic: str, *pairs) -> list:
        return self.ask("POST", f"/v1/topics/{topic}/records",
                        {"records": [{"key": k, "value": v} for k, v in pairs]})["records"]

    def fill(self, topic: str, versions: int) -> None:
        self.put(topic, *((key, version) for version in range(versions) for key in KEYS))

    def records(self, topic: str, query: str = "from=earliest") -> list:
        """All of them: a page may end where a segment does."""
        records = []
        while True:
            page = self.ask("GET", f"/v1/topics/{topic}/records?{query}&limit=1000")
            records += page["records"]
            if page["caught_up"]:
                return records
            query = f"cursor={page['cursor']}"

    def settled(self, topic: str) -> dict:
        """Waits until there is nothing more to clean. Cleaning is what the broker does by itself."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            shown = self.ask("GET", f"/v1/topics/{topic}")
            if shown["cleaning"]["last_run"] and shown["cleaning"]["dirty_bytes"] == 0:
                return shown
            time.sleep(0.05)
        self.fail(f"never cleaned: {shown}")

    def test_of_each_key_the_newest_stays_at_its_offset(self):
        made = self.topic("prices")
        self.assertEqual(made["cleanup"], "compact")
        self.assertEqual(made["compaction"], {"min_lag": "0s", "max_lag": "1ms", "delete_retention": "1d", "min_dirty_ratio": 0.5})
        self.fill("prices", 300)
        shown = self.settled("prices")
        self.assertEqual(shown["records"], 3)
        self.assertEqual(shown["cleaning"]["dirty_ratio"], 0)
        last = [(f"0-{897 + i}", key, 299) for i, key in enumerate(KEYS)]
        self.assertEqual([(r["id"], r["key"], r["value"]) for r in self.records("prices")], last)
        self.assertEqual([r["id"] for r in self.records("prices", "from=0-500")], ["0-897", "0-898", "0-899"],
                         "a reader in a hole goes on behind it")
        [offsets] = self.ask("GET", "/v1/topics/prices/offsets")["partitions"]
        self.assertEqual((offsets["start"], offsets["end"], offsets["records"], offsets["cleaned_upto"]), (0, 900, 3, 900))
        self.refused("GET", "/v1/topics/prices/records/0/5", status=404, code="message-not-found")

        self.broker.kill()
        self.broker.start()
        self.assertEqual([(r["id"], r["key"], r["value"]) for r in self.records("prices")], last)
        self.put("prices", ("b", "new"))
        self.settled("prices")
        self.assertEqual([r["id"] for r in self.records("prices")], ["0-897", "0-899", "0-900"])

    def test_tombstones_go_in_their_time(self):
        self.topic("gone", QUICK | {"compaction": {"max_lag": "1ms", "delete_retention": "300ms"}})
        self.put("gone", ("a", 1), ("b", 1), ("a", None), ("c", 1))
        deadline = time.monotonic() + 30
        seen = set()
        while time.monotonic() < deadline:
            keys = tuple((r["key"], r.get("value")) for r in self.records("gone"))
            seen.add(keys)
            if keys == (("b", 1), ("c", 1)):
                break
            time.sleep(0.02)
        self.assertIn((("b", 1), ("c", 1)), seen, seen)
        self.assertFalse([keys for keys in seen if ("a", 1) in keys and ("a", None) not in keys and len(keys) < 3],
                         "what was deleted never comes back")

    def test_a_record_without_a_key_is_refused(self):
        self.topic("keyed")
        problem = self.refused("POST", "/v1/topics/keyed/records", {"records": [{"key": "a", "value": 1}, {"value": 2}]},
                               status=400, code="key-missing")
        self.assertEqual(problem["index"], 1)
        self.assertEqual(self.records("keyed"), [])

    def test_a_queue_knows_of_no_holes(self):
        self.topic("quotes")
        self.ask("PUT", "/v1/queues/early", {"source": {"topic": "quotes", "from": "earliest"}}, status=201)
        self.fill("quotes", 100)
        self.settled("quotes")
        self.ask("PUT", "/v1/queues/late", {"source": {"topic": "quotes", "from": "earliest"}}, status=201)
        for queue in ("early", "late"):
            received = self.ask("POST", f"/v1/queues/{queue}/receive", {"max": 100, "wait": "5s"})
            self.assertEqual([(m["key"], m["value"]) for m in received["messages"]], [(key, 99) for key in KEYS], queue)
            self.assertEqual(received["queue"], {"ready": 0, "in_flight": 3, "delayed": 0, "blocked": 0, "dead": 0}, queue)
            self.ask("POST", f"/v1/queues/{queue}/ack", {"receipts": [m["receipt"] for m in received["messages"]]})
        self.broker.kill()
        self.broker.start()
        for queue in ("early", "late"):
            self.assertEqual(self.ask("POST", f"/v1/queues/{queue}/receive", {})["messages"], [])
            self.assertEqual(self.ask("GET", f"/v1/queues/{queue}")["messages"]["ready"], 0)
        self.put("quotes", ("a", "new"))
        for queue in ("early", "late"):
            [message] = self.ask("POST", f"/v1/queues/{queue}/receive", {"wait": "5s"})["messages"]
            self.assertEqual(message["value"], "new")

    def test_a_follower_sees_no_gap(self):
        self.topic("followed")
        self.fill("followed", 50)
        self.settled("followed")
        page = self.ask("GET", "/v1/topics/followed/records?from=earliest&limit=2")
        self.assertEqual([r["id"] for r in page["records"]], ["0-147", "0-148"])
        rest = self.ask("GET", f"/v1/topics/followed/records?cursor={page['cursor']}")
        self.assertEqual([r["id"] for r in rest["records"]], ["0-149"])
        self.assertTrue(rest["caught_up"])
        self.assertEqual(rest["lag"]["count"], 0)

    def test_a_group_is_told_of_no_gap(self):
        self.topic("grouped")
        self.fill("grouped", 50)
        poll = {"topics": ["grouped"], "from": "earliest", "max": 2}
        self.ask("POST", "/v1/groups/readers/commit", {"offsets": {"grouped": {"0": 10}}})
        self.settled("grouped")
        page = self.ask("POST", "/v1/groups/readers/poll", poll)
        self.assertEqual([r["id"] for r in page["records"]], ["0-147", "0-148"])
        self.assertNotIn("gaps", page)
        self.ask("POST", "/v1/groups/readers/commit", {"cursor": page["cursor"]})
        self.assertEqual([r["id"] for r in self.ask("POST", "/v1/groups/readers/poll", poll)["records"]], ["0-149"])

    def test_what_was_sent_twice_stays_known_when_the_first_is_gone(self):
        self.topic("known", QUICK | {"dedup": {"window": "10m"}})
        numbered = {"key": "a", "value": 0, "producer": {"id": "p", "epoch": 0, "seq": 0}}
        named = {"key": "a", "value": 1, "dedup_id": "once"}

        def publish(*records) -> list:
            return self.ask("POST", "/v1/topics/known/records", {"records": list(records)})["records"]

        publish(numbered)
        publish(named)
        publish({"key": "a", "value": 2})
        self.assertEqual(self.settled("known")["records"], 1)
        for _ in range(2):
            for record, place in ((numbered, "0-0"), (named, "0-1")):
                [again] = publish(record)
                self.assertEqual((again["id"], again["duplicate"]), (place, True))
            self.assertEqual([r["id"] for r in self.records("known")], ["0-2"])
            self.broker.kill()
            self.broker.start()
        following = numbered | {"value": 3, "producer": {"id": "p", "epoch": 0, "seq": 1}}
        self.assertNotIn("duplicate", publish(following)[0])

    def test_expectations_hold_of_what_is_there(self):
        self.topic("ledger", QUICK | {"compaction": {"max_lag": "1ms", "delete_retention": "1ms"}})
        path = "/v1/topics/ledger/records"
        self.put("ledger", ("a", 1), ("a", 2), ("b", 1))
        self.settled("ledger")
        expect = {"records": [{"key": "a", "value": 3}], "expect": {"key_last": "0-1"}}
        self.ask("POST", path, expect)
        self.assertEqual(self.refused("POST", path, expect, status=412, code="expectation-failed")["key_last"], "0-3")
        self.put("ledger", ("a", None), ("b", 2))
        deadline = time.monotonic() + 30
        while [r["key"] for r in self.records("ledger")] != ["b"]:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        fresh = {"records": [{"key": "a", "value": 4}], "expect": {"key_last": None}}
        self.ask("POST", path, fresh)
        self.refused("POST", path, fresh, status=412, code="expectation-failed")

    def test_a_replay_brings_back_what_is_there(self):
        self.topic("replayed", {"cleanup": "delete"})
        self.ask("PUT", "/v1/queues/again", {"source": {"topic": "replayed", "from": "earliest"}}, status=201)
        self.fill("replayed", 40)
        while received := self.ask("POST", "/v1/queues/again/receive", {"max": 100})["messages"]:
            self.ask("POST", "/v1/queues/again/ack", {"receipts": [m["receipt"] for m in received]})
        self.ask("PATCH", "/v1/topics/replayed", QUICK)
        self.settled("replayed")
        started = self.ask("POST", "/v1/queues/again/replay", {}, status=202)
        deadline = time.monotonic() + 30
        while (shown := self.ask("GET", f"/v1/operations/{started['operation']}"))["status"] == "running":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.assertEqual((shown["status"], shown["matched"], shown.get("unreadable", 0)), ("completed", 3, 0))
        received = self.ask("POST", "/v1/queues/again/receive", {"max": 100, "wait": "5s"})
        self.assertEqual([m["id"] for m in received["messages"]], ["0-117", "0-118", "0-119"])
        self.assertEqual(received["queue"], {"ready": 0, "in_flight": 3, "delayed": 0, "blocked": 0, "dead": 0})

    def test_settings_may_change_and_come_back(self):
        self.ask("PUT", "/v1/topics/change", {"retention": {"count": 5}}, status=201)
        self.fill("change", 4)
        deadline = time.monotonic() + 30
        while self.ask("GET", "/v1/topics/change")["records"] > 5:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.assertEqual([r["offset"] for r in self.records("change")], [7, 8, 9, 10, 11])
        changed = self.ask("PATCH", "/v1/topics/change", {"cleanup": "compact,delete", "compaction": {"max_lag": "1ms"}})
        self.assertEqual((changed["cleanup"], changed["retention"]["count"]), ("compact,delete", 5))
        self.assertEqual(self.settled("change")["records"], 3)
        again = self.ask("PUT", "/v1/topics/change", changed, headers={"If-Match": f'"{changed["etag"]}"'})
        self.assertEqual(again["etag"], changed["etag"], "what was shown can be put back")
        back = self.ask("PATCH", "/v1/topics/change", {"cleanup": None, "retention": {"count": None}})
        self.assertEqual((back["cleanup"], back["retention"]["count"]), ("delete", None))
        self.assertNotIn("cleaning", back)

    def test_wrong_settings_are_refused(self):
        for wrong in ({"cleanup": "shred"}, {"retention": {"count": 0}}, {"compaction": {"min_dirty_ratio": 2}},
                      {"compaction": {"min_lag": "2h", "max_lag": "1h"}}, {"compaction": {"lag": "1h"}}):
            self.refused("PUT", "/v1/topics/wrong", wrong, status=400, code="invalid-request")

    def test_the_metrics_tell_of_it(self):
        self.topic("counted")
        self.fill("counted", 20)
        self.settled("counted")
        text = self.call("GET", "/metrics").body.decode()
        numbers = dict(line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        self.assertGreaterEqual(int(numbers["twofold_cleanings_total"]), 1)
        self.assertGreaterEqual(int(numbers["twofold_cleaned_records_total"]), 57)


if __name__ == "__main__":
    unittest.main()
