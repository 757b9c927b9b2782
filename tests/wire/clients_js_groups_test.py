#!/usr/bin/env python3
"""Members of groups and transactions with the JavaScript client in Node.js, on npm's ws."""

import unittest

from wire._broker import WireCase
from wire._fetched import from_npm
from wire._js_story import Story


class Member(Story):
    def __init__(self, case: WireCase, topic: str, *arguments: str):
        super().__init__(case, "member", topic, *arguments, env=case.env)

    def ask(self, call: str, *arguments):
        """What the call gave; a refusal is a failure."""
        self.hears([call, *arguments])
        return self.says()[call]

    def refused(self, call: str, *arguments) -> str:
        self.hears([call, *arguments])
        return self.says()["refused"]

    def until(self, call: str, holds) -> None:
        while not holds(self.ask(call)):  # ctest's timeout ends it
            pass

    def close(self) -> int:
        self.hears(None)
        return self.ends()


class Groups(WireCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.env = from_npm("ws", "ws")
        super().setUpClass()
        cls.broker.call("PUT", "/v1/topics/results", {})

    def topic(self, name: str, values, partitions: int = 1) -> str:
        self.ask("PUT", f"/v1/topics/{name}", {"partitions": partitions}, status=201)
        if values:
            self.fill(name, values, partitions)
        return name

    def fill(self, name: str, values, partitions: int = 1) -> None:
        self.ask("POST", f"/v1/topics/{name}/records",
                 {"records": [{"value": value, "partition": n % partitions} for n, value in enumerate(values)]})

    def values(self, topic: str) -> list:
        return [record["value"] for record in self.ask("GET", f"/v1/topics/{topic}/records?from=earliest&limit=1000")["records"]]

    def committed(self, group: str) -> dict:
        topics = self.ask("GET", f"/v1/groups/{group}")["offsets"]
        return {int(number): one["committed"] for topic in topics.values() for number, one in topic.items()}

    def restart(self) -> None:
        self.broker.kill()
        self.broker.start()

    def test_members_share_and_hand_over_without_loss_or_doubles(self):
        topic = self.topic("shared", range(60), 6)
        a = Member(self, topic)
        seen = a.ask("take", 20)
        b = Member(self, topic)
        b.until("member", bool)
        # What was sent to the first is its own: it is handed over once it was taken and committed.
        seen += a.ask("take", 40)
        a.ask("commit")
        b.until("partitions", lambda partitions: len(partitions) == 3)
        self.fill(topic, range(60, 66), 6)
        seen += a.ask("take", 3)
        partitions, in_time = a.ask("told")[0]
        self.assertEqual((sorted(partitions + a.ask("partitions")), in_time), ([0, 1, 2, 3, 4, 5], True))
        theirs = b.ask("take", 3)
        self.assertEqual(sorted(seen + theirs), list(range(66)))
        a.ask("commit")
        self.assertTrue(a.ask("drain"))
        b.until("partitions", lambda partitions: len(partitions) == 6)
        self.fill(topic, range(66, 72), 6)
        self.assertEqual(sorted(b.ask("take", 6)), list(range(66, 72)))
        b.ask("commit")
        self.assertEqual(self.committed(topic), dict.fromkeys(range(6), 12))
        self.assertEqual((a.close(), b.close()), (0, 0))

    def test_a_broker_that_is_killed_is_resumed_where_the_group_has_committed(self):
        topic = self.topic("resumed", range(20))
        member = Member(self, topic)
        member.ask("take", 5)
        member.ask("commit")
        self.assertEqual(self.committed(topic), {0: 5}, "exact to the record")
        member.ask("take", 2)
        self.restart()
        self.assertEqual(member.ask("take", 3), [5, 6, 7])
        self.assertEqual(member.ask("told"), [[[0], False]])
        # What is in hand meanwhile can still be committed, and does not come again.
        self.restart()
        member.ask("commit")
        self.assertEqual(self.committed(topic), {0: 8})
        self.assertEqual(member.ask("take", 12), list(range(8, 20)))
        self.assertEqual(member.close(), 0)

    def test_who_lost_its_partitions_is_fenced(self):
        topic = self.topic("fenced", range(5))
        b = Member(self, topic)
        self.assertEqual(b.ask("take", 3), [0, 1, 2])
        c = Member(self, topic)
        c.until("member", bool)
        b.ask("cut")
        self.assertEqual(c.ask("take", 2), [0, 1])
        self.assertEqual(b.refused("transact", "late"), "member-fenced")
        self.assertEqual(b.refused("commit"), "member-fenced")
        entry = {"group": topic, "offsets": {topic: {"0": 3}}}  # the member's name is filled in
        self.assertEqual(b.refused("transact", "late", [entry]), "member-fenced")
        c.ask("transact", "in time")
        self.assertEqual(self.committed(topic), {0: 2})
        self.assertEqual(c.close(), 0)
        self.assertEqual(b.ask("take", 3), [2, 3, 4])
        self.assertEqual(self.values("results"), ["in time"])
        self.assertEqual(b.close(), 0)

    def test_a_seek_drops_what_is_buffered(self):
        topic = self.topic("sought", range(50))
        member = Member(self, topic)
        member.ask("take", 3)
        member.ask("seek", "latest")
        self.fill(topic, [50])
        self.assertEqual(member.ask("take", 1), [50])
        member.ask("commit")
        self.ask("POST", f"/v1/groups/{topic}/seek", {"topic": topic, "to": "earliest"})
        self.assertEqual(member.ask("take", 51), list(range(51)))
        member.ask("commit")
        self.assertEqual(self.committed(topic), {0: 51})
        self.assertEqual(member.close(), 0)

    def test_consume_process_produce_is_exactly_once_across_kills(self):
        topic, doubled = self.topic("singles", range(800), 4), "doubled"
        self.ask("PUT", f"/v1/topics/{doubled}", {}, status=201)
        team = Story(self, "team", topic, doubled, env=self.env)
        for life in range(1, 4):
            while len(self.values(doubled)) <= life * 200:
                pass
            self.restart()
        while len(self.values(doubled)) < 800:
            pass
        team.hears("enough")
        self.assertEqual(team.says()["drained"], [True, True])
        self.assertEqual(team.ends(), 0)
        self.assertEqual(sorted(self.values(doubled)), [value * 2 for value in range(800)])
        self.assertEqual(self.committed(topic), dict.fromkeys(range(4), 200))

    def test_a_publish_may_expect_what_is_there(self):
        topic = self.topic("expects", [])
        client = Member(self, topic)
        self.assertEqual(client.ask("publish", {"key": "k", "value": 1}, {"last_seq": 0}), ["0-0"])
        self.assertEqual(client.ask("publish", {"key": "k", "value": 2}, {"key_last": "0-0"}), ["0-1"])
        self.assertEqual(client.refused("publish", {"key": "k", "value": 3}, {"key_last": "0-0"}), "expectation-failed")
        self.assertEqual(client.ask("publish", {"key": "new", "value": 4}, {"key_last": None}), ["0-2"])
        self.assertEqual(self.values(topic), [1, 2, 4])
        self.assertEqual(client.close(), 0)


if __name__ == "__main__":
    unittest.main()
