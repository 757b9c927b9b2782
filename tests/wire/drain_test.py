#!/usr/bin/env python3
"""A broker that stops lets those who hold messages settle them, on whichever connection they have."""

import signal
import socket
import time
import unittest

from wire._stopped import STOP_SECONDS_MAX, Stopped

SQS = {"Content-Type": "application/x-amz-json-1.0"}


class Drain(Stopped):
    def test_ten_messages_held_are_ten_acks_not_one(self):
        broker = self.start()
        worker = self.connect(broker)
        receipts = self.hold(broker, 10, worker)
        self.tell_to_stop(broker)
        for receipt in receipts:
            self.ack(broker, receipt, worker)
        self.assertLess(self.ends(broker), STOP_SECONDS_MAX)
        self.assertEqual(self.messages_left(broker), 0)

    def test_a_receive_that_is_refused_does_not_cost_the_connection(self):
        broker = self.start()
        worker = self.connect(broker)
        receipt, = self.hold(broker, 1, worker)
        self.tell_to_stop(broker)
        for _ in range(3):
            refused = broker.call("POST", "/v1/queues/work/receive", {}, connection=worker)
            self.assertEqual((refused.status, refused.json["code"]), (503, "draining"))
        self.ack(broker, receipt, worker)
        self.assertLess(self.ends(broker), STOP_SECONDS_MAX)
        self.assertEqual(self.messages_left(broker), 0)

    def test_a_pool_of_sqs_connections_deletes_over_those_that_were_idle(self):
        broker = self.start()
        pool = [self.connect(broker) for _ in range(4)]
        for connection in pool:  # they have sent, and never received
            broker.call("GET", "/v1/queues", connection=connection)
        receipts = self.hold(broker, 8, pool[0])
        self.tell_to_stop(broker)
        for n, receipt in enumerate(receipts):
            answer = broker.call("POST", "/", {"QueueUrl": f"http://127.0.0.1:{broker.port}/000000000000/work", "ReceiptHandle": receipt},
                                 SQS | {"X-Amz-Target": "AmazonSQS.DeleteMessage"}, connection=pool[n % 4])
            self.assertEqual(answer.status, 200, answer.body)
        self.assertLess(self.ends(broker), STOP_SECONDS_MAX)
        self.assertEqual(self.messages_left(broker), 0)

    def test_a_reader_commits_how_far_it_got(self):
        broker = self.start()
        broker.call("PUT", "/v1/topics/news", {})
        broker.call("POST", "/v1/topics/news/records", {"records": [{"value": 1}]})
        reader = self.connect(broker)
        broker.call("GET", "/v1/topics/news/records?from=earliest", connection=reader)
        self.tell_to_stop(broker)
        answer = broker.call("POST", "/v1/groups/readers/commit", {"offsets": {"news": {"0": 1}}}, connection=reader)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertLess(self.ends(broker), STOP_SECONDS_MAX)

    def test_who_has_only_extended_over_this_connection_acks_over_it(self):
        broker = self.start()
        first, second = self.connect(broker), self.connect(broker)
        receipt, = self.hold(broker, 1, first)
        first.close()
        broker.call("POST", "/v1/queues/work/extend", {"items": [{"receipt": receipt, "visibility_timeout": "1h"}]}, connection=second)
        self.tell_to_stop(broker)
        time.sleep(0.5)  # what it had to do
        self.ack(broker, receipt, second)
        self.ends(broker)
        self.assertEqual(self.messages_left(broker), 0)

    def test_a_reader_whose_stream_ends_with_the_stop_commits_over_another_connection(self):
        broker = self.start()
        broker.call("PUT", "/v1/topics/news", {})
        broker.call("POST", "/v1/topics/news/records", {"records": [{"value": 1}]})
        stream, other = self.connect(broker), self.connect(broker)
        stream.request("GET", "/v1/topics/news/records?from=earliest", headers={"Accept": "text/event-stream"})
        events = stream.getresponse()
        while b"caught_up" not in events.readline():
            pass
        broker.call("GET", "/v1/topics", connection=other)
        self.tell_to_stop(broker)
        events.read()
        answer = broker.call("POST", "/v1/groups/readers/commit", {"offsets": {"news": {"0": 1}}}, connection=other)
        self.assertEqual(answer.status, 200, answer.body)
        self.ends(broker)

    def test_who_has_read_a_single_record_commits_it(self):
        broker = self.start()
        broker.call("PUT", "/v1/topics/news", {})
        broker.call("POST", "/v1/topics/news/records", {"records": [{"value": 1}]})
        reader = self.connect(broker)
        self.assertEqual(broker.call("GET", "/v1/topics/news/records/0/0", connection=reader).status, 200)
        self.tell_to_stop(broker)
        time.sleep(0.5)
        answer = broker.call("POST", "/v1/groups/readers/commit", {"offsets": {"news": {"0": 1}}}, connection=reader)
        self.assertEqual(answer.status, 200, answer.body)
        self.ends(broker)

    def test_what_was_read_over_http_is_committed_once_it_is_done(self):
        broker = self.start("server.settle_time=4s")
        broker.call("PUT", "/v1/topics/news", {})
        broker.call("POST", "/v1/topics/news/records", {"records": [{"value": 1}]})
        reader = self.connect(broker)
        broker.call("GET", "/v1/topics/news/records?from=earliest", connection=reader)
        self.tell_to_stop(broker)
        time.sleep(2)  # what it had to do
        answer = broker.call("POST", "/v1/groups/readers/commit", {"offsets": {"news": {"0": 1}}}, connection=reader)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertLess(self.ends(broker), 4, "all is committed")

    def test_who_has_read_long_ago_delays_a_stop_by_a_second(self):
        broker = self.start("server.settle_time=3s")
        broker.call("PUT", "/v1/topics/news", {})
        broker.call("POST", "/v1/topics/news/records", {"records": [{"value": 1}]})
        reader = self.connect(broker)
        broker.call("GET", "/v1/topics/news/records?from=earliest", connection=reader)
        time.sleep(4)  # what counts is how long nothing was heard
        self.tell_to_stop(broker)
        self.assertLess(self.ends(broker), 2.5)

    def test_half_a_request_does_not_delay_a_stop(self):
        halves = (b"POST /v1/queues/work/ack HTTP/1.1\r\nHost: loc",
                  b"POST /v1/queues/work/ack HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{")
        broker = self.start("server.settle_time=1s")
        self.hold(broker, 1, self.connect(broker))
        sockets = [socket.create_connection(("127.0.0.1", broker.port), timeout=30) for _ in halves]
        for one in sockets:
            self.addCleanup(one.close)
        self.tell_to_stop(broker)
        for one, half in zip(sockets, halves):
            one.sendall(half)
        self.assertLess(self.ends(broker), 1 + 5)

    def test_half_a_request_where_nobody_consumes_delays_a_stop_by_moments(self):
        broker = self.start()
        half = socket.create_connection(("127.0.0.1", broker.port), timeout=30)
        self.addCleanup(half.close)
        half.sendall(b"POST /v1/queues/work/ack HTTP/1.1\r\nHost: loc")
        broker.call("GET", "/v1/queues")
        self.tell_to_stop(broker)
        self.assertLess(self.ends(broker), 5, "it had all the time that consumers have")

    def test_who_drips_bytes_as_his_time_ends_is_ended_all_the_same(self):
        broker = self.start("server.settle_time=1s")
        self.hold(broker, 1, self.connect(broker))
        drips = [socket.create_connection(("127.0.0.1", broker.port), timeout=30) for _ in range(20)]
        for one in drips:
            self.addCleanup(one.close)
            one.sendall(b"GET / HTTP/1.1\r\nX: ")
        self.tell_to_stop(broker)
        while time.monotonic() < self.told + 4 and broker.process.poll() is None:
            for one in drips:
                try:
                    one.send(b"x")
                except OSError:
                    pass
        self.assertLess(self.ends(broker), STOP_SECONDS_MAX, "a deadline that has met a byte was forgotten")

    def test_who_holds_and_is_silent_delays_a_stop_no_longer_than_he_may(self):
        broker = self.start("server.settle_time=2s")
        self.hold(broker, 1, self.connect(broker))
        self.tell_to_stop(broker)
        took = self.ends(broker)
        self.assertGreaterEqual(took, 2)
        self.assertLess(took, 2 + 5)
        self.assertEqual(self.messages_left(broker), 1)

    def test_by_default_that_is_within_what_docker_allows(self):
        broker = self.start()
        self.hold(broker, 1, self.connect(broker))
        self.tell_to_stop(broker)
        self.assertLess(self.ends(broker), STOP_SECONDS_MAX)

    def test_what_a_vanished_worker_holds_delays_nobody(self):
        broker = self.start("server.settle_time=1h", "server.shutdown_grace=1h")
        worker = self.connect(broker)
        self.hold(broker, 1, worker)
        idle = self.connect(broker)
        broker.call("GET", "/v1/queues", connection=idle)
        worker.close()
        self.tell_to_stop(broker)
        self.ends(broker)

    def test_after_the_last_ack_nobody_waits_on(self):
        broker = self.start("server.settle_time=1h", "server.shutdown_grace=1h")
        worker = self.connect(broker)
        receipts = self.hold(broker, 2, worker)
        self.tell_to_stop(broker)
        for receipt in receipts:
            self.ack(broker, receipt, worker)
        self.ends(broker)
        self.assertEqual(worker.sock.recv(100), b"", "it was ended in order")

    def test_where_nobody_consumes_answers_say_close(self):
        broker = self.start()
        broker.call("PUT", "/v1/queues/empty", {})
        poll = self.connect(broker)
        poll.request("POST", "/v1/queues/empty/receive", b'{"wait": "60s"}', {"Content-Type": "application/json"})
        deadline = time.monotonic() + 30
        while 'twofold_queue_waiting_receivers{queue="empty"} 1' not in broker.call("GET", "/metrics").body.decode():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.tell_to_stop(broker)
        answer = poll.getresponse()
        self.assertEqual((answer.status, answer.headers["Connection"]), (200, "close"))
        self.ends(broker)


class DrainDelay(Stopped):
    def test_until_it_has_passed_only_the_probe_says_no(self):
        broker = self.start("server.drain_delay=3s")
        broker.call("PUT", "/v1/queues/work", {})
        self.tell_to_stop(broker)
        ready = broker.call("GET", "/readyz")
        self.assertEqual((ready.status, ready.json["status"]), (503, "draining"))
        self.assertEqual(broker.call("GET", "/_localstack/health").status, 503)
        self.assertEqual(broker.call("GET", "/livez").status, 200)
        self.assertEqual(broker.call("POST", "/v1/queues/work/messages", {"value": 1}).status, 200)
        got = broker.call("POST", "/v1/queues/work/receive", {})
        self.assertEqual(len(got.json["messages"]), 1)
        self.assertGreaterEqual(self.ends(broker), 3)

    def test_a_second_signal_ends_it(self):
        broker = self.start("server.drain_delay=1h")
        self.tell_to_stop(broker)
        broker.process.send_signal(signal.SIGTERM)
        self.assertEqual(broker.process.wait(30), 130)


if __name__ == "__main__":
    unittest.main()
