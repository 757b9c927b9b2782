"""Messages through boto3: send, receive, attributes, batches, visibility, delete."""

import hashlib
import time

from wire import _aws
from wire._broker import InBackground

TRACE = {"AWSTraceHeader": {"DataType": "String", "StringValue":
         "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"}}
ATTRIBUTES = {
    "blob": {"DataType": "Binary", "BinaryValue": b"\x01\x02\x03"},
    "color": {"DataType": "String", "StringValue": "blue"},
    "count": {"DataType": "Number", "StringValue": "3"},
}


class Messages(_aws.AwsCase):
    def test_a_message_arrives_as_it_was_sent(self):
        url = self.queue()
        body = "tab\t lines\r\n <é漢😀> & \"'"
        sent = self.sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=ATTRIBUTES,
                                     MessageSystemAttributes=TRACE, MessageGroupId="tenant-1")
        self.assertEqual(sent["MD5OfMessageBody"], hashlib.md5(body.encode()).hexdigest())
        self.assertEqual(sent["MD5OfMessageAttributes"], "d838729972a4b70e2d2acd9d59ac847c")
        self.assertEqual(sent["MD5OfMessageSystemAttributes"], "5ae4d5d7636402d80f4eb6d213245a88")
        self.assertNotIn("SequenceNumber", sent)
        [message] = self.receive(url, AttributeNames=["All"], MessageAttributeNames=["All"])
        self.assertEqual(message["Body"], body)
        self.assertEqual(message["MessageId"], sent["MessageId"])
        self.assertEqual(message["MD5OfBody"], sent["MD5OfMessageBody"])
        self.assertEqual(message["MessageAttributes"], ATTRIBUTES)
        self.assertEqual(message["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"])
        system = message["Attributes"]
        self.assertEqual(system["AWSTraceHeader"], TRACE["AWSTraceHeader"]["StringValue"])
        self.assertEqual(system["ApproximateReceiveCount"], "1")
        self.assertEqual(system["MessageGroupId"], "tenant-1")
        self.assertLess(abs(int(system["SentTimestamp"]) / 1000 - time.time()), 60)

    def test_only_what_is_asked_for_comes_along(self):
        url = self.queue(VisibilityTimeout=0)
        self.sqs.send_message(QueueUrl=url, MessageBody="a", MessageAttributes={
            name: {"DataType": "String", "StringValue": value}
            for name, value in {"Help.Me": "Me", "Hello": "There", "General": "Kenobi"}.items()})
        expected = {
            ("All",): "4c360f3fdafd970e05fae2f149d997f5",
            (".*",): "4c360f3fdafd970e05fae2f149d997f5",
            ("Hel.*",): "83fee93c1bcd8b9a5a923ffacdc636c7",
            ("Hello", "General"): "fca026605781cb4126a1e9044df24232",
            ("Hello", "..foo"): "a311262e065454b75da111d535b8dacd",
        }
        for names, md5 in expected.items():
            [message] = self.receive(url, MessageAttributeNames=list(names))
            self.assertEqual(message["MD5OfMessageAttributes"], md5, names)
            self.assertNotIn("Attributes", message)
        for names in ([], ["nothing"]):
            [message] = self.receive(url, MessageAttributeNames=names)
            self.assertNotIn("MessageAttributes", message)
            self.assertNotIn("MD5OfMessageAttributes", message)
        [message] = self.receive(url, AttributeNames=["SentTimestamp"])
        self.assertEqual(list(message["Attributes"]), ["SentTimestamp"])

    def test_what_is_refused(self):
        url = self.queue(MaximumMessageSize=1024)
        send = self.sqs.send_message
        self.refused("InvalidMessageContents", 400, send, QueueUrl=url, MessageBody="\x0b")
        self.refused("MissingParameter", 400, send, QueueUrl=url, MessageBody="")
        self.refused("InvalidParameterValue", 400, send, QueueUrl=url, MessageBody="x" * 1025)
        self.refused("InvalidParameterValue", 400, send, QueueUrl=url, MessageBody="x" * 1000, MessageAttributes={
            "a": {"DataType": "String", "StringValue": "y" * 24}})
        self.refused("InvalidParameterValue", 400, send, QueueUrl=url, MessageBody="x", DelaySeconds=901)
        self.refused("InvalidParameterValue", 400, send, QueueUrl=url, MessageBody="x", MessageDeduplicationId="d")
        self.refused("InvalidParameterValue", 400, send, QueueUrl=url, MessageBody="x", MessageGroupId="a b")
        self.refused("InvalidParameterValue", 400, send, QueueUrl=url, MessageBody="x", MessageAttributes={
            "AWS.x": {"DataType": "String", "StringValue": "y"}})
        for wrong in ({"MaxNumberOfMessages": 11}, {"WaitTimeSeconds": 21}, {"VisibilityTimeout": 43201}):
            self.refused("InvalidParameterValue", 400, self.sqs.receive_message, QueueUrl=url, **wrong)
        self.assertEqual(self.bodies(url), [])
        send(QueueUrl=url, MessageBody="x" * 1016, MessageAttributes={"a": {"DataType": "String", "StringValue": "y"}})

    def test_the_largest_message(self):
        url = self.queue()
        body = "x" * 1048576
        self.sqs.send_message(QueueUrl=url, MessageBody=body)
        self.assertEqual(self.bodies(url), [body])
        self.refused("InvalidParameterValue", 400, self.sqs.send_message, QueueUrl=url, MessageBody=body + "x")

    def test_a_group_does_not_count_against_the_size_and_fails_no_batch(self):
        url = self.queue(MaximumMessageSize=1024)
        whole = "x" * 1024
        self.sqs.send_message(QueueUrl=url, MessageBody=whole, MessageGroupId="g" * 128)
        answer = self.sqs.send_message_batch(QueueUrl=url, Entries=[
            {"Id": "whole", "MessageBody": whole, "MessageGroupId": "g" * 128},
            {"Id": "large", "MessageBody": whole + "x", "MessageGroupId": "g"},
            {"Id": "small", "MessageBody": "a", "MessageGroupId": "g"}])
        self.assertEqual([entry["Id"] for entry in answer["Successful"]], ["whole", "small"])
        self.assertEqual([entry["Id"] for entry in answer["Failed"]], ["large"])

    def test_a_batch_goes_on_without_what_is_wrong_in_it(self):
        url = self.queue(MaximumMessageSize=1024)
        answer = self.sqs.send_message_batch(QueueUrl=url, Entries=[
            {"Id": "good", "MessageBody": "a", "MessageAttributes": ATTRIBUTES},
            {"Id": "large", "MessageBody": "x" * 1025},
            {"Id": "bad", "MessageBody": "\x01"},
            {"Id": "late", "MessageBody": "b", "DelaySeconds": 1}])
        self.assertEqual([entry["Id"] for entry in answer["Successful"]], ["good", "late"])
        self.assertEqual(answer["Successful"][0]["MD5OfMessageAttributes"], "d838729972a4b70e2d2acd9d59ac847c")
        failed = {entry["Id"]: entry for entry in answer["Failed"]}
        self.assertEqual(failed["large"]["Code"], "InvalidParameterValue")
        self.assertEqual(failed["bad"]["Code"], "InvalidMessageContents")
        self.assertIs(failed["bad"]["SenderFault"], True)
        self.assertEqual(self.bodies(url), ["a"])
        self.assertEqual(self.attributes(url, "ApproximateNumberOfMessagesDelayed"),
                         {"ApproximateNumberOfMessagesDelayed": "1"})
        self.assertEqual(self.bodies(url, WaitTimeSeconds=5), ["b"], "a delay that ends wakes a long poll")

    def test_batches_that_are_refused(self):
        url = self.queue()
        name = "AWS.SimpleQueueService."
        send = self.sqs.send_message_batch
        entry = lambda id, body="x": {"Id": id, "MessageBody": body}
        self.refused(name + "EmptyBatchRequest", 400, send, QueueUrl=url, Entries=[])
        error = self.refused(name + "TooManyEntriesInBatchRequest", 400, send, QueueUrl=url,
                             Entries=[entry(str(n)) for n in range(20)])
        self.assertEqual(error["Message"], "Maximum number of entries per request are 10. You have sent 20.")
        error = self.refused(name + "BatchEntryIdsNotDistinct", 400, send, QueueUrl=url,
                             Entries=[entry(id) for id in ("id_1", "id_2", "id_3", "id_2", "id_1")])
        self.assertEqual(error["Message"], "Id id_2 repeated.")
        for id in ("", "a.b", "x" * 81):
            self.refused(name + "InvalidBatchEntryId", 400, send, QueueUrl=url, Entries=[entry(id)])
        error = self.refused(name + "BatchRequestTooLong", 400, send, QueueUrl=url,
                             Entries=[entry("a", "x" * 524288), entry("b", "x" * 524289)])
        self.assertEqual(error["Message"],
                         "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.")
        self.assertEqual(send(QueueUrl=url, Entries=[entry("a", "")])["Failed"][0]["Code"], "MissingParameter")
        self.refused(name + "EmptyBatchRequest", 400, self.sqs.delete_message_batch, QueueUrl=url, Entries=[])
        self.assertEqual(self.bodies(url), [])

    def test_messages_come_in_the_order_in_which_they_were_sent(self):
        url = self.queue()
        for n in range(12):
            self.sqs.send_message(QueueUrl=url, MessageBody=str(n))
        self.assertEqual(self.bodies(url) + self.bodies(url), [str(n) for n in range(12)])
        self.assertEqual(self.attributes(url, "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"),
                         {"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "12"})

    def test_long_polls_are_woken(self):
        url = self.queue(ReceiveMessageWaitTimeSeconds=20)
        waiting = InBackground(lambda: self.bodies(url))
        self.sqs.send_message(QueueUrl=url, MessageBody="a")
        self.assertEqual(waiting.finish(), ["a"])
        self.assertEqual(self.bodies(url, WaitTimeSeconds=0), [], "a short poll that is asked for is one")

    def test_receipts_of_a_standard_queue(self):
        url = self.queue(VisibilityTimeout=1)
        self.sqs.send_message(QueueUrl=url, MessageBody="a")
        [first] = self.receive(url)
        [second] = self.receive(url, WaitTimeSeconds=10, VisibilityTimeout=60)
        change = self.sqs.change_message_visibility
        change(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)
        [third] = self.receive(url, VisibilityTimeout=60)
        change(QueueUrl=url, ReceiptHandle=third["ReceiptHandle"], VisibilityTimeout=0)
        change(QueueUrl=url, ReceiptHandle=third["ReceiptHandle"], VisibilityTimeout=60)
        self.assertEqual(self.bodies(url), [], "hidden again")
        for handle in (second["ReceiptHandle"], second["ReceiptHandle"], third["ReceiptHandle"]):
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
        error = self.refused("InvalidParameterValue", 400, change, QueueUrl=url, ReceiptHandle=third["ReceiptHandle"],
                             VisibilityTimeout=1)
        self.assertIn("Message does not exist or is not available for visibility timeout change.", error["Message"])
        other = self.queue("-other")
        for handle in ("garbage", third["ReceiptHandle"]):
            self.refused("ReceiptHandleIsInvalid", 404, self.sqs.delete_message, QueueUrl=other, ReceiptHandle=handle)
            self.refused("ReceiptHandleIsInvalid", 404, change, QueueUrl=other, ReceiptHandle=handle, VisibilityTimeout=1)
        self.refused("InvalidParameterValue", 400, change, QueueUrl=url, ReceiptHandle=third["ReceiptHandle"],
                     VisibilityTimeout=43200)

    def test_settling_in_batches(self):
        url = self.queue()
        self.sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": str(n)} for n in range(3)])
        handles = [message["ReceiptHandle"] for message in self.receive(url, MaxNumberOfMessages=10)]
        changed = self.sqs.change_message_visibility_batch(QueueUrl=url, Entries=[
            {"Id": "free", "ReceiptHandle": handles[0], "VisibilityTimeout": 0},
            {"Id": "long", "ReceiptHandle": handles[1], "VisibilityTimeout": 43201},
            {"Id": "bad", "ReceiptHandle": "garbage", "VisibilityTimeout": 1}])
        self.assertEqual([entry["Id"] for entry in changed["Successful"]], ["free"])
        self.assertEqual({entry["Id"]: entry["Code"] for entry in changed["Failed"]},
                         {"long": "InvalidParameterValue", "bad": "ReceiptHandleIsInvalid"})
        self.assertEqual(self.bodies(url), ["0"])
        deleted = self.sqs.delete_message_batch(QueueUrl=url, Entries=[
            {"Id": str(n), "ReceiptHandle": handle} for n, handle in enumerate([*handles, "garbage", handles[0]])])
        self.assertEqual([entry["Id"] for entry in deleted["Successful"]], ["0", "1", "2", "4"])
        self.assertEqual([entry["Id"] for entry in deleted["Failed"]], ["3"])
        self.assertEqual(self.attributes(url, "ApproximateNumberOfMessagesNotVisible"),
                         {"ApproximateNumberOfMessagesNotVisible": "0"})

    def test_purge_takes_everything(self):
        url = self.queue()
        self.sqs.send_message_batch(QueueUrl=url, Entries=[
            {"Id": str(n), "MessageBody": str(n), "DelaySeconds": 900 * (n == 2)} for n in range(3)])
        [held] = self.receive(url)
        self.sqs.purge_queue(QueueUrl=url)
        self.assertEqual(self.attributes(url, "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed",
                                         "ApproximateNumberOfMessagesNotVisible"),
                         {"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesDelayed": "0",
                          "ApproximateNumberOfMessagesNotVisible": "0"})
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=held["ReceiptHandle"])
        self.sqs.purge_queue(QueueUrl=url)


if __name__ == "__main__":
    _aws.main()
