#!/usr/bin/env python3
"""A browser's own EventSource and WebSocket, in headless Chromium, across lives of the broker."""

import shutil
import unittest

from wire._broker import WireCase
from wire._fetched import from_npm
from wire._js_story import Story


class Browser(WireCase):
    @classmethod
    def setUpClass(cls) -> None:
        chromium = shutil.which("chromium")
        if not chromium:
            raise AssertionError("there is no chromium here, so nothing is known about browsers: ./scripts/deps.sh test")
        # Only the driver is fetched: the browser is Debian's.
        cls.env = {**from_npm("playwright", "playwright-core", "ws"), "CHROMIUM": chromium}
        super().setUpClass()

    def publish(self, topic: str, values) -> None:
        self.ask("POST", f"/v1/topics/{topic}/records", {"records": [{"value": value} for value in values]})

    def test_an_event_source_comes_back_and_misses_nothing(self):
        self.ask("PUT", "/v1/topics/events", {"partitions": 3}, status=201)
        self.publish("events", range(10))
        page = Story(self, "browser", "events", env=self.env)
        self.assertEqual(page.says(), {"seen": list(range(10)), "errors": 0, "state": 1})
        self.assertEqual(self.broker.stop(), 0)
        self.broker.start()
        self.publish("events", range(10, 20))
        told = page.says()
        self.assertEqual((told["seen"], told["state"]), (list(range(20)), 1))
        self.assertGreater(told["errors"], 0)
        self.broker.kill()
        self.broker.start()
        self.publish("events", range(20, 30))
        self.assertEqual(page.says()["seen"], list(range(30)))
        page.hears("enough")
        self.assertEqual(page.ends(), 0)

    def test_the_client_streams_in_a_page_and_comes_back(self):
        self.ask("PUT", "/v1/topics/stream", {}, status=201)
        self.ask("PUT", "/v1/queues/stream-jobs", {}, status=201)
        self.ask("POST", "/v1/queues/stream-jobs/messages", {"messages": [{"value": n} for n in range(5)]})
        page = Story(self, "browser", "stream", env=self.env)
        page.hears(4)
        told = page.says()
        self.assertEqual((told["seen"], told["job"], told["result"]), ([0, 1, 2, 3], 0, "acked"))
        self.broker.kill()
        self.broker.start()
        self.publish("stream", range(5, 12))
        page.hears(12)
        told = page.says()
        self.assertEqual((told["seen"], told["disconnected"], told["result"]), (list(range(12)), 1, "acked"))
        self.assertNotEqual(told["job"], 0, "an acked message came again")
        page.hears("end")
        self.assertEqual(page.says(), {"closed": "The client is closed."})
        self.assertEqual(page.ends(), 0)


if __name__ == "__main__":
    unittest.main()
