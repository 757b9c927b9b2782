"""One queue, two dialects: what one of them does must not break what the other one promises."""

import hashlib
import json
import time
import unittest

from wire._sqs import RawCase

ARN = "arn:aws:sqs:us-east-1:000000000000:{}".format
SECONDS_MAX = 30


class BesideRest(RawCase):
    def queue(self, name: str, **config) -> None:
        self.ask("PUT", f"/v1/queues/{name}", config, status=201)

    def attributes(self, name: str) -> dict:
        return self.sqs("GetQueueAttributes", QueueUrl=name, AttributeNames=["All"])["Attributes"]

    def receive(self, name: str, count: int = 10, **more) -> list:
        return self.sqs("ReceiveMessage", QueueUrl=name, MaxNumberOfMessages=count, AttributeNames=["All"],
                        MessageAttributeNames=["All"], **more).get("Messages", [])

    def bodies(self, name: str, **more) -> list:
        return [message["Body"] for message in self.receive(name, **more)]

    def policy(self, dead: str, count: int = 1) -> dict:
        return {"RedrivePolicy": json.dumps({"deadLetterTargetArn": ARN(dead), "maxReceiveCount": count})}

    def until(self, what, wanted) -> None:
        deadline = time.monotonic() + SECONDS_MAX
        while (got := what()) != wanted:
            self.assertLess(time.monotonic(), deadline, got)
            time.sleep(0.02)


