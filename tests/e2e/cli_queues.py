"""Queues from the command line, against a broker of their own."""

import pathlib
import signal
import tempfile
import unittest

from _cli_broker import BrokerCase, run


class Queues(BrokerCase):
    def counts(self, queue: str) -> dict:
        return self.json("queue", "describe", queue)["messages"]

    def test_a_message_is_sent_received_and_acked(self):
        self.cli("queue", "create", "mail")
        self.assertEqual(self.out("send", "mail", "hello", "-k", "k", "-o", "name"), "0-0\n")
        message = self.lines("receive", "mail")[0]
        self.assertEqual((message["text"], message["key"], message["receive_count"]), ("hello", "k", 1))
        self.assertEqual(self.counts("mail")["in_flight"], 1)
        self.assertEqual(self.json("ack", "mail", message["receipt"])[0]["result"], "acked")
        self.assertEqual(self.json("ack", "mail", message["receipt"])[0]["result"], "already")
        self.assertEqual(sum(self.counts("mail").values()), 0)

    def test_receipts_can_be_piped_from_receive_to_ack(self):
        self.cli("send", "piped", "--create", stdin="a\nb\n")
        receipts = self.out("receive", "piped", "-n", "10", "-o", "name").split()
        self.assertEqual(len(receipts), 2)
        self.cli("ack", "piped", *receipts)
        self.assertEqual(sum(self.counts("piped").values()), 0)

    def test_ack_prints_values_only_and_leaves_nothing(self):
        self.cli("send", "plain", "--create", stdin="a\nb\nc\n")
        self.assertEqual(self.out("receive", "plain", "-n", "10", "--ack"), "a\nb\nc\n")
        self.cli("receive", "plain", "--fail-empty", code=6)
        self.cli("receive", "plain")

    def test_without_ack_the_table_shows_the_receipt(self):
        self.cli("send", "shown", "body text", "--create")
        header, row = self.out("receive", "shown").splitlines()
        self.assertEqual(header.split(), ["ID", "RECEIPT", "RECEIVES", "KEY", "VALUE"])
        self.assertTrue(row.endswith("body text"), row)

    def test_nack_returns_a_message_and_only_the_newest_receipt_counts(self):
        self.cli("send", "back", "x", "--create")
        first = self.lines("receive", "back")[0]
        self.cli("nack", "back", first["receipt"])
        second = self.lines("receive", "back")[0]
        self.assertEqual(second["receive_count"], 2)
        lost = self.cli("ack", "back", first["receipt"], code=4)
        self.assertIn("stale", lost.stdout)
        self.assertIn("1 of 1 receipts do not count", lost.stderr)
        self.cli("extend", "back", second["receipt"], "--visibility", "5m")
        self.cli("extend", "back", second["receipt"])
        self.cli("nack", "back", second["receipt"], "--dead", "--reason", "bad address")
        self.assertEqual(self.counts("back")["dead"], 1)
        self.assertEqual(self.lines("peek", "back", "--state", "dead")[0]["reason"], "bad address")
        self.cli("nack", "back", second["receipt"], "--dead", "--delay", "1s", code=2)

    def test_a_delayed_message_waits(self):
        self.cli("send", "later", "x", "--create", "--delay", "1h")
        self.cli("send", "later", "y", "--at", "2100-01-01T00:00Z")
        self.cli("receive", "later", "--fail-empty", code=6)
        self.assertEqual(self.counts("later")["delayed"], 2)
        self.cli("send", "later", "z", "--at", "2100-01-01", "--delay", "1s", code=2)

    def test_a_receive_that_waits_gets_what_is_sent_meanwhile(self):
        self.cli("queue", "create", "waiting")
        receiver = self.start("receive", "waiting", "--wait", "30s", "--ack")
        self.cli("send", "waiting", "at last")
        self.assertEqual(receiver.communicate(timeout=60)[0], "at last\n")
        self.assertEqual(receiver.returncode, 0)

    def test_settings_of_a_queue(self):
        self.cli("queue", "create", "set", "--visibility", "2m", "--max-receives", "3", "--wait", "1s", "--delay", "0")
        shown = self.json("queue", "describe", "set")
        self.assertEqual((shown["visibility_timeout"], shown["max_receives"], shown["receive_wait"]), ("2m", 3, "1s"))
        self.assertEqual(self.json("queue", "config", "set", "max_receives=5")["max_receives"], 5)
        self.cli("queue", "create", "set", code=4)
        self.assertIn("set", self.out("queue", "list", "-o", "name").split())
        self.assertIn("VISIBILITY", self.out("queue", "list", "-o", "wide").splitlines()[0])
        self.cli("queue", "config", "set", "no_such=1", code=2)

    def test_order_retries_filter_and_pausing(self):
        self.cli("queue", "create", "ordered", "--order", "key", "--retry-min", "2s", "--retain-acked", "1d",
                 "--dedup-window", "10m", "--paused")
        shown = self.json("queue", "describe", "ordered")
        self.assertEqual((shown["order"], shown["retain_acked"], shown["paused"]), ("key", "1d", True))
        self.assertEqual(shown["retry"], {"backoff": "exponential", "min": "2s", "max": "5m"})
        self.assertEqual(shown["dedup"]["window"], "10m")
        self.assertFalse(self.json("queue", "config", "ordered", "paused=false")["paused"])
        self.cli("queue", "create", "odd", "--order", "odd", code=2)
        self.cli("topic", "create", "sales")
        self.cli("attach", "sales", "eu", "--filter", "headers.region = 'EU'", "--order", "fair")
        self.assertEqual(self.json("queue", "describe", "eu")["source"]["filter"], "headers.region = 'EU'")
        self.cli("attach", "sales", "us", "--filter", "headers.region =", code=2)

    def test_peek_shows_states_and_touches_nothing(self):
        self.cli("send", "seen", "--create", stdin="".join(f"m{number}\n" for number in range(30)))
        self.cli("receive", "seen", "-n", "2", "-q")
        self.assertEqual([item["text"] for item in self.lines("peek", "seen", "-n", "3")], ["m2", "m3", "m4"])
        self.assertEqual(len(self.lines("peek", "seen", "--state", "inflight")), 2)
        self.assertEqual([item["text"] for item in self.lines("peek", "seen", "--match", "m29")], ["m29"])
        self.assertEqual(len(self.lines("peek", "seen", "--state", "all", "-n", "1000")), 30)
        self.assertEqual(self.out("peek", "seen", "--state", "dead"), "")
        self.cli("peek", "seen", "--state", "lost", code=2)
        self.assertEqual((self.counts("seen")["ready"], self.counts("seen")["in_flight"]), (28, 2))

    def test_purge_and_delete_ask(self):
        self.cli("send", "full", "--create", stdin="a\nb\n")
        self.cli("queue", "purge", "full", code=2)
        self.assertIn("would delete 2 messages", self.out("queue", "purge", "full", "--dry-run"))
        self.cli("queue", "purge", "full", "--yes")
        self.assertEqual(sum(self.counts("full").values()), 0)
        self.cli("queue", "delete", "full", code=2)
        self.cli("queue", "delete", "full", "--yes")
        self.cli("queue", "describe", "full", code=3)
        self.cli("queue", "delete", "full", "--if-exists", "--yes")


