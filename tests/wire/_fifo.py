"""What stories about FIFO queues share: bodies are "<group>-<message>", as "g1-m2"."""

import time

from wire import _aws

SECONDS_MAX = 20


class FifoCase(_aws.AwsCase):
    def fifo(self, suffix: str = "", **attributes) -> str:
        return self.queue(f"{suffix}.fifo", **{"FifoQueue": "true", "ContentBasedDeduplication": "true", **attributes})

    def send(self, url: str, *bodies: str, **more) -> list:
        return [self.sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=body.split("-")[0], **more)
                for body in bodies]

    def take(self, url: str, count: int, **more) -> dict:
        """Receipts by body, in the order received; only what is there at once."""
        return {message["Body"]: message["ReceiptHandle"]
                for message in self.receive(url, MaxNumberOfMessages=count, **more)}

    def delete(self, url: str, *receipts: str) -> None:
        for receipt in receipts:
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=receipt)

    def hide(self, url: str, receipt: str, seconds: int) -> None:
        self.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=seconds)

    def until_in_flight(self, url: str, count: int) -> None:
        deadline = time.monotonic() + SECONDS_MAX
        name = "ApproximateNumberOfMessagesNotVisible"
        while self.attributes(url, name)[name] != str(count):
            self.assertLess(time.monotonic(), deadline, self.attributes(url, "All"))
            time.sleep(0.02)
