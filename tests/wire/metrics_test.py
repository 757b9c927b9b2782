#!/usr/bin/env python3
"""What /metrics says: of a broker that has done a bit of everything, of ten thousand queues, and of the table in the
documentation."""

import asyncio
import os
import pathlib
import re
import shutil
import subprocess
import time
import unittest

from wire._broker import PROGRAM, WireCase
from wire._installed import lacking
from wire._stream import StreamCase

SECONDS_MAX = 30
MANY = 10_000
DOCUMENTATION = pathlib.Path(os.environ.get("TWOFOLD_SOURCE_DIR", ".")) / "docs/operations/monitor.md"


class Metrics(WireCase):
    def page(self, query: str = "") -> str:
        return self.call("GET", f"/metrics{query}").body.decode()

    def samples(self, query: str = "") -> dict[str, float]:
        lines = [line for line in self.page(query).splitlines() if not line.startswith("#")]
        found = {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}
        self.assertEqual(len(found), len(lines), "no sample is told twice")
        return found

    def becomes(self, sample: str, value: float) -> None:
        deadline = time.monotonic() + SECONDS_MAX
        while (found := self.samples().get(sample)) != value:
            self.assertLess(time.monotonic(), deadline, f"{sample} is {found}, not {value}")
            time.sleep(0.05)

    def receive(self, queue: str, **more) -> list[dict]:
        return self.ask("POST", f"/v1/queues/{queue}/receive", more)["messages"]


def families(page: str) -> dict[str, tuple[str, str]]:
    """Type and help by name."""
    types = dict(re.findall(r"(?m)^# TYPE (\S+) (\S+)$", page))
    return {name: (types[name], text) for name, text in re.findall(r"(?m)^# HELP (\S+) (.+)$", page)}


