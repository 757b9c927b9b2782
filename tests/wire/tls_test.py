"""TLS on every port: who gets in, what is said to the others, and what a connection is worth."""

import json
import re
import socket
import ssl
import subprocess
import time
import unittest

from wire._broker import Broker, InBackground, WireCase
from wire._tls import Authority, SecureBroker, SecureCase, ask, read_answer, resident_kib, running

GET = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"
V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def raw_hello() -> bytes:
    """The first flight of a client."""
    out = ssl.MemoryBIO()
    hello = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname="localhost")
    try:
        hello.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


class Handshakes(SecureCase):
    def test_tls_1_2_and_1_3_are_spoken_with_forward_secrecy(self):
        for version in (V12, V13):
            with self.broker.open(self.broker.context(minimum_version=version, maximum_version=version)) as connection:
                self.assertEqual(connection.version(), {V12: "TLSv1.2", V13: "TLSv1.3"}[version])
                self.assertRegex(connection.cipher()[0], "^(ECDHE-|TLS_)")
                self.assertIsNone(connection.compression())
                self.assertIn(b"200 OK", ask(connection, GET))

    def test_older_versions_are_refused(self):
        context = self.broker.context(minimum_version=ssl.TLSVersion.TLSv1, maximum_version=ssl.TLSVersion.TLSv1_1)
        context.set_ciphers("ALL:@SECLEVEL=0")
        with self.assertRaises((ssl.SSLError, ConnectionResetError)):
            self.broker.open(context).close()

    def test_ciphers_without_forward_secrecy_are_refused(self):
        context = self.broker.context(maximum_version=V12)
        context.set_ciphers("AES128-GCM-SHA256")
        with self.assertRaises(ssl.SSLError):
            self.broker.open(context).close()

    def test_alpn_chooses_http_1_1_and_refuses_what_is_not_there(self):
        context = self.broker.context()
        context.set_alpn_protocols(["h2", "http/1.1"])
        with self.broker.open(context) as connection:
            self.assertEqual(connection.selected_alpn_protocol(), "http/1.1")
        context.set_alpn_protocols(["h2"])
        with self.assertRaises(ssl.SSLError):
            self.broker.open(context).close()

    def test_a_session_is_resumed_by_its_ticket(self):
        context = self.broker.context(maximum_version=V12)
        with self.broker.open(context) as first:
            ask(first, GET)
            session = first.session
        plain = socket.create_connection(("127.0.0.1", self.broker.port), timeout=10)
        with context.wrap_socket(plain, server_hostname="localhost", session=session) as again:
            self.assertTrue(again.session_reused)
            self.assertIn(b"200 OK", ask(again, GET))

    def test_who_speaks_plain_http_is_told_to_use_https(self):
        answer = self.broker.raw(GET)
        self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), answer)
        self.assertIn(b"Use https://", answer)
        length = int(re.search(rb"Content-Length: (\d+)", answer)[1])
        self.assertEqual(len(answer.partition(b"\r\n\r\n")[2]), length)

    def test_bytes_that_are_nothing_end_the_connection(self):
        self.assertNotIn(b"HTTP", self.broker.raw(b"\x00\x01\x02 nonsense" * 100))
        self.broker.until_logged("handshake failed")

    def test_a_handshake_that_stops_half_way_is_cut_after_five_seconds(self):
        for begun in (b"", raw_hello()[:40]):
            began = time.monotonic()
            with socket.create_connection(("127.0.0.1", self.broker.port), timeout=20) as slow:
                slow.sendall(begun)
                try:
                    self.assertEqual(slow.recv(100), b"")
                except ConnectionResetError:
                    pass
            self.assertGreater(time.monotonic() - began, 4.4)
            self.assertLess(time.monotonic() - began, 9)

    def test_renegotiation_is_refused(self):
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.broker.port}", "-tls1_2", "-CAfile", str(self.broker.authority.file)],
                              input=b"R\n", capture_output=True, timeout=30)
        self.assertIn(b"no renegotiation", done.stdout + done.stderr)


