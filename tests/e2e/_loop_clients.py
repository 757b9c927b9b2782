"""Clients that publish, send, receive, ack, give back, read and commit, whoever dies meanwhile."""

import random
import threading

from _history_check import End
from _loop_broker import SECONDS_MAX, Broker, Client
from _loop_history import History

TOPIC, QUEUE, DEAD, COPY, GROUP = "events", "work", "dead", "copy", "readers"
VISIBILITY = 2  # seconds
PARTITIONS = 3


def set_up(client: Client) -> None:
    client.must("PUT", f"/v1/topics/{TOPIC}", {"partitions": PARTITIONS, "retention": {"time": None}})
    client.must("PUT", f"/v1/queues/{DEAD}", {})
    client.must("PUT", f"/v1/queues/{QUEUE}",
                {"visibility_timeout": f"{VISIBILITY}s", "max_receives": 3, "dead_letter": DEAD})
    client.must("PUT", f"/v1/queues/{COPY}",
                {"source": {"topic": TOPIC, "from": "earliest"}, "visibility_timeout": f"{VISIBILITY}s"})


class Load:
    """Threads of clients, each with a seed of its own. They pause while no broker runs."""

    def __init__(self, history: History, seed: int):
        self.history = history
        self.seed = seed
        self.changed = threading.Condition()
        self.port: int | None = None
        self.life = 0
        self.answered = 0
        self.ended = False
        kinds = [self.publish, self.publish, self.send, self.work, self.work, self.copy, self.read]
        self.threads = [threading.Thread(target=self.run, args=(n, kind)) for n, kind in enumerate(kinds)]
        for thread in self.threads:
            thread.start()

    # -- whoever starts and ends brokers
    def connect(self, broker: Broker) -> None:
        with self.changed:
            self.port, self.life, self.answered = broker.port, broker.life, 0
            self.changed.notify_all()

    def wait_for_answers(self, count: int) -> None:
        with self.changed:
            if not self.changed.wait_for(lambda: self.answered >= count, timeout=SECONDS_MAX):
                raise AssertionError(f"only {self.answered} of {count} calls were answered in {SECONDS_MAX} s")

    def disconnect(self) -> None:
        with self.changed:
            self.port = None

    def end(self) -> None:
        with self.changed:
            self.ended, self.port = True, None
            self.changed.notify_all()
        for thread in self.threads:
            thread.join(SECONDS_MAX)

    # -- one client
    def run(self, number: int, kind) -> None:
        chance = random.Random(self.seed * 100 + number)
        state: dict = {}
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.port is not None or self.ended)
                if self.ended:
                    return
                port, life = self.port, self.life
            client = Client(port)
            while self.port == port and self.life == life:
                if kind(client, f"c{number}", life, chance, state) != "ok":
                    break
                with self.changed:
                    self.answered += 1
                    self.changed.notify_all()
            client.close()
            with self.changed:  # its process is gone, or leaving: wait for the next one
                self.changed.wait_for(lambda: self.life != life or self.ended)

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
        return self.history.record(process, life, "send", {"texts": texts},
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


def receive_and_settle(history: History, client: Client, process: str, life: int, queue: str,
                       chance: random.Random | None, wait: str = "1s", most: int = 5) -> str:
    """Acks what is sound, gives poison back, and now and then (with a `chance`) forgets what it holds."""
    told, answer = history.record(process, life, "receive", {"queue": queue, "visibility": VISIBILITY},
                                  lambda: client.call("POST", f"/v1/queues/{queue}/receive", {"max": most, "wait": wait}))
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
    for queue in (QUEUE, COPY):
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