class FifoNames(BesideRest):
    def test_a_fifo_queue_that_rest_made_keeps_each_group_in_order(self):
        self.queue("made.fifo")
        self.assertEqual(self.attributes("made.fifo")["FifoQueue"], "true")
        for body in ("a", "b"):
            self.sqs("SendMessage", QueueUrl="made.fifo", MessageBody=body, MessageGroupId="g", MessageDeduplicationId=body)
        self.sqs("ReceiveMessage", QueueUrl="made.fifo")
        self.assertEqual(self.bodies("made.fifo"), [], "one of the group is in flight")

    def test_and_nobody_takes_its_order_away(self):
        for config in ({"order": "none"}, {"order": "strict"}):
            self.refused("PUT", "/v1/queues/other.fifo", config, status=400, code="invalid-request")
        self.sqs("CreateQueue", QueueName="sqs.fifo", Attributes={"FifoQueue": "true"})
        self.refused("PATCH", "/v1/queues/sqs.fifo", {"order": "fair"}, status=400, code="invalid-request")
        self.ask("PUT", "/v1/topics/t", {}, status=201)
        self.refused("PUT", "/v1/queues/att.fifo", {"source": {"topic": "t"}}, status=400, code="invalid-request")

    def test_a_message_from_rest_has_what_fifo_consumers_rely_on(self):
        self.queue("mixed.fifo")
        path = "/v1/queues/mixed.fifo/messages"
        problem = self.refused("POST", path, {"messages": [{"text": "0", "key": "k"}, {"text": "1"}]}, status=400,
                               code="invalid-request")
        self.assertEqual(problem["index"], 1)
        self.ask("POST", path, {"messages": [{"text": "1", "key": "k"}, {"text": "2", "key": "no token"},
                                             {"text": "3", "key": "x", "group": "g", "dedup_id": "d"}]})
        one, two, three = (message["Attributes"] for message in self.receive("mixed.fifo"))
        self.assertEqual(one["MessageGroupId"], "k")
        self.assertRegex(two["MessageGroupId"], "^[0-9a-f]{64}$")
        self.assertEqual((three["MessageGroupId"], three["MessageDeduplicationId"]), ("g", "d"))
        for attributes in (one, two):
            self.assertTrue(attributes["MessageDeduplicationId"])
            self.assertTrue(attributes["SequenceNumber"])


    def test_by_content_it_does_not_matter_who_sends_twice(self):
        self.sqs("CreateQueue", QueueName="content.fifo",
                 Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"})
        path = "/v1/queues/content.fifo/messages"
        [first] = self.ask("POST", path, {"text": "same", "group": "g"})["messages"]
        self.assertNotIn("duplicate", first)
        [again] = self.ask("POST", path, {"messages": [{"text": "same", "group": "h"}]})["messages"]
        self.assertEqual((again["id"], again["duplicate"]), (first["id"], True))
        over_sqs = self.sqs("SendMessage", QueueUrl="content.fifo", MessageBody="same", MessageGroupId="g")
        self.assertEqual(int(over_sqs["SequenceNumber"]), 1, "that of the first")
        self.sqs("SendMessage", QueueUrl="content.fifo", MessageBody="other", MessageGroupId="g")
        [again] = self.ask("POST", "/v1/queues/content.fifo/raw", b"other", headers={
            "Content-Type": "text/plain", "Twofold-Group": "g"})["messages"]
        self.assertTrue(again["duplicate"])
        [own] = self.ask("POST", path, {"text": "same", "group": "g", "dedup_id": "own"})["messages"]
        self.assertNotIn("duplicate", own, "an id of its own counts before the content")
        in_commit = {"publish": [{"queue": "content.fifo", "messages": [{"text": "same", "group": "g"}]}]}
        [[sent]] = [p["messages"] for p in self.ask("POST", "/v1/commit", in_commit)["publish"]]
        self.assertTrue(sent["duplicate"])
        self.broker.kill()
        self.broker.start()
        [again] = self.ask("POST", path, {"text": "same", "group": "g"})["messages"]
        self.assertTrue(again["duplicate"], "after a restart, too")
        ids = [message["Attributes"]["MessageDeduplicationId"] for message in self.receive("content.fifo")]
        self.assertEqual(ids, ["0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5",
                               hashlib.sha256(b"other").hexdigest(), "own"])

    def test_a_duplicate_of_what_rest_sent_has_the_id_that_receivers_see(self):
        self.queue("ids.fifo", dedup={"content": True})
        path = "/v1/queues/ids.fifo/messages"
        self.ask("POST", path, {"messages": [{"text": "one", "group": "g"},
                                             {"text": "two", "group": "g", "dedup_id": "2"}]})
        again = [self.sqs("SendMessage", QueueUrl="ids.fifo", MessageBody="one", MessageGroupId="g"),
                 self.sqs("SendMessage", QueueUrl="ids.fifo", MessageBody="x", MessageGroupId="g",
                          MessageDeduplicationId="2")]
        received = self.receive("ids.fifo")
        self.assertEqual([m["MessageId"] for m in received], [m["MessageId"] for m in again])
        self.assertEqual([m["Body"] for m in received], ["one", "two"])

    def test_content_counts_where_it_is_told_to_over_either_api(self):
        path = "/v1/queues/told.fifo/messages"
        self.queue("told.fifo")
        self.assertEqual(self.attributes("told.fifo")["ContentBasedDeduplication"], "false")
        for _ in range(2):
            self.ask("POST", path, {"text": "same", "group": "g"})
        self.assertEqual(self.attributes("told.fifo")["ApproximateNumberOfMessages"], "2")
        shown = self.ask("PATCH", "/v1/queues/told.fifo", {"dedup": {"content": True}})
        self.assertEqual(shown["dedup"], {"scope": "queue", "window": "5m", "content": True})
        self.assertEqual(self.attributes("told.fifo")["ContentBasedDeduplication"], "true")
        for _ in range(2):
            self.sqs("SendMessage", QueueUrl="told.fifo", MessageBody="same", MessageGroupId="g")
        self.assertEqual(self.attributes("told.fifo")["ApproximateNumberOfMessages"], "3")
        self.sqs("SetQueueAttributes", QueueUrl="told.fifo", Attributes={"ContentBasedDeduplication": "false"})
        self.assertFalse(self.ask("GET", "/v1/queues/told.fifo")["dedup"]["content"])
        self.refused("PUT", "/v1/queues/told", {"dedup": {"content": True}}, status=400, code="invalid-request")


class Dead(BesideRest):
    def test_what_rest_sent_keeps_its_id_wherever_it_goes(self):
        self.queue("graveyard")
        self.queue("mortal", max_receives=1, dead_letter="graveyard")
        self.ask("POST", "/v1/queues/mortal/messages", {"messages": [{"text": "0"}, {"text": "1"}]})
        ids = {m["Body"]: m["MessageId"] for m in self.receive("mortal", VisibilityTimeout=0)}
        self.assertEqual(len(set(ids.values())), 2)

        def shown(name: str) -> dict:
            return {m["Body"]: m["MessageId"] for m in self.receive(name, VisibilityTimeout=0, WaitTimeSeconds=1)}
        self.until(lambda: shown("graveyard"), ids)
        self.sqs("StartMessageMoveTask", SourceArn=ARN("graveyard"))
        self.until(lambda: self.attributes("mortal")["ApproximateNumberOfMessages"], "2")
        back = self.ask("GET", "/v1/queues/mortal/messages")["items"]
        self.assertFalse([m for m in back if m.get("headers")], "nobody's headers change")
        self.assertEqual(shown("mortal"), ids, "it came back")
        self.until(lambda: shown("graveyard"), ids)

    def test_what_cannot_be_received_is_not_counted_as_waiting(self):
        self.queue("in-place", max_receives=1)
        for body in ("1", "2", "3"):
            self.sqs("SendMessage", QueueUrl="in-place", MessageBody=body)
        self.receive("in-place", count=1, VisibilityTimeout=0)
        [second] = self.ask("POST", "/v1/queues/in-place/receive")["messages"]
        self.ask("POST", "/v1/queues/in-place/nack", {"items": [{"receipt": second["receipt"], "dead": True}]})
        counted = lambda: {name.removeprefix("ApproximateNumberOfMessages"): value
                           for name, value in self.attributes("in-place").items() if name.startswith("Approx")}
        self.assertEqual(self.ask("GET", "/v1/queues/in-place")["messages"]["dead"], 2)
        self.assertEqual(counted(), {"": "1", "Delayed": "0", "NotVisible": "0"})
        peeked = self.ask("GET", "/_aws/sqs/messages?QueueUrl=in-place&ShowInvisible=true&ShowDelayed=true",
                          headers={"Accept": "application/json"})
        self.assertEqual(json.dumps(peeked).count('"Body"'), 1)
        self.assertEqual(self.bodies("in-place"), ["3"])
        self.ask("POST", "/v1/queues/in-place/redrive", {}, status=202)
        self.until(lambda: counted()[""], "2")


class Receipts(BesideRest):
    def test_an_older_receipt_does_not_break_the_order_of_a_queue_that_has_one(self):
        for order in ("key", "strict"):
            name = f"ordered-{order}"
            self.queue(name, order=order)
            self.ask("POST", f"/v1/queues/{name}/messages", {"messages": [{"text": n, "key": "k"} for n in ("1", "2")]})
            [first] = self.receive(name, count=1, VisibilityTimeout=0)
            [second] = self.receive(name, count=1)
            self.assertEqual((first["Body"], second["Body"]), ("1", "1"))
            message = self.sqs_refused("DeleteMessage", "InvalidParameterValue", QueueUrl=name,
                                       ReceiptHandle=first["ReceiptHandle"])
            self.assertIn("The receipt handle has expired.", message)
            self.sqs_refused("ChangeMessageVisibility", "InvalidParameterValue", QueueUrl=name, VisibilityTimeout=0,
                             ReceiptHandle=first["ReceiptHandle"])
            self.sqs("DeleteMessage", QueueUrl=name, ReceiptHandle=second["ReceiptHandle"])
            self.assertEqual(self.bodies(name, WaitTimeSeconds=5), ["2"])

    def test_headers_that_come_to_have_one_name_stay_apart(self):
        self.queue("names")
        self.ask("POST", "/v1/queues/names/messages", {"text": "x", "headers": {"a b": "1", "a_b": "2"}})
        [message] = self.receive("names")
        self.assertEqual({name: value["StringValue"] for name, value in message["MessageAttributes"].items()},
                         {"a_b": "1", "a_b_2": "2", "content-type": "text/plain"})


class WithoutAPlaceToGo(BesideRest):
    def test_what_is_used_up_stays_in_sight_while_its_dead_letter_queue_is_missing(self):
        self.sqs("CreateQueue", QueueName="gone")
        self.sqs("CreateQueue", QueueName="source", Attributes=self.policy("gone"))
        self.sqs("SendMessage", QueueUrl="source", MessageBody="precious")
        self.sqs("DeleteQueue", QueueUrl="gone")
        for _ in range(3):
            self.assertEqual(self.bodies("source", VisibilityTimeout=0, WaitTimeSeconds=5), ["precious"])
        self.assertEqual(self.attributes("source")["ApproximateNumberOfMessages"], "1")
        self.sqs("CreateQueue", QueueName="gone")
        [letter] = self.receive("gone", WaitTimeSeconds=10)
        self.assertEqual(letter["Body"], "precious")
        self.assertEqual(letter["Attributes"]["DeadLetterQueueSourceArn"], ARN("source"))

    def test_a_queue_over_a_topic_is_no_place(self):
        self.ask("PUT", "/v1/topics/orders", {}, status=201)
        self.queue("reader", source={"topic": "orders"})
        self.sqs_refused("CreateQueue", "InvalidParameterValue", QueueName="jobs", Attributes=self.policy("reader"))
        self.refused("PUT", "/v1/queues/jobs", {"max_receives": 1, "dead_letter": "reader"}, status=409,
                     code="queue-is-attached")
        self.queue("jobs", max_receives=1)
        self.refused("PATCH", "/v1/queues/jobs", {"dead_letter": "reader"}, status=409, code="queue-is-attached")
        self.sqs_refused("SetQueueAttributes", "InvalidParameterValue", QueueUrl="jobs", Attributes=self.policy("reader"))


class MoveTasks(BesideRest):
    def setUp(self):
        self.name = self.id().rsplit(".", 1)[1][5:40].replace("_", "-")
        self.dead = f"{self.name}-dead"
        self.sqs("CreateQueue", QueueName=self.dead)
        self.sqs("CreateQueue", QueueName=self.name, Attributes=self.policy(self.dead))

    def die(self, *bodies: str) -> None:
        for body in bodies:
            self.sqs("SendMessage", QueueUrl=self.name, MessageBody=body)
        self.receive(self.name, VisibilityTimeout=0)
        self.until(lambda: self.attributes(self.name)["ApproximateNumberOfMessages"], "0")

    def task(self) -> dict:
        [task] = self.sqs("ListMessageMoveTasks", SourceArn=ARN(self.dead))["Results"]
        return task

    def test_one_stray_message_does_not_keep_the_others_from_going_back(self):
        self.sqs("SendMessage", QueueUrl=self.dead, MessageBody="stray")
        self.die("1", "2", "3")
        self.until(lambda: self.attributes(self.dead)["ApproximateNumberOfMessages"], "4")
        self.sqs("StartMessageMoveTask", SourceArn=ARN(self.dead))
        self.until(lambda: self.task()["Status"], "FAILED")
        self.assertEqual(self.task()["ApproximateNumberOfMessagesMoved"], 3)
        self.assertEqual(self.task()["FailureReason"], "CouldNotDetermineMessageSource")
        self.assertEqual(sorted(self.bodies(self.name, WaitTimeSeconds=5)), ["1", "2", "3"])
        self.assertEqual(self.bodies(self.dead, WaitTimeSeconds=5), ["stray"])

    def test_destinations_that_are_none(self):
        self.sqs("CreateQueue", QueueName="fast.fifo", Attributes={"FifoQueue": "true"})
        self.ask("PUT", "/v1/topics/into", {}, status=201)
        self.queue("reads-into", source={"topic": "into"})
        for destination in (self.dead, "fast.fifo", "reads-into"):
            message = self.sqs_refused("StartMessageMoveTask", "InvalidParameterValue", SourceArn=ARN(self.dead),
                                       DestinationArn=ARN(destination))
            self.assertIn("DestinationArn", message)

    def test_a_task_is_cancelled_under_the_name_of_its_own_source(self):
        import base64
        other, others_dead = f"{self.name}-x", f"{self.name}-x-dead"
        self.sqs("CreateQueue", QueueName=others_dead)
        self.sqs("CreateQueue", QueueName=other, Attributes=self.policy(others_dead))
        self.die("1", "2", "3")
        self.until(lambda: self.attributes(self.dead)["ApproximateNumberOfMessages"], "3")
        handle = self.sqs("StartMessageMoveTask", SourceArn=ARN(self.dead), MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
        said = json.loads(base64.b64decode(handle))
        forged = base64.b64encode(json.dumps({**said, "sourceArn": ARN(others_dead)}).encode()).decode()
        self.sqs_refused("CancelMessageMoveTask", "ResourceNotFoundException", 404, TaskHandle=forged)
        self.assertEqual(self.task()["Status"], "RUNNING")
        self.sqs("CancelMessageMoveTask", TaskHandle=handle)


if __name__ == "__main__":
    unittest.main()
