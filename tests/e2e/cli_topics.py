"""Topics and groups from the command line, against a broker of their own."""

import signal
import unittest

from _cli_broker import BrokerCase


class Topics(BrokerCase):
    def test_a_topic_is_created_listed_described_configured_and_deleted(self):
        self.cli("topic", "create", "life", "-p", "3", "--retention-time", "2d", "--retention-bytes", "10MiB")
        self.assertIn("life", self.out("topic", "list", "-o", "name").split())
        shown = self.json("topic", "describe", "life")
        self.assertEqual((shown["partitions"], shown["retention"]), (3, {"time": "2d", "bytes": 10 << 20, "count": None}))
        self.assertEqual([part["end"] for part in shown["partitions_detail"]], [0, 0, 0])
        self.assertIn("PARTITION", self.out("topic", "describe", "life"))
        self.assertEqual(self.json("topic", "config", "life", "retention.time=3d")["retention"]["time"], "3d")
        self.assertEqual(self.json("topic", "config", "life")["retention"]["time"], "3d")
        self.cli("topic", "delete", "life", "--yes")
        self.cli("topic", "describe", "life", code=3)

    def test_creating_what_exists_is_a_conflict_unless_that_is_fine(self):
        self.cli("topic", "create", "twice")
        again = self.cli("topic", "create", "twice", code=4)
        self.assertIn('topic "twice" exists', again.stderr)
        self.assertIn("--if-not-exists", again.stderr)
        self.cli("topic", "create", "twice", "--if-not-exists")

    def test_a_retention_without_a_unit_does_not_destroy_the_records(self):
        self.cli("produce", "precious", "--create", stdin="a\nb\n")
        refused = self.cli("topic", "config", "precious", "retention.time=3", code=2)
        self.assertIn('retention.time: "3" is a duration without a unit', refused.stderr)
        self.assertEqual(self.json("topic", "config", "precious")["retention"]["time"], "7d")

    def test_retention_zero_means_for_ever(self):
        self.cli("topic", "create", "ever", "--retention-time", "0", "--retention-bytes", "0")
        self.assertEqual(self.json("topic", "config", "ever")["retention"], {"time": None, "bytes": None, "count": None})

    def test_a_wrong_name_gets_the_nearest_one(self):
        self.cli("topic", "create", "kitchen-orders")
        missing = self.cli("topic", "describe", "kitchen-order", code=3)
        self.assertIn(f'topic "kitchen-order" not found ({self.url})', missing.stderr)
        self.assertIn('did you mean "kitchen-orders"? run: twofold topic list', missing.stderr)
        self.assertIn("twofold topic create", self.cli("produce", "nothing-like-it", "x", code=3).stderr)

    def test_the_wrong_verb_is_named(self):
        self.cli("topic", "create", "a-topic")
        self.cli("queue", "create", "a-queue")
        self.assertIn("use produce and consume", self.cli("send", "a-topic", "x", code=3).stderr)
        self.assertIn("use send and receive", self.cli("produce", "a-queue", "x", code=3).stderr)

    def test_deleting_asks_and_without_a_terminal_refuses(self):
        self.cli("topic", "create", "kept")
        refused = self.cli("topic", "delete", "kept", code=2)
        self.assertIn("add --yes", refused.stderr)
        self.assertIn("would delete topic kept", self.out("topic", "delete", "kept", "--dry-run"))
        self.cli("topic", "describe", "kept")
        self.cli("topic", "delete", "never-was", "--if-exists", "--yes")
        self.cli("topic", "delete", "never-was", "--yes", code=3)

    def test_verbose_prints_the_same_request_for_curl(self):
        self.cli("topic", "create", "loud")
        said = self.cli("-v", "produce", "loud", '{"a":1.0}', "-k", "k", "--token", "secret").stderr
        self.assertIn(f"curl -X POST '{self.url}/v1/topics/loud/records'", said)
        self.assertIn('{"a":1.0}', said)
        self.assertNotIn("secret", said)


