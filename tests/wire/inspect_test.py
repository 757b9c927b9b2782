#!/usr/bin/env python3
"""A page that draws what /v1/inspect says always comes to what the API says: whatever happens to the queue, the
topic and the groups it looks at, across reconnects and restarts, with a rate and without."""

import asyncio
import json
import re
import socket
import time
import unittest

from wire._broker import Broker
from wire._inspect_page import Page
from wire._stream import RawStream, StreamCase, websockets


class Watched:
    """A page with its connection."""

    def __init__(self, test, stream, queue: str = "", topic: str = "", groups=()):
        self.test, self.stream, self.queue, self.topic, self.groups = test, stream, queue, topic, groups
        self.page = Page()

    async def frame(self, seconds: float = 20) -> dict:
        text = await asyncio.wait_for(self.stream.connection.recv(), seconds)
        frame = json.loads(text)
        self.page.take(frame)
        return frame

    async def until(self, condition, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            left = deadline - time.monotonic()
            try:
                await self.frame(max(left, 0.01))
            except asyncio.TimeoutError:
                raise AssertionError(f"never came true; the page: {self.page.states()}, the last: {self.page.events[-5:]}")

    async def until_event(self, kind: str, count: int = 1, seconds: float = 20) -> dict:
        await self.until(lambda: len(self.page.happened(kind)) >= count, seconds)
        return self.page.happened(kind)[-1]

    def api(self) -> dict:
        items = self.test.ask("GET", f"/v1/queues/{self.queue}/messages?limit=1000")["items"]
        return {(m["partition"], m["offset"]): (m["state"], m["receive_count"]) for m in items}

    async def agrees(self, seconds: float = 20) -> dict:
        """Both may still be moving: they meet where nothing happens."""
        deadline = time.monotonic() + seconds
        while (api := self.api()) != self.page.states():
            try:
                await self.frame(0.2)
            except asyncio.TimeoutError:
                if time.monotonic() > deadline:
                    raise AssertionError(f"the API says {api}, the page {self.page.states()}")
        return api


class Inspecting(StreamCase):
    async def watch(self, *, queue: str = "", topic: str = "", groups=(), page: Page | None = None, **more) -> Watched:
        """With a page: one that comes back, and goes on."""
        query = [f"queue={queue}"] * bool(queue) + [f"topic={topic}"] * bool(topic) + [f"group={g}" for g in groups]
        query += [f"{name}={value}" for name, value in more.items()]
        stream = await self.connect("/v1/inspect?" + "&".join(query))
        watched = Watched(self, stream, queue, topic, groups)
        if page:
            watched.page = page
        frame = await watched.frame()
        self.assertEqual(frame["type"] == "snapshot", page is None)
        return watched

    def kitchen(self, name: str, **settings) -> tuple:
        """A topic, and a queue attached to it that has a dead letter queue."""
        topic, queue = f"{name}-orders", f"{name}-kitchen"
        self.ask("PUT", f"/v1/topics/{topic}", {"partitions": settings.pop("partitions", 1)}, status=201)
        self.ask("PUT", f"/v1/queues/{queue}-burnt", {}, status=201)
        self.ask("PUT", f"/v1/queues/{queue}", {
            "source": {"topic": topic, "from": "earliest"}, "dead_letter": f"{queue}-burnt", "max_receives": 3,
            "visibility_timeout": "30s", **settings}, status=201)
        return topic, queue

    def receive(self, queue: str, cook: str = "cook-a", max: int = 1, **more) -> list:
        return self.ask("POST", f"/v1/queues/{queue}/receive", {"max": max, **more},
                        headers={"Twofold-Client": cook})["messages"]

    def settle(self, queue: str, verb: str, *items) -> None:
        body = {"receipts": list(items)} if verb == "ack" else {"items": list(items)}
        self.ask("POST", f"/v1/queues/{queue}/{verb}", body)

    # -- one thing at a time ------------------------------------------------------------------------

    async def test_the_snapshot_is_enough_to_draw_everything(self):
        topic, queue = self.kitchen("drawn", partitions=2)
        self.ask("POST", f"/v1/topics/{topic}/records", {"records": [
            {"key": "table-1", "value": {"dish": "soup"}, "partition": 0}, {"key": "table-2", "text": "ü" * 300, "partition": 1},
            {"bytes": "/wD/", "partition": 0}, {"key": "table-1", "value": None, "partition": 0}]})
        first = self.receive(queue, "cook-ä")[0]
        self.ask("POST", "/v1/groups/drawn-a/poll", {"topics": [topic], "member": "reader-1", "from": "earliest"})
        watched = await self.watch(queue=queue, topic=topic, groups=("drawn-a", "drawn-nobody"))
        shot = watched.page.snapshots[0]
        self.assertEqual((shot["reason"], shot["dropped"]), ("opened", 0))
        self.assertEqual([(p["start_offset"], p["end_offset"]) for p in shot["topic"]["partitions"]], [(0, 3), (0, 1)])
        soup, binary, tombstone = shot["topic"]["partitions"][0]["records"]
        self.assertEqual((soup["key"], soup["preview"], soup["size"]), ("table-1", '{"dish": "soup"}', 16))
        self.assertEqual((binary["key"], binary["preview_base64"]), (None, "/wD/"))
        self.assertEqual(tombstone["size"], 0)
        long = shot["topic"]["partitions"][1]["records"][0]
        self.assertEqual((long["size"], long["preview"]), (600, "ü" * 100))
        self.assertEqual(shot["queue"]["counts"]["in_flight"], 1)
        self.assertEqual(shot["queue"]["dead_letter"], f"{queue}-burnt")
        held = next(m for m in shot["queue"]["messages"] if m["state"] == "in_flight")
        self.assertEqual((held["partition"], held["offset"], held["receives"]), (first["partition"], first["offset"], 1))
        self.assertEqual((held["consumer"], held["visible_at"][:19]), ("cook-\ufffd", first["visible_at"][:19]), "no UTF-8")
        readers, nobody = shot["groups"]
        self.assertEqual([m["member"] for m in readers["members"]], ["reader-1"])
        self.assertEqual(readers["members"][0]["partitions"], [0, 1])
        self.assertEqual(nobody, {"name": "drawn-nobody", "exists": False})
        self.assertEqual(set(watched.api()), set(watched.page.states()))

    async def test_a_message_through_all_its_states(self):
        topic, queue = self.kitchen("life", visibility_timeout="1s")
        watched = await self.watch(queue=queue, topic=topic)
        self.publish(topic, *range(4))
        appended = await watched.until_event("appended", 4)
        self.assertEqual((appended["offset"], appended["preview"], appended["size"], appended["key"]), (3, "3", 1, None))
        self.assertEqual(await watched.agrees(), {(0, n): ("ready", 0) for n in range(4)})

        zero, one = self.receive(queue, "cook-a", 2, visibility_timeout="30s")
        delivered = await watched.until_event("delivered", 2)
        self.assertEqual((delivered["offset"], delivered["consumer"], delivered["receives"]), (1, "cook-a", 1))
        self.assertEqual(delivered["visible_at"][:19], one["visible_at"][:19])
        self.settle(queue, "ack", zero["receipt"])
        self.assertEqual((await watched.until_event("acked"))["offset"], 0)
        self.settle(queue, "extend", {"receipt": one["receipt"], "visibility_timeout": "2m"})
        self.assertGreater((await watched.until_event("extended"))["visible_at"], delivered["visible_at"])
        await watched.agrees()

        self.settle(queue, "nack", {"receipt": one["receipt"]})
        await watched.until_event("nacked")
        await watched.until_event("ready")
        self.assertEqual((await watched.agrees())[0, 1], ("ready", 1))
        again = self.receive(queue, visibility_timeout="30s")[0]
        self.assertEqual((again["offset"], again["receive_count"]), (1, 2))
        self.settle(queue, "nack", {"receipt": again["receipt"], "delay": "1s"})
        self.assertGreater((await watched.until_event("nacked", 2))["visible_at"], watched.page.events[-1]["ts"])
        self.assertEqual((await watched.agrees())[0, 1], ("delayed", 2))
        await watched.until_event("ready", 2)

        self.receive(queue, "cook-b", max=3)
        taken = await watched.until_event("delivered", 6)
        expired = await watched.until_event("expired", 2)
        self.assertEqual(expired["receives"], 1)
        self.assertGreaterEqual(expired["ts"], taken["visible_at"], "not before its time is over")
        burnt = await watched.until_event("dead_lettered")
        self.assertEqual((burnt["offset"], burnt["receives"], burnt["reason"], burnt["to"]),
                         (1, 3, "max_receives", f"{queue}-burnt"))
        self.assertEqual((await watched.until_event("moved"))["to"], f"{queue}-burnt")
        self.assertEqual(await watched.agrees(), {(0, n): ("ready", 1) for n in (2, 3)})
        self.assertEqual(watched.page.types.count("snapshot"), 1, "all of it by events")

    async def test_dead_ones_stay_and_come_back_and_go(self):
        topic, queue = self.kitchen("dead", dead_letter=None)
        watched = await self.watch(queue=queue, topic=topic)
        self.publish(topic, *range(3))
        held = self.receive(queue, max=3)
        self.settle(queue, "nack", *({"receipt": m["receipt"], "dead": True, "reason": "burnt"} for m in held))
        burnt = await watched.until_event("dead_lettered", 3)
        self.assertEqual((burnt["reason"], burnt["to"]), ("burnt", None))
        await watched.agrees()
        self.ask("POST", f"/v1/queues/{queue}/redrive", {"ids": ["0-1"]}, status=202)
        await watched.until_event("revived")
        await watched.until_event("ready")
        self.assertEqual((await watched.agrees())[0, 1][0], "ready")
        self.call("DELETE", f"/v1/queues/{queue}/messages/0-0")
        self.assertEqual((await watched.until_event("acked"))["offset"], 0)
        self.ask("POST", f"/v1/queues/{queue}/purge", {})
        self.assertEqual((await watched.until_event("purged"))["messages"], 2)
        self.assertEqual(await watched.agrees(), {})

    async def test_a_queue_with_its_own_log_forgets_what_is_acked(self):
        self.ask("PUT", "/v1/queues/own", {}, status=201)
        watched = await self.watch(queue="own")
        self.ask("POST", "/v1/queues/own/messages", {"messages": [
            {"value": "now"}, {"value": "later", "delay": "1s"}, {"value": "last", "key": "k"}]})
        await watched.until_event("appended", 3)
        self.assertEqual(watched.page.happened("appended")[0]["preview"], '"now"')
        self.assertEqual((await watched.until_event("delayed"))["offset"], 1)
        self.assertEqual((await watched.agrees())[0, 1][0], "delayed")
        for message in self.receive("own", max=2):
            self.settle("own", "ack", message["receipt"])
        trimmed = await watched.until_event("queue_trimmed")
        self.assertEqual(trimmed["start_offset"], 1)
        await watched.until_event("ready")
        self.settle("own", "ack", self.receive("own")[0]["receipt"])
        await watched.until(lambda: watched.page.happened("queue_trimmed")[-1]["start_offset"] == 3)
        self.assertEqual(await watched.agrees(), {})
        self.send("own", "more")
        await watched.agrees()
        again = await self.watch(queue="own")
        partition = again.page.snapshots[0]["queue"]["partitions"][0]
        self.assertEqual((partition["start_offset"], partition["end_offset"]), (3, 4))
        self.assertEqual([r["preview"] for r in partition["records"]], ['"more"'])

    def sample(self, series: str) -> int:
        return int(re.search(re.escape(series) + r" (\d+)", self.call("GET", "/metrics").body.decode()).group(1))

    async def test_metrics_tell_who_looks_on_from_who_subscribes(self):
        self.ask("PUT", "/v1/topics/counted", {}, status=201)
        kinds = ("subscribe", "inspect")
        had = {kind: self.sample(f'twofold_ws_connections_total{{kind="{kind}"}}') for kind in kinds}
        sent = {kind: self.sample(f'twofold_ws_sent_messages_total{{kind="{kind}"}}') for kind in kinds}
        watched = await self.watch(topic="counted")
        stream = await self.greeted()
        await stream.say("publish", id=1, topic="counted", records=[{"value": 1}, {"value": 22}])
        await stream.next("published")
        self.publish("counted", 3)
        await watched.until_event("appended", 3)
        await stream.subscribe(topic="counted", **{"from": "1"})
        await stream.messages(2)
        for kind, more, messages in (("subscribe", 1, 2), ("inspect", 1, 3)):
            self.assertEqual(self.sample(f'twofold_ws_connections_total{{kind="{kind}"}}'), had[kind] + more, kind)
            self.assertGreaterEqual(self.sample(f'twofold_ws_connections{{kind="{kind}"}}'), 1)
            self.assertEqual(self.sample(f'twofold_ws_sent_messages_total{{kind="{kind}"}}'), sent[kind] + messages, kind)
        self.assertEqual([self.sample(f'twofold_topic_appended_{what}_total{{topic="counted",api="{api}"}}')
                          for what in ("records", "bytes") for api in ("rest", "ws")], [1, 2, 1, 3])

    async def test_trimmed_records_take_their_messages_with_them(self):
        topic, queue = self.kitchen("torn", partitions=2)
        watched = await self.watch(queue=queue, topic=topic)
        for partition in range(2):
            self.ask("POST", f"/v1/topics/{topic}/records",
                     {"records": [{"value": n, "partition": partition} for n in range(5)]})
        await watched.until_event("appended", 10)
        self.ask("POST", f"/v1/topics/{topic}/trim", {"before": {"0": 3}})
        retention = await watched.until_event("retention")
        self.assertEqual((retention["topic"], retention["partition"], retention["start_offset"]), (topic, 0, 3))
        self.assertEqual(len(await watched.agrees()), 7)
        self.ask("PATCH", f"/v1/topics/{topic}", {"retention": {"count": 2}})
        await watched.until(lambda: watched.page.starts == {0: 3, 1: 3}, seconds=30)
        self.assertEqual(len(await watched.agrees()), 4)

    async def test_what_does_not_match_the_filter_is_passed_over(self):
        self.ask("PUT", "/v1/topics/sorted", {}, status=201)
        self.ask("PUT", "/v1/queues/only-odd", {"source": {"topic": "sorted", "from": "earliest", "filter": "value.odd = true"}},
                 status=201)
        watched = await self.watch(queue="only-odd", topic="sorted")
        self.publish("sorted", *({"odd": n % 2 == 1} for n in range(6)))
        await watched.until_event("passed_over", 3)
        self.assertEqual(set(await watched.agrees()), {(0, 1), (0, 3), (0, 5)})

    # -- groups -------------------------------------------------------------------------------------

    def standing(self, group: str, topic: str) -> tuple:
        info = self.ask("GET", f"/v1/groups/{group}")
        offsets = {int(p): at["committed"] for p, at in info["offsets"].get(topic, {}).items()}
        return ({p: at for p, at in offsets.items() if at is not None},
                {m["member"]: m["assigned"].get(topic, []) for m in info["members"]})

    async def test_readers_come_commit_and_go(self):
        topic, _ = self.kitchen("read", partitions=4)
        self.publish(topic, *range(8))
        watched = await self.watch(topic=topic, groups=("menu", "other"))
        self.assertEqual(watched.page.members, {})
        page = self.ask("POST", "/v1/groups/menu/poll", {"topics": [topic], "member": "a", "from": "earliest", "max": 100})
        joined = await watched.until_event("joined")
        self.assertEqual((joined["group"], joined["member"]), ("menu", "a"))
        rebalanced = await watched.until_event("rebalanced")
        self.assertEqual(rebalanced["assignment"], {"a": [0, 1, 2, 3]})
        self.ask("POST", "/v1/groups/menu/commit", {"member": "a", "cursor": page["cursor"]})
        await watched.until(lambda: any(e["offset"] > 0 for e in watched.page.happened("committed")))
        committed = watched.page.happened("committed")[-1]
        self.assertEqual((committed["group"], committed["topic"], committed["member"]), ("menu", topic, "a"))

        reader = await self.connect()
        await reader.hello(client="reader-b")
        await reader.subscribe(topic=topic, group="menu")
        await watched.until(lambda: any(e["client"] == "reader-b" for e in watched.page.happened("joined")))
        await watched.until(lambda: sorted(map(len, watched.page.members["menu"].values())) == [2, 2])
        self.assertEqual((watched.page.positions["menu"], watched.page.members["menu"]), self.standing("menu", topic))
        await reader.connection.close()
        await watched.until_event("left")
        self.ask("POST", "/v1/groups/menu/leave", {"member": "a"})
        await watched.until_event("left", 2)
        self.ask("POST", "/v1/groups/menu/seek", {"topic": topic, "to": "earliest"})
        await watched.until(lambda: len(watched.page.happened("positioned")) >= 4)
        await watched.until(lambda: watched.page.members["menu"] == {})
        self.assertEqual((watched.page.positions["menu"], {}), self.standing("menu", topic))
        self.call("DELETE", "/v1/groups/menu")
        await watched.until_event("group_deleted")
        await watched.until(lambda: len(watched.page.snapshots) == 2)
        self.assertFalse(watched.page.snapshots[-1]["groups"][0]["exists"])

    async def test_a_cook_over_a_stream_has_a_name(self):
        topic, queue = self.kitchen("named", on_disconnect="timeout", visibility_timeout="1s")
        watched = await self.watch(queue=queue, topic=topic)
        cook = await self.connect()
        await cook.hello(client="cook-c")
        await cook.subscribe(queue=queue, credit={"messages": 1})
        self.publish(topic, "soup")
        await cook.messages(1)
        delivered = await watched.until_event("delivered")
        self.assertEqual(delivered["consumer"], "cook-c")
        cook.connection.transport.abort()  # a crash
        expired = await watched.until_event("expired")
        self.assertGreaterEqual(expired["ts"], delivered["visible_at"])
        await watched.agrees()

    # -- what comes and goes ------------------------------------------------------------------------

    async def test_names_that_do_not_exist_yet(self):
        watched = await self.watch(queue="new-kitchen", topic="new-orders", groups=("new-group",))
        shot = watched.page.snapshots[0]
        self.assertEqual((shot["topic"], shot["queue"]), ({"name": "new-orders", "exists": False},
                                                          {"name": "new-kitchen", "exists": False}))
        self.ask("PUT", "/v1/topics/new-orders", {}, status=201)
        await watched.until_event("topic_created")
        self.publish("new-orders", *range(3))
        await watched.until_event("appended", 3)
        self.ask("PUT", "/v1/queues/new-kitchen", {"source": {"topic": "new-orders", "from": "earliest"}}, status=201)
        self.assertEqual((await watched.until_event("attached"))["topic"], "new-orders")
        await watched.until(lambda: watched.page.exists["queue"])
        self.assertEqual(len(await watched.agrees()), 3)
        self.publish("new-orders", 3)
        self.receive("new-kitchen")
        self.assertEqual(len(await watched.agrees()), 4)
        self.ask("PATCH", "/v1/queues/new-kitchen", {"visibility_timeout": "7s"})
        await watched.until_event("configured")
        await watched.until(lambda: watched.page.snapshots[-1]["queue"].get("visibility_timeout") == "7s")
        self.call("DELETE", "/v1/queues/new-kitchen")
        await watched.until_event("detached")
        await watched.until(lambda: not watched.page.exists["queue"])
        self.call("DELETE", "/v1/topics/new-orders")
        await watched.until_event("topic_deleted")
        await watched.until(lambda: not watched.page.exists["topic"])

    async def test_whoever_comes_back_goes_on_where_he_was(self):
        topic, queue = self.kitchen("resumed")
        first = await self.watch(queue=queue, topic=topic)
        self.publish(topic, 0)
        await first.until_event("appended")
        await first.stream.connection.close()
        self.publish(topic, 1, 2)
        self.receive(queue)
        again = await self.watch(queue=queue, topic=topic, resume=first.page.seq, page=first.page)
        self.assertEqual(len(await again.agrees()), 3)
        self.assertEqual(again.page.types.count("snapshot"), 1)
        self.assertEqual([e["type"] for e in again.page.events], ["appended", "appended", "appended", "delivered"])
        for seq in (1, first.page.seq + 1_000_000):
            other = await self.watch(queue=queue, topic=topic, resume=seq)
            self.assertEqual(other.page.snapshots[0]["reason"], "resume-too-old")

    async def test_very_many_at_once_are_a_new_snapshot(self):
        topic, queue = self.kitchen("many")
        watched = await self.watch(queue=queue, topic=topic)
        for _ in range(8):
            self.publish(topic, *range(1000))
        await watched.until(lambda: watched.page.ends == {0: 8000})
        self.ask("POST", f"/v1/queues/{queue}/purge", {})
        self.publish(topic, "after")
        await watched.until(lambda: watched.page.states() == {(0, 8000): ("ready", 0)})

    # -- those who cannot keep up -------------------------------------------------------------------

    async def test_with_a_rate_the_rest_comes_as_numbers(self):
        topic, queue = self.kitchen("paced")
        watched = await self.watch(queue=queue, topic=topic, max_rate=40)
        for n in range(0, 600, 50):
            self.publish(topic, *range(n, n + 50))
            for message in self.receive(queue, max=20):
                self.settle(queue, "ack", message["receipt"])
        await watched.until(lambda: watched.page.snapshots[-1]["reason"] == "caught-up")
        await watched.agrees()
        page = watched.page
        self.assertIn("counters", page.types)
        for kind, count in (("appended", 600), ("delivered", 240), ("acked", 240)):
            self.assertEqual(len(page.happened(kind)) + page.coalesced.get(kind, 0), count, kind)
        self.assertEqual([shot["dropped"] for shot in page.snapshots], [0] * len(page.snapshots))
        sent_by_second = {}
        for event in page.events:
            sent_by_second[event["ts"][:19]] = sent_by_second.get(event["ts"][:19], 0) + 1
        self.assertLessEqual(len(page.events), 10 * (4 * len(sent_by_second) + 8))
        self.assertTrue(any(event.get("sampled") for event in page.events))

    def test_a_slow_one_holds_no_memory_and_is_told_what_it_missed(self):
        topic, queue = self.kitchen("slow")
        slow = RawStream(self.broker.port, f"/v1/inspect?queue={queue}&topic={topic}")
        self.addCleanup(slow.socket.close)
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 128 << 10)
        self.assertEqual(slow.read_json("snapshot")["dropped"], 0)
        rss = self.resident()
        for _ in range(150):
            self.publish(topic, *range(1000))
        page, sent = Page(), 0
        self.assertLess(self.resident() - rss, 64 << 20)
        page.own_log, page.queue_topic = False, topic
        while page.ends.get(0) != 150_000:
            frame = slow.read_json()
            if frame["type"] == "heartbeat":
                continue
            sent += frame["type"] == "appended"
            if frame["type"] == "snapshot":
                sent += frame["dropped"]
                page.draw(frame)
            else:
                page.ends[0] = frame["offset"] + 1
        self.assertEqual(sent, 150_000, "sent, or said to be dropped")
        self.assertTrue(any(shot["dropped"] > 0 for shot in page.snapshots))

    def resident(self) -> int:
        with open(f"/proc/{self.broker.process.pid}/statm") as file:
            return int(file.read().split()[1]) * 4096

    async def test_what_is_asked_wrongly_is_refused_in_words(self):
        path = "/v1/inspect?queue=a"
        self.refused("GET", path, status=426, code="upgrade-required")
        for query in ("", "topic=", "queue=a/b", "queue=a&resume=x", "queue=a&max_rate=0", "queue=a&queue=b", "quue=a",
                      "&".join(f"group=g{n}" for n in range(17))):
            with self.assertRaises(websockets.InvalidStatusCode) as refused:
                await self.connect(f"/v1/inspect?{query}")
            self.assertEqual(refused.exception.status_code, 400, query)
        with self.assertRaises(websockets.InvalidStatusCode):
            await self.connect(path, protocols=["twofold.v1.proto"])


