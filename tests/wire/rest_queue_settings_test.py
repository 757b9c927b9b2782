#!/usr/bin/env python3
"""What a queue can be told: order, filter, backoff, deduplication, pausing; and what its records carry for it."""

import unittest
from urllib.parse import quote

from wire._protobuf import data, fields, number
from wire._queues import QueueCase

PROTOBUF = {"Content-Type": "application/protobuf"}


class QueueSettings(QueueCase):
    def test_what_is_set_is_answered_and_may_be_put_back(self):
        shown = self.queue("set", order="key", retry={"backoff": "exponential", "min": "2s", "max": "1m"},
                           retain_acked="24h", paused=True, dedup={"scope": "group", "window": "10m"})
        self.assertEqual((shown["order"], shown["retain_acked"], shown["paused"]), ("key", "1d", True))
        self.assertEqual(shown["retry"], {"backoff": "exponential", "min": "2s", "max": "1m"})
        self.assertEqual(shown["dedup"], {"scope": "group", "window": "10m"})
        again = self.ask("PUT", "/v1/queues/set", self.ask("GET", "/v1/queues/set"))
        self.assertEqual(again, shown)
        changed = self.ask("PATCH", "/v1/queues/set", {"retry": {"max": "5m"}, "paused": None, "order": "none"})
        self.assertEqual(changed["retry"], {"backoff": "exponential", "min": "2s", "max": "5m"})
        self.assertEqual((changed["paused"], changed["order"]), (False, "none"))
        self.assertIsNone(self.ask("PATCH", "/v1/queues/set", {"retry": {"backoff": "none"}})["retry"])
        defaults = self.ask("PATCH", "/v1/queues/set", {"retry": {"backoff": "exponential"}})["retry"]
        self.assertEqual(defaults, {"backoff": "exponential", "min": "1s", "max": "5m"})

    def test_nonsense_is_refused_by_name(self):
        for config, param in (({"order": "random"}, "order"), ({"retry": {"backoff": "linear"}}, "retry.backoff"),
                              ({"retry": {"min": "0s"}}, "retry.min"), ({"dedup": {"scope": "world"}}, "dedup.scope"),
                              ({"dedup": {"window": "30d"}}, "dedup.window"), ({"paused": 1}, "paused")):
            with self.subTest(config):
                answer = self.call("PUT", "/v1/queues/nonsense", config, status=400)
                self.assertEqual(answer.json["param"], param, answer.json)

    def test_a_filter_decides_what_is_delivered(self):
        self.ask("PUT", "/v1/topics/sales", {"partitions": 2}, status=201)
        source = {"topic": "sales", "from": "earliest", "filter": "value.amount > 100 AND headers.region = 'EU'"}
        shown = self.queue("large", source=source)
        self.assertEqual(shown["source"]["filter"], source["filter"])
        self.ask("POST", "/v1/topics/sales/records", {"records": [
            {"value": {"amount": amount}, "headers": {"region": region}}
            for amount, region in ((120, "EU"), (90, "EU"), (500, "US"), (101, "EU"))]})
        got = self.receive("large", max=10, wait="10s")
        while len(got) < 2:
            got += self.receive("large", max=10, wait="10s")
        self.assertEqual(sorted(m["value"]["amount"] for m in got), [101, 120])
        self.assertEqual(self.counts("large")["ready"], 0)
        self.refused("PATCH", "/v1/queues/large", {"source": source}, status=400, code="invalid-request")

    def test_a_log_is_read_through_a_filter(self):
        self.ask("PUT", "/v1/topics/read-filtered", {"partitions": 2}, status=201)
        self.ask("POST", "/v1/topics/read-filtered/records",
                 {"records": [{"key": f"k{n}", "value": {"n": n}} for n in range(100)]})
        path = "/v1/topics/read-filtered/records?limit=4&filter=" + quote("value.n >= 90")
        seen, page = [], self.ask("GET", path)
        while page["records"]:
            seen += [r["value"]["n"] for r in page["records"]]
            page = self.ask("GET", path + "&cursor=" + page["cursor"])
        self.assertEqual(sorted(seen), list(range(90, 100)))
        self.assertTrue(page["caught_up"])
        problem = self.refused("GET", "/v1/topics/read-filtered/records?filter=" + quote("n >"), status=400,
                               code="invalid-filter")
        self.assertEqual(problem["param"], "filter")

    def test_a_wrong_filter_is_refused_with_its_place(self):
        self.ask("PUT", "/v1/topics/wrong", {}, status=201)
        problem = self.refused("PUT", "/v1/queues/misfit",
                               {"source": {"topic": "wrong", "filter": "value.amount >> 100"}},
                               status=400, code="invalid-filter")
        self.assertEqual((problem["param"], problem["at"]), ("source.filter", 14))
        self.refused("PUT", "/v1/queues/misfit", {"source": {"topic": "wrong", "filter": "key = "}}, status=400,
                     code="invalid-filter")

    def test_more_workers_than_partitions_and_each_key_in_order(self):
        self.ask("PUT", "/v1/topics/one-partition", {"partitions": 1}, status=201)
        self.queue("workers", source={"topic": "one-partition", "from": "earliest", "filter": "headers.kind = 'bill'"},
                   order="key", visibility_timeout="60s")
        records = [{"key": f"k{n % 4}", "value": n, "headers": {"kind": "bill" if n < 16 else "note"}}
                   for n in range(20)]
        self.ask("POST", "/v1/topics/one-partition/records", {"records": records})
        held = [self.receive("workers", max=1, wait="10s")[0] for _ in range(4)]
        self.assertEqual({m["key"] for m in held}, {"k0", "k1", "k2", "k3"}, "four workers on one partition")
        self.assertEqual(self.receive("workers", max=10), [], "a fifth waits: every key is taken")
        why = self.ask("POST", "/v1/queues/workers/receive", {})["why"]
        self.assertEqual((why["code"], why["blocked"]), ("all-blocked", 12))
        self.assertEqual(self.counts("workers")["blocked"], 12)
        blocked = self.ask("GET", "/v1/queues/workers/messages?state=blocked")["items"]
        self.assertEqual(len(blocked), 12)
        self.assertTrue(all(m["state"] == "blocked" for m in blocked))
        seen = {}
        while held:
            message = held.pop(0)
            self.assertGreater(message["value"], seen.get(message["key"], -1))
            seen[message["key"]] = message["value"]
            self.ask("POST", "/v1/queues/workers/ack", {"receipts": [message["receipt"]]})
            held += self.receive("workers", max=1, wait="10s" if message["value"] < 12 else "0s")
        self.assertEqual(seen, {"k0": 12, "k1": 13, "k2": 14, "k3": 15})

    def test_a_paused_queue_gives_nothing_until_it_is_resumed(self):
        self.queue("pausing")
        self.send("pausing", {"value": 1})
        self.assertTrue(self.ask("PATCH", "/v1/queues/pausing", {"paused": True})["paused"])
        answer = self.ask("POST", "/v1/queues/pausing/receive", {})
        self.assertEqual((answer["messages"], answer["why"]["code"]), ([], "paused"))
        self.ask("PATCH", "/v1/queues/pausing", {"paused": False})
        self.assertEqual([m["value"] for m in self.receive("pausing")], [1])

    def test_a_nack_without_a_delay_backs_off(self):
        self.queue("backing-off", retry={"min": "60s", "max": "10m"})
        self.send("backing-off", {"value": 1}, {"value": 2})
        first, second = self.receive("backing-off", max=2)
        self.ask("POST", "/v1/queues/backing-off/nack",
                 {"items": [{"receipt": first["receipt"]}, {"receipt": second["receipt"], "delay": "0s"}]})
        self.assertEqual([m["value"] for m in self.receive("backing-off", max=2)], [2], "a delay of its own counts")
        self.assertEqual(self.counts("backing-off")["delayed"], 1)

    def test_a_message_sent_twice_is_stored_once(self):
        self.queue("once")
        first = self.send("once", {"value": 1, "dedup_id": "a"})[0]
        self.assertNotIn("duplicate", first)
        again, other = self.send("once", {"value": 1, "dedup_id": "a"}, {"value": 2, "dedup_id": "b"})
        self.assertEqual((again["id"], again["duplicate"]), (first["id"], True))
        self.assertNotIn("duplicate", other)
        self.assertEqual(self.counts("once")["ready"], 2)
        received = self.receive("once", max=10)
        self.assertEqual([m["dedup_id"] for m in received], ["a", "b"])
        self.assertNotIn("headers", received[0])
        sent = self.call("POST", "/v1/queues/once/messages", data(1, data(3, b"x") + data(10, "a")), headers=PROTOBUF)
        self.assertEqual(fields(fields(sent.body)[1][0])[4], [1], "duplicate, in Protobuf")
        raw = self.call("POST", "/v1/queues/once/raw", b"x", headers={"Twofold-Dedup-Id": "b"})
        self.assertTrue(raw.json["messages"][0]["duplicate"])
        self.refused("POST", "/v1/queues/once/messages", {"value": 1, "dedup_id": ""}, status=400,
                     code="invalid-request")

    def test_groups_in_every_shape(self):
        self.queue("grouped", order="key")
        self.send("grouped", {"key": "k", "group": "g", "value": 1}, {"key": "g", "value": 2},
                  {"key": "k", "group": "k", "value": 3})
        self.call("POST", "/v1/queues/grouped/messages", data(1, data(3, b"4") + data(11, "g")), headers=PROTOBUF)
        self.call("POST", "/v1/queues/grouped/raw", b"5", headers={"Twofold-Group": "g", "Twofold-H-A": "b"})
        first = self.receive("grouped", max=1)[0]
        self.assertEqual((first["value"], first["group"], first["key"]), (1, "g", "k"))
        rest = self.receive("grouped", max=10)
        self.assertEqual([m["value"] for m in rest], [3], "the others of group g wait")
        self.assertNotIn("group", rest[0])
        self.assertEqual(self.counts("grouped")["blocked"], 3)

    def test_nobody_writes_what_the_broker_notes_beside_a_message(self):
        self.queue("noted")
        self.ask("PUT", "/v1/topics/noted-topic", {}, status=201)
        forged = {"value": 1, "headers": {"twofold-receives": "7"}}
        proto = data(1, data(3, b"1") + data(5, data(1, "twofold-origin") + data(2, "q:0-1")))
        self.call("POST", "/v1/queues/noted/messages", proto, status=400, headers=PROTOBUF)
        for path, body, headers in (
                ("queues/noted/messages", forged, None), ("topics/noted-topic/records", forged, None),
                ("queues/noted/raw", b"1", {"Twofold-H-twofold-message-id": "m"})):
            problem = self.refused("POST", f"/v1/{path}", body, status=400, code="invalid-request", headers=headers)
            self.assertEqual(problem["param"], "headers", path)
            self.assertIn("twofold-", problem["detail"])

    def test_a_raw_message(self):
        self.queue("raw")
        self.call("POST", "/v1/queues/raw/raw?key=k", b"<a/>",
                  headers={"Content-Type": "application/xml", "Twofold-Delay": "1h"})
        delayed = self.ask("GET", "/v1/queues/raw/messages?state=delayed")["items"][0]
        self.assertEqual((delayed["key"], delayed["content_type"]), ("k", "application/xml"))

    def test_what_only_a_queue_of_its_own_has(self):
        self.ask("PUT", "/v1/topics/plain", {"retention": {"time": "1h"}}, status=201)
        source = {"source": {"topic": "plain"}}
        self.refused("PUT", "/v1/queues/attached-dedup", {**source, "dedup": {"window": "10m"}}, status=400,
                     code="invalid-request")
        problem = self.refused("PUT", "/v1/queues/attached-retain", {**source, "retain_acked": "24h"}, status=400,
                               code="invalid-request")
        self.assertIn("1h", problem["detail"])
        self.refused("POST", "/v1/topics/plain/records", {"value": 1, "dedup_id": "x"}, status=400,
                     code="invalid-request")


if __name__ == "__main__":
    unittest.main()
