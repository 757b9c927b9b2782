#!/usr/bin/env python3
"""Every documented example is played against a running broker, as one story, and must come out as documented.

Compared are statuses and shapes: the members of objects and the types of values. Of lists the first
element stands for all. Receipts and cursors of the examples are replaced by those of the story.
"""

import json
import re
import unittest

from wire._broker import WireCase

# Maps from names or numbers to something: their members are data, not shape.
PLACEHOLDERS = {"r1.example": rb'"receipt":"(r1\.[^"]+)"', "c1.example": rb'"cursor":"(c1\.[^"]+)"',
                "g1.example": rb'"cursor":"(g1\.[^"]+)"', "op_example": rb'"operation":"(op_[^"]+)"'}
MAPS = {"headers", "assigned", "committed", "would_commit", "offsets", "orders", "series", "fields"}


class OpenApi(WireCase):
    maxDiff = None

    def test_the_examples_hold(self):
        document = self.ask("GET", "/openapi.json")
        self.assertEqual(document["openapi"], "3.1.0")
        story = document["x-story"]
        operations = {}
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                operations[operation["operationId"]] = (method.upper(), path, operation)
        latest = dict.fromkeys(PLACEHOLDERS, "")
        for name, example in story:
            method, path, operation = operations[name]
            with self.subTest(f"{name}: {example}"):
                self.play(method, path, operation, example, latest)

    def play(self, method, path, operation, name, latest):
        example = next(e for e in operation["x-examples"] if e["name"] == name)
        target = self.filled(example["target"], latest)
        template = re.escape(path).replace(r"\{", "{").replace(r"\}", "}")
        self.assertRegex(target.split("?")[0], "^" + re.sub(r"{\w+}", "[^/]+", template) + "$")
        body = None
        if "requestBody" in operation:
            documented = operation["requestBody"]["content"]["application/json"]["examples"].get(name)
            if documented:
                body = json.loads(self.filled(json.dumps(documented["value"]), latest))
        answer = self.call(method, target, body, status=example["status"])
        while b'"status":"running"' in answer.body:
            answer = self.call(method, target, body, status=example["status"])
        content = operation["responses"][str(example["status"])]["content"]["application/json"]
        self.assert_shape(answer.json, content["examples"][name]["value"], name)
        for placeholder, pattern in PLACEHOLDERS.items():
            if found := re.search(pattern, answer.body):
                latest[placeholder] = found.group(1).decode()

    def filled(self, text: str, latest: dict) -> str:
        for placeholder, value in latest.items():
            text = text.replace(placeholder, value)
        return text

    def assert_shape(self, actual, documented, where: str):
        self.assertIs(type(actual), type(documented), where)
        if isinstance(documented, dict):
            name = where.rsplit(".", 1)[-1]
            if name in MAPS:
                return
            self.assertEqual(set(actual), set(documented), where)
            for member, value in documented.items():
                self.assert_shape(actual[member], value, f"{where}.{member}")
        elif isinstance(documented, list):
            self.assertEqual(bool(actual), bool(documented), where)
            if documented:
                self.assert_shape(actual[0], documented[0], where + "[0]")
        elif isinstance(documented, str) and documented in ("acked", "already", "ok", "all-in-flight"):
            self.assertEqual(actual, documented, where)

    def test_every_operation_that_can_has_an_example(self):
        document = self.ask("GET", "/openapi.json")
        without = {operation["operationId"] for methods in document["paths"].values() for operation in methods.values()
                   if "x-examples" not in operation}
        self.assertEqual(without, {"server_info", "info", "publish_raw", "send_raw", "startupz", "health", "metrics", "openapi", "asyncapi",
                                   "stream", "topic_stream", "queue_stream", "inspect",
                                   "stats_rates", "close_connection", "create_key", "revoke_key"})

    def test_references_lead_somewhere(self):
        document = self.call("GET", "/openapi.json")
        schemas = document.json["components"]["schemas"]
        for reference in re.findall(rb'"\$ref":"#/components/schemas/(\w+)"', document.body):
            self.assertIn(reference.decode(), schemas)


class Operations(WireCase):
    """What monitoring reads."""

    def test_health(self):
        for path in ("/livez", "/readyz", "/startupz", "/health"):
            self.assertEqual(self.ask("GET", path)["status"], "ok")
        checks = self.ask("GET", "/health?verbose")["checks"]
        self.assertTrue(all(check["ok"] for check in checks), checks)
        self.refused("GET", "/health?verbse", status=400, code="invalid-request")

    def test_metrics(self):
        self.ask("PUT", "/v1/topics/measured", {"partitions": 2}, status=201)
        self.ask("POST", "/v1/topics/measured/records", {"value": 1, "partition": 1})
        self.ask("PUT", "/v1/queues/counted", {}, status=201)
        self.ask("POST", "/v1/queues/counted/messages", {"messages": [{"value": 1}, {"value": 2}]})
        self.call("GET", "/v1/topics/nothing", status=404)
        answer = self.call("GET", "/metrics")
        self.assertTrue(answer.headers["content-type"].startswith("text/plain; version=0.0.4"))
        text = answer.body.decode()
        samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        self.assertEqual(samples['twofold_queue_messages{queue="counted",state="ready"}'], "2")
        self.assertEqual(samples['twofold_partition_end_offset{topic="measured",partition="1"}'], "1")
        self.assertEqual(samples['twofold_http_requests_total{api="native",op="publish",code="200"}'], "1")
        self.assertEqual(samples['twofold_http_requests_total{api="native",op="get_topic",code="404"}'], "1")
        self.assertEqual(samples['twofold_http_request_duration_seconds_count{api="native",op="publish"}'], "1")
        self.assertGreater(float(samples["process_cpu_seconds_total"]), 0)
        self.assertGreater(int(samples["process_resident_memory_bytes"]), 1 << 20)
        self.assertGreater(int(samples["process_open_fds"]), 3)
        self.assertTrue(any(name.startswith("twofold_build_info{") for name in samples))
        names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
        self.assertEqual(len(names), len(set(names)), "each metric is declared once")
        for line in text.splitlines():
            self.assertRegex(line, r'^(# (TYPE|HELP) .+|[a-z_]+(\{[^{}]*\})? [0-9.e+-]+)$')

    def test_every_error_page_is_served(self):
        for code in ("topic-not-found", "stale-receipt", "storage-full"):
            self.assertEqual(self.ask("GET", f"/errors/{code}")["code"], code)
        problem = self.refused("GET", "/errors/topic-not-fond", status=404, code="not-found")
        self.assertEqual(problem["hint"], "Did you mean topic-not-found?")


if __name__ == "__main__":
    unittest.main()
