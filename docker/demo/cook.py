"""Works off the queue `kitchen` as an application of Amazon SQS does: boto3, with the address of the endpoint changed.

A dish that burns is not deleted: it comes back after its visibility timeout, and after three tries it is a dead letter.
"""

import json
import os
import signal
import time

import boto3
import botocore.exceptions

NAME = os.environ.get("COOK", "python")
WORK_SECONDS = float(os.environ.get("WORK_SECONDS", "1"))


class Stop:
    """Ends the loop between two messages."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.ask)

    def ask(self, *_) -> None:
        self.asked = True


def cook(sqs, url: str, message: dict) -> None:
    order = json.loads(message["Body"])
    time.sleep(WORK_SECONDS)
    if order.get("burns"):
        print(f"{NAME}: order {order['number']} burns", flush=True)
        return
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    print(f"{NAME}: order {order['number']} {order['dish']} is done", flush=True)


def main() -> None:
    stop = Stop()
    sqs = boto3.client("sqs", endpoint_url=os.environ.get("TWOFOLD_URL", "http://localhost:8080"),
                       region_name="us-east-1", aws_access_key_id="demo", aws_secret_access_key="demo")
    while not stop.asked:
        try:
            url = sqs.get_queue_url(QueueName="kitchen")["QueueUrl"]
            while not stop.asked:
                received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1, WaitTimeSeconds=5)
                for message in received.get("Messages", []):
                    cook(sqs, url, message)
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as failed:
            print(f"{NAME}: {failed}; again", flush=True)
            time.sleep(1)


if __name__ == "__main__":
    main()
