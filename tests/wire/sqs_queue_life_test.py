"""Queues through boto3: create, look up, list, configure, tag, permit, delete."""

import json

from wire import _aws


class QueueLife(_aws.AwsCase):
    def test_create_is_idempotent_for_what_is_given(self):
        url = self.queue(DelaySeconds=3, VisibilityTimeout=40)
        self.assertTrue(url.startswith(f"http://127.0.0.1:{self.broker.port}/000000000000/"), url)
        self.assertEqual(self.queue(DelaySeconds=3), url)
        self.assertEqual(self.queue(), url)
        error = self.refused("QueueAlreadyExists", 400, self.queue, DelaySeconds=4)
        self.assertIn("different value for attribute DelaySeconds", error["Message"])

    def test_look_up(self):
        url = self.queue()
        self.assertEqual(self.sqs.get_queue_url(QueueName="test_look_up")["QueueUrl"], url)
        missing = self.refused("AWS.SimpleQueueService.NonExistentQueue", 400, self.sqs.get_queue_url, QueueName="none")
        self.assertIn("The specified queue does not exist", missing["Message"])
        with self.assertRaises(self.sqs.exceptions.QueueDoesNotExist):
            self.sqs.send_message(QueueUrl=url + "x", MessageBody="x")

    def test_names(self):
        for name in ("a.b", "a b", "q" * 81):
            self.refused("InvalidParameterValue", 400, self.sqs.create_queue, QueueName=name)
        self.refused("InvalidParameterValue", 400, self.sqs.create_queue, QueueName="orders.fifo")
        self.refused("InvalidParameterValue", 400, self.sqs.create_queue, QueueName="orders",
                     Attributes={"FifoQueue": "true"})

    def test_list_by_prefix_and_page(self):
        urls = [self.queue(f"-{n}") for n in range(5)]
        prefix = "test_list_by_prefix_and_page-"
        self.assertEqual(self.sqs.list_queues(QueueNamePrefix=prefix)["QueueUrls"], urls)
        first = self.sqs.list_queues(QueueNamePrefix=prefix, MaxResults=2)
        self.assertEqual(first["QueueUrls"], urls[:2])
        second = self.sqs.list_queues(QueueNamePrefix=prefix, MaxResults=3, NextToken=first["NextToken"])
        self.assertEqual(second["QueueUrls"], urls[2:])
        self.assertNotIn("NextToken", second)
        self.assertNotIn("QueueUrls", self.sqs.list_queues(QueueNamePrefix="no-such-"))
        self.assertIn(urls[0], self.sqs.list_queues()["QueueUrls"])
        self.refused("InvalidParameterValue", 400, self.sqs.list_queues, MaxResults=1001)

    def test_attributes(self):
        url = self.queue()
        everything = self.attributes(url, "All")
        self.assertEqual({name: everything[name] for name in everything if "Timestamp" not in name}, {
            "ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesDelayed": "0",
            "ApproximateNumberOfMessagesNotVisible": "0", "DelaySeconds": "0", "MaximumMessageSize": "1048576",
            "MessageRetentionPeriod": "345600", "QueueArn": "arn:aws:sqs:us-east-1:000000000000:test_attributes",
            "ReceiveMessageWaitTimeSeconds": "0", "SqsManagedSseEnabled": "true", "VisibilityTimeout": "30"})
        self.assertEqual(len(everything), 12)
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={
            "DelaySeconds": "900", "MaximumMessageSize": "1024", "MessageRetentionPeriod": "60",
            "ReceiveMessageWaitTimeSeconds": "20", "VisibilityTimeout": "43200", "KmsMasterKeyId": "key"})
        self.assertEqual(self.attributes(url, "DelaySeconds", "MaximumMessageSize", "MessageRetentionPeriod",
                                         "ReceiveMessageWaitTimeSeconds", "VisibilityTimeout", "KmsMasterKeyId",
                                         "SqsManagedSseEnabled", "Policy"),
                         {"DelaySeconds": "900", "MaximumMessageSize": "1024", "MessageRetentionPeriod": "60",
                          "ReceiveMessageWaitTimeSeconds": "20", "VisibilityTimeout": "43200", "KmsMasterKeyId": "key",
                          "SqsManagedSseEnabled": "false"})
        self.assertEqual(self.attributes(url), {})
        self.refused("InvalidAttributeName", 400, lambda: self.attributes(url, "Foobar"))

    def test_attributes_that_are_refused(self):
        url = self.queue()
        wrong = {"DelaySeconds": "901", "MaximumMessageSize": "1023", "MessageRetentionPeriod": "59",
                 "ReceiveMessageWaitTimeSeconds": "21", "VisibilityTimeout": "x", "SqsManagedSseEnabled": "maybe",
                 "Policy": "not json"}
        for name, value in wrong.items():
            self.refused("InvalidAttributeValue", 400, self.sqs.set_queue_attributes, QueueUrl=url,
                         Attributes={name: value, "DelaySeconds": value if name == "DelaySeconds" else "7"})
        for name in ("Foobar", "QueueArn", "ApproximateNumberOfMessages", "FifoQueue", "ContentBasedDeduplication",
                     "DeduplicationScope"):
            self.refused("InvalidAttributeName", 400, self.sqs.set_queue_attributes, QueueUrl=url,
                         Attributes={name: "true"})
        self.assertEqual(self.attributes(url, "DelaySeconds"), {"DelaySeconds": "0"}, "all or nothing")
        self.refused("InvalidAttributeName", 400, self.queue, suffix="2", FifoQueue="false")

    def test_tags(self):
        url = self.sqs.create_queue(QueueName="test_tags", tags={"team": "blue", "empty": ""})["QueueUrl"]
        self.sqs.tag_queue(QueueUrl=url, Tags={"team": "green", "k/1": "v=1"})
        self.assertEqual(self.sqs.list_queue_tags(QueueUrl=url)["Tags"], {"team": "green", "empty": "", "k/1": "v=1"})
        self.sqs.untag_queue(QueueUrl=url, TagKeys=["team", "empty", "k/1", "unknown"])
        self.assertNotIn("Tags", self.sqs.list_queue_tags(QueueUrl=url))
        self.refused("InvalidParameterValue", 400, self.sqs.tag_queue, QueueUrl=url, Tags={"aws:x": "1"})
        self.refused("InvalidParameterValue", 400, self.sqs.tag_queue, QueueUrl=url,
                     Tags={f"k{n}": "v" for n in range(51)})
        self.assertNotIn("Tags", self.sqs.list_queue_tags(QueueUrl=url))

    def test_permissions(self):
        url = self.queue()
        self.sqs.add_permission(QueueUrl=url, Label="one", AWSAccountIds=["111111111111"], Actions=["SendMessage"])
        self.sqs.add_permission(QueueUrl=url, Label="two", AWSAccountIds=["111111111111", "222222222222"],
                                Actions=["*", "GetQueueUrl"])
        arn = "arn:aws:sqs:us-east-1:000000000000:test_permissions"
        self.assertEqual(json.loads(self.attributes(url, "Policy")["Policy"]), {
            "Version": "2008-10-17", "Id": f"{arn}/SQSDefaultPolicy", "Statement": [
                {"Sid": "one", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
                 "Action": "SQS:SendMessage", "Resource": arn},
                {"Sid": "two", "Effect": "Allow",
                 "Principal": {"AWS": ["arn:aws:iam::111111111111:root", "arn:aws:iam::222222222222:root"]},
                 "Action": ["SQS:*", "SQS:GetQueueUrl"], "Resource": arn}]})
        self.refused("InvalidParameterValue", 400, self.sqs.add_permission, QueueUrl=url, Label="one",
                     AWSAccountIds=["111111111111"], Actions=["*"])
        self.refused("OverLimit", 403, self.sqs.add_permission, QueueUrl=url, Label="many",
                     AWSAccountIds=["111111111111"], Actions=["SendMessage"] * 8)
        self.sqs.remove_permission(QueueUrl=url, Label="one")
        self.sqs.remove_permission(QueueUrl=url, Label="two")
        self.assertEqual(self.attributes(url, "Policy"), {})
        self.refused("InvalidParameterValue", 400, self.sqs.remove_permission, QueueUrl=url, Label="one")

    def test_what_is_kept_of_a_queue_has_a_size(self):
        url = self.queue()
        policy = {"Version": "2012-10-17", "Statement": [], "Id": ""}
        policy["Id"] = "x" * (8192 - len(json.dumps(policy)))
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
        for name, value in (("Policy", json.dumps({**policy, "Id": policy["Id"] + "x"})), ("KmsMasterKeyId", "k" * 2049),
                            ("RedriveAllowPolicy", '{"redrivePermission":"allowAll"' + " " * 8192 + "}")):
            self.refused("InvalidAttributeValue", 400, self.sqs.set_queue_attributes, QueueUrl=url,
                         Attributes={name: value})
        self.refused("OverLimit", 403, self.sqs.add_permission, QueueUrl=url, Label="one",
                     AWSAccountIds=["111111111111"], Actions=["*"])
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
        self.refused("OverLimit", 403, self.sqs.add_permission, QueueUrl=url, Label="many",
                     AWSAccountIds=["111111111111"] * 51, Actions=["*"])
        for n in range(20):
            self.sqs.add_permission(QueueUrl=url, Label=f"l{n}", AWSAccountIds=["111111111111"], Actions=["*"])
        self.refused("OverLimit", 403, self.sqs.add_permission, QueueUrl=url, Label="l20",
                     AWSAccountIds=["111111111111"], Actions=["*"])
        self.assertEqual(len(json.loads(self.attributes(url, "Policy")["Policy"])["Statement"]), 20)

    def test_a_deleted_queue_is_gone_at_once(self):
        url = self.queue()
        self.sqs.send_message(QueueUrl=url, MessageBody="a")
        self.sqs.delete_queue(QueueUrl=url)
        self.refused("AWS.SimpleQueueService.NonExistentQueue", 400, self.sqs.delete_queue, QueueUrl=url)
        self.assertEqual(self.queue(), url)
        self.assertEqual(self.bodies(url), [])

    def test_accounts_and_regions_are_echoed(self):
        other = self.client(key="123456789012", region="eu-west-1")
        url = other.create_queue(QueueName="theirs")["QueueUrl"]
        self.assertTrue(url.endswith("/123456789012/theirs"), url)
        arn = other.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.assertEqual(arn, "arn:aws:sqs:eu-west-1:123456789012:theirs")
        found = self.sqs.get_queue_url(QueueName="theirs", QueueOwnerAWSAccountId="123456789012")["QueueUrl"]
        self.assertEqual(found, url)
        self.refused("AWS.SimpleQueueService.NonExistentQueue", 400, self.sqs.get_queue_url, QueueName="theirs",
                     QueueOwnerAWSAccountId="999999999999")

    def test_everything_survives_a_kill(self):
        url = self.sqs.create_queue(QueueName="kept", Attributes={"Policy": '{"a": 1}', "DelaySeconds": "2"},
                                    tags={"k": "v"})["QueueUrl"]
        before = self.attributes(url, "All")
        self.broker.kill()
        self.broker.start()
        self.assertEqual(self.attributes(url, "All"), before)
        self.assertEqual(self.sqs.list_queue_tags(QueueUrl=url)["Tags"], {"k": "v"})


if __name__ == "__main__":
    _aws.main()
