#!/usr/bin/env python3
"""The JavaScript client in Node.js, on npm's ws."""

import signal
import unittest

from wire._broker import WireCase
from wire._fetched import from_npm
from wire._js_story import Story


class JavaScript(WireCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.env = from_npm("ws", "ws")
        super().setUpClass()

    def story(self, name: str, *arguments: str) -> Story:
        return Story(self, name, *arguments, env=self.env)

    def queue(self, name: str, count: int) -> None:
        self.ask("PUT", f"/v1/queues/{name}", {"visibility_timeout": "1h"}, status=201)
        self.ask("POST", f"/v1/queues/{name}/messages", {"messages": [{"value": n} for n in range(count)]})

    def counts(self, queue: str) -> tuple:
        counts = self.ask("GET", f"/v1/queues/{queue}")["messages"]
        return counts["ready"], counts["in_flight"]

    def until_counts(self, queue: str, counts: tuple) -> None:
        while self.counts(queue) != counts:  # ctest's timeout ends it
            pass

    def restart(self) -> None:
        self.broker.kill()
        self.broker.start()

    def test_what_is_published_arrives(self):
        self.ask("PUT", "/v1/topics/arrives", {}, status=201)
        story = self.story("publish_and_subscribe")
        told = story.says()
        self.assertEqual(told["placed"], ["0-0", "0-1", "0-2", "0-3"])
        value, text, raw, tombstone = told["arrived"]
        self.assertEqual((value["key"], value["value"]), ("k", {"n": 1.5}))
        self.assertEqual(value["headers"], {"a": "b", "raw": {"base64": "/w=="}})
        self.assertEqual((text["text"], raw["bytes"], tombstone["value"]), ("é\n", "AP8=", None))
        self.assertEqual(told["events"], ["caught_up"])
        told = story.says()
        self.assertEqual(told["refused"], ["topic-not-found", 404, False])
        self.assertEqual(told["large"], "message-too-large")
        self.assertIn("split it", told["huge"])
        # The third was in hand, so it was not processed yet.
        self.assertEqual(story.says(), {"again": [0, 1, 2, 3], "resumed": [2, 3]})
        self.assertEqual(story.says(), {"ended": True})
        self.assertEqual(story.ends(), 0)

    def test_it_is_compressed_as_ws_asks_for_it_unless_told(self):
        self.ask("PUT", "/v1/topics/compressed", {}, status=201)
        told = self.story("compressed").says()
        self.assertEqual((told["extensions"].split(";")[0], told["same"]), ("permessage-deflate", True))

    def test_the_publish_window_is_never_passed(self):
        self.ask("PUT", "/v1/topics/window", {}, status=201)
        story = self.story("window")
        told = story.says()
        self.assertEqual(told["most"]["frames"], told["window"]["frames"])
        self.assertLessEqual(told["most"]["bytes"], told["window"]["bytes"])
        self.assertGreater(told["most"]["bytes"], 6_000_000, "the window is used")
        self.assertEqual((told["offsets"], told["last"]), (1036, 1035))
        self.assertEqual(story.ends(), 0)

    def test_a_broker_that_is_killed_costs_nothing_and_doubles_nothing(self):
        self.ask("PUT", "/v1/topics/killed", {"partitions": 3}, status=201)
        story = self.story("restart")
        for life in range(3):
            self.assertEqual(story.says(), {"answering": life})
            self.restart()
            self.assertEqual(story.says(), {"life": life})
            story.hears("go on")
        told = story.says()
        self.assertEqual(told["acked"] + told["unknown"], told["published"])
        self.assertGreaterEqual(told["unknown"], 3, "one at least in each life was under way when the broker died")
        self.assertEqual(told["seen"], told["ids"], "a record was handed out twice")
        self.assertEqual(told["seen"], told["values"], "a record was stored twice")
        self.assertEqual(told["strangers"], [])
        self.assertEqual(story.ends(), 0)

    def test_a_broker_that_falls_silent_is_left_and_found_again(self):
        self.ask("PUT", "/v1/topics/silent", {}, status=201)
        story = self.story("silence")
        self.assertEqual(story.says(), "connected")
        self.broker.process.send_signal(signal.SIGSTOP)
        why = story.says()
        self.broker.process.send_signal(signal.SIGCONT)
        self.assertIn("nothing heard", why["reason"])
        self.assertEqual(story.says(), {"seen": 0, "closed": None})
        self.assertEqual(story.ends(), 0)

    def test_a_queue_is_worked_off_across_a_kill(self):
        self.queue("jobs", 20)
        story = self.story("queue")
        self.assertEqual(story.says(), {"in_hand": [0, 1, 2]})
        self.until_counts("jobs", (17, 3))
        story.hears("go on")
        self.assertEqual(story.says(), {"results": ["acked", "already", "ok", "ok", "acked", "acked"]})
        held = story.says()["held"]
        self.restart()
        story.hears("go on")
        # Nobody else had it meanwhile, or this worker has it again under another receipt.
        self.assertIn(story.says()["result"], ("acked", "stale", "unknown"))
        told = story.says()["rest"]
        self.assertIn(held, told)
        self.assertEqual(set(told) & {0, 1}, set(), "acked messages came again, or one that is delayed")
        self.assertEqual(story.ends(), 0)

    def test_messages_of_a_worker_that_dies_come_again_at_once(self):
        self.queue("dies", 20)
        worker = self.story("worker", "dies")
        self.assertEqual(worker.says(), {"took": 0})
        self.until_counts("dies", (15, 5))
        worker.process.send_signal(signal.SIGKILL)
        self.until_counts("dies", (20, 0))
        first, *others = self.ask("POST", "/v1/queues/dies/receive", {"max": 20})["messages"]
        self.assertEqual((first["value"], first["receive_count"], len(others)), (0, 2, 19))

    def test_sigterm_finishes_what_is_in_hand_and_gives_the_rest_back(self):
        self.queue("drains", 10)
        worker = self.story("worker", "drains")
        self.assertEqual(worker.says(), {"took": 0})
        self.until_counts("drains", (5, 5))
        worker.process.send_signal(signal.SIGTERM)
        self.assertEqual(worker.says(), "told to stop")
        worker.hears("go on")
        self.assertEqual([worker.says(), worker.says()], [{"done": 0, "result": "acked"}, "ended"])
        self.assertEqual(worker.ends(), 0)
        self.assertEqual(self.counts("drains"), (9, 0))
        received = self.ask("POST", "/v1/queues/drains/receive", {"max": 10})["messages"]
        self.assertEqual({m["receive_count"] for m in received}, {1}, "what nobody saw was not received")


if __name__ == "__main__":
    unittest.main()
