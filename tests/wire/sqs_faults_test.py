"""Whatever a client sends, it gets an answer that it can read, about what was wrong and nothing else."""

import json
import unittest
import urllib.parse
import xml.etree.ElementTree as xml

from wire._sqs import MAGIC, NS, RawCase

TOO_LARGE = (10 << 20) + 1


class Faults(RawCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.broker.call("PUT", "/v1/queues/q", {})
        cls.broker.call("PUT", "/v1/queues/f.fifo", {})

    def test_an_xml_parser_reads_every_fault(self):
        for form in (b"Action=a%01b", b"Action=SendMessage&QueueUrl=f.fifo&MessageBody=x&MessageGroupId=a%01b",
                     b"Action=DeleteMessage&QueueUrl=q&ReceiptHandle=%02", b"Action=DeleteMessage&QueueUrl=q&ReceiptHandle=%EF%BF%BF",
                     b"Action=GetQueueAttributes&QueueUrl=q&AttributeName.1=%03",
                     b"Action=SetQueueAttributes&QueueUrl=q&Attribute.1.Name=RedrivePolicy&Attribute.1.Value=%04"):
            answer = self.call("POST", "/", form, status=404 if b"ReceiptHandle" in form else 400,
                               headers={"Content-Type": "application/x-www-form-urlencoded"})
            self.assertEqual(xml.fromstring(answer.body).tag, NS + "ErrorResponse", form)
            self.assertIn("\N{REPLACEMENT CHARACTER}", answer.body.decode(), form)

    def test_a_fault_does_not_send_half_a_megabyte_back(self):
        answer = self.json("DeleteMessage", {"QueueUrl": "q", "ReceiptHandle": "h" * 500_000}, status=404)
        self.assertLess(len(answer.body), 1_000)

    def test_a_form_that_cannot_be_read_gets_an_answer_in_xml(self):
        self.assertEqual(self.form_fault(b"Action=SendMessage&QueueUrl=q&MessageBody=100% sure")[0], "MalformedInput")
        self.assertEqual(self.form_fault(b"QueueUrl=q&MessageBody=%ff&Action=SendMessage")[0], "InvalidMessageContents")
        self.assertEqual(self.form_fault(b"Action=SendMessage" + b"".join(b"&a%d=" % n for n in range(2_001)))[0],
                         "MalformedInput")
        self.refused("POST", "/nowhere", b"Reaction=%", status=404, code="not-found",
                     headers={"Content-Type": "application/x-www-form-urlencoded"})

    def test_a_body_that_is_too_large_is_one_message_that_is_too_long(self):
        self.assertEqual(self.sqs_refused_large("SendMessage"), "InvalidParameterValue")
        self.assertEqual(self.sqs_refused_large("SendMessageBatch"), "AWS.SimpleQueueService.BatchRequestTooLong")
        head, body = self.announce("Content-Type: application/x-www-form-urlencoded")
        self.assertIn("content-type: text/xml", head.lower())
        fault = xml.fromstring(body)
        self.assertEqual(fault.findtext(f"{NS}Error/{NS}Code"), "InvalidParameterValue")
        self.assertIn("Message must be shorter than 1048576 bytes", fault.findtext(f"{NS}Error/{NS}Message"))

    def announce(self, *fields: str) -> tuple[str, str]:
        """What a body gets that is refused by its length; nobody reads it."""
        lines = ["POST / HTTP/1.1", "Host: localhost", f"Content-Length: {TOO_LARGE}", *fields, "", ""]
        head, _, body = self.broker.raw("\r\n".join(lines).encode()).decode().partition("\r\n\r\n")
        self.assertIn(" 400 ", head.splitlines()[0])
        return head, body

    def sqs_refused_large(self, action: str) -> str:
        head, body = self.announce(f"X-Amz-Target: AmazonSQS.{action}", f"Content-Type: {MAGIC}")
        [error] = [line for line in head.splitlines() if line.lower().startswith("x-amzn-query-error")]
        return error.split(": ")[1].split(";")[0]

    def test_json_without_a_target_is_told_so_in_json(self):
        answer = self.call("POST", "/", {"QueueName": "x"}, status=400)
        self.assertEqual(answer.json["__type"], "com.amazon.coral.service#UnknownOperationException")

    def test_one_bad_entry_does_not_fail_its_batch(self):
        body = (b'{"QueueUrl":"q","Entries":[{"Id":"half","MessageBody":"\\ud800"},{"Id":"empty","MessageBody":""},'
                b'{"Id":"none"},{"Id":"good","MessageBody":"x"}]}')
        answer = self.json("SendMessageBatch", body).json
        self.assertEqual([sent["Id"] for sent in answer["Successful"]], ["good"])
        self.assertEqual([(failed["Id"], failed["Code"]) for failed in answer["Failed"]],
                         [("half", "InvalidMessageContents"), ("empty", "MissingParameter"), ("none", "MissingParameter")])
        self.sqs("PurgeQueue", QueueUrl="q")

    def test_a_name_that_comes_twice_is_refused(self):
        one = b'"a":{"DataType":"String","StringValue":"1"}'
        body = b'{"QueueUrl":"q","MessageBody":"x","MessageAttributes":{%b,%b}}' % (one, one)
        self.assertIn("InvalidParameterValue", self.json("SendMessage", body, status=400).headers["x-amzn-query-error"])
        pairs = {"Action": "SendMessage", "QueueUrl": "q", "MessageBody": "x"}
        for n in (1, 2):
            pairs |= {f"MessageAttribute.{n}.Name": "a", f"MessageAttribute.{n}.Value.DataType": "String",
                      f"MessageAttribute.{n}.Value.StringValue": str(n)}
        self.assertEqual(self.form_fault(urllib.parse.urlencode(pairs).encode())[0], "InvalidParameterValue")

    def test_a_tag_without_a_value_is_refused(self):
        self.sqs_refused("TagQueue", "InvalidParameterValue", QueueUrl="q", Tags={"k": None})
        self.assertEqual(self.form_fault(b"Action=TagQueue&QueueUrl=q&Tag.1.Key=k")[0], "InvalidParameterValue")
        self.assertEqual(self.sqs("ListQueueTags", QueueUrl="q"), {})

    def test_numbers_of_languages_that_have_no_others(self):
        self.json("SendMessage", b'{"QueueUrl":"q","MessageBody":"x","DelaySeconds":0.0}')
        self.json("SendMessage", b'{"QueueUrl":"q","MessageBody":"x","DelaySeconds":0.5}', status=400)
        self.sqs("PurgeQueue", QueueUrl="q")


class SameQueue(RawCase):
    """CreateQueue of a queue that is there: what means the same is the same."""

    def test_policies_are_compared_by_what_they_say(self):
        policy = {"Version": "2012-10-17", "Statement": []}
        self.sqs("CreateQueue", QueueName="p", Attributes={"Policy": "\n " + json.dumps(policy, indent=2) + "\n"})
        self.sqs("CreateQueue", QueueName="p", Attributes={"Policy": json.dumps(policy, sort_keys=True)})
        self.sqs_refused("CreateQueue", "QueueAlreadyExists", QueueName="p", Attributes={
            "Policy": json.dumps({**policy, "Id": "other"})})
        self.sqs_refused("SetQueueAttributes", "InvalidAttributeValue", QueueUrl="p", Attributes={"Policy": " "})

    def test_where_regions_share_their_queues_an_arn_of_any_region_means_the_same(self):
        self.sqs("CreateQueue", QueueName="dead")
        arn = "arn:aws:sqs:{}:000000000000:{}".format
        redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn("us-east-1", "dead"), "maxReceiveCount": 3})}
        again = {"RedrivePolicy": json.dumps({"maxReceiveCount": "3", "deadLetterTargetArn": arn("eu-west-1", "dead")})}
        self.sqs("CreateQueue", QueueName="source", Attributes=redrive)
        self.sqs("CreateQueue", QueueName="source", Attributes=again)
        self.sqs("SetQueueAttributes", QueueUrl="dead", Attributes={"RedriveAllowPolicy": json.dumps(
            {"redrivePermission": "byQueue", "sourceQueueArns": [arn("ap-south-1", "source")]})})
        self.sqs("SetQueueAttributes", QueueUrl="source", Attributes=redrive)

    def test_there_is_one_kind_of_encryption_at_a_time(self):
        self.sqs("CreateQueue", QueueName="kms", Attributes={"KmsMasterKeyId": "alias/a"})
        self.sqs("SetQueueAttributes", QueueUrl="kms", Attributes={"SqsManagedSseEnabled": "true"})
        attributes = self.sqs("GetQueueAttributes", QueueUrl="kms", AttributeNames=["All"])["Attributes"]
        self.assertEqual(attributes["SqsManagedSseEnabled"], "true")
        self.assertNotIn("KmsMasterKeyId", attributes)

    def test_of_several_proxies_the_first_spoke_with_the_client(self):
        answer = self.json("CreateQueue", {"QueueName": "seen"}, headers={"X-Forwarded-Proto": "https, http"})
        self.assertTrue(answer.json["QueueUrl"].startswith("https://"))


if __name__ == "__main__":
    unittest.main()
