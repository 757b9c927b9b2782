#!/usr/bin/env python3
"""Records that are sent twice are stored once: numbered producers, deduplication ids, expectations."""

import unittest

from wire._broker import Broker, WireCase


def by(producer: str, seq: int, epoch: int = 0, **more) -> dict:
    return {"value": seq, "producer": {"id": producer, "epoch": epoch, "seq": seq}} | more


class Producers(WireCase):
    def setUp(self):
        self.topic = self.id().rsplit(".", 1)[-1]
        self.records = f"/v1/topics/{self.topic}/records"
        self.ask("PUT", f"/v1/topics/{self.topic}", {"partitions": 3, "dedup": {"window": "10m"}}, status=201)

    def publish(self, *records, **more) -> list:
        return self.ask("POST", self.records, {"records": list(records)} | more)["records"]

    def values(self) -> list:
        return [r["value"] for r in self.ask("GET", self.records + "?order=total")["records"]]

    def known(self, producer: str) -> list:
        return self.ask("GET", f"/v1/producers/{producer}")["topics"]

    def test_a_retry_is_answered_with_the_first_places(self):
        first = self.publish(*(by("p", i, key=f"k{i}") for i in range(10)))
        self.assertFalse(any("duplicate" in place for place in first))
        again = self.publish(*(by("p", i, key=f"k{i}") for i in range(10)))
        self.assertEqual([p["id"] for p in again], [p["id"] for p in first])
        self.assertTrue(all(place["duplicate"] for place in again))
        self.assertEqual(sorted(self.values()), list(range(10)))

    def test_a_resend_that_goes_further_stores_only_what_is_new(self):
        first = self.publish(by("p", 0), by("p", 1))
        more = self.publish(*(by("p", i) for i in range(5)))
        self.assertEqual([p["id"] for p in more[:2]], [p["id"] for p in first])
        self.assertEqual([p.get("duplicate", False) for p in more], [True, True, False, False, False])
        self.assertEqual(self.values(), list(range(5)))

    def test_left_out_numbers_are_refused_and_nothing_is_stored(self):
        self.publish(by("p", 0))
        problem = self.refused("POST", self.records, {"records": [by("q", 5), by("p", 2)]},
                               status=409, code="out-of-order-sequence")
        self.assertEqual((problem["index"], problem["next_seq"], problem["retryable"]), (1, 1, False))
        problem = self.refused("POST", self.records, {"records": [by("p", 1), by("p", 3)]},
                               status=409, code="out-of-order-sequence")
        self.assertEqual((problem["index"], problem["next_seq"]), (1, 2))
        self.assertEqual(self.values(), [0])
        self.assertNotIn(self.topic, [view["topic"] for view in self.known("q")])

    def test_a_number_used_for_something_else_is_refused(self):
        self.publish(by("p", 0))
        other = by("p", 0) | {"value": "other"}
        self.refused("POST", self.records, {"records": [other]}, status=409, code="out-of-order-sequence")
        self.refused("POST", self.records, {"records": [by("p", 0, key="k")]}, status=409, code="out-of-order-sequence")
        self.assertEqual(self.values(), [0])

    def test_of_what_was_long_ago_only_that_it_is_stored_is_known(self):
        for i in range(8):
            self.publish(by("p", i))
        self.assertTrue(self.publish(by("p", 3))[0]["duplicate"])
        problem = self.refused("POST", self.records, by("p", 2), status=409, code="out-of-order-sequence")
        self.assertEqual(problem["next_seq"], 8)
        self.assertIn("stored", problem["detail"])

    def test_a_newer_epoch_fences_the_older(self):
        self.publish(by("p", 0), by("p", 1))
        self.refused("POST", self.records, by("p", 2, epoch=1), status=409, code="out-of-order-sequence")
        self.publish(by("p", 0, epoch=1))
        problem = self.refused("POST", self.records, by("p", 2, epoch=0), status=409, code="producer-fenced")
        self.assertEqual(problem["epoch"], 1)
        self.assertIn((self.topic, 1), [(view["topic"], view["epoch"]) for view in self.known("p")])
        self.assertEqual(self.values(), [0, 1, 0])

    def test_what_is_durable_of_mine(self):
        self.assertEqual(self.known("till"), [])
        places = self.publish(by("till", 41), by("till", 42))
        [view] = self.known("till")
        self.assertEqual(view, {"topic": self.topic, "epoch": 0, "last_seq": 42, "id": places[1]["id"],
                                "partition": places[1]["partition"], "offset": places[1]["offset"]})
        self.assertEqual(self.ask("GET", "/v1/producers/a%20b")["producer"], "a b")

    def test_producers_do_not_get_in_each_others_way(self):
        self.publish(by("p", 0), by("q", 0), by("p", 1), {"value": "plain"}, by("q", 1))
        self.assertEqual(self.values(), [0, 0, 1, "plain", 1])

    def test_records_that_make_no_sense(self):
        for producer in ({}, {"id": "p"}, {"seq": 1}, {"id": "", "seq": 1}, {"id": "p", "seq": -1}, {"id": "p", "seq": 1.5},
                         {"id": "p", "seq": 1, "epoch": -1}, {"id": "p", "seq": 1 << 60}, {"id": "x" * 256, "seq": 1},
                         {"id": "p", "seq": 1, "x": 1}, "p", None):
            with self.subTest(producer):
                self.refused("POST", self.records, {"value": 1, "producer": producer}, status=400, code="invalid-request")
        self.refused("POST", self.records, by("p", 0, dedup_id="d"), status=400, code="invalid-request")
        self.ask("PUT", f"/v1/queues/{self.topic}.queue", {}, status=201)
        self.refused("POST", f"/v1/queues/{self.topic}.queue/messages", by("p", 0), status=400, code="invalid-request")
        self.assertEqual(self.values(), [])

    # -- deduplication ids

    def test_a_second_record_of_an_id_is_not_stored(self):
        first = self.publish({"value": 1, "dedup_id": "a", "key": "k"}, {"value": 2, "dedup_id": "b"})
        again = self.publish({"value": 3, "dedup_id": "b"}, {"value": 4, "dedup_id": "c"}, {"value": 5, "dedup_id": "a"})
        self.assertEqual([again[0]["id"], again[2]["id"]], [first[1]["id"], first[0]["id"]])
        self.assertEqual([p.get("duplicate", False) for p in again], [True, False, True])
        self.assertEqual(self.values(), [1, 2, 4])
        answer = self.ask("POST", f"/v1/topics/{self.topic}/raw", b"raw", headers={"Twofold-Dedup-Id": "a", "Content-Type": "text/plain"})
        self.assertTrue(answer["records"][0]["duplicate"])
        self.refused("POST", self.records, {"records": [{"value": 1, "dedup_id": "d"}, {"value": 2, "dedup_id": "d"}]},
                     status=400, code="invalid-request")

    def test_a_topic_without_a_window_says_so(self):
        self.ask("PUT", f"/v1/topics/{self.topic}.plain", {}, status=201)
        problem = self.refused("POST", f"/v1/topics/{self.topic}.plain/records", {"value": 1, "dedup_id": "a"},
                               status=400, code="invalid-request")
        self.assertIn("dedup", problem["hint"])
        self.ask("PATCH", f"/v1/topics/{self.topic}.plain", {"dedup": {"window": "1m"}})
        self.ask("POST", f"/v1/topics/{self.topic}.plain/records", {"value": 1, "dedup_id": "a"})
        self.assertEqual(self.ask("GET", f"/v1/topics/{self.topic}.plain")["dedup"], {"window": "1m"})
        self.refused("PATCH", f"/v1/topics/{self.topic}.plain", {"dedup": {"window": "25h"}}, status=400, code="invalid-duration")
        self.assertIsNone(self.ask("PATCH", f"/v1/topics/{self.topic}.plain", {"dedup": None})["dedup"])

    # -- expectations

    def test_a_publish_that_expects_the_newest_record(self):
        [first] = self.publish({"value": 1}, expect={"last_seq": 0})
        problem = self.refused("POST", self.records, {"value": 2, "expect": {"last_seq": 0}}, status=412, code="expectation-failed")
        self.assertEqual(problem["last_seq"], first["seq"])
        [second] = self.publish({"value": 2, "partition": 2}, expect={"last_seq": first["seq"]})
        self.ask("PUT", f"/v1/topics/{self.topic}.other", {}, status=201)
        self.ask("POST", f"/v1/topics/{self.topic}.other/records", {"value": 1})
        self.publish({"value": 3, "partition": 0}, expect={"last_seq": second["seq"]})
        self.assertEqual(self.values(), [1, 2, 3])

    def test_a_retry_of_what_was_carried_out_is_not_held_to_its_expectation(self):
        first = self.publish(by("p", 0), expect={"last_seq": 0})
        again = self.publish(by("p", 0), expect={"last_seq": 0})
        self.assertEqual(again[0]["id"], first[0]["id"])
        self.refused("POST", self.records, by("p", 1, expect={"last_seq": 0}), status=412, code="expectation-failed")


    def test_a_publish_that_expects_the_newest_record_of_its_key(self):
        put = lambda key, value, last, **more: dict(records=[{"key": key, "value": value}], expect={"key_last": last}) | more
        first = self.ask("POST", self.records, put("a", 1, None))["records"][0]["id"]
        problem = self.refused("POST", self.records, put("a", 2, None), status=412, code="expectation-failed")
        self.assertEqual(problem["key_last"], first)
        self.publish({"key": "b", "value": 0})
        second = self.ask("POST", self.records, put("a", 2, first))["records"][0]["id"]
        problem = self.refused("POST", self.records, put("a", 3, first), status=412, code="expectation-failed")
        self.assertEqual(problem["key_last"], second)
        problem = self.refused("POST", self.records, put("c", 3, first), status=412, code="expectation-failed")
        self.assertIsNone(problem["key_last"])
        body = {"publish": [dict(topic=self.topic, **put("a", 3, first))]}
        problem = self.refused("POST", "/v1/commit", body, status=412, code="expectation-failed")
        self.assertEqual((problem["key_last"], problem["param"]), (second, "publish[0]"))
        body["publish"][0]["expect"] = {"key_last": second}
        self.ask("POST", "/v1/commit", body, headers={"Idempotency-Key": self.topic})
        self.assertEqual(self.values(), [1, 0, 2, 3])
        for bad in ({"key_last": 7}, {"key_last": "x"}, {"key_last": ""}, {"keylast": None}, {"last_seq": -1}, []):
            self.refused("POST", self.records, {"key": "a", "value": 1, "expect": bad}, status=400, code="invalid-request")
        self.refused("POST", self.records, {"value": 1, "expect": {"key_last": None}}, status=400, code="invalid-request")


