"""Namespaces: the same names twice, and nobody ever meets what is somebody else's."""

import asyncio
import json
import select
import subprocess
import time
import unittest

from wire._aws import AwsCase
from wire._broker import PROGRAM, READY_SECONDS_MAX
from wire._keys import KeyedCase
from wire._stream import JSON, Stream, websockets


class Namespaces(AwsCase, KeyedCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.red = cls.key("* *", namespace='"red"', sqs_secret="r" * 40)
        cls.blue = cls.key("* *", namespace='"blue"', sqs_secret="b" * 40)
        cls.home = cls.key("* topic:*", "* queue:*", "* group:*", sqs_secret="h" * 40)
        cls.wait_for("red", "blue")

    @classmethod
    def wait_for(cls, *names: str) -> None:
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not set(names) <= set(cls.names()):
            assert time.monotonic() < deadline, cls.names()

    @classmethod
    def names(cls) -> list:
        answer = cls.broker.call("GET", "/v1/namespaces", headers=cls.admin.headers)
        return [one["name"] for one in answer.json["items"]]

    def by(self, key, method: str, path: str, body=None, *, status: int = 200, **headers):
        return self.call(method, path, body, status=status, headers={**key.headers, **headers}).json

    def values(self, key, topic: str, **headers) -> list:
        page = self.by(key, "GET", f"/v1/topics/{topic}/records?from=earliest", **headers)
        return [record["value"] for record in page["records"]]

    def test_one_name_is_another_thing_in_each(self):
        for key in (self.red, self.blue, self.home):
            self.by(key, "PUT", "/v1/topics/orders", {}, status=201)
            self.by(key, "POST", "/v1/topics/orders/records", {"value": key.id})
        for key in (self.red, self.blue, self.home):
            self.assertEqual(self.values(key, "orders"), [key.id])
            self.assertEqual(self.by(key, "GET", "/v1/topics/orders")["name"], "orders")
        self.by(self.red, "DELETE", "/v1/topics/orders")
        self.by(self.red, "GET", "/v1/topics/orders", status=404)
        self.assertEqual(self.values(self.blue, "orders"), [self.blue.id])

    def test_lists_hints_and_explanations_name_nothing_of_the_others(self):
        self.by(self.red, "PUT", "/v1/queues/secret-plans", {}, status=201)
        self.by(self.red, "PUT", "/v1/topics/secret-topic", {}, status=201)
        for path in ("/v1/queues", "/v1/topics", "/v1/groups", "/v1/operations"):
            self.assertNotIn("secret", json.dumps(self.by(self.blue, "GET", path)), path)
        for path in ("/v1/queues/secret-plan", "/v1/topics/secret-topi", "/v1/queues/secret-plans/explain"):
            self.assertEqual(self.by(self.blue, "GET", path, status=404).get("hint", "").count("secret-plans"),
                             0 if "explain" not in path else 1, path)
        problem = self.by(self.blue, "PUT", "/v1/queues/follower", {"source": {"topic": "secret-topic"}}, status=404)
        self.assertNotIn("red", json.dumps(problem))

    def test_groups_receipts_and_keys_of_idempotency_are_apart(self):
        for key in (self.red, self.blue):
            self.by(key, "PUT", "/v1/topics/work", {}, status=201)
            self.by(key, "PUT", "/v1/queues/jobs", {}, status=201)
            again = {"Idempotency-Key": "the-same"}
            first = self.by(key, "POST", "/v1/topics/work/records", {"value": key.id}, **again)
            self.assertEqual(self.by(key, "POST", "/v1/topics/work/records", {"value": key.id}, **again), first)
            self.assertEqual(self.values(key, "work"), [key.id])
            self.by(key, "POST", "/v1/groups/readers/commit", {"offsets": {"work": {"0": 1}}})
            self.by(key, "POST", "/v1/queues/jobs/messages", {"text": key.id})
        self.by(self.red, "DELETE", "/v1/groups/readers")
        self.by(self.red, "GET", "/v1/groups/readers", status=404)
        self.assertEqual(self.by(self.blue, "GET", "/v1/groups/readers")["name"], "readers")
        receipt = self.by(self.red, "POST", "/v1/queues/jobs/receive", {})["messages"][0]["receipt"]
        foreign = self.broker.call("POST", "/v1/queues/jobs/ack", {"receipts": [receipt]}, headers=self.blue.headers)
        self.assertNotIn('"acked":true', foreign.body.decode())
        self.assertEqual(self.by(self.blue, "POST", "/v1/queues/jobs/receive", {})["messages"][0]["text"], self.blue.id)

    def test_a_key_of_a_namespace_has_no_say_over_the_broker_or_elsewhere(self):
        for method, path, body in (("GET", "/metrics", None), ("GET", "/v1/config", None), ("GET", "/v1/connections", None),
                                   ("GET", "/v1/log", None), ("GET", "/v1/storage/damage", None), ("GET", "/v1/keys", None), ("GET", "/v1/stats", None),
                                   ("GET", "/v1/namespaces", None), ("PUT", "/v1/namespaces/green", None),
                                   ("POST", "/v1/keys", {"id": "x", "allow": ["* *"]}), ("DELETE", "/v1/keys/admin", None)):
            self.by(self.red, method, path, body, status=403)
        for other in ("blue", "default", "nowhere"):
            problem = self.by(self.red, "GET", "/v1/topics", status=403, **{"Twofold-Namespace": other})
            self.assertIn("may not go to", problem["detail"])
        self.by(self.red, "GET", "/v1/topics", **{"Twofold-Namespace": "red"})
        self.by(self.home, "GET", "/v1/topics", status=403, **{"Twofold-Namespace": "red"})
        self.by(self.home, "GET", "/v1/topics", **{"Twofold-Namespace": "default"})

    def test_an_administrator_goes_where_the_field_says(self):
        there = {"Twofold-Namespace": "green"}
        problem = self.by(self.admin, "GET", "/v1/topics", status=404, **there)
        self.assertIn("PUT /v1/namespaces/green", problem["hint"])
        self.by(self.admin, "PUT", "/v1/namespaces/green", status=201)
        self.by(self.admin, "PUT", "/v1/namespaces/green", status=200)
        self.by(self.admin, "PUT", "/v1/namespaces/a%2Fb", status=400)
        self.by(self.admin, "PUT", "/v1/topics/visited", {}, status=201, **there)
        self.by(self.admin, "GET", "/v1/topics/visited", status=404)
        # On one connection each request is where it says, and the next one at home again.
        connection = self.broker.connect()
        for headers, status in ((there, 200), ({}, 404), (there, 200)):
            answer = self.broker.call("GET", "/v1/topics/visited", headers={**self.admin.headers, **headers}, connection=connection)
            self.assertEqual(answer.status, status)

    def test_sqs_clients_meet_only_their_own(self):
        clients = {}
        for key in (self.red, self.blue, self.home):
            clients[key.id] = self.client(key.id, secret=key.sqs_secret)
            url = clients[key.id].create_queue(QueueName="mail")["QueueUrl"]
            clients[key.id].send_message(QueueUrl=url, MessageBody=key.id)
        for id, client in clients.items():
            url = client.get_queue_url(QueueName="mail")["QueueUrl"]
            self.assertEqual([m["Body"] for m in client.receive_message(QueueUrl=url)["Messages"]], [id])
        self.assertEqual(self.by(self.red, "GET", "/v1/queues/mail")["messages"]["in_flight"], 1)

    def test_a_hello_brings_the_namespace_of_its_key_along(self):
        for key in (self.red, self.blue):
            self.by(key, "PUT", "/v1/topics/streamed", {}, status=201)
            self.by(key, "POST", "/v1/topics/streamed/records", {"value": key.id})
        asyncio.run(self.stream_as_each())

    async def stream_as_each(self):
        url = f"ws://127.0.0.1:{self.broker.port}/v1/ws"
        for key in (self.red, self.blue):
            for headers, hello in ((key.headers, {}), ({}, {"token": key.token})):
                async with websockets.connect(url, subprotocols=[JSON], extra_headers=headers) as connection:
                    stream = Stream(connection)
                    await stream.hello(**hello)
                    await stream.subscribe(topic="streamed", **{"from": "earliest"})
                    got = await stream.messages(1, but=("heartbeat", "caught_up"))
                    self.assertEqual({one["value"] for one in got}, {key.id})
                    await stream.say("publish", id=2, topic="streamed", records=[{"value": key.id}])
                    await stream.next("published", but=("heartbeat", "caught_up", "messages"))
            self.assertEqual(self.values(key, "streamed"), [key.id] * 3)
        await self.refused_hello(self.key("inspect topic:nothing", namespace='"blue"').headers, [{"token": self.red.token}])
        await self.refused_hello(self.key("inspect topic:nothing").headers, [{"token": self.red.token}, {}])
        async with websockets.connect(url, subprotocols=[JSON], extra_headers=self.red.headers) as connection:
            await Stream(connection).hello(token=self.red.token)
        there = {**self.admin.headers, "Twofold-Namespace": "red"}
        async with websockets.connect(url, subprotocols=[JSON], extra_headers=there) as connection:
            stream = Stream(connection)
            await stream.hello(token=self.admin.token)
            await stream.subscribe(topic="streamed", **{"from": "earliest"})
            self.assertEqual({one["value"] for one in await stream.messages(1)}, {self.red.id})

    async def refused_hello(self, headers: dict, hellos: list) -> None:
        """A key of elsewhere is refused, and lends nothing to the connection that it was refused on."""
        url = f"ws://127.0.0.1:{self.broker.port}/v1/ws"
        async with websockets.connect(url, subprotocols=[JSON], extra_headers=headers) as connection:
            try:
                for hello in hellos:
                    await connection.send(json.dumps({"type": "hello", **hello}))
                await connection.send(json.dumps({"type": "subscribe", "sub": 1, "topic": "streamed", "from": "earliest"}))
                frames = [json.loads(await asyncio.wait_for(connection.recv(), 5)) for _ in range(20)]
            except websockets.ConnectionClosed as closed:
                self.assertEqual(closed.code, 4401)
                return
            self.fail(f"the connection went on: {frames}")

    def test_all_of_it_is_there_after_a_kill_and_after_a_stop(self):
        for key in (self.red, self.blue):
            self.by(key, "PUT", "/v1/topics/kept", {}, status=201)
            self.by(key, "PUT", "/v1/queues/kept-work", {}, status=201)
            self.by(key, "POST", "/v1/queues/kept-work/messages", {"messages": [{"text": key.id}, {"text": "later"}]})
        held = self.by(self.red, "POST", "/v1/queues/kept-work/receive", {"visibility_timeout": "12h"})["messages"][0]["receipt"]
        for round, end in enumerate((self.broker.kill, self.broker.stop)):
            for key in (self.red, self.blue):
                self.by(key, "POST", "/v1/topics/kept/records", {"value": [key.id, round]})
            end()
            self.broker.start()
            for key in (self.red, self.blue):
                self.assertEqual(self.values(key, "kept"), [[key.id, n] for n in range(round + 1)])
        self.by(self.red, "POST", "/v1/queues/kept-work/ack", {"receipts": [held]})
        counts = {key.id: self.by(key, "GET", "/v1/queues/kept-work")["messages"] for key in (self.red, self.blue)}
        self.assertEqual((counts[self.red.id]["ready"], counts[self.blue.id]["ready"]), (1, 2))

    def command(self, *words: str, code: int = 0) -> str:
        done = subprocess.run([PROGRAM, *words, "-s", f"http://127.0.0.1:{self.broker.port}", "--token", self.admin.token],
                              capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout + done.stderr

    def test_the_command_line_goes_where_it_is_told(self):
        self.by(self.red, "PUT", "/v1/topics/typed", {}, status=201)
        self.command("produce", "typed", '"from the shell"', "--namespace", "red")
        self.assertIn("from the shell", json.dumps(self.by(self.red, "GET", "/v1/topics/typed/records?from=earliest")))
        self.assertIn("not found", self.command("consume", "typed", "-e", code=3))
        data = str(self.broker.folder / "data")
        stored = self.command("storage", "list", "--data", data, "-o", "jsonl", "--namespace", "red")
        self.assertIn('"name":"typed"', stored)
        self.assertIn("from the shell", self.command("storage", "dump", "typed", "--data", data, "--namespace", "red"))
        self.assertNotIn('"name":"typed"', self.command("storage", "list", "--data", data, "-o", "jsonl"))
        self.assertIn('"red"', stored.splitlines()[0])
        self.assertIn("has no namespace", self.command("storage", "list", "--data", data, "--namespace", "nowhere", code=3))

    def test_the_command_line_makes_namespaces_and_lists_what_each_has_stored(self):
        self.assertEqual(self.command("namespace", "create", "typed-a", "typed-b", "-o", "name").split(), ["typed-a", "typed-b"])
        self.command("namespace", "create", "typed-a")
        self.command("topic", "create", "t", "--namespace", "typed-a")
        self.command("produce", "t", '"%s"' % ("x" * 5000), "--namespace", "typed-a")
        stored = {one["name"]: one["stored_bytes"] for one in map(json.loads, self.command("namespace", "list", "-o", "jsonl").splitlines())}
        self.assertEqual(set(stored), set(self.names()))
        self.assertGreaterEqual(stored["typed-a"], 5000)
        self.assertLess(stored["typed-b"], 5000)
        self.assertIn("typed-b", self.command("namespace", "list"))
        self.assertIn("is no name for a namespace", self.command("namespace", "create", "x" * 65, code=2))

    def test_a_body_that_goes_on_stops_at_the_quota(self):
        small = self.key("* *", namespace='"lines"', stored_bytes=20_000)
        self.wait_for("lines")
        self.by(small, "PUT", "/v1/topics/box", {}, status=201)
        connection = self.broker.connect()
        connection.putrequest("POST", "/v1/topics/box/records")
        for name, value in {**small.headers, "Content-Type": "application/x-ndjson", "Transfer-Encoding": "chunked"}.items():
            connection.putheader(name, value)
        connection.endheaders()
        line = json.dumps({"value": "x" * 4000}).encode() + b"\n"
        deadline = time.monotonic() + READY_SECONDS_MAX
        try:
            while not select.select([connection.sock], [], [], 0.02)[0] or b"quota-exceeded" not in connection.sock.recv(1 << 20):
                self.assertLess(time.monotonic(), deadline)
                connection.send(b"%x\r\n%s\r\n" % (len(line), line))
        except OSError:
            pass  # it was closed
        stored = {one["name"]: one["stored_bytes"] for one in self.by(self.admin, "GET", "/v1/namespaces")["items"]}
        self.assertLess(stored["lines"], 50_000_000, "about a second of it")

    def test_metrics_tell_them_apart(self):
        for key in (self.red, self.home):
            self.by(key, "PUT", "/v1/queues/counted", {}, status=201)
        self.by(self.red, "POST", "/v1/queues/counted/messages", {"text": "x"})
        text = self.broker.call("GET", "/metrics", headers=self.admin.headers).body.decode()
        self.assertIn('twofold_queue_messages{queue="red/counted",state="ready"} 1', text)
        self.assertIn('twofold_queue_messages{queue="counted",state="ready"} 0', text)

    def test_a_new_key_brings_its_namespace_about(self):
        there = self.by(self.admin, "POST", "/v1/keys", {"id": "guest", "allow": ["* *"]}, status=201, **{"Twofold-Namespace": "violet"})
        self.assertEqual(there["namespace"], "violet", "where the administrator stands, unless it says another")
        self.by(self.admin, "DELETE", "/v1/keys/guest")
        made = self.by(self.admin, "POST", "/v1/keys", {"id": "painter", "allow": ["* *"], "namespace": "violet"}, status=201)
        headers = {"Authorization": f"Bearer {made['secret_token']}"}
        self.call("PUT", "/v1/topics/first", {}, status=201, headers=headers)
        self.assertIn("violet", self.names())
        self.assertEqual(made["namespace"], "violet")
        self.by(self.admin, "POST", "/v1/keys", {"id": "bad", "allow": ["* *"], "namespace": "a/b"}, status=400)
        self.by(self.admin, "DELETE", "/v1/keys/painter")

    def test_who_has_stored_enough_goes_on_consuming_only(self):
        small = self.key("* *", namespace='"small"', stored_bytes=20_000, sqs_secret="s" * 40)
        self.wait_for("small")
        self.by(small, "PUT", "/v1/queues/box", {}, status=201)
        deadline = time.monotonic() + READY_SECONDS_MAX
        sent = 0
        while True:
            answer = self.broker.call("POST", "/v1/queues/box/messages", {"text": "x" * 5000}, headers=small.headers)
            if answer.status != 200:
                break
            sent += 1
            self.assertLess(time.monotonic(), deadline)
        self.assertEqual((answer.status, answer.json["code"]), (429, "quota-exceeded"))
        self.assertGreaterEqual(sent, 4)
        with self.assertRaises(Exception) as refused:
            client = self.client(small.id, secret=small.sqs_secret)
            client.send_message(QueueUrl=client.get_queue_url(QueueName="box")["QueueUrl"], MessageBody="one more")
        self.assertIn("stored_bytes", str(refused.exception))
        self.by(small, "PUT", "/v1/queues/spare", {"dead_letter": "box"}, status=201)
        self.by(small, "PUT", "/v1/topics/lines", {}, status=201)
        self.by(small, "POST", "/v1/topics/lines/records", {"value": 1}, status=429)
        self.by(self.red, "PUT", "/v1/topics/elsewhere", {}, status=201)
        self.by(self.red, "POST", "/v1/topics/elsewhere/records", {"value": 1})
        while sent > 0:
            page = self.by(small, "POST", "/v1/queues/box/receive", {"max": 10})
            receipts = [message["receipt"] for message in page["messages"]]
            self.by(small, "POST", "/v1/queues/box/ack", {"receipts": receipts})
            sent -= len(receipts)
        while self.broker.call("POST", "/v1/queues/box/messages", {"text": "again"}, headers=small.headers).status != 200:
            self.assertLess(time.monotonic(), deadline + READY_SECONDS_MAX)


class Noted(KeyedCase):
    """With a log of its own: lines are limited, and other tests ask often."""

    def test_the_operator_reads_in_which_namespace_something_was_done(self):
        for name in ("red", "blue"):
            self.call("PUT", f"/v1/namespaces/{name}", headers=self.admin.headers, status=201)
        narrow = self.key("inspect topic:a", namespace='"red"')
        there = {"Twofold-Namespace": "blue"}
        self.call("PUT", "/v1/topics/noted", {}, headers=self.admin.headers, status=201)
        self.call("PUT", "/v1/topics/noted", {}, headers={**self.admin.headers, **there}, status=201)
        self.call("DELETE", "/v1/topics/noted", headers=narrow.headers, status=403)
        self.call("GET", "/v1/topics", headers={**narrow.headers, **there}, status=403)
        said = [(line["principal"], line["action"], line["msg"], line["namespace"]) for line in map(json.loads, self.log().splitlines())
                if line["comp"] == "auth" and "principal" in line]
        for line in (("admin", "put_topic", "done", "default"), ("admin", "put_topic", "done", "blue"),
                     (narrow.id, "delete_topic", "denied", "red"), (narrow.id, "enter_namespace", "denied", "blue")):
            self.assertIn(line, said)


class Limited(KeyedCase):
    more = ("limits.namespaces=1",)

    def test_there_are_no_more_than_were_allowed(self):
        self.call("PUT", "/v1/namespaces/one", status=201, headers=self.admin.headers)
        # "overloaded" had clients come back for ever.
        problem = self.call("PUT", "/v1/namespaces/two", status=429, headers=self.admin.headers).json
        self.assertEqual(problem["code"], "quota-exceeded")
        self.assertIn("limits.namespaces", problem["hint"])
        late = self.key("* *", namespace='"two"')
        refused = self.call("GET", "/v1/topics", status=503, headers=late.headers).json
        self.assertIn("two", refused["detail"])
        self.assertIn("their namespace cannot be made", self.log())
        before = self.file.path.read_bytes()
        self.call("POST", "/v1/keys", {"id": "more", "allow": ["* *"], "namespace": "three"}, status=429, headers=self.admin.headers)
        self.assertEqual(self.file.path.read_bytes(), before, "no key without its namespace")
        asyncio.run(self.say_hello_twice(late))

    async def say_hello_twice(self, key) -> None:
        async with websockets.connect(f"ws://127.0.0.1:{self.broker.port}/v1/ws", subprotocols=[JSON]) as connection:
            with self.assertRaises(websockets.ConnectionClosed):
                await connection.send(json.dumps({"type": "hello", "token": key.token}))
                await connection.send(json.dumps({"type": "hello"}))
                while "welcome" not in await asyncio.wait_for(connection.recv(), 5):
                    pass


if __name__ == "__main__":
    unittest.main()
