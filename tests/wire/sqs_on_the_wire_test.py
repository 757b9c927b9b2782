"""Both protocols of Amazon SQS byte for byte, without a client that could smooth things over."""

import json
import unittest
import urllib.parse
import xml.etree.ElementTree as xml

from wire._broker import WireCase
from wire._sqs import MAGIC, NS, UUID, RawCase


class OnTheWire(RawCase):
    def queue(self) -> str:
        name = self.id().rsplit(".", 1)[1]
        return self.json("CreateQueue", {"QueueName": name}).json["QueueUrl"]

    def test_json_answers(self):
        url = self.queue()
        self.assertEqual(self.json("ReceiveMessage", {"QueueUrl": url}).body, b"{}")
        self.assertEqual(self.json("GetQueueAttributes", {"QueueUrl": url}).body, b"{}")
        self.assertEqual(self.json("ListQueueTags", {"QueueUrl": url}).body, b"{}")
        self.assertEqual(self.json("PurgeQueue", {"QueueUrl": url}).body, b"")
        sent = self.json("SendMessage", {"QueueUrl": url, "MessageBody": "hello"}, path=urllib.parse.urlsplit(url).path)
        self.assertEqual(sent.json["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592")
        self.assertRegex(sent.json["MessageId"], UUID)
        self.assertEqual(set(sent.json), {"MessageId", "MD5OfMessageBody"})

    def test_a_trace_may_come_as_a_field(self):
        url = self.queue()
        self.json("SendMessage", {"QueueUrl": url, "MessageBody": "x"}, headers={"X-Amzn-Trace-Id": "Root=1-5759e988"})
        [message] = self.json("ReceiveMessage", {"QueueUrl": url, "MessageSystemAttributeNames": ["AWSTraceHeader"]}).json["Messages"]
        self.assertEqual(message["Attributes"], {"AWSTraceHeader": "Root=1-5759e988"})

    def test_json_faults(self):
        message = self.fault(self.json("SendMessage", {"QueueUrl": "http://h/0/none", "MessageBody": "x"}, status=400),
                             "com.amazonaws.sqs#QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue;Sender")
        self.assertEqual(message, "The specified queue does not exist.")
        self.fault(self.json("FooBar", {}, status=400), "com.amazon.coral.service#UnknownOperationException",
                   "InvalidAction;Sender")
        for body in (b"[]", b"{", b'"x"'):
            self.fault(self.json("ListQueues", body, status=400), "com.amazon.coral.service#SerializationException",
                       "MalformedInput;Sender")
        no_target = self.call("POST", "/", b"{}", status=400, headers={"Content-Type": MAGIC})
        self.fault(no_target, "com.amazon.coral.service#UnknownOperationException", "InvalidAction;Sender")
        url = self.queue()
        message = self.fault(self.json("SendMessage", {"QueueUrl": url}, status=400),
                             "com.amazon.coral.service#MissingRequiredParameterException", "MissingParameter;Sender")
        self.assertEqual(message, "The request must contain the parameter MessageBody.")
        message = self.fault(self.json("ReceiveMessage", {"QueueUrl": url, "MaxNumberOfMessages": 11}, status=400),
                             "com.amazon.coral.service#InvalidParameterValueException", "InvalidParameterValue;Sender")
        self.assertEqual(message, "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: "
                                  "Must be between 1 and 10, if provided.")
        self.fault(self.json("DeleteMessage", {"QueueUrl": url, "ReceiptHandle": "x"}, status=404),
                   "com.amazonaws.sqs#ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid;Sender")

    def test_query_answers(self):
        url = self.queue()
        path = urllib.parse.urlsplit(url).path
        empty = xml.fromstring(self.form({"Action": "ReceiveMessage", "QueueUrl": url}).body)
        self.assertEqual(empty.tag, NS + "ReceiveMessageResponse")
        self.assertEqual([child.tag for child in empty], [NS + "ReceiveMessageResult", NS + "ResponseMetadata"])
        self.assertRegex(empty.findtext(f"{NS}ResponseMetadata/{NS}RequestId"), UUID)
        for kind in ("application/x-www-form-urlencoded; charset=utf-8", "text/plain", None):
            self.form({"Action": "SendMessage", "MessageBody": "a\rb", "Version": "2012-11-05"}, path=path, kind=kind)
        received = self.form({"Action": "ReceiveMessage"}, path=path)
        self.assertIn(b"a&#xD;b", received.body)
        message = xml.fromstring(received.body).find(f"{NS}ReceiveMessageResult/{NS}Message")
        self.assertEqual([child.tag.removeprefix(NS) for child in message],
                         ["MessageId", "ReceiptHandle", "MD5OfBody", "Body"])
        deleted = xml.fromstring(self.form({"Action": "DeleteMessage", "ReceiptHandle": message.findtext(NS + "ReceiptHandle")},
                                           path=path).body)
        self.assertEqual([child.tag for child in deleted], [NS + "ResponseMetadata"])

    def test_query_by_get(self):
        url = self.queue()
        path = urllib.parse.urlsplit(url).path
        self.call("GET", f"{path}?Action=SendMessage&MessageBody=a%20b%2Bc/~&Version=2012-11-05")
        answer = self.call("GET", f"{path}?Action=ReceiveMessage&AttributeName=All")
        self.assertEqual(xml.fromstring(answer.body).findtext(f"{NS}ReceiveMessageResult/{NS}Message/{NS}Body"), "a b+c/~")
        nothing = self.call("GET", path, status=404)
        self.assertEqual(nothing.body, b"<UnknownOperationException/>")

    def test_query_faults(self):
        url = self.queue()
        path = urllib.parse.urlsplit(url).path

        def error(parameters, status=400, path="/"):
            root = xml.fromstring(self.form(parameters, status=status, path=path).body)
            self.assertEqual(root.tag, NS + "ErrorResponse")
            self.assertIsNotNone(root.find(f"{NS}Error/{NS}Detail"))
            self.assertEqual(root.findtext(f"{NS}Error/{NS}Type"), "Sender")
            self.assertRegex(root.findtext(NS + "RequestId"), UUID)
            return root.findtext(f"{NS}Error/{NS}Code"), root.findtext(f"{NS}Error/{NS}Message")

        self.assertEqual(error({"Action": "SendMessage", "QueueUrl": "none", "MessageBody": "x"}),
                         ("AWS.SimpleQueueService.NonExistentQueue",
                          "The specified queue does not exist for this wsdl version."))
        self.assertEqual(error({"Action": "FooBar"}),
                         ("InvalidAction", "The action FooBar is not valid for this endpoint."))
        self.assertEqual(error({"Action": "ListQueues"}, path=path),
                         ("InvalidAction", "The action ListQueues is not valid for this endpoint."))
        self.assertEqual(error({"Action": "ReceiveMessage", "QueueUrl": url, "MaxNumberOfMessages": "x"})[0],
                         "MalformedInput")

    def test_what_cannot_be_read_is_refused_in_the_words_of_whoever_asked(self):
        path = urllib.parse.urlsplit(self.queue()).path
        for target in ("/?Action=ListQueues&QueueNamePrefix=%zz", "/?QueueNamePrefix=%&Action=ListQueues",
                       f"{path}?Action=SendMessage&MessageBody=%ff", f"{path}?x=%2", "/%zz?Action=ListQueues",
                       "/?Action=ListQueues&Action=ListQueues"):
            with self.subTest(target):
                answer = self.call("GET", target, status=400)
                self.assertEqual(answer.headers["content-type"], "text/xml")
                error = xml.fromstring(answer.body).find(NS + "Error")
                self.assertEqual((error.findtext(NS + "Code"), error.findtext(NS + "Type")), ("MalformedInput", "Sender"))
                self.assertTrue(error.findtext(NS + "Message"))
        for target in ("/?x=%zz", f"{path}?x=%zz", "/%zz"):
            answer = self.json("ListQueues", {}, path=target, status=400)
            self.fault(answer, "com.amazon.coral.service#SerializationException", "MalformedInput;Sender")
        code, _ = self.form_fault(b"Action=ListQueues", path=f"{path}?x=%zz")
        self.assertEqual(code, "MalformedInput")
        self.refused("GET", "/v1/queues?x=%zz", status=400, code="invalid-request")
        self.refused("GET", "/%zz", status=400, code="invalid-request")
        self.refused("POST", "/%zz", b"a=b", status=400, code="invalid-request")

    def test_the_rest_api_is_where_it_was(self):
        self.refused("POST", "/nowhere", b"a=b", status=404, code="not-found",
                     headers={"Content-Type": "application/x-www-form-urlencoded"})
        self.refused("POST", "/nowhere", {"Action": "x"}, status=404, code="not-found")
        self.refused("GET", "/nowhere", status=404, code="not-found")

    def test_the_url_is_the_one_the_client_used(self):
        answer = self.json("CreateQueue", {"QueueName": "seen"}, headers={"Host": "broker:1234", "X-Forwarded-Proto": "https"})
        self.assertEqual(answer.json["QueueUrl"], "https://broker:1234/000000000000/seen")

    def test_actions_are_counted_by_name(self):
        self.json("ListQueues", {})
        self.assertRegex(self.call("GET", "/metrics").body.decode(), r'requests_total{api="sqs",op="ListQueues",code="200"} \d')


class WithRest(WireCase):
    """One queue, two dialects."""

    def sqs(self, action: str, **body):
        answer = self.call("POST", "/", json.dumps(body).encode(), headers={
            "X-Amz-Target": f"AmazonSQS.{action}", "Content-Type": MAGIC})
        return answer.json if answer.body else None

    def test_what_rest_sends_sqs_receives(self):
        self.ask("PUT", "/v1/queues/mixed", {}, status=201)
        self.ask("POST", "/v1/queues/mixed/messages", {"messages": [
            {"text": "plain", "headers": {"region": "EU"}, "key": "k 1"}, {"value": {"a": 1}, "key": "k1"},
            {"bytes": "/wE="}]})
        messages = self.sqs("ReceiveMessage", QueueUrl="mixed", MaxNumberOfMessages=10, AttributeNames=["All"],
                            MessageAttributeNames=["All"])["Messages"]
        self.assertEqual([message["Body"] for message in messages], ["plain", '{"a": 1}', "/wE="])
        self.assertEqual(messages[0]["MessageAttributes"]["region"], {"StringValue": "EU", "DataType": "String"})
        self.assertNotIn("MessageGroupId", messages[0]["Attributes"], "not a legal group")
        self.assertEqual(messages[1]["Attributes"]["MessageGroupId"], "k1")
        self.assertEqual(messages[2]["MessageAttributes"]["twofold.encoding"]["StringValue"], "base64")
        self.assertEqual(len({message["MessageId"] for message in messages}), 3)
        self.sqs("DeleteMessageBatch", QueueUrl="mixed", Entries=[
            {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(messages)])
        self.assertEqual(self.ask("GET", "/v1/queues/mixed")["messages"]["in_flight"], 0)

    def test_what_sqs_sends_rest_receives(self):
        url = self.sqs("CreateQueue", QueueName="mixed2", Attributes={"VisibilityTimeout": "7"})["QueueUrl"]
        self.sqs("SendMessage", QueueUrl=url, MessageBody="hello", MessageGroupId="g", MessageAttributes={
            "color": {"DataType": "String", "StringValue": "blue"}})
        [message] = self.ask("POST", "/v1/queues/mixed2/receive", {})["messages"]
        self.assertEqual((message["text"], message["key"], message["headers"]["color"]), ("hello", "g", "blue"))
        self.assertEqual(self.ask("GET", "/v1/queues/mixed2")["visibility_timeout"], "7s")
        self.ask("PATCH", "/v1/queues/mixed2", {"visibility_timeout": "9s"})
        attributes = self.sqs("GetQueueAttributes", QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
        self.assertEqual(attributes, {"VisibilityTimeout": "9"})

    def test_an_attached_queue_is_received_from_and_not_sent_to(self):
        self.ask("PUT", "/v1/topics/orders", {}, status=201)
        self.ask("PUT", "/v1/queues/billing", {"source": {"topic": "orders"}}, status=201)
        self.ask("POST", "/v1/topics/orders/records", {"records": [{"text": "o1"}]})
        [message] = self.sqs("ReceiveMessage", QueueUrl="billing", WaitTimeSeconds=5)["Messages"]
        self.assertEqual(message["Body"], "o1")
        refused = self.call("POST", "/", json.dumps({"QueueUrl": "billing", "MessageBody": "x"}).encode(), status=400,
                            headers={"X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": MAGIC})
        self.assertEqual(refused.json["__type"], "com.amazonaws.sqs#UnsupportedOperation")


if __name__ == "__main__":
    unittest.main()
