"""Stories of the Python client, told by the tests of one version of `websockets` each."""

import asyncio
import contextlib
import functools
import os
import pathlib
import signal
import subprocess
import sys
import unittest
import unittest.mock

from wire._broker import WireCase
from wire._fetched import from_pypi

STORY_SECONDS_MAX = 60
CLIENT = pathlib.Path(__file__).resolve().parents[2] / "clients/python"


def import_client(version: str):
    """Must come before anything imports `websockets`."""
    name = f"websockets-{version.strip('<>=')}"
    paths = [str(CLIENT), *from_pypi(name, f"websockets{version}", module="websockets")["PYTHONPATH"].split(os.pathsep)]
    sys.path[:0] = paths
    import twofold
    import websockets

    assert websockets.__file__.startswith(paths[1]), websockets.__file__
    return twofold


async def until(holds, what: str = "it never became true") -> None:
    """Polls: there is nothing to wait for when somebody else's state changes."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STORY_SECONDS_MAX):
            while not holds():
                await asyncio.sleep(0.005)
            return
    raise AssertionError(what)


class Stories(WireCase):
    """`async def test_...` runs on a loop of its own."""

    def __init_subclass__(cls) -> None:
        for name, body in list(vars(cls).items()):
            if asyncio.iscoroutinefunction(body) and name.startswith("test"):
                setattr(cls, name, functools.wraps(body)(lambda self, body=body: asyncio.run(body(self))))

    def setUp(self):
        import twofold

        self.twofold = twofold
        self.url = f"http://127.0.0.1:{self.broker.port}"

    def connect(self, **options):
        return self.twofold.connect(self.url, **options)

    def topic(self, name: str, partitions: int = 1) -> str:
        self.ask("PUT", f"/v1/topics/{name}", {"partitions": partitions}, status=201)
        return name

    def queue(self, name: str, values=(), **config) -> str:
        self.ask("PUT", f"/v1/queues/{name}", {"visibility_timeout": "1h"} | config, status=201)
        if values:
            self.ask("POST", f"/v1/queues/{name}/messages", {"messages": [{"value": value} for value in values]})
        return name

    def counts(self, queue: str) -> tuple:
        counts = self.ask("GET", f"/v1/queues/{queue}")["messages"]
        return counts["ready"], counts["in_flight"]

    async def restart(self) -> None:
        await asyncio.to_thread(self.broker.kill)
        await asyncio.to_thread(self.broker.start)

    async def take(self, subscription, count: int) -> list:
        async with asyncio.timeout(STORY_SECONDS_MAX):
            return [await anext(subscription) for _ in range(count)]

    def worker(self, queue: str) -> subprocess.Popen:
        worker = subprocess.Popen([sys.executable, "-m", "wire._python_worker", self.url, queue], text=True,
                                  env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(worker.stdout.close)
        self.addCleanup(worker.stdin.close)
        self.addCleanup(worker.wait)
        self.addCleanup(worker.kill)
        return worker


class Topics(Stories):
    async def test_compressed_only_if_asked_for(self):
        topic = self.topic("compressed")
        values = [{"number": n, "text": "again and " * 200} for n in range(100)]
        for options, names in (({}, []), ({"compression": "deflate"}, ["permessage-deflate"])):
            async with self.connect(**options) as client, client.subscribe(topic=topic) as records:
                socket = client._session._socket
                extensions = socket.extensions if hasattr(socket, "extensions") else socket.protocol.extensions
                self.assertEqual([extension.name for extension in extensions], names)
                await client.publish(topic, [{"value": value} for value in values])
                self.assertEqual([record.value for record in await self.take(records, 100)], values)

    async def test_what_is_published_arrives(self):
        topic = self.topic("arrives")
        events = []
        async with self.connect() as client, client.subscribe(topic=topic, on_event=events.append) as records:
            placed = await client.publish(topic, [
                {"key": "k", "value": {"n": 1.5}, "headers": {"a": "b", "raw": b"\xff"}},
                {"text": "é\n"}, {"bytes": b"\x00\xff"}, {"value": None}])
            self.assertEqual([place.id for place in placed], ["0-0", "0-1", "0-2", "0-3"])
            value, text, raw, tombstone = await self.take(records, 4)
            self.assertEqual((value.key, value.value, value.headers), ("k", {"n": 1.5}, {"a": "b", "raw": b"\xff"}))
            self.assertEqual((text.text, raw.bytes), ("é\n", b"\x00\xff"))
            self.assertEqual((tombstone.value, tombstone.text, tombstone.bytes), (None, None, None))
            self.assertEqual(value.topic, topic)
            self.assertIn(self.twofold.CaughtUp, map(type, events))

    async def test_a_refusal_says_what_and_leaves_the_connection(self):
        topic = self.topic("refusals")
        async with self.connect() as client:
            with self.assertRaises(self.twofold.Refused) as refused:
                await client.subscribe(topic="nowhere")
            self.assertEqual((refused.exception.code, refused.exception.status), ("topic-not-found", 404))
            with self.assertRaises(self.twofold.Refused) as refused:
                await client.publish(topic, {"value": "x" * (2 << 20)})
            self.assertEqual(refused.exception.code, "message-too-large")
            with self.assertRaises(self.twofold.TwofoldError) as split:
                await client.publish(topic, [{"text": "x" * (1 << 19)}] * 40)
            self.assertIn("split it", str(split.exception))
            self.assertEqual((await client.publish(topic, {"value": 1}))[0].offset, 0)

    async def test_there_is_no_broker(self):
        with self.assertRaises(self.twofold.Closed) as closed:
            await self.twofold.connect("http://127.0.0.1:1")
        self.assertIn("127.0.0.1:1", str(closed.exception))

    async def test_credit_bounds_what_is_under_way(self):
        topic = self.topic("credit")
        async with self.connect(heartbeat="1s") as client:
            await client.publish(topic, [{"value": n} for n in range(500)])
            for credit in (self.twofold.Credit(messages=7), self.twofold.Credit(messages=100, bytes=300)):
                async with client.subscribe(topic=topic, from_="earliest", credit=credit) as records:
                    self.assertEqual([r.value for r in await self.take(records, 1)], [0])
                    await until(lambda: records.lag is not None)
                    self.assertGreater(records.lag, 480, "the rest waits in the log")
                    self.assertEqual([r.value for r in await self.take(records, 499)], list(range(1, 500)))
            manual = self.twofold.Credit(messages=0, manual=True)
            async with client.subscribe(topic=topic, from_="earliest", credit=manual) as records:
                records.grant(3)
                await self.take(records, 3)
                fourth = asyncio.ensure_future(anext(records))
                lag = records.lag
                await until(lambda: records.lag != lag, "no heartbeat came")
                self.assertFalse(fourth.done())
                records.grant(1)
                self.assertEqual((await fourth).value, 3)

    async def test_a_cursor_goes_on_next_week(self):
        topic = self.topic("resumes", partitions=3)
        async with self.connect() as client:
            await client.publish(topic, [{"value": n} for n in range(10)])
            async with client.subscribe(topic=topic, from_="earliest", max_batch=2) as records:
                first = [record.value for record in await self.take(records, 5)]
                cursor = records.cursor
        self.assertIsNotNone(cursor)
        await self.restart()
        async with self.connect() as client, client.subscribe(topic=topic, resume=cursor) as records:
            rest = [record.value for record in await self.take(records, 6)]
            # The fifth was in hand: only when the next is asked for it counts as processed.
            self.assertEqual(sorted({*first, *rest}), list(range(10)))
            await records.seek("earliest")
            self.assertEqual(sorted(r.value for r in await self.take(records, 10)), list(range(10)))

    async def test_a_broker_that_is_killed_costs_nothing_and_doubles_nothing(self):
        topic = self.topic("killed", partitions=3)
        acked, unknown, seen = set(), set(), []

        async def publish(client, value):
            try:
                await client.publish(topic, {"value": value})
                acked.add(value)
            except self.twofold.UnknownOutcome:
                unknown.add(value)

        async def read(records):
            async for record in records:
                seen.append((record.id, record.value))

        async with self.connect() as client, client.subscribe(topic=topic, credit=10, max_batch=7) as records:
            reader = asyncio.create_task(read(records))
            for life in range(3):
                before = len(acked)
                batch = asyncio.gather(*(publish(client, life * 600 + n) for n in range(600)))
                await until(lambda: len(acked) > before + 200)
                await self.restart()
                await batch
            await until(lambda: acked <= {value for _, value in seen}, "an acked record never arrived")
        await reader
        self.assertTrue(unknown, "none was under way when the broker died")
        self.assertEqual(len(acked) + len(unknown), 1800)
        self.assertEqual(len({id for id, _ in seen}), len(seen), "a record was handed out twice")
        self.assertEqual(len({value for _, value in seen}), len(seen), "a record was stored twice")
        self.assertLessEqual({value for _, value in seen}, acked | unknown)

    async def test_the_publish_window_is_never_passed(self):
        topic = self.topic("window")
        unanswered, most = {}, {"frames": 0, "bytes": 0}
        session = sys.modules["twofold._session"].Session
        send, run = session.send, session.run

        def sending(self, text):
            if '"publish"' in text[:30]:
                unanswered[text.split(",", 2)[1]] = len(text)
                most["frames"] = max(most["frames"], len(unanswered))
                most["bytes"] = max(most["bytes"], sum(unanswered.values()))
            send(self, text)

        def running(self, received):
            def heard(frame, text):
                unanswered.pop(f' "id": {frame.get("id")}', None)
                received(frame, text)

            return run(self, heard)

        with unittest.mock.patch.multiple(session, send=sending, run=running):
            async with self.connect() as client:
                small = [client.publish(topic, {"text": "x" * 1000}) for _ in range(1000)]
                large = [client.publish(topic, [{"text": "y" * 1_000_000}] * 3) for _ in range(12)]
                placed = await asyncio.gather(*small, *large)
                self.assertEqual(sorted(p.offset for some in placed for p in some), list(range(1036)))
                self.assertEqual(most["frames"], client.welcome["publish_window"]["frames"])
                self.assertLessEqual(most["bytes"], client.welcome["publish_window"]["bytes"])
                self.assertGreater(most["bytes"], 6_000_000, "the window is used")


class Queues(Stories):
    async def test_a_worker_takes_as_much_as_it_has_credit_for(self):
        queue = self.queue("credited", range(20))
        async with self.connect() as client, client.subscribe(queue=queue, credit=3) as jobs:
            first = await self.take(jobs, 3)
            self.assertEqual(self.counts(queue), (17, 3))
            self.assertEqual(await first[0].ack(), "acked")
            self.assertEqual(await first[0].ack(), "already")
            self.assertEqual(await first[1].nack(delay="1h", reason="later"), "ok")
            self.assertEqual(await first[2].extend("2h"), "ok")
            held = [first[2]]
            for _ in range(16):
                held += await self.take(jobs, 1)
                if len(held) == 2:
                    self.assertEqual(await jobs.ack(held), ["acked", "acked"])
                    held.clear()
        self.assertEqual(self.counts(queue), (2, 0), "leaving gives back what is in hand, and what was prefetched")

    async def test_messages_of_a_worker_that_dies_come_again_at_once(self):
        queue = self.queue("dies", range(20))
        worker = self.worker(queue)
        self.assertEqual(await asyncio.to_thread(worker.stdout.readline), "took 0\n")
        await until(lambda: self.counts(queue) == (15, 5), "five are prefetched")
        worker.send_signal(signal.SIGKILL)
        async with self.connect() as client, client.subscribe(queue=queue, credit=20) as jobs:
            messages = await self.take(jobs, 20)
            self.assertEqual(sorted(message.value for message in messages), list(range(20)))
            self.assertEqual({m.value: m.receive_count for m in messages}[0], 2)
            self.assertEqual(set(await jobs.ack(messages)), {"acked"})
        self.assertEqual(self.counts(queue), (0, 0))

    async def test_sigterm_finishes_what_is_in_hand_and_gives_the_rest_back(self):
        queue = self.queue("drains", range(10))
        worker = self.worker(queue)
        self.assertEqual(await asyncio.to_thread(worker.stdout.readline), "took 0\n")
        await until(lambda: self.counts(queue) == (5, 5), "five are prefetched")
        worker.send_signal(signal.SIGTERM)
        self.assertEqual(await asyncio.to_thread(worker.stdout.readline), "told to stop\n")
        out, _ = await asyncio.to_thread(worker.communicate, "done\n", STORY_SECONDS_MAX)
        self.assertEqual((out, worker.returncode), ("acked 0\nended\n", 0))
        self.assertEqual(self.counts(queue), (9, 0))
        received = self.ask("POST", f"/v1/queues/{queue}/receive", {"max": 10})["messages"]
        self.assertEqual({m["receive_count"] for m in received}, {1}, "what nobody saw was not received")

    async def test_acked_messages_do_not_come_again_after_a_kill(self):
        queue = self.queue("survives", range(300), visibility_timeout="2s")  # what was prefetched when it was killed
        acked, results = [], []
        async with self.connect() as client, client.subscribe(queue=queue, credit=10) as jobs:
            async with asyncio.timeout(STORY_SECONDS_MAX):
                async for message in jobs:
                    self.assertNotIn(message.value, acked)
                    if message.value == 100 and len(results) < 150:
                        await self.restart()
                    results.append(await message.ack())
                    if results[-1] in ("acked", "already"):
                        acked.append(message.value)
                    if len(acked) == 300:
                        break
        self.assertEqual(sorted(acked), list(range(300)))
        self.assertEqual(self.counts(queue), (0, 0))

    async def test_a_drain_of_the_broker_is_sat_out(self):
        topic, queue = self.topic("sat_out"), self.queue("sits_out", range(3))
        events = []
        async with self.connect(on_event=events.append) as client, client.subscribe(queue=queue) as jobs:
            first, = await self.take(jobs, 1)
            self.broker.process.send_signal(signal.SIGTERM)
            await until(lambda: any(isinstance(event, self.twofold.GoAway) for event in events), "no goaway came")
            held = asyncio.create_task(client.publish(topic, {"value": "while it went"}))
            self.assertEqual(await first.ack(), "acked")
            await asyncio.to_thread(self.broker.process.wait)
            self.assertEqual(self.broker.stop(), 0)
            await asyncio.to_thread(self.broker.start)
            async with asyncio.timeout(STORY_SECONDS_MAX):
                self.assertEqual((await held)[0].offset, 0, "it waited, nothing is unknown")
            self.assertEqual([m.value for m in await self.take(jobs, 2)], [1, 2])
