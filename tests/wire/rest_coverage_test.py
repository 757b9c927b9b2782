#!/usr/bin/env python3
"""What the readers of a topic have made of the records of a window, and how two of them differ."""

import unittest

from wire._broker import WireCase


class Coverage(WireCase):
    def publish(self, topic: str, amounts) -> None:
        self.ask("POST", f"/v1/topics/{topic}/records", {"records": [
            {"key": str(n), "value": {"amount": n}, "timestamp": f"2026-11-20T10:{n % 60:02}:00Z"} for n in amounts]})

    def attach(self, queue: str, topic: str, start: str = "earliest", **source) -> None:
        self.ask("PUT", f"/v1/queues/{queue}", {"source": {"topic": topic, "from": start} | source, "max_receives": 1}, status=201)

    def receive(self, queue: str, count: int, **request) -> list:
        return self.ask("POST", f"/v1/queues/{queue}/receive", {"max": count, "wait": "5s"} | request)["messages"]

    def ack(self, queue: str, messages) -> None:
        self.ask("POST", f"/v1/queues/{queue}/ack", {"receipts": [m["receipt"] for m in messages]})

    def coverage(self, topic: str, query: str = "") -> dict:
        return self.ask("GET", f"/v1/topics/{topic}/coverage{query}")

    def reader(self, answer: dict, kind: str, name: str) -> dict:
        [reader] = [r for r in answer["readers"] if r.get(kind) == name]
        counts = {k: v for k, v in reader.items() if k != kind}
        five = sum(counts[k] for k in ("done", "dead", "in_flight", "waiting", "never_read"))
        self.assertEqual(counts["matched"], five)
        self.assertEqual(answer["records"], five + counts["filtered"] + counts["before_start"])
        return counts

    def test_every_state_is_counted(self):
        self.ask("PUT", "/v1/topics/states", {"partitions": 1}, status=201)
        self.publish("states", range(10))
        self.attach("worker", "states", filter="value.amount > 1")
        self.attach("late", "states", start="7")
        messages = self.receive("worker", 4)
        self.ack("worker", messages[:1])
        self.ask("POST", "/v1/queues/worker/nack", {"items": [{"receipt": messages[1]["receipt"], "dead": True}]})
        self.ask("PATCH", "/v1/queues/worker", {"max_receives": 0})
        self.ask("POST", "/v1/queues/worker/nack", {"items": [{"receipt": messages[2]["receipt"], "delay": "1h"}]})
        answer = self.coverage("states")
        self.assertTrue(answer["complete"])
        self.assertEqual(answer["partitions"], [{"partition": 0, "from": 0, "to": 10, "covered_to": 10}])
        self.assertEqual(self.reader(answer, "queue", "worker"), {
            "matched": 8, "filtered": 2, "done": 1, "dead": 1, "in_flight": 1, "waiting": 1, "never_read": 4, "before_start": 0})
        self.assertEqual(self.reader(answer, "queue", "late"), {
            "matched": 3, "filtered": 0, "done": 0, "dead": 0, "in_flight": 0, "waiting": 0, "never_read": 3, "before_start": 7})

    def test_a_group_is_done_with_what_it_committed(self):
        self.ask("PUT", "/v1/topics/committed", {"partitions": 1}, status=201)
        self.publish("committed", range(6))
        page = self.ask("POST", "/v1/groups/readers/poll", {"topics": ["committed"], "max": 4, "from": "earliest"})
        self.ask("POST", "/v1/groups/readers/commit", {"cursor": page["cursor"]})
        counts = self.reader(self.coverage("committed"), "group", "readers")
        self.assertEqual((counts["done"], counts["never_read"]), (4, 2))

    def test_a_window_by_time_and_by_offset(self):
        self.ask("PUT", "/v1/topics/window", {"partitions": 1}, status=201)
        self.publish("window", range(10))
        self.attach("windowed", "window")
        by_time = self.coverage("window", "?from=2026-11-20T10:03:00Z&to=2026-11-20T10:07:00Z")
        self.assertEqual((by_time["records"], by_time["partitions"][0]["from"], by_time["partitions"][0]["to"]), (4, 3, 7))
        by_offset = self.coverage("window", "?from=2&to=5")
        self.assertEqual(self.reader(by_offset, "queue", "windowed")["never_read"], 3)
        empty = self.coverage("window", "?from=5&to=2")
        self.assertEqual((empty["records"], empty["complete"]), (0, True))

    def test_a_long_window_goes_on_with_its_cursor(self):
        self.ask("PUT", "/v1/topics/long", {"partitions": 3}, status=201)
        self.publish("long", range(50))
        self.attach("all", "long")
        done = self.receive("all", 20)
        self.ack("all", done)
        total, sums, query, pages = 0, {"done": 0, "never_read": 0}, "?limit=7", 0
        while True:
            answer = self.coverage("long", query)
            counts = self.reader(answer, "queue", "all")
            total += answer["records"]
            self.assertLessEqual(answer["records"], 7)
            sums = {k: v + counts[k] for k, v in sums.items()}
            pages += 1
            if answer["complete"]:
                break
            query = f"?limit=7&cursor={answer['cursor']}"
        self.assertEqual((total, sums), (50, {"done": 20, "never_read": 30}))
        self.assertGreater(pages, 5)
        one = self.coverage("long", "?partition=1")
        self.assertEqual([p["partition"] for p in one["partitions"]], [1])

    def test_two_readers_are_compared(self):
        self.ask("PUT", "/v1/topics/compared", {"partitions": 1}, status=201)
        self.publish("compared", range(30))
        self.attach("left", "compared")
        self.attach("right", "compared")
        self.ack("left", self.receive("left", 20))
        self.ack("right", self.receive("right", 5))
        compare = self.coverage("compared", "?compare=left,right")["compare"]
        self.assertEqual(compare, {
            "a": "left", "b": "right", "both_done": 5, "only_a_done": 15, "only_b_done": 0, "neither_done": 10,
            "sample": {"only_a_done": [f"0-{n}" for n in range(5, 15)], "only_b_done": []}})
        self.assertEqual(len(self.coverage("compared", "?compare=left,right")["readers"]), 2)
        for wrong in ("left", "left,nobody", "left,right,more"):
            self.refused("GET", f"/v1/topics/compared/coverage?compare={wrong}", status=400, code="invalid-request")

    def test_a_name_may_mean_a_queue_and_a_group(self):
        self.ask("PUT", "/v1/topics/twins", {"partitions": 1}, status=201)
        self.publish("twins", range(4))
        self.attach("twin", "twins")
        page = self.ask("POST", "/v1/groups/twin/poll", {"topics": ["twins"], "max": 3, "from": "earliest"})
        self.ask("POST", "/v1/groups/twin/commit", {"cursor": page["cursor"]})
        self.refused("GET", "/v1/topics/twins/coverage?compare=twin,twin", status=400, code="invalid-request")
        compare = self.coverage("twins", "?compare=queue:twin,group:twin")["compare"]
        self.assertEqual((compare["only_a_done"], compare["only_b_done"]), (0, 3))

    def test_what_is_not_there(self):
        self.refused("GET", "/v1/topics/nothing/coverage", status=404, code="topic-not-found")
        self.ask("PUT", "/v1/topics/lonely", status=201)
        self.assertEqual(self.coverage("lonely")["readers"], [])
        self.refused("GET", "/v1/topics/lonely/coverage?from=yesterday", status=400, code="invalid-request")
        self.refused("GET", "/v1/topics/lonely/coverage?limit=0", status=400, code="invalid-request")


if __name__ == "__main__":
    unittest.main()
