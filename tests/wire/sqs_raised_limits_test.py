"""Delays, timeouts and batches larger than those of AWS, where the broker was told to take them."""

from wire._aws import AwsCase, main


class RaisedLimits(AwsCase):
    settings = ("sqs.delay_max=30d", "sqs.visibility_max=7d", "sqs.batch_max=1000")

    def counters(self, url: str) -> tuple[str, str]:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
        got = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return got[names[0]], got[names[1]]

    def test_a_message_waits_for_a_month(self):
        url = self.queue()
        self.sqs.send_message(QueueUrl=url, MessageBody="in a month", DelaySeconds=30 * 86400)
        self.assertEqual(self.counters(url), ("0", "1"))
        self.assertNotIn("Messages", self.sqs.receive_message(QueueUrl=url))
        with self.assertRaises(self.sqs.exceptions.ClientError) as refused:
            self.sqs.send_message(QueueUrl=url, MessageBody="later still", DelaySeconds=30 * 86400 + 1)
        self.assertIn("DelaySeconds must be >= 0 and <= 2592000.", str(refused.exception))

    def test_a_queue_delays_for_an_hour(self):
        url = self.queue(DelaySeconds="3600")
        self.sqs.send_message(QueueUrl=url, MessageBody="in an hour")
        self.assertEqual(self.counters(url), ("0", "1"))

    def test_work_may_take_a_week(self):
        url = self.queue(VisibilityTimeout="604800")
        self.sqs.send_message(QueueUrl=url, MessageBody="x")
        [message] = self.receive(url, VisibilityTimeout=600_000)
        change = self.sqs.change_message_visibility
        change(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=100_000)
        error = self.refused("InvalidParameterValue", 400, change, QueueUrl=url, ReceiptHandle=message["ReceiptHandle"],
                             VisibilityTimeout=604_801)
        self.assertIn("Must be between 0 and 604800.", error["Message"])

    def test_a_thousand_at_once(self):
        url = self.queue()
        entries = [{"Id": f"n{n}", "MessageBody": str(n)} for n in range(1_000)]
        self.assertEqual(len(self.sqs.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]), 1_000)
        messages = self.receive(url, MaxNumberOfMessages=1_000)
        self.assertEqual(len(messages), 1_000)
        gone = self.sqs.delete_message_batch(QueueUrl=url, Entries=[
            {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(messages)])
        self.assertEqual(len(gone["Successful"]), 1_000)
        self.refused("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", 400, self.sqs.send_message_batch, QueueUrl=url,
                     Entries=entries + [{"Id": "more", "MessageBody": "x"}])


if __name__ == "__main__":
    main()
