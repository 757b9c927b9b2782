"""Every route, action and frame, with no key, with every key but the right one, and with exactly that one.

The routes come from /openapi.json, the actions and frames from their tables: who adds one says here what
it takes, or this fails.
"""

import json
import os
import pathlib
import re
import unittest

from wire._keys import KeyedCase
from wire._stream import StreamCase

SOURCE = pathlib.Path(os.environ.get("TWOFOLD_SOURCE_DIR", "."))
PERMISSIONS = ("publish", "consume", "manage", "inspect")
KINDS = ("topic", "queue", "group")
NAMES = {"topic": "orders", "queue": "kitchen", "group": "reports"}

ATTACHED = {"source": {"topic": "orders"}}
COMMIT = {"publish": [{"topic": "orders", "records": [{"value": 1}]}, {"queue": "kitchen", "messages": [{"value": 1}]}],
          "ack": [{"queue": "pantry", "receipts": ["r1.x"]}],
          "offsets": [{"group": "reports", "offsets": {"other": {"0": 0}}}]}
COMMIT_NEEDS = ("publish topic:orders", "publish queue:kitchen", "consume queue:pantry", "consume group:reports",
                "consume topic:other")

# What names its things in the query or the body, or touches more than its path says: each with all that it takes.
NAMED = [
    ("commit_together", "POST", "/v1/commit", COMMIT, COMMIT_NEEDS),
    ("put_queue", "PUT", "/v1/queues/attached?dry_run=true", ATTACHED, ("manage queue:attached", "consume topic:orders")),
    ("put_queue", "PUT", "/v1/queues/fresh?dry_run=true", {"dead_letter": "pantry", "max_receives": 3},
     ("manage queue:fresh", "publish queue:pantry")),
    ("patch_queue", "PATCH", "/v1/queues/kitchen", {"dead_letter": "pantry", "max_receives": 3},
     ("manage queue:kitchen", "publish queue:pantry")),
    ("poll", "POST", "/v1/groups/reports/poll", {"topics": ["orders", "other"]},
     ("consume group:reports", "consume topic:orders", "consume topic:other")),
    ("commit", "POST", "/v1/groups/reports/commit", {"offsets": {"orders": {"0": 0}}},
     ("consume group:reports", "consume topic:orders")),
    ("seek", "POST", "/v1/groups/reports/seek", {"topic": "orders", "to": "earliest"},
     ("consume group:reports", "consume topic:orders")),
    ("seek", "POST", "/v1/groups/reports/seek", {"topic": "orders", "to": {"group": "other"}},
     ("consume group:reports", "consume topic:orders", "inspect group:other")),
    ("move", "POST", "/v1/queues/kitchen/move", {"destination": "pantry", "dry_run": True},
     ("manage queue:kitchen", "publish queue:pantry")),
    ("move", "POST", "/v1/queues/kitchen/move", {"dry_run": True}, ("manage queue:kitchen", "publish queue:*")),
    ("move_message", "POST", "/v1/queues/kitchen/messages/0-0/move", {"destination": "pantry"},
     ("manage queue:kitchen", "publish queue:pantry")),
    ("replay", "POST", "/v1/queues/attached/replay", {"dry_run": True}, ("manage queue:attached", "consume topic:orders")),
    ("redrive", "POST", "/v1/queues/attached/redrive", {"dry_run": True}, ("manage queue:attached", "consume topic:orders")),
    ("inspect", "GET", "/v1/inspect?topic=orders&queue=kitchen&group=reports", None,
     ("inspect topic:orders", "consume topic:orders", "inspect queue:kitchen", "inspect group:reports")),
]
UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
           "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg=="}

