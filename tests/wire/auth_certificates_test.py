"""A client certificate in the place of a token: whom it stands for, on every protocol, and until when."""

import json
import ssl
import time
import unittest

from wire._broker import READY_SECONDS_MAX
from wire._keys import EVERYTHING, Key, KeyFile
from wire._tls import SecureCase, ask


class ByCertificate(Key):
    """A key without a token."""

    def __init__(self, id: str, allow, certificate: str):
        super().__init__(id, allow)
        self.certificate = certificate

    def toml(self) -> str:
        return "\n".join(line for line in super().toml().splitlines() if not line.startswith("hash")) + \
            f'\ncertificate = "{self.certificate}"\n'


def request(method: str, path: str, body: bytes = b"", more: str = "") -> bytes:
    return (f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n{more}\r\n").encode() + body


class Certified(SecureCase):
    client_ca = True

    @classmethod
    def setUpClass(cls) -> None:
        cls.admin = Key("admin", EVERYTHING)
        cls.file = KeyFile(cls.admin)
        cls.settings = (f"auth.keys_file={cls.file.path}",)
        super().setUpClass()

    # Asked for: lines of the log that come too fast are counted, not written.
    def reload(self) -> None:
        self.file.write()
        self.broker.reload()
        more = f"Authorization: Bearer {self.admin.token}\r\n"
        deadline = time.monotonic() + READY_SECONDS_MAX
        with self.broker.open() as admin:
            while time.monotonic() < deadline:
                items = json.loads(ask(admin, request("GET", "/v1/keys", more=more)).partition(b"\r\n\r\n")[2])["items"]
                if sorted(item["id"] for item in items) == sorted(self.file.keys):
                    return
                time.sleep(0.01)
        raise AssertionError("the keys were not read again")

    def add(self, key: Key) -> Key:
        self.file.keys[key.id] = key
        self.reload()
        return key

    def given(self, topic: str) -> None:
        with self.broker.open() as admin:
            more = f"Authorization: Bearer {self.admin.token}\r\n"
            self.assertEqual(self.status(admin, "PUT", f"/v1/topics/{topic}", b"{}", more=more), 201)

    def context(self, name: str, **about) -> ssl.SSLContext:
        context = self.broker.context()
        context.load_cert_chain(*self.broker.authority.sign(name, **about))
        return context

    def status(self, connection, *words, **more) -> int:
        return int(ask(connection, request(*words, **more)).split(b" ", 2)[1])

    def test_a_subject_is_a_principal_until_its_key_is_gone(self):
        self.given("certified")
        key = self.add(ByCertificate("billing", ["publish topic:certified"], "CN=billing,O=Example"))
        context = self.context("billing", subject="/O=Example/CN=billing", names="DNS:billing.example.org")
        with self.broker.open(context) as client:
            for _ in range(3):
                self.assertEqual(self.status(client, "POST", "/v1/topics/certified/records", b'{"value":1}'), 200)
            self.assertEqual(self.status(client, "GET", "/v1/topics/certified"), 403)
            self.assertEqual(self.status(client, "POST", "/?Action=ListQueues&Version=2012-11-05"), 403)
        del self.file.keys[key.id]
        self.reload()
        with self.broker.open(context) as client:
            self.assertEqual(self.status(client, "POST", "/v1/topics/certified/records", b'{"value":1}'), 401)

    def test_an_idle_connection_ends_when_the_key_of_its_certificate_is_gone(self):
        key = self.add(ByCertificate("idle", ["inspect *"], "CN=idle"))
        with self.broker.open(self.context("idle"), seconds=5) as idle:
            self.assertEqual(self.status(idle, "GET", "/v1/topics"), 200)
            del self.file.keys[key.id]
            self.reload()
            with self.assertRaises((ssl.SSLError, ConnectionResetError, EOFError)):  # five seconds of silence: TimeoutError
                if not idle.recv(100):
                    raise EOFError

    # A wrong signature in the address was looked over, and its request was that of the certificate.
    def test_a_signature_in_the_address_decides(self):
        self.add(ByCertificate("signs", ["* *"], "CN=signs"))
        signed = ("/?Action=ListQueues&Version=2012-11-05&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-SignedHeaders=host&X-Amz-Expires=60"
                  "&X-Amz-Date=20260101T000000Z&X-Amz-Credential=nobody%2F20260101%2Fus-east-1%2Fsqs%2Faws4_request&X-Amz-Signature=" + "0" * 64)
        with self.broker.open(self.context("signs")) as client:
            self.assertEqual(self.status(client, "GET", "/?Action=ListQueues&Version=2012-11-05"), 200)
            self.assertIn(self.status(client, "GET", signed), (400, 403))

    def test_other_names_count_exactly_and_only_the_one_that_is_written(self):
        self.add(ByCertificate("service", ["inspect *"], "URI:spiffe://example.org/reports"))
        with self.broker.open(self.context("r1", names="DNS:x.example.org,URI:spiffe://example.org/reports")) as client:
            self.assertEqual(self.status(client, "GET", "/v1/topics"), 200)
        for near in ("URI:spiffe://example.org/reports2", "URI:spiffe://example.org/report", "DNS:spiffe.example.org"):
            with self.broker.open(self.context("r2", names=near)) as client:
                self.assertEqual(self.status(client, "GET", "/v1/topics"), 401, near)

    # Who could name the subject of another in its own subject would be that other one.
    def test_a_common_name_that_looks_like_a_subject_is_not_that_subject(self):
        self.add(ByCertificate("boss", ["* *"], "CN=boss,O=Example"))
        with self.broker.open(self.context("sly", subject="/CN=boss,O=Example")) as client:
            self.assertEqual(self.status(client, "GET", "/v1/topics"), 401)

    def test_a_token_that_is_shown_decides(self):
        self.add(ByCertificate("wide", ["inspect *"], "CN=wide"))
        token = self.add(Key("narrow", ["publish topic:narrow"]))
        with self.broker.open(self.context("wide")) as client:
            self.assertEqual(self.status(client, "GET", "/v1/topics"), 200)
            more = f"Authorization: Bearer {token.token}\r\n"
            self.assertEqual(self.status(client, "GET", "/v1/topics", more=more), 403)
            self.assertEqual(self.status(client, "GET", "/v1/topics", more="Authorization: Bearer tk_wide_00\r\n"), 401)
        with self.broker.open(self.context("wide")) as client:
            self.assertEqual(self.status(client, "GET", "/v1/topics"), 200)

    def test_a_websocket_needs_no_hello(self):
        self.given("streamed")
        self.add(ByCertificate("streamer", ["consume topic:streamed"], "CN=streamer"))
        with self.broker.open(self.context("streamer")) as client:
            client.sendall(request("GET", "/v1/ws", more="Connection: Upgrade\r\nUpgrade: websocket\r\n"
                                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"))
            self.assertIn(b" 101 ", client.recv(4096))
            frame = json.dumps({"type": "subscribe", "sub": 1, "topic": "streamed"}).encode()
            client.sendall(bytes([0x81, 0x80 | len(frame), 0, 0, 0, 0]) + frame)
            self.assertIn(b'"subscribed"', client.recv(4096))


if __name__ == "__main__":
    unittest.main()
