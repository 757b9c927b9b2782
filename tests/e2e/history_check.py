"""The checker of the loops sees what it is there to see: each promise, broken once."""

import copy
import sys
import unittest

from _history_check import End, everything
from _loop_history import Call, History

QUEUE, COPY = "work", "copy"


def at(seconds: int) -> str:
    return f"2026-01-01T00:00:{seconds:02}.000Z"


def message(n: int, text: str, receipt: str, count: int, visible_at: int) -> dict:
    return {"id": f"0-{n}", "text": text, "receipt": receipt, "receive_count": count, "visible_at": at(visible_at)}


def sound() -> tuple[History, End]:
    """Two records, one message acked, one that dies; one call after the other."""
    history = History()

    def call(f: str, told: str, asked: dict, answer: dict, life: int = 1) -> None:
        now = len(history.calls) * 10 + 10
        history.calls.append(Call(f, told, "c1", life, now, now + 5, asked, answer))

    def receive(queue: str, *messages: dict, life: int = 1) -> None:
        call("receive", "ok", {"queue": queue, "visibility": 2}, {"messages": list(messages)}, life)

    call("publish", "ok", {"texts": ["a", "b"]}, {"records": [{"id": "0-0", "seq": 1}, {"id": "0-1", "seq": 2}]})
    call("publish", "fail", {"texts": ["refused"]}, {})
    call("publish", "info", {"texts": ["c", "d"]}, {})
    call("read", "ok", {}, {"records": [{"id": "0-0", "text": "a"}]})
    call("commit", "ok", {"offsets": {"0": 1}}, {})
    call("send", "ok", {"texts": ["m", "poison"]}, {"messages": [{"id": "0-0"}, {"id": "0-1"}]})
    receive(QUEUE, message(0, "m", "r1", 1, 12), message(1, "poison", "r2", 1, 12))
    call("ack", "ok", {"queue": QUEUE, "receipts": ["r1"]}, {"results": ["acked"]})
    receive(QUEUE, message(1, "poison", "r3", 2, 16), life=2)
    receive(COPY, message(0, "a", "r4", 1, 20), message(1, "b", "r5", 1, 20), life=2)
    records = [{"id": f"0-{n}", "partition": 0, "offset": n, "seq": n + 1, "text": text}
               for n, text in enumerate("ab")]
    dead = [{"text": "poison", "headers": {"twofold-origin": f"{QUEUE}:0-1"}}]
    return history, End(records, {"0": 1}, dead)


class HistoryCheck(unittest.TestCase):
    def setUp(self):
        self.history, self.end = sound()

    def broken(self, sentence: str) -> None:
        wrong = everything(self.history, self.end, QUEUE, COPY)
        self.assertTrue(any(sentence in w for w in wrong), wrong)

    def again(self, index: int, **changes) -> Call:
        call = copy.deepcopy(self.history.calls[index])
        call.invoked = self.history.calls[-1].returned + 10
        call.returned = call.invoked + 5
        for name, value in changes.items():
            setattr(call, name, value)
        self.history.calls.append(call)
        return call

    def test_a_sound_history_is_sound(self):
        self.assertEqual(everything(self.history, self.end, QUEUE, COPY), [])

    def test_a_lost_record(self):
        del self.end.records[1]
        self.broken("b was acknowledged at 0-1 and is lost")

    def test_a_record_that_changed(self):
        self.end.records[1]["text"] = "c"
        self.broken("0-1 was b and is c")

    def test_a_record_from_nowhere(self):
        self.end.records.append({"id": "0-2", "partition": 0, "offset": 2, "seq": 3, "text": "x"})
        self.broken("x was never sent")

    def test_a_refused_record_that_is_there(self):
        self.end.records.append({"id": "0-2", "partition": 0, "offset": 2, "seq": 3, "text": "refused"})
        self.broken("refused was refused and is there")

    def test_half_a_request(self):
        self.end.records.append({"id": "0-2", "partition": 0, "offset": 2, "seq": 3, "text": "c"})
        self.broken("half of ['c', 'd'] is there")

    def test_a_gap(self):
        self.end.records[1]["offset"] = 2
        self.broken("partition 0 has gaps")

    def test_an_order_that_went_back(self):
        self.end.records[0]["seq"] = 7
        self.broken("partition 0 is out of order")

    def test_a_phantom(self):
        self.history.calls[3].answer["records"].append({"id": "0-9", "text": "ghost"})
        self.broken("0-9 was read as ghost and is None")

    def test_a_lost_commit(self):
        self.end.committed = {"0": 0}
        self.broken("the group stands at 0 of 0, 1 was acknowledged")

    def test_a_message_that_is_lost(self):
        self.history.calls[6].answer["messages"].pop(0)
        self.broken("m was acknowledged and never delivered")

    def test_an_acked_message_that_comes_back(self):
        self.again(6, answer={"messages": [message(0, "m", "r9", 2, 30)]})
        self.broken("m came back after its ack")

    def test_two_holders(self):
        self.history.calls[8].answer["messages"][0]["visible_at"] = at(13)
        self.broken("poison was delivered while c1 held it")

    def test_a_receive_that_a_kill_took_back_is_no_second_holder(self):
        self.history.calls[7].told = "info"
        self.history.calls[8].answer["messages"][0] |= {"visible_at": at(13), "receive_count": 1}
        self.assertEqual(everything(self.history, self.end, QUEUE, COPY), [])

    def test_a_count_from_nowhere(self):
        self.history.calls[8].answer["messages"][0]["receive_count"] = 4
        self.broken("poison counts 4 receives at its delivery 2")

    def test_a_count_that_forgot(self):
        self.history.calls[8].answer["messages"][0]["receive_count"] = 1
        self.broken("poison counts 1 receives at its delivery 2")

    def test_a_dead_letter_that_never_came(self):
        self.end.dead = []
        self.broken("poison is neither alive nor dead")

    def test_a_dead_letter_that_came_twice(self):
        self.end.dead *= 2
        self.broken("poison is dead twice")

    def test_an_attached_queue_that_misses_a_record(self):
        self.history.calls[9].answer["messages"].pop()
        self.broken("0-1 of the topic was never delivered")


if __name__ == "__main__":
    sys.exit(unittest.main())
