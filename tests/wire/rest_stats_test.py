#!/usr/bin/env python3
"""What went in and out lately, second by second."""

import time
import unittest

from wire._broker import SECONDS_MAX, WireCase


class Stats(WireCase):
    def series(self, window: str = "") -> dict:
        return self.ask("GET", f"/v1/stats{window}")["series"]

    def until(self, name: str, least: int) -> dict:
        deadline = time.monotonic() + SECONDS_MAX
        while sum((series := self.series())[name]) < least:
            self.assertLess(time.monotonic(), deadline, series)
            time.sleep(0.05)
        return series

    def test_every_record_is_in_one_of_the_seconds(self):
        before = {name: sum(values) for name, values in self.series().items()}
        self.ask("PUT", "/v1/topics/counted", {}, status=201)
        self.ask("PUT", "/v1/queues/counting", {"source": {"topic": "counted", "from": "earliest"}}, status=201)
        for n in range(5):
            self.ask("POST", "/v1/topics/counted/records", {"records": [{"value": n}] * 20})
        self.ask("GET", "/v1/topics/counted/records?limit=60")
        self.ask("POST", "/v1/queues/counting/receive", {"max": 40})
        series = self.until("records_out", before["records_out"] + 100)
        self.assertEqual(sum(series["records_in"]) - before["records_in"], 100)
        self.assertEqual(sum(series["records_out"]) - before["records_out"], 100)
        self.assertGreater(sum(series["bytes_in"]), 0)
        self.assertGreater(sum(series["bytes_out"]), 100)
        self.assertEqual(len({len(values) for values in series.values()}), 1)

    def test_a_queue_and_its_topic_have_a_past_of_their_own(self):
        self.ask("PUT", "/v1/topics/past", {}, status=201)
        self.ask("PUT", "/v1/queues/past-work", {"source": {"topic": "past", "from": "earliest"}}, status=201)
        self.ask("POST", "/v1/topics/past/records", {"value": "so that there is a past"})
        charted = lambda what: self.ask("GET", f"/v1/stats?{what}&window=10m")["series"]
        self.until_true(lambda: charted("queue=past-work")["in"] and charted("topic=past")["in"], "both are followed")
        before = {name: sum(n or 0 for n in values) for name, values in charted("queue=past-work").items()}
        self.ask("POST", "/v1/topics/past/records", {"records": [{"value": n} for n in range(30)]})
        received = self.ask("POST", "/v1/queues/past-work/receive", {"max": 20})["messages"]
        self.ask("POST", "/v1/queues/past-work/ack", {"receipts": [one["receipt"] for one in received]})
        self.ask("GET", "/v1/topics/past/records?limit=10")
        self.until_true(lambda: sum(charted("queue=past-work")["acked"]) - before["acked"] == 20 and sum(charted("topic=past")["out"]) >= 30,
                        "everything was counted")
        queue, topic = charted("queue=past-work"), charted("topic=past")
        self.assertEqual(sum(queue["in"]) - before["in"], 30)
        self.assertEqual(sum(queue["out"]) - before["out"], 20)
        self.assertEqual(queue["ready"][-1], 11)
        self.assertEqual(sum(topic["out"]), 30, "ten to a reader, twenty to the queue")
        for name in ("wait_p50", "wait_p99", "processing_p50", "processing_p99"):
            self.assertTrue(any(value is not None and 0 <= value < 60_000 for value in queue[name]), name)
        self.assertEqual(len({len(values) for values in queue.values()}), 1)
        rates = self.ask("GET", "/v1/stats/rates")
        self.assertGreater(next(one["acked"] for one in rates["queues"] if one["name"] == "past-work"), 0)
        self.assertGreater(next(one["out"] for one in rates["topics"] if one["name"] == "past"), 0)

    def until_true(self, met, what: str) -> None:
        deadline = time.monotonic() + SECONDS_MAX
        while not met():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.05)

    def test_a_past_is_of_what_there_is(self):
        self.refused("GET", "/v1/stats?queue=nobody", status=404, code="queue-not-found")
        self.refused("GET", "/v1/stats?topic=nobody", status=404, code="topic-not-found")
        self.refused("GET", "/v1/stats?topic=a&queue=b", status=400, code="invalid-request")
        self.ask("PUT", "/v1/queues/still", {}, status=201)
        chart = self.ask("GET", "/v1/stats?queue=still")
        self.assertEqual((chart["queue"], chart["step"], chart["series"]["in"]), ("still", "1s", []))

    def test_windows(self):
        page = self.ask("GET", "/v1/stats?window=24h")
        self.assertEqual(page["step"], "1m")
        page = self.ask("GET", "/v1/stats?window=10s")
        self.assertEqual(page["step"], "1s")
        self.assertLessEqual(len(page["series"]["records_in"]), 10)
        self.assertLessEqual(page["from"], page["to"])
        for window, code in (("25h", "invalid-request"), ("0s", "invalid-duration"), ("soon", "invalid-duration")):
            self.refused("GET", f"/v1/stats?window={window}", status=400, code=code)


if __name__ == "__main__":
    unittest.main()
