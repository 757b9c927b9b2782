"""An address apart for operators, and the URL by which clients know the broker."""

import http.client
import json
import signal
import socket
import subprocess
import time
import unittest

from wire._broker import PROGRAM, SECONDS_MAX, Answer, WireCase
from wire._keys import EVERYTHING, Key, KeyedCase, KeyFile
from wire._tls import SecureCase

KEPT = ("/metrics", "/ui/", "/ui/app.js", "/ui", "/v1/inspect?topic=x", "/v1/stats", "/v1/stats/rates", "/v1/config",
        "/v1/connections", "/v1/log", "/v1/storage/damage")
COMMON = ("/livez", "/readyz", "/health", "/startupz", "/v1", "/v1/info", "/v1/topics", "/v1/queues", "/openapi.json", "/asyncapi.json")


class Apart:
    def port_of(self, what: str) -> int:
        lines = map(json.loads, (self.broker.folder / "broker.log").read_text().splitlines())
        return next(int(line["port"]) for line in lines if line["msg"] == what)

    def at(self, port: int, method: str, path: str, body=None, headers=None) -> Answer:
        connection = self.broker.connect()
        connection.port = port
        try:
            return self.broker.call(method, path, body, headers, connection)
        finally:
            connection.close()

    def operators(self, *words, **more) -> Answer:
        return self.at(self.port_of("listening for operators"), *words, **more)


class OperatorsAddress(Apart, WireCase):
    settings = ("http.admin_listen=127.0.0.1:0", "sqs.listen=127.0.0.1:0")

    def test_what_is_for_operators_is_nowhere_else(self):
        for port in (self.broker.port, self.port_of("listening for SQS, too")):
            for path in KEPT:
                answer = self.at(port, "GET", path)
                self.assertEqual((answer.status, answer.json["code"]), (404, "not-found"), path)
                self.assertEqual(answer.json["detail"], f"There is nothing at {path}.")
        for path in KEPT:
            wanted = {"/ui": 302, "/v1/inspect?topic=x": 426}.get(path, 200)
            self.assertEqual(self.operators("GET", path).status, wanted, path)

    def test_other_methods_tell_no_more(self):
        for method in ("HEAD", "OPTIONS", "PUT", "DELETE"):
            self.assertEqual(self.broker.call(method, "/v1/config").status, 404, method)
        self.assertEqual(self.broker.call("DELETE", "/v1/connections/c_1").json["detail"], "There is nothing at /v1/connections/c_1.")
        self.assertEqual(self.operators("DELETE", "/v1/connections/c_999999").json["detail"], "There is no connection c_999999.")

    def test_nobody_is_led_to_pages_that_are_not_there(self):
        browser = {"Accept": "text/html"}
        self.assertEqual(self.broker.call("GET", "/", headers=browser).status, 404)
        self.assertEqual(self.operators("GET", "/", headers=browser).headers["location"], "/ui/")

    def test_everything_else_is_on_both(self):
        self.ask("PUT", "/v1/topics/both", {}, status=201)
        for path in COMMON:
            self.assertEqual(self.broker.call("GET", path).status, 200, path)
            self.assertEqual(self.operators("GET", path).status, 200, path)
        published = self.operators("POST", "/v1/topics/both/records", body={"records": [{"value": 1}]})
        self.assertEqual(published.status, 200)

    def test_the_host_rule_holds_for_both(self):
        answer = self.operators("GET", "/v1/config", headers={"Host": "evil.example.org"})
        self.assertEqual((answer.status, answer.json["code"]), (403, "host-not-allowed"))

    def test_it_is_drained_with_the_others(self):
        broker = type(self.broker)(*self.settings)
        self.addCleanup(broker.remove)
        broker.start()
        lines = map(json.loads, (broker.folder / "broker.log").read_text().splitlines())
        port = next(int(line["port"]) for line in lines if line["msg"] == "listening for operators")
        broker.call("PUT", "/v1/queues/work", {"visibility_timeout": "1h"})
        broker.call("POST", "/v1/queues/work/messages", {"value": 1})
        worker = broker.connect()  # whom the broker waits for meanwhile
        self.addCleanup(worker.close)
        receipt = broker.call("POST", "/v1/queues/work/receive", {}, connection=worker).json["messages"][0]["receipt"]
        broker.process.send_signal(signal.SIGTERM)
        while self.takes_connections(port):
            time.sleep(0.01)
        self.assertEqual(broker.call("POST", "/v1/queues/work/ack", {"receipts": [receipt]}, connection=worker).json["results"], ["acked"])
        self.assertEqual(broker.process.wait(30), 0)

    def takes_connections(self, port: int) -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return True
        except ConnectionRefusedError:
            return False


