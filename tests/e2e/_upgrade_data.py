"""Makes the data directories that tests/e2e/upgrade.py opens: one for each format of what is on disk.

    TWOFOLD_BIN=build/release/twofold PYTHONPATH=tests/e2e python3 tests/e2e/_upgrade_data.py tests/e2e/formats

To be run once with the last program of a format, before the next one changes what is written; what it made stays
for ever. Writes `format_N.tar.xz`, a directory with every kind of file, and `format_N.json`, what is in it, as the
program that wrote it says.
"""

import hashlib
import io
import json
import pathlib
import sys
import tarfile
import tempfile
import time

from _cli_broker import run
from _storage_broker import Inside, Running

SIZE = 24_000  # so few records fill files
NUMBER = "n"
CLEANED_SECONDS_MAX = 60
STORED = ("partition", "offset", "seq", "key", "value", "text", "bytes", "headers", "content_type", "timestamp")


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def stored(record: dict) -> dict:
    """What later programs show of a record, too, whatever they add."""
    return {name: record[name] for name in STORED if name in record}


def without_time(message: dict) -> dict:
    """What does not change by itself: a message in flight becomes ready when its time is over."""
    kept = stored(message) | {"receive_count": message["receive_count"]}
    kept["state"] = {"in_flight": "ready", "delayed": "ready", "blocked": "ready"}.get(message["state"], message["state"])
    return kept


def digest(items: list[dict]) -> str:
    return hashlib.sha256(json.dumps(items, sort_keys=True).encode()).hexdigest()


def contents(data: pathlib.Path) -> dict:
    """All that a data directory holds, in few words: counts, and a digest of all records."""
    found = contents_of(data, "default")
    others = lines(run("storage", "ls", "--data", str(data), "-o", "jsonl").stdout)[0].get("namespaces", [])
    if others:
        found["namespaces"] = {name: contents_of(data, name) for name in others}
    return found


def contents_of(data: pathlib.Path, name_space: str) -> dict:
    where = ("--data", str(data), "--namespace", name_space)

    def dump(name: str) -> list[dict]:
        return lines(run("storage", "dump", name, *where).stdout)

    listed = lines(run("storage", "ls", *where, "-o", "jsonl").stdout)
    found: dict = {"topics": {}, "queues": {}, "groups": {}}
    for one in listed:
        if one["kind"] == "topic":
            records = [stored(record) for record in dump(one["name"])]
            found["topics"][one["name"]] = {
                "partitions": [[part["start"], part["end"]] for part in one["partitions"]],
                "records": len(records), "digest": digest(records)}
        elif one["kind"] == "queue":
            messages = [without_time(message) for message in dump(one["name"])]
            found["queues"][one["name"]] = {
                "messages": len(messages), "dead": sum(message["state"] == "dead" for message in messages),
                "receives": sum(message["receive_count"] for message in messages), "digest": digest(messages)}
        elif one["kind"] == "group":
            found["groups"][one["name"]] = [[at["topic"], at["partition"], at["next"]] for at in one["offsets"]]
    return found


