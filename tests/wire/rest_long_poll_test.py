#!/usr/bin/env python3
"""Waiting readers and receivers: woken by what arrives, ended by their deadline, forgotten when gone."""

import json
import socket
import threading
import time
import unittest

from wire._broker import Broker, InBackground, WireCase


def request(method: str, path: str, body: bytes = b"") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class LongPoll(WireCase):
    def waiting(self, work) -> InBackground:
        return InBackground(work)

    def test_a_reader_is_woken_by_a_publish(self):
        self.ask("PUT", "/v1/topics/woken", {"partitions": 3}, status=201)
        reader = self.waiting(lambda: self.ask("GET", "/v1/topics/woken/records?from=latest&wait=30s"))
        begin = time.monotonic()
        # Until the reader stands in line there is nothing to wait on; publishing again is harmless.
        while reader.thread.is_alive():
            self.ask("POST", "/v1/topics/woken/records", {"key": "k", "value": "new"})
            reader.thread.join(0.05)
        page = reader.finish()
        self.assertEqual(page["records"][0]["value"], "new")
        self.assertLess(time.monotonic() - begin, 20)

    def test_a_reader_that_wants_much_is_not_woken_for_little(self):
        self.ask("PUT", "/v1/topics/much", {"partitions": 2}, status=201)
        for path, body in (("/v1/topics/much/records?from=latest&wait=30s&min_bytes=20000", None),
                           ("/v1/groups/much/poll", {"topics": ["much"], "from": "latest", "wait": "30s", "min_bytes": 20000})):
            reader = self.waiting(lambda: self.ask("GET" if body is None else "POST", path, body))
            reader.thread.join(0.3)
            sent = 0
            while reader.thread.is_alive():
                self.ask("POST", "/v1/topics/much/records", {"key": str(sent), "text": "x" * 3000})
                sent += 1
                reader.thread.join(0.05)
            records = reader.finish()["records"]
            self.assertGreaterEqual(len(records), 5, "little came before, and did not wake anybody")

    def test_a_reader_that_wants_much_gets_what_there_is_in_the_end(self):
        self.ask("PUT", "/v1/topics/little", {}, status=201)
        self.ask("POST", "/v1/topics/little/records", {"value": 1})
        begin = time.monotonic()
        page = self.ask("GET", "/v1/topics/little/records?wait=300ms&min_bytes=100000")
        self.assertEqual([record["value"] for record in page["records"]], [1])
        self.assertGreaterEqual(time.monotonic() - begin, 0.299)

    def test_a_reader_that_wants_much_is_served_from_stored_stretches_at_once(self):
        self.ask("PUT", "/v1/topics/stretches", {}, status=201)
        for _ in range(30):
            self.ask("POST", "/v1/topics/stretches/records", {"records": [{"text": "x" * 10_000} for _ in range(20)]})
        cursor, read, begin = "from=earliest", 0, time.monotonic()
        while read < 600:
            page = self.ask("GET", f"/v1/topics/stretches/records?{cursor}&wait=20s&bytes=2000000&min_bytes=1500000")
            read += len(page["records"])
            cursor = "cursor=" + page["cursor"]
            if read > 500:
                break
        self.assertLess(time.monotonic() - begin, 15, "nobody waits for what is there")

    def test_a_receiver_is_woken_by_a_send(self):
        self.ask("PUT", "/v1/queues/woken-queue", {}, status=201)
        receiver = self.waiting(lambda: self.ask("POST", "/v1/queues/woken-queue/receive", {"wait": "30s"}))
        receiver.thread.join(0.2)
        self.ask("POST", "/v1/queues/woken-queue/messages", {"value": 1})
        self.assertEqual(receiver.finish()["messages"][0]["value"], 1)

    def test_the_queue_says_how_long_to_wait(self):
        self.ask("PUT", "/v1/queues/patient", {"receive_wait": "300ms"}, status=201)
        begin = time.monotonic()
        self.assertEqual(self.ask("POST", "/v1/queues/patient/receive")["messages"], [])
        self.assertGreaterEqual(time.monotonic() - begin, 0.299, "a tick is a millisecond")
        begin = time.monotonic()
        self.ask("POST", "/v1/queues/patient/receive", {"wait": "0s"})
        self.assertLess(time.monotonic() - begin, 0.3)

    def test_a_poll_over_two_topics_is_woken_by_either(self):
        for topic in ("left", "right"):
            self.ask("PUT", f"/v1/topics/{topic}", {}, status=201)
        body = {"topics": ["left", "right"], "wait": "30s"}
        reader = self.waiting(lambda: self.ask("POST", "/v1/groups/both/poll", body))
        reader.thread.join(0.2)
        self.ask("POST", "/v1/topics/right/records", {"value": "r"})
        page = reader.finish()
        self.assertEqual([(r["topic"], r["value"]) for r in page["records"]], [("right", "r")])

    def test_a_vanished_receiver_is_handed_nothing(self):
        self.ask("PUT", "/v1/queues/vanished", {}, status=201)
        for _ in range(5):
            gone = socket.create_connection(("127.0.0.1", self.broker.port))
            gone.sendall(request("POST", "/v1/queues/vanished/receive", b'{"wait":"60s"}'))
            time.sleep(0.1)  # until it stands in line; without that the test proves less, but stays true
            gone.close()
        time.sleep(0.1)
        self.ask("POST", "/v1/queues/vanished/messages", {"value": "for the living"})
        message = self.ask("POST", "/v1/queues/vanished/receive", {"wait": "5s"})["messages"][0]
        self.assertEqual(message["receive_count"], 1, "nobody received it before")

    def test_a_receiver_that_closed_before_it_was_answered_takes_nothing(self):
        self.ask("PUT", "/v1/queues/hasty", {}, status=201)
        self.ask("POST", "/v1/queues/hasty/messages", {"messages": [{"value": i} for i in range(50)]})
        for _ in range(50):
            gone = socket.create_connection(("127.0.0.1", self.broker.port))
            gone.sendall(request("POST", "/v1/queues/hasty/receive"))
            gone.close()
        got = []  # the first to come back wakes us, while others are still with who closed
        while page := self.ask("POST", "/v1/queues/hasty/receive", {"max": 100, "wait": "1s"})["messages"]:
            got += page
        # What the kernel had taken before it saw the close is lost to its timeout; that is seldom.
        self.assertGreater(len(got), 25)

    def test_polls_that_were_cut_off_leave_nothing_behind(self):
        topics = [f"cut{i}" for i in range(8)]
        for topic in topics:
            self.ask("PUT", f"/v1/topics/{topic}", {"partitions": 64}, status=201)
        body = json.dumps({"topics": topics, "wait": "30s"}).encode()

        def memory():
            with open(f"/proc/{self.broker.process.pid}/status") as status:
                return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

        def cut_off(polls):
            for _ in range(polls):
                gone = socket.create_connection(("127.0.0.1", self.broker.port))
                gone.sendall(request("POST", "/v1/groups/cut/poll", body))
                gone.close()
            self.ask("GET", "/v1/topics/cut0")

        cut_off(300)
        before = memory()
        cut_off(1000)
        self.assertLess(memory() - before, 20_000, "KiB; each held 42 of them for ever")

    def test_pipelined_requests_are_answered_in_order(self):
        self.ask("PUT", "/v1/queues/piped", {}, status=201)
        with socket.create_connection(("127.0.0.1", self.broker.port)) as connection:
            connection.settimeout(30)
            connection.sendall(
                request("POST", "/v1/queues/piped/messages", b'{"value":1}') +
                request("POST", "/v1/queues/piped/receive", b'{"wait":"10s"}') +
                request("POST", "/v1/queues/piped/receive", b'{"wait":"200ms"}') +
                request("GET", "/livez") + request("GET", "/nowhere"))
            stream = connection.makefile("rb")
            answers = [self.read_answer(stream) for _ in range(5)]
        self.assertEqual([status for status, _ in answers], [200, 200, 200, 200, 404])
        self.assertIn("durability", answers[0][1])
        self.assertEqual(answers[1][1]["messages"][0]["value"], 1)
        self.assertEqual(answers[2][1]["messages"], [])
        self.assertEqual(answers[3][1]["status"], "ok")

    def read_answer(self, stream):
        status = int(stream.readline().split()[1])
        length = 0
        while (line := stream.readline()) not in (b"\r\n", b""):
            name, value = line.decode().split(":", 1)
            if name.lower() == "content-length":
                length = int(value)
        return status, json.loads(stream.read(length))

    def test_an_answer_is_not_held_back_by_a_poll_behind_it(self):
        self.ask("PUT", "/v1/queues/behind", {}, status=201)
        with socket.create_connection(("127.0.0.1", self.broker.port)) as connection:
            connection.settimeout(10)
            connection.sendall(request("GET", "/livez") + request("POST", "/v1/queues/behind/receive", b'{"wait":"60s"}'))
            stream = connection.makefile("rb")
            self.assertEqual(self.read_answer(stream)[0], 200)

    def test_many_waiters_get_one_message_each(self):
        self.ask("PUT", "/v1/queues/crowd", {}, status=201)
        waiters = [self.waiting(lambda: self.ask("POST", "/v1/queues/crowd/receive", {"wait": "30s"})) for _ in range(20)]
        time.sleep(0.2)
        self.ask("POST", "/v1/queues/crowd/messages", {"messages": [{"value": i} for i in range(20)]})
        got = [waiter.finish()["messages"] for waiter in waiters]
        self.assertEqual(sorted(m["value"] for messages in got for m in messages), list(range(20)))


class Drain(unittest.TestCase):
    def test_a_stopping_broker_sends_readers_home_and_takes_acks(self):
        broker = Broker()
        self.addCleanup(broker.remove)
        broker.start()
        broker.call("PUT", "/v1/queues/work", {})
        broker.call("POST", "/v1/queues/work/messages", {"value": 1})
        holder = broker.connect()
        receipt = broker.call("POST", "/v1/queues/work/receive", {}, connection=holder).json["messages"][0]["receipt"]
        poll = InBackground(lambda: broker.call("POST", "/v1/queues/work/receive", {"wait": "60s"}))
        poll.thread.join(0.3)
        stopping = threading.Thread(target=lambda: self.assertEqual(broker.stop(), 0))
        begin = time.monotonic()
        stopping.start()
        answer = poll.finish()
        self.assertEqual((answer.status, answer.json["messages"]), (200, []))
        acked = broker.call("POST", "/v1/queues/work/ack", {"receipts": [receipt]}, connection=holder)
        self.assertEqual(acked.json, {"results": ["acked"]})
        stopping.join(30)
        self.assertLess(time.monotonic() - begin, 10)


if __name__ == "__main__":
    unittest.main()
