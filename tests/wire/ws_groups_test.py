#!/usr/bin/env python3
"""Members of a group over WebSocket: partitions shared out, handed over, committed, sought, fenced."""

import unittest

from wire._stream import StreamCase


class Groups(StreamCase):
    settings = ("server.threads=3",)  # members and the core apart

    def topic(self, name: str, partitions: int = 4) -> None:
        self.ask("PUT", f"/v1/topics/{name}", {"partitions": partitions}, status=201)

    def fill(self, name: str, partitions: int, each: int, first: int = 0) -> None:
        for value in range(first, first + each):
            self.ask("POST", f"/v1/topics/{name}/records",
                     {"records": [{"partition": p, "value": [p, value]} for p in range(partitions)]})

    async def member(self, topic: str, group: str, **members):
        stream = await self.greeted()
        await stream.subscribe(topic=topic, group=group, **{"from": "earliest", **members})
        return stream

    async def commit(self, stream, cursor: str) -> None:
        await stream.say("commit", id="c", sub=1, cursor=cursor)
        await stream.next("ok", but=("heartbeat", "caught_up", "messages"))

    def committed(self, group: str) -> dict:
        topics = self.ask("GET", f"/v1/groups/{group}")["offsets"]
        return {int(number): partition["committed"] for topic in topics.values() for number, partition in topic.items()}

    async def test_alone_a_member_reads_everything_and_goes_on_where_it_committed(self):
        self.topic("alone")
        self.fill("alone", 4, 5)
        stream = await self.member("alone", "solo")
        assigned = await stream.next("assigned")
        self.assertEqual(assigned["partitions"], [0, 1, 2, 3])
        got, cursor = [], None
        while len(got) < 20:
            frame = await stream.next("messages", but=("heartbeat", "caught_up"))
            got += frame["messages"]
            cursor = frame["cursor"]
        await self.commit(stream, cursor)
        self.assertEqual(self.committed("solo"), {0: 5, 1: 5, 2: 5, 3: 5})
        await stream.connection.close()
        self.fill("alone", 4, 1, first=5)
        stream = await self.member("alone", "solo")
        self.assertEqual(sorted(m["value"] for m in await stream.messages(4, but=("assigned", "caught_up", "heartbeat"))),
                         [[p, 5] for p in range(4)])

    async def test_what_nobody_committed_comes_again(self):
        self.topic("again", 1)
        self.fill("again", 1, 3)
        first = await self.member("again", "forgetful")
        await first.messages(3, but=("assigned", "heartbeat", "caught_up"))
        await first.connection.close()
        second = await self.member("again", "forgetful")
        await second.messages(3, but=("assigned", "heartbeat", "caught_up"))

    async def test_partitions_are_handed_over_and_nothing_is_read_twice(self):
        self.topic("shared")
        self.fill("shared", 4, 10)
        first = await self.member("shared", "team")
        self.assertEqual((await first.next("assigned"))["partitions"], [0, 1, 2, 3])
        got, cursor = [], None
        while len(got) < 40:
            frame = await first.next("messages", but=("heartbeat", "caught_up"))
            got += frame["messages"]
            cursor = frame["cursor"]
        second = await self.member("shared", "team")
        revoked = await first.next("revoked", but=("heartbeat", "caught_up"))
        self.assertEqual(len(revoked["partitions"]), 2)
        self.assertRegex(revoked["commit_by"], r"^\d{4}-\d\d-\d\dT")
        kept = await first.next("assigned")
        self.assertEqual(sorted(kept["partitions"] + revoked["partitions"]), [0, 1, 2, 3])
        # What was sent of them can be committed, and goes over at once.
        await self.commit(first, cursor)
        taken = await second.next("assigned")
        while not taken["partitions"]:
            taken = await second.next("assigned")
        self.assertEqual(sorted(taken["partitions"]), sorted(revoked["partitions"]))
        self.fill("shared", 4, 1, first=10)
        mine = await first.messages(2)
        theirs = await second.messages(2, but=("heartbeat", "caught_up", "assigned"))
        self.assertEqual(sorted(m["value"] for m in mine + theirs), [[p, 10] for p in range(4)])
        self.assertEqual({m["partition"] for m in theirs}, set(revoked["partitions"]))

    async def test_who_commits_nothing_keeps_a_partition_for_its_own_session(self):
        self.topic("brief", 2)
        self.fill("brief", 2, 3)
        first = await self.member("brief", "short", session="1s")
        await first.messages(6, but=("assigned", "heartbeat", "caught_up"))
        second = await self.member("brief", "short", session="30m")
        members = self.ask("GET", "/v1/groups/short")["members"]
        self.assertEqual(sorted(member["session"] for member in members), ["1s", "30m"])
        (moved,) = (await first.next("revoked", but=("heartbeat", "caught_up")))["partitions"]
        got = await second.messages(3, but=("assigned", "heartbeat", "caught_up"))
        self.assertEqual([m["value"] for m in got], [[moved, value] for value in range(3)])

    async def test_a_member_that_vanishes_leaves_its_partitions_at_once(self):
        self.topic("vanish", 2)
        first = await self.member("vanish", "crew")
        second = await self.member("vanish", "crew")
        self.assertEqual(len((await second.next("assigned"))["partitions"]), 1)
        first.connection.transport.abort()
        both = await second.next("assigned", but=("heartbeat", "caught_up"))
        self.assertEqual(both["partitions"], [0, 1])

    async def test_a_commit_of_what_somebody_else_reads_is_fenced(self):
        self.topic("fenced", 2)
        self.fill("fenced", 2, 2)
        first = await self.member("fenced", "rivals")
        messages = await first.next("messages", but=("assigned", "heartbeat", "caught_up"))
        got, cursor = messages["messages"], messages["cursor"]
        while len(got) < 4:
            frame = await first.next("messages", but=("heartbeat", "caught_up"))
            got += frame["messages"]
            cursor = frame["cursor"]
        await first.say("unsubscribe", sub=1, id="u")
        await first.next("ok", but=("heartbeat", "caught_up"))
        second = await self.member("fenced", "rivals")
        await second.messages(4, but=("assigned", "heartbeat", "caught_up"))
        await first.subscribe(sub=2, topic="fenced", group="rivals")
        await first.next("assigned")
        await first.say("commit", id="late", sub=2, cursor=cursor)
        error = await first.next("error", but=("heartbeat", "caught_up", "assigned", "messages"))
        self.assertEqual((error["id"], error["problem"]["code"]), ("late", "member-fenced"))
        self.assertEqual(self.committed("rivals"), {})

    async def test_a_seek_moves_every_member_and_old_cursors_with_it(self):
        self.topic("sought", 2)
        self.fill("sought", 2, 5)
        first = await self.member("sought", "seekers")
        got, cursor = [], None
        while len(got) < 10:
            frame = await first.next("messages", but=("assigned", "heartbeat", "caught_up"))
            got += frame["messages"]
            cursor = frame["cursor"]
        await self.commit(first, cursor)
        await first.say("seek", sub=1, id="s", to="latest")
        await first.next("subscribed", but=("assigned", "heartbeat", "caught_up"))
        self.fill("sought", 2, 1, first=5)
        self.assertEqual(sorted(m["value"] for m in await first.messages(2, but=("assigned", "heartbeat", "caught_up"))),
                         [[0, 5], [1, 5]])
        self.ask("POST", "/v1/groups/seekers/seek", {"topic": "sought", "to": "earliest"})
        moved = await first.next("assigned", but=("heartbeat", "caught_up"))
        self.assertEqual(moved["partitions"], [0, 1])
        again = await first.messages(12)
        self.assertEqual(len({tuple(m["value"]) for m in again}), 12)

    async def test_a_cursor_from_before_a_seek_is_stale(self):
        self.topic("stale", 1)
        self.fill("stale", 1, 5)
        stream = await self.member("stale", "movers", credit={"messages": 5})
        frame = await stream.next("messages", but=("assigned", "heartbeat", "caught_up"))
        while len(frame["messages"]) < 5:
            more = await stream.next("messages")
            frame = {"messages": frame["messages"] + more["messages"], "cursor": more["cursor"]}
        self.ask("POST", "/v1/groups/movers/seek", {"topic": "stale", "to": "earliest"})
        await stream.next("assigned", but=("heartbeat", "caught_up"))
        await stream.say("commit", id="old", sub=1, cursor=frame["cursor"])
        error = await stream.next("error")
        self.assertEqual((error["id"], error["problem"]["code"]), ("old", "cursor-stale"))
        self.assertEqual(self.committed("movers"), {0: 0})

    async def test_a_cursor_from_before_a_seek_stays_stale_when_the_same_records_came_again(self):
        self.topic("same", 2)
        self.fill("same", 2, 3)
        stream = await self.member("same", "repeaters")
        cursors = []
        for to in ("earliest", None):
            got = []
            while len(got) < 6:
                frame = await stream.next("messages", but=("assigned", "subscribed", "heartbeat", "caught_up"))
                got += frame["messages"]
            cursors.append(frame["cursor"])
            if to:
                self.ask("POST", "/v1/groups/repeaters/seek", {"topic": "same", "to": to})
        await stream.say("commit", id="old", sub=1, cursor=cursors[0])
        error = await stream.next("error", but=("heartbeat", "caught_up"))
        self.assertEqual((error["id"], error["problem"]["code"]), ("old", "cursor-stale"))
        self.assertEqual(self.committed("repeaters"), {0: 0, 1: 0})
        await self.commit(stream, cursors[1])
        self.assertEqual(self.committed("repeaters"), {0: 3, 1: 3})

    async def test_where_a_seek_has_led_can_be_committed(self):
        self.topic("led", 1)
        self.fill("led", 1, 3)
        stream = await self.member("led", "leaders", credit={"messages": 0})
        await stream.next("assigned", but=("heartbeat", "caught_up"))
        for number in range(3):
            await stream.say("seek", id=number, sub=1, to=number)
            cursor = (await stream.next("subscribed", but=("assigned", "heartbeat", "caught_up")))["cursor"]
        await stream.say("commit", id="c", sub=1, cursor=cursor)
        await stream.next("ok", but=("assigned", "heartbeat", "caught_up"))
        # A cursor of the group says where, to whoever reads the topic without it as well.
        alone = await self.greeted()
        await alone.subscribe(topic="led", resume=cursor)
        self.assertEqual([m["value"] for m in await alone.messages(1)], [[0, 2]])

    async def test_a_seek_of_another_partition_makes_no_cursor_stale(self):
        self.topic("apart", 2)
        first, second = await self.member("apart", "neighbours"), await self.member("apart", "neighbours")
        self.assertEqual((await second.next("assigned"))["partitions"], [1])
        self.fill("apart", 2, 3)
        frame = {"messages": [{"value": [0, 0]}]}
        while frame["messages"][-1]["value"] != [1, 2]:
            frame = await second.next("messages", but=("heartbeat", "caught_up"))
        self.ask("POST", "/v1/groups/neighbours/seek", {"topic": "apart", "to": {"0": 1}})
        await self.commit(second, frame["cursor"])
        self.assertEqual(self.committed("neighbours"), {0: 1, 1: 3})

    async def test_a_seek_in_one_partition_leaves_the_others_able_to_commit(self):
        self.topic("partly", 2)
        first, second = await self.member("partly", "halves"), await self.member("partly", "halves")
        self.assertEqual((await second.next("assigned"))["partitions"], [1])
        self.fill("partly", 2, 3)
        await first.messages(3, but=("assigned", "revoked", "heartbeat", "caught_up"))
        await second.messages(3)
        self.ask("POST", "/v1/groups/halves/seek", {"topic": "partly", "to": {"0": 1}})
        self.fill("partly", 2, 1, first=3)
        for stream in (first, second):
            value, cursor = 0, ""
            while value != 3:
                frame = await stream.next("messages", but=("assigned", "heartbeat", "caught_up"))
                value, cursor = frame["messages"][-1]["value"][1], frame["cursor"]
            await self.commit(stream, cursor)
        self.assertEqual(self.committed("halves"), {0: 4, 1: 4})

    async def test_a_topic_that_goes_ends_the_subscriptions_of_its_groups(self):
        self.topic("doomed", 2)
        stream = await self.member("doomed", "orphans", credit={"messages": 0})
        await stream.next("assigned", but=("heartbeat", "caught_up"))
        self.call("DELETE", "/v1/topics/doomed", status=200)
        error = await stream.next("error", but=("heartbeat", "caught_up", "assigned", "revoked"))
        self.assertEqual((error["sub"], error["problem"]["code"]), (1, "topic-not-found"))

    async def test_a_transaction_of_another_topic_says_nothing_of_this_one(self):
        for name in ("here", "there"):
            self.topic(name, 1)
            self.fill(name, 1, 5)
        stream = await self.greeted()
        for sub, name in ((1, "here"), (2, "there")):
            await stream.say("subscribe", sub=sub, topic=name, group="both", **{"from": "earliest"})
        ends, member = {}, {}
        while set(ends) != {1, 2} or any(count < 5 for count, _ in ends.values()):
            frame = await stream.next("messages", "assigned", but=("subscribed", "caught_up", "heartbeat"))
            if frame["type"] == "assigned":
                member[frame["sub"]] = frame["member"]
            else:
                ends[frame["sub"]] = (frame["messages"][-1]["offset"] + 1, frame["cursor"])
        await stream.say("transact", id=1, offsets=[{"group": "both", "member": member[1], "offsets": {"here": {"0": 5}}}])
        await stream.next("committed", but=("caught_up", "heartbeat"))
        await stream.say("commit", id=2, sub=2, cursor=ends[2][1])
        await stream.next("ok", but=("caught_up", "heartbeat"))
        offsets = self.ask("GET", "/v1/groups/both")["offsets"]
        self.assertEqual([offsets[name]["0"]["committed"] for name in ("here", "there")], [5, 5])

    async def test_beside_members_that_poll(self):
        self.topic("mixed", 2)
        self.fill("mixed", 2, 1)
        stream = await self.member("mixed", "blend")
        await stream.messages(2, but=("assigned", "heartbeat", "caught_up"))
        polled = self.ask("POST", "/v1/groups/blend/poll", {"topics": ["mixed"], "member": "poller", "from": "earliest"})
        revoked = await stream.next("revoked", but=("heartbeat", "caught_up"))
        await stream.say("unsubscribe", sub=1, id=2)
        await stream.next("ok", but=("heartbeat", "caught_up", "assigned"))
        polled = self.ask("POST", "/v1/groups/blend/poll", {"topics": ["mixed"], "member": "poller", "from": "earliest", "wait": "5s"})
        self.assertEqual(polled["assigned"], {"mixed": [0, 1]})
        self.assertEqual(len(revoked["partitions"]), 1)

    async def test_what_follows_a_subscribe_at_once_is_obeyed_in_order(self):
        self.topic("prompt", 2)
        self.fill("prompt", 2, 4)
        first = await self.member("prompt", "hasty")
        got = []
        while len(got) < 8:
            frame = await first.next("messages", but=("assigned", "heartbeat", "caught_up"))
            got += frame["messages"]
        await first.say("unsubscribe", sub=1, id="u")
        await first.next("ok", but=("heartbeat", "caught_up"))
        await first.say("subscribe", id=1, sub=2, topic="prompt", group="hasty", credit={"messages": 0})
        await first.say("commit", id=2, sub=2, cursor=frame["cursor"])
        await first.say("seek", id=3, sub=2, to=1)
        await first.say("commit", id=4, sub=2, cursor=frame["cursor"])
        await first.say("seek", id=5, sub=2, to=2)
        await first.say("unsubscribe", id=6, sub=2)
        await first.say("subscribe", id=7, sub=2, topic="prompt", group="hasty", **{"from": "earliest"})
        answers = []
        while len(answers) < 7:
            answer = await first.next("subscribed", "ok", "error", but=("assigned", "heartbeat", "caught_up"))
            answers.append((answer["type"], answer["id"], answer.get("problem", {}).get("code")))
        self.assertEqual(answers, [("subscribed", 1, None), ("ok", 2, None), ("subscribed", 3, None),
                                   ("error", 4, "cursor-stale"), ("subscribed", 5, None), ("ok", 6, None),
                                   ("subscribed", 7, None)])
        again = await first.messages(4, but=("assigned", "heartbeat", "caught_up"))
        self.assertEqual(sorted(m["value"] for m in again), [[0, 2], [0, 3], [1, 2], [1, 3]])

    async def test_what_follows_a_subscribe_that_fails_is_refused(self):
        stream = await self.greeted()
        await stream.say("subscribe", id=1, sub=1, topic="missing", group="g")
        await stream.say("commit", id=2, sub=1, cursor="c1.x")
        await stream.say("ping", id=3)
        answers = [await stream.next() for _ in range(3)]
        self.assertEqual([(a["type"], a["id"]) for a in answers], [("error", 1), ("error", 2), ("pong", 3)])
        self.assertEqual([a["problem"]["code"] for a in answers[:2]], ["topic-not-found", "invalid-request"])

    async def test_what_is_refused(self):
        self.topic("picky", 1)
        stream = await self.greeted()
        await stream.say("subscribe", id=1, sub=1, topic="picky", group="g", resume="c1.x")
        self.assertEqual((await stream.next("error"))["problem"]["param"], "resume")
        for session in ("999ms", "31m", "soon"):
            await stream.say("subscribe", id=1, sub=1, topic="picky", group="g", session=session)
            self.assertEqual((await stream.next("error"))["problem"]["param"], "session")
        await stream.say("subscribe", id=2, sub=2, topic="nowhere", group="g")
        self.assertEqual((await stream.next("error"))["problem"]["code"], "topic-not-found")
        await stream.subscribe(sub=3, topic="picky")
        await stream.next("caught_up")
        await stream.say("commit", id=4, sub=3, cursor="c1.x")
        self.assertEqual((await stream.next("error"))["problem"]["param"], "sub")
        await stream.subscribe(sub=5, topic="picky", group="g")
        await stream.next("assigned", but=("caught_up",))
        await stream.say("commit", id=6, sub=5, cursor="nonsense")
        self.assertEqual((await stream.next("error", but=("caught_up",)))["problem"]["code"], "invalid-cursor")


if __name__ == "__main__":
    unittest.main()
