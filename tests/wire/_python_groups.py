"""Stories of the Python client's members of groups, and of transactions."""

import asyncio
import contextlib

from wire._python_client import STORY_SECONDS_MAX, Stories, until


class Readers(Stories):
    def fill(self, topic: str, values, partitions: int = 1) -> None:
        self.ask("POST", f"/v1/topics/{topic}/records",
                 {"records": [{"value": value, "partition": n % partitions} for n, value in enumerate(values)]})

    def committed(self, group: str) -> dict:
        topics = self.ask("GET", f"/v1/groups/{group}")["offsets"]
        return {int(number): one["committed"] for topic in topics.values() for number, one in topic.items()}

    def values(self, topic: str) -> list:
        page = self.ask("GET", f"/v1/topics/{topic}/records?from=earliest&limit=1000")
        return [record["value"] for record in page["records"]]

    def member(self, client, topic: str, **options):
        """Of the group that is named like the topic, unless said."""
        return client.subscribe(topic=topic, group=options.pop("group", topic), from_="earliest", **options)

    def cut(self, client) -> None:
        """The connection, and nothing else."""
        client._session._socket.transport.abort()


class Groups(Readers):
    async def test_members_share_and_hand_over_without_loss_or_doubles(self):
        topic = self.topic("shared", partitions=6)
        self.fill(topic, range(600), 6)
        seen, revoked = {"a": [], "b": []}, []

        async def on_revoked(event, member):
            revoked.append(event)
            await member.commit()

        async def work(name, member):
            async for record in member:
                seen[name].append(record.value)
                if len(seen[name]) % 50 == 0:
                    await member.commit()

        async with contextlib.AsyncExitStack() as stack:
            first = await stack.enter_async_context(self.connect())
            a = await self.member(first, topic, on_revoked=on_revoked, credit=300, max_batch=40)
            async with asyncio.TaskGroup() as workers:
                workers.create_task(work("a", a))
                await until(lambda: len(seen["a"]) > 100)
                second = await stack.enter_async_context(self.connect())
                b = await self.member(second, topic, on_revoked=on_revoked)
                workers.create_task(work("b", b))
                # Long before the time to commit is over: it is handed over as soon as it is committed.
                async with asyncio.timeout(20):
                    while len(b.partitions) < 3:
                        await asyncio.sleep(0.01)
                self.assertEqual(sorted(a.partitions + b.partitions), list(range(6)))
                self.fill(topic, range(600, 1200), 6)
                await until(lambda: len(seen["a"]) + len(seen["b"]) >= 1200)
                self.assertTrue(await first.drain())
                async with asyncio.timeout(20):
                    while len(b.partitions) < 6:
                        await asyncio.sleep(0.01)
                self.fill(topic, range(1200, 1206), 6)
                await until(lambda: set(range(1200, 1206)) <= set(seen["b"]))
                await b.commit()
                self.assertTrue(await second.drain())
        self.assertTrue(seen["b"])
        self.assertEqual(len(revoked[0].partitions), 3)
        self.assertIsNotNone(revoked[0].commit_by)
        self.assertEqual(sorted({*seen["a"], *seen["b"]}), list(range(1206)))
        # The drained member left with up to 49 records that it had not committed.
        doubles = len(seen["a"]) + len(seen["b"]) - 1206
        self.assertLess(doubles, 50)
        self.assertEqual(self.committed(topic), dict.fromkeys(range(6), 201))

    async def test_a_commit_is_exact_to_the_record(self):
        topic = self.topic("exact")
        self.fill(topic, range(10))
        async with self.connect(heartbeat="1s") as client:
            async with self.member(client, topic) as records:
                await self.take(records, 4)
                await records.commit()
                self.assertEqual(self.committed(topic), {0: 4})
                await self.take(records, 6)
                cursor = records.cursor  # the last is in hand, but its batch was handed out as a whole
                await records.commit(cursor)
            async with self.member(client, topic, group="filtered", filter="value = 7") as records:
                await self.take(records, 1)
                await records.commit()
                await until(lambda: records._marks, "no cursor behind what the filter left out")
                await records.commit()
                self.assertEqual(self.committed("filtered"), {0: 10})

    async def test_a_broker_that_is_killed_is_resumed_where_the_group_has_committed(self):
        topic = self.topic("resumed")
        self.fill(topic, range(20))
        told = []

        async def on_revoked(event, member):
            told.append(event)

        async with self.connect() as client, self.member(client, topic, on_revoked=on_revoked) as records:
            await self.take(records, 5)
            await records.commit()
            await self.take(records, 2)
            await self.restart()
            # What was not committed comes again, what was buffered is not handed out twice.
            self.assertEqual([r.value for r in await self.take(records, 3)], [5, 6, 7])
            self.assertEqual(told, [self.twofold.Revoked((0,), None)])
            # What is in hand meanwhile can still be committed, and does not come again.
            await self.restart()
            await records.commit()
            self.assertEqual(self.committed(topic), {0: 8})
            self.assertEqual([r.value for r in await self.take(records, 12)], list(range(8, 20)))

    async def test_kills_cost_nothing_and_double_nothing_when_each_record_is_committed(self):
        topic = self.topic("lives")
        self.fill(topic, range(900))
        seen = []
        async with self.connect() as client, self.member(client, topic, credit=20, max_batch=7) as records:
            async def work():
                async for record in records:
                    seen.append(record.value)
                    await records.commit()
                    if record.value == 899:
                        return

            worker = asyncio.create_task(work())
            for life in range(3):
                await until(lambda: len(seen) > 200 * (life + 1))
                await self.restart()
            async with asyncio.timeout(STORY_SECONDS_MAX):
                await worker
        self.assertEqual(seen, list(range(900)))
        self.assertEqual(self.committed(topic), {0: 900})

    async def test_who_lost_its_partitions_is_fenced(self):
        topic, results = self.topic("fenced"), self.topic("results")
        self.fill(topic, range(5))
        async with self.connect() as first, self.connect() as second:
            a = await self.member(first, topic)
            await self.take(a, 3)
            b = await self.member(second, topic)
            self.cut(first)
            self.assertEqual([r.value for r in await self.take(b, 2)], [0, 1])
            with self.assertRaises(self.twofold.Refused) as refused:
                await first.transact(publish=[{"topic": results, "records": {"value": "late"}}], offsets=[a])
            self.assertEqual(refused.exception.code, "member-fenced")
            with self.assertRaises(self.twofold.Refused) as refused:
                await a.commit()
            self.assertEqual(refused.exception.code, "member-fenced")
            await until(lambda: a.member)
            entry = {"group": topic, "offsets": {topic: {"0": 3}}}  # the member's name is filled in
            with self.assertRaises(self.twofold.Refused) as refused:
                await first.transact(publish=[{"topic": results, "records": {"value": "late"}}], offsets=[entry])
            self.assertEqual(refused.exception.code, "member-fenced")
            await second.transact(publish=[{"topic": results, "records": {"value": "in time"}}], offsets=[b])
            self.assertEqual(self.committed(topic), {0: 2})
            await b.unsubscribe()
            self.assertEqual([r.value for r in await self.take(a, 3)], [2, 3, 4])
        self.assertEqual(self.values(results), ["in time"])

    async def test_a_seek_drops_what_is_buffered(self):
        topic = self.topic("sought")
        self.fill(topic, range(50))
        assigned = []
        async with self.connect() as client, self.member(client, topic, max_batch=10, on_event=assigned.append) as records:
            await self.take(records, 3)
            await until(lambda: len(records._batches) == 5)
            await records.seek("latest")
            self.fill(topic, [50])
            self.assertEqual([r.value for r in await self.take(records, 1)], [50])
            await records.commit()
            # Somebody else moves it: what was sent still comes, and is not committed.
            self.fill(topic, [51, 52])
            await until(lambda: len(records._batches[0].items if records._batches else ()) == 2)
            before = len(assigned)
            self.ask("POST", f"/v1/groups/{topic}/seek", {"topic": topic, "to": "earliest"})
            await until(lambda: any(isinstance(event, self.twofold.Assigned) for event in assigned[before:]))
            self.assertEqual([r.value for r in await self.take(records, 2)], [51, 52])
            await records.commit()
            self.assertEqual(self.committed(topic), {0: 0})
            self.assertEqual([r.value for r in await self.take(records, 53)], list(range(53)))
            await records.commit()
            self.assertEqual(self.committed(topic), {0: 53})


