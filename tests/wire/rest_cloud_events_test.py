#!/usr/bin/env python3
"""CloudEvents 1.0: structured, batched and binary in; batched and single out."""

import base64
import json
import unittest

from wire._broker import WireCase

ONE = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
OUT = {"Accept": "application/cloudevents-batch+json"}


def event(**attributes):
    return {"specversion": "1.0", "id": "a-1", "source": "/shop", "type": "order.placed", **attributes}


class CloudEvents(WireCase):
    def setUp(self):
        self.topic = self.id().rsplit(".", 1)[1][:60]
        self.ask("PUT", f"/v1/topics/{self.topic}", {}, status=201)

    def path(self, leaf="records"):
        return f"/v1/topics/{self.topic}/{leaf}"

    def post(self, body, headers=ONE, **kwargs):
        return self.ask("POST", self.path(), json.dumps(body).encode(), headers=headers, **kwargs)

    def records(self):
        return self.ask("GET", self.path())["records"]

    def events(self):
        answer = self.call("GET", self.path(), headers=OUT)
        self.assertEqual(answer.headers["content-type"], OUT["Accept"])
        self.assertTrue(answer.headers["twofold-cursor"].startswith("c1."))
        return answer.json

    def test_an_event_goes_out_as_it_came_in(self):
        sent = event(subject="bill_1", time="2026-11-21T10:30:00.123456Z", datacontenttype="application/json",
                     partitionkey="p", severity=3, urgent=True, data={"amount": 120})
        self.post(sent)
        record = self.records()[0]
        self.assertEqual((record["key"], record["value"], record["timestamp"]), ("p", {"amount": 120}, "2026-11-21T10:30:00.123Z"))
        self.assertEqual(record["headers"]["ce_type"], "order.placed")
        got = self.events()[0]
        self.assertEqual(got, {**sent, "severity": "3", "urgent": "true"})

    def test_a_batch_is_all_or_nothing(self):
        good = [event(id=str(i), data=i) for i in range(3)]
        self.assertEqual(len(self.post(good, BATCH)["records"]), 3)
        bad = [event(id="x"), {**event(), "type": ""}]
        problem = self.refused("POST", self.path(), json.dumps(bad).encode(), status=400, code="invalid-request", headers=BATCH)
        self.assertEqual((problem["index"], problem["param"]), (1, "type"))
        self.assertEqual([e["id"] for e in self.events()], ["0", "1", "2"])

    def test_text_and_bytes_and_no_data(self):
        self.post([event(datacontenttype="text/plain", data="hello\n"), event(data="json text"),
                   event(datacontenttype="image/png", data_base64=base64.b64encode(b"\x89P").decode()), event()], BATCH)
        first, second, third, fourth = self.records()
        self.assertEqual(first["text"], "hello\n")
        self.assertEqual(second["value"], "json text")
        self.assertEqual(base64.b64decode(third["bytes"]), b"\x89P")
        self.assertIsNone(fourth["value"])
        out = self.events()
        self.assertEqual((out[0]["data"], out[1]["data"], out[2]["data_base64"], out[2]["datacontenttype"]),
                         ("hello\n", "json text", "iVA=", "image/png"))
        self.assertNotIn("data", out[3])

    def test_binary_mode(self):
        headers = {"ce-specversion": "1.0", "ce-id": "7", "ce-source": "/shop", "CE-Type": "t", "ce-subject": "caf%C3%A9",
                   "Content-Type": "text/xml"}
        for leaf in ("records", "raw"):
            self.ask("POST", self.path(leaf), b"<a/>", headers=headers)
        for record in self.records():
            self.assertEqual((record["text"], record["key"], record["content_type"]), ("<a/>", "caf\u00e9", "text/xml"))
        self.assertEqual({e["subject"] for e in self.events()}, {"caf\u00e9"})
        self.refused("POST", self.path(), b"<a/>", status=400, code="invalid-request", headers={**headers, "ce-id": ""})

    def test_a_plain_record_is_an_event_too(self):
        self.ask("POST", self.path(), {"key": "k", "value": [1], "headers": {"region": "EU", "Not-A-Name": "x", "ce_type": "paid"}})
        self.ask("POST", self.path(), {"bytes": "AAE="})
        first, second = self.events()
        self.assertEqual((first["id"], first["source"], first["type"], first["subject"], first["region"], first["data"]),
                         (f"{self.topic}:0-0", f"/topics/{self.topic}", "paid", "k", "EU", [1]))
        self.assertNotIn("Not-A-Name", first)
        self.assertEqual((second["type"], second["data_base64"]), ("record", "AAE="))
        one = self.call("GET", self.path("records/0/0"), headers={"Accept": "application/cloudevents+json"})
        self.assertEqual(one.json, first)

    def test_a_queue_takes_events(self):
        queue = f"/v1/queues/q-{self.topic}"
        self.ask("PUT", queue, {}, status=201)
        self.ask("POST", f"{queue}/messages", json.dumps(event(data={"n": 1})).encode(), headers=ONE)
        message = self.ask("POST", f"{queue}/receive", {})["messages"][0]
        self.assertEqual((message["value"], message["headers"]["ce_id"]), ({"n": 1}, "a-1"))

    def test_what_is_no_event_is_refused_by_name(self):
        for body, param in ((event(specversion="0.3"), "specversion"), ({"id": "1"}, "specversion"), (event(time="noon"), "time"),
                            (event(Upper="x"), "Upper"), (event(deep={"a": 1}), "deep"), (event(data_base64="*"), "data_base64")):
            problem = self.refused("POST", self.path(), json.dumps(body).encode(), status=400, code="invalid-request", headers=ONE)
            self.assertEqual(problem["param"], param)
        self.refused("POST", self.path(), json.dumps(event(data=1, data_base64="AA==")).encode(), status=400,
                     code="value-and-bytes", headers=ONE)
        self.refused("POST", self.path(), b'{"id":"1","id":"2"}', status=400, code="invalid-request", headers=ONE)
        self.refused("POST", self.path(), b"[]", status=400, code="invalid-request", headers=BATCH)
        self.assertEqual(self.records(), [])


if __name__ == "__main__":
    unittest.main()
