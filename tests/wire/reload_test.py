#!/usr/bin/env python3
"""SIGHUP has settings read again: those that may change while the broker serves do, the others are said to need a
restart, and a file with a mistake changes nothing."""

import signal
import time
import unittest

from wire._broker import WireCase

SECONDS_MAX = 30
PAGE = "https://app.example.org"

BEFORE = """
[metrics]
detail = "topic"
max_entities = 1000
[log]
level = "info"
"""
AFTER = f"""
[http]
cors_origins = ["{PAGE}"]
idle_timeout = "30s"
[metrics]
detail = "partition"
max_entities = 2
[log]
level = "debug"
[ui]
read_only = true
"""


class Reload(WireCase):
    settings = ("storage.memory_only=true",)
    config = BEFORE

    def hang_up(self, text: str, expected: str) -> str:
        """Writes the file, has it read, and returns what the log says from then on."""
        before = len(self.broker.log())
        self.broker.write_config(text)
        self.broker.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + SECONDS_MAX
        while expected not in (said := self.broker.log()[before:]):
            self.assertLess(time.monotonic(), deadline, said)
            time.sleep(0.02)
        return said

    def setting(self, key: str) -> dict:
        return next(one for one in self.ask("GET", "/v1/config")["items"] if one["key"] == key)

    def allowed(self) -> bool:
        answer = self.call("GET", "/v1/topics", headers={"Origin": PAGE})
        return answer.headers.get("access-control-allow-origin") == PAGE

    def group_series(self) -> set[str]:
        page = self.call("GET", "/metrics").body.decode()
        return {line.split(" ")[0] for line in page.splitlines() if line.startswith("twofold_group_lag_records{")}

    def test_what_may_change_changes_and_the_rest_is_named(self):
        self.ask("PUT", "/v1/topics/orders", {"partitions": 2}, status=201)
        self.ask("POST", "/v1/groups/accounts/commit", {"offsets": {"orders": {"0": 0, "1": 0}}})
        for name in ("a", "b", "c"):
            self.ask("PUT", f"/v1/queues/{name}", {}, status=201)
        self.assertFalse(self.allowed())
        self.assertFalse(self.ask("GET", "/v1")["ui"]["read_only"])
        self.assertEqual(self.group_series(), {'twofold_group_lag_records{group="accounts",topic="orders"}'})
        self.assertTrue(self.setting("metrics.detail")["reloads"])
        self.assertFalse(self.setting("http.idle_timeout")["reloads"])

        said = self.hang_up(AFTER, '"what":"settings"')
        self.assertTrue(self.allowed())
        self.refused("PUT", "/v1/topics/other", {}, status=403, code="origin-not-allowed", headers={"Origin": "https://b.example"})
        self.assertTrue(self.ask("GET", "/v1")["ui"]["read_only"])
        self.assertEqual(len(self.group_series()), 2, "by partition")
        page = self.call("GET", "/metrics?name[]=queue_sent").body.decode()
        self.assertIn('queue="(others)"', page, "two queues have series of their own")
        self.assertEqual(self.setting("log.level")["value"], "debug")
        self.assertIn("twofold.toml:", self.setting("ui.read_only")["origin"])

        # What needs a restart stays as it was, and is said so.
        self.assertIn("a changed setting needs a restart", said)
        self.assertIn('"key":"http.idle_timeout"', said)
        self.assertEqual(self.setting("http.idle_timeout")["value"], "75s")
        self.assertEqual(said.count("needs a restart"), 1, "only what has changed")

        # A mistake changes nothing; the next file that is right does.
        said = self.hang_up("[metrics]\ndetail = \"everything\"\n[ui]\nread_only = false\n", "not reloaded")
        self.assertIn("metrics.detail", said)
        self.assertTrue(self.ask("GET", "/v1")["ui"]["read_only"])
        self.hang_up(BEFORE, '"what":"settings"')
        self.assertFalse(self.ask("GET", "/v1")["ui"]["read_only"])
        self.assertFalse(self.allowed())
        self.assertEqual(len(self.group_series()), 1)
        self.assertEqual(self.setting("log.level")["value"], "info")

    def test_what_flags_say_stays(self):
        self.assertEqual(self.setting("storage.memory_only")["origin"], "--set storage.memory_only")
        self.hang_up(BEFORE, '"what":"settings"')
        self.assertEqual(self.setting("storage.memory_only")["value"], "true")


if __name__ == "__main__":
    unittest.main()
