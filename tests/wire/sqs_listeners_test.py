"""The same broker at several addresses."""

import http.client
import json

from wire._aws import AwsCase, main
from wire._broker import Broker, InBackground


class Listeners(AwsCase):
    settings = ("sqs.listen=127.0.0.1:0, [::1]:0",)

    def ports(self) -> list:
        lines = (self.broker.folder / "broker.log").read_text().splitlines()
        return [json.loads(line)["port"] for line in lines if "listening for SQS" in line]

    def test_every_dialect_is_served_at_every_address(self):
        url = self.queue()
        ports = self.ports()
        self.assertEqual(len(ports), 2)
        for host, port in zip(("127.0.0.1", "[::1]"), ports):
            client = self.client(endpoint=f"http://{host}:{port}")
            seen = client.get_queue_url(QueueName=url.rsplit("/", 1)[1])["QueueUrl"]
            self.assertTrue(seen.startswith(f"http://{host}:{port}/"), seen)
            client.send_message(QueueUrl=seen, MessageBody=host)
            connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=10)
            connection.request("GET", "/v1/queues")
            self.assertEqual(connection.getresponse().status, 200)
            connection.close()
        self.assertEqual(self.bodies(url), ["127.0.0.1", "[::1]"])

    def test_all_are_drained(self):
        broker = Broker(*self.settings)
        self.addCleanup(broker.remove)
        broker.start()
        log = (broker.folder / "broker.log").read_text().splitlines()
        port = next(int(json.loads(line)["port"]) for line in log if "listening for SQS" in line)
        broker.call("POST", "/", b"Action=CreateQueue&QueueName=q")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/000000000000/q?Action=ReceiveMessage&WaitTimeSeconds=20")
        answered = InBackground(lambda: connection.getresponse().status)
        while b'twofold_connections{listener="http"} 2' not in broker.call("GET", "/metrics").body:
            pass  # until the poll has arrived beside us
        self.assertEqual(broker.stop(), 0)
        self.assertEqual(answered.finish(), 200)
        connection.close()
        with self.assertRaises(OSError):
            http.client.HTTPConnection("127.0.0.1", port, timeout=5).request("GET", "/health")


if __name__ == "__main__":
    main()
