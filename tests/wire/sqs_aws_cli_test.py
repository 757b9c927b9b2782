"""The aws command line against a broker: Debian's, which speaks Query, else whichever there is."""

import json
import os
import shutil
import subprocess
import unittest

from wire._broker import WireCase
from wire._installed import lacking

SECONDS_MAX = 60
AWS = "/usr/bin/aws" if os.path.exists("/usr/bin/aws") else shutil.which("aws")


class AwsCli(WireCase):
    @classmethod
    def setUpClass(cls) -> None:
        if not AWS:
            raise lacking("aws")
        super().setUpClass()

    def run_aws(self, *words: str) -> subprocess.CompletedProcess:
        env = {"PATH": os.environ["PATH"], "HOME": str(self.broker.folder), "AWS_PAGER": "", "LC_ALL": "C.UTF-8",
               "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_DEFAULT_REGION": "eu-west-1"}
        command = [AWS, "--endpoint-url", f"http://127.0.0.1:{self.broker.port}", "--output", "json", "sqs", *words]
        return subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=SECONDS_MAX)

    def aws(self, *words: str):
        """What it prints, parsed; None when it prints nothing."""
        ran = self.run_aws(*words)
        self.assertEqual(ran.returncode, 0, f"{words}: {ran.stderr}")
        return json.loads(ran.stdout) if ran.stdout.strip() else None

    def refused(self, code: str, *words: str) -> None:
        ran = self.run_aws(*words)
        self.assertNotEqual(ran.returncode, 0, ran.stdout)
        self.assertIn(f"({code})", ran.stderr)

    def attributes(self, url: str, *names: str) -> dict:
        return self.aws("get-queue-attributes", "--queue-url", url, "--attribute-names", *names)["Attributes"]

    def test_a_queue_and_what_is_said_about_it(self):
        url = self.aws("create-queue", "--queue-name", "about", "--attributes", "VisibilityTimeout=60,DelaySeconds=0",
                       "--tags", "team=red,stage=test")["QueueUrl"]
        self.assertEqual(url, f"http://127.0.0.1:{self.broker.port}/000000000000/about")
        self.assertEqual(self.aws("get-queue-url", "--queue-name", "about")["QueueUrl"], url)
        self.assertIn(url, self.aws("list-queues", "--queue-name-prefix", "abo")["QueueUrls"])
        self.aws("set-queue-attributes", "--queue-url", url, "--attributes", "VisibilityTimeout=45")
        told = self.attributes(url, "All")
        self.assertEqual((told["VisibilityTimeout"], told["QueueArn"]),
                         ("45", "arn:aws:sqs:eu-west-1:000000000000:about"))
        self.aws("untag-queue", "--queue-url", url, "--tag-keys", "stage")
        self.assertEqual(self.aws("list-queue-tags", "--queue-url", url)["Tags"], {"team": "red"})
        self.aws("delete-queue", "--queue-url", url)
        self.refused("AWS.SimpleQueueService.NonExistentQueue", "get-queue-url", "--queue-name", "about")

    def test_messages(self):
        url = self.aws("create-queue", "--queue-name", "messages")["QueueUrl"]
        sent = self.aws("send-message", "--queue-url", url, "--message-body", "h\u00e9llo <&>", "--message-attributes",
                        '{"n": {"DataType": "Number", "StringValue": "7"}}')
        batch = self.aws("send-message-batch", "--queue-url", url, "--entries",
                         "Id=a,MessageBody=first", "Id=b,MessageBody=late,DelaySeconds=600")
        self.assertEqual([entry["Id"] for entry in batch["Successful"]], ["a", "b"])
        counts = self.attributes(url, "All")
        self.assertEqual((counts["ApproximateNumberOfMessages"], counts["ApproximateNumberOfMessagesDelayed"]), ("2", "1"))

        first, second = self.aws("receive-message", "--queue-url", url, "--max-number-of-messages", "10",
                                 "--message-attribute-names", "All", "--attribute-names", "All")["Messages"]
        self.assertEqual((first["MessageId"], first["Body"]), (sent["MessageId"], "h\u00e9llo <&>"))
        self.assertEqual(first["MessageAttributes"]["n"], {"DataType": "Number", "StringValue": "7"})
        self.assertEqual(first["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"])
        self.assertIsNone(self.aws("receive-message", "--queue-url", url))

        self.aws("change-message-visibility", "--queue-url", url, "--receipt-handle", first["ReceiptHandle"],
                 "--visibility-timeout", "0")
        [again] = self.aws("receive-message", "--queue-url", url, "--attribute-names", "ApproximateReceiveCount")["Messages"]
        self.assertEqual(again["Attributes"], {"ApproximateReceiveCount": "2"})
        self.aws("delete-message", "--queue-url", url, "--receipt-handle", again["ReceiptHandle"])
        self.aws("delete-message-batch", "--queue-url", url, "--entries",
                 f"Id=x,ReceiptHandle={second['ReceiptHandle']}")
        self.aws("purge-queue", "--queue-url", url)
        counts = self.attributes(url, "All")
        self.assertEqual({count for name, count in counts.items() if name.startswith("Approximate")}, {"0"})

    def test_dead_letters(self):
        dead = self.aws("create-queue", "--queue-name", "dead")["QueueUrl"]
        policy = json.dumps({"deadLetterTargetArn": self.attributes(dead, "QueueArn")["QueueArn"], "maxReceiveCount": 1})
        url = self.aws("create-queue", "--queue-name", "source", "--attributes", json.dumps(
            {"RedrivePolicy": policy, "VisibilityTimeout": "60"}))["QueueUrl"]
        self.assertEqual(self.aws("list-dead-letter-source-queues", "--queue-url", dead)["queueUrls"], [url])
        self.aws("send-message", "--queue-url", url, "--message-body", "poison")
        [message] = self.aws("receive-message", "--queue-url", url)["Messages"]
        self.aws("change-message-visibility", "--queue-url", url, "--receipt-handle", message["ReceiptHandle"],
                 "--visibility-timeout", "0")
        self.assertIsNone(self.aws("receive-message", "--queue-url", url))
        [letter] = self.aws("receive-message", "--queue-url", dead, "--wait-time-seconds", "10")["Messages"]
        self.assertEqual((letter["Body"], letter["MessageId"]), ("poison", message["MessageId"]))


if __name__ == "__main__":
    unittest.main()
