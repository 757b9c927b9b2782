"""What groups promise, read off the history of members that lived through kills."""

import dataclasses

from _loop_history import Call, History


@dataclasses.dataclass
class GroupEnd:
    """What the last life of the broker holds."""
    ends: dict[int, int]        # partition -> one past its last record
    committed: dict[int, int]   # partition -> where the group stands
    texts: dict[str, str]       # id -> text


def delivered(history: History) -> list[tuple[Call, dict]]:
    return [(call, record) for call in history.of("poll", told="ok") for record in call.answer["records"]]


def records_come_in_order(history: History, end: GroupEnd) -> list[str]:
    """A poll gives neighbours of a partition, each as it is there, and begins no later than the group stood."""
    wrong = []
    for call in history.of("poll", told="ok"):
        places: dict[int, list[int]] = {}
        for record in call.answer["records"]:
            places.setdefault(record["partition"], []).append(record["offset"])
            if end.texts.get(record["id"]) != record["text"]:
                wrong.append(f"{record['id']} was read as {record['text']} and is {end.texts.get(record['id'])}")
        for partition, offsets in places.items():
            if offsets != list(range(offsets[0], offsets[0] + len(offsets))):
                wrong.append(f"{call.process} was given {offsets} of partition {partition}")
    return wrong


def only_what_is_assigned(history: History) -> list[str]:
    wrong = []
    for call in history.of("poll", told="ok"):
        assigned = set(sum(call.answer["assigned"].values(), []))
        wrong += [f"{call.process} was given {r['id']} and reads {sorted(assigned)}"
                  for r in call.answer["records"] if r["partition"] not in assigned]
    return wrong


def commits_never_move_back(history: History, end: GroupEnd) -> list[str]:
    """A commit that began after another was acknowledged answers no earlier place, whoever died meanwhile."""
    wrong = []
    told = sorted(history.of("commit", told="ok"), key=lambda c: c.returned)
    for partition in end.ends:
        answers = [(c, c.answer["committed"].get(str(partition))) for c in told]
        answers = [(c, stands) for c, stands in answers if stands is not None]
        highest: list[tuple[int, int]] = []  # (returned, the highest place acknowledged by then)
        for call, stands in answers:
            before = [place for returned, place in highest if returned < call.invoked]
            if before and stands < max(before):
                wrong.append(f"partition {partition} stood at {max(before)}, then a commit answered {stands}")
            if call.asked["offsets"].get(str(partition), 0) > stands:
                wrong.append(f"partition {partition}: {call.asked['offsets']} was committed, {stands} answered")
            highest.append((call.returned, stands))
        most = max((place for _, place in highest), default=0)
        if end.committed.get(partition, 0) < most:
            wrong.append(f"the group stands at {end.committed.get(partition)} of {partition}, "
                         f"{most} was acknowledged")
    return wrong


def nothing_is_skipped(history: History, end: GroupEnd) -> list[str]:
    """What lies behind the group was given to somebody before it was committed."""
    seen = {record["id"] for _, record in delivered(history)}
    return [f"{partition}-{offset} was committed and never given to anybody"
            for partition, stands in end.committed.items()
            for offset in range(stands) if f"{partition}-{offset}" not in seen]


def everything_arrives(history: History, end: GroupEnd) -> list[str]:
    there = set(end.texts.values())
    wrong = [f"{text} was acknowledged and is lost" for call in history.of("publish", told="ok")
             for text in call.asked["texts"] if text not in there]
    seen = {record["text"] for _, record in delivered(history)}
    return wrong + [f"{text} was never given to anybody" for text in there - seen]


def one_reader_commits(history: History) -> list[str]:
    """Once another member was given records of a partition, who had it before moves the group on in it no more,
    unless it came back: within a life, and while the other one lives. To say again what is committed is no harm."""
    wrong = []
    for commit in history.of("commit", told="ok"):
        given = commit.asked["given_at"]  # when the poll ended whose cursor it is
        for other in history.of("poll", told="ok"):
            if other.process == commit.process or other.life != commit.life:
                continue
            if not given < other.invoked or not other.returned < commit.invoked:
                continue
            taken = moved_on(history, commit) & {r["partition"] for r in other.answer["records"]}
            if taken and not may_have_lost_it(history, other, commit.returned):
                wrong.append(f"{commit.process} committed {sorted(taken)} after {other.process} had taken them over")
    return wrong


def moved_on(history: History, commit: Call) -> set[int]:
    """The partitions in which the group stands where this commit put it, and nobody else had by then."""
    before = [c.answer["committed"] for c in history.of("commit", told="ok")
              if c.returned < commit.invoked and c.life <= commit.life]
    return {int(p) for p, offset in commit.asked["offsets"].items() if commit.answer["committed"].get(p) == offset
            and not any(stands.get(p, -1) >= offset for stands in before)}


def may_have_lost_it(history: History, poll: Call, until: int) -> bool:
    """Whether that member was silent, left, committed or polled once more: also when the answer came later."""
    later = [c for c in history.calls if c.process == poll.process and poll.returned < c.returned and c.invoked < until]
    return bool(later) or until - poll.returned > 500_000_000


def everything(history: History, end: GroupEnd) -> list[str]:
    return (records_come_in_order(history, end) + only_what_is_assigned(history)
            + commits_never_move_back(history, end) + nothing_is_skipped(history, end)
            + everything_arrives(history, end) + one_reader_commits(history))
