#!/usr/bin/env python3
"""Records go in as JSON, NDJSON and raw bodies, and come out byte for byte, page by page."""

import json
import unittest

from wire._broker import WireCase


class PublishAndRead(WireCase):
    def records(self, path: str) -> list:
        return self.ask("GET", path)["records"]

    def test_a_value_comes_back_byte_for_byte(self):
        self.ask("PUT", "/v1/topics/exact", {}, status=201)
        value = b'{ "price": 1.0,  "big":123456789012345678901234567890, "e":1E5, "u":"\\u00e9" }'
        self.ask("POST", "/v1/topics/exact/records", b'{"key":"a","value":' + value + b"}",
                 headers={"Content-Type": "application/json"})
        page = self.call("GET", "/v1/topics/exact/records").body
        self.assertIn(b'"value":' + value + b",", page)

    def test_a_batch_is_published_together_and_read_in_order(self):
        self.ask("PUT", "/v1/topics/batch", {"partitions": 3}, status=201)
        published = self.ask("POST", "/v1/topics/batch/records", {
            "records": [{"key": f"k{i % 5}", "value": {"n": i}} for i in range(100)], "durability": "disk"})
        self.assertEqual(published["durability"], "disk")
        self.assertEqual(len(published["records"]), 100)
        records = self.records("/v1/topics/batch/records?limit=1000&order=total")
        self.assertEqual([r["seq"] for r in records], sorted(r["seq"] for r in published["records"]))
        numbers = {}
        for record in records:
            numbers.setdefault(record["partition"], []).append(record["value"]["n"])
        self.assertTrue(all(n == sorted(n) for n in numbers.values()), "in order within a partition")
        self.assertEqual(sorted(sum(numbers.values(), [])), list(range(100)))
        by_key = {}
        for record in records:
            by_key.setdefault(record["key"], set()).add(record["partition"])
        self.assertTrue(all(len(partitions) == 1 for partitions in by_key.values()), "a key has one partition")

    def test_one_bad_record_and_nothing_is_published(self):
        self.ask("PUT", "/v1/topics/atomic", {}, status=201)
        problem = self.refused("POST", "/v1/topics/atomic/records",
                               {"records": [{"value": 1}, {"value": 2, "partition": 7}]},
                               status=404, code="partition-not-found")
        self.assertFalse(problem["retryable"])
        problem = self.refused("POST", "/v1/topics/atomic/records",
                               {"records": [{"value": 1}, {"text": "a", "bytes": "YQ=="}]},
                               status=400, code="value-and-bytes")
        self.assertEqual(problem["index"], 1)
        self.assertEqual(self.records("/v1/topics/atomic/records"), [])

    def test_pages_follow_each_other_by_cursor_without_gap_or_double(self):
        self.ask("PUT", "/v1/topics/pages", {"partitions": 4}, status=201)
        for begin in range(0, 300, 100):
            self.ask("POST", "/v1/topics/pages/records",
                     {"records": [{"key": str(i), "value": i} for i in range(begin, begin + 100)]})
        seen = []
        path = "/v1/topics/pages/records?limit=7"
        while True:
            page = self.ask("GET", path)
            seen += [r["value"] for r in page["records"]]
            if page["caught_up"]:
                break
            self.assertEqual(page["lag"]["count"], 300 - len(seen))
            path = f"/v1/topics/pages/records?limit=7&cursor={page['cursor']}"
        self.assertEqual(sorted(seen), list(range(300)))

    def test_an_answer_ends_at_its_bytes_whatever_takes_them(self):
        self.ask("PUT", "/v1/topics/wordy", {}, status=201)
        self.ask("POST", "/v1/topics/wordy/records", {"records": [{"value": 1, "headers": {"h": "x" * 10_000}}] * 10})
        self.assertEqual(len(self.records("/v1/topics/wordy/records?bytes=25000")), 3)
        self.ask("PUT", "/v1/topics/gone", {}, status=201)
        for _ in range(12):
            self.ask("POST", "/v1/topics/gone/records", {"records": [{"value": None}] * 1000})
        for order in ("partition", "total"):
            path = f"/v1/topics/gone/records?order={order}&bytes="
            self.assertEqual(len(self.records(path + "1")), 1)
            self.assertEqual(len(self.records(path + "4194304")), 10_000)

    def test_positions(self):
        self.ask("PUT", "/v1/topics/positions", {}, status=201)
        for i, hour in enumerate((10, 11, 12)):
            self.ask("POST", "/v1/topics/positions/records",
                     {"value": i, "timestamp": f"2026-11-20T{hour}:00:00Z"})
        values = lambda query: [r["value"] for r in self.records(f"/v1/topics/positions/records?{query}")]
        self.assertEqual(values("from=earliest"), [0, 1, 2])
        self.assertEqual(values("from=latest"), [])
        self.assertEqual(values("from=1"), [1, 2])
        self.assertEqual(values("from=0-2"), [2])
        self.assertEqual(values("from=2026-11-20T10:30:00Z"), [1, 2])
        self.assertEqual(values("from=2026-11-20T11:00:00Z"), [1, 2])
        self.assertEqual(values("from=2026-11-20T13:00:00Z"), [])
        self.refused("GET", "/v1/topics/positions/records?from=9", status=400, code="invalid-request")
        self.refused("GET", "/v1/topics/positions/records?from=soon", status=400, code="invalid-request")
        offsets = self.ask("GET", "/v1/topics/positions/offsets?at=2026-11-20T11:30:00Z")
        self.assertEqual(offsets["partitions"][0]["at"], 2)
        self.assertEqual(offsets["partitions"][0]["end"], 3)

    def test_a_place_in_one_partition_is_none_of_the_others_business(self):
        self.ask("PUT", "/v1/topics/uneven", {"partitions": 2}, status=201)
        self.ask("POST", "/v1/topics/uneven/records", {"records": [{"value": n, "partition": 1} for n in range(3)]})
        page = self.ask("GET", "/v1/topics/uneven/records?partition=1&from=2")
        self.assertEqual([record["value"] for record in page["records"]], [2])
        self.refused("GET", "/v1/topics/uneven/records?partition=0&from=2", status=400, code="invalid-request")

    def test_texts_bytes_headers_and_tombstones(self):
        self.ask("PUT", "/v1/topics/shapes", {}, status=201)
        self.ask("POST", "/v1/topics/shapes/records", {"records": [
            {"text": "null"}, {"bytes": "AP8="}, {"key": "k", "value": None},
            {"key": {"base64": "/w=="}, "text": "<a/>", "content_type": "application/xml",
             "headers": {"region": "EU", "blob": {"base64": "/w=="}}}]})
        text, data, tombstone, xml = self.records("/v1/topics/shapes/records")
        self.assertEqual((text["text"], text["content_type"]), ("null", "text/plain"))
        self.assertEqual((data["bytes"], data["content_type"]), ("AP8=", "application/octet-stream"))
        self.assertIsNone(tombstone["value"])
        self.assertEqual(xml["text"], "<a/>")
        self.assertEqual(xml["content_type"], "application/xml")
        self.assertEqual(xml["key"], {"base64": "/w=="})
        self.assertEqual(xml["headers"], {"region": "EU", "blob": {"base64": "/w=="}})
        forced = self.records("/v1/topics/shapes/records?encoding=base64")
        self.assertEqual(forced[0]["bytes"], "bnVsbA==")

    def test_raw_bodies_and_the_form_label_of_curl(self):
        self.ask("PUT", "/v1/topics/raw", {}, status=201)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        self.ask("POST", "/v1/topics/raw/records", b'{"value":{"n":1}}', headers=form)
        self.ask("POST", "/v1/topics/raw/raw?key=bill%201", b"hello", headers={
            "Content-Type": "text/plain", "Twofold-H-Region": "EU"})
        self.ask("POST", "/v1/topics/raw/raw", b'{"n":2}', headers=form)
        one, hello, two = self.records("/v1/topics/raw/records")
        self.assertEqual(one["value"], {"n": 1})
        self.assertEqual((hello["key"], hello["text"], hello["headers"]), ("bill 1", "hello", {"Region": "EU"}))
        self.assertEqual(two["value"], {"n": 2})
        self.refused("POST", "/v1/topics/raw/records", b"a=b", headers=form, status=415,
                     code="unsupported-media-type")

    def test_lines_in_and_lines_out(self):
        self.ask("PUT", "/v1/topics/lines", {}, status=201)
        body = b'{"value":1}\n\n{"value":}\r\n{"text":"three"}'
        answer = self.call("POST", "/v1/topics/lines/records", body,
                           headers={"Content-Type": "application/x-ndjson"})
        self.assertEqual(answer.headers["twofold-atomic"], "false")
        receipts = [json.loads(line) for line in answer.body.splitlines()]
        self.assertEqual(receipts[0]["id"], "0-0")
        self.assertEqual((receipts[1]["code"], receipts[1]["index"]), ("invalid-request", 2))
        self.assertEqual(receipts[2]["id"], "0-1")
        lines = self.call("GET", "/v1/topics/lines/records", headers={"Accept": "application/x-ndjson"})
        self.assertEqual([json.loads(line)["offset"] for line in lines.body.splitlines()], [0, 1])
        rest = self.ask("GET", f"/v1/topics/lines/records?cursor={lines.headers['twofold-cursor']}")
        self.assertEqual(rest["records"], [])

    def test_one_record_and_what_is_trimmed(self):
        self.ask("PUT", "/v1/topics/trimmed", {}, status=201)
        self.ask("POST", "/v1/topics/trimmed/records", {"records": [{"value": i} for i in range(10)]})
        record = self.call("GET", "/v1/topics/trimmed/records/0/3")
        self.assertEqual(record.json["value"], 3)
        self.assertIn("immutable", record.headers["cache-control"])
        self.refused("GET", "/v1/topics/trimmed/records/0/10", status=404, code="message-not-found")
        self.refused("GET", "/v1/topics/trimmed/records/0/99", status=404, code="message-not-found")
        self.refused("GET", "/v1/topics/trimmed/records/1/0", status=404, code="partition-not-found")
        self.refused("GET", "/v1/topics/trimmed/records/0/x", status=400, code="invalid-request")
        trimmed = self.ask("POST", "/v1/topics/trimmed/trim", {"before": {"0": 5}})
        self.assertEqual(trimmed["partitions"][0]["start"], 5)
        problem = self.refused("GET", "/v1/topics/trimmed/records?from=0", status=410, code="offset-trimmed")
        self.assertEqual(problem["oldest"], 5)
        skipped = self.records("/v1/topics/trimmed/records?from=0&on_trim=skip")
        self.assertEqual([r["offset"] for r in skipped], [5, 6, 7, 8, 9])
        self.refused("GET", "/v1/topics/trimmed/records/0/3", status=410, code="offset-trimmed")

    def test_configuration(self):
        made = self.call("PUT", "/v1/topics/config", {"partitions": 2, "retention": {"time": "7d", "bytes": "1GiB"}},
                         status=201)
        self.assertEqual(made.json["retention"], {"time": "7d", "bytes": 1 << 30, "count": None})
        again = self.call("PUT", "/v1/topics/config", {"partitions": 2, "retention": {"time": "7d", "bytes": "1GiB"}})
        self.assertEqual(again.json["etag"], made.json["etag"])
        self.refused("PUT", "/v1/topics/config", {"partitions": 3}, status=409, code="exists-with-other-config")
        self.refused("PUT", "/v1/topics/config", {"partitions": 2}, headers={"If-None-Match": "*"}, status=409,
                     code="exists-with-other-config")
        patched = self.call("PATCH", "/v1/topics/config", {"retention": {"bytes": None}},
                            headers={"If-Match": made.headers["etag"]})
        self.assertEqual(patched.json["retention"], {"time": "7d", "bytes": None, "count": None})
        self.refused("PATCH", "/v1/topics/config", {"retention": {"time": "1d"}},
                     headers={"If-Match": made.headers["etag"]}, status=412, code="etag-mismatch")
        self.refused("PATCH", "/v1/topics/config", {"partitions": 4}, status=400, code="invalid-request")
        problem = self.refused("PUT", "/v1/topics/other", {"partitons": 3}, status=400, code="invalid-request")
        self.assertEqual(problem["hint"], "Did you mean partitions?")
        self.refused("PUT", "/v1/topics/other", b'{"partitions":1,"partitions":2}', status=400,
                     code="invalid-request")
        self.refused("PUT", "/v1/topics/other", {"retention": {"time": "7 parsecs"}}, status=400,
                     code="invalid-duration")
        self.refused("PUT", "/v1/topics/a%20b", {}, status=400, code="invalid-request")

    def test_lists_go_on(self):
        for i in range(5):
            self.ask("PUT", f"/v1/topics/list-{i}", {}, status=201)
        names, path = [], "/v1/topics?limit=2"
        while path:
            page = self.ask("GET", path)
            names += [item["name"] for item in page["items"]]
            path = f"/v1/topics?limit=2&cursor={page['next']}" if "next" in page else None
        self.assertEqual([n for n in names if n.startswith("list-")], [f"list-{i}" for i in range(5)])

    def test_a_missing_topic_is_named_with_its_neighbour(self):
        self.ask("PUT", "/v1/topics/orders", {}, status=201)
        problem = self.refused("GET", "/v1/topics/orderz/records", status=404, code="topic-not-found")
        self.assertEqual(problem["detail"], "There is no topic named orderz.")
        self.assertIn("Did you mean orders?", problem["hint"])
        explained = self.ask("GET", problem["type"])
        self.assertEqual(explained["status"], 404)

    def test_a_group_reads_from_what_it_committed(self):
        self.ask("PUT", "/v1/topics/grouped", {"partitions": 2}, status=201)
        self.ask("POST", "/v1/topics/grouped/records", {"records": [{"key": str(i), "value": i} for i in range(20)]})
        poll = {"topics": ["grouped"], "max": 7, "from": "earliest"}
        first = self.ask("POST", "/v1/groups/g/poll", poll)
        self.assertEqual(len(first["records"]), 7)
        self.assertEqual(first["assigned"], {"grouped": [0, 1]})
        same = self.ask("POST", "/v1/groups/g/poll", poll)
        self.assertEqual(same["records"], first["records"], "nothing was committed yet")
        self.ask("POST", "/v1/groups/g/commit", {"cursor": first["cursor"]})
        rest = self.ask("POST", "/v1/groups/g/poll", {"topics": ["grouped"], "max": 100})
        seen = [r["value"] for r in first["records"] + rest["records"]]
        self.assertEqual(sorted(seen), list(range(20)))
        self.assertEqual(self.ask("GET", "/v1/groups/g")["lag"]["count"], 13)
        self.ask("POST", "/v1/groups/g/seek", {"topic": "grouped", "to": "latest"})
        self.assertEqual(self.ask("GET", "/v1/groups/g")["lag"]["count"], 0)
        self.ask("DELETE", "/v1/groups/g")
        self.refused("GET", "/v1/groups/g", status=404, code="group-not-found")

    def test_what_is_not_there_yet_is_said(self):
        self.ask("PUT", "/v1/topics/later", {}, status=201)
        self.refused("POST", "/v1/topics/later/records", {"value": 1, "delay": "1s"}, status=400, code="invalid-request")
        self.refused("POST", "/v1/topics/later/records", {"value": 1}, headers={"Twofold-Namespace": "x"}, status=404,
                     code="not-found")
        self.assertEqual(self.records("/v1/topics/later/records"), [])


if __name__ == "__main__":
    unittest.main()
