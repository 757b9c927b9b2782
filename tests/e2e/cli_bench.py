"""Every workload of `twofold bench`, made small: it runs, it verifies, it cleans up. No figure is judged."""

import http.client
import http.server
import json
import pathlib
import signal
import tempfile
import threading
import unittest

from _cli_broker import BrokerCase, run

SMALL = ("--msgs", "200", "--warmup", "0s", "--connections", "4")


class Closing:
    """In front of a broker: every answer says that the connection closes, and it does."""

    def __init__(self, address: str):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                broker = http.client.HTTPConnection(address, timeout=30)
                broker.request("POST", self.path, body, dict(self.headers))
                answer = broker.getresponse()
                text = answer.read()
                self.send_response(answer.status)
                self.send_header("Content-Length", str(len(text)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(text)
                broker.close()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "Closing":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()


class Bench(BrokerCase):
    def bench(self, *words: str) -> dict:
        report = json.loads(self.out("bench", *words, "--json", "--sync-dir", str(self.folder)))
        self.assertEqual((report["verified"]["lost"], report["verified"]["duplicated"]), (0, 0))
        return report

    def leftovers(self) -> list[str]:
        names = self.out("topic", "list", "-o", "name").split() + self.out("queue", "list", "-o", "name").split()
        return [name for name in names if name.startswith("bench-")]

    def test_publish_in_both_encodings_and_every_batch(self):
        for encoding in ("json", "protobuf"):
            for batch in ("1", "100"):
                report = self.bench("publish", *SMALL, "--format", encoding, "--batch", batch)
                self.assertGreaterEqual(report["results"][0]["messages"], 200)
                self.assertEqual(report["verified"]["sent"], report["verified"]["received"])
                self.assertGreater(report["results"][0]["server_cpu_us_per_message"], 0)
        self.assertEqual(self.leftovers(), [])

    def test_publish_at_a_rate(self):
        report = self.bench("publish", "--msgs", "100", "--warmup", "0s", "--rate", "200/s")
        self.assertGreater(report["results"][0]["seconds"], 0.4, "an open loop is not faster than its rate")

    def test_latency_says_what_the_device_costs(self):
        report = self.bench("latency", "--msgs", "50", "--warmup", "0s")
        self.assertIn("connections=1 ", report["parameters"])
        self.assertGreater(report["device_sync"]["p99_ms"], 0)

    def test_stream_in_both_encodings(self):
        for encoding in ("json", "protobuf"):
            report = self.bench("stream", *SMALL, "--format", encoding, "--batch", "7")
            self.assertEqual([row["name"] for row in report["results"]], ["publish", "catch up", "follow the tail"])
            self.assertTrue(all(row["messages"] >= 200 for row in report["results"]), report)
            self.assertGreaterEqual(report["verified"]["sent"], 2 * 200, "read twice")
        self.assertEqual(self.leftovers(), [])

    def test_fanout_counts_every_delivery_and_leaves_out_who_never_reads(self):
        words = ("--connections", "10", "--slow-every", "5", "--rate", "200/s", "--duration", "500ms", "--warmup", "0s")
        for encoding in ("json", "protobuf"):
            report = self.bench("fanout", *words, "--format", encoding)
            self.assertEqual(report["verified"]["sent"], 8 * report["results"][0]["requests"])
            self.assertEqual(report["verified"]["sent"], report["verified"]["received"])
        self.assertEqual(self.leftovers(), [])

    def test_fetch_in_both_encodings(self):
        for encoding in ("json", "protobuf"):
            report = self.bench("fetch", "--msgs", "5000", "--warmup", "0s", "--connections", "2", "--backlog", "3000",
                                "--format", encoding, "--page", "64KiB")
            self.assertGreaterEqual(report["verified"]["received"], 5000)
        self.assertEqual(self.leftovers(), [])

    def test_a_short_fetch_measures_pages_and_says_their_true_size(self):
        report = self.bench("fetch", "--msgs", "100", "--warmup", "200ms", "--connections", "2", "--backlog", "3000",
                            "--page", "64KiB")
        result = report["results"][0]
        self.assertGreaterEqual(result["requests"], 4)
        self.assertIn("--msgs raised to 4 pages on each connection", result["notes"])
        page = int(result["notes"][0].removesuffix(" KiB a page on the wire"))
        # A page is whole batches of 1000 records: less than all that is stored, warm-up or not.
        self.assertTrue(0 < page < 3000, result["notes"])

    def test_the_queue_cycle_in_both_encodings_and_every_batch(self):
        for encoding in ("json", "protobuf"):
            for batch in ("1", "10", "100"):
                report = self.bench("queue", *SMALL, "--format", encoding, "--batch", batch)
                verified = report["verified"]
                self.assertEqual(verified["sent"], verified["received"])
        self.assertEqual(self.leftovers(), [])

    def test_the_cycle_beside_a_backlog(self):
        report = self.bench("waiting", *SMALL, "--backlog", "3000")
        self.assertEqual(len(report["results"]), 2)
        self.assertIn("against the empty queue", report["results"][1]["notes"][0])

    def test_many_queues(self):
        report = self.bench("queues", "--count", "50", "--rate-each", "10/s", *SMALL)
        self.assertEqual(report["results"][0]["messages"], 200)
        self.assertEqual(self.leftovers(), [])

    def test_the_queue_cycle_over_sqs(self):
        report = self.bench("--protocol", "sqs", *SMALL, "--backlog", "35", "--server-pid", str(self.broker.pid))
        self.assertEqual([result["name"] for result in report["results"]],
                         ["sqs send+receive+delete, batch 1, 35 waiting", "sqs send+receive+delete, batch 10, 35 waiting"])
        for result in report["results"]:
            self.assertGreaterEqual(result["messages"], 200)
            self.assertGreater(result["resident_bytes"], 1 << 20)
        verified = report["verified"]
        self.assertEqual(verified["sent"], verified["received"] + 2 * 35)
        self.assertEqual(self.leftovers(), [])

    def test_fifo_queues_over_sqs_keep_their_order(self):
        for groups in ("1", "50"):
            report = self.bench("--protocol", "sqs", "--groups", groups, *SMALL, "--backlog", "100")
            self.assertEqual(report["verified"]["misordered"], 0)
            self.assertEqual(report["verified"]["received"], sum(result["messages"] for result in report["results"]))
        self.assertEqual(self.leftovers(), [])

    def test_sqs_of_a_server_that_closes_every_connection(self):
        with Closing(self.address) as closing:
            report = json.loads(self.out("bench", "queue", "--protocol", "sqs", *SMALL, "--json",
                                         "--sync-dir", str(self.folder), "-s", closing.url))
        self.assertEqual(report["verified"]["received"], report["verified"]["sent"])
        self.assertEqual(self.leftovers(), [])

    def test_memory_of_waiting_and_of_messages_in_flight(self):
        report = self.bench("memory", "--backlog", "5000", "--connections", "2")
        self.assertEqual([result["name"] for result in report["results"]], ["idle", "waiting", "in flight"])
        for result in report["results"]:
            self.assertGreater(result["resident_bytes"], 1 << 20)

    def test_long_polls_wait_and_are_woken(self):
        for protocol in ("rest", "sqs"):
            report = self.bench("waiters", "--protocol", protocol, "--connections", "20", "--count", "3",
                                "--duration", "500ms", "--rate", "100/s", "--server-pid", str(self.broker.pid))
            idle, wake = report["results"]
            self.assertEqual(idle["messages"], 20)
            self.assertIn("KiB for each poll", idle["notes"][0])
            self.assertIn("% of a core", idle["notes"][1])
            self.assertGreaterEqual(wake["messages"], 25)
            self.assertGreater(wake["latency_ms"]["p50"], 0)
            self.assertEqual(report["verified"]["sent"], report["verified"]["received"])
        self.assertEqual(self.leftovers(), [])

    def test_many_messages_expire_at_once(self):
        report = self.bench("expiry", "--backlog", "5000", "--connections", "4")
        verified = report["verified"]
        self.assertEqual((verified["sent"], verified["received"]), (5000, 5000))
        names = [result["name"].strip() for result in report["results"]]
        self.assertEqual(names[0::2], ["in flight, waiting for the deadline", "all of them expire",
                                       "all of them are received again"])
        self.assertGreater(report["results"][1]["messages"], 0, "cycles of another queue before the deadline")
        self.assertEqual(self.leftovers(), [])

    def test_much_goes_through_and_a_little_stays(self):
        report = self.bench("churn", "--bytes", "8MiB", "--size", "4KiB", "--keep-every", "100", "--backlog", "300",
                            "--connections", "2", "--data", str(self.folder / "data"))
        result = report["results"][0]
        self.assertGreaterEqual(result["messages"], 2048)
        kept = int(result["notes"][0].split()[0])
        self.assertTrue(15 <= kept <= 30, result["notes"])
        waiting = int(result["notes"][0].split()[-2])
        self.assertGreaterEqual(waiting, 300)
        self.assertEqual(report["verified"]["sent"], report["verified"]["received"] + waiting)
        disk = result["notes"][1]
        self.assertRegex(disk, "^disk MiB: [1-9][0-9]* before, at most [1-9][0-9]*, [1-9][0-9]* in the end; live [1-9]")
        self.assertEqual(self.leftovers(), [])

    def test_what_a_disk_holds_is_told_when_it_can_be_seen(self):
        report = self.bench("churn", "--bytes", "1MiB", "--connections", "2")
        self.assertIn("--data says where", report["results"][0]["notes"][1])

    def test_keep_keeps_and_the_text_says_everything(self):
        shown = self.cli("bench", "publish", *SMALL, "--keep", "--durability", "os", "--sync-dir", str(self.folder))
        self.assertIn("connections=4 size=256B batch=1 format=json durability=os msgs=200", shown.stderr)
        for word in ("throughput", "latency ms", "server cpu", "verified", "device sync"):
            self.assertIn(word, shown.stdout)
        kept = self.leftovers()
        self.assertEqual(len(kept), 1)
        self.cli("topic", "delete", kept[0], "--yes")
        self.assertEqual([file.name for file in pathlib.Path(self.folder).glob(".twofold-sync*")], [])

    def test_a_run_that_is_interrupted_cleans_up_too(self):
        run = self.start("bench", "publish", "--duration", "10m", "--warmup", "0s", "--sync-dir", str(self.folder))
        self.assertIn("bench publish", run.stderr.readline())
        while not self.leftovers():
            self.assertIsNone(run.poll())
        run.send_signal(signal.SIGINT)
        self.assertEqual(run.wait(timeout=60), 130)
        run.stdout.close()
        run.stderr.close()
        self.assertEqual(self.leftovers(), [])

    def test_contradictions_are_refused(self):
        for words in (("--connections", "0"), ("--batch", "1001"), ("--format", "xml"),
                      ("--msgs", "1", "--duration", "1s"), ("--protocol", "sqs"), ("--groups", "1"),
                      ("--bytes", "1GiB"), ("--keep-every", "10"), ("--data", ".")):
            self.cli("bench", "publish", *words, code=2)
        for words in (("waiters", "--count", "0"), ("waiters", "--size", "10B"), ("expiry", "--protocol", "sqs"),
                      ("--protocol", "sqs", "--batch", "11"), ("--protocol", "sqs", "--size", "31B"),
                      ("--protocol", "sqs", "--format", "json"), ("--protocol", "amqp"), ()):
            self.cli("bench", *words, code=2)


class WithKeys(BrokerCase):
    """Nothing that SQS clients are let in with could be measured: requests were not signed."""

    @classmethod
    def setUpClass(cls) -> None:
        holder = tempfile.TemporaryDirectory(prefix="twofold-bench-keys-")
        cls.addClassCleanup(holder.cleanup)
        cls.keys = pathlib.Path(holder.name) / "keys.toml"
        cls.key = json.loads(run("key", "create", "bench", "--sqs", "--allow", "* *", "--keys-file", str(cls.keys), "-o", "json").stdout)
        cls.settings = (f"auth.keys_file={cls.keys}",)
        super().setUpClass()

    def bench(self, *words: str, code: int = 0, secret: str | None = None):
        return self.cli("bench", *words, "--protocol", "sqs", code=code, AWS_REGION="eu-central-1",
                        AWS_ACCESS_KEY_ID=self.key["aws_access_key_id"],
                        AWS_SECRET_ACCESS_KEY=self.key["aws_secret_access_key"] if secret is None else secret)

    def test_sqs_is_measured_as_those_who_have_a_key(self):
        verified = json.loads(self.bench("queue", "--json", *SMALL).stdout)["verified"]
        self.assertEqual((verified["lost"], verified["duplicated"]), (0, 0))
        self.assertGreaterEqual(verified["sent"], 200)
        self.bench("queue", "--groups", "4", *SMALL)
        # Longer than a connection may be there without a key: those that send have nothing to say at first.
        self.bench("waiters", "--connections", "4", "--count", "2", "--duration", "12s")

    def test_without_one_or_with_half_of_one_it_says_what_to_set(self):
        unset = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        self.assertIn("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", self.cli("bench", "--protocol", "sqs", *SMALL, code=7, **unset).stderr)
        self.assertIn("one is set, the other is not", self.bench(*SMALL, code=2, secret="").stderr)
        self.assertIn("403", self.bench(*SMALL, code=1, secret="wrong").stderr)


if __name__ == "__main__":
    unittest.main()