ARN = "arn:aws:sqs:us-east-1:000000000000:"
MOVE = {"SourceArn": ARN + "pantry", "DestinationArn": ARN + "kitchen"}
# Of each action of SQS: its parameters, and what it takes.
ACTIONS = {
    "AddPermission": ({"Label": "x", "AWSAccountIds": ["111122223333"], "Actions": ["*"]}, ("manage queue:kitchen",)),
    "CancelMessageMoveTask": ({"TaskHandle": "eyJ0YXNrSWQiOiJ4Iiwic291cmNlQXJuIjoiYXJuOmF3czpzcXM6dXMtZWFzdC0xOjAwMDAwMDAwMDAwMDpraXRjaGVuIn0="},
                              ("manage queue:kitchen",)),
    "ChangeMessageVisibility": ({"ReceiptHandle": "x", "VisibilityTimeout": 1}, ("consume queue:kitchen",)),
    "ChangeMessageVisibilityBatch": ({"Entries": [{"Id": "1", "ReceiptHandle": "x", "VisibilityTimeout": 1}]},
                                     ("consume queue:kitchen",)),
    "CreateQueue": ({"QueueName": "made", "Attributes": {"RedrivePolicy": json.dumps(
        {"deadLetterTargetArn": ARN + "pantry", "maxReceiveCount": 3})}}, ("manage queue:made", "publish queue:pantry")),
    "DeleteMessage": ({"ReceiptHandle": "x"}, ("consume queue:kitchen",)),
    "DeleteMessageBatch": ({"Entries": [{"Id": "1", "ReceiptHandle": "x"}]}, ("consume queue:kitchen",)),
    "DeleteQueue": ({"QueueUrl": "http://localhost/000000000000/gone"}, ("manage queue:gone",)),
    "GetQueueAttributes": ({"AttributeNames": ["All"]}, ("inspect queue:kitchen",)),
    "GetQueueUrl": ({"QueueName": "kitchen"}, ("inspect queue:kitchen",)),
    "ListDeadLetterSourceQueues": ({}, ("inspect queue:kitchen",)),
    "ListMessageMoveTasks": ({"SourceArn": ARN + "kitchen"}, ("inspect queue:kitchen",)),
    "ListQueueTags": ({}, ("inspect queue:kitchen",)),
    "PurgeQueue": ({}, ("manage queue:kitchen",)),
    "ReceiveMessage": ({}, ("consume queue:kitchen",)),
    "RemovePermission": ({"Label": "y"}, ("manage queue:kitchen",)),
    "SendMessage": ({"MessageBody": "x"}, ("publish queue:kitchen",)),
    "SendMessageBatch": ({"Entries": [{"Id": "1", "MessageBody": "x"}]}, ("publish queue:kitchen",)),
    "SetQueueAttributes": ({"Attributes": {"RedrivePolicy": json.dumps(
        {"deadLetterTargetArn": ARN + "pantry", "maxReceiveCount": 3})}}, ("manage queue:kitchen", "publish queue:pantry")),
    "StartMessageMoveTask": (MOVE, ("manage queue:pantry", "publish queue:kitchen")),
    "TagQueue": ({"Tags": {"a": "b"}}, ("manage queue:kitchen",)),
    "UntagQueue": ({"TagKeys": ["a"]}, ("manage queue:kitchen",)),
}

# Of each frame: what it says, and what it takes. Frames about a subscription need no more than that did.
FRAMES = {
    "publish": [({"topic": "orders", "records": [{"value": 1}]}, ("publish topic:orders",)),
                ({"queue": "kitchen", "records": [{"value": 1}]}, ("publish queue:kitchen",))],
    "subscribe": [({"sub": 1, "topic": "orders"}, ("consume topic:orders",)),
                  ({"sub": 1, "queue": "kitchen"}, ("consume queue:kitchen",)),
                  ({"sub": 1, "topic": "orders", "group": "reports"}, ("consume topic:orders", "consume group:reports"))],
    "transact": [(COMMIT, COMMIT_NEEDS)],
}
NEED_NOTHING = {"hello", "ping", "credit", "ack", "nack", "extend", "commit", "seek", "unsubscribe"}


