"""FIFO queues through boto3: what a queue is asked to be, deduplication, sequence numbers, handles, attempts."""

import hashlib

from wire import _aws
from wire._fifo import FifoCase


class Queues(FifoCase):
    def test_the_name_and_the_attribute_go_together(self):
        self.refused("InvalidParameterValue", 400, self.sqs.create_queue, QueueName="plain",
                     Attributes={"FifoQueue": "true"})
        self.refused("InvalidParameterValue", 400, self.sqs.create_queue, QueueName="half.fifo")

    def test_what_a_queue_says_of_itself(self):
        url = self.sqs.create_queue(QueueName="said.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        self.assertTrue(url.endswith("/said.fifo"))
        said = self.attributes(url, "All")
        self.assertEqual({name: said.get(name) for name in (
            "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")}, {
            "FifoQueue": "true", "ContentBasedDeduplication": "false", "DeduplicationScope": "queue",
            "FifoThroughputLimit": "perQueue"})
        self.assertTrue(said["QueueArn"].endswith(":said.fifo"))

    def test_a_queue_does_not_change_its_kind(self):
        url = self.fifo()
        self.refused("InvalidAttributeValue", 400, self.sqs.set_queue_attributes, QueueUrl=url,
                     Attributes={"FifoQueue": "false"})

    def test_what_a_message_needs(self):
        url = self.fifo(ContentBasedDeduplication="false")
        send = self.sqs.send_message
        self.refused("MissingParameter", 400, send, QueueUrl=url, MessageBody="x", MessageDeduplicationId="d")
        error = self.refused("InvalidParameterValue", 400, send, QueueUrl=url, MessageBody="x", MessageGroupId="g")
        self.assertIn("The queue should either have ContentBasedDeduplication enabled", error["Message"])
        for wrong in ({"MessageGroupId": "with space"}, {"MessageDeduplicationId": "x" * 129}, {"DelaySeconds": 2}):
            self.refused("InvalidParameterValue", 400, send, **{
                "QueueUrl": url, "MessageBody": "x", "MessageGroupId": "g", "MessageDeduplicationId": "d", **wrong})
        whole = {"Id": "a", "MessageBody": "x", "MessageGroupId": "g", "MessageDeduplicationId": "d"}
        for missing in ("MessageGroupId", "MessageDeduplicationId"):
            entries = [whole, {name: value for name, value in {**whole, "Id": "b"}.items() if name != missing}]
            self.refused("InvalidParameterValue", 400, self.sqs.send_message_batch, QueueUrl=url, Entries=entries)
        self.assertEqual(self.bodies(url), [], "a batch is refused as a whole")


class Deduplication(FifoCase):
    def test_an_id_is_accepted_again_and_not_delivered_again(self):
        url = self.fifo(ContentBasedDeduplication="false")
        [first] = self.send(url, "g-one", MessageDeduplicationId="same")
        [again] = self.send(url, "g-two", MessageDeduplicationId="same")
        self.assertEqual((again["MessageId"], again["SequenceNumber"]), (first["MessageId"], first["SequenceNumber"]))
        self.assertEqual(again["MD5OfMessageBody"], hashlib.md5(b"g-two").hexdigest())
        taken = self.take(url, 10)
        self.assertEqual(list(taken), ["g-one"])
        self.delete(url, *taken.values())
        self.send(url, "g-three", MessageDeduplicationId="same")
        self.assertEqual(self.bodies(url), [], "remembered after the delete")

    def test_purge_forgets(self):
        url = self.fifo()
        self.send(url, "g-one")
        self.sqs.purge_queue(QueueUrl=url)
        self.send(url, "g-one")
        self.assertEqual(self.bodies(url), ["g-one"])

    def test_content_is_an_id_and_an_explicit_one_wins(self):
        url = self.fifo()
        attributes = {"n": {"DataType": "Number", "StringValue": "1"}}
        first, again = [*self.send(url, "g-same"), *self.send(url, "g-same", MessageAttributes=attributes)]
        self.assertEqual(first["MessageId"], again["MessageId"], "attributes are not looked at")
        [other] = self.send(url, "g-same", MessageDeduplicationId="other")
        self.assertNotEqual(first["MessageId"], other["MessageId"])
        messages = self.receive(url, MaxNumberOfMessages=10, AttributeNames=["All"])
        self.assertEqual([message["Attributes"]["MessageDeduplicationId"] for message in messages],
                         [hashlib.sha256(b"g-same").hexdigest(), "other"])

    def test_in_a_batch(self):
        url = self.fifo()
        entries = [{"Id": str(n), "MessageBody": body, "MessageGroupId": "g"} for n, body in enumerate(("a", "b", "a"))]
        sent = self.sqs.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]
        self.assertEqual(sent[0]["MessageId"], sent[2]["MessageId"])
        self.assertEqual(self.bodies(url), ["a", "b"])

    def test_the_scope_is_the_queue_or_the_group_and_stays_what_it_was(self):
        for scope, other, expected in (("queue", "messageGroup", 1), ("messageGroup", "queue", 2)):
            url = self.fifo(f"-{scope}", DeduplicationScope=scope)
            self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"DeduplicationScope": other})
            self.assertEqual(self.attributes(url, "DeduplicationScope"), {"DeduplicationScope": other})
            for group in ("g1", "g2", "g1"):
                self.sqs.send_message(QueueUrl=url, MessageBody="same", MessageGroupId=group)
            self.assertEqual(len(self.bodies(url)), expected, scope)

    def test_a_kill_forgets_nothing(self):
        url = self.fifo()
        [first] = self.send(url, "g-one")
        self.broker.kill()
        self.broker.start()
        [again] = self.send(url, "g-one")
        self.assertEqual(again["MessageId"], first["MessageId"])
        self.send(url, "g-two")
        self.assertEqual(self.bodies(url), ["g-one", "g-two"])


