"""kill -9 while members of a group read, commit, fall silent and leave: no record skipped, no commit lost.

The moments are numbers of answers, drawn from TWOFOLD_LOOP_SEED; TWOFOLD_LOOP_KILLS sets how many.
"""

import os
import pathlib
import random
import sys
import tempfile
import time
import unittest

from _client_threads import ClientThreads
from _group_history import GroupEnd, everything
from _loop_broker import SECONDS_MAX, Broker, Client
from _loop_history import History

KILLS = int(os.environ.get("TWOFOLD_LOOP_KILLS", "16"))
SEED = int(os.environ.get("TWOFOLD_LOOP_SEED", "1"))
TOPIC, GROUP, PARTITIONS, SESSION = "events", "readers", 6, "1s"


class Members(ClientThreads):
    """Publishers and members."""

    def __init__(self, history: History):
        self.history = history
        self.fenced = 0
        super().__init__([self.publish, self.publish, self.member, self.member, self.member], SEED)

    def step(self, kind, client, process, life, chance, state) -> bool:
        return kind(client, process, life, chance, state) != "info"

    def wait_for_fencing(self) -> None:
        """However short the lives were: the load proves little unless somebody came too late with a commit."""
        with self.changed:
            if not self.changed.wait_for(lambda: self.fenced > 0, timeout=SECONDS_MAX):
                raise AssertionError(f"no commit was fenced in {SECONDS_MAX} s")

    def publish(self, client, process, life, chance, state) -> str:
        first = state.get("next", 0)
        state["next"] = first + chance.randint(1, 5)
        texts = [f"{process}-{n}" for n in range(first, state["next"])]
        body = {"records": [{"text": t, "key": chance.choice("abcdefgh")} for t in texts]}
        return self.history.record(process, life, "publish", {"texts": texts},
                                   lambda: client.call("POST", f"/v1/topics/{TOPIC}/records", body))[0]

    def member(self, client, process, life, chance, state) -> str:
        """One turn: poll and commit; now and then it forgets to commit, falls silent for its session, or leaves."""
        told = self.poll_and_commit(client, process, life, chance, state)
        mood = chance.random()
        if told == "ok" and mood < 0.03:
            time.sleep(1.2)  # longer than the session: this is what dying looks like from outside
        elif told == "ok" and mood < 0.06:
            told = self.history.record(process, life, "leave", {}, lambda: client.call(
                "POST", f"/v1/groups/{GROUP}/leave", {"member": process}))[0]
        return told

    def poll_and_commit(self, client, process, life, chance, state, most: int = 20, wait: str = "200ms") -> str:
        body = {"topics": [TOPIC], "member": process, "session": SESSION, "max": most, "wait": wait}
        if state.get("cursor") and chance.random() < 0.2:
            body["cursor"] = state["cursor"]  # reads on before it has committed
        told, answer = self.history.record(process, life, "poll", {"cursor": "cursor" in body}, lambda: client.call(
            "POST", f"/v1/groups/{GROUP}/poll", body))
        state["cursor"] = None
        if told != "ok":
            return told
        given_at = time.monotonic_ns()
        state["cursor"] = answer.get("cursor")
        offsets: dict[str, int] = {}
        for record in answer["records"]:
            offsets[str(record["partition"])] = record["offset"] + 1
        if not offsets or chance.random() < 0.1:
            return told
        if chance.random() < 0.1:
            time.sleep(chance.random() * 1.5)  # slow work: it may be too late
        return self.commit(client, process, life, state["cursor"], offsets, given_at)

    def commit(self, client, process, life, cursor, offsets, given_at) -> str:
        def call():
            told, answer = client.call("POST", f"/v1/groups/{GROUP}/commit", {"member": process, "cursor": cursor})
            return told, {"committed": answer.get("committed", {}).get(TOPIC, {}), "code": answer.get("code")}

        told, answer = self.history.record(process, life, "commit", {"offsets": offsets, "given_at": given_at}, call)
        with self.changed:
            self.fenced += (answer or {}).get("code") == "member-fenced"
        return told


def look_at_the_end(load: Members, history: History, broker: Broker) -> GroupEnd:
    """One member alone reads what is left, then everything is looked at."""
    client, state, chance = Client(broker.port), {}, random.Random(0)
    for _ in range(2000):
        load.poll_and_commit(client, "last", broker.life, chance, state, 1000, "2s")
        group = client.must("GET", f"/v1/groups/{GROUP}")
        if len(group["members"]) == 1 and group["lag"]["count"] == 0 and len(group["offsets"].get(TOPIC, {})) > 0:
            break
    ends = {p["partition"]: p["end"] for p in client.must("GET", f"/v1/topics/{TOPIC}/offsets")["partitions"]}
    committed = {int(p): o["committed"] for p, o in client.must("GET", f"/v1/groups/{GROUP}")["offsets"][TOPIC].items()}
    texts, where = {}, "from=earliest"
    while True:
        page = client.must("GET", f"/v1/topics/{TOPIC}/records?{where}&limit=1000")
        texts |= {r["id"]: r["text"] for r in page["records"]}
        if page["caught_up"]:
            break
        where = f"cursor={page['cursor']}"
    client.close()
    return GroupEnd(ends, committed, texts)


class KillGroups(unittest.TestCase):
    def test_what_groups_promise_survives_every_kill(self):
        with tempfile.TemporaryDirectory(prefix="twofold-groups-", ignore_cleanup_errors=True) as folder:
            broker, history = Broker(pathlib.Path(folder) / "data"), History()
            broker.start()
            self.addCleanup(broker.kill)  # whatever fails
            first = Client(broker.port)
            first.must("PUT", f"/v1/topics/{TOPIC}", {"partitions": PARTITIONS, "retention": {"time": None}})
            first.close()
            moments, load = random.Random(SEED), Members(history)
            try:
                for kill in range(KILLS):
                    load.connect(broker)
                    load.wait_for_answers(moments.randint(1, 400))
                    if kill + 1 == KILLS:
                        load.wait_for_fencing()
                    broker.kill()
                    load.disconnect()
                    broker.start()
            finally:
                load.end()
            try:
                end = look_at_the_end(load, history, broker)
            finally:
                broker.kill()
            wrong = everything(history, end)
            commits = history.of("commit")
            print(f"{KILLS} kills, {len(end.texts)} records, {len(history.of('poll', told='ok'))} polls, "
                  f"{len(commits)} commits, {load.fenced} of them fenced, seed {SEED}")
            if wrong:
                history.dump(pathlib.Path(tempfile.gettempdir()) / f"twofold-kill-groups-{SEED}.jsonl")
            self.assertEqual(wrong[:20], [])
            self.assertEqual(end.committed, {p: e for p, e in end.ends.items() if p in end.committed})


if __name__ == "__main__":
    sys.exit(unittest.main())
