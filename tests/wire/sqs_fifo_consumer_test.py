"""FIFO queues through the AWS SDK for JavaScript and sqs-consumer: two consumers, each group in its order."""

import json
import subprocess
import unittest

from wire._broker import WireCase
from wire._fetched import from_npm

STORY = """
const { Consumer } = require("sqs-consumer");
const sqs = require("@aws-sdk/client-sqs");
const sqsClient = () => new sqs.SQSClient({ region: "us-east-1", endpoint: process.env.ENDPOINT, maxAttempts: 1,
                                            credentials: { accessKeyId: "any", secretAccessKey: "any" } });
(async () => {
  const client = sqsClient();
  const { QueueUrl } = await client.send(new sqs.CreateQueueCommand({
    QueueName: "js.fifo", Attributes: { FifoQueue: "true", ContentBasedDeduplication: "true", VisibilityTimeout: "600" } }));
  const numbers = [];
  for (let n = 0; n < 10; n++) {
    const { Successful } = await client.send(new sqs.SendMessageBatchCommand({ QueueUrl,
      Entries: ["a", "b", "c"].map((group) => ({ Id: group, MessageBody: group + n, MessageGroupId: group })) }));
    numbers.push(...Successful.map((entry) => entry.SequenceNumber));
  }
  const handled = [];
  let failures = 3;
  const consumers = [1, 2].map(() => Consumer.create({ sqs: sqsClient(), queueUrl: QueueUrl, waitTimeSeconds: 5,
    suppressFifoWarning: true, terminateVisibilityTimeout: true, handleMessage: async (message) => {
      if (message.Body.endsWith("5") && failures-- > 0) throw new Error("not yet");
      handled.push(message.Body);
      return message;
    } }));
  for (const consumer of consumers) {
    consumer.on("error", (error) => { console.error(error); process.exit(1); });
    consumer.on("processing_error", () => {});
    consumer.on("message_processed", () => {
      if (handled.length < 30) return;
      console.log(JSON.stringify({ handled, numbers }));
      process.exit(0);
    });
    consumer.start();
  }
})().catch((error) => { console.error(error); process.exit(1); });
"""


class FifoConsumer(WireCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.env = from_npm("js", "@aws-sdk/client-sqs", "sqs-consumer")
        super().setUpClass()

    def test_each_group_in_its_order_and_every_message_once(self):
        env = {**self.env, "ENDPOINT": f"http://127.0.0.1:{self.broker.port}"}
        ran = subprocess.run(["node", "-e", STORY], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             timeout=60)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        told = json.loads(ran.stdout)
        for group in "abc":
            self.assertEqual([body for body in told["handled"] if body[0] == group], [f"{group}{n}" for n in range(10)])
        self.assertEqual(len(set(told["numbers"])), 30)
        self.assertEqual(told["numbers"], sorted(told["numbers"]))


if __name__ == "__main__":
    unittest.main()