class BusyBroker(Metrics):
    def test_queues_tell_what_happened_in_them(self):
        self.ask("PUT", "/v1/queues/burnt", {}, status=201)
        self.ask("PUT", "/v1/queues/kitchen", {"max_receives": 2, "dead_letter": "burnt"}, status=201)
        self.ask("POST", "/v1/queues/kitchen/messages", {"messages": [{"value": n} for n in range(3)]})
        first = self.receive("kitchen", max=1)[0]
        self.ask("POST", "/v1/queues/kitchen/ack", {"receipts": [first["receipt"]]})
        second = self.receive("kitchen", max=1)[0]
        self.ask("POST", "/v1/queues/kitchen/nack", {"items": [{"receipt": second["receipt"]}]})
        self.assertEqual(self.receive("kitchen", max=1, visibility_timeout="10ms")[0]["id"], second["id"])
        self.becomes('twofold_queue_dead_lettered_total{queue="kitchen"}', 1)
        self.becomes('twofold_queue_messages{queue="burnt",state="ready"}', 1)
        self.assertEqual(len(self.receive("kitchen", max=10)), 1)
        self.assertEqual(self.receive("kitchen"), [])
        samples = self.samples()
        for name, value in {"sent_total": 3, "received_total": 4, "redelivered_total": 1, "acked_total": 1, "nacked_total": 1,
                            "visibility_expired_total": 1, "expired_total": 0, "empty_receives_total": 1,
                            "wait_seconds_count": 3, "processing_seconds_count": 1, "waiting_receivers": 0}.items():
            self.assertEqual(samples[f'twofold_queue_{name}{{queue="kitchen"}}'], value, name)
        self.assertEqual(samples['twofold_queue_messages{queue="kitchen",state="inflight"}'], 1)
        self.assertGreater(samples['twofold_queue_oldest_message_age_seconds{queue="kitchen"}'], 0)
        self.assertEqual(samples['twofold_queue_wait_seconds_bucket{queue="kitchen",le="+Inf"}'], 3)
        self.assertNotIn('twofold_queue_attached_lag_records{queue="kitchen"}', samples)

    def test_what_is_too_old_is_counted_as_expired(self):
        self.ask("PUT", "/v1/queues/brief", {"retention": "1s"}, status=201)
        self.ask("POST", "/v1/queues/brief/messages", {"messages": [{"value": 1}, {"value": 2}]})
        self.becomes('twofold_queue_expired_total{queue="brief"}', 2)
        self.assertEqual(self.samples()['twofold_queue_messages{queue="brief",state="ready"}'], 0)

    def test_topics_and_those_who_read_them(self):
        self.ask("PUT", "/v1/topics/orders", {"partitions": 2}, status=201)
        self.ask("PUT", "/v1/queues/cooks", {"source": {"topic": "orders", "from": "earliest"}}, status=201)
        self.ask("POST", "/v1/topics/orders/records", {"records": [{"value": n, "partition": 1} for n in range(5)]})
        self.ask("POST", "/v1/groups/accounts/commit", {"offsets": {"orders": {"1": 2}}})
        self.ask("GET", "/v1/topics/orders/records?from=earliest")
        self.becomes('twofold_topic_read_records_total{topic="orders",api="rest"}', 5)
        samples = self.samples()
        self.assertEqual(samples['twofold_topic_read_records_total{topic="orders",api="ws"}'], 0)
        self.assertEqual(samples['twofold_topic_read_bytes_total{topic="orders",api="rest"}'], 5, "one digit each")
        self.assertEqual(samples['twofold_topic_appended_bytes_total{topic="orders",api="rest"}'], 5)
        self.assertEqual(samples['twofold_topic_appended_records_total{topic="orders",api="ws"}'], 0)
        self.assertEqual(samples['twofold_topic_segments{topic="orders"}'], 0)
        self.assertEqual(samples['twofold_partition_end_offset{topic="orders",partition="1"}'], 5)
        self.assertEqual(samples['twofold_partition_start_offset{topic="orders",partition="0"}'], 0)
        self.assertEqual(samples['twofold_topic_partitions{topic="orders"}'], 2)
        self.assertEqual(samples['twofold_topic_appended_records_total{topic="orders",api="rest"}'], 5)
        self.assertGreater(samples['twofold_topic_size_bytes{topic="orders"}'], 0)
        self.assertLess(abs(samples['twofold_topic_oldest_record_timestamp_seconds{topic="orders"}'] - time.time()), 60)
        self.assertEqual(samples['twofold_queue_attached_lag_records{queue="cooks"}'], 5)
        self.assertEqual(samples['twofold_group_lag_records{group="accounts",topic="orders"}'], 3)
        self.assertGreaterEqual(samples['twofold_group_lag_seconds{group="accounts",topic="orders"}'], 0)
        self.assertEqual(samples['twofold_group_committed_offset{group="accounts",topic="orders"}'], 2)
        self.assertEqual(samples['twofold_group_members{group="accounts"}'], 0)

    def test_records_leave_a_topic_for_a_reason(self):
        self.ask("PUT", "/v1/topics/kept", {"retention": {"count": 3}}, status=201)
        self.ask("POST", "/v1/topics/kept/records", {"records": [{"value": n} for n in range(5)]})
        self.becomes('twofold_topic_trimmed_records_total{topic="kept",reason="size"}', 2)
        self.ask("POST", "/v1/topics/kept/trim", {"before": {"0": 4}})
        samples = self.samples()
        self.assertEqual([samples[f'twofold_topic_trimmed_records_total{{topic="kept",reason="{reason}"}}'] for reason in ("retention", "size", "manual")], [0, 2, 2])

    def test_the_journal_and_the_process(self):
        self.ask("PUT", "/v1/topics/written", {}, status=201)
        self.ask("POST", "/v1/topics/written/records", {"value": 1})
        samples = self.samples()
        self.assertGreater(samples["twofold_fsync_duration_seconds_count"], 0)
        self.assertEqual(samples["twofold_fsync_duration_seconds_count"], samples["twofold_append_duration_seconds_count"])
        self.assertLessEqual(samples["twofold_fsync_duration_seconds_sum"], samples["twofold_append_duration_seconds_sum"])
        self.assertGreater(samples["twofold_fsync_batch_records_count"], 0)
        self.assertLessEqual(samples["twofold_fsync_batch_records_count"], samples["twofold_journal_blocks_total"])
        self.assertEqual(samples["twofold_fsync_batch_records_sum"], samples["twofold_records_total"])
        self.assertEqual(samples["twofold_crc_errors_total"], 0)
        data = pathlib.Path(self.broker.folder, "data")
        on_device = sum(file.stat().st_size for room in ("journal", "segments") for file in (data / room).glob("*"))
        self.assertEqual(samples["twofold_disk_used_bytes"], on_device)
        self.assertEqual(samples['twofold_degraded{reason="disk_full"}'], 0)
        self.assertGreaterEqual(samples["twofold_recovery_duration_seconds"], 0)
        self.assertLess(abs(samples["process_start_time_seconds"] - time.time()), 300)
        self.becomes('twofold_metrics_truncated{kind="queue"}', 0)
        deadline = time.monotonic() + SECONDS_MAX
        while self.samples()['twofold_event_loop_lag_seconds_count{thread="io-0"}'] == 0:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)

    def test_only_what_was_asked_for(self):
        for queue in ("asked.one", "asked.two", "unasked"):
            self.ask("PUT", f"/v1/queues/{queue}", {}, status=201)
        self.ask("PUT", "/v1/topics/asked", {}, status=201)
        names = families(self.page("?name%5B%5D=queue_sent&name%5B%5D=process_"))
        self.assertIn("process_open_fds", names)
        self.assertEqual({name for name in names if not name.startswith("process_")}, {"twofold_queue_sent_total"})
        samples = self.samples("?queue=asked.*&topic=nothing")
        told = {label for name in samples for label in re.findall(r'queue="([^"]+)"', name)}
        self.assertEqual(told, {"asked.one", "asked.two"})
        self.assertFalse([name for name in samples if "topic=" in name])
        self.refused("GET", "/metrics?queue=(", status=400, code="invalid-request")
        self.refused("GET", "/metrics?queue=" + "a" * 300, status=400, code="invalid-request")
        # What makes other matchers take for ever.
        self.ask("PUT", "/v1/queues/" + "a" * 200, {}, status=201)
        self.assertEqual(self.samples("?name%5B%5D=queue_sent&queue=(a*)*b"), {})

    def test_promtool_has_nothing_to_say(self):
        if not shutil.which("promtool"):
            raise lacking("promtool")
        self.ask("PUT", "/v1/queues/checked", {}, status=201)
        self.ask("POST", "/v1/queues/checked/messages", {"value": 1})
        self.receive("checked")
        done = subprocess.run(["promtool", "check", "metrics"], input=self.page(), capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_the_documentation_has_every_metric(self):
        page = self.page()
        told = families(page)
        rows = re.findall(r"(?m)^\| `(\w+)` \| (\w+) \| ([^|]*) \| (.+) \|$", DOCUMENTATION.read_text())
        documented = {name: (kind, text) for name, kind, labels, text in rows}
        self.assertEqual(documented, told)
        self.assertEqual(len(rows), len(documented), "each metric has one row")
        labels_of = {name: set(re.findall(r"`(\w+)`", labels)) for name, kind, labels, text in rows}
        for name, labels in re.findall(r"(?m)^(\w+)\{(.*)\} \S+$", page):
            base = re.sub(r"_(?:bucket|sum|count)$", "", name) if name not in labels_of else name
            used = set(re.findall(r'(?:^|,)(\w+)="', labels)) - {"le"}
            self.assertLessEqual(used, labels_of[base], name)


class Watched(Metrics, StreamCase):
    """What WebSockets are given, and what they are not."""

    settings = ("storage.memory_only=true",)

    async def test_subscriptions_are_consumers_of_their_queue(self):
        self.ask("PUT", "/v1/queues/kitchen", {}, status=201)
        self.assertEqual(self.samples()['twofold_queue_consumers{queue="kitchen"}'], 0)
        first, second = await self.greeted(), await self.greeted()
        for stream in (first, second):
            await stream.subscribe(1, queue="kitchen")
        self.assertEqual(self.samples()['twofold_queue_consumers{queue="kitchen"}'], 2)
        await second.connection.close()
        await asyncio.to_thread(self.becomes, 'twofold_queue_consumers{queue="kitchen"}', 1)

    async def test_what_is_read_over_a_websocket(self):
        self.ask("PUT", "/v1/topics/orders", {}, status=201)
        self.publish("orders", 10, 11)
        stream = await self.greeted()
        await stream.subscribe(1, **{"topic": "orders", "from": "earliest"})
        await stream.messages(2)
        await asyncio.to_thread(self.becomes, 'twofold_topic_read_records_total{topic="orders",api="ws"}', 2)
        self.assertGreaterEqual(self.samples()['twofold_topic_read_bytes_total{topic="orders",api="ws"}'], 4)

    async def test_what_an_inspection_is_told_in_numbers_counts_as_dropped(self):
        self.ask("PUT", "/v1/queues/seen", {}, status=201)
        stream = await self.connect("/v1/inspect?queue=seen&max_rate=1")
        await stream.next("snapshot")
        self.send("seen", *range(20))
        while self.samples()['twofold_ws_dropped_total{kind="inspect"}'] == 0:
            await stream.next()
        self.assertLessEqual(self.samples()['twofold_ws_dropped_total{kind="inspect"}'], 21)


class Partitions(Metrics):
    settings = ("metrics.detail=partition", "storage.memory_only=true")

    def test_groups_are_told_by_partition(self):
        self.ask("PUT", "/v1/topics/orders", {"partitions": 2}, status=201)
        self.ask("POST", "/v1/topics/orders/records", {"records": [{"value": n, "partition": n % 2} for n in range(6)]})
        self.ask("POST", "/v1/groups/accounts/commit", {"offsets": {"orders": {"0": 1, "1": 3}}})
        samples = self.samples()
        place = 'group="accounts",topic="orders",partition='
        self.assertEqual(samples[f'twofold_group_committed_offset{{{place}"0"}}'], 1)
        self.assertEqual(samples[f'twofold_group_lag_records{{{place}"0"}}'], 2)
        self.assertEqual(samples[f'twofold_group_lag_records{{{place}"1"}}'], 0)
        self.assertNotIn('twofold_group_lag_records{group="accounts",topic="orders"}', samples)


class Off(Metrics):
    settings = ("metrics.enabled=false", "storage.memory_only=true")

    def test_there_is_no_page(self):
        self.refused("GET", "/metrics", status=404, code="not-found")


class ManyQueues(Metrics):
    settings = ("storage.memory_only=true",)

    def test_the_first_thousand_have_series_and_the_others_are_added_up(self):
        connection = self.broker.connect()
        for number in range(MANY):
            name = f"queue-{number:05}"
            self.assertEqual(self.broker.call("PUT", f"/v1/queues/{name}", {}, connection=connection).status, 201)
            if number % 1_000 == 999:
                self.assertEqual(self.broker.call("POST", f"/v1/queues/{name}/messages", {"value": 1}, connection=connection).status, 200)
        connection.close()
        samples = self.samples()
        self.assertEqual(samples["twofold_queues"], MANY)
        self.assertEqual(samples['twofold_metrics_truncated{kind="queue"}'], 1)
        self.assertEqual(samples['twofold_metrics_truncated{kind="topic"}'], 0)
        sent = {name: value for name, value in samples.items() if name.startswith("twofold_queue_sent_total{")}
        self.assertEqual(set(sent), {f'twofold_queue_sent_total{{queue="queue-{number:05}"}}' for number in range(1_000)}
                         | {'twofold_queue_sent_total{queue="(others)"}'})
        self.assertEqual(sent['twofold_queue_sent_total{queue="queue-00999"}'], 1)
        self.assertEqual(sent['twofold_queue_sent_total{queue="(others)"}'], 9)
        self.assertEqual(samples['twofold_queue_messages{queue="(others)",state="ready"}'], 9)
        # Nobody waits for it: not even the first, which goes through all of them.
        took = []
        for _ in range(5):
            began = time.monotonic()
            self.page()
            took.append(time.monotonic() - began)
        self.assertLess(min(took), 0.5 if "san" in PROGRAM else 0.05, took)
        # A filter is applied first: what it lets through has room.
        filtered = self.samples("?queue=queue-09.*")
        self.assertEqual(filtered['twofold_metrics_truncated{kind="queue"}'], 0)
        self.assertEqual(filtered['twofold_queue_sent_total{queue="queue-09999"}'], 1)


if __name__ == "__main__":
    unittest.main()
