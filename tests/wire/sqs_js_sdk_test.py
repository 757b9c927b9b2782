"""The AWS SDK for JavaScript against a broker: it checks the MD5 of what it sends and receives, and dies
of an error without x-amzn-query-error. Fetched once by npm; skipped where there is none."""

import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from wire._broker import WireCase
from wire._fetched import from_npm

STORY = """
const sqs = require("@aws-sdk/client-sqs");
const credentials = { accessKeyId: "test", secretAccessKey: "test" };
const endpoint = process.env.ENDPOINT;
(async () => {
  const client = new sqs.SQSClient({ region: "us-east-1", endpoint, credentials, maxAttempts: 1 });
  const { QueueUrl } = await client.send(new sqs.CreateQueueCommand({ QueueName: "js" }));
  const body = "h\\u00e9 \\u{1F600} <&>";
  const sent = await client.send(new sqs.SendMessageCommand({ QueueUrl, MessageBody: body, MessageAttributes: {
    n: { DataType: "Number", StringValue: "7" }, b: { DataType: "Binary", BinaryValue: new Uint8Array([1, 2]) } } }));
  const batch = await client.send(new sqs.SendMessageBatchCommand({ QueueUrl, Entries: [
    { Id: "a", MessageBody: "second" }, { Id: "b", MessageBody: "\\u000b" }] }));
  const { Messages } = await client.send(new sqs.ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10,
    MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"] }));
  for (const message of Messages) {
    await client.send(new sqs.DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
  }
  const empty = await client.send(new sqs.ReceiveMessageCommand({ QueueUrl }));
  let fault;
  try {
    await client.send(new sqs.GetQueueUrlCommand({ QueueName: "none" }));
  } catch (error) {
    fault = { name: error.name, known: error instanceof sqs.QueueDoesNotExist, code: error.Code ?? error.Error?.Code };
  }
  console.log(JSON.stringify({ QueueUrl, sent, batch, fault, empty: empty.Messages ?? null,
    bodies: Messages.map((m) => m.Body), bytes: Array.from(Messages[0].MessageAttributes.b.BinaryValue) }));
  client.destroy();
})().catch((error) => { console.error(error); process.exit(1); });
"""


class JavaScript(WireCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.env = from_npm("js", "@aws-sdk/client-sqs")
        super().setUpClass()

    def test_a_story(self):
        env = {**self.env, "ENDPOINT": f"http://127.0.0.1:{self.broker.port}"}
        ran = subprocess.run(["node", "-e", STORY], env=env, capture_output=True, text=True, timeout=60)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        told = json.loads(ran.stdout)
        self.assertEqual(told["QueueUrl"], f"http://127.0.0.1:{self.broker.port}/000000000000/js")
        self.assertEqual(told["bodies"], ["h\u00e9 \U0001F600 <&>", "second"])
        self.assertEqual(told["bytes"], [1, 2])
        self.assertEqual([entry["Id"] for entry in told["batch"]["Successful"]], ["a"])
        self.assertEqual([entry["Code"] for entry in told["batch"]["Failed"]], ["InvalidMessageContents"])
        self.assertIsNone(told["empty"])
        self.assertTrue(told["fault"]["known"], told["fault"])


class JavaScriptSigned(JavaScript):
    """The same with every signature checked."""

    @classmethod
    def setUpClass(cls) -> None:
        keys = pathlib.Path(tempfile.mkdtemp(prefix="twofold-keys-")) / "keys"
        cls.addClassCleanup(shutil.rmtree, keys.parent)
        keys.write_text('[[key]]\nid = "test"\nsqs_secret = "test"\nallow = ["* *"]\n')
        cls.settings = (f"auth.keys_file={keys}",)
        super().setUpClass()

    def test_nobody_else_comes_in(self):
        self.call("POST", "/", b"Action=ListQueues", status=403)


if __name__ == "__main__":
    unittest.main()
