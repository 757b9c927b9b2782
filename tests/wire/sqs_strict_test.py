"""The strict profile: what AWS makes its users wait for."""

import atexit
import pathlib
import shutil
import tempfile

from wire._aws import AwsCase, main

KEYS = pathlib.Path(tempfile.mkdtemp(prefix="twofold-keys-")) / "keys"
atexit.register(shutil.rmtree, KEYS.parent)
KEYS.write_text('[[key]]\nid = "AKIDMAIN"\nsqs_secret = "a-secret"\nallow = ["* *"]\n'
                '[[key]]\nid = "AKIDREAD"\nsqs_secret = "another"\nallow = ["inspect queue:*"]\n')


class Strict(AwsCase):
    settings = ("sqs.profile=strict", f"auth.keys_file={KEYS}")

    @classmethod
    def client(cls, key: str = "AKIDMAIN", region: str = "us-east-1", secret: str = "a-secret", **more):
        return super().client(key, region, secret, **more)

    def test_a_second_purge_has_to_wait(self):
        url = self.queue()
        self.sqs.purge_queue(QueueUrl=url)
        answer = self.refused("AWS.SimpleQueueService.PurgeQueueInProgress", 403, self.sqs.purge_queue, QueueUrl=url)
        self.assertIn("is allowed every 60 seconds", answer["Message"])
        self.sqs.delete_queue(QueueUrl=url)

    def test_a_deleted_name_has_to_rest(self):
        url = self.queue()
        self.sqs.delete_queue(QueueUrl=url)
        self.refused("AWS.SimpleQueueService.QueueDeletedRecently", 400, self.queue)
        self.queue("-other")

    def test_who_may_not_make_a_queue_is_not_told_that_there_was_one(self):
        url = self.queue("-gone")
        self.sqs.delete_queue(QueueUrl=url)
        reader = self.client("AKIDREAD", secret="another")
        self.refused("AccessDenied", 403, reader.create_queue, QueueName=url.rsplit("/", 1)[1])

    def test_nobody_comes_in_unsigned(self):
        from botocore import UNSIGNED
        self.refused("AccessDenied", 403, self.client(signature_version=UNSIGNED).list_queues)
        self.call("GET", "/_aws/sqs/messages?QueueUrl=jobs", status=403)
        self.call("GET", "/_localstack/health")


if __name__ == "__main__":
    main()