class Messages(FifoCase):
    def test_sequence_numbers_grow_and_are_told_on_receive(self):
        url = self.fifo()
        sent = self.send(url, "g1-m1", "g2-m1", "g1-m2")
        numbers = [message["SequenceNumber"] for message in sent]
        self.assertEqual(numbers, sorted(set(numbers)))
        for number in numbers:
            self.assertRegex(number, r"^\d{20}$")
        told = {message["Body"]: message["Attributes"]
                for message in self.receive(url, MaxNumberOfMessages=10, AttributeNames=["All"])}
        self.assertEqual([told[body]["SequenceNumber"] for body in ("g1-m1", "g2-m1", "g1-m2")], numbers)
        self.assertEqual({told[body]["MessageGroupId"] for body in ("g1-m1", "g1-m2")}, {"g1"})

    def test_a_handle_ends_with_its_timeout(self):
        url = self.fifo(VisibilityTimeout=1)
        self.send(url, "g-m1")
        receipt = self.take(url, 1)["g-m1"]
        self.until_in_flight(url, 0)
        error = self.refused("InvalidParameterValue", 400, self.sqs.delete_message, QueueUrl=url, ReceiptHandle=receipt)
        self.assertIn("The receipt handle has expired", error["Message"])
        self.refused("InvalidParameterValue", 400, self.sqs.change_message_visibility, QueueUrl=url,
                     ReceiptHandle=receipt, VisibilityTimeout=10)
        failed = self.sqs.delete_message_batch(QueueUrl=url, Entries=[{"Id": "a", "ReceiptHandle": receipt}])["Failed"]
        self.assertEqual([entry["Code"] for entry in failed], ["ReceiptHandleIsInvalid"])
        again = self.take(url, 1)["g-m1"]
        self.delete(url, again, again)

    def test_an_extended_handle_works_longer(self):
        url = self.fifo(VisibilityTimeout=1)
        self.send(url, "g1-m1", "g2-m1")
        taken = self.take(url, 2)
        self.hide(url, taken["g1-m1"], 60)
        self.until_in_flight(url, 1)
        self.delete(url, taken["g1-m1"])
        self.until_in_flight(url, 0)

    def test_a_receive_can_be_tried_again(self):
        url = self.fifo()
        self.send(url, "g-m1", "g-m2")
        first = self.take(url, 10, ReceiveRequestAttemptId="attempt")
        self.assertEqual(list(first), ["g-m1", "g-m2"])
        self.assertEqual(self.take(url, 10, ReceiveRequestAttemptId="attempt"), first, "the same handles")
        self.assertEqual(self.take(url, 10, ReceiveRequestAttemptId="another"), {})
        self.delete(url, first["g-m1"])
        self.refused("InvalidParameterValue", 400, self.sqs.receive_message, QueueUrl=url,
                     ReceiveRequestAttemptId="attempt")


