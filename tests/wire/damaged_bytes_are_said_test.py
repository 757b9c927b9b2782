#!/usr/bin/env python3
"""A bit flips on the disk: what it hit is named, everything else is delivered."""

import unittest

from wire._broker import Broker

MESSAGES = ["message-%d-of-three" % i for i in range(3)]


class DamagedBytes(unittest.TestCase):
    def setUp(self):
        self.broker = Broker()
        self.addCleanup(self.broker.remove)
        self.broker.start()

    def ask(self, method, path, body=None, status=200):
        answer = self.broker.call(method, path, body)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json

    def fill(self):
        self.ask("PUT", "/v1/queues/work", {"visibility_timeout": "300ms"}, 201)
        for text in MESSAGES:  # one block each
            self.ask("POST", "/v1/queues/work/messages", {"text": text})

    def flip_a_bit_of(self, text):
        hits = 0
        for file in sorted((self.broker.folder / "data" / "journal").iterdir()):
            data = bytearray(file.read_bytes())
            at = data.find(text.encode())
            if at < 0:
                continue
            data[at] ^= 1
            file.write_bytes(data)
            hits += 1
        self.assertEqual(hits, 1)

    def receives_what_is_sound(self):
        got = self.ask("POST", "/v1/queues/work/receive", {"max": 10})["messages"]
        self.assertEqual([m["text"] for m in got], [MESSAGES[0], MESSAGES[2]])
        self.ask("POST", "/v1/queues/work/ack", {"receipts": [m["receipt"] for m in got]})

    def errors_counted(self):
        page = self.broker.call("GET", "/metrics?name[]=crc_errors").body.decode()
        return float(page.splitlines()[-1].removeprefix("twofold_crc_errors_total "))

    def damage(self):
        report = self.ask("GET", "/v1/storage/damage")
        self.assertTrue(report["complete"])
        return report["items"]

    def log(self):
        return (self.broker.folder / "broker.log").read_text()

    def test_in_what_was_stored_when_the_broker_stopped(self):
        self.fill()
        self.assertEqual(self.broker.stop(), 0)
        self.flip_a_bit_of(MESSAGES[1])
        self.broker.start()
        self.receives_what_is_sound()
        problem = self.ask("POST", "/v1/queues/work/receive", {"max": 10, "wait": "20s"}, 500)
        self.assertEqual(problem["code"], "data-damaged")
        self.assertIn("messages could not be read", self.log())
        self.assertGreater(self.errors_counted(), 0)
        [found] = self.damage()
        self.assertEqual((found["met"], found["namespace"], found["queue"], found["from"], found["to"]), ("read", "default", "work", 1, 2))
        self.assertEqual(found["file"], "journal/00000001.wal")
        self.assertGreater(found["position"], 0)
        self.broker.until_logged('"of":"queue work","offsets":"1 to 1","file":"journal/00000001.wal"')

    def test_in_one_partition_of_a_topic_stops_neither_its_groups_nor_its_readers(self):
        self.ask("PUT", "/v1/topics/events", {"partitions": 2}, 201)
        texts = ["record-%d-of-six" % i for i in range(6)]
        for i, text in enumerate(texts):
            self.ask("POST", "/v1/topics/events/records", {"text": text, "partition": i % 2})
        self.assertEqual(self.broker.stop(), 0)
        self.flip_a_bit_of(texts[2])
        self.broker.start()

        seen, gaps, cursor = [], [], {}
        for _ in range(3):
            page = self.ask("POST", "/v1/groups/readers/poll", {"topics": ["events"], **cursor})
            seen += [record["text"] for record in page["records"]]
            gaps += page.get("gaps", [])
            cursor = {"cursor": page["cursor"]}
        self.assertEqual(sorted(seen), [text for text in texts if text != texts[2]])
        self.assertEqual(gaps, [{"topic": "events", "partition": 0, "from": 1, "to": 2}])

        first = self.ask("GET", "/v1/topics/events/records?partition=0")
        self.assertEqual([record["text"] for record in first["records"]], [texts[0]])
        problem = self.ask("GET", "/v1/topics/events/records?cursor=" + first["cursor"], None, 500)
        self.assertEqual((problem["code"], problem["gap"]), ("data-damaged", {"partition": 0, "from": 1, "to": 2}))
        [found] = self.damage()
        self.assertEqual((found["topic"], found["partition"], found["from"], found["to"]), ("events", 0, 1, 2))
        behind = self.ask("GET", "/v1/topics/events/records?cursor=" + problem["cursor"])
        self.assertEqual([record["text"] for record in behind["records"]], [texts[4]])

    def test_in_what_a_start_after_a_kill_replays(self):
        self.fill()
        self.broker.kill()
        self.flip_a_bit_of(MESSAGES[1])
        self.broker.start()
        self.assertIn("acknowledged data is damaged", self.log())
        blocks, found = sorted(self.damage(), key=lambda one: "queue" in one)
        self.assertEqual((blocks["met"], blocks["file"]), ("start", "journal/00000001.wal"))
        self.assertEqual((found["met"], found["queue"], found["from"], found["to"]), ("start", "work", 1, 2))
        self.broker.until_logged('"of":"queue work","offsets":"1 to 1"')
        checks = {check["name"]: check for check in self.ask("GET", "/readyz?verbose")["checks"]}
        self.assertTrue(checks["damage"]["ok"])
        self.assertEqual(checks["damage"]["detail"], "2 stretches of stored data do not verify, 1 records in them")
        self.assertGreater(self.errors_counted(), 0)
        self.assertIn("messages were lost to damage", self.log())
        self.receives_what_is_sound()
        self.assertEqual(self.ask("GET", "/v1/queues/work")["messages"]["in_flight"], 0, "it would come back for ever")

    def test_where_nothing_is_damaged_nothing_is_said(self):
        self.fill()
        self.assertEqual(self.damage(), [])
        checks = {check["name"]: check["detail"] for check in self.ask("GET", "/readyz?verbose")["checks"]}
        self.assertEqual(checks["damage"], "none met with")

    def test_what_is_sent_after_damage_is_delivered(self):
        """Offsets of messages that were lost with the newest block are not given to others: a queue that
        had delivered and acked those would take the new ones for done."""
        self.fill()
        got = self.ask("POST", "/v1/queues/work/receive", {"max": 10})["messages"]
        self.ask("POST", "/v1/queues/work/ack", {"receipts": [m["receipt"] for m in got]})
        self.broker.kill()
        self.flip_a_bit_of(MESSAGES[2])
        self.broker.start()
        self.ask("POST", "/v1/queues/work/messages", {"text": "sent after it"})
        got = self.ask("POST", "/v1/queues/work/receive", {"max": 10, "wait": "5s"})["messages"]
        self.assertEqual([m["text"] for m in got], ["sent after it"])


if __name__ == "__main__":
    unittest.main()
