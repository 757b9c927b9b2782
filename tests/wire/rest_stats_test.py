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
