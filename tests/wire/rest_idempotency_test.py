#!/usr/bin/env python3
"""A request with an Idempotency-Key is carried out once, however often it is sent."""

import http.client
import json
import unittest

from wire._broker import Broker, WireCase


class Idempotency(WireCase):
    def setUp(self):
        self.name = self.id().rsplit(".", 1)[-1]
        self.topic, self.queue = f"/v1/topics/{self.name}.t", f"/v1/queues/{self.name}.q"
        self.ask("PUT", self.topic, {"partitions": 3}, status=201)
        self.ask("PUT", self.queue, {"visibility_timeout": "10m"}, status=201)
        self.keys = 0

    def key(self) -> dict:
        self.keys += 1
        return {"Idempotency-Key": f"{self.name}-{self.keys}"}

    def twice(self, path: str, body, status: int = 200, headers=None) -> tuple:
        key = self.key() | (headers or {})
        first = self.call("POST", path, body, headers=key, status=status)
        self.assertNotIn("idempotency-replayed", first.headers)
        again = self.call("POST", path, body, headers=key, status=status)
        self.assertEqual(again.headers["idempotency-replayed"], "true")
        self.assertEqual(again.body, first.body)
        return first.json, key

    def stored(self) -> list:
        return [r["value"] for r in self.ask("GET", self.topic + "/records?order=total&limit=1000")["records"]]

    def test_a_publish(self):
        records = [{"key": f"k{i}", "value": i} for i in range(20)]
        answer, key = self.twice(self.topic + "/records", {"records": records})
        self.assertEqual(len({r["seq"] for r in answer["records"]}), 20)
        self.assertEqual(sorted(self.stored()), list(range(20)))
        self.ask("POST", self.topic + "/records", {"records": records}, headers=self.key())
        self.assertEqual(len(self.stored()), 40, "another key, another request")
        self.ask("POST", self.topic + "/records", {"records": records}, headers=key)
        self.assertEqual(len(self.stored()), 40, "the first key still stands")

    def test_the_durability_is_answered_as_at_first(self):
        for durability in ("disk", "os", "memory"):
            answer, _ = self.twice(self.topic + "/records", {"records": [{"value": 1}], "durability": durability})
            self.assertEqual(answer["durability"], durability)

    def test_a_raw_record(self):
        self.twice(self.topic + "/raw?key=a", b"hello", headers={"Content-Type": "text/plain"})
        self.assertEqual(len(self.stored_raw()), 1)

    def stored_raw(self) -> list:
        return self.ask("GET", self.topic + "/records")["records"]

    def test_a_send(self):
        answer, _ = self.twice(self.queue + "/messages", {"messages": [{"value": 1, "dedup_id": "a"}, {"value": 2}, {"value": 3, "dedup_id": "a"}]})
        self.assertEqual([m.get("duplicate", False) for m in answer["messages"]], [False, False, True])
        self.twice(self.queue + "/raw", b"hello", headers={"Content-Type": "text/plain"})
        self.assertEqual(self.ask("GET", self.queue)["messages"]["ready"], 3)

    def test_settling(self):
        self.ask("POST", self.queue + "/messages", {"messages": [{"value": i} for i in range(3)]})
        receipts = [m["receipt"] for m in self.ask("POST", self.queue + "/receive", {"max": 3})["messages"]]
        answer, _ = self.twice(self.queue + "/ack", {"receipts": [receipts[0]]})
        self.assertEqual(answer, {"results": ["acked"]}, "not 'already': the second time it is the same request")
        answer, _ = self.twice(self.queue + "/ack", {"receipts": [receipts[0]]})
        self.assertEqual(answer, {"results": ["already"]})
        self.twice(self.queue + "/extend", {"items": [{"receipt": receipts[1], "visibility_timeout": "5m"}]})
        self.twice(self.queue + "/nack", {"items": [{"receipt": receipts[2], "dead": True}]})
        self.assertEqual(self.ask("GET", self.queue)["messages"]["dead"], 1)

    def test_groups_and_trims(self):
        self.ask("POST", self.topic + "/records", {"records": [{"value": i, "partition": 0} for i in range(4)]})
        group = f"/v1/groups/{self.name}"
        self.twice(group + "/commit", {"offsets": {f"{self.name}.t": {"0": 2, "1": 0}}})
        answer, key = self.twice(group + "/seek", {"topic": f"{self.name}.t", "to": "latest"})
        self.ask("POST", self.topic + "/records", {"value": 4, "partition": 0})
        again = self.ask("POST", group + "/seek", {"topic": f"{self.name}.t", "to": "latest"}, headers=key)
        self.assertEqual(again, answer, "where latest was at first")
        answer, key = self.twice(self.topic + "/trim", {"before": "latest"})
        self.ask("POST", self.topic + "/records", {"value": 5, "partition": 0})
        self.assertEqual(self.ask("POST", self.topic + "/trim", {"before": "latest"}, headers=key), answer)
        self.assertEqual(self.stored(), [5], "trimmed once")

    def test_operations(self):
        self.ask("POST", self.queue + "/messages", {"messages": [{"value": i} for i in range(3)]})
        self.ask("PUT", self.queue + ".other", {}, status=201)
        self.twice(self.queue + "/messages/0-0/move", {"destination": f"{self.name}.q.other"})
        self.assertEqual(self.ask("GET", self.queue + ".other")["messages"]["ready"], 1)
        answer, _ = self.twice(self.queue + "/replay", {}, status=202)
        self.assertIn("operation", answer)
        answer, _ = self.twice(self.queue + "/purge", None)
        self.assertEqual(answer["purged"], 2)

    def test_a_commit(self):
        self.ask("POST", self.queue + "/messages", {"value": 1})
        [message] = self.ask("POST", self.queue + "/receive", {})["messages"]
        body = {"publish": [{"topic": f"{self.name}.t", "records": [{"key": "a", "value": 1}, {"key": "b", "value": 2}]},
                            {"queue": f"{self.name}.q", "records": [{"value": 9}]}],
                "ack": [{"queue": f"{self.name}.q", "receipts": [message["receipt"]]}],
                "offsets": [{"group": self.name, "offsets": {f"{self.name}.t": {"0": 0}}}]}
        self.twice("/v1/commit", body)
        self.assertEqual(sorted(self.stored()), [1, 2])
        self.refused("POST", "/v1/commit", body, status=409, code="stale-receipt", headers=self.key())

    def test_the_answer_comes_in_the_form_that_is_asked_for(self):
        key = self.key()
        body = {"records": [{"value": 1}]}
        first = self.ask("POST", self.topic + "/records", body, headers=key)
        again = self.call("POST", self.topic + "/records", body, headers=key | {"Accept": "application/protobuf"})
        self.assertEqual(again.headers["content-type"], "application/protobuf")
        self.assertIn(first["records"][0]["id"].encode(), again.body)

    def test_a_key_belongs_to_one_request(self):
        body = {"records": [{"value": 1}]}
        key = self.key()
        self.ask("POST", self.topic + "/records", body, headers=key)
        reused = dict(status=422, code="idempotency-key-reused", headers=key)
        self.refused("POST", self.topic + "/records", {"records": [{"value": 2}]}, **reused)
        self.refused("POST", self.queue + "/messages", {"messages": [{"value": 1}]}, **reused)
        self.refused("POST", self.topic + "/raw?key=a", b"x", **reused)
        self.assertEqual(self.stored(), [1])
        key = self.key()
        self.ask("POST", self.topic + "/raw", b"x", headers=key | {"Twofold-H-A": "1"})
        self.refused("POST", self.topic + "/raw", b"x", status=422, code="idempotency-key-reused", headers=key | {"Twofold-H-A": "2"})

    def test_a_refused_request_uses_no_key_up(self):
        key = self.key()
        bad = {"records": [{"value": 1, "partition": 9}]}
        self.refused("POST", self.topic + "/records", bad, status=404, code="partition-not-found", headers=key)
        self.refused("POST", self.topic + "/records", bad, status=404, code="partition-not-found", headers=key)
        self.ask("POST", self.topic + "/records", {"records": [{"value": 1}]}, headers=key)

    def test_keys_that_make_no_sense(self):
        self.refused("POST", self.topic + "/records", {"value": 1}, status=400, code="invalid-request", headers={"Idempotency-Key": "x" * 256})
        self.refused("POST", self.topic + "/records", b'{"value":1}\n', status=400, code="invalid-request",
                     headers=self.key() | {"Content-Type": "application/x-ndjson"})
        head = (f"POST {self.topic}/records HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\nConnection: close\r\n"
                "Idempotency-Key: a\r\nIdempotency-Key: b\r\n\r\n").encode()
        self.assertIn(b" 400 ", self.broker.raw(head + b'{"value":1}').split(b"\r\n")[0])
        self.assertEqual(self.stored(), [])
        for key in ("x" * 255, '"quoted"', "a b", "%00", "\xe4".encode().decode("latin-1")):
            self.call("POST", self.topic + "/records", {"value": key}, headers={"Idempotency-Key": key})
        self.assertEqual(len(self.stored()), 5)

    def test_what_reads_takes_no_notice(self):
        key = self.key()
        self.call("GET", self.topic, headers=key)
        self.ask("POST", self.queue + "/receive", {}, headers=key)
        self.ask("POST", self.queue + "/receive", {"max": 2}, headers=key)

    def test_many_at_once_are_carried_out_once(self):
        key, body = self.key(), json.dumps({"records": [{"value": 1}]})
        connections = [http.client.HTTPConnection("127.0.0.1", self.broker.port, timeout=30) for _ in range(20)]
        for connection in connections:
            connection.request("POST", self.topic + "/records", body, key | {"Content-Type": "application/json"})
        answers = [connection.getresponse() for connection in connections]
        bodies = [(answer.status, answer.read()) for answer in answers]
        for connection in connections:
            connection.close()
        told = [json.loads(body) for status, body in bodies if status == 200]
        self.assertTrue(told)
        self.assertTrue(all(one == told[0] for one in told))
        for status, body in bodies:
            if status != 200:
                self.assertEqual((status, json.loads(body)["code"], json.loads(body)["retryable"]), (409, "idempotency-in-progress", True))
        self.assertEqual(self.stored(), [1])


