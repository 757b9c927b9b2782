"""Each account and region with queues of its own, and addresses as clients of AWS and LocalStack write them."""

import json
import urllib.parse

from wire._aws import PROTOCOL, AwsCase, main


class Separate(AwsCase):
    settings = ("sqs.regions=separate", "sqs.queue_url=http://sqs.{region}.localhost:9324/{account}/{name}")

    def names(self, client) -> list:
        return [url.rsplit("/", 1)[1] for url in client.list_queues().get("QueueUrls", [])]

    def test_a_name_means_another_queue_in_each_region(self):
        here, there = self.client(region="eu-west-1"), self.client(region="us-west-2")
        other = self.client("111122223333", "eu-west-1")
        urls = [client.create_queue(QueueName="jobs")["QueueUrl"] for client in (here, there, other)]
        self.assertEqual(urls, ["http://sqs.eu-west-1.localhost:9324/000000000000/jobs",
                                "http://sqs.us-west-2.localhost:9324/000000000000/jobs",
                                "http://sqs.eu-west-1.localhost:9324/111122223333/jobs"])
        for url in urls:
            here.send_message(QueueUrl=url, MessageBody=url)
        for client, url in zip((here, there, other), urls):
            self.assertEqual([message["Body"] for message in client.receive_message(
                QueueUrl="jobs", MaxNumberOfMessages=10)["Messages"]], [url])
            arn = client.get_queue_attributes(QueueUrl="jobs", AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            region = urllib.parse.urlsplit(url).hostname.split(".")[1]
            self.assertEqual(arn, f"arn:aws:sqs:{region}:{url.split('/')[3]}:jobs")
        self.assertEqual(there.get_queue_url(QueueName="jobs")["QueueUrl"], urls[1])
        self.assertEqual(here.get_queue_url(QueueName="jobs", QueueOwnerAWSAccountId="111122223333")["QueueUrl"], urls[2])
        self.assertEqual(self.names(here), ["jobs"])
        there.delete_queue(QueueUrl=urls[1])
        self.assertEqual((self.names(here), self.names(there)), (["jobs"], []))
        self.refused("AWS.SimpleQueueService.NonExistentQueue", 400, self.sqs.get_queue_url, QueueName="jobs")

    def test_fifo_queues_are_kept_as_such(self):
        client = self.client(region="sa-east-1")
        url = client.create_queue(QueueName="orders.fifo", Attributes={
            "FifoQueue": "true", "ContentBasedDeduplication": "true"})["QueueUrl"]
        self.assertEqual(url, "http://sqs.sa-east-1.localhost:9324/000000000000/orders.fifo")
        for _ in range(2):
            client.send_message(QueueUrl=url, MessageBody="once", MessageGroupId="g")
        self.assertEqual(len(client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]), 1)
        self.assertEqual(self.names(client), ["orders.fifo"])
        self.ask("GET", "/v1/queues/orders.000000000000.sa-east-1.fifo")

    def test_where_it_is_kept_is_no_way_in(self):
        client = self.client(region="eu-central-1")
        client.create_queue(QueueName="secret")
        self.ask("GET", "/v1/queues/secret.000000000000.eu-central-1")
        self.refused("AWS.SimpleQueueService.NonExistentQueue", 400, self.sqs.receive_message,
                     QueueUrl="secret.000000000000.eu-central-1")

    def test_queues_of_others_do_not_break_a_list_into_pages(self):
        mine, theirs = self.client(region="ap-south-1"), self.client(region="ap-south-2")
        for n in range(5):
            mine.create_queue(QueueName=f"page-{n}")
            theirs.create_queue(QueueName=f"page-{n}")
        first = mine.list_queues(QueueNamePrefix="page", MaxResults=3)
        rest = mine.list_queues(QueueNamePrefix="page", MaxResults=3, NextToken=first["NextToken"])
        self.assertEqual([url.rsplit("/", 1)[1] for url in first["QueueUrls"] + rest["QueueUrls"]],
                         [f"page-{n}" for n in range(5)])
        self.assertNotIn("NextToken", rest)
        self.assertNotIn("QueueUrls", mine.list_queues(QueueNamePrefix="page-1.0"))

    def test_dead_letters_stay_in_their_account_and_region(self):
        client = self.client(region="eu-north-1")
        dead = client.create_queue(QueueName="dead")["QueueUrl"]
        self.client(region="eu-south-1").create_queue(QueueName="dead")
        policy = lambda region: json.dumps({"deadLetterTargetArn": f"arn:aws:sqs:{region}:000000000000:dead",
                                            "maxReceiveCount": 1})
        self.refused("InvalidParameterValue", 400, client.create_queue, QueueName="work",
                     Attributes={"RedrivePolicy": policy("eu-south-1")})
        self.refused("InvalidParameterValue", 400, client.create_queue, QueueName="work",
                     Attributes={"RedrivePolicy": policy("eu-west-3")})
        work = client.create_queue(QueueName="work", Attributes={"RedrivePolicy": policy("eu-north-1"),
                                                                 "VisibilityTimeout": "0"})["QueueUrl"]
        shown = client.get_queue_attributes(QueueUrl=work, AttributeNames=["RedrivePolicy"])["Attributes"]["RedrivePolicy"]
        self.assertEqual(json.loads(shown), json.loads(policy("eu-north-1")))
        sources = client.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"]
        self.assertEqual(sources, [work])
        client.send_message(QueueUrl=work, MessageBody="poison")
        for _ in range(2):
            client.receive_message(QueueUrl=work)
        [message] = client.receive_message(QueueUrl=dead, AttributeNames=["All"], WaitTimeSeconds=5)["Messages"]
        self.assertEqual(message["Attributes"]["DeadLetterQueueSourceArn"], "arn:aws:sqs:eu-north-1:000000000000:work")
        if PROTOCOL == "query":  # botocore of that time knew no move tasks
            return
        self.refused("ResourceNotFoundException", 404, client.start_message_move_task,
                     SourceArn="arn:aws:sqs:eu-west-3:000000000000:dead")
        client.change_message_visibility(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
        client.start_message_move_task(SourceArn="arn:aws:sqs:eu-north-1:000000000000:dead")
        self.assertEqual(client.receive_message(QueueUrl=work, WaitTimeSeconds=5)["Messages"][0]["Body"], "poison")


class Addresses(AwsCase):
    """With one space of names every address leads to the same queue."""

    def test_hosts_of_localstack_and_aws(self):
        port = self.broker.port
        for host, region in ((f"sqs.eu-west-1.localhost:{port}", "eu-west-1"), (f"localhost.localstack.cloud:{port}", "us-east-1"),
                             (f"sqs.eu-west-1.localhost.localstack.cloud:{port}", "eu-west-1"),
                             (f"eu-west-2.queue.localhost:{port}", "eu-west-2")):
            headers = {"Host": host}
            created = self.call("POST", "/", b"Action=CreateQueue&QueueName=hosted", headers=headers)
            self.assertIn(f"<QueueUrl>http://{host}/000000000000/hosted</QueueUrl>".encode(), created.body)
            shown = self.call("GET", "/000000000000/hosted?Action=GetQueueAttributes&AttributeName=QueueArn", headers=headers)
            self.assertIn(f"arn:aws:sqs:{region}:000000000000:hosted".encode(), shown.body)
        self.call("POST", "/", b"Action=ListQueues", status=403, headers={"Host": "sqs.eu-west-1.evil.example.org"})

    def test_urls_of_every_kind(self):
        url = self.queue()
        name = url.rsplit("/", 1)[1]
        for other in (f"https://sqs.eu-west-1.amazonaws.com/123456789012/{name}",
                      f"http://localhost:4566/queue/eu-west-1/000000000000/{name}", name):
            self.sqs.send_message(QueueUrl=other, MessageBody=other)
            self.assertEqual(self.bodies(url), [other])


if __name__ == "__main__":
    main()
