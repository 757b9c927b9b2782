"""What a page knows that draws nothing but the frames of /v1/inspect: the rules of docs/inspect.md, and no others."""

GONE = {"acked", "moved", "passed_over"}
NOT_YET = {"nacked", "released", "revived"}  # a `ready` follows, at once or later


class Page:
    def __init__(self):
        self.seq = 0
        self.types = []       # of every frame
        self.events = []
        self.coalesced = {}   # type: how many were not sent one by one
        self.snapshots = []
        self.messages, self.ends, self.starts, self.positions, self.members = {}, {}, {}, {}, {}
        self.exists = {}

    def take(self, frame: dict) -> None:
        self.types.append(frame["type"])
        if frame["type"] == "heartbeat":
            return
        if frame["type"] == "snapshot":
            self.draw(frame)
        elif frame["type"] == "counters":
            assert frame["seq"] > self.seq, (frame["seq"], self.seq)
            for kind, count in frame["events"].items():
                self.coalesced[kind] = self.coalesced.get(kind, 0) + count
        else:
            assert frame["seq"] == self.seq + 1, f"{self.seq} is followed by {frame}"
            self.events.append(frame)
            getattr(self, "on_" + frame["type"], self.on_message)(frame)
        self.seq = frame["seq"]

    def draw(self, all: dict) -> None:
        self.snapshots.append(all)
        self.messages, self.ends, self.starts, self.positions, self.members = {}, {}, {}, {}, {}
        topic, queue = all.get("topic"), all.get("queue")
        self.exists = {"topic": bool(topic and topic["exists"]), "queue": bool(queue and queue["exists"])}
        if self.exists["topic"]:
            for partition in topic["partitions"]:
                self.starts[partition["partition"]] = partition["start_offset"]
                self.ends[partition["partition"]] = partition["end_offset"]
        self.queue_topic = queue["topic"] if self.exists["queue"] else None
        self.own_log = self.exists["queue"] and queue["topic"] is None
        if self.exists["queue"]:
            for message in queue["messages"]:
                self.messages[message["partition"], message["offset"]] = dict(message)
        for group in all["groups"]:
            if group["exists"]:
                self.positions[group["name"]] = {p["partition"]: p["offset"] for p in group["positions"]}
                self.members[group["name"]] = {m["member"]: m["partitions"] for m in group["members"]}

    # -- records and messages ---------------------------------------------------------------------

    def on_appended(self, event: dict) -> None:
        if "topic" in event:
            self.ends[event["partition"]] = event["offset"] + 1
        if event.get("topic", "?") == self.queue_topic or ("queue" in event and self.own_log):
            place = event["partition"], event["offset"]
            self.messages.setdefault(place, {"state": "ready", "receives": 0})

    def on_message(self, event: dict) -> None:
        place, kind = (event["partition"], event["offset"]), event["type"]
        if kind in GONE:
            self.messages.pop(place, None)
            return
        if kind == "edited":
            return
        message = self.messages.setdefault(place, {"receives": 0})
        for name in ("receives", "visible_at", "consumer", "reason"):
            if name in event:
                message[name] = event[name]
        message["state"] = {"delivered": "in_flight", "extended": "in_flight", "expired": "ready", "ready": "ready",
                            "delayed": "delayed", "dead_lettered": "dead", **dict.fromkeys(NOT_YET, "delayed")}[kind]

    def forget_before(self, partition: int, start: int) -> None:
        for place in [p for p in self.messages if p[0] == partition and p[1] < start]:
            del self.messages[place]

    def on_queue_trimmed(self, event: dict) -> None:
        self.forget_before(event["partition"], event["start_offset"])

    def on_retention(self, event: dict) -> None:
        self.starts[event["partition"]] = event["start_offset"]
        if event["topic"] == self.queue_topic:
            self.forget_before(event["partition"], event["start_offset"])

    # -- groups -----------------------------------------------------------------------------------

    def on_committed(self, event: dict) -> None:
        self.positions.setdefault(event["group"], {})[event["partition"]] = event["offset"]

    on_positioned = on_committed

    def on_joined(self, event: dict) -> None:
        self.members.setdefault(event["group"], {})[event["member"]] = []

    def on_left(self, event: dict) -> None:
        del self.members[event["group"]][event["member"]]

    def on_rebalanced(self, event: dict) -> None:
        self.members[event["group"]] = event["assignment"]

    def on_purged(self, event: dict) -> None:
        """What it says, the queue_trimmed before it has done."""

    on_attached = on_detached = on_configured = on_topic_created = on_topic_deleted = on_group_deleted = on_purged

    def states(self) -> dict:
        return {place: (message["state"], message["receives"]) for place, message in self.messages.items()}

    def happened(self, kind: str) -> list:
        return [event for event in self.events if event["type"] == kind]
