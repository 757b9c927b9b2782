"""`twofold bench compare` against a real broker: both models handle everything, the report stands alone, and nothing
is left behind. No figure is judged but those that must come out so."""

import json
import re
import signal
import time
import unittest
import xml.dom.minidom

from _cli_broker import BrokerCase

FAST = ("--service", "1ms", "--durability", "os", "--workers", "4")


class Compare(BrokerCase):
    def compare(self, *words: str) -> dict:
        report = json.loads(self.out("bench", "compare", *FAST, *words, "--json", "--sync-dir", str(self.folder)))
        for side in ("queue", "log"):
            self.assertEqual((report[side]["published"], report[side]["lost"]), (report[side]["handled"], 0), report)
        return report

    def leftovers(self) -> list[str]:
        kinds = ("topic", "queue", "group")
        names = [name for kind in kinds for name in self.out(kind, "list", "-o", "name").split()]
        return [name for name in names if name.startswith("bench-")]

    def test_both_models_handle_everything_once(self):
        report = self.compare("--msgs", "200")
        for side in (report["queue"], report["log"]):
            self.assertEqual((side["handled"], side["redelivered"], side["crashes"]), (200, 0, 0))
            self.assertGreater(side["latency_ms"]["p50"], 0)
        self.assertEqual(report["log"]["order_violations"], 0)
        self.assertEqual(sum(row["queue"] + row["log"] for row in report["histogram"]), 400)
        self.assertGreater(report["device_sync"]["p99_ms"], 0)
        self.assertEqual(self.leftovers(), [])

    def test_one_partition_keeps_idle_workers_waiting_in_the_log_only(self):
        report = self.compare("--msgs", "60", "--partitions", "1", "--slow-every", "20", "--slow", "100ms")
        waiting = report["log"]["head_of_line"]
        self.assertGreater(waiting["records"], 40, "three of four members have nothing to read")
        self.assertGreater(waiting["longest_ms"], 100)
        self.assertLess(report["queue"]["head_of_line"]["total_ms"], waiting["total_ms"] / 2)
        self.assertLess(report["queue"]["seconds"], report["log"]["seconds"])

    def test_a_slow_record_is_overtaken_in_a_queue_unless_its_keys_have_an_order(self):
        slow = ("--msgs", "80", "--keys", "2", "--slow-every", "10", "--slow", "60ms")
        self.assertGreater(self.compare(*slow)["queue"]["order_violations"], 0)
        ordered = self.compare(*slow, "--order", "key")
        self.assertEqual((ordered["queue"]["order_violations"], ordered["log"]["order_violations"]), (0, 0))

    def test_what_a_crashed_worker_held_comes_again(self):
        report = self.compare("--msgs", "100", "--crash-every", "10", "--batch", "3")
        for side in (report["queue"], report["log"]):
            self.assertGreaterEqual(side["crashes"], 5)
            self.assertGreaterEqual(side["redelivered"], side["crashes"])
        self.assertGreater(report["queue"]["seconds"], 1, "the visibility timeout had to pass")
        self.assertEqual(self.leftovers(), [])

    def test_at_a_rate_latency_counts_from_when_a_record_was_due(self):
        report = self.compare("--msgs", "100", "--rate", "200/s")
        for side in (report["queue"], report["log"]):
            self.assertGreater(side["seconds"], 0.45, "an open loop is not faster than its rate")
            self.assertLessEqual(side["latency_ms"]["p50"], side["seconds"] * 1000 - 245, "half of them came later")

    def test_the_reports_stand_alone(self):
        for kind in ("html", "svg"):
            path = self.folder / f"report.{kind}"
            shown = self.cli("bench", "compare", *FAST, "--msgs", "50", "--slow-every", "10", "--slow", "20ms",
                             "--sync-dir", str(self.folder), "--report", str(path), LC_ALL="C.UTF-8", TERM="xterm")
            for words in ("AS A QUEUE", "AS A LOG", "throughput", "order violations", "lost", "device sync", "█"):
                self.assertIn(words, shown.stdout)
            self.assertNotIn("\x1b", shown.stdout)
            self.assertIn("slow-every=10", shown.stderr)
            page = path.read_text()
            self.assertEqual(re.findall(r"(?:src|href)=|url\((?!#)|@import|<script|<link", page), [])
            self.assertIn("worker 4", page)
            self.assertIn("device sync p50", page)
        xml.dom.minidom.parseString(page)

    def test_without_unicode_the_bars_are_plain(self):
        shown = self.out("bench", "compare", *FAST, "--msgs", "20", "--sync-dir", str(self.folder), LC_ALL="C")
        self.assertTrue(shown.isascii())
        self.assertIn("##", shown)

    def test_lost_records_are_told_and_the_exit_code_says_so(self):
        run = self.start("bench", "compare", "--msgs", "400", "--service", "20ms", "--sync-dir", str(self.folder), "--json")
        deadline = time.monotonic() + 30
        while not (queues := self.lines("queue", "list")) or queues[0]["messages"]["ready"] < 200:
            self.assertLess(time.monotonic(), deadline)
        self.cli("queue", "purge", queues[0]["name"], "--yes")
        out, _ = run.communicate(timeout=60)
        report = json.loads(out)
        self.assertEqual(run.returncode, 1)
        self.assertGreater(report["queue"]["lost"], 100)
        self.assertEqual(report["log"]["lost"], 0)
        self.assertEqual(self.leftovers(), [])

    def test_a_run_that_is_interrupted_cleans_up(self):
        for words in ((), ("--rate", "10/s")):
            run = self.start("bench", "compare", "--msgs", "100000", "--sync-dir", str(self.folder), *words)
            self.assertIn("bench compare", run.stderr.readline())
            deadline = time.monotonic() + 30
            while len(self.leftovers()) < 3:
                self.assertIsNone(run.poll())
                self.assertLess(time.monotonic(), deadline)
            run.send_signal(signal.SIGINT)
            self.assertEqual(run.wait(timeout=30), 130)
            run.stdout.close()
            run.stderr.close()
            self.assertEqual(self.leftovers(), [])

    def test_what_is_kept_can_be_read_again(self):
        self.cli("bench", "compare", *FAST, "--msgs", "20", "--sync-dir", str(self.folder), "--keep")
        kept = sorted(self.leftovers())
        self.assertEqual(len(kept), 3)
        self.cli("group", "delete", kept[0], "--yes")
        self.cli("queue", "delete", kept[0] + "-queue", "--yes")
        self.cli("topic", "delete", kept[0], "--yes")

    def test_contradictions_are_refused(self):
        for words in (("--workers", "0"), ("--slow", "1s"), ("--crash-every", "1"), ("--order", "fair"),
                      ("--report", "report.pdf"), ("--report", "/nowhere/report.html"), ("--visibility", "0s"),
                      ("--connections", "4"), ("--msgs", "0"), ("publish",)):
            self.cli("bench", "compare", *words, code=2)


if __name__ == "__main__":
    unittest.main()
