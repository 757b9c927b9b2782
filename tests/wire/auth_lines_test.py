"""What the operator reads of those who came in, those who did not, and those who managed something."""

import asyncio
import base64
import http.client
import json
import unittest
import urllib.parse

from wire._keys import KeyedCase
from wire._stream import JSON, websockets

SQS = "application/x-amz-json-1.0"


class Audited(KeyedCase):
    """Each story has a broker of its own: no more than ten lines a second of a kind are written."""

    def lines(self, **wanted) -> list[dict]:
        every = [json.loads(line) for line in self.log().splitlines() if '"comp":"auth"' in line]
        return [line for line in every if "action" in line and wanted.items() <= line.items()]

    async def over_a_websocket(self, narrow) -> None:
        url = f"ws://127.0.0.1:{self.broker.port}/v1/ws"
        async with websockets.connect(url, subprotocols=[JSON], extra_headers=narrow.headers) as stream:
            await stream.send(json.dumps({"type": "subscribe", "id": 1, "sub": 1, "topic": "made"}))
            while "forbidden" not in await asyncio.wait_for(stream.recv(), 10):
                pass
        async with websockets.connect(url, subprotocols=[JSON]) as stream:
            await stream.send(json.dumps({"type": "hello", "token": f"tk_over-ws_{'0' * 64}"}))
            with self.assertRaises(websockets.ConnectionClosed):
                while True:
                    await asyncio.wait_for(stream.recv(), 10)


class Where(Audited):
    # A stolen key and a crowd of guesses looked like anybody.
    def test_every_line_says_from_where(self):
        self.given("PUT", "/v1/topics/made", {})
        narrow = self.key("inspect topic:a")
        self.assertEqual(self.status(narrow, "DELETE", "/v1/topics/made"), 403)
        self.assertEqual(self.status(None, "DELETE", "/v1/topics/made"), 401)
        self.assertEqual(self.status(narrow, "GET", "/v1/topics", headers={"Twofold-Namespace": "blue"}), 403)
        self.broker.call("GET", "/v1/topics", None, {"Authorization": "Bearer x"})
        self.broker.call("POST", "/v1/commit", {"publish": [{"topic": "made", "records": [{"value": 1}]}]}, narrow.headers)
        asyncio.run(self.over_a_websocket(narrow))
        told = {(line["msg"], line["principal"], line["action"]) for line in self.lines(**{"from": "127.0.0.1"})}
        for wanted in (("done", "admin", "put_topic"), ("denied", narrow.id, "delete_topic"), ("denied", "nobody", "delete_topic"),
                       ("denied", narrow.id, "enter_namespace"), ("denied", "nobody", "authenticate"),
                       ("denied", narrow.id, "commit_together"), ("denied", narrow.id, "subscribe"), ("denied", "nobody", "hello")):
            self.assertIn(wanted, told)
        self.assertEqual([line for line in self.lines() if line.get("from") != "127.0.0.1"], [])


class Tried(Audited):
    # Which of the keys had leaked, or was still in use after its end, nobody could tell.
    def test_of_a_key_that_is_none_of_ours_the_id_is_told_and_never_the_secret(self):
        secret = "ab" * 32
        def basic(text: str) -> dict:
            return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}
        connection = http.client.HTTPConnection("127.0.0.1", self.broker.port, timeout=30)
        for headers in ({"Authorization": f"Bearer tk_revoked_{secret}"}, {"Authorization": f"Bearer tk_admin_{secret}"},
                        basic(f"by-basic:{secret}"), basic(f"tk_mistaken_{secret}:"), {"Authorization": f"Bearer tk_x_{secret[:-1]}"}):
            self.broker.call("GET", "/v1/topics", None, headers, connection)
        asyncio.run(self.over_a_websocket(self.key("inspect topic:a")))
        self.assertEqual({line.get("key") for line in self.lines(principal="nobody", action="authenticate")},
                         {"revoked", "admin", "by-basic", None})
        self.assertEqual({line.get("key") for line in self.lines(principal="nobody", action="hello")}, {"over-ws"})
        self.sign("AKIDGONE")
        self.sign(secret)
        told = [line.get("key") for line in self.lines(principal="nobody", action="authenticate")][-2:]
        self.assertEqual(told, ["AKIDGONE", None])
        for part in (secret, secret[:-1]):
            self.assertNotIn(part, self.log())
        connection.close()

    # Its lines would have read like those of strangers.
    def test_no_key_is_called_nobody(self):
        problem = self.call("POST", "/v1/keys", {"id": "nobody", "allow": ["consume *"]}, status=400, headers=self.admin.headers).json
        self.assertEqual(problem["param"], "id")
        self.assertIn("nobody", problem["detail"])

    def sign(self, id: str) -> None:
        from botocore import auth, awsrequest, credentials
        request = awsrequest.AWSRequest("POST", f"http://127.0.0.1:{self.broker.port}/", data=b"{}",
                                        headers={"Content-Type": SQS, "X-Amz-Target": "AmazonSQS.ListQueues"})
        auth.SigV4Auth(credentials.Credentials(id, "none of ours"), "sqs", "us-east-1").add_auth(request)
        self.assertGreaterEqual(self.broker.call("POST", "/", b"{}", dict(request.headers.items())).status, 400)


class Managed(Audited):
    def sqs(self, action: str, body: dict, status: int = 200) -> dict:
        answer = self.call("POST", "/", json.dumps(body).encode(), status=status,
                           headers={"X-Amz-Target": f"AmazonSQS.{action}", "Content-Type": SQS, **self.admin.headers})
        return json.loads(answer.body or b"{}")

    # All of them said "broker".
    def test_what_is_managed_is_named_whoever_asks_and_however(self):
        url = self.sqs("CreateQueue", {"QueueName": "jobs"})["QueueUrl"]
        self.sqs("SetQueueAttributes", {"QueueUrl": url, "Attributes": {"VisibilityTimeout": "5"}})
        self.sqs("PurgeQueue", {"QueueUrl": url})
        form = urllib.parse.urlencode({"Action": "DeleteQueue", "QueueUrl": url}).encode()
        self.call("POST", "/", form, headers={"Content-Type": "application/x-www-form-urlencoded", **self.admin.headers})
        self.call("POST", "/v1/keys", {"id": "reports", "allow": ["consume *"]}, status=201, headers=self.admin.headers)
        self.call("POST", "/v1/keys", {"id": "reports", "allow": ["consume *"]}, status=409, headers=self.admin.headers)
        self.call("DELETE", "/v1/keys/reports", headers=self.admin.headers)
        self.call("PUT", "/v1/namespaces/blue", status=201, headers=self.admin.headers)
        narrow = self.key("manage *")
        self.call("POST", "/v1/keys", {"id": "wider", "allow": ["publish *"]}, status=403, headers=narrow.headers)
        narrower = self.key("manage queue:x")
        self.call("DELETE", "/v1/keys/admin", status=403, headers=narrower.headers)
        told = [(line["msg"], line["action"], line["resource"]) for line in self.lines() if line["action"] != "list_keys"]
        self.assertEqual(told, [
            ("done", "CreateQueue", "queue:jobs"), ("done", "SetQueueAttributes", "queue:jobs"), ("done", "PurgeQueue", "queue:jobs"),
            ("done", "DeleteQueue", "queue:jobs"), ("done", "create_key", "key:reports"), ("failed", "create_key", "key:reports"),
            ("done", "revoke_key", "key:reports"), ("done", "put_namespace", "namespace:blue"),
            ("denied", "create_key", "key:wider"), ("denied", "revoke_key", "key:admin")])


if __name__ == "__main__":
    unittest.main()
