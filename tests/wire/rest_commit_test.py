#!/usr/bin/env python3
"""A commit over topics, queues and groups is carried out as a whole or not at all."""

import unittest

from wire._broker import WireCase


class Commit(WireCase):
    def setUp(self):
        name = self.id().rsplit(".", 1)[-1]
        self.inbox, self.outbox, self.ledger, self.group = (f"{name}.{part}" for part in ("in", "out", "ledger", "group"))
        self.ask("PUT", f"/v1/queues/{self.inbox}", {"visibility_timeout": "10m"}, status=201)
        self.ask("PUT", f"/v1/queues/{self.outbox}", {}, status=201)
        self.ask("PUT", f"/v1/topics/{self.ledger}", {"partitions": 2}, status=201)

    def send(self, *values):
        self.ask("POST", f"/v1/queues/{self.inbox}/messages", {"messages": [{"value": value} for value in values]})

    def receipts(self, count: int) -> list:
        messages = self.ask("POST", f"/v1/queues/{self.inbox}/receive", {"max": count})["messages"]
        self.assertEqual(len(messages), count)
        return [message["receipt"] for message in messages]

    def stored(self) -> list:
        return [r["value"] for r in self.ask("GET", f"/v1/topics/{self.ledger}/records")["records"]]

    def counts(self, queue: str) -> dict:
        return self.ask("GET", f"/v1/queues/{queue}")["messages"]

    def test_everything_happens_together(self):
        self.send(1, 2)
        receipts = self.receipts(2)
        self.ask("POST", f"/v1/topics/{self.ledger}/records", {"value": 0, "partition": 1})
        answer = self.ask("POST", "/v1/commit", {
            "publish": [{"topic": self.ledger, "records": [{"key": "a", "value": 10}, {"value": 20, "partition": 1}]},
                        {"queue": self.outbox, "messages": [{"value": "mail"}]}],
            "ack": [{"queue": self.inbox, "receipts": receipts}],
            "offsets": [{"group": self.group, "offsets": {self.ledger: {"1": 1}}}]})
        self.assertTrue(answer["committed"])
        self.assertEqual(answer["durability"], "disk")
        topic, queue = answer["publish"]
        self.assertEqual((topic["topic"], queue["queue"]), (self.ledger, self.outbox))
        self.assertEqual(topic["records"][1]["id"], "1-1")
        self.assertEqual(queue["messages"][0]["id"], "0-0")
        seqs = [r["seq"] for r in topic["records"] + queue["messages"]]
        self.assertEqual(len(set(seqs)), 3)
        self.assertTrue(all(seqs))
        self.assertEqual(answer["ack"], [{"queue": self.inbox, "acked": 2}])
        self.assertEqual(sorted(self.stored()), [0, 10, 20])
        self.assertEqual(self.counts(self.outbox)["ready"], 1)
        self.assertEqual(sum(self.counts(self.inbox).values()), 0)
        offsets = self.ask("GET", f"/v1/groups/{self.group}")["offsets"]
        self.assertEqual(offsets[self.ledger]["1"]["committed"], 1)

    def nothing_happened(self, in_flight: int):
        self.assertEqual(self.stored(), [])
        self.assertEqual(sum(self.counts(self.outbox).values()), 0)
        self.assertEqual(self.counts(self.inbox)["in_flight"], in_flight)
        self.call("GET", f"/v1/groups/{self.group}", status=404)

    def commit_body(self, receipts: list) -> dict:
        return {"publish": [{"topic": self.ledger, "records": [{"value": 1}]}, {"queue": self.outbox, "records": [{"value": 1}]}],
                "ack": [{"queue": self.inbox, "receipts": receipts}],
                "offsets": [{"group": self.group, "offsets": {self.ledger: {"0": 0}}}]}

    def test_a_stale_receipt_stops_all_of_it_and_is_named(self):
        self.send(1, 2)
        old, other = self.receipts(2)
        self.ask("POST", f"/v1/queues/{self.inbox}/nack", {"items": [{"receipt": old, "delay": "0s"}]})
        [new] = self.receipts(1)
        problem = self.refused("POST", "/v1/commit", self.commit_body([other, old]), status=409, code="stale-receipt")
        self.assertEqual((problem["param"], problem["index"]), ("ack[0]", 1))
        self.assertFalse(problem["retryable"])
        self.nothing_happened(in_flight=2)
        self.ask("POST", "/v1/commit", self.commit_body([other, new]))
        self.assertEqual(self.stored(), [1])

    def test_a_message_can_be_acked_by_one_commit_only(self):
        self.send(1)
        receipts = self.receipts(1)
        self.ask("POST", "/v1/commit", self.commit_body(receipts))
        problem = self.refused("POST", "/v1/commit", self.commit_body(receipts), status=409, code="stale-receipt")
        self.assertIn("acked already", problem["detail"])
        self.assertEqual(self.stored(), [1])
        self.refused("POST", "/v1/commit", self.commit_body(["r1.nonsense"]), status=409, code="stale-receipt")

    def test_a_receipt_named_twice_is_one_message(self):
        self.send(1)
        [receipt] = self.receipts(1)
        answer = self.ask("POST", "/v1/commit", {"ack": [{"queue": self.inbox, "receipts": [receipt, receipt]}]})
        self.assertEqual(answer["ack"], [{"queue": self.inbox, "acked": 1}])

    def test_whatever_is_wrong_nothing_is_written(self):
        self.send(1)
        receipts = self.receipts(1)
        table = [
            ({"publish": [{"topic": "nowhere.at.all", "records": [{"value": 1}]}]}, 404, "topic-not-found", "publish[2]"),
            ({"publish": [{"queue": "nowhere.at.all", "records": [{"value": 1}]}]}, 404, "queue-not-found", "publish[2]"),
            ({"ack": [{"queue": "nowhere.at.all", "receipts": ["r"]}]}, 404, "queue-not-found", "ack[1]"),
            ({"publish": [{"topic": self.ledger, "records": [{"value": 1}]}]}, 400, "invalid-request", "publish[2]"),
            ({"ack": [{"queue": self.inbox, "receipts": receipts}]}, 400, "invalid-request", "ack[1]"),
            ({"offsets": [{"group": "g", "offsets": {self.ledger: {"7": 0}}}]}, 404, "partition-not-found", "offsets[1]"),
            ({"offsets": [{"group": "g", "offsets": {self.ledger: {"0": 99}}}]}, 400, "invalid-request", "offsets[1]"),
            ({"offsets": [{"group": "g", "offsets": {"nowhere.at.all": {"0": 0}}}]}, 404, "topic-not-found", "offsets[1]"),
        ]
        for more, status, code, place in table:
            body = self.commit_body(receipts)
            for name, entries in more.items():
                body[name] = body[name] + entries
            with self.subTest(more):
                problem = self.refused("POST", "/v1/commit", body, status=status, code=code)
                self.assertEqual(problem["param"], place)
                self.nothing_happened(in_flight=1)
        large = self.commit_body(receipts)
        large["publish"][0]["records"].append({"text": "x" * (2 << 20)})
        problem = self.refused("POST", "/v1/commit", large, status=413, code="message-too-large")
        self.assertEqual((problem["param"], problem["index"]), ("publish[0]", 1))
        self.nothing_happened(in_flight=1)
        self.ask("POST", "/v1/commit", self.commit_body(receipts))

    def test_of_a_group_with_members_only_the_one_that_reads_the_partition_commits(self):
        self.ask("POST", f"/v1/topics/{self.ledger}/records", {"records": [{"value": n, "partition": 0} for n in range(3)]})
        read = self.ask("POST", f"/v1/groups/{self.group}/poll", {"topics": [self.ledger], "member": "a"})
        self.assertEqual(read["assigned"], {self.ledger: [0, 1]})

        def body(upto: int, **who) -> dict:
            return {"publish": [{"queue": self.outbox, "messages": [{"value": "result"}]}],
                    "offsets": [{"group": self.group, "offsets": {self.ledger: {"0": upto}}, **who}]}

        for who, status, code in (
                ({}, 409, "group-in-use"), ({"member": "b"}, 409, "member-fenced"),
                ({"member": "a", "generation": 1}, 409, "group-in-use")):
            with self.subTest(who):
                problem = self.refused("POST", "/v1/commit", body(3, **who), status=status, code=code)
                self.assertEqual(problem["param"], "offsets[0]")
                self.assertNotIn("index", problem)
                self.assertEqual(self.counts(self.outbox)["ready"], 0)
        self.refused("POST", "/v1/commit", body(4, member="a"), status=400, code="invalid-request")
        self.ask("POST", "/v1/commit", body(3, member="a"))
        self.assertEqual(self.counts(self.outbox)["ready"], 1)
        stands = self.ask("GET", f"/v1/groups/{self.group}")["offsets"]
        self.assertEqual(stands[self.ledger]["0"]["committed"], 3)
        self.ask("POST", f"/v1/groups/{self.group}/leave", {"member": "a"})
        self.refused("POST", "/v1/commit", body(3), status=409, code="member-fenced")
        self.assertEqual(self.counts(self.outbox)["ready"], 1)

    def test_a_result_that_somebody_else_has_written_before_is_not_written_again(self):
        self.ask("POST", f"/v1/topics/{self.ledger}/records", {"records": [{"value": n, "partition": 0} for n in range(5)]})
        outcome = f"{self.outbox}-outcome"
        self.ask("PUT", f"/v1/topics/{outcome}", {}, status=201)

        def body(upto: int) -> dict:
            return {"publish": [{"topic": outcome, "records": [{"value": upto}]}],
                    "offsets": [{"group": f"{self.group}-late", "offsets": {self.ledger: {"0": upto}}}]}

        self.ask("POST", "/v1/commit", body(3))
        for upto in (2, 3):
            problem = self.refused("POST", "/v1/commit", body(upto), status=409, code="member-fenced")
            self.assertRegex(problem["param"], r"^offsets\[0\]")
        self.ask("POST", "/v1/commit", body(5))
        records = self.ask("GET", f"/v1/topics/{outcome}/records")["records"]
        self.assertEqual([record["value"] for record in records], [3, 5])

    def test_work_that_was_begun_where_the_group_does_not_stand_any_more_is_not_written(self):
        self.ask("POST", f"/v1/topics/{self.ledger}/records", {"records": [{"value": n, "partition": 0} for n in range(9)]})
        group = f"{self.group}-from"

        def body(begun: int, upto: int) -> dict:
            return {"publish": [{"queue": self.outbox, "messages": [{"value": [begun, upto]}]}],
                    "offsets": [{"group": group, "offsets": {self.ledger: {"0": upto}}, "from": {self.ledger: {"0": begun}}}]}

        self.ask("POST", "/v1/commit", body(0, 4))
        problem = self.refused("POST", "/v1/commit", body(0, 8), status=409, code="member-fenced")
        self.assertIn("stands at 4", problem["detail"])
        self.ask("POST", "/v1/commit", body(4, 8))
        self.ask("POST", f"/v1/groups/{group}/seek", {"topic": self.ledger, "to": "earliest"})
        self.refused("POST", "/v1/commit", body(8, 9), status=409, code="member-fenced")
        self.assertEqual(self.counts(self.outbox)["ready"], 2)

    def test_bodies_that_make_no_sense(self):
        record = {"topic": self.ledger, "records": [{"value": 1}]}
        table = [
            ({}, None), ({"publish": []}, None), ({"publish": [{}]}, "publish[0]"), ({"publish": [{"records": [{"value": 1}]}]}, "publish[0]"),
            ({"publish": [{"topic": self.ledger, "records": []}]}, "publish[0]"),
            ({"publish": [{"topic": self.ledger}]}, "publish[0].records"),
            ({"publish": [{"topic": self.ledger, "queue": self.outbox, "records": [{"value": 1}]}]}, "publish[0]"),
            ({"publish": [record, {"queue": self.outbox, "records": [{"value": 1, "partition": 1}]}]}, "publish[1].partition"),
            ({"publish": [{"topic": self.ledger, "records": [{"value": 1, "delay": "1s"}]}]}, "publish[0].delay"),
            ({"publish": [{"queue": self.outbox, "records": [{"value": 1}], "expect": {"last_seq": 1}}]}, "publish[0].expect"),
            ({"publish": [record | {"messages": [{"value": 1}]}]}, "publish[0]"),
            ({"ack": [{"queue": self.inbox}]}, "ack[0].receipts"), ({"ack": [{"receipts": ["r"]}]}, "ack[0].queue"),
            ({"ack": [{"queue": self.inbox, "receipts": "r"}]}, "ack[0].receipts"),
            ({"offsets": [{"group": "g", "offsets": {self.ledger: {"0": 0}}, "from": {self.ledger: {"1": 0}}}]}, "offsets[0].from"),
            ({"offsets": [{"group": "g"}]}, "offsets[0].offsets"), ({"offsets": [{"offsets": {self.ledger: {"0": 0}}}]}, "offsets[0].group"),
            ({"offsets": [{"group": "g", "member": "", "offsets": {self.ledger: {"0": 0}}}]}, "offsets[0].member"),
            ({"offsets": [{"group": "g", "generation": 1, "offsets": {self.ledger: {"0": 0}}}]}, "offsets[0].member"),
            ({"offsets": [{"group": "g", "member": "m", "generation": -1, "offsets": {self.ledger: {"0": 0}}}]}, "offsets[0].generation"),
            ({"publish": record}, "publish"), ({"publishh": [record]}, "publishh"), ({"publish": [record, 7]}, "publish[1]"),
        ]
        for body, place in table:
            with self.subTest(body):
                problem = self.refused("POST", "/v1/commit", body, status=400, code="invalid-request")
                self.assertEqual(problem.get("param"), place, problem)
        self.refused("POST", "/v1/commit", b"{", status=400, code="invalid-request", headers={"Content-Type": "application/json"})
        many = {"publish": [{"topic": self.ledger, "records": [{"value": 1}] * 600}, {"queue": self.outbox, "records": [{"value": 1}] * 401}]}
        self.refused("POST", "/v1/commit", many, status=413, code="batch-too-large")
        self.refused("POST", "/v1/commit", {"ack": [{"queue": self.inbox, "receipts": ["r"] * 1001}]}, status=413, code="batch-too-large")
        self.assertEqual(self.stored(), [])

    def test_where_the_broken_byte_is(self):
        body = b'{"publish":[{"topic":"' + self.ledger.encode() + b'","records": [{"value": nul}]}]}'
        problem = self.refused("POST", "/v1/commit", body, status=400, code="invalid-request", headers={"Content-Type": "application/json"})
        self.assertEqual(problem["at"], body.index(b"nul"))
        body = b'{"publish":[{"topic":"' + self.ledger.encode() + b'","records": [{"value": 1,"x":2}]}]}'
        problem = self.refused("POST", "/v1/commit", body, status=400, code="invalid-request", headers={"Content-Type": "application/json"})
        self.assertIn(problem["at"], range(body.index(b'"x"') - 1, body.index(b'"x"') + 1))

    def test_an_expectation_of_a_commit(self):
        [first] = self.ask("POST", f"/v1/topics/{self.ledger}/records", {"value": 1})["records"]
        self.send(1)
        receipts = self.receipts(1)
        body = self.commit_body(receipts)
        body["publish"][0]["expect"] = {"last_seq": first["seq"] - 1}
        problem = self.refused("POST", "/v1/commit", body, status=412, code="expectation-failed")
        self.assertEqual(problem["last_seq"], first["seq"])
        self.assertEqual(self.counts(self.inbox)["in_flight"], 1)
        body["publish"][0]["expect"] = {"last_seq": first["seq"]}
        self.ask("POST", "/v1/commit", body)
        self.assertEqual(self.stored(), [1, 1])

    def test_an_ordered_queue_goes_on_after_a_commit(self):
        queue = self.inbox + ".ordered"
        self.ask("PUT", f"/v1/queues/{queue}", {"order": "key"}, status=201)
        self.ask("POST", f"/v1/queues/{queue}/messages", {"messages": [{"key": "k", "value": i} for i in range(3)]})
        for i in range(3):
            [message] = self.ask("POST", f"/v1/queues/{queue}/receive", {"max": 1, "wait": "5s"})["messages"]
            self.assertEqual(message["value"], i)
            self.ask("POST", "/v1/commit", {"publish": [{"topic": self.ledger, "records": [{"value": i}]}],
                                            "ack": [{"queue": queue, "receipts": [message["receipt"]]}]})
        self.assertEqual(sorted(self.stored()), [0, 1, 2])


if __name__ == "__main__":
    unittest.main()