class DeadLetters(FifoCase):
    def redrive(self, dead: str, count: int) -> dict:
        arn = self.attributes(dead, "QueueArn")["QueueArn"]
        return {"RedrivePolicy": f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{count}}}'}

    def test_the_target_is_of_the_same_kind(self):
        plain = self.queue("-plain")
        dead = self.fifo("-dead")
        self.refused("InvalidParameterValue", 400, self.sqs.set_queue_attributes, QueueUrl=self.fifo(),
                     Attributes=self.redrive(plain, 1))
        self.refused("InvalidParameterValue", 400, self.sqs.set_queue_attributes, QueueUrl=plain,
                     Attributes=self.redrive(dead, 1))

    def test_letters_keep_their_group_and_order_and_are_never_swallowed(self):
        dead = self.fifo("-dead")
        url = self.fifo(**self.redrive(dead, 1))
        first, second = [*self.send(url, "g-same", MessageDeduplicationId="a"),
                         *self.send(url, "g-same", MessageDeduplicationId="b")]
        self.send(url, "g-last")
        for message in self.receive(url, MaxNumberOfMessages=2):
            self.hide(url, message["ReceiptHandle"], 0)
        self.assertEqual(self.bodies(url, WaitTimeSeconds=10), ["g-last"], "the group goes on behind the dead")
        letters = []
        while len(letters) < 2:
            got = self.receive(dead, MaxNumberOfMessages=10, WaitTimeSeconds=10, AttributeNames=["All"])
            self.assertTrue(got, letters)
            letters += got
            self.delete(dead, *(letter["ReceiptHandle"] for letter in got))
        self.assertEqual([letter["MessageId"] for letter in letters], [first["MessageId"], second["MessageId"]])
        self.assertEqual({letter["Attributes"]["MessageGroupId"] for letter in letters}, {"g"})
        numbers = [letter["Attributes"]["SequenceNumber"] for letter in letters]
        self.assertLess(numbers[0], numbers[1])
        self.assertEqual(letters[0]["Attributes"]["DeadLetterQueueSourceArn"], self.attributes(url, "QueueArn")["QueueArn"])

    def test_the_way_back(self):
        if not hasattr(self.sqs, "start_message_move_task"):
            self.skipTest("this client has no move tasks")
        dead = self.fifo("-dead")
        url = self.fifo(**self.redrive(dead, 1))
        self.send(url, "g-m1", "g-m2")
        for receipt in self.take(url, 10).values():
            self.hide(url, receipt, 0)
        self.assertEqual(self.bodies(url), [])
        [letter] = self.receive(dead, WaitTimeSeconds=10)
        self.hide(dead, letter["ReceiptHandle"], 0)
        self.sqs.start_message_move_task(SourceArn=self.attributes(dead, "QueueArn")["QueueArn"])
        for body in ("g-m1", "g-m2"):
            taken = self.take(url, 1, WaitTimeSeconds=10)
            self.assertEqual(list(taken), [body])
            self.delete(url, *taken.values())


if __name__ == "__main__":
    _aws.main()
