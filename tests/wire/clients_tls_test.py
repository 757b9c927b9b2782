#!/usr/bin/env python3
"""Our clients, a plain WebSocket and boto3 over TLS: each believes who signed the broker's certificate, and nobody else."""

import asyncio
import ssl
import subprocess
import unittest

from wire import _aws
from wire._broker import PROGRAM
from wire._fetched import from_npm
from wire._js_story import Story
from wire._python_client import import_client
from wire._tls import Authority, SecureCase

twofold = import_client(">=15")
import websockets

BOTO3 = """
import boto3, botocore.exceptions, json, sys
url, ca, wrong = sys.argv[1:]
def client(verify):
    return boto3.client("sqs", endpoint_url=url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b", verify=verify)
sqs = client(ca)
queue = sqs.create_queue(QueueName="over-tls")["QueueUrl"]
sqs.send_message(QueueUrl=queue, MessageBody="hello")
[message] = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
try:
    client(wrong).list_queues()
    refused = False
except botocore.exceptions.SSLError:
    refused = True
print(json.dumps([queue.split(":")[0], message["Body"], refused]))
"""


class ClientsOverTls(SecureCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.url = f"https://localhost:{cls.broker.port}"
        cls.other = Authority(cls.broker.folder / "other", "Another CA")

    def test_the_python_client(self):
        self.ask("PUT", "/v1/topics/python", {}, status=201)

        async def there_and_back():
            async with twofold.connect(self.url, ssl=self.broker.client) as client, client.subscribe(topic="python") as records:
                await client.publish("python", [{"value": n} for n in range(100)])
                async with asyncio.timeout(30):
                    return [(await anext(records)).value for _ in range(100)]
        self.assertEqual(asyncio.run(there_and_back()), list(range(100)))

    def test_the_javascript_client(self):
        self.ask("PUT", "/v1/topics/arrives", {}, status=201)
        env = {**from_npm("ws", "ws"), "NODE_EXTRA_CA_CERTS": str(self.broker.authority.file)}
        told = Story(self, "publish_and_subscribe", env=env, url=self.url).says()
        self.assertEqual(told["placed"], ["0-0", "0-1", "0-2", "0-3"])
        self.assertEqual(len(told["arrived"]), 4)

    # "not ready", it said, and nothing else.
    def test_the_command_line_over_plain_http_is_told_to_use_https(self):
        plain = self.url.replace("https", "http")
        for words, code in ((("health",), 1), (("queue", "list"), 5)):
            done = subprocess.run([PROGRAM, *words, "-s", plain], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, code, done)
            self.assertIn(f"{plain} speaks TLS", done.stderr)
            self.assertIn("https://", done.stderr)
        self.assertNotIn("not ready", done.stdout)

    def test_a_plain_websocket(self):
        self.ask("PUT", "/v1/queues/plain", {}, status=201)
        self.ask("POST", "/v1/queues/plain/messages", {"text": "x" * 500_000})  # many records of TLS

        async def first():
            url = self.url.replace("https", "wss") + "/v1/queues/plain/stream"
            async with websockets.connect(url, ssl=self.broker.client, max_size=None) as stream:
                while True:
                    text = await asyncio.wait_for(stream.recv(), 30)
                    if '"messages"' in text and '"receipt"' in text:
                        return len(text)

        async def refused():
            async with websockets.connect(self.url.replace("https", "wss") + "/v1/ws",
                                          ssl=ssl.create_default_context(cafile=str(self.other.file))):
                pass
        self.assertGreater(asyncio.run(first()), 500_000)
        with self.assertRaises(ssl.SSLCertVerificationError):
            asyncio.run(refused())

    def test_boto3(self):
        found = _aws.find_client("json")
        if not found:
            self.skipTest("no boto3 that speaks JSON here, and none to fetch")
        python, folder = found
        run = subprocess.run([python, "-c", BOTO3, self.url, str(self.broker.authority.file), str(self.other.file)],
                             env=_aws.environment(folder), capture_output=True, text=True, timeout=60)
        self.assertEqual(run.stdout.strip(), '["https", "hello", true]', run.stderr[-2000:])


if __name__ == "__main__":
    unittest.main()
