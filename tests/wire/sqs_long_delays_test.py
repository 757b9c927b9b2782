"""Delays longer than the 15 minutes of AWS, where the broker was told to take them."""

from wire._aws import AwsCase, main


class LongDelays(AwsCase):
    settings = ("sqs.delay_max=30d",)

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


if __name__ == "__main__":
    main()
