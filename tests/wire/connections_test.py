#!/usr/bin/env python3
"""Who is connected, page by page, and how a connection is ended by others."""

import http.client
import unittest

from wire._broker import WireCase
from wire._stream import StreamCase


class Connections(StreamCase):
    def known(self, client: str) -> list:
        return [one for one in self.ask("GET", "/v1/connections?limit=1000")["items"] if one["client"] == client]

    def test_a_client_is_shown_with_what_it_has_asked(self):
        connection = self.broker.connect()
        self.addCleanup(connection.close)
        for _ in range(3):
            self.broker.call("GET", "/v1/topics", headers={"User-Agent": "shop/1.2 (of mine)"}, connection=connection)
        [one] = self.known("shop/1.2")
        self.assertEqual((one["protocol"], one["requests"], one["last_operation"]), ("native", 3, "list_topics"))
        self.assertEqual(one["peer"], "127.0.0.1:%d" % connection.sock.getsockname()[1])
        self.assertGreater(one["bytes_sent"], 300)
        self.assertRegex(one["since"], r"^20\d\d-")
        self.assertEqual(one["subscriptions"], [])

    def test_sqs_is_told_apart(self):
        connection = self.broker.connect()
        self.addCleanup(connection.close)
        self.broker.call("POST", "/", b"{}", {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.ListQueues",
                                              "User-Agent": "aws-cli/2"}, connection)
        [one] = self.known("aws-cli/2")
        self.assertEqual((one["protocol"], one["last_operation"]), ("sqs", "ListQueues"))

    async def test_a_stream_says_what_it_reads_and_is_closed_by_others(self):
        self.ask("PUT", "/v1/topics/read", {}, status=201)
        self.ask("PUT", "/v1/queues/worked", {}, status=201)
        stream = await self.connect()
        await stream.hello(client="worker-7")
        await stream.subscribe(1, queue="worked")
        await stream.subscribe(2, topic="read", **{"from": "latest"})
        self.ask("POST", "/v1/queues/worked/messages", {"text": "for it"})
        await stream.messages(1)
        [one] = self.known("worker-7")
        self.assertEqual(one["protocol"], "websocket")
        self.assertEqual(one["subscriptions"], ["queue worked", "topic read"])
        self.assertEqual(one["messages"], 1)
        self.ask("DELETE", f"/v1/connections/{one['id']}")
        await stream.closed()
        self.refused("DELETE", f"/v1/connections/{one['id']}", status=404, code="not-found")

    def test_a_connection_is_closed_and_only_that_one(self):
        closed, kept = self.broker.connect(), self.broker.connect()
        for connection, name in ((closed, "bad"), (kept, "good")):
            self.addCleanup(connection.close)
            self.broker.call("GET", "/v1/topics", headers={"User-Agent": name}, connection=connection)
        [one] = self.known("bad")
        self.ask("DELETE", f"/v1/connections/{one['id']}")
        closed.auto_open = 0
        with self.assertRaises((http.client.HTTPException, OSError)):
            self.broker.call("GET", "/v1/topics", connection=closed)
        self.assertEqual(self.broker.call("GET", "/v1/topics", connection=kept).status, 200)

    def test_who_asks_is_not_closed_by_it(self):
        connection = self.broker.connect()
        self.addCleanup(connection.close)
        self.broker.call("GET", "/v1/topics", headers={"User-Agent": "self"}, connection=connection)
        [one] = self.known("self")
        answer = self.broker.call("DELETE", f"/v1/connections/{one['id']}", connection=connection)
        self.assertEqual((answer.status, answer.json["code"]), (400, "invalid-request"))

    def test_a_list_goes_on_behind_its_page(self):
        many = [self.broker.connect() for _ in range(12)]
        for n, connection in enumerate(many):
            self.addCleanup(connection.close)
            self.broker.call("GET", "/v1/topics", headers={"User-Agent": f"many-{n}"}, connection=connection)
        seen, target = [], "/v1/connections?limit=5"
        while target:
            page = self.ask("GET", target)
            self.assertLessEqual(len(page["items"]), 5)
            seen += page["items"]
            target = page.get("next") and f"/v1/connections?limit=5&cursor={page['next']}"
        self.assertEqual({one["client"] for one in seen if one["client"].startswith("many-")}, {f"many-{n}" for n in range(12)})
        self.assertEqual(len({one["id"] for one in seen}), len(seen))

    def test_what_is_no_connection_is_refused_in_words(self):
        for id in ("c_999999", "c_", "nobody", "c_99999999999999999999999"):
            self.refused("DELETE", f"/v1/connections/{id}", status=404, code="not-found")
        self.refused("GET", "/v1/connections?cursor=x", status=400, code="invalid-cursor")
        self.refused("GET", "/v1/connections?limit=0", status=400, code="invalid-request")


class TwoThreads(WireCase):
    settings = ("server.threads=2",)

    # To look whether others wait took a thread's turn: all who came one by one were on the same one.
    def test_who_comes_one_by_one_is_spread_over_the_threads(self):
        for _ in range(20):
            connection = self.broker.connect()
            self.addCleanup(connection.close)
            self.broker.call("GET", "/v1/topics", headers={"User-Agent": "spread"}, connection=connection)
        numbers = [int(one["id"].removeprefix("c_")) for one in self.ask("GET", "/v1/connections?limit=1000")["items"] if one["client"] == "spread"]
        self.assertEqual(len(numbers), 20)
        threads = [number >> 40 for number in numbers]  # http/lane.h
        self.assertGreaterEqual(min(threads.count(0), threads.count(1)), 8)


class Settings(WireCase):
    settings = ("queues.max_receives=7",)

    def test_every_setting_is_told_with_its_origin(self):
        items = {one["key"]: one for one in self.ask("GET", "/v1/config")["items"]}
        self.assertEqual((items["queues.max_receives"]["value"], items["queues.max_receives"]["origin"]), ("7", "--set queues.max_receives"))
        self.assertEqual(items["ui.read_only"], {"key": "ui.read_only", "value": "false", "origin": "default", "reloads": True})

    def test_the_log_is_told_by_level(self):
        lines = self.ask("GET", "/v1/log")["items"]
        ready = next(line for line in lines if line["message"] == "twofold ready")
        self.assertEqual((ready["level"], ready["component"], ready["fields"]["port"]), ("info", "main", str(self.broker.port)))
        self.assertEqual([line["time"] for line in lines], sorted(line["time"] for line in lines))
        self.assertLessEqual({line["level"] for line in self.ask("GET", "/v1/log?level=warn")["items"]}, {"warn", "error"})
        self.assertEqual(len(self.ask("GET", "/v1/log?limit=1")["items"]), 1)
        self.refused("GET", "/v1/log?level=loud", status=400, code="invalid-request")


if __name__ == "__main__":
    unittest.main()
