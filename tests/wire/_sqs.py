"""Both protocols of Amazon SQS byte for byte, spoken to with nothing but http.client."""

import json
import urllib.parse
import xml.etree.ElementTree as xml

from wire._broker import WireCase

NS = "{http://queue.amazonaws.com/doc/2012-11-05/}"
MAGIC = "application/x-amz-json-1.0"
UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class RawCase(WireCase):
    def json(self, action: str, body, *, status: int = 200, path: str = "/", headers=None):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.call("POST", path, data, status=status, headers={
            "X-Amz-Target": f"AmazonSQS.{action}", "Content-Type": MAGIC, **(headers or {})})
        self.assertEqual(answer.headers["content-type"], MAGIC)
        self.assertRegex(answer.headers["x-amzn-requestid"], UUID)
        return answer

    def form(self, parameters: dict, *, status: int = 200, path: str = "/", kind="application/x-www-form-urlencoded"):
        answer = self.call("POST", path, urllib.parse.urlencode(parameters).encode(), status=status,
                           headers={"Content-Type": kind} if kind else {})
        self.assertEqual(answer.headers["content-type"], "text/xml")
        return answer

    def fault(self, answer, kind: str, query: str) -> str:
        self.assertEqual(answer.json["__type"], kind)
        self.assertEqual(answer.headers["x-amzn-query-error"], query)
        return answer.json["message"]

    def sqs(self, action: str, **body):
        answer = self.json(action, body)
        return answer.json if answer.body else None

    def sqs_refused(self, action: str, code: str, status: int = 400, **body) -> str:
        """The call must fail with this query code; returns the message."""
        answer = self.json(action, body, status=status)
        self.assertEqual(answer.headers["x-amzn-query-error"].split(";")[0], code, answer.body)
        return answer.json["message"]

    def form_fault(self, data: bytes, *, status: int = 400, path: str = "/", kind="application/x-www-form-urlencoded"):
        """What a raw form is refused with, in XML that every parser takes: code and message."""
        answer = self.call("POST", path, data, status=status, headers={"Content-Type": kind})
        self.assertEqual(answer.headers["content-type"], "text/xml", answer.body[:300])
        root = xml.fromstring(answer.body)
        return root.findtext(f"{NS}Error/{NS}Code"), root.findtext(f"{NS}Error/{NS}Message")