class AcrossRestarts(WireCase):
    settings = ("http.idempotency_window=2s",)

    def test_answers_survive_a_kill_and_a_stop(self):
        broker = Broker("http.idempotency_window=1h")
        self.addCleanup(broker.remove)
        broker.start()
        broker.call("PUT", "/v1/topics/t", {"partitions": 4})
        broker.call("PUT", "/v1/queues/q", {})
        requests = [("/v1/topics/t/records", {"records": [{"key": f"k{i}", "value": i} for i in range(50)]}),
                    ("/v1/queues/q/messages", {"messages": [{"value": i} for i in range(3)]}),
                    ("/v1/commit", {"publish": [{"topic": "t", "records": [{"value": "x"}]}, {"queue": "q", "records": [{"value": "y"}]}]})]
        firsts = [broker.call("POST", path, body, {"Idempotency-Key": str(i)}).body for i, (path, body) in enumerate(requests)]
        for end in (broker.kill, broker.stop, broker.stop, broker.kill):
            end()
            broker.start()
            for i, (path, body) in enumerate(requests):
                again = broker.call("POST", path, body, {"Idempotency-Key": str(i)})
                self.assertEqual((again.status, again.body), (200, firsts[i]))
                self.assertEqual(again.headers["idempotency-replayed"], "true")
        self.assertEqual(len(broker.call("GET", "/v1/topics/t/records?limit=1000").json["records"]), 51)
        self.assertEqual(broker.call("GET", "/v1/queues/q").json["messages"]["ready"], 4)

    def test_after_its_window_a_key_is_free_again(self):
        self.ask("PUT", "/v1/topics/short", {}, status=201)
        replayed = True
        first = self.call("POST", "/v1/topics/short/records", {"value": 1}, headers={"Idempotency-Key": "k"}).json
        while replayed:
            again = self.call("POST", "/v1/topics/short/records", {"value": 1}, headers={"Idempotency-Key": "k"})
            replayed = "idempotency-replayed" in again.headers
            self.assertEqual(again.json == first, replayed)
        self.assertEqual(len(self.ask("GET", "/v1/topics/short/records")["records"]), 2)


if __name__ == "__main__":
    unittest.main()