class WithAKey(BrokerCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.holder = tempfile.TemporaryDirectory(prefix="twofold-keys-")
        cls.addClassCleanup(cls.holder.cleanup)
        file = str(pathlib.Path(cls.holder.name) / "keys.toml")
        cls.admin, cls.manager = (run("key", "create", name, "--allow", allow, "--keys-file", file, "-q").stdout.strip()
                                  for name, allow in (("admin", "* *"), ("manager", "manage *")))
        cls.settings = (f"auth.keys_file={file}",)
        super().setUpClass()

    # It looked first, which such a key may not: nothing could be deleted with it.
    def test_a_key_that_may_only_manage_deletes_and_purges(self):
        admin, manager = {"TWOFOLD_TOKEN": self.admin}, {"TWOFOLD_TOKEN": self.manager}
        for kind in ("queue", "topic"):
            self.cli(kind, "create", f"a-{kind}", **manager)
            self.assertIn("unknown how many", self.out(kind, "delete", f"a-{kind}", "--dry-run", **manager))
            self.assertIn("add --yes", self.cli(kind, "delete", f"a-{kind}", code=2, **manager).stderr)
        self.cli("send", "a-queue", "x", **admin)
        self.assertIn("unknown how many", self.out("queue", "purge", "a-queue", "--dry-run", **manager))
        self.assertEqual(sum(self.json("queue", "describe", "a-queue", **admin)["messages"].values()), 1)
        self.cli("queue", "purge", "a-queue", "--yes", **manager)
        self.assertEqual(sum(self.json("queue", "describe", "a-queue", **admin)["messages"].values()), 0)
        for kind in ("queue", "topic"):
            self.cli(kind, "delete", f"a-{kind}", "--yes", **manager)
            self.cli(kind, "describe", f"a-{kind}", code=3, **admin)
            self.cli(kind, "delete", f"a-{kind}", "--yes", code=3, **manager)
            self.cli(kind, "delete", f"a-{kind}", "--yes", "--if-exists", **manager)
        self.cli("queue", "delete", "a-queue", "--yes", code=7)


class Attached(BrokerCase):
    def test_history_becomes_messages_and_the_topic_keeps_it(self):
        self.cli("produce", "orders", "--create", stdin="1\n2\n3\n")
        self.assertIn("3 messages waiting", self.out("attach", "orders", "billing", "--from", "start", "--dry-run"))
        self.cli("queue", "describe", "billing", code=3)
        self.cli("attach", "orders", "billing", "--from", "start")
        self.cli("attach", "orders", "audit")
        self.assertEqual(self.out("receive", "billing", "-n", "10", "--ack").split(), ["1", "2", "3"])
        self.cli("receive", "audit", "--fail-empty", code=6)
        self.assertEqual(self.out("consume", "orders", "-O", "start", "-e").split(), ["1", "2", "3"])
        self.cli("attach", "orders", "billing", code=4)
        self.cli("attach", "no-such", "x", code=3)
        sent = self.cli("send", "billing", "x", code=4)
        self.assertIn("orders", sent.stderr)
        self.cli("topic", "delete", "orders", "--yes", code=4)


class Workers(BrokerCase):
    def test_exec_acks_what_its_command_finished(self):
        self.cli("send", "jobs", "--create", stdin="good\nbad\ngood\n")
        done = self.cli("receive", "jobs", "-n", "10", "--exec", 'read line; echo "$line $TWOFOLD_MESSAGE_ID"; test "$line" = good',
                        code=1)
        self.assertEqual(done.stdout, "good 0-0\nbad 0-1\ngood 0-2\n")
        self.assertIn("exited 1 for message 0-1", done.stderr)
        counts = self.json("queue", "describe", "jobs")["messages"]
        self.assertEqual((counts["ready"], counts["in_flight"]), (0, 1))
        self.cli("receive", "jobs", "--exec", "true", "--ack", code=2)

    def test_a_command_that_ignores_its_input_does_no_harm(self):
        self.cli("send", "ignored", "--create", stdin="x" * 500_000)
        self.cli("receive", "ignored", "--exec", "exec true")
        self.assertEqual(sum(self.json("queue", "describe", "ignored")["messages"].values()), 0)

    def test_a_loop_ends_on_a_signal_with_everything_printed_acked(self):
        self.cli("send", "looped", "--create", stdin="a\nb\n")
        worker = self.start("receive", "looped", "--loop", "--ack")
        self.assertEqual([worker.stdout.readline(), worker.stdout.readline()], ["a\n", "b\n"])
        worker.send_signal(signal.SIGINT)
        self.assertEqual(worker.wait(timeout=30), 130)
        self.assertIn("2 messages", worker.stderr.read())
        worker.stdout.close()
        worker.stderr.close()
        self.assertEqual(sum(self.json("queue", "describe", "looped")["messages"].values()), 0)

    def test_tail_tells_the_life_of_a_message(self):
        self.cli("queue", "create", "told")
        watcher = self.start("tail", "told", "-o", "jsonl")
        feeder = self.start("send", "told", "x", "--count", "1000000", "--rate", "20/s")
        events = set()
        receipt = acked = None  # once each: the lines must not come faster than they are read
        while not {"sent", "delivered", "acked"} <= events:
            line = watcher.stdout.readline()
            self.assertTrue(line, "tail ended")
            events.add(line.split('"event":"')[1].split('"')[0])
            if "sent" in events and not receipt:
                receipt = self.lines("receive", "told")[0]["receipt"]
            if "delivered" in events and not acked:
                acked = self.cli("ack", "told", receipt)
        for process in (watcher, feeder):
            process.terminate()
            self.assertEqual(process.wait(timeout=30), 143)
            process.stdout.close()
            process.stderr.close()


if __name__ == "__main__":
    unittest.main()