class AcrossRestarts(StreamCase):
    async def test_a_restart_is_a_new_snapshot(self):
        broker = Broker()
        self.addCleanup(broker.remove)
        broker.start()
        for method, path, body in (("PUT", "/v1/topics/orders", {}),
                                   ("PUT", "/v1/queues/kitchen", {"source": {"topic": "orders", "from": "earliest"}}),
                                   ("POST", "/v1/topics/orders/records", {"records": [{"value": 1}, {"value": 2}]}),
                                   ("POST", "/v1/queues/kitchen/receive", {"visibility_timeout": "1h"}),
                                   ("POST", "/v1/topics/orders/records", {"value": "on disk, and what was before it"})):
            self.assertLess(broker.call(method, path, body).status, 300)
        path = "/v1/inspect?topic=orders&queue=kitchen"
        before = RawStream(broker.port, path)
        self.addCleanup(before.socket.close)
        page = Page()
        page.take(before.read_json())
        broker.kill()
        broker.start()
        after = RawStream(broker.port, f"{path}&resume={page.seq}")
        self.addCleanup(after.socket.close)
        frame = after.read_json()
        self.assertEqual((frame["type"], frame["reason"]), ("snapshot", "resume-too-old"))
        self.assertGreater(frame["seq"], page.seq, "numbers are never used twice")
        states = page.states()
        page.take(frame)
        self.assertEqual(page.states(), states, "what was in flight still is")


if __name__ == "__main__":
    unittest.main()
