"""With access keys configured every SQS request must be signed with one of them."""

import atexit
import datetime
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
import urllib.parse
from unittest import mock

from wire._aws import AwsCase, main
from wire._broker import PROGRAM

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
KEYS = pathlib.Path(tempfile.mkdtemp(prefix="twofold-keys-")) / "keys"
atexit.register(shutil.rmtree, KEYS.parent)
KEYS.touch(mode=0o600)
KEYS.write_text(f"""
[[key]]
id = "AKIDMAIN"
sqs_secret = "{SECRET}"
allow = ["* *"]
[[key]]
id = "AKIDOTHER"
sqs_secret = "another-secret"
account = "111122223333"
allow = ["* *"]
""")
MAGIC = "application/x-amz-json-1.0"


def clock_of_botocore(shift: float):
    """Signs as if it were `shift` seconds later. Where botocore asks for the time differs by version."""
    from botocore import auth
    at = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=shift)).replace(tzinfo=None)
    if hasattr(auth, "get_current_datetime"):
        return mock.patch.object(auth, "get_current_datetime", lambda *a, **k: at)
    return mock.patch.object(auth, "datetime", mock.Mock(datetime=mock.Mock(utcnow=lambda: at)))


class Signed(AwsCase):
    settings = (f"auth.keys_file={KEYS}",)

    @classmethod
    def client(cls, key: str = "AKIDMAIN", region: str = "us-east-1", secret: str = SECRET, **more):
        return super().client(key, region, secret, **more)

    def signed(self, body: bytes = b"{}", *, shift: float = 0, service: str = "sqs", secret: str = SECRET, host: str = ""):
        """Headers of a ListQueues as botocore signs them, `shift` seconds from now."""
        from botocore import auth, awsrequest, credentials
        request = awsrequest.AWSRequest("POST", f"http://{host or f'127.0.0.1:{self.broker.port}'}/", data=body, headers={
            "Content-Type": MAGIC, "X-Amz-Target": "AmazonSQS.ListQueues"})
        with clock_of_botocore(shift):
            auth.SigV4Auth(credentials.Credentials("AKIDMAIN", secret), service, "us-east-1").add_auth(request)
        return dict(request.headers.items())

    def presigned(self, url: str, expires: int = 60, shift: float = 0, secret: str = SECRET) -> str:
        """Path and query of a GET."""
        from botocore import auth, awsrequest, credentials
        request = awsrequest.AWSRequest("GET", url)
        with clock_of_botocore(shift):
            auth.SigV4QueryAuth(credentials.Credentials("AKIDMAIN", secret), "sqs", "us-east-1", expires).add_auth(request)
        parts = urllib.parse.urlsplit(request.url)
        return f"{parts.path}?{parts.query}"

    def post(self, body: bytes, headers: dict, *, status: int, path: str = "/"):
        return self.call("POST", path, body, status=status, headers=headers)

    def said(self, answer, kind: str, query: str) -> str:
        self.assertEqual(answer.json["__type"], f"com.amazon.coral.service#{kind}")
        self.assertEqual(answer.headers["x-amzn-query-error"], f"{query};Sender")
        return answer.json["message"]

    def test_a_signed_client_notices_nothing(self):
        url = self.queue()
        self.sqs.send_message(QueueUrl=url, MessageBody="hello, wörld ~ a+b",
                              MessageAttributes={"a": {"DataType": "String", "StringValue": "x y"}})
        self.assertEqual(self.bodies(url), ["hello, wörld ~ a+b"])
        self.assertIn("/000000000000/", url)

    def test_the_key_says_the_account(self):
        other = self.client("AKIDOTHER", secret="another-secret")
        url = other.create_queue(QueueName="theirs")["QueueUrl"]
        self.assertIn("/111122223333/theirs", url)

    def test_a_wrong_secret(self):
        self.refused("SignatureDoesNotMatch", 403, self.client(secret="wrong").list_queues)
        self.refused("SignatureDoesNotMatch", 403, self.client("AKIDOTHER").list_queues)

    def test_an_unknown_key(self):
        self.refused("InvalidClientTokenId", 403, self.client("AKIDNOBODY").list_queues)

    def test_no_signature(self):
        from botocore import UNSIGNED
        self.refused("AccessDenied", 403, self.client(signature_version=UNSIGNED).list_queues)
        answer = self.call("POST", "/", b"Action=ListQueues", status=403)
        self.assertIn(b"<Code>AccessDenied</Code>", answer.body)
        self.assertNotIn(b"QueueUrl", answer.body)
        self.call("GET", "/?Action=ListQueues", status=403)

    def test_a_token_is_signed_with_the_rest(self):
        import boto3
        session = boto3.Session("AKIDMAIN", SECRET, "a-session-token", "us-east-1")
        sqs = session.client("sqs", endpoint_url=f"http://127.0.0.1:{self.broker.port}")
        sqs.list_queues()
        headers = {**self.signed(), "X-Amz-Security-Token": "added-later"}
        self.said(self.post(b"{}", headers, status=403), "InvalidSignatureException", "SignatureDoesNotMatch")

    def test_a_body_that_was_changed(self):
        headers = self.signed(b'{"MaxResults":1}')
        self.post(b'{"MaxResults":1}', headers, status=200)
        self.said(self.post(b'{"MaxResults":2}', headers, status=403), "InvalidSignatureException", "SignatureDoesNotMatch")

    def test_clocks_that_differ(self):
        for shift in (-14 * 60, 14 * 60):
            self.post(b"{}", self.signed(shift=shift), status=200)
        for shift, words in ((-16 * 60, "Signature expired"), (16 * 60, "Signature not yet current")):
            message = self.said(self.post(b"{}", self.signed(shift=shift), status=403),
                                "InvalidSignatureException", "SignatureDoesNotMatch")
            self.assertIn(words, message)

    def test_a_signature_for_another_service(self):
        message = self.said(self.post(b"{}", self.signed(service="sns"), status=403),
                            "InvalidSignatureException", "SignatureDoesNotMatch")
        self.assertIn("correct service", message)

    def test_a_proxy_that_changed_the_host(self):
        headers = self.signed(host="localhost:9999")
        self.post(b"{}", headers, status=403)
        self.post(b"{}", {**headers, "X-Forwarded-Host": "localhost:9999"}, status=200)

    def test_presigned_requests(self):
        url = self.queue()
        send = f"{url}?Action=SendMessage&MessageBody=a%20b%2Bc%2F~&Version=2012-11-05"
        good = self.presigned(send)
        self.call("GET", good)
        self.assertEqual(self.bodies(url), ["a b+c/~"])
        for bad in (self.presigned(send, shift=-61), self.presigned(send, secret="wrong"), good.replace("a%20b", "a%20c"),
                    good + "&DelaySeconds=1"):
            answer = self.call("GET", bad, status=403)
            self.assertIn(b"<Code>SignatureDoesNotMatch</Code>", answer.body)
        self.call("GET", self.presigned(send, expires=604_801), status=400)
        self.assertEqual(self.bodies(url), [])

    def test_garbage_is_answered_and_kills_nobody(self):
        scope = "AWS4-HMAC-SHA256 Credential=AKIDMAIN/20260102/us-east-1/sqs/aws4_request"
        for text in ("Bearer x", "AWS4-HMAC-SHA256", scope, f"{scope}, SignedHeaders=host;;, Signature=x", "=" * 15_000,
                     "AWS4-HMAC-SHA256 " + "," * 14_000, f"{scope}, SignedHeaders=" + "a;" * 6_000 + ", Signature=0",
                     "\xff\xfe\x80", f"{scope}, SignedHeaders=host, Signature=" + "f" * 12_000):
            headers = {"Content-Type": MAGIC, "X-Amz-Target": "AmazonSQS.ListQueues", "X-Amz-Date": "20260102T030405Z",
                       "Authorization": text.encode("latin-1")}
            answer = self.broker.call("POST", "/", b"{}", headers)
            self.assertIn(answer.status, (400, 403), text[:80])
            self.assertTrue(answer.json["__type"], text[:80])
        self.sqs.list_queues()

    def test_what_is_not_sqs_asks_for_a_key_too(self):
        self.call("GET", "/v1/queues", status=401)
        self.ask("GET", "/health")