class Records(BrokerCase):
    def test_values_come_back_byte_for_byte(self):
        self.cli("topic", "create", "bytes")
        for value in ('{"a":1.0,"big":123456789012345678901234567890}', "plain text", "null", "with\ttab", "ümläut"):
            self.cli("produce", "bytes", value)
        got = self.out("consume", "bytes", "-O", "start", "-e").splitlines()
        self.assertEqual(got, ['{"a":1.0,"big":123456789012345678901234567890}', "plain text", "null", "with\ttab",
                               "ümläut"])
        self.cli("produce", "bytes", stdin=b"\xff\xfe\n")
        self.assertEqual(self.out("consume", "bytes", "-O", "-1", "-e", "-f", "%v{hex}"), "fffe")

    def test_lines_of_stdin_become_records_in_order(self):
        lines = [f"line {number}" for number in range(2500)]
        self.cli("produce", "lines", "--create", stdin="\n".join(lines))
        self.assertEqual(self.out("consume", "lines", "-O", "start", "-e").splitlines(), lines)

    def test_an_input_format_cuts_key_and_value(self):
        self.cli("produce", "keyed", "--create", "-f", "%k\\t%v\\n", stdin="a\t1\nb\tx\ty\n")
        self.assertEqual(self.out("consume", "keyed", "-O", "start", "-e", "-f", "%k=%v;"), "a=1;b=x\ty;")
        misfit = self.cli("produce", "keyed", "-f", "%k\\t%v\\n", stdin="no tab\n", code=2)
        self.assertIn("record 1 of the input does not fit", misfit.stderr)

    def test_a_line_that_does_not_fit_takes_no_good_record_with_it(self):
        misfit = self.cli("produce", "misfit", "--create", "-f", "%k:%v\\n", code=2,
                          stdin="g1:v1\ng2:v2\ng3:v3\nnocolon\ng5:v5\n")
        self.assertIn("record 4 of the input does not fit", misfit.stderr)
        self.assertIn("3 records before it: sent", misfit.stderr)
        self.assertEqual(self.out("consume", "misfit", "-O", "start", "-e", "-f", "%k=%v;"), "g1=v1;g2=v2;g3=v3;")
        nothing = self.cli("produce", "misfit", "-f", "%k:%v\\n", stdin="nocolon\n", code=2)
        self.assertIn("nothing was sent", nothing.stderr)

    def test_headers_tombstones_templates_and_receipts(self):
        self.cli("topic", "create", "shapes")
        self.cli("produce", "shapes", "v", "-k", "k", "-H", "region:EU", "-H", "n:2")
        self.cli("produce", "shapes", "-k", "k", "--tombstone")
        ids = self.out("produce", "shapes", "order {{.Count}}", "--template", "--count", "3", "-o", "name")
        self.assertEqual(ids.split(), ["0-2", "0-3", "0-4"])
        records = self.lines("consume", "shapes", "-O", "start", "-e")
        self.assertEqual(records[0]["headers"], {"region": "EU", "n": "2"})
        self.assertIsNone(records[1]["value"])
        self.assertEqual([record["text"] for record in records[2:]], ["order 1", "order 2", "order 3"])
        self.assertEqual(self.out("consume", "shapes", "-n", "1", "-O", "start", "--headers"), "region:EU,n:2\tv\n")

    def test_positions_mean_the_same_everywhere(self):
        self.cli("produce", "places", "--create", stdin="".join(f"{number}\n" for number in range(10)))
        def read(position: str) -> list[str]:
            return self.out("consume", "places", "-O", position, "-e").split()
        self.assertEqual(read("start"), [str(number) for number in range(10)])
        self.assertEqual(read("end"), [])
        self.assertEqual(read("7"), ["7", "8", "9"])
        self.assertEqual(read("+8"), ["8", "9"])
        self.assertEqual(read("-3"), ["7", "8", "9"])
        self.assertEqual(read("0:9"), ["9"])
        self.assertEqual(len(read("@-1h")), 10)
        self.assertEqual(read("@2100-01-01"), [])
        self.assertIn("not a position", self.cli("consume", "places", "-O", "first", code=2).stderr)
        self.assertIn("no partition 3", self.cli("consume", "places", "-O", "3:0", "-e", code=3).stderr)

    def test_partitions_can_be_chosen_and_read_together(self):
        self.cli("topic", "create", "parts", "-p", "3")
        for partition in range(3):
            self.cli("produce", "parts", "-p", str(partition), f"in {partition}")
        self.assertEqual(self.out("consume", "parts", "-p", "0,2", "-O", "start", "-e").splitlines(), ["in 0", "in 2"])
        self.assertEqual(sorted(self.out("consume", "parts", "-O", "start", "-e").splitlines()),
                         ["in 0", "in 1", "in 2"])
        self.assertEqual(self.cli("produce", "parts", "-p", "9", "x", code=3).stdout, "")

    def test_several_topics_and_patterns(self):
        for name in ("many-a", "many-b", "other-c"):
            self.cli("produce", name, f"from {name}", "--create")
        self.assertEqual(sorted(self.out("consume", "many-a", "many-b", "-O", "start", "-e").splitlines()),
                         ["from many-a", "from many-b"])
        self.assertEqual(sorted(self.out("consume", "--regex", "many-.*", "-O", "start", "-e").splitlines()),
                         ["from many-a", "from many-b"])
        self.cli("consume", "--regex", "nothing.*", code=3)
        self.cli("consume", "--regex", "(", code=2)

    def test_an_offset_that_is_gone_is_not_skipped_in_silence(self):
        self.cli("produce", "gone", "--create", stdin="a\nb\nc\nd\n")
        self.cli("topic", "trim", "gone", "--before", "3", "--yes")
        read = self.cli("consume", "gone", "-O", "1", "-e")
        self.assertEqual(read.stdout, "d\n")
        self.assertIn("offset 1 of gone, partition 0, is gone: going on from 3", read.stderr)
        self.assertIn("does not exist yet: going on from 4", self.cli("consume", "gone", "-O", "9", "-e").stderr)
        self.assertNotIn("going on", self.cli("consume", "gone", "-O", "3", "-e").stderr)

    def test_trimming_forgets_what_is_before(self):
        self.cli("produce", "trimmed", "--create", stdin="a\nb\nc\n")
        self.assertIn("would trim 2 records", self.out("topic", "trim", "trimmed", "--before", "2", "--dry-run"))
        self.cli("topic", "trim", "trimmed", "--before", "2", "--yes")
        self.assertEqual(self.out("consume", "trimmed", "-O", "start", "-e"), "c\n")

    def test_reading_nothing_can_be_told_from_reading_something(self):
        self.cli("topic", "create", "silent")
        self.cli("consume", "silent", "-O", "start", "-e")
        self.cli("consume", "silent", "-O", "start", "-e", "--fail-empty", code=6)

    def test_a_reader_that_waits_sees_what_comes_and_stops_on_a_signal(self):
        self.cli("topic", "create", "live")
        reader = self.start("consume", "live", "-O", "end")
        # What was published before the reader stood at the end is not for it: publish until it speaks.
        feeder = self.start("produce", "live", "tick", "--count", "1000000", "--rate", "50/s")
        self.assertEqual(reader.stdout.readline(), "tick\n")
        for process, signal_number, code in ((reader, signal.SIGINT, 130), (feeder, signal.SIGTERM, 143)):
            process.send_signal(signal_number)
            self.assertEqual(process.wait(timeout=30), code)
            process.stdout.close()
            process.stderr.close()

    def test_tail_tells_of_each_append(self):
        self.cli("topic", "create", "watched")
        watcher = self.start("tail", "watched", "-n", "1")
        feeder = self.start("produce", "watched", "hello", "-k", "k", "--count", "1000000", "--rate", "50/s")
        line = watcher.stdout.readline()
        self.assertRegex(line, r"^\d\d:\d\d:\d\d\.\d{3} watched/0@\d+ append key=k hello\n$")
        self.assertEqual(watcher.wait(timeout=30), 0)
        feeder.terminate()
        feeder.wait(timeout=30)
        for process in (watcher, feeder):
            process.stdout.close()
            process.stderr.close()