class PlainPort(WireCase):
    def test_a_tls_hello_ends_the_connection_and_the_log_says_what_it_was(self):
        began = time.monotonic()
        self.assertEqual(self.broker.raw(raw_hello()), b"")
        self.assertLess(time.monotonic() - began, 5, "nobody waits for a head that cannot come")
        self.assertIn("a client speaks TLS to a port that speaks plain HTTP", (self.broker.folder / "broker.log").read_text())


class Traffic(SecureCase):
    def test_large_bodies_go_both_ways(self):
        self.ask("PUT", "/v1/topics/large", status=201)
        text = "x" * 900_000
        for body in (json.dumps({"records": [{"value": text}]}).encode(), json.dumps({"records": [{"value": text + str(n)} for n in range(8)]}).encode()):
            self.ask("POST", "/v1/topics/large/records", body, headers={"Content-Type": "application/json"})
        read = self.ask("GET", "/v1/topics/large/records?limit=100&bytes=4000000")
        self.assertEqual([len(record["value"]) for record in read["records"]][:2], [900_000, 900_001])

    def test_chunked_bodies_and_pipelined_requests(self):
        self.ask("PUT", "/v1/topics/chunked", status=201)
        with self.broker.open() as connection:
            connection.sendall(GET * 50)
            seen = b""
            while seen.count(b"200 OK") < 50:
                seen += connection.recv(65536)
        with self.broker.open() as connection:
            connection.sendall(b"POST /v1/topics/chunked/records HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
            for part in (b'{"records":[', b'{"value":1}', b"]}"):
                connection.sendall(b"%x\r\n%s\r\n" % (len(part), part))
            connection.sendall(b"0\r\n\r\n")
            self.assertIn(b"200 OK", read_answer(connection))

    def test_a_long_poll_gets_what_comes_and_a_client_that_left_gets_nothing(self):
        self.ask("PUT", "/v1/queues/polled", {"visibility_timeout": "1h"}, status=201)
        poll = b'POST /v1/queues/polled/receive HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"wait":"20s"}'
        gone = self.broker.open()
        gone.sendall(poll)
        gone.unwrap().close()  # a close_notify, as of a client that is not interested any more, and its answer
        with self.broker.open(seconds=40) as connection:
            connection.sendall(poll)
            self.ask("POST", "/v1/queues/polled/messages", {"messages": [{"value": "hello"}]})
            self.assertIn(b"hello", read_answer(connection))

    def test_a_body_that_is_cut_off_has_no_effect(self):
        self.ask("PUT", "/v1/topics/cut", status=201)
        body = json.dumps({"records": [{"value": "y" * 5000}]}).encode()
        head = b"POST /v1/topics/cut/records HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        for goodbye in (True, False):
            connection = self.broker.open()
            connection.sendall(head + body[:-1])
            if goodbye:
                try:
                    connection.unwrap()
                except (ssl.SSLError, OSError):
                    pass
            connection.close()
        self.assertEqual(self.ask("GET", "/v1/topics/cut/records")["records"], [])
        with self.broker.open() as connection:
            self.assertIn(b"200 OK", ask(connection, head + body))
        self.assertEqual(len(self.ask("GET", "/v1/topics/cut/records")["records"]), 1)

    def test_a_goodbye_is_answered_with_one(self):
        connection = self.broker.open()
        ask(connection, GET)
        connection.unwrap().close()  # waits for the close_notify of the broker

    def test_what_says_connection_close_ends_with_a_close_notify(self):
        with self.broker.open() as connection:
            connection.sendall(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            self.assertIn(b"200 OK", read_answer(connection))
            self.assertEqual(connection.recv(10), b"", "an end without one would be an error here")

    def test_server_sent_events_arrive_as_they_come(self):
        self.ask("PUT", "/v1/topics/news", status=201)
        with self.broker.open(seconds=30) as connection:
            connection.sendall(b"GET /v1/topics/news/records?from=earliest HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
            seen = b""
            for n in range(3):
                self.ask("POST", "/v1/topics/news/records", {"records": [{"value": f"item {n}"}]})
                while b"item %d" % n not in seen:
                    seen += connection.recv(65536)

    def test_queue_urls_say_https(self):
        url = self.ask("POST", "/", b"{\"QueueName\": \"urls\"}", headers={"X-Amz-Target": "AmazonSQS.CreateQueue", "Content-Type": "application/x-amz-json-1.0"})["QueueUrl"]
        self.assertEqual(url, f"https://localhost:{self.broker.port}/000000000000/urls")

    def test_pages_of_its_own_may_write_and_those_of_plain_http_may_not(self):
        own = {"Origin": f"https://localhost:{self.broker.port}"}
        self.ask("PUT", "/v1/topics/mine", headers=own, status=201)
        self.refused("PUT", "/v1/topics/yours", status=403, code="origin-not-allowed", headers={"Origin": f"http://localhost:{self.broker.port}"})

    def test_metrics_tell_of_handshakes_and_of_the_end_of_the_certificate(self):
        text = self.call("GET", "/metrics").body.decode()
        self.assertGreater(int(re.search(r'twofold_tls_handshakes_total\{result="ok"\} (\d+)', text)[1]), 0)
        until = int(re.search(r"twofold_tls_certificate_not_after_seconds (\d+)", text)[1])
        self.assertAlmostEqual(until, time.time() + 2 * 86_400, delta=3_600)


class ClientCertificates(SecureCase):
    client_ca = True

    def test_one_that_the_authority_signed_gets_in(self):
        with self.broker.open() as connection:
            self.assertIn(b"200 OK", ask(connection, GET))

    def test_none_is_refused(self):
        with self.assertRaises((ssl.SSLError, OSError)):
            with self.broker.open(self.broker.context()) as connection:
                ask(connection, GET)  # with TLS 1.3 the client hears of it here

    def test_one_of_another_authority_is_refused_and_the_log_says_why(self):
        stranger = Authority(self.broker.folder / "stranger", "Somebody else")
        context = self.broker.context()
        context.load_cert_chain(*stranger.sign("orders"))
        with self.assertRaises((ssl.SSLError, OSError)):
            with self.broker.open(context) as connection:
                ask(connection, GET)
        self.broker.until_logged("handshake failed")


class OptionalClientCertificates(SecureCase):
    client_ca = True
    settings = ("tls.client_required=false",)

    def test_none_gets_in_and_a_wrong_one_does_not(self):
        with self.broker.open(self.broker.context()) as connection:
            self.assertIn(b"200 OK", ask(connection, GET))
        context = self.broker.context()
        context.load_cert_chain(*Authority(self.broker.folder / "stranger", "Somebody else").sign("orders"))
        with self.assertRaises((ssl.SSLError, OSError)):
            with self.broker.open(context) as connection:
                ask(connection, GET)


class Reload(unittest.TestCase):
    def test_new_handshakes_get_the_new_certificate_and_open_connections_go_on(self):
        with running() as broker, broker.open() as old:
            before = old.getpeercert(binary_form=True)
            ask(old, GET)
            broker.authority.sign("server")
            broker.reload()
            broker.until_logged("reloaded", 1)
            with broker.open() as new:
                self.assertNotEqual(new.getpeercert(binary_form=True), before)
                self.assertIn(b"200 OK", ask(new, GET))
            self.assertIn(b"200 OK", ask(old, GET))

    def test_what_cannot_be_used_changes_nothing(self):
        with running() as broker:
            sound = broker.key.read_bytes()
            broker.key.write_text("nothing")
            broker.reload()
            broker.until_logged("not reloaded")
            self.assertIn("holds no private key", broker.log())
            with broker.open() as connection:
                self.assertIn(b"200 OK", ask(connection, GET))
            broker.key.write_bytes(sound)
            broker.reload()
            broker.until_logged("msg=reloaded" if "msg=reloaded" in broker.log() else "\"reloaded\"")

    def test_without_a_certificate_a_hangup_stops_nothing(self):
        broker = Broker()
        try:
            broker.start()
            broker.process.send_signal(1)
            self.assertEqual(broker.call("GET", "/readyz").status, 200)
            self.assertIsNone(broker.process.poll())
        finally:
            broker.remove()


class Start(unittest.TestCase):
    def refused(self, prepare) -> str:
        broker = SecureBroker()
        try:
            prepare(broker)
            with self.assertRaises(AssertionError):
                broker.start()
            self.assertEqual(broker.process.wait(10), 1)
            return broker.log()
        finally:
            broker.remove()

    def test_a_file_that_is_not_there_is_named(self):
        text = self.refused(lambda broker: broker.key.unlink())
        self.assertIn("tls.key: cannot read", text)
        self.assertIn("server.key: No such file or directory", text)

    def test_a_key_of_another_certificate_is_told_apart(self):
        def prepare(broker):
            other, key = broker.authority.sign("other")
            broker.key.write_bytes(key.read_bytes())
        self.assertIn("does not belong to the certificate in tls.cert", self.refused(prepare))

    def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked_for_it(self):
        def prepare(broker):
            locked = subprocess.run(["openssl", "pkey", "-in", broker.key, "-aes128", "-passout", "pass:x"], check=True, capture_output=True)
            broker.key.write_bytes(locked.stdout)
        self.assertIn("has a passphrase", self.refused(prepare))

    def test_an_expired_certificate_and_a_key_for_all_to_read_are_warned_of(self):
        broker = SecureBroker()
        try:
            broker.authority.sign("server", days=-1)
            broker.key.chmod(0o644)
            broker.client.check_hostname = False
            broker.client.verify_mode = ssl.CERT_NONE
            broker.start()
            self.assertIn("has expired", broker.log())
            self.assertIn("others than its owner can read the private key", broker.log())
        finally:
            broker.remove()


class Stop(unittest.TestCase):
    def test_a_stop_says_goodbye_to_idle_connections(self):
        with running() as broker, broker.open(seconds=20) as idle:
            ask(idle, GET)
            stopping = InBackground(broker.stop)
            self.assertEqual(idle.recv(10), b"", "a close_notify, not an end in the middle")
            self.assertEqual(stopping.finish(), 0)


class Memory(unittest.TestCase):
    def test_a_thousand_idle_connections_take_40_kib_each_at_most(self):
        with running() as broker:
            for _ in range(50):  # what is paid once
                with broker.open() as connection:
                    ask(connection, GET)
            before = resident_kib(broker.process.pid)
            connections = [broker.open() for _ in range(1_000)]
            for connection in connections:
                ask(connection, GET)
            each = (resident_kib(broker.process.pid) - before) / len(connections)
            for connection in connections:
                connection.close()
            print(f"\n{each:.1f} KiB for each idle TLS connection", flush=True)
            self.assertLess(each, 40)

    def test_thousands_of_handshakes_leave_nothing_behind(self):
        with running() as broker:
            def shake(count: int) -> None:
                for n in range(count):
                    connection = broker.open()
                    if n % 3:
                        ask(connection, GET)
                    connection.close()
                for _ in range(count // 10):
                    broker.raw(GET)
            shake(500)
            before = resident_kib(broker.process.pid)
            shake(2_000)
            grown = resident_kib(broker.process.pid) - before
            print(f"\n{grown} KiB after 2,000 handshakes", flush=True)
            self.assertLess(grown, 2_000)


if __name__ == "__main__":
    unittest.main()