class Keys(unittest.TestCase):
    """Keys are the program's to read, and nobody's to see."""

    def run_with(self, *settings: str):
        return lambda *words: subprocess.run(
            [PROGRAM, *words, *(word for one in settings for word in ("--set", one))],
            capture_output=True, text=True, timeout=20)

    def test_the_configuration_shows_the_file_and_no_secret(self):
        shown = self.run_with(f"auth.keys_file={KEYS}")("config", "show")
        self.assertIn(str(KEYS), shown.stdout)
        self.assertNotIn(SECRET, shown.stdout + shown.stderr)

    def test_a_file_that_is_wrong_keeps_the_broker_from_starting(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "keys")
            for text, words in (("AKID s3cr3t\n", ":1: this is not TOML"),
                                ('[[key]]\nid = "a"\nsqs_secret = "s3cr3t"\naccount = "12"\n', ":4: an account is twelve digits"),
                                ('[[key]]\nid = "a"\nsqs_secret = "s3cr3t"\n' * 2, ":4: a was given before"),
                                (None, "cannot read")):
                if text is None:
                    os.remove(path)
                else:
                    with open(path, "w") as file:
                        file.write(text)
                tried = self.run_with(f"auth.keys_file={path}")("serve", "--memory", "--http", "127.0.0.1:0")
                self.assertEqual(tried.returncode, 1, tried)
                self.assertIn(words, tried.stderr)
                self.assertNotIn("s3cr3t", tried.stderr)

    def test_strict_needs_keys(self):
        tried = self.run_with("sqs.profile=strict")("serve", "--memory", "--http", "127.0.0.1:0")
        self.assertEqual(tried.returncode, 2, tried)
        self.assertIn("sqs.profile (strict, --set sqs.profile) needs auth.keys_file", tried.stderr)
        self.assertIn("sqs.profile=lenient", tried.stderr)


if __name__ == "__main__":
    main()
