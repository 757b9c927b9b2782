#!/usr/bin/env python3
"""What a client may not do, frame by frame, and how each ends."""

import json
import os
import struct
import unittest

from wire._stream import JSON, PROTO, RawStream, StreamCase, deflated, frame

HELLO = b'{"type":"hello"}'
OFFER = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
RSV1 = 4


class EdgeCases(StreamCase):
    def raw(self, *, hello: bool = True, **options) -> RawStream:
        raw = RawStream(self.broker.port, **options)
        if hello:
            raw.text(HELLO)
            raw.read_json("welcome")
        return raw

    def test_what_ends_the_connection(self):
        large = 11 << 20
        cases = [
            ("an unmasked frame", frame(1, HELLO, masked=False), 1002),
            ("reserved bits", frame(1, HELLO, reserved=4), 1002),
            ("an unknown opcode", frame(3, b""), 1002),
            ("an unknown control opcode", frame(11, b""), 1002),
            ("a fragmented ping", frame(9, b"", fin=False), 1002),
            ("a long ping", frame(9, b"x" * 126), 1002),
            ("a continuation of nothing", frame(0, b"x"), 1002),
            ("a message inside another", frame(1, b"{", fin=False) + frame(1, HELLO), 1002),
            ("a message that is too large", struct.pack(">BBQ", 0x81, 0xFF, large) + os.urandom(4), 1009),
            ("a length that cannot be", struct.pack(">BBQ", 0x81, 0xFF, 1 << 63) + os.urandom(4), 1009),
            ("fragments that are too large together",
             frame(1, b"x" * (6 << 20), fin=False) + frame(0, b"x" * (6 << 20)), 1009),
            ("a binary message", frame(2, HELLO), 4400),
            ("no JSON", frame(1, b"hello"), 4400),
            ("no object", frame(1, b"[1]"), 4400),
            ("an empty message", frame(1, b""), 4400),
            ("half an object", frame(1, b'{"type":"ping"'), 4400),
            ("two objects", frame(1, HELLO + HELLO), 4400),
            ("bad UTF-8", frame(1, b'{"type":"ping","id":"\xff"}'), 1007),
            ("a close with one byte", frame(8, b"x"), 1002),
            ("a close with a code that is not to be sent", frame(8, struct.pack(">H", 1005)), 1002),
            ("a close with bad UTF-8", frame(8, struct.pack(">H", 1000) + b"\xff"), 1002),
            ("an orderly close", frame(8, struct.pack(">H", 1000) + b"bye"), 1000),
            ("a close without a code", frame(8, b""), 1005),
        ]
        for name, sent, code in cases:
            with self.subTest(name):
                raw = self.raw()
                raw.send(sent)
                self.assertEqual(raw.close_code(), code)

    def test_what_ends_a_connection_that_is_compressed(self):
        bomb, ping = deflated(b" " * (64 << 20)), deflated(b'{"type":"ping"}')
        self.assertLess(len(bomb), 100_000)
        cases = [
            ("a deflated ping", frame(9, ping, reserved=RSV1), 1002),
            ("a deflated close", frame(8, struct.pack(">H", 1000), reserved=RSV1), 1002),
            ("a continuation that says it is deflated",
             frame(1, ping[:5], fin=False, reserved=RSV1) + frame(0, ping[5:], reserved=RSV1), 1002),
            ("a continuation that says so of a plain message",
             frame(1, b'{"type":', fin=False) + frame(0, ping, reserved=RSV1), 1002),
            ("RSV2", frame(1, ping, reserved=2), 1002),
            ("RSV1 and RSV3", frame(1, ping, reserved=5), 1002),
            ("what does not inflate", frame(1, b"\x06\x00\xff", reserved=RSV1), 1002),
            ("what inflates half", frame(1, deflated(b'{"type":"ping","id":"%s"}' % os.urandom(99).hex().encode())[:40],
                                         reserved=RSV1), 1002),
            ("a bomb", frame(1, bomb, reserved=RSV1), 1009),
            ("a bomb in pieces", frame(1, bomb[:9], fin=False, reserved=RSV1) + frame(0, bomb[9:]), 1009),
            ("a plain message that is too large",
             struct.pack(">BBQ", 0x81, 0xFF, 11 << 20) + os.urandom(4), 1009),
            ("a binary message", frame(2, deflated(HELLO), reserved=RSV1), 4400),
            ("no JSON", frame(1, deflated(b"hello"), reserved=RSV1), 4400),
            ("less than an empty block", frame(1, b"", reserved=RSV1), 1002),
            ("an empty message", frame(1, b"\x00", reserved=RSV1), 4400),
            ("bad UTF-8", frame(1, deflated(b'{"type":"ping","id":"\xff"}'), reserved=RSV1), 1007),
        ]
        for name, sent, code in cases:
            with self.subTest(name):
                raw = self.raw(fields=OFFER)
                raw.send(sent)
                self.assertEqual(raw.close_code(), code)

    def test_a_stranger_inflates_little_and_nobody_inflates_for_long(self):
        blanks = lambda number, size: deflated(b'{"type":"ping","id":%d%s}' % (number, b" " * size))
        stranger = self.raw(hello=False, fields=OFFER)
        stranger.send(frame(1, blanks(1, 100_000), reserved=RSV1))
        self.assertEqual(stranger.close_code(), 1009)
        # Many megabytes in few bytes: all of it is answered, in order, and the broker is there meanwhile.
        raw = self.raw(fields=OFFER)
        raw.send(b"".join(frame(1, blanks(n, 3 << 20), reserved=RSV1) for n in range(20)))
        self.ask("GET", "/livez")
        self.assertEqual([raw.read_json("pong")["id"] for _ in range(20)], list(range(20)))
        raw.text('{"type":"ping","id":"still"}')
        self.assertEqual(raw.read_json("pong")["id"], "still")

    def test_what_is_compressed_and_what_is_not(self):
        taken = b"permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        self.ask("PUT", "/v1/topics/packed", {}, status=201)
        raw, other = self.raw(fields=OFFER), self.raw(fields=OFFER.replace("client_", "server_")
                                                                .replace("_bits", "_bits=12"))
        self.assertIn(b"Sec-WebSocket-Extensions: " + taken + b"\r\n", raw.head + b"\r\n")
        self.assertIn(taken + b"; server_max_window_bits=12\r\n", other.head + b"\r\n")
        other.window_bits = 12
        for stream in (raw, other):
            stream.send(frame(1, deflated(b'{"type":"subscribe","id":1,"sub":1,"topic":"packed"}'), reserved=RSV1))
            stream.read_json("subscribed")
        # Plain and deflated ones take turns, in pieces and with a ping between them.
        plain, ping = b'{"type":"ping","id":"plain"}', deflated(b'{"type":"ping","id":"deflated"}')
        raw.send(frame(1, plain) + frame(1, ping[:3], fin=False, reserved=RSV1) + frame(9, b"now") + frame(0, ping[3:])
                 + frame(1, plain))
        self.assertEqual([raw.read_json("pong")["id"] for _ in range(3)], ["plain", "deflated", "plain"])
        self.assertEqual(raw.inflated, 0, "small ones are not worth it")
        values = [{"state": "pending", "note": f"{n} " * 50} for n in range(40)]
        self.publish("packed", *values)
        for stream in (raw, other):
            got = []
            while len(got) < 40:
                got += stream.read_json("messages")["messages"]
            self.assertEqual([m["value"] for m in got], values)
            self.assertGreater(stream.inflated, 0)
        # Read alone, from the log, and a queue's.
        raw.text('{"type":"seek","sub":1,"to":"earliest"}')
        before, got = raw.inflated, []
        while len(got) < 40:
            got += raw.read_json("messages")["messages"]
        self.assertEqual([m["value"] for m in got], values)
        self.assertGreater(raw.inflated, before)
        self.ask("PUT", "/v1/queues/packed-queue", {"source": {"topic": "packed", "from": "earliest"}}, status=201)
        before, got = raw.inflated, []
        raw.text('{"type":"subscribe","sub":2,"queue":"packed-queue","credit":{"messages":100}}')
        while len(got) < 40:
            frame_of = raw.read_json("messages")
            self.assertEqual(frame_of["sub"], 2)
            got += frame_of["messages"]
        self.assertEqual([m["value"] for m in got], values)
        self.assertGreater(raw.inflated, before)
        raw.text(json.dumps({"type": "ack", "id": "a", "sub": 2, "receipts": [m["receipt"] for m in got]}))
        self.assertEqual(raw.read_json("acked")["results"], ["acked"] * 40)

    def test_who_offers_what_is_not_compressed(self):
        for offer, protocol in (("", JSON), (OFFER, PROTO), ("Sec-WebSocket-Extensions: deflate\r\n", JSON),
                                (OFFER.replace("client_max_window_bits", "server_max_window_bits=9"), JSON)):
            with self.subTest(offer=offer, protocol=protocol):
                raw = self.raw(hello=False, protocol=protocol, fields=offer)
                self.assertNotIn(b"sec-websocket-extensions", raw.head.lower())
                raw.send(frame(2 if protocol == PROTO else 1, deflated(HELLO), reserved=RSV1))
                self.assertEqual(raw.close_code(), 1002)

    def test_what_only_gets_an_error(self):
        cases = [
            ("an unknown type", {"type": "dance"}, "invalid-request"),
            ("no type", {"id": 1}, "invalid-request"),
            ("a type that is no string", {"type": 5}, "invalid-request"),
            ("a second hello", {"type": "hello"}, "invalid-request"),
            ("an unknown member", {"type": "ping", "colour": "red"}, "invalid-request"),
            ("a subscription without a number", {"type": "subscribe", "topic": "t"}, "invalid-request"),
            ("a number that is too large", {"type": "subscribe", "sub": 1 << 32, "topic": "t"}, "invalid-request"),
            ("neither topic nor queue", {"type": "subscribe", "sub": 1}, "invalid-request"),
            ("topic and queue", {"type": "subscribe", "sub": 1, "topic": "t", "queue": "q"}, "invalid-request"),
            ("a bad position", {"type": "subscribe", "sub": 1, "topic": "t", "from": "yesterday"}, "invalid-request"),
            ("a bad filter", {"type": "subscribe", "sub": 1, "topic": "t", "filter": "value >"}, "invalid-filter"),
            ("a negative credit", {"type": "subscribe", "sub": 1, "topic": "t", "credit": {"messages": -1}},
             "invalid-request"),
            ("credit for nobody", {"type": "credit", "sub": 9, "messages": 1}, "invalid-request"),
            ("an ack for nobody", {"type": "ack", "sub": 9, "receipts": ["x"]}, "invalid-request"),
            ("an ack of nothing", {"type": "ack", "sub": 9, "receipts": []}, "invalid-request"),
            ("a transaction", {"type": "transact", "publish": []}, "invalid-request"),
            ("a commit", {"type": "commit", "sub": 1, "cursor": "c1.x"}, "invalid-request"),
            ("an id that is an object", {"type": "ping", "id": {}}, "invalid-request"),
            ("too many receipts", {"type": "ack", "sub": 1, "receipts": ["x"] * 1001}, "batch-too-large"),
            ("too many records", {"type": "publish", "topic": "t", "records": [{"value": 1}] * 1001}, "batch-too-large"),
        ]
        self.ask("PUT", "/v1/topics/t", {}, status=201)
        raw = self.raw()
        for name, sent, code in cases:
            with self.subTest(name):
                raw.text(json.dumps(sent))
                error = raw.read_json("error")
                self.assertEqual(error["problem"]["code"], code, error)
        raw.text('{"type":"ping","id":"still here"}')
        self.assertEqual(raw.read_json("pong")["id"], "still here")

    def test_frames_before_hello(self):
        raw = self.raw(hello=False)
        raw.text('{"type":"subscribe","id":1,"sub":1,"topic":"t"}')
        error = raw.read_json("error")
        self.assertEqual((error["id"], error["sub"], error["problem"]["code"]), (1, 1, "unauthenticated"))
        raw.text(HELLO)
        raw.read_json("welcome")

    def test_a_client_that_never_says_hello(self):
        self.assertEqual(self.raw(hello=False).close_code(), 4401)

    def test_fragments_and_control_frames_between_them(self):
        raw = self.raw()
        text = b'{"type":"ping","id":"in pieces"}'
        raw.send(b"".join([frame(1, text[:5], fin=False), frame(9, b"now"), frame(0, b"", fin=False),
                           *(frame(0, bytes([c]), fin=False) for c in text[5:-1]), frame(0, text[-1:])]))
        self.assertEqual(raw.read(), (10, b"now"))
        self.assertEqual(raw.read_json("pong")["id"], "in pieces")

    def test_bytes_that_come_one_by_one(self):
        raw = self.raw()
        for byte in frame(1, b'{"type":"ping","id":"%s"}' % (b"x" * 100)):
            raw.send(bytes([byte]))
        self.assertEqual(raw.read_json("pong")["id"], "x" * 100)

    def test_a_flood_of_pings_is_answered_by_sending_its_sender_away(self):
        raw = self.raw()
        raw.send(b"".join(frame(9, b"%d" % n) for n in range(1_000)))
        self.assertEqual(raw.close_code(), 4429)

    def test_a_few_pings_at_once_are_answered_with_the_newest(self):
        raw = self.raw()
        raw.send(b"".join(frame(9, b"%d" % n) for n in range(10)) + frame(1, b'{"type":"ping","id":1}'))
        last = None
        while (found := raw.read())[0] != 1:
            self.assertEqual(found[0], 10)
            last = found[1]
        self.assertEqual(json.loads(found[1])["type"], "pong")
        self.assertEqual(last, b"9")

    def test_more_subscriptions_than_a_connection_has(self):
        self.ask("PUT", "/v1/topics/popular", {}, status=201)
        raw = self.raw()
        raw.send(b"".join(frame(1, json.dumps({"type": "subscribe", "id": n, "sub": n, "topic": "popular"}).encode())
                          for n in range(1, 301)))
        outcomes = {}
        while len(outcomes) < 300:
            answer = raw.read_json("subscribed", "error")
            outcomes[answer["id"]] = answer["type"] if answer["type"] == "subscribed" else answer["problem"]["code"]
        self.assertEqual([outcomes[n] for n in range(1, 257)], ["subscribed"] * 256)
        self.assertEqual({outcomes[n] for n in range(257, 301)}, {"quota-exceeded"})
        self.publish("popular", "all of you")
        seen = {raw.read_json("messages")["sub"] for _ in range(256)}
        self.assertEqual(seen, set(range(1, 257)))

    def test_a_number_is_taken_once(self):
        self.ask("PUT", "/v1/topics/once", {}, status=201)
        raw = self.raw()
        raw.text('{"type":"subscribe","id":1,"sub":1,"topic":"once"}{"type":"ping"}'[:50])
        raw.text('{"type":"subscribe","id":2,"sub":1,"topic":"once"}')
        self.assertEqual(raw.read_json("error")["id"], 2)
        raw.text('{"type":"unsubscribe","id":3,"sub":1}')
        raw.read_json("ok")
        raw.text('{"type":"subscribe","id":4,"sub":1,"topic":"once"}')
        raw.read_json("subscribed")

    def test_acks_for_another_queue(self):
        for queue in ("mine", "yours"):
            self.ask("PUT", f"/v1/queues/{queue}", {}, status=201)
        self.send("yours", 1)
        foreign = self.ask("POST", "/v1/queues/yours/receive", {"max": 1})["messages"][0]["receipt"]
        raw = self.raw()
        raw.text('{"type":"subscribe","sub":1,"queue":"mine"}')
        raw.text(json.dumps({"type": "ack", "id": 1, "sub": 1, "receipts": [foreign]}))
        self.assertEqual(raw.read_json("acked")["results"], ["unknown"])
        self.assertEqual(self.counts("yours")["in_flight"], 1)

    def test_protobuf_that_is_none(self):
        cases = [("a broken message", frame(2, b"\xff\xff"), 4400), ("a text message", frame(1, HELLO), 4400)]
        for name, sent, code in cases:
            with self.subTest(name):
                raw = self.raw(hello=False, protocol=PROTO)
                raw.send(sent)
                self.assertEqual(raw.close_code(), code)

    def test_the_handshake(self):
        raw = self.raw(protocol=f"unheard.of, {JSON}")
        self.assertIn(f"Sec-WebSocket-Protocol: {JSON}".encode(), raw.head)
        self.assertNotIn(b"Sec-WebSocket-Protocol", self.raw(protocol="unheard.of").head)
        self.assertNotIn(b"Content-Length", raw.head)
        upgrade = ("GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
                   "%sConnection: close\r\n\r\n")
        cases = [
            ("no key", "Sec-WebSocket-Version: 13\r\n", b" 400 "),
            ("a short key", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n", b" 400 "),
            ("an old version", "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n", b" 426 "),
            ("a page of another site", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
             "Origin: https://evil.example\r\n", b" 403 "),
        ]
        for name, fields, status in cases:
            with self.subTest(name):
                answer = self.broker.raw((upgrade % fields).encode())
                self.assertIn(status, answer.split(b"\r\n")[0])

    def test_what_comes_with_the_handshake_is_not_lost(self):
        import socket
        request = ("GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n").encode()
        raw = RawStream.__new__(RawStream)
        raw.socket = socket.create_connection(("127.0.0.1", self.broker.port), timeout=30)
        raw.buffer = b""
        hello = frame(1, HELLO)
        raw.socket.sendall(request + hello[:3])
        while b"\r\n\r\n" not in raw.buffer:
            raw.fill()
        raw.buffer = raw.buffer.split(b"\r\n\r\n", 1)[1]
        raw.send(hello[3:])
        raw.read_json("welcome")

    def test_clients_that_close_at_a_bad_moment(self):
        self.ask("PUT", "/v1/topics/busy", {}, status=201)
        self.ask("PUT", "/v1/queues/busy-queue", {"visibility_timeout": "1h"}, status=201)
        for round in range(30):
            raw = self.raw()
            raw.text('{"type":"subscribe","sub":1,"topic":"busy","from":"earliest"}')
            raw.text('{"type":"subscribe","sub":2,"queue":"busy-queue"}')
            raw.text('{"type":"publish","topic":"busy","records":[{"value":%d}]}' % round)
            raw.text('{"type":"publish","queue":"busy-queue","records":[{"value":%d}]}' % round)
            if round % 3 == 0:
                raw.send(frame(8, struct.pack(">H", 1000)))
            raw.socket.close()
        self.assertEqual(self.call("GET", "/readyz").status, 200)
        for _ in range(1000):
            if self.counts("busy-queue")["in_flight"] == 0:
                break
            os.sched_yield()
        self.assertEqual(self.counts("busy-queue")["in_flight"], 0)


class Uncompressed(StreamCase):
    settings = ("http.compression=false",)

    def test_nobody_is_compressed_for(self):
        raw = RawStream(self.broker.port, fields=OFFER)
        self.assertNotIn(b"sec-websocket-extensions", raw.head.lower())
        raw.text(HELLO)
        raw.read_json("welcome")


if __name__ == "__main__":
    unittest.main()
