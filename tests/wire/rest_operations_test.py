#!/usr/bin/env python3
"""One thing done to many messages: replay, redrive, move and purge, counted before, watched, ended."""

import time
import unittest

from wire._broker import Broker
from wire._queues import QueueCase


def until_it_ends(ask, started: dict) -> dict:
    deadline = time.monotonic() + 30
    while (operation := ask("GET", started["href"]))["status"] == "running":
        assert time.monotonic() < deadline, operation
        time.sleep(0.02)
    return operation


class Operations(QueueCase):
    def ack_all(self, name: str) -> None:
        while messages := self.receive(name, max=1000, wait="200ms"):
            self.ask("POST", f"/v1/queues/{name}/ack", {"receipts": [m["receipt"] for m in messages]})

    def run_to_its_end(self, name: str, verb: str, body: dict) -> dict:
        started = self.ask("POST", f"/v1/queues/{name}/{verb}", body, status=202)
        self.assertEqual(started["href"], "/v1/operations/" + started["operation"])
        return until_it_ends(self.ask, started)

    def test_a_replay_over_a_topic_by_filter_and_time(self):
        self.ask("PUT", "/v1/topics/mail", {"partitions": 3}, status=201)
        self.queue("mailer", source={"topic": "mail", "from": "earliest"}, order="key")
        records = [{"key": f"k{n % 7}", "value": n, "headers": {"kind": "email" if n % 2 else "sms"},
                    "timestamp": f"2026-01-{1 + n // 10:02}T12:00:00Z"} for n in range(100)]
        self.ask("POST", "/v1/topics/mail/records", {"records": records})
        self.ack_all("mailer")
        wanted = {"from": "2026-01-03T00:00:00Z", "to": "2026-01-05T00:00:00Z", "filter": "headers.kind = 'email'"}
        counted = self.ask("POST", "/v1/queues/mailer/replay", {**wanted, "dry_run": True})
        self.assertEqual((counted["matched"], len(counted["sample"])), (10, 10))
        self.assertGreater(counted["bytes"], 0)
        self.assertEqual(self.counts("mailer")["ready"], 0)
        operation = self.run_to_its_end("mailer", "replay", wanted)
        self.assertEqual((operation["status"], operation["matched"], operation["scanned"], operation["to_scan"]),
                         ("completed", 10, 100, 100))
        seen, last = [], {}
        while messages := self.receive("mailer", max=3, wait="500ms"):
            for message in messages:
                self.assertGreater(message["value"], last.get(message["key"], -1))
                last[message["key"]] = message["value"]
                seen.append(message["value"])
            self.ask("POST", "/v1/queues/mailer/ack", {"receipts": [m["receipt"] for m in messages]})
        self.assertEqual(sorted(seen), [n for n in range(20, 40) if n % 2])

    def test_redrive_one_then_all(self):
        self.queue("failing", max_receives=1)
        self.send("failing", *({"value": n} for n in range(5)))
        for message in self.receive("failing", max=5):
            self.ask("POST", "/v1/queues/failing/nack",
                     {"items": [{"receipt": message["receipt"], "dead": True, "reason": "bad"}]})
        self.assertEqual(self.run_to_its_end("failing", "redrive", {"ids": ["0-3", "0-99"]})["matched"], 1)
        self.assertEqual([m["value"] for m in self.receive("failing", max=10)], [3])
        self.assertEqual(self.run_to_its_end("failing", "redrive", {})["matched"], 4)
        self.assertEqual(sorted(m["value"] for m in self.receive("failing", max=10)), [0, 1, 2, 4])

    def test_moves_by_filter_and_back_to_where_they_died(self):
        self.queue("parked")
        self.queue("dead-letters")
        self.queue("work", dead_letter="dead-letters")
        self.send("work", *({"value": {"n": n}} for n in range(6)))
        moved = self.run_to_its_end("work", "move", {"destination": "parked", "filter": "value.n >= 4"})
        self.assertEqual((moved["matched"], moved["destination"], moved["sample"]), (2, "parked", ["0-4", "0-5"]))
        self.assertEqual([m["value"]["n"] for m in self.receive("parked", max=10)], [4, 5])
        for message in self.receive("work", max=2):
            self.ask("POST", "/v1/queues/work/nack", {"items": [{"receipt": message["receipt"], "dead": True}]})
        deadline = time.monotonic() + 10
        while self.counts("dead-letters")["ready"] < 2:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        self.assertEqual(self.run_to_its_end("dead-letters", "move", {})["matched"], 2, "each to where it died")
        self.assertEqual(sorted(m["value"]["n"] for m in self.receive("work", max=10)), [0, 1, 2, 3])
        failed = self.run_to_its_end("parked", "purge", {"state": "in_flight"})
        self.assertEqual(failed["matched"], 2)

    def test_a_message_that_died_nowhere_does_not_keep_the_others_from_going_back(self):
        self.queue("lost-letters")
        self.queue("writer", dead_letter="lost-letters")
        self.send("lost-letters", {"value": "stray"})
        self.send("writer", {"value": 1}, {"value": 2})
        for message in self.receive("writer", max=2):
            self.ask("POST", "/v1/queues/writer/nack", {"items": [{"receipt": message["receipt"], "dead": True}]})
        deadline = time.monotonic() + 10
        while self.counts("lost-letters")["ready"] < 3:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        self.refused("POST", "/v1/queues/lost-letters/messages/0-0/move", {}, status=404, code="queue-not-found")
        counted = self.ask("POST", "/v1/queues/lost-letters/move", {"dry_run": True})
        self.assertEqual((counted["matched"], counted["stayed"]), (2, 1))
        moved = self.run_to_its_end("lost-letters", "move", {})
        self.assertEqual((moved["status"], moved["matched"], moved["stayed"]), ("completed", 2, 1))
        self.assertEqual(sorted(m["value"] for m in self.receive("writer", max=10)), [1, 2])
        self.assertEqual([m["value"] for m in self.receive("lost-letters", max=10)], ["stray"])
        self.assertNotIn("stayed", self.run_to_its_end("writer", "purge", {"state": "in_flight"}))

    def test_a_purge_takes_what_it_is_about_or_everything(self):
        self.queue("purged")
        self.send("purged", *({"value": n, "key": "even" if n % 2 == 0 else "odd"} for n in range(6)))
        self.assertEqual(self.run_to_its_end("purged", "purge", {"filter": "key = 'odd'"})["matched"], 3)
        self.assertEqual(self.counts("purged")["ready"], 3)
        self.assertEqual(self.ask("POST", "/v1/queues/purged/purge", {}), {"queue": "purged", "purged": 3})

    def test_a_slow_one_is_watched_and_ended(self):
        self.queue("slow", retain_acked="1h")
        self.send("slow", *({"value": n} for n in range(200)))
        self.ack_all("slow")
        started = self.ask("POST", "/v1/queues/slow/replay", {"rate": 20}, status=202)
        self.refused("POST", "/v1/queues/slow/purge", {"state": "ready"}, status=409, code="operation-running")
        self.assertEqual(self.ask("GET", "/v1/operations")["items"][0]["id"], started["operation"])
        deadline = time.monotonic() + 20
        while self.ask("GET", started["href"])["matched"] < 3:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        ended = self.ask("DELETE", started["href"])
        self.assertEqual(ended["status"], "cancelled")
        self.assertLess(ended["matched"], 200)
        self.assertEqual(self.counts("slow")["ready"], ended["matched"])
        self.assertEqual(self.ask("GET", started["href"]), ended)

    def test_what_is_refused(self):
        self.queue("refusing")
        problem = self.refused("POST", "/v1/queues/refusing/replay", {"filter": "value >"}, status=400,
                               code="invalid-filter")
        self.assertEqual(problem["param"], "filter")
        self.assertIn("at", problem)
        for body, param in (({"state": "lost"}, "state"), ({"ids": []}, "ids"), ({"ids": ["x"]}, "ids"),
                            ({"rate": 0}, "rate"), ({"from": "yesterday"}, "from"), ({"destination": "x"}, "destination")):
            with self.subTest(body):
                problem = self.refused("POST", "/v1/queues/refusing/replay", body, status=400, code="invalid-request")
                self.assertEqual(problem["param"], param)
        self.refused("POST", "/v1/queues/refusing/replay", {"state": "ready"}, status=400, code="invalid-request")
        self.refused("POST", "/v1/queues/refusing/move", {"destination": "refusing"}, status=400, code="invalid-request")
        self.refused("POST", "/v1/queues/nobody/replay", {}, status=404, code="queue-not-found")
        self.refused("POST", "/v1/queues/refusing/move", {"destination": "nobody"}, status=404, code="queue-not-found")
        self.refused("GET", "/v1/operations/op_1", status=404, code="operation-not-found")
        self.refused("GET", "/v1/operations/17", status=404, code="operation-not-found")
        self.ask("PUT", "/v1/topics/refused", {}, status=201)
        self.queue("attached", source={"topic": "refused"})
        self.refused("POST", "/v1/queues/refusing/move", {"destination": "attached"}, status=409,
                     code="queue-is-attached")