class Groups(BrokerCase):
    def test_a_group_goes_on_where_it_stopped(self):
        self.cli("produce", "steps", "--create", stdin="1\n2\n3\n4\n5\n")
        self.assertEqual(self.out("consume", "steps", "-g", "reader", "-O", "start", "-n", "2").split(), ["1", "2"])
        self.assertEqual(self.out("consume", "steps", "-g", "reader", "-O", "start", "-e").split(), ["3", "4", "5"])
        self.assertEqual(self.out("consume", "steps", "-g", "reader", "-O", "start", "-e"), "")
        self.assertEqual(self.out("consume", "steps", "-g", "other", "-O", "start", "-e").split(), list("12345"))

    def test_without_commit_nothing_is_remembered(self):
        self.cli("produce", "forgetful", "--create", stdin="1\n2\n")
        for _ in range(2):
            self.assertEqual(self.out("consume", "forgetful", "-g", "f", "-O", "start", "-e", "--commit", "none").split(),
                             ["1", "2"])

    def test_lag_seek_and_delete(self):
        self.cli("produce", "lagging", "--create", stdin="1\n2\n3\n4\n")
        self.cli("consume", "lagging", "-g", "lag", "-O", "start", "-n", "1")
        place = self.json("group", "describe", "lag")["offsets"]["lagging"]["0"]
        self.assertEqual((place["committed"], place["end"], place["lag"]["count"]), (1, 4, 3))
        self.assertIn("lag", self.out("group", "list", "-o", "name").split())
        self.assertIn("3 skipped", self.out("group", "seek", "lag", "--to", "end", "--dry-run"))
        self.cli("group", "seek", "lag", "--to", "end", code=2)
        self.cli("group", "seek", "lag", "--to", "end", "--yes")
        self.assertEqual(self.out("consume", "lagging", "-g", "lag", "-e"), "")
        self.cli("group", "seek", "lag", "--to", "-1", "--yes")
        self.assertEqual(self.out("consume", "lagging", "-g", "lag", "-e").split(), ["4"])
        self.cli("group", "seek", "lag", "--to", "start", "--topics", "lagging", "--yes")
        self.assertEqual(self.out("consume", "lagging", "-g", "lag", "-e").split(), ["1", "2", "3", "4"])
        self.cli("group", "delete", "lag", "--yes")
        self.cli("group", "describe", "lag", code=3)
        self.cli("group", "delete", "lag", "--if-exists", "--yes")

    def test_a_signal_in_the_middle_commits_what_was_printed(self):
        self.cli("produce", "cut", "--create", stdin="1\n2\n3\n")
        reader = self.start("consume", "cut", "-g", "cut", "-O", "start")
        self.assertEqual([reader.stdout.readline() for _ in range(3)], ["1\n", "2\n", "3\n"])
        reader.send_signal(signal.SIGINT)
        self.assertEqual(reader.wait(timeout=30), 130)
        reader.stdout.close()
        reader.stderr.close()
        self.assertEqual(self.out("consume", "cut", "-g", "cut", "-O", "start", "-e"), "")


if __name__ == "__main__":
    unittest.main()
