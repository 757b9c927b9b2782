"""The promises of the broker, read off a history and what is there in the end. Each answers the sentences
that tell what was broken."""

import dataclasses
import datetime
import functools

from _loop_history import DURABLE, History


@dataclasses.dataclass
class End:
    """What the last life of the broker holds."""
    records: list[dict]                 # of the topic, all partitions
    committed: dict[str, int]           # partition -> offset of the group
    dead: list[dict]                    # messages of the dead letter queue
    left: list[str] = dataclasses.field(default_factory=list)  # texts still in the queue


def records_are_kept(history: History, end: End) -> list[str]:
    """No loss, no invention, nothing twice, offsets dense and as told, seq in order."""
    wrong = []
    by_id = {r["id"]: r for r in end.records}
    sent, refused = {}, set()
    for call in history.of("publish"):
        for text in call.asked["texts"]:
            sent[text] = call
            if call.told == "fail":
                refused.add(text)
        if call.told == "ok":
            for text, told in zip(call.asked["texts"], call.answer["records"], strict=True):
                found = by_id.get(told["id"])
                if found is None:
                    wrong.append(f"{text} was acknowledged at {told['id']} and is lost")
                elif found["text"] != text or found["seq"] != told["seq"]:
                    wrong.append(f"{told['id']} was {text} and is {found['text']}")
    texts = [r["text"] for r in end.records]
    wrong += [f"{text} is there twice" for text in set(texts) if texts.count(text) > 1]
    wrong += [f"{text} was never sent" for text in texts if text not in sent]
    wrong += [f"{text} was refused and is there" for text in texts if text in refused]
    for partition in {r["partition"] for r in end.records}:
        here = sorted((r for r in end.records if r["partition"] == partition), key=lambda r: r["offset"])
        if [r["offset"] for r in here] != list(range(len(here))):
            wrong.append(f"partition {partition} has gaps")
        if any(a["seq"] >= b["seq"] for a, b in zip(here, here[1:])):
            wrong.append(f"partition {partition} is out of order")
    return wrong


def publishes_of_one_request_stay_together(history: History, end: End) -> list[str]:
    there = {r["text"] for r in end.records}
    wrong = []
    for call in history.of("publish"):
        kept = [text in there for text in call.asked["texts"]]
        if any(kept) and not all(kept):
            wrong.append(f"half of {call.asked['texts']} is there")
    return wrong


def what_was_read_stays(history: History, end: End) -> list[str]:
    by_id = {r["id"]: r["text"] for r in end.records}
    return [f"{r['id']} was read as {r['text']} and is {by_id.get(r['id'])}"
            for call in history.of("read", told="ok") for r in call.answer["records"]
            if by_id.get(r["id"]) != r["text"]]


def commits_hold(history: History, end: End) -> list[str]:
    """A group stands at or after its last acknowledged offset, and at one that somebody committed."""
    wrong = []
    tried = [c for c in history.of("commit") if c.told != "fail"]
    for partition in {p for c in tried for p in c.asked["offsets"]}:
        told = [c.asked["offsets"][partition] for c in tried if c.told == "ok" and partition in c.asked["offsets"]]
        asked = [c.asked["offsets"][partition] for c in tried if partition in c.asked["offsets"]]
        stands = end.committed.get(partition)
        if told and (stands is None or stands < max(told)):
            wrong.append(f"the group stands at {stands} of {partition}, {max(told)} was acknowledged")
        if stands is not None and stands not in asked:
            wrong.append(f"the group stands at {stands} of {partition}, which nobody committed")
    return wrong


def deliveries(history: History, queue: str) -> dict[str, list[tuple]]:
    """message id -> (call, message) of each delivery in order. Within a life the count says it: the clock's
    milliseconds cannot tell a delivery from the next one after a nack at once."""
    out: dict[str, list[tuple]] = {}
    for call in history.of("receive", told="ok"):
        if call.asked["queue"] == queue:
            for message in call.answer["messages"]:
                out.setdefault(message["id"], []).append((call, message))
    for found in out.values():
        found.sort(key=lambda d: (d[0].life, d[1]["receive_count"], granted(*d)))
    return out


CLOCK_SECONDS = 0.02  # two lives may place the same moment that far apart on the calendar


@functools.cache
def instant(text: str) -> float:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def granted(call, message) -> float:
    return instant(message["visible_at"]) - call.asked["visibility"]


def newest_durable(history: History) -> dict[int, int]:
    """For each life when the newest synced call was made: receives answered before it are journaled too."""
    newest: dict[int, int] = {}
    for call in history.calls:
        if call.f in DURABLE and call.told == "ok":
            newest[call.life] = max(newest.get(call.life, 0), call.invoked)
    return newest


def one_holder(history: History, queue: str) -> list[str]:
    """A message is delivered again only once its holder's time is over, or he gave it back."""
    wrong, durable = [], newest_durable(history)
    given_back = {r for c in history.of("nack") if c.told != "fail" for r in c.asked["receipts"]}
    for found in deliveries(history, queue).values():
        for (call, message), (later, again) in zip(found, found[1:]):
            if message["receipt"] in given_back or (
                    granted(later, again) >= instant(message["visible_at"]) - CLOCK_SECONDS):
                continue
            if later.life != call.life and durable.get(call.life, 0) <= call.returned:
                continue
            wrong.append(f"{message['text']} was delivered while {call.process} held it")
    return wrong