def all_but(grant: str) -> list:
    """Every permission for everything, but this one for this name; and for names that are like it."""
    permission, thing = grant.split(" ")
    if thing == "*":
        return [f"{one} *" for one in PERMISSIONS if one != permission] + [f"{permission} {kind}:*" for kind in KINDS]
    kind, name = thing.split(":")
    others = [f"{one} *" for one in PERMISSIONS if one != permission]
    others += [f"{permission} {one}:*" for one in KINDS if one != kind]
    if name == "*":  # many names, not all
        return others + [f"{permission} {kind}:{letter}*" for letter in "abcdefghijklmnopqrstuvwxyz"]
    like = [name + "2", name[:-1], name.upper(), "." + name]
    return others + [f"{permission} {kind}:{one}" for one in like] + [f"{permission} {kind}:{name}.*"]


class Matrix(KeyedCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        for path in ("/v1/topics/orders", "/v1/topics/other", "/v1/queues/kitchen", "/v1/queues/pantry"):
            assert cls.broker.call("PUT", path, {}, cls.admin.headers).status == 201
        assert cls.broker.call("PUT", "/v1/queues/attached", ATTACHED, cls.admin.headers).status == 201

    def check(self, what: str, needs, ask) -> None:
        """`ask(key)` is refused without any of the needs, and is not when they are all there."""
        self.assertEqual(ask(None), "unknown", what)
        for missing in needs:
            self.assertEqual(ask(self.key(*all_but(missing))), "denied", f"{what} without {missing}")
        self.assertEqual(ask(self.key(*needs)), "allowed", f"{what} with {needs}")

    def asking(self, method: str, path: str, body=None, headers=None):
        def ask(key):
            status = self.status(key, method, path, body, headers)
            return {401: "unknown", 403: "denied"}.get(status, "allowed")
        return ask

    def test_every_route_asks_for_what_it_says(self):
        paths = self.ask("GET", "/openapi.json")["paths"]
        seen = 0
        for path, operations in paths.items():
            for method, operation in operations.items():
                permission, scope = operation["x-twofold-permission"], operation["x-twofold-scope"]
                target = re.sub(r"\{(\w+)\}", lambda m: NAMES.get(m[1], "0-0" if m[1] == "id" else "0"), path)
                ask = self.asking(method.upper(), target, {} if "requestBody" in operation else None)
                name = operation["operationId"]
                with self.subTest(name):
                    if scope == "nothing":
                        self.assertEqual(ask(None), "allowed")
                        self.assertEqual(permission, "nothing")
                    elif scope == "named":
                        self.assertEqual(ask(None), "allowed" if permission == "nothing" else "unknown")
                    elif scope == "caller":
                        self.assertEqual(ask(None), "unknown")
                        self.assertEqual(ask(self.key("inspect topic:nothing")), "allowed")
                    elif scope == "list":
                        self.assertEqual(ask(None), "unknown")
                        self.assertEqual(ask(self.key(*[f"{one} *" for one in PERMISSIONS if one != permission])), "denied")
                        self.assertEqual(ask(self.key(f"{permission} topic:orders")), "allowed")
                    else:
                        thing = "*" if scope == "broker" else f"{scope}:{NAMES[scope]}"
                        if name in {one[0] for one in NAMED}:  # its body names more
                            self.assertEqual(ask(None), "unknown")
                            self.assertEqual(ask(self.key(*all_but(f"{permission} {thing}"))), "denied")
                        else:
                            self.check(name, (f"{permission} {thing}",), ask)
                seen += 1
        self.assertGreater(seen, 60)
        named = {operation["operationId"] for operations in paths.values() for operation in operations.values()
                 if operation["x-twofold-scope"] == "named"}
        # A stream's frames have a matrix of their own, and an operation knows its queue.
        self.assertEqual(named - {one[0] for one in NAMED}, {"stream", "cancel_operation"})

    def test_what_a_body_names_is_asked_for_too(self):
        for name, method, path, body, needs in NAMED:
            with self.subTest(f"{name} {body}"):
                self.check(name, needs, self.asking(method, path, body, UPGRADE if name == "inspect" else None))

    def test_an_operation_belongs_to_its_queue(self):
        for number in range(3):
            self.given("POST", "/v1/queues/kitchen/messages", {"value": number})
        started = self.call("POST", "/v1/queues/kitchen/move", {"destination": "pantry", "rate": 1}, status=202,
                            headers=self.admin.headers).json
        href = started["href"]
        other = self.key("* queue:pantry")
        self.assertEqual(self.status(other, "GET", href), 404)
        self.assertEqual(self.call("GET", "/v1/operations", headers=other.headers).json["items"], [])
        self.assertEqual(self.status(self.key("inspect queue:kitchen"), "GET", href), 200)
        self.check("cancel_operation", ("manage queue:kitchen",), self.asking("DELETE", href))

    def test_every_action_of_sqs(self):
        table = (SOURCE / "http/sqs/action_table.cc").read_text()
        self.assertEqual(set(re.findall(r'^    \{"(\w+)", "', table, re.M)), set(ACTIONS) | {"ListQueues"})
        self.given("PUT", "/v1/queues/gone", {})
        self.given("PATCH", "/v1/queues/kitchen", {"dead_letter": "pantry", "max_receives": 3})
        for action, (parameters, needs) in ACTIONS.items():
            def ask(key, action=action, parameters=parameters):
                body = {"QueueUrl": "http://localhost/000000000000/kitchen", **parameters}
                if action in ("CreateQueue", "GetQueueUrl", "ListQueues") or "Task" in action:
                    del body["QueueUrl"]
                answer = self.broker.call("POST", "/", json.dumps(body).encode(), {
                    "X-Amz-Target": f"AmazonSQS.{action}", "Content-Type": "application/x-amz-json-1.0",
                    **(key.headers if key else {})})
                if answer.status != 403:
                    return "allowed"
                return "unknown" if key is None else "denied"
            with self.subTest(action):
                self.check(action, needs, ask)


    def test_a_list_of_sqs_shows_what_may_be_seen(self):
        def listed(key):
            answer = self.broker.call("POST", "/", b"{}", {"X-Amz-Target": "AmazonSQS.ListQueues", **key.headers,
                                                           "Content-Type": "application/x-amz-json-1.0"})
            urls = answer.json.get("QueueUrls", []) if answer.status == 200 else []
            return answer.status, [url.rsplit("/", 1)[1] for url in urls]
        self.assertEqual(listed(self.key("inspect queue:pantry", "inspect queue:nothing")), (200, ["pantry"]))
        self.assertEqual(listed(self.key("* topic:orders"))[1], [])
        self.assertEqual(listed(self.key("publish *", "consume *", "manage *"))[0], 403)


class Frames(KeyedCase, StreamCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        for path in ("/v1/topics/orders", "/v1/topics/other", "/v1/queues/kitchen", "/v1/queues/pantry"):
            assert cls.broker.call("PUT", path, {}, cls.admin.headers).status == 201

    async def said(self, key, type: str, members: dict) -> str:
        stream = await self.connect()
        await stream.hello(token=key.token)
        await stream.say(type, id=1, **members)
        frame = await stream.next("error", "published", "subscribed", "committed")
        await stream.connection.close()
        code = frame.get("problem", {}).get("code", "")
        return "denied" if code == "forbidden" else "allowed"

    async def test_every_frame(self):
        table = (SOURCE / "http/ws/client_json.cc").read_text()
        types = re.search(r"kShapes\[\] = \{(.*?)\};", table, re.S)[1]
        self.assertEqual(set(re.findall(r'"(\w+)"', types)), NEED_NOTHING | set(FRAMES))
        for type, cases in FRAMES.items():
            for members, needs in cases:
                for missing in needs:
                    got = await self.said(self.key(*all_but(missing)), type, members)
                    self.assertEqual(got, "denied", f"{type} {members} without {missing}")
                self.assertEqual(await self.said(self.key(*needs), type, members), "allowed", f"{type} with {needs}")


if __name__ == "__main__":
    unittest.main()
