"""Dead letters through boto3: policies, the move, and what the letter tells."""

import json

from wire import _aws

RECEIVE = {"WaitTimeSeconds": 10, "AttributeNames": ["All"]}


class DeadLetters(_aws.AwsCase):
    def arn(self, url: str) -> str:
        return self.attributes(url, "QueueArn")["QueueArn"]

    def policy(self, dead: str, count=1) -> str:
        return json.dumps({"maxReceiveCount": count, "deadLetterTargetArn": self.arn(dead)})

    def test_a_message_that_is_received_too_often_moves(self):
        dead = self.queue("-dead")
        url = self.queue(VisibilityTimeout=1, RedrivePolicy=self.policy(dead, "1"))
        sent = self.sqs.send_message(QueueUrl=url, MessageBody="poison", MessageAttributes={
            "n": {"DataType": "Number.int", "StringValue": "1"}})
        self.assertEqual(self.bodies(url), ["poison"])
        [letter] = self.receive(dead, MessageAttributeNames=["All"], **RECEIVE)
        self.assertEqual(letter["MessageId"], sent["MessageId"])
        self.assertEqual(letter["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"])
        self.assertEqual(letter["Attributes"]["ApproximateReceiveCount"], "2", "it goes on counting")
        self.assertEqual(letter["Attributes"]["DeadLetterQueueSourceArn"], self.arn(url))
        self.assertEqual(self.bodies(url), [])

    def test_the_policy_is_shown_compact(self):
        dead = self.queue("-dead")
        url = self.queue(RedrivePolicy=self.policy(dead, "5"))
        self.assertEqual(self.attributes(url, "RedrivePolicy")["RedrivePolicy"],
                         f'{{"deadLetterTargetArn":"{self.arn(dead)}","maxReceiveCount":5}}')
        self.assertEqual(self.sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"], [url])
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
        self.assertEqual(self.attributes(url, "RedrivePolicy"), {})
        self.assertFalse(self.sqs.list_dead_letter_source_queues(QueueUrl=dead).get("queueUrls"))

    def test_policies_that_are_refused(self):
        dead = self.queue("-dead")
        arn = self.arn(dead)
        url = self.queue()
        wrong = [{"maxReceiveCount": 1}, {"deadLetterTargetArn": arn}, {"deadLetterTargetArn": arn + "x", "maxReceiveCount": 1},
                 {"deadLetterTargetArn": arn, "maxReceiveCount": 0}, {"deadLetterTargetArn": arn, "maxReceiveCount": 1001}]
        for policy in wrong:
            self.refused("InvalidParameterValue", 400, self.sqs.set_queue_attributes, QueueUrl=url,
                         Attributes={"RedrivePolicy": json.dumps(policy)})
        self.sqs.set_queue_attributes(QueueUrl=dead, Attributes={
            "RedriveAllowPolicy": json.dumps({"redrivePermission": "denyAll"})})
        self.refused("InvalidParameterValue", 400, self.sqs.set_queue_attributes, QueueUrl=url,
                     Attributes={"RedrivePolicy": self.policy(dead)})
        self.sqs.set_queue_attributes(QueueUrl=dead, Attributes={"RedriveAllowPolicy": json.dumps(
            {"redrivePermission": "byQueue", "sourceQueueArns": [self.arn(url)]})})
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": self.policy(dead)})
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": self.policy(url)})


class MoveTasks(_aws.AwsCase):
    """Of clients that know them: Debian's does not."""

    arn, policy = DeadLetters.arn, DeadLetters.policy

    def setUp(self):
        if not hasattr(self.sqs, "start_message_move_task"):
            self.skipTest("this client has no move tasks")
        name = self.id().rsplit(".", 1)[1]
        self.dead = self.queue("-dead")
        self.url = self.queue(VisibilityTimeout=1, RedrivePolicy=self.policy(self.dead))
        self.sqs.send_message_batch(QueueUrl=self.url, Entries=[{"Id": str(n), "MessageBody": str(n)} for n in range(3)])
        self.assertEqual(len(self.bodies(self.url)), 3, name)
        [first] = self.receive(self.dead, WaitTimeSeconds=10)  # the others came in the same commit
        self.sqs.change_message_visibility(QueueUrl=self.dead, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)

    def test_dead_letters_go_back(self):
        self.sqs.start_message_move_task(SourceArn=self.arn(self.dead))
        bodies = []
        while len(bodies) < 3:
            messages = self.receive(self.url, WaitTimeSeconds=10, VisibilityTimeout=60, AttributeNames=["All"])
            self.assertTrue(messages)
            bodies += [message["Body"] for message in messages]
            self.assertNotIn("DeadLetterQueueSourceArn", messages[0]["Attributes"])
        self.assertEqual(sorted(bodies), ["0", "1", "2"])
        [task] = self.sqs.list_message_move_tasks(SourceArn=self.arn(self.dead))["Results"]
        self.assertEqual(task["ApproximateNumberOfMessagesMoved"], 3)
        self.assertEqual(task["SourceArn"], self.arn(self.dead))

    def test_a_slow_task_is_cancelled(self):
        other = self.queue("-other")
        handle = self.sqs.start_message_move_task(SourceArn=self.arn(self.dead), DestinationArn=self.arn(other),
                                                  MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
        self.assertEqual(len(self.bodies(other, WaitTimeSeconds=10)), 1)
        error = self.refused("InvalidParameterValue", 400, self.sqs.start_message_move_task,
                             SourceArn=self.arn(self.dead))
        self.assertIn("There is already a task running.", error["Message"])
        [task] = self.sqs.list_message_move_tasks(SourceArn=self.arn(self.dead))["Results"]
        self.assertEqual((task["Status"], task["DestinationArn"], task["MaxNumberOfMessagesPerSecond"], task["TaskHandle"]),
                         ("RUNNING", self.arn(other), 1, handle))
        cancelled = self.sqs.cancel_message_move_task(TaskHandle=handle)
        self.assertGreaterEqual(cancelled["ApproximateNumberOfMessagesMoved"], 1)
        self.refused("ResourceNotFoundException", 404, self.sqs.cancel_message_move_task, TaskHandle=handle)
        [task] = self.sqs.list_message_move_tasks(SourceArn=self.arn(self.dead))["Results"]
        self.assertEqual(task["Status"], "CANCELLED")
        self.assertNotIn("TaskHandle", task)

    def test_what_is_refused(self):
        start = self.sqs.start_message_move_task
        arn = self.arn(self.dead)
        self.refused("InvalidParameterValue", 400, start, SourceArn=self.arn(self.url))
        self.refused("InvalidParameterValue", 400, start, SourceArn="no-arn")
        self.refused("ResourceNotFoundException", 404, start, SourceArn=arn + "x")
        self.refused("ResourceNotFoundException", 404, start, SourceArn=arn, DestinationArn=arn + "x")
        self.refused("InvalidParameterValue", 400, start, SourceArn=arn, MaxNumberOfMessagesPerSecond=501)
        self.refused("InvalidParameterValue", 400, self.sqs.cancel_message_move_task, TaskHandle="garbage")
        self.assertFalse(self.sqs.list_message_move_tasks(SourceArn=arn).get("Results"))


if __name__ == "__main__":
    _aws.main()
