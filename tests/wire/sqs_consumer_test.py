"""sqs-consumer (npm) on a broker: heartbeats, batches, errors, and both ways to stop."""

import json
import subprocess
import unittest

from wire._broker import WireCase
from wire._fetched import from_npm

SECONDS_MAX = 60
PRELUDE = """
const { once } = require("node:events");
const { Consumer } = require("sqs-consumer");
const sqs = require("@aws-sdk/client-sqs");
const client = new sqs.SQSClient({ region: "us-east-1", endpoint: process.env.ENDPOINT, maxAttempts: 1,
                                   credentials: { accessKeyId: "any", secretAccessKey: "any" } });
const call = (name, input) => client.send(new sqs[name + "Command"](input));
const create = async (attributes) =>
  (await call("CreateQueue", { QueueName: process.env.QUEUE, Attributes: attributes })).QueueUrl;
const send = (queueUrl, body) => call("SendMessage", { QueueUrl: queueUrl, MessageBody: body });
const receive = async (queueUrl, seconds) =>
  ((await call("ReceiveMessage", { QueueUrl: queueUrl, WaitTimeSeconds: seconds })).Messages ?? []).map((m) => m.Body);
const started = (options) => {
  const consumer = Consumer.create({ sqs: client, waitTimeSeconds: 5, ...options });
  consumer.on("error", (error) => { console.error(error); process.exit(1); });
  consumer.start();
  return consumer;
};
const tell = (told) => { console.log(JSON.stringify(told)); process.exit(0); };
(async () => {
"""
END = "})().catch((error) => { console.error(error); process.exit(1); });"


class SqsConsumer(WireCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.env = from_npm("js", "@aws-sdk/client-sqs", "sqs-consumer")
        super().setUpClass()

    def story(self, program: str) -> dict:
        self.queue = self.id().rsplit(".", 1)[1]
        env = {**self.env, "ENDPOINT": f"http://127.0.0.1:{self.broker.port}", "QUEUE": self.queue}
        ran = subprocess.run(["node", "-e", PRELUDE + program + END], env=env, stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, timeout=SECONDS_MAX)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return json.loads(ran.stdout)

    def left(self) -> int:
        return sum(self.ask("GET", f"/v1/queues/{self.queue}")["messages"].values())

    def test_a_heartbeat_keeps_a_message_longer_than_its_visibility_timeout(self):
        told = self.story("""
          const queueUrl = await create({ VisibilityTimeout: "2" });
          await send(queueUrl, "slow");
          let others;
          const consumer = started({ queueUrl, visibilityTimeout: 2, heartbeatInterval: 1, handleMessage: async (m) => {
            others = await receive(queueUrl, 4);
            await new Promise((done) => setTimeout(done, 500));  // it ends between two heartbeats
            return m;
          } });
          const [message] = await once(consumer, "message_processed");
          consumer.stop();
          tell({ others, body: message.Body });
        """)
        self.assertEqual(told, {"others": [], "body": "slow"})
        self.assertEqual(self.left(), 0)

    def test_batches(self):
        told = self.story("""
          const queueUrl = await create({});
          for (let n = 0; n < 25; n++) await send(queueUrl, String(n));
          const batches = [];
          const consumer = started({ queueUrl, batchSize: 10, handleMessageBatch: async (messages) => {
            batches.push(messages.map((m) => Number(m.Body)));
            return messages;
          } });
          while (batches.flat().length < 25) await once(consumer, "response_processed");
          consumer.stop();
          tell(batches);
        """)
        self.assertEqual([len(batch) for batch in told], [10, 10, 5])
        self.assertEqual(sum(told, []), list(range(25)))
        self.assertEqual(self.left(), 0)

    def test_a_message_whose_handler_fails_comes_again_at_once(self):
        told = self.story("""
          const queueUrl = await create({ VisibilityTimeout: "600" });
          await send(queueUrl, "unlucky");
          const counts = [];
          const consumer = started({ queueUrl, terminateVisibilityTimeout: true,
            messageSystemAttributeNames: ["ApproximateReceiveCount"], handleMessage: async (m) => {
              counts.push(m.Attributes.ApproximateReceiveCount);
              if (counts.length < 3) throw new Error("not yet");
              return m;
            } });
          consumer.on("processing_error", () => {});
          await once(consumer, "message_processed");
          consumer.stop();
          tell(counts);
        """)
        self.assertEqual(told, ["1", "2", "3"])
        self.assertEqual(self.left(), 0)

    def test_a_graceful_stop_finishes_what_it_has(self):
        told = self.story("""
          const queueUrl = await create({});
          await send(queueUrl, "in hand");
          const consumer = started({ queueUrl, pollingCompleteWaitTimeMs: 30000, handleMessage: async (m) => {
            consumer.stop();
            await send(queueUrl, "afterwards");
            return m;
          } });
          await once(consumer, "stopped");
          tell(await receive(queueUrl, 5));
        """)
        self.assertEqual(told, ["afterwards"])
        self.assertEqual(self.left(), 1)

    def test_a_poll_that_is_aborted_at_any_moment_swallows_nothing(self):
        told = self.story("""
          const queueUrl = await create({ VisibilityTimeout: "600" });
          const told = [];
          for (let moment = 0; moment < 20; moment++) {
            const consumer = Consumer.create({ sqs: client, queueUrl, waitTimeSeconds: 20, handleMessage: async () => {} });
            consumer.on("error", () => {});  // the abort is reported as one
            consumer.start();
            await new Promise((resolve) => setTimeout(resolve, moment * 5));
            consumer.stop({ abort: true });
            await send(queueUrl, String(moment));
            told.push(...await receive(queueUrl, 5));
          }
          tell(told);
        """)
        self.assertEqual(told, [str(moment) for moment in range(20)])


if __name__ == "__main__":
    unittest.main()