class AfterARestart(unittest.TestCase):
    def test_what_was_acked_is_replayed_and_what_was_moved_stays_moved(self):
        broker = Broker()
        self.addCleanup(broker.remove)
        broker.start()

        def ask(method, path, body=None, status=None):
            answer = broker.call(method, path, body)
            self.assertIn(answer.status, (200, 201, 202) if status is None else (status,), answer.body)
            return answer.json

        ask("PUT", "/v1/queues/kept", {"retain_acked": "1h"})
        ask("PUT", "/v1/queues/other", {})
        ask("POST", "/v1/queues/kept/messages", {"messages": [{"value": n} for n in range(10)]})
        messages = ask("POST", "/v1/queues/kept/receive", {"max": 10})["messages"]
        ask("POST", "/v1/queues/kept/ack", {"receipts": [m["receipt"] for m in messages]})
        broker.kill()
        broker.start()
        self.assertEqual(ask("POST", "/v1/queues/kept/receive", {"max": 10})["messages"], [])
        until_it_ends(ask, ask("POST", "/v1/queues/kept/replay", {"filter": "value < 4"}))
        moved = until_it_ends(ask, ask("POST", "/v1/queues/kept/move", {"destination": "other", "ids": ["0-0", "0-1"]}))
        self.assertEqual(moved["matched"], 2)
        broker.kill()
        broker.start()
        self.assertEqual([m["value"] for m in ask("POST", "/v1/queues/kept/receive", {"max": 10})["messages"]], [2, 3])
        self.assertEqual([m["value"] for m in ask("POST", "/v1/queues/other/receive", {"max": 10})["messages"]],
                         [0, 1])
        self.assertEqual(ask("GET", "/v1/operations")["items"], [])


if __name__ == "__main__":
    unittest.main()
