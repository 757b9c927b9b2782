"""Clients that publish, send, receive, ack, give back, read and commit, whoever dies meanwhile."""

import random

from _client_threads import ClientThreads
from _history_check import End
from _loop_broker import Broker, Client
from _loop_history import History
from _loop_protocols import SqsWorker, StreamWorker, close

TOPIC, QUEUE, DEAD, COPY, GROUP = "events", "work", "dead", "copy", "readers"
BY_SQS, STREAMED = "by-sqs", "streamed"  # queues of those who speak other protocols
VISIBILITY = 2  # seconds
PARTITIONS = 3
RECEIVES_MAX = 8  # so many that nothing sound is forgotten, or lost in a kill, that often by chance


def set_up(client: Client) -> None:
    client.must("PUT", f"/v1/topics/{TOPIC}", {"partitions": PARTITIONS, "retention": {"time": None}})
    client.must("PUT", f"/v1/queues/{DEAD}", {})
    client.must("PUT", f"/v1/queues/{QUEUE}",
                {"visibility_timeout": f"{VISIBILITY}s", "max_receives": RECEIVES_MAX, "dead_letter": DEAD})
    for queue in (BY_SQS, STREAMED):
        client.must("PUT", f"/v1/queues/{queue}", {"visibility_timeout": f"{VISIBILITY}s"})
    client.must("PUT", f"/v1/queues/{COPY}",
                {"source": {"topic": TOPIC, "from": "earliest"}, "visibility_timeout": f"{VISIBILITY}s"})


class Load(ClientThreads):
    """Clients of every kind; what they were asked and told stands in the history."""

    def __init__(self, history: History, seed: int):
        self.history = history
        by_sqs = SqsWorker(history, BY_SQS, VISIBILITY).step
        streamed = StreamWorker(history, STREAMED, VISIBILITY).step
        super().__init__([self.publish, self.publish, self.send, self.work, self.work, self.copy, self.read, by_sqs, streamed], seed)

    def step(self, kind, client, process, life, chance, state) -> bool:
        return kind(client, process, life, chance, state) == "ok"

    def leave(self, state: dict) -> None:
        close(state.get("stream"))

    def new_texts(self, process: str, state: dict, chance: random.Random, kind: str) -> list[str]:
        first = state.get("next", 0)
        state["next"] = first + chance.randint(1, 4)
        return [f"{'poison' if kind == 'message' and n % 12 == 5 else kind}-{process}-{n}"
                for n in range(first, state["next"])]

    def publish(self, client, process, life, chance, state) -> str:
        texts = self.new_texts(process, state, chance, "record")
        body = {"records": [{"text": t, "key": chance.choice("abcd")} for t in texts]}
        return self.history.record(process, life, "publish", {"texts": texts},
                                   lambda: client.call("POST", f"/v1/topics/{TOPIC}/records", body))[0]

    def send(self, client, process, life, chance, state) -> str:
        texts = self.new_texts(process, state, chance, "message")
        body = {"messages": [{"text": t} for t in texts]}
        return self.history.record(process, life, "send", {"texts": texts, "queue": QUEUE},
                                   lambda: client.call("POST", f"/v1/queues/{QUEUE}/messages", body))[0]

    def work(self, client, process, life, chance, state) -> str:
        return receive_and_settle(self.history, client, process, life, QUEUE, chance)

    def copy(self, client, process, life, chance, state) -> str:
        return receive_and_settle(self.history, client, process, life, COPY, chance)

    def read(self, client, process, life, chance, state) -> str:
        """Reads on from where it was, and commits how far it got."""
        where = f"cursor={state['cursor']}" if "cursor" in state else "from=earliest"
        told, answer = self.history.record(
            process, life, "read", {},
            lambda: client.call("GET", f"/v1/topics/{TOPIC}/records?{where}&limit=20&wait=1s"))
        if told != "ok":
            return told
        state["cursor"] = answer["cursor"]
        for record in answer["records"]:
            state.setdefault("offsets", {})[str(record["partition"])] = record["offset"] + 1
        if not state.get("offsets"):
            return told
        offsets = dict(state["offsets"])
        body = {"offsets": {TOPIC: offsets}}
        return self.history.record(process, life, "commit", {"offsets": offsets},
                                   lambda: client.call("POST", f"/v1/groups/{GROUP}/commit", body))[0]


def receive(client: Client, queue: str, most: int, wait: str) -> tuple[str, dict]:
    told, answer = client.call("POST", f"/v1/queues/{queue}/receive", {"max": most, "wait": wait})
    for message in answer.get("messages", []) if queue in (BY_SQS, STREAMED) else []:
        message["id"] = message["text"]
    return told, answer


def receive_and_settle(history: History, client: Client, process: str, life: int, queue: str,
                       chance: random.Random | None, wait: str = "1s", most: int = 5) -> str:
    """Acks what is sound, gives poison back, and now and then (with a `chance`) forgets what it holds."""
    told, answer = history.record(process, life, "receive", {"queue": queue, "visibility": VISIBILITY},
                                  lambda: receive(client, queue, most, wait))
    if told != "ok":
        return told
    kept = [m for m in answer["messages"] if chance is None or chance.random() > 0.1]
    poison = [m["receipt"] for m in kept if m["text"].startswith("poison")]
    sound = [m["receipt"] for m in kept if not m["text"].startswith("poison")]
    if sound:
        told, _ = history.record(process, life, "ack", {"queue": queue, "receipts": sound},
                                 lambda: client.call("POST", f"/v1/queues/{queue}/ack", {"receipts": sound}))
    if poison and told == "ok":
        items = [{"receipt": r} for r in poison]
        told, _ = history.record(process, life, "nack", {"queue": queue, "receipts": poison},
                                 lambda: client.call("POST", f"/v1/queues/{queue}/nack", {"items": items}))
    return told


def look_at_the_end(history: History, broker: Broker) -> End:
    """Empties the queues, then reads everything that is there."""
    client = Client(broker.port)
    for queue in (QUEUE, COPY, BY_SQS, STREAMED):
        while any(client.must("GET", f"/v1/queues/{queue}")["messages"][state]
                  for state in ("ready", "in_flight", "delayed")):
            told = receive_and_settle(history, client, "last", broker.life, queue, None, f"{VISIBILITY + 1}s", 100)
            if told != "ok":
                raise AssertionError(f"queue {queue} cannot be emptied")
    records: list[dict] = []
    where = "from=earliest"
    while True:
        page = client.must("GET", f"/v1/topics/{TOPIC}/records?{where}&limit=1000")
        records += page["records"]
        if page["caught_up"]:
            break
        where = f"cursor={page['cursor']}"
    told, group = client.call("GET", f"/v1/groups/{GROUP}")
    offsets = group["offsets"].get(TOPIC, {}) if told == "ok" else {}
    dead: list[dict] = []
    while more := client.must("POST", f"/v1/queues/{DEAD}/receive", {"max": 100, "visibility_timeout": "1h"})["messages"]:
        dead += more
    client.close()
    return End(records, {p: o["committed"] for p, o in offsets.items()}, dead)
