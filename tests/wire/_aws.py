"""Unmodified AWS clients against a broker: each story runs once for each protocol that boto3 has spoken.

botocore before 1.31.81 (Debian 12 has 1.29.27) speaks the Query protocol, later ones AWS JSON 1.0. A
story finds a client for each: this interpreter's, Debian's, or one that pip fetches once. It runs
itself again with that client. What cannot be found is said; without any client the story fails.
"""

import os
import pathlib
import subprocess
import sys
import unittest

from wire._broker import WireCase
from wire._fetched import CLIENTS

WHEELS = {"query": "boto3==1.26.27", "json": "boto3"}
PROTOCOL = os.environ.get("TWOFOLD_AWS_PROTOCOL")
ASK = ("import boto3, botocore.session as s;"
       "print(s.get_session().get_service_model('sqs').metadata['protocol'])")


def environment(folder: pathlib.Path | None) -> dict:
    paths = [str(folder)] if folder else []
    paths += filter(None, [os.environ.get("PYTHONPATH")])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def spoken_by(python: str, folder: pathlib.Path | None) -> str | None:
    try:
        asked = subprocess.run([python, "-c", ASK], env=environment(folder), capture_output=True, text=True, timeout=60)
    except OSError:
        return None
    return asked.stdout.strip() or None


def find_client(protocol: str) -> tuple[str, pathlib.Path | None] | None:
    fetched = CLIENTS / protocol
    for python, folder in ((sys.executable, None), ("/usr/bin/python3", None), (sys.executable, fetched)):
        if (folder is None or folder.exists()) and spoken_by(python, folder) == protocol:
            return python, folder
    fetch = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(fetched), WHEELS[protocol]]
    try:
        subprocess.run(fetch, capture_output=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired):
        pass
    return (sys.executable, fetched) if spoken_by(sys.executable, fetched) == protocol else None


def main() -> None:
    if PROTOCOL:
        unittest.main()
    found = 0
    failed = 0
    for protocol in WHEELS:
        client = find_client(protocol)
        print(f"== {protocol}: {client or 'SKIPPED, no such boto3 here and none to fetch'}", flush=True)
        if not client:
            continue
        found += 1
        python, folder = client
        env = {**environment(folder), "TWOFOLD_AWS_PROTOCOL": protocol}
        failed += subprocess.run([python, *sys.argv], env=env).returncode != 0
    sys.exit(1 if failed or not found else 0)


class AwsCase(WireCase):
    """A broker for the class; self.sqs is a client of it. Queues are named after their test."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.sqs = cls.client()

    @classmethod
    def client(cls, key: str = "test", region: str = "us-east-1", secret: str = "test", endpoint: str = "", **more):
        import boto3
        from botocore.config import Config
        config = Config(retries={"max_attempts": 0}, read_timeout=60, **more)
        return boto3.client("sqs", endpoint_url=endpoint or f"http://127.0.0.1:{cls.broker.port}", region_name=region,
                            aws_access_key_id=key, aws_secret_access_key=secret, config=config)

    def queue(self, suffix: str = "", **attributes) -> str:
        name = self.id().rsplit(".", 1)[1][:70] + suffix
        return self.sqs.create_queue(QueueName=name, Attributes={k: str(v) for k, v in attributes.items()})["QueueUrl"]

    def attributes(self, url: str, *names: str) -> dict:
        return self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names)).get("Attributes", {})

    def receive(self, url: str, **more) -> list:
        return self.sqs.receive_message(QueueUrl=url, **more).get("Messages", [])

    def bodies(self, url: str, count: int = 10, **more) -> list:
        return [message["Body"] for message in self.receive(url, MaxNumberOfMessages=count, **more)]

    def refused(self, code: str, status: int, call, **parameters):
        """The call must fail with this query code; returns the whole answer."""
        from botocore.exceptions import ClientError
        with self.assertRaises(ClientError) as caught:
            call(**parameters)
        answer = caught.exception.response
        self.assertEqual(answer["Error"]["Code"], code, answer)
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], status, answer)
        return answer["Error"]
