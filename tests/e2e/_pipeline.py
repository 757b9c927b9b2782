"""A pipeline of clients: orders come in, each is worked on once, each is copied once.

    feeder ──► topic orders ──┬─► queue work (attached) ──► workers ──► topic ledger     ack + publish, one commit
                              └─► group copiers ──────────► copier ───► topic copies     offsets + publish, one commit

Every client goes on after any answer, and after none: the feeder asks how many of its records are
durable, a worker sends its commit again under the same key, the copier asks where its group stands.
"""

import uuid

from _client_threads import ClientThreads
from _loop_broker import Client

ORDERS, LEDGER, COPIES, WORK, GROUP = "orders", "ledger", "copies", "work", "copiers"
PARTITIONS = 3
VISIBILITY = "1s"


class Gone(Exception):
    """Nobody answers: the broker was killed, or is not there yet."""


def set_up(client: Client) -> None:
    for topic in (ORDERS, LEDGER, COPIES):
        client.must("PUT", f"/v1/topics/{topic}", {"partitions": PARTITIONS, "retention": {"time": None}})
    client.must("PUT", f"/v1/queues/{WORK}", {"source": {"topic": ORDERS, "from": "earliest"}, "visibility_timeout": VISIBILITY})


class Pipeline(ClientThreads):
    """`orders` is how many there are in all."""

    retry_seconds = 0.05  # what is refused for a while is asked again

    def __init__(self, orders: int, seed: int):
        self.orders = orders
        self.fed = 0
        self.resent = self.replayed = self.refused = 0
        super().__init__([self.feed, self.work, self.work, self.copy], seed)

    def step(self, kind, client, process, life, chance, state) -> bool:
        state["name"], state["chance"] = process, chance
        try:
            kind(client, state)
        except Gone:
            return False
        return True

    def told(self, client: Client, method: str, path: str, body: dict | None = None, headers: dict | None = None) -> tuple[str, dict]:
        told, answer = client.call(method, path, body, headers)
        if told == "info" or not answer or answer.get("retryable"):
            raise Gone
        return told, answer

    def feed(self, client: Client, state: dict) -> None:
        """Orders are numbered; what a crash took back is sent again, from the number that is durable."""
        if state["new"]:
            _, known = self.told(client, "GET", "/v1/producers/feeder")
            last = next((t["last_seq"] for t in known["topics"] if t["topic"] == ORDERS), None)
            durable = -1 if last is None else last
            self.resent += durable + 1 < self.fed
            self.fed = durable + 1
        if self.fed == self.orders:
            self.told(client, "GET", f"/v1/topics/{ORDERS}")
            return
        count = min(state["chance"].randint(1, 8), self.orders - self.fed)
        records = [{"key": f"o{n % 7}", "value": n, "producer": {"id": "feeder", "seq": n}} for n in range(self.fed, self.fed + count)]
        durability = state["chance"].choice(["disk", "disk", "os", "memory"])
        told, answer = self.told(client, "POST", f"/v1/topics/{ORDERS}/records", {"records": records, "durability": durability})
        if told != "ok":
            raise AssertionError(f"the feeder was refused: {answer}")
        self.fed += count

    def work(self, client: Client, state: dict) -> None:
        """A commit whose outcome is unknown is sent again under its key, by whoever still has it."""
        if "commit" not in state:
            _, got = self.told(client, "POST", f"/v1/queues/{WORK}/receive", {"max": state["chance"].randint(1, 5), "wait": "100ms"})
            if not got["messages"]:
                return
            state["commit"] = {
                "publish": [{"topic": LEDGER, "records": [{"key": m["key"], "value": {"order": m["value"]}} for m in got["messages"]]}],
                "ack": [{"queue": WORK, "receipts": [m["receipt"] for m in got["messages"]]}]}
            state["key"] = {"Idempotency-Key": str(uuid.UUID(int=state["chance"].getrandbits(128)))}
            state["again"] = False
        again, state["again"] = state["again"], True
        told, answer = self.told(client, "POST", "/v1/commit", state["commit"], state["key"])
        self.replayed += again and told == "ok"
        if told != "ok":
            if answer["code"] != "stale-receipt":
                raise AssertionError(f"a worker was refused: {answer}")
            self.refused += 1
        del state["commit"]

    def copy(self, client: Client, state: dict) -> None:
        """Where the group stands says what is copied: it moves in the same commit as the copies."""
        if state["new"]:
            _, ends = self.told(client, "GET", f"/v1/topics/{ORDERS}/offsets")
            state["next"] = {p["partition"]: 0 for p in ends["partitions"]}
            told, group = self.told(client, "GET", f"/v1/groups/{GROUP}")
            if told == "ok":
                state["next"] |= {int(p): at["committed"] for p, at in group["offsets"].get(ORDERS, {}).items()}
        partition = state["chance"].choice(sorted(state["next"]))
        at = state["next"][partition]
        told, page = self.told(client, "GET", f"/v1/topics/{ORDERS}/records?partition={partition}&from={partition}-{at}&limit=10")
        if told != "ok":
            raise AssertionError(f"the copier cannot read: {page}")
        if not page["records"]:
            return
        after = page["records"][-1]["offset"] + 1
        told, answer = self.told(client, "POST", "/v1/commit", {
            "publish": [{"topic": COPIES, "records": [{"value": r["value"], "partition": partition} for r in page["records"]]}],
            "offsets": [{"group": GROUP, "offsets": {ORDERS: {str(partition): after}}}]})
        if told != "ok":
            raise AssertionError(f"the copier was refused: {answer}")
        state["next"][partition] = after


def everything_in(client: Client, topic: str) -> list:
    records, path = [], f"/v1/topics/{topic}/records?limit=1000"
    while True:
        page = client.must("GET", path)
        records += page["records"]
        if page["caught_up"]:
            return records
        path = f"/v1/topics/{topic}/records?limit=1000&cursor={page['cursor']}"


def is_done(client: Client, orders: int) -> bool:
    """Whether every order was fed, worked on and copied."""
    if len(everything_in(client, ORDERS)) < orders:
        return False
    waiting = client.must("GET", f"/v1/queues/{WORK}")["messages"]
    return not any(waiting.values()) and len(everything_in(client, COPIES)) >= orders