def acks_are_final(history: History, queue: str) -> list[str]:
    acked = {}
    for call in history.of("ack", told="ok"):
        for receipt, result in zip(call.asked["receipts"], call.answer["results"], strict=True):
            if result in ("acked", "already"):
                acked.setdefault(receipt, call.returned)
    wrong = []
    for found in deliveries(history, queue).values():
        done = [acked[m["receipt"]] for _, m in found if m["receipt"] in acked]
        wrong += [f"{m['text']} came back after its ack" for c, m in found if done and c.invoked > min(done)]
    return wrong


def counts_make_sense(history: History, queue: str) -> list[str]:
    """A receive count says how often the message went out: what a kill took back may be missing, what
    nobody got may be in it."""
    wrong, durable = [], newest_durable(history)
    unknown = len([c for c in history.of("receive") if c.told == "info" and c.asked["queue"] == queue])
    for found in deliveries(history, queue).values():
        for n, (call, message) in enumerate(found):
            certain = sum(1 for c, _ in found[:n] if c.life == call.life or durable.get(c.life, 0) > c.returned)
            if not certain + 1 <= message["receive_count"] <= n + 1 + unknown:
                wrong.append(f"{message['text']} counts {message['receive_count']} receives at its delivery {n + 1}")
    return wrong


def messages_are_kept(history: History, queue: str, end: End) -> list[str]:
    """What was sent was delivered, or is still there, or is dead: once, and nothing else is."""
    wrong = []
    seen = {m["id"]: m["text"] for d in deliveries(history, queue).values() for _, m in d}
    delivered, left = set(seen.values()), set(end.left)
    sends = [call for call in history.of("send") if call.asked.get("queue", queue) == queue]
    sent = {text: call for call in sends for text in call.asked["texts"]}
    for text, call in sent.items():
        if call.told == "ok" and text not in delivered and text not in left:
            wrong.append(f"{text} was acknowledged and never delivered")
        if call.told == "fail" and text in delivered:
            wrong.append(f"{text} was refused and delivered")
    wrong += [f"{text} was never sent" for text in delivered if text not in sent]
    for call in (c for c in sends if c.told == "ok"):
        for text, told in zip(call.asked["texts"], call.answer.get("messages", []), strict="messages" in call.answer):
            if seen.get(told["id"], text) != text:
                wrong.append(f"{told['id']} was {text} and is {seen[told['id']]}")
    return wrong


def the_dead_arrive_once(history: History, queue: str, end: End) -> list[str]:
    """Poison is never acked: it is in the dead letter queue once, with the place that it comes from."""
    wrong = []
    dead = [m["text"] for m in end.dead]
    wrong += [f"{text} is dead twice" for text in set(dead) if dead.count(text) > 1]
    wrong += [f"{text} is dead and no poison" for text in dead if not text.startswith("poison")]
    origins = {m["text"]: m.get("headers", {}).get("twofold-origin") for m in end.dead}
    for place, found in deliveries(history, queue).items():
        text = found[0][1]["text"]
        if not text.startswith("poison"):
            continue
        if text not in dead:
            wrong.append(f"{text} is neither alive nor dead")
        elif origins[text] != f"{queue}:{place}":
            wrong.append(f"{text} says that it comes from {origins[text]}")
    return wrong


def attached_sees_the_topic(history: History, queue: str, end: End) -> list[str]:
    """A queue over a topic delivers exactly its records, each as it is there."""
    seen = {place: found[0][1]["text"] for place, found in deliveries(history, queue).items()}
    there = {r["id"]: r["text"] for r in end.records}
    wrong = [f"{place} of the topic was never delivered" for place in there if place not in seen]
    return wrong + [f"{place} was delivered as {text}" for place, text in seen.items() if there.get(place) != text]


def of_another_protocol(history: History, queue: str, end: End) -> list[str]:
    """SQS does not say until when a message is hidden, and of a stream nobody knows what it was handed last.
    There the id of a message is its text: each protocol has another one."""
    return acks_are_final(history, queue) + messages_are_kept(history, queue, end)


ANSWERED = {"status", "type"}  # of REST and SQS, of a frame


def a_stop_lets_them_settle(history: History, lives: set[int]) -> list[str]:
    """In a life that ended in order nobody was left without an answer for what is taken until the end, or with
    nobody to ask: whoever refuses says why."""
    return [f"{call.process} asked to {call.f} and never heard: {call.told} {call.answer}"
            for call in history.of("ack", "nack", "commit")
            if call.life in lives and (call.told == "info" or call.told == "fail" and not ANSWERED & set(call.answer))]


def everything(history: History, end: End, queue: str, attached: str) -> list[str]:
    wrong = records_are_kept(history, end) + publishes_of_one_request_stay_together(history, end)
    wrong += what_was_read_stays(history, end) + commits_hold(history, end)
    for name in (queue, attached):
        wrong += one_holder(history, name) + acks_are_final(history, name) + counts_make_sense(history, name)
    wrong += messages_are_kept(history, queue, end) + the_dead_arrive_once(history, queue, end)
    return wrong + attached_sees_the_topic(history, attached, end)