class AcrossRestarts(WireCase):
    def test_producers_ids_and_places_survive(self):
        broker = Broker()
        self.addCleanup(broker.remove)
        broker.start()
        call = lambda *words: broker.call(*words).json
        call("PUT", "/v1/topics/t", {"partitions": 3, "dedup": {"window": "10m"}})
        first = call("POST", "/v1/topics/t/records", {"records": [by("p", i, key=f"k{i}") for i in range(6)]})["records"]
        identified = call("POST", "/v1/topics/t/records", {"value": 1, "dedup_id": "a"})["records"]
        last = identified[0]["seq"]
        for end in (broker.kill, broker.stop, broker.stop, broker.kill):
            end()
            broker.start()
            again = call("POST", "/v1/topics/t/records", {"records": [by("p", i, key=f"k{i}") for i in range(6)]})["records"]
            self.assertEqual([p["id"] for p in again], [p["id"] for p in first])
            again = call("POST", "/v1/topics/t/records", {"value": 1, "dedup_id": "a"})["records"]
            self.assertEqual([p["id"] for p in again], [p["id"] for p in identified])
            self.assertEqual(call("GET", "/v1/producers/p")["topics"][0]["last_seq"], 5)
            problem = call("POST", "/v1/topics/t/records", {"value": 1, "expect": {"last_seq": 1}})
            self.assertEqual(problem["last_seq"], last)
        self.assertEqual(len(call("GET", "/v1/topics/t/records")["records"]), 7)


if __name__ == "__main__":
    unittest.main()