class Transactions(Readers):
    async def test_consume_process_produce_is_exactly_once_across_kills(self):
        topic, doubled = self.topic("singles", partitions=4), self.topic("doubled")
        self.fill(topic, range(800), 4)
        unknown = []

        async def work(client):
            member = await self.member(client, topic, credit=50)
            async for record in member:
                try:
                    await client.transact(publish=[{"topic": doubled, "records": {"value": record.value * 2}}],
                                          offsets=[member])
                except self.twofold.UnknownOutcome:
                    unknown.append(record.value)
                except self.twofold.Refused as refused:
                    if refused.code != "member-fenced":
                        raise

        async with self.connect() as first, self.connect() as second:
            workers = [asyncio.create_task(work(client)) for client in (first, second)]
            for life in range(1, 4):
                await until(lambda: len(self.values(doubled)) > life * 200, "it stands still")
                await self.restart()
            await until(lambda: len(self.values(doubled)) >= 800, "something was lost")
            self.assertTrue(await first.drain() and await second.drain())
            await asyncio.gather(*workers)
        self.assertEqual(sorted(self.values(doubled)), [value * 2 for value in range(800)])
        self.assertEqual(self.committed(topic), dict.fromkeys(range(4), 200))

    async def test_a_slow_member_keeps_what_it_took_until_its_time_is_over(self):
        topic, results = self.topic("slow", partitions=2), self.topic("of_slow")
        self.fill(topic, range(20), 2)
        told = []

        async def on_revoked(event, member):
            told.append(event)

        async def process(client, member, record):
            await client.transact(publish=[{"topic": results, "records": {"value": record.value}}], offsets=[member])

        async with self.connect() as first, self.connect() as second:
            a = await self.member(first, topic, session="3s", on_revoked=on_revoked)
            held = [await anext(a)]
            b = await self.member(second, topic)
            await until(lambda: len(a.partitions) == 1)
            while held[-1].partition in a.partitions:  # until the last in hand is of the other one
                held.append(await anext(a))
            self.assertEqual(told, [], "it is still handed out")
            (moved,) = {0, 1} - set(a.partitions)
            async with asyncio.timeout(STORY_SECONDS_MAX):
                taken = [await anext(b)]
            self.assertEqual(taken[0].partition, moved)
            with self.assertRaises(self.twofold.Refused) as refused:
                await process(first, a, held[-1])
            self.assertEqual(refused.exception.code, "member-fenced")
            await process(second, b, taken[0])
            # Nothing of what the refused transaction was about is lost.
            for client, member in ((first, a), (second, b)):
                async def work(client=client, member=member):
                    async for record in member:
                        with contextlib.suppress(self.twofold.Refused):
                            await process(client, member, record)
                asyncio.create_task(work())
            await until(lambda: len(self.values(results)) >= 20)
            self.assertEqual(told[0], self.twofold.Revoked((0, 1), None), "it has joined again")
        self.assertEqual(sorted(self.values(results)), list(range(20)))

    async def test_a_message_is_acked_with_what_came_of_it(self):
        queue, topic = self.queue("jobs", ["a", "b"]), self.topic("done")
        async with self.connect() as client, client.subscribe(queue=queue, credit=1) as jobs:
            for _ in range(2):
                job, = await self.take(jobs, 1)
                answer = await client.transact(publish=[{"topic": topic, "records": [{"value": job.value}]}],
                                               ack=[{"queue": queue, "receipts": [job.receipt]}])
                self.assertTrue(answer["committed"])
            with self.assertRaises(self.twofold.Refused) as refused:
                await client.transact(publish=[{"topic": topic, "records": [{"value": "again"}]}],
                                      ack=[{"queue": queue, "receipts": [job.receipt]}])
            self.assertEqual(refused.exception.code, "stale-receipt")
            self.assertTrue(await client.drain(), "nothing is in hand")
        self.assertEqual(self.counts(queue), (0, 0))
        self.assertEqual(self.values(topic), ["a", "b"])

    async def test_a_publish_may_expect_what_is_there(self):
        topic = self.topic("expects")
        async with self.connect() as client:
            place, = await client.publish(topic, {"key": "k", "value": 1}, expect={"last_seq": 0})
            await client.publish(topic, {"key": "k", "value": 2}, expect={"key_last": place.id})
            with self.assertRaises(self.twofold.Refused) as refused:
                await client.publish(topic, {"key": "k", "value": 3}, expect={"key_last": place.id})
            self.assertEqual((refused.exception.code, refused.exception.status), ("expectation-failed", 412))
            self.assertEqual(refused.exception.problem["key_last"], "0-1")
            await client.publish(topic, {"key": "new", "value": 4}, expect={"key_last": None})
        self.assertEqual(self.values(topic), [1, 2, 4])
