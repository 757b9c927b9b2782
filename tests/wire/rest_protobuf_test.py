#!/usr/bin/env python3
"""The same story in Protobuf, byte by byte as schemas/api.proto says."""

import unittest

from wire._broker import WireCase
from wire._protobuf import data, fields, number

PROTOBUF = {"Content-Type": "application/protobuf"}
ACCEPT = {"Accept": "application/x-protobuf"}


def record(value: bytes, key: str | None = None, **more: bytes) -> bytes:
    out = (data(1, key) if key is not None else b"") + data(3, value)
    return out + b"".join(more.values())


class Protobuf(WireCase):
    def post(self, path: str, body: bytes, status: int = 200) -> dict:
        answer = self.call("POST", path, body, headers=PROTOBUF, status=status)
        self.assertEqual(answer.headers["content-type"], "application/protobuf")
        return fields(answer.body)

    def test_publish_and_read(self):
        self.ask("PUT", "/v1/topics/proto", {"partitions": 2}, status=201)
        header = data(5, data(1, "region") + data(2, "EU"))
        body = (data(1, record(b'{"n":1.0}', "k", headers=header)) +
                data(1, record(b"\xff\x00", content_type=data(4, "application/octet-stream"))) +
                data(1, data(1, "gone") + number(14, 1) + number(6, 1_700_000_000_000)) +
                data(1, record(b"hi", content_type=data(4, "text/plain"), partition=number(7, 1))) +
                number(2, 1))
        answer = self.post("/v1/topics/proto/records", body)
        self.assertEqual(answer[2], [1], "durability disk")
        self.assertEqual(len(answer[1]), 4)
        self.assertEqual(fields(answer[1][3])[2], [1], "the partition that was asked for")

        page = self.ask("GET", "/v1/topics/proto/records?order=total")["records"]
        self.assertEqual((page[0]["value"], page[0]["headers"]), ({"n": 1.0}, {"region": "EU"}))
        self.assertEqual(page[1]["bytes"], "/wA=")
        self.assertIsNone(page[2]["value"])
        self.assertEqual(page[2]["timestamp"], "2023-11-14T22:13:20.000Z")
        self.assertEqual(page[3]["text"], "hi")

        read = self.call("GET", "/v1/topics/proto/records?order=total", headers=ACCEPT)
        answer = fields(read.body)
        first, second, third, fourth = (fields(r) for r in answer[1])
        self.assertEqual((first[1], first[3]), ([b"k"], [b'{"n":1.0}']))
        self.assertEqual(fields(first[5][0]), {1: [b"region"], 2: [b"EU"]})
        self.assertEqual((second[3], second[4]), ([b"\xff\x00"], [b"application/octet-stream"]))
        self.assertEqual((third[1], third[14], third[6]), ([b"gone"], [1], [1_700_000_000_000]))
        self.assertNotIn(3, third)
        self.assertEqual((fourth[7], fourth[4]), ([1], [b"text/plain"]))
        self.assertTrue(answer[2][0].startswith(b"c1."))
        self.assertEqual(answer[3], [1], "caught up")

    def test_a_message_from_send_to_ack(self):
        self.ask("PUT", "/v1/queues/proto-queue", {}, status=201)
        sent = self.post("/v1/queues/proto-queue/messages",
                         data(1, record(b"one")) + data(1, record(b"two", delay=number(15, 3_600_000))))
        self.assertEqual([fields(m)[1] for m in sent[1]], [[b"0-0"], [b"0-1"]])
        received = self.post("/v1/queues/proto-queue/receive", number(1, 10) + number(3, 60_000))
        self.assertEqual(len(received[1]), 1)
        message = fields(received[1][0])
        self.assertEqual(fields(message[1][0])[3], [b"one"])
        self.assertEqual((message[2], message[4]), ([b"0-0"], [1]))
        self.assertEqual(fields(received[2][0]), {2: [1], 3: [1]}, "one in flight, one delayed")
        receipt = message[3][0]
        extended = self.post("/v1/queues/proto-queue/extend", data(1, data(1, receipt) + number(2, 90_000)))
        self.assertEqual(extended[1], [b"\x05"], "packed: ok")
        acked = self.post("/v1/queues/proto-queue/ack", data(1, receipt) + data(1, b"forged"))
        self.assertEqual(acked[1], [b"\x01\x04"], "packed: acked, unknown")
        nacked = self.post("/v1/queues/proto-queue/nack", data(1, data(1, receipt) + data(4, "late")))
        self.assertEqual(nacked[1], [b"\x02"], "packed: already")

    def test_refusals_are_protobuf_too(self):
        problem = self.post("/v1/topics/absent/records", data(1, record(b"x")), status=404)
        self.assertEqual((problem[5], problem[3]), ([b"topic-not-found"], [404]))
        self.ask("PUT", "/v1/topics/strict", {}, status=201)
        for body in (b"\x0a\x7f", b"\xff" * 20, b"\x0b", b"", data(1, data(1, b"\xff") + data(3, b"x")),
                     data(1, record(b"x", delay=number(15, 5))), data(1, record(b"x")) + number(2, 9),
                     data(1, record(b"x", tombstone=number(14, 1)))):
            problem = self.post("/v1/topics/strict/records", body, status=400) if body else None
            if problem:
                self.assertIn(problem[5][0], (b"invalid-request", b"value-and-bytes"))
        self.assertEqual(self.ask("GET", "/v1/topics/strict/records")["records"], [])
        answer = self.call("PUT", "/v1/topics/other", b"\x08\x01", headers=PROTOBUF, status=415)
        self.assertEqual(fields(answer.body)[5], [b"unsupported-media-type"])

    def test_unknown_fields_are_skipped(self):
        self.ask("PUT", "/v1/topics/future", {}, status=201)
        self.post("/v1/topics/future/records",
                  data(1, record(b"x", future=data(99, b"later") + number(98, 7))) + data(77, b"y"))
        self.assertEqual(self.ask("GET", "/v1/topics/future/records")["records"][0]["text"], "x")

    def test_a_commit_names_who_commits(self):
        self.ask("PUT", "/v1/topics/committed", {}, status=201)
        self.ask("POST", "/v1/topics/committed/records", {"records": [{"value": n} for n in range(3)]})
        self.ask("POST", "/v1/groups/committers/poll", {"topics": ["committed"], "member": "a"})

        def body(upto: int, who: bytes = b"") -> bytes:
            offset = data(1, "committed") + number(2, 0) + number(3, upto)
            return data(3, data(1, "committers") + data(2, offset) + who)

        for who, status, code in (
                (b"", 409, "group-in-use"), (data(3, "b"), 409, "member-fenced"),
                (data(3, "a") + number(4, 1), 409, "group-in-use"), (data(3, "a") + number(4, 0), 409, "group-in-use"),
                (number(4, 1), 400, "invalid-request"), (data(3, "a") + number(4, -1), 400, "invalid-request"),
                (data(3, b"\xff"), 400, "invalid-request"), (data(3, "a" * 256), 400, "invalid-request")):
            with self.subTest(who):
                problem = self.post("/v1/commit", body(3, who), status=status)
                self.assertEqual(problem[5], [code.encode()])
        self.assertEqual(self.ask("GET", "/v1/groups/committers")["offsets"], {})
        self.assertEqual(self.post("/v1/commit", body(3, data(3, "a")))[1], [1])
        stands = self.ask("GET", "/v1/groups/committers")["offsets"]
        self.assertEqual(stands["committed"]["0"]["committed"], 3)


if __name__ == "__main__":
    unittest.main()
