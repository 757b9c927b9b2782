"""Addresses that LocalStack made known: health, and a look at messages that receives none of them."""

import hashlib
import urllib.parse
import xml.etree.ElementTree as xml

from wire._aws import PROTOCOL, AwsCase, main

NS = "{http://queue.amazonaws.com/doc/2012-11-05/}"


class Peek(AwsCase):
    def peek(self, path: str = "", *, status: int = 200, accept: str = "application/json", **parameters):
        query = urllib.parse.urlencode(parameters)
        return self.call("GET", f"/_aws/sqs/messages{path}{'?' + query if query else ''}", status=status,
                         headers={"Accept": accept} if accept else {})

    def messages(self, path: str = "", **parameters) -> list:
        found = self.peek(path, **parameters).json["ReceiveMessageResponse"]["ReceiveMessageResult"].get("Message", [])
        return found if isinstance(found, list) else [found]

    def bodies_of(self, path: str = "", **parameters) -> list:
        return [message["Body"] for message in self.messages(path, **parameters)]

    def test_a_look_receives_nothing(self):
        url = self.queue()
        for n in (1, 2):
            self.sqs.send_message(QueueUrl=url, MessageBody=f"message-{n}")
        for _ in range(3):
            self.assertEqual(self.bodies_of(QueueUrl=url), ["message-1", "message-2"])
        [message] = self.receive(url, AttributeNames=["All"], VisibilityTimeout=0)
        self.assertEqual(message["Attributes"]["ApproximateReceiveCount"], "1")
        counts = [{one["Name"]: one["Value"] for one in shown["Attribute"]}["ApproximateReceiveCount"]
                  for shown in self.messages(QueueUrl=url)]
        self.assertEqual(counts, ["1", "0"])

    def test_as_xml(self):
        url = self.queue()
        self.assertIn(b"<ReceiveMessageResult></ReceiveMessageResult>", self.peek(accept="", QueueUrl=url).body)
        self.sqs.send_message(QueueUrl=url, MessageBody="a<b", MessageAttributes={
            "n": {"DataType": "Number", "StringValue": "7"}, "b": {"DataType": "Binary", "BinaryValue": b"\1\2"}})
        for accept in ("", "*/*", "text/html"):
            answer = self.peek(accept=accept, QueueUrl=url)
            self.assertEqual(answer.headers["content-type"], "text/xml")
            [message] = xml.fromstring(answer.body).iter(f"{NS}Message")
            self.assertEqual(message.findtext(f"{NS}Body"), "a<b")
            self.assertEqual(message.findtext(f"{NS}MD5OfBody"), hashlib.md5(b"a<b").hexdigest())
            system = {one.findtext(f"{NS}Name"): one.findtext(f"{NS}Value") for one in message.findall(f"{NS}Attribute")}
            self.assertEqual(system["SenderId"], "000000000000")
            self.assertEqual(system["ApproximateReceiveCount"], "0")
            self.assertEqual(len(message.findall(f"{NS}MessageAttribute")), 2)

    def test_as_json(self):
        url = self.queue()
        self.assertEqual(self.bodies_of(QueueUrl=url), [])
        self.sqs.send_message(QueueUrl=url, MessageBody='say "é"', MessageAttributes={
            "b": {"DataType": "Binary", "BinaryValue": b"\1\2"}})
        answer = self.peek(QueueUrl=url)
        self.assertEqual(answer.headers["content-type"], "application/json")
        message = answer.json["ReceiveMessageResponse"]["ReceiveMessageResult"]["Message"]
        self.assertEqual(message["Body"], 'say "é"')
        self.assertEqual(message["MessageAttribute"], [{"Name": "b", "Value": {"BinaryValue": "AQI=", "DataType": "Binary"}}])
        system = {one["Name"]: one["Value"] for one in message["Attribute"]}
        self.assertLessEqual({"SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp"},
                             set(system))
        self.assertNotIn("IsVisible", system)

    def test_what_is_in_flight_or_delayed_is_shown_when_asked_for(self):
        url = self.queue()
        for n in (1, 2, 3):
            self.sqs.send_message(QueueUrl=url, MessageBody=f"m{n}", DelaySeconds=600 if n == 3 else 0)
        self.assertEqual(self.bodies(url, 1), ["m1"])
        self.assertEqual(self.bodies_of(QueueUrl=url), ["m2"])
        self.assertEqual(self.bodies_of(QueueUrl=url, ShowInvisible="False"), ["m2"])
        self.assertEqual(self.bodies_of(QueueUrl=url, ShowInvisible="True"), ["m1", "m2"])
        self.assertEqual(self.bodies_of(QueueUrl=url, ShowDelayed="true"), ["m2", "m3"])
        said = [{one["Name"]: one["Value"] for one in shown["Attribute"]}
                for shown in self.messages(QueueUrl=url, ShowInvisible=1, ShowDelayed=1)]
        self.assertEqual([(one["IsVisible"], one["IsDelayed"]) for one in said],
                         [("false", "false"), ("true", "false"), ("false", "true")])

    def test_a_group_waits_for_its_message_in_flight(self):
        url = self.queue(".fifo", FifoQueue="true", ContentBasedDeduplication="true")
        for body, group in (("a1", "a"), ("a2", "a"), ("b1", "b")):
            self.sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group)
        self.assertEqual(self.bodies_of(QueueUrl=url), ["a1", "a2", "b1"])
        said = {one["Name"]: one["Value"] for one in self.messages(QueueUrl=url)[0]["Attribute"]}
        self.assertEqual(said["MessageGroupId"], "a")
        self.assertEqual(said["MessageDeduplicationId"], hashlib.sha256(b"a1").hexdigest())
        self.assertEqual(len(said["SequenceNumber"]), 20)
        self.assertEqual(self.bodies(url, 1), ["a1"])
        self.assertEqual(self.bodies_of(QueueUrl=url), ["b1"])
        self.assertEqual(self.bodies_of(QueueUrl=url, ShowInvisible="true"), ["a1", "a2", "b1"])

    def test_the_queue_may_stand_in_the_path(self):
        url = self.queue()
        self.sqs.send_message(QueueUrl=url, MessageBody="here")
        name = url.rsplit("/", 1)[1]
        self.assertEqual(self.bodies_of(f"/us-east-1/000000000000/{name}"), ["here"])
        for path, parameters in ((f"/us-east-1/000000000000/none", {}), ("", {}), ("", {"QueueUrl": "none"})):
            error = self.peek(path, status=400, **parameters).json["ErrorResponse"]["Error"]
            self.assertEqual(error["Code"], "AWS.SimpleQueueService.NonExistentQueue")
        error = self.peek(status=404, QueueUrl="http://localhost:4566/nonsense").json["ErrorResponse"]["Error"]
        self.assertEqual(error["Code"], "InvalidAddress")
        self.assertIn(b"<Code>InvalidAddress</Code>", self.peek(status=404, accept="", QueueUrl="http://h/nonsense").body)

    def test_an_sdk_may_have_it_for_its_endpoint(self):
        url = self.queue()
        for n in (1, 2):
            self.sqs.send_message(QueueUrl=url, MessageBody=f"message-{n}")
        peeking = self.client(endpoint=f"http://127.0.0.1:{self.broker.port}/_aws/sqs/messages")
        messages = peeking.receive_message(QueueUrl=url, MaxNumberOfMessages=1)["Messages"]
        self.assertEqual([message["Body"] for message in messages], ["message-1", "message-2"])
        self.assertEqual(messages[0]["Attributes"]["ApproximateReceiveCount"], "0")
        self.refused("ReceiptHandleIsInvalid", 404, self.sqs.delete_message, QueueUrl=url,
                     ReceiptHandle=messages[0]["ReceiptHandle"])
        if PROTOCOL == "json":
            answer = self.refused("InvalidRequest", 400, peeking.send_message, QueueUrl=url, MessageBody="x")
            self.assertEqual(answer["Message"], "This endpoint only accepts ReceiveMessage calls")

    def test_a_long_queue_is_shown_up_to_a_thousand(self):
        url = self.queue()
        for first in range(0, 1020, 10):
            self.sqs.send_message_batch(QueueUrl=url, Entries=[
                {"Id": str(n), "MessageBody": str(n)} for n in range(first, first + 10)])
        self.receive(url, MaxNumberOfMessages=10)
        self.assertEqual(self.bodies_of(QueueUrl=url), [str(n) for n in range(10, 1010)])

    def test_health(self):
        for host in ("localhost", "probe.monitoring.svc.cluster.local"):
            health = self.ask("GET", "/_localstack/health", headers={"Host": host})
            self.assertEqual(health["services"], {"sqs": "running"})
            self.assertRegex(health["version"], r"^\d+\.\d+\.\d+")
            self.assertTrue(health["edition"])
        self.assertEqual(self.ask("GET", "/health")["status"], "ok")
        self.assertEqual(self.call("HEAD", "/_localstack/health").body, b"")
        self.call("GET", "/_localstack/other", status=404)
        self.call("GET", "/_aws/sqs/messages?QueueUrl=jobs", status=403, headers={"Host": "evil.example.org"})


if __name__ == "__main__":
    main()
