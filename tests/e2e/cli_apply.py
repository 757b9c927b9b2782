"""Topics and queues described in a file, from the command line, against a broker of their own."""

import json
import unittest

from _cli_broker import BrokerCase

SHOP = """
[[queue]]
name = "kitchen"
attach = "orders"
from = "start"
visibility_timeout = "5s"
max_receives = 3
dead_letter = "kitchen-burnt"

[[topic]]
name = "orders"
partitions = 3
retention = { time = "48h", bytes = 10485760 }
"""


class Apply(BrokerCase):
    def apply(self, text: str, *more: str, code: int = 0):
        return self.cli("apply", "-f", "-", *more, stdin=text, code=code)

    def tearDown(self) -> None:
        for kind in ("queue", "topic"):
            for name in self.out(kind, "list", "-o", "name").split():
                self.cli(kind, "delete", name, "--yes")

    def test_a_dry_run_tells_and_changes_nothing(self):
        told = self.apply(SHOP, "--dry-run").stdout.splitlines()
        self.assertEqual([line.split()[:3] for line in told],
                         [["+", "topic", "orders"], ["+", "queue", "kitchen-burnt"], ["+", "queue", "kitchen"]])
        self.assertEqual(self.out("topic", "list", "-o", "name"), "")

    def test_what_is_described_is_there_and_the_second_time_nothing_changes(self):
        self.apply(SHOP)
        queue = self.json("queue", "describe", "kitchen")
        self.assertEqual((queue["visibility_timeout"], queue["max_receives"], queue["dead_letter"]),
                         ("5s", 3, "kitchen-burnt"))
        self.assertEqual(queue["source"]["topic"], "orders")
        self.assertEqual(self.json("topic", "describe", "orders")["retention"],
                         {"time": "2d", "bytes": 10 << 20, "count": None})
        again = self.apply(SHOP).stdout.splitlines()
        self.assertEqual([line[0] for line in again], ["=", "=", "="])

    def test_what_differs_is_changed_and_nothing_else(self):
        self.apply(SHOP)
        changed = self.apply(SHOP.replace('"5s"', '"1m"').replace("48h", "3d")).stdout
        self.assertIn('~ queue kitchen  visibility_timeout: "5s" -> "1m"', changed)
        self.assertIn("~ topic orders  retention:", changed)
        self.assertEqual(self.json("queue", "describe", "kitchen")["visibility_timeout"], "1m")
        self.assertEqual(self.json("topic", "describe", "orders")["retention"]["bytes"], 10 << 20)

    def test_an_attached_queue_sees_what_was_there_before_it(self):
        self.cli("topic", "create", "orders", "-p", "3", "--retention-time", "48h", "--retention-bytes", "10MiB")
        self.cli("produce", "orders", "soup", "pie")
        self.apply(SHOP)
        self.assertEqual(self.json("queue", "describe", "kitchen")["messages"]["ready"], 2)

    def test_what_cannot_be_changed_is_refused_before_anything_is_done(self):
        self.apply(SHOP)
        refused = self.apply(SHOP.replace("partitions = 3", "partitions = 5").replace('"5s"', '"9s"'), code=4)
        self.assertIn('topic "orders" has partitions 3, which cannot be changed', refused.stderr)
        self.assertEqual(self.json("queue", "describe", "kitchen")["visibility_timeout"], "5s")
        moved = self.apply('[[queue]]\nname = "kitchen"\nattach = "other"\n', code=4)
        self.assertIn("twofold queue delete kitchen", moved.stderr)

    def test_mistakes_in_the_file_are_named(self):
        self.assertIn("-:2:", self.apply("[[topic]]\nname = \n", code=2).stderr)
        self.assertIn('unknown table "topics"', self.apply('[[topics]]\nname = "a"\n', code=2).stderr)
        self.assertIn("a queue has no name", self.apply("[[queue]]\npaused = true\n", code=2).stderr)
        twice = '[[topic]]\nname = "a"\n[[queue]]\nname = "a"\n'
        self.assertIn('"a" is there twice', self.apply(twice, code=2).stderr)
        self.assertIn("partishuns", self.apply('[[topic]]\nname = "a"\npartishuns = 2\n', code=2).stderr)
        self.assertIn("cannot read", self.cli("apply", "-f", "/nowhere/x.toml", code=2).stderr)

    # A dry run promised what apply then refused, half of it done.
    def test_what_a_dry_run_promises_is_what_apply_does(self):
        self.cli("queue", "create", "taken")
        self.cli("topic", "create", "stock", "-p", "2")
        self.cli("attach", "stock", "reads-stock")
        good = '[[topic]]\nname = "first"\n[[queue]]\nname = "second"\n'
        for members, code, said in (
                ('attach = "odrers"', 3, "odrers"),
                ('attach = "stock"\nfilter = "headers.region ="', 2, "end"),
                ('attach = "first"\nfilter = "headers.region ="', 2, "end"),
                ('attach = "first"\nfrom = "7"', 2, "past the end"),
                ('attach = "first"\ndelay = "5s"', 2, "no delay"),
                ('attach = "first"\nretain_acked = "8d"', 2, "keeps its records for 7d only"),
                ('attach = "first"\nvisibility_timeout = "soon"', 2, "soon"),
                ('dead_letter = "first"', 4, "is a topic"),
                ('dead_letter = "stock"', 4, "stock"),
                ('dead_letter = "reads-stock"', 4, "reads"),
                ('dead_letter = "bad name!"', 2, "name"),
                ('order = "sideways"', 2, "order"),
                ('visibility = "5s"', 2, "visibility")):
            with self.subTest(members):
                file = f'{good}[[queue]]\nname = "third"\n{members}\n'
                tried = self.apply(file, "--dry-run", code=code)
                self.assertIn('-:5: queue "', tried.stderr)
                self.assertIn(said, tried.stderr)
                meant = self.apply(file, code=code)
                self.assertEqual((meant.stderr, meant.stdout, tried.stdout), (tried.stderr, "", ""))
        for file, code, said in ((good + '[[topic]]\nname = "taken"\n', 4, '-:5: topic "taken"'),
                                 (good + '[[queue]]\nname = "stock"\n', 4, '-:5: queue "stock"'),
                                 (good + '[[queue]]\nname = "bad name!"\n', 2, '-:5: queue "bad name!"'),
                                 (good + '[[topic]]\nname = "stock"\npartitions = 2\nretention = { time = "-1h" }\n', 2, '-:5: topic "stock"'),
                                 (good + '[[topic]]\nname = "wide"\npartitions = 100000\n', 2, '-:5: topic "wide"')):
            with self.subTest(said):
                for words in (["--dry-run"], []):
                    self.assertIn(said, self.apply(file, *words, code=code).stderr)
        self.assertEqual(self.out("topic", "list", "-o", "name").split(), ["stock"])
        self.assertEqual(sorted(self.out("queue", "list", "-o", "name").split()), ["reads-stock", "taken"])

    def test_what_becomes_right_with_the_file_is_not_refused(self):
        self.cli("topic", "create", "kept", "--retention-time", "1d")
        file = '[[topic]]\nname = "kept"\nretention = { time = "9d" }\n[[queue]]\nname = "replays"\nattach = "kept"\nretain_acked = "8d"\n'
        self.apply(file, "--dry-run")
        self.apply(file)
        self.assertEqual(self.json("queue", "describe", "replays")["retain_acked"], "8d")
        shorter = file.replace("9d", "2d").replace("replays", "again")
        self.assertIn("keeps its records for 2d only", self.apply(shorter, code=2).stderr)
        self.assertEqual(self.json("topic", "describe", "kept")["retention"]["time"], "9d")

    def test_a_topic_that_a_queue_of_the_file_reads_is_not_pruned_away(self):
        self.cli("topic", "create", "stock")
        file = '[[queue]]\nname = "new"\n[[queue]]\nname = "reads"\nattach = "stock"\n'
        for words in (["--dry-run"], ["--yes"]):
            self.assertIn('"stock", which --prune would delete', self.apply(file, "--prune", *words, code=2).stderr)
        self.assertEqual(self.out("queue", "list", "-o", "name"), "")

    def test_only_topics_and_queues_are_exported(self):
        self.cli("topic", "create", "orders")
        for wrong in ("nonsense", "topics,nonsense", "topic", "", "topics,", "subtopics"):
            self.assertIn("there are topics and queues", self.cli("export", "--resources", wrong, code=2).stderr, wrong)
        self.assertIn("orders", self.out("export", "--resources", "queues, topics"))
        self.assertEqual(self.out("export", "--resources", "queues"), "")

    def test_pruning_asks_for_each_that_the_file_does_not_have(self):
        self.apply(SHOP)
        self.cli("queue", "create", "old")
        self.cli("send", "old", "a message")
        self.assertIn("would delete queue old (1 affected)", self.apply(SHOP, "--prune", "--dry-run").stdout)
        self.assertIn("add --yes", self.apply(SHOP, "--prune", code=2).stderr)
        self.apply(SHOP, "--prune", "--yes")
        self.assertEqual(sorted(self.out("queue", "list", "-o", "name").split()), ["kitchen", "kitchen-burnt"])

    def test_what_is_exported_makes_the_same_again(self):
        self.apply(SHOP)
        self.cli("queue", "create", "emails", "--order", "key", "--retry-min", "1s", "--retry-max", "1m")
        self.cli("topic", "create", "ever", "--retention-time", "0", "--cleanup", "compact")
        exported = self.out("export")
        as_json = json.loads(self.out("export", "-o", "json"))
        self.assertEqual([topic["name"] for topic in as_json["topic"]], ["ever", "orders"])
        self.assertEqual({line[0] for line in self.apply(exported).stdout.splitlines()}, {"="})
        self.assertEqual({line[0] for line in self.apply(json.dumps(as_json)).stdout.splitlines()}, {"="})
        self.tearDown()
        self.apply(exported)
        self.assertEqual(self.out("export"), exported)
        self.assertNotIn("[[queue]]", self.out("export", "--resources", "topics"))


if __name__ == "__main__":
    unittest.main()
