#!/usr/bin/env python3
"""/asyncapi.json names exactly the frames that there are, and real frames are as it says."""

import json
import os
import pathlib
import re
import unittest

from wire._stream import StreamCase

TYPES = {"string": str, "integer": int, "number": (int, float), "object": dict, "array": list, "boolean": bool}
SOURCES = pathlib.Path(os.environ["TWOFOLD_SOURCE_DIR"], "http", "ws")


class AsyncApi(StreamCase):
    def setUp(self):
        self.document = self.ask("GET", "/asyncapi.json")

    def types(self, operation: str) -> set:
        return {one["$ref"].rsplit("/", 1)[1] for one in self.document["operations"][operation]["messages"]}

    def look_up(self, reference: str):
        at = self.document
        for part in reference.removeprefix("#/").split("/"):
            at = at[part]
        return at

    def check(self, frame: dict) -> str:
        """Against its message: no member too many, none missing, each of its type."""
        payload = self.document["components"]["messages"][frame["type"]]["payload"]
        self.assertLessEqual(set(frame), set(payload["properties"]), frame)
        self.assertLessEqual(set(payload["required"]), set(frame), frame)
        for name, value in frame.items():
            schema = payload["properties"][name]
            schema = self.look_up(schema["$ref"]) if "$ref" in schema else schema
            allowed = schema.get("type", [])
            for one in [allowed] if isinstance(allowed, str) and allowed else []:
                self.assertIsInstance(value, TYPES[one], (name, frame))
        return frame["type"]

    def test_it_has_the_frames_that_the_program_writes_and_no_others(self):
        written = {"messages"} | set(re.findall(r'JsonFrame(?: frame)?\("(\w+)"', (SOURCES / "server_frame.cc").read_text()))
        self.assertGreater(len(written), 10)
        self.assertEqual(self.types("told"), written)
        self.assertEqual(set(self.document["components"]["messages"]), self.types("said") | self.types("told"))
        self.assertEqual(set(self.document["channels"]["stream"]["messages"]), self.types("said") | self.types("told"))

    def test_references_lead_somewhere(self):
        references = re.findall(r'"\$ref": ?"([^"]+)"', json.dumps(self.document))
        self.assertGreater(len(references), 50)
        for reference in references:
            self.look_up(reference)

    async def test_the_program_knows_every_frame_that_clients_may_say_and_every_member_of_it(self):
        stream = await self.greeted()
        await stream.say("nonsense", id=0)
        self.assertIn("There is no frame", (await stream.next("error"))["problem"]["detail"])
        for number, type in enumerate(sorted(self.types("said") - {"ping"})):
            members = self.document["components"]["messages"][type]["payload"]["properties"]
            for name in set(members) - {"type", "id", "sub"}:
                await stream.say(type, id=f"{number} {name}", **{name: {"": 0}})  # is known, and cannot be right
                refused = await stream.next("error")
                self.assertNotIn(f"no member {name} here", refused["problem"]["detail"])
                self.assertNotIn("There is no frame", refused["problem"]["detail"])
                self.assertEqual(self.check(refused), "error")
        await stream.say("ping", id=1)
        self.assertEqual(self.check(await stream.next("pong")), "pong")

    async def test_frames_of_a_session_are_as_it_says(self):
        self.ask("PUT", "/v1/topics/told", {}, status=201)
        self.ask("PUT", "/v1/queues/told-work", {"visibility_timeout": "1s", "on_disconnect": "timeout"}, status=201)
        stream = await self.connect()
        seen = []

        async def until(type: str) -> dict:
            while True:
                frame = await stream.next()
                seen.append(self.check(frame))
                if frame["type"] == type:
                    return frame

        await stream.say("hello", id="h", heartbeat="1s")
        await until("welcome")
        await stream.say("subscribe", id=1, sub=1, topic="told", **{"from": "earliest"})
        await until("caught_up")
        await stream.say("publish", id=2, topic="told", records=[{"value": 1}])
        await until("messages")
        await stream.say("subscribe", id=3, sub=2, queue="told-work", credit={"messages": 2})
        await stream.say("publish", id=4, queue="told-work", records=[{"value": 1}])
        while not (held := await until("messages"))["sub"] == 2:
            pass
        await stream.say("ack", id=5, sub=2, receipts=[held["messages"][0]["receipt"]])
        await until("acked")
        await stream.say("publish", id=6, queue="told-work", records=[{"value": 2}])
        await until("lost")
        await stream.say("subscribe", id=7, sub=3, topic="told", group="readers", **{"from": "earliest"})
        await until("assigned")
        await stream.say("transact", id=8, publish=[{"topic": "told", "records": [{"value": 3}]}])
        await until("committed")
        await until("heartbeat")
        await stream.say("unsubscribe", id=9, sub=1)
        await until("ok")
        self.assertGreaterEqual(set(seen), {"welcome", "subscribed", "caught_up", "published", "messages", "acked", "lost", "assigned",
                                            "committed", "heartbeat", "ok"})


if __name__ == "__main__":
    unittest.main()