class OperatorsAddressWithKeys(Apart, SecureCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.admin = Key("admin", EVERYTHING)
        cls.reader = Key("reader", ("inspect topic:*",))
        cls.settings = ("http.admin_listen=127.0.0.1:0", f"auth.keys_file={KeyFile(cls.admin, cls.reader).path}")
        super().setUpClass()

    def test_keys_and_tls_are_asked_for_there_too(self):
        self.assertEqual(self.operators("GET", "/v1/config").status, 401)
        self.assertEqual(self.operators("GET", "/v1/config", headers=self.reader.headers).status, 403)
        self.assertEqual(self.operators("GET", "/v1/config", headers=self.admin.headers).status, 200)
        self.assertEqual(self.broker.call("GET", "/v1/config", headers=self.admin.headers).status, 404)
        plain = http.client.HTTPConnection("127.0.0.1", self.port_of("listening for operators"), timeout=SECONDS_MAX)
        plain.request("GET", "/livez")
        self.assertEqual(plain.getresponse().status, 400, "it speaks HTTPS")
        plain.close()

    def test_probes_need_none(self):
        self.assertEqual(self.operators("GET", "/readyz").status, 200)
        self.assertEqual(self.broker.call("GET", "/readyz").status, 200)


class EveryPlaceTaken(Apart, KeyedCase):
    more = ("http.admin_listen=127.0.0.1:0", "limits.connections=40")

    def test_an_operator_gets_in_when_one_key_has_taken_every_place(self):
        crowd = [self.broker.connect() for _ in range(60)]
        for connection in crowd:
            self.addCleanup(connection.close)
            try:
                self.broker.call("GET", "/v1/topics", headers=self.admin.headers, connection=connection)
            except OSError:
                pass
        self.assertEqual(self.broker.call("GET", "/v1/topics", headers=self.admin.headers).status, 503)
        page = self.operators("GET", "/v1/connections?limit=1000", headers=self.admin.headers)
        self.assertEqual(page.status, 200)
        self.assertGreaterEqual(len(page.json["items"]), 40)


class Start(unittest.TestCase):
    def test_others_are_not_let_in_without_keys(self):
        tried = subprocess.run([PROGRAM, "serve", "--memory", "--http", "127.0.0.1:0", "--set", "http.admin_listen=0.0.0.0:0"],
                               capture_output=True, text=True, timeout=30)
        self.assertEqual(tried.returncode, 2, tried)
        self.assertIn("http.admin_listen (0.0.0.0:0, --set http.admin_listen) is open to others", tried.stderr)


class PublicUrl(WireCase):
    settings = ("http.public_url=https://queues.example.org:8443/broker",)

    def sqs(self, action: str, body: dict, **headers) -> dict:
        return self.ask("POST", "/", body, headers={"X-Amz-Target": f"AmazonSQS.{action}", "Content-Type": "application/x-amz-json-1.0", **headers})

    def test_queue_urls_begin_with_it(self):
        made = "https://queues.example.org:8443/broker/000000000000/jobs"
        for host in ("localhost", "127.0.0.1:9324", "queues.example.org"):
            self.assertEqual(self.sqs("CreateQueue", {"QueueName": "jobs"}, Host=host)["QueueUrl"], made)
        self.assertEqual(self.sqs("ListQueues", {})["QueueUrls"], [made])
        self.sqs("SendMessage", {"QueueUrl": made, "MessageBody": "by that URL"})
        self.assertEqual(self.sqs("ReceiveMessage", {"QueueUrl": made})["Messages"][0]["Body"], "by that URL")
        self.call("GET", "/broker/000000000000/jobs?Action=GetQueueAttributes")

    def test_its_host_is_answered_to(self):
        for host in ("queues.example.org", "queues.example.org:8443", "QUEUES.example.org:80"):
            self.ask("GET", "/v1/topics", headers={"Host": host})
        self.refused("GET", "/v1/topics", headers={"Host": "example.org"}, status=403, code="host-not-allowed")


if __name__ == "__main__":
    unittest.main()