def fill(broker: Running | Inside) -> None:
    """Everything that leaves something on disk, in all its forms."""
    forever = {"time": None}
    broker.ask("PUT", "/v1/topics/orders", {"partitions": 3, "retention": forever})
    broker.ask("PUT", "/v1/topics/prices", {"cleanup": "compact", "compaction": {"min_lag": "36500d"}, "retention": forever})
    broker.ask("PUT", "/v1/topics/cleaned", {"cleanup": "compact", "compaction": {"max_lag": "100ms"}, "retention": forever})
    broker.ask("PUT", "/v1/topics/once", {"dedup": {"window": "1d"}, "retention": forever})
    broker.ask("PUT", "/v1/topics/quick", {"durability": "memory", "retention": forever})
    broker.ask("PUT", "/v1/queues/mail", {"max_receives": 2, "dead_letter": "burnt"})
    broker.ask("PUT", "/v1/queues/burnt")
    broker.ask("PUT", "/v1/queues/jobs", {"order": "key"})
    records = [{"key": f"customer-{n % 20}", "value": {NUMBER: n}, "headers": {"region": "EU" if n % 2 else "US"}} for n in range(60)]
    records += [{"key": "text", "text": "größer"}, {"key": "bytes", "bytes": "AAEC/w=="}, {"key": "bill_0", "value": None}]
    broker.ask("POST", "/v1/topics/orders/records", {"records": records})
    for topic in ("prices", "cleaned"):
        broker.ask("POST", f"/v1/topics/{topic}/records", {"records": [{"key": f"sku_{n % 3}", "value": n} for n in range(12)]})
    broker.ask("POST", "/v1/topics/once/records", {"records": [{"value": n, "dedup_id": f"id-{n}"} for n in range(5)]})
    broker.ask("POST", "/v1/topics/quick/records", {"records": [{"value": "volatile"}]})
    broker.ask("PUT", "/v1/queues/billing", {"source": {"topic": "orders", "from": "earliest"}, "order": "key"})
    broker.ask("PUT", "/v1/queues/europe", {"source": {"topic": "orders", "from": "earliest", "filter": "headers.region = 'EU'"}})
    broker.ask("POST", "/v1/groups/analytics/commit", {"offsets": {"orders": {"0": 3, "1": 2}, "prices": {"0": 12}}})

    broker.ask("POST", "/v1/queues/mail/messages", {"messages": [{"value": n, "key": f"to_{n % 4}"} for n in range(20)]})
    broker.ask("POST", "/v1/queues/mail/messages", {"messages": [{"value": "later", "delay": "1h"}]})
    broker.ask("POST", "/v1/queues/jobs/messages", {"messages": [{"value": n, "key": f"job_{n % 2}"} for n in range(6)]})
    taken = broker.ask("POST", "/v1/queues/mail/receive", {"max": 10})["messages"]
    broker.ask("POST", "/v1/queues/mail/ack", {"receipts": [one["receipt"] for one in taken[:4]]})
    broker.ask("POST", "/v1/queues/mail/nack", {"items": [{"receipt": taken[5]["receipt"], "dead": True, "reason": "no such address"}]})
    broker.ask("POST", "/v1/queues/jobs/receive", {"max": 1})

    # Enough for segments, and for the checkpoints that come with them.
    broker.ask("PUT", "/v1/topics/bulk", {"retention": forever})
    for n in range(26):
        broker.ask("POST", "/v1/topics/bulk/records", {"records": [{"key": f"{n}-{i}", "text": "x" * SIZE} for i in range(40)]})
    deadline = time.monotonic() + CLEANED_SECONDS_MAX
    while len(broker.ask("GET", "/v1/topics/cleaned/records?from=earliest")["records"]) > 3:
        if time.monotonic() > deadline:
            raise AssertionError("the topic was not cleaned")
        time.sleep(0.1)
    broker.ask("POST", "/v1/topics/orders/records", {"records": [{"key": "last", "value": {NUMBER: 60}}]})


def pack(data: pathlib.Path, out: pathlib.Path) -> None:
    with tarfile.open(out, "w:xz", format=tarfile.PAX_FORMAT, preset=9) as tar:
        for path in sorted(data.rglob("*")):
            if path.is_file() and path.suffix != ".spare" and path.name != "LOCK":
                info = tarfile.TarInfo(str(path.relative_to(data)))
                content = path.read_bytes()
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))


def main() -> int:
    out = pathlib.Path(sys.argv[1])
    out.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="twofold-format-") as folder:
        data = pathlib.Path(folder) / "data"
        broker = Running(data)
        try:
            fill(broker)
            broker.ask("PUT", "/v1/namespaces/tenant")
            fill(Inside(broker, "tenant"))
        finally:
            broker.kill()  # so that the end of the journal has to be replayed
        directory = lines(run("storage", "ls", "--data", str(data), "-o", "jsonl").stdout)[0]
        name = f"format_{directory['format']}"
        found = {"format": directory["format"], "made_by": run("version", "-q").stdout.strip(), **contents(data)}
        (out / f"{name}.json").write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
        pack(data, out / f"{name}.tar.xz")
        print(f"{out / name}.tar.xz: {(out / f'{name}.tar.xz').stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
