#!/usr/bin/env python3
"""Consumer groups over REST: members share partitions, hand them over, die, are fenced, and are moved."""

import json
import time
import unittest

from wire._broker import InBackground, WireCase

PARTITIONS = 6
PATIENCE = 20  # seconds for what should take one


class Groups(WireCase):
    def topic(self, name: str, records: int = 60) -> None:
        self.ask("PUT", f"/v1/topics/{name}", {"partitions": PARTITIONS}, status=201)
        self.publish(name, 0, records)

    def publish(self, topic: str, first: int, last: int) -> None:
        if first < last:
            self.ask("POST", f"/v1/topics/{topic}/records", {"records": [
                {"key": str(n), "value": n, "partition": n % PARTITIONS} for n in range(first, last)]})

    def poll(self, group: str, member: str, topic: str, **more):
        return self.ask("POST", f"/v1/groups/{group}/poll", {"topics": [topic], "member": member, **more})

    def commit(self, group: str, member: str, cursor: str):
        return self.ask("POST", f"/v1/groups/{group}/commit", {"member": member, "cursor": cursor})

    def settle(self, group: str, topic: str, *members: str) -> dict:
        """Polls in turns, committing, until the members share all partitions."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            held = {}
            for member in members:
                page = self.poll(group, member, topic)
                self.commit(group, member, page["cursor"]) if "cursor" in page else None
                held[member] = page["assigned"].get(topic, [])
            if sorted(sum(held.values(), [])) == list(range(PARTITIONS)) and all(held.values()):
                return held
        raise AssertionError(f"the members never agreed: {held}")

    def test_two_members_share_and_read_everything_once(self):
        self.topic("shared")
        alone = self.poll("share", "a", "shared", max=100)
        self.assertEqual(alone["assigned"], {"shared": list(range(PARTITIONS))})
        self.assertEqual((alone["session"], alone["member"], alone["generation"]), ("45s", "a", 1))
        self.assertEqual(self.poll("share", "b", "shared")["assigned"], {}, "a has records in hand")
        committed = self.commit("share", "a", alone["cursor"])["committed"]["shared"]
        self.assertEqual(sum(committed.values()), 60)

        self.publish("shared", 60, 120)
        seen = [r["value"] for r in alone["records"]]
        places = {}
        for _ in range(20):
            for member in ("a", "b"):
                page = self.poll("share", member, "shared", max=7)
                seen += [r["value"] for r in page["records"]]
                for record in page["records"]:
                    places.setdefault(record["partition"], []).append(record["offset"])
                if "cursor" in page:
                    self.commit("share", member, page["cursor"])
        self.assertEqual(sorted(seen), list(range(120)), "nothing twice, nothing lost")
        self.assertTrue(all(o == sorted(o) for o in places.values()))
        held = self.settle("share", "shared", "a", "b")
        self.assertEqual({len(h) for h in held.values()}, {3})
        group = self.ask("GET", "/v1/groups/share")
        self.assertEqual([m["member"] for m in group["members"]], ["a", "b"])
        self.assertEqual((group["state"], group["type"]), ("Stable", "broker"))
        self.assertEqual(group["members"][0]["assigned"], {"shared": held["a"]})
        self.assertEqual(group["lag"]["count"], 0)

    def test_a_waiting_member_is_told_of_its_new_partitions_at_once(self):
        self.topic("waiting", 0)
        self.poll("wait", "a", "waiting")
        waiting = InBackground(lambda: self.poll("wait", "b", "waiting", wait="20s"))
        self.until(lambda: len(self.ask("GET", "/v1/groups/wait")["members"]) == 2)
        self.publish("waiting", 0, 60)
        page = waiting.finish()
        self.assertEqual(len(page["assigned"]["waiting"]), 3)
        self.assertGreater(len(page["records"]), 0)

    def until(self, is_so) -> None:
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def test_a_member_that_dies_loses_its_partitions_and_is_fenced(self):
        self.topic("dying")
        first = self.poll("die", "a", "dying", session="1s")
        started = time.monotonic()
        second = self.poll("die", "b", "dying", wait="15s")
        waited = time.monotonic() - started
        self.assertGreater(waited, 0.5)
        self.assertLess(waited, 10)
        self.assertEqual(second["assigned"], {"dying": list(range(PARTITIONS))}, "in one poll that waited")
        self.assertEqual(len(second["records"]), 60, "what a did not commit comes again")
        problem = self.refused("POST", "/v1/groups/die/commit", {"member": "a", "cursor": first["cursor"]},
                               status=409, code="member-fenced")
        self.assertFalse(problem["retryable"])
        self.commit("die", "b", second["cursor"])
        self.assertEqual(self.ask("GET", "/v1/groups/die")["lag"]["count"], 0)

    def test_what_is_in_hand_can_be_committed_until_commit_by(self):
        self.topic("handover")
        first = self.poll("hand", "a", "handover")
        self.assertEqual(len(first["records"]), 60)
        self.poll("hand", "b", "handover")
        told = self.poll("hand", "a", "handover", cursor=first["cursor"], wait="20s")
        self.assertEqual(len(told["revoked"]["handover"]), 3, "answered at once, with nothing new")
        self.assertIn("commit_by", told)
        self.assertEqual(self.poll("hand", "b", "handover")["assigned"], {})
        self.commit("hand", "a", first["cursor"])
        taken = self.poll("hand", "b", "handover")
        self.assertEqual(taken["assigned"]["handover"], told["revoked"]["handover"])
        self.assertEqual(taken["records"], [], "a had committed them")

    def test_a_poll_goes_on_from_what_is_committed_or_from_its_cursor(self):
        self.topic("places", 30)
        first = self.poll("place", "a", "places", max=10)
        again = self.poll("place", "a", "places", max=10)
        self.assertEqual([r["id"] for r in first["records"]], [r["id"] for r in again["records"]])
        more = self.poll("place", "a", "places", max=10, cursor=first["cursor"])
        self.assertEqual(set(r["id"] for r in first["records"]) & set(r["id"] for r in more["records"]), set())
        self.commit("place", "a", more["cursor"])
        last = self.poll("place", "a", "places", max=100)
        self.assertEqual(len(last["records"]), 10)
        back = self.commit("place", "a", first["cursor"])["committed"]["places"]
        self.assertEqual(sum(back.values()), 20, "a commit from the past answers where the group stands")
        behind = self.poll("place", "a", "places", max=100, cursor=first["cursor"])
        self.assertEqual(len(behind["records"]), 10, "what is committed is not handed out again")

    def test_from_latest_is_decided_once(self):
        self.topic("late", 30)
        self.assertEqual(self.poll("later", "a", "late", **{"from": "latest"})["records"], [])
        self.publish("late", 30, 42)
        page = self.poll("later", "a", "late", **{"from": "latest"})
        self.assertEqual(len(page["records"]), 12, "what came between two polls is not lost")

    def test_only_members_commit_while_there_are_any(self):
        self.topic("only")
        self.poll("only", "a", "only")
        problem = self.refused("POST", "/v1/groups/only/commit", {"offsets": {"only": {"0": 1}}},
                               status=409, code="group-in-use")
        self.assertIn("member", problem["hint"])
        self.refused("DELETE", "/v1/groups/only", status=409, code="group-in-use")
        self.assertTrue(self.ask("POST", "/v1/groups/only/leave", {"member": "a"})["left"])
        self.assertFalse(self.ask("POST", "/v1/groups/only/leave", {"member": "a"})["left"])
        self.ask("POST", "/v1/groups/only/commit", {"offsets": {"only": {"0": 1}}})
        self.ask("DELETE", "/v1/groups/only")

    def test_leaving_hands_over_at_once(self):
        self.topic("leaving", 0)
        self.poll("leave", "a", "leaving")
        self.assertEqual(len(self.poll("leave", "b", "leaving")["assigned"]["leaving"]), 3)
        self.ask("POST", "/v1/groups/leave/leave", {"member": "a"})
        self.assertEqual(len(self.poll("leave", "b", "leaving")["assigned"]["leaving"]), 6)

    def test_range_gives_neighbours(self):
        self.topic("ranged", 0)
        for member in ("b", "a"):
            self.poll("range", member, "ranged", assignor="range")
        self.assertEqual(self.poll("range", "a", "ranged", assignor="range")["assigned"]["ranged"], [0, 1, 2])
        self.assertEqual(self.ask("GET", "/v1/groups/range")["assignor"], "range")
        self.refused("POST", "/v1/groups/range/poll", {"topics": ["ranged"], "member": "c", "assignor": "sticky"},
                     status=400, code="invalid-request")

    def test_a_seek_moves_live_members_and_makes_their_cursors_stale(self):
        self.topic("sought", 60)
        page = self.poll("seek", "a", "sought", max=100)
        self.commit("seek", "a", page["cursor"])
        self.publish("sought", 60, 66)
        newer = self.poll("seek", "a", "sought")
        dry = self.ask("POST", "/v1/groups/seek/seek", {"topic": "sought", "to": "earliest", "dry_run": True})
        self.assertEqual(dry["would_commit"]["sought"], {str(p): 0 for p in range(PARTITIONS)})
        self.ask("POST", "/v1/groups/seek/seek", {"topic": "sought", "to": "earliest"})
        for path, body in (("commit", {"member": "a", "cursor": newer["cursor"]}),
                           ("poll", {"topics": ["sought"], "member": "a", "cursor": newer["cursor"]})):
            self.refused("POST", f"/v1/groups/seek/{path}", body, status=410, code="cursor-stale")
        self.assertEqual(len(self.poll("seek", "a", "sought", max=100)["records"]), 66)

        waiting = InBackground(lambda: self.poll("seek", "a", "sought", wait="20s", max=3))
        self.ask("POST", "/v1/groups/seek/seek", {"topic": "sought", "to": {"0": 10}})
        self.assertTrue(waiting.finish()["records"])
        self.ask("POST", "/v1/groups/seek/seek", {"topic": "sought", "to": "latest"})
        self.assertEqual(self.ask("GET", "/v1/groups/seek")["lag"]["count"], 0)

    def test_seeks_are_counted_by_partition(self):
        self.topic("counted", 60)
        self.settle("counting", "counted", "a", "b")
        self.publish("counted", 60, 90)
        pages = [self.poll("counting", member, "counted", max=100) for member in "ab"]
        mine, others = (page["assigned"]["counted"] for page in pages)
        self.ask("POST", "/v1/groups/counting/seek", {"topic": "counted", "to": {str(mine[0]): 0}})
        for path, body in (("commit", {"member": "a", "cursor": pages[0]["cursor"]}),
                           ("poll", {"topics": ["counted"], "member": "a", "cursor": pages[0]["cursor"]})):
            self.refused("POST", f"/v1/groups/counting/{path}", body, status=410, code="cursor-stale")
        page = self.poll("counting", "b", "counted", cursor=pages[1]["cursor"])
        self.commit("counting", "b", page["cursor"])
        stands = self.ask("GET", "/v1/groups/counting")["offsets"]["counted"]
        expected = {mine[0]: 0} | {p: 10 for p in mine[1:]} | {p: 15 for p in others}
        self.assertEqual({int(p): place["committed"] for p, place in stands.items()}, expected, "all or nothing of a's")
        page = self.poll("counting", "a", "counted", max=100)
        self.commit("counting", "a", page["cursor"])
        self.broker.stop()
        self.broker.start()
        self.ask("POST", "/v1/groups/counting/seek", {"topic": "counted", "to": {str(mine[0]): 0}})
        self.refused("POST", "/v1/groups/counting/commit", {"member": "a", "cursor": page["cursor"]},
                     status=410, code="cursor-stale")

    def test_a_seek_wakes_a_member_that_waits_at_the_end(self):
        self.topic("woken", 12)
        self.commit("wake", "a", self.poll("wake", "a", "woken")["cursor"])
        waiting = InBackground(lambda: self.poll("wake", "a", "woken", wait="20s"))
        self.until(lambda: self.ask("GET", "/v1/groups/wake")["members"][0]["waiting"])
        self.ask("POST", "/v1/groups/wake/seek", {"topic": "woken", "to": "-1h"})
        self.assertEqual(len(waiting.finish()["records"]), 12)

    def test_a_seek_goes_where_another_group_stands(self):
        self.topic("twins", 60)
        self.ask("POST", "/v1/groups/one/commit", {"offsets": {"twins": {"0": 4, "1": 7}}})
        moved = self.ask("POST", "/v1/groups/two/seek", {"topic": "twins", "to": {"group": "one"}})
        self.assertEqual(moved["committed"]["twins"], {"0": 4, "1": 7, "2": 0, "3": 0, "4": 0, "5": 0})
        self.refused("POST", "/v1/groups/two/seek", {"topic": "twins", "to": {"group": "nobody"}},
                     status=404, code="group-not-found")

    def test_everybody_who_reads_a_topic_is_listed_on_one_scale(self):
        self.topic("scale", 60)
        self.ask("PUT", "/v1/queues/on-scale", {"source": {"topic": "scale", "from": "earliest"}}, status=201)
        self.poll("live", "a", "scale")
        self.ask("POST", "/v1/groups/idle/commit", {"offsets": {"scale": {"0": 10}}})
        told = self.ask("GET", "/v1/topics/scale/consumers")
        groups = {g["name"]: g for g in told["groups"]}
        self.assertEqual((groups["live"]["members"], groups["idle"]["members"]), (1, 0))
        self.assertEqual(groups["idle"]["lag"]["count"], 50)
        self.assertEqual(groups["live"]["lag"]["count"], 60)
        queue = told["queues"][0]
        self.assertEqual(queue["lag"]["count"], 60)
        for lag in (groups["live"]["lag"], queue["lag"]):
            self.assertGreater(lag["bytes"], 1000)
            self.assertGreaterEqual(lag["seconds"], 0)
            self.assertIn("oldest", lag)
        self.assertEqual(groups["live"]["lag"]["bytes"], queue["lag"]["bytes"])

    def test_two_processes_of_one_name_do_not_wait_for_each_other(self):
        self.topic("names", 0)
        first = InBackground(lambda: self.poll("name", "a", "names", wait="30s"))
        self.until(lambda: self.waits("name"))
        second = InBackground(lambda: self.poll("name", "a", "names", wait="30s"))
        self.assertEqual(first.finish()["records"], [], "answered when the other one came")
        self.publish("names", 0, 6)
        self.assertTrue(second.finish()["records"])

    def waits(self, group: str) -> bool:
        answer = self.broker.call("GET", f"/v1/groups/{group}")
        return answer.status == 200 and any(m["waiting"] for m in answer.json["members"])

    def test_a_poll_in_total_order_and_of_what_matches_only(self):
        self.ask("PUT", "/v1/topics/ordered", {"partitions": 4}, status=201)
        for value in range(40):
            self.ask("POST", "/v1/topics/ordered/records", {"partition": value * 7 % 4, "value": value})
        page = self.ask("POST", "/v1/groups/one-line/poll", {"topics": ["ordered"], "order": "total"})
        self.assertEqual([record["value"] for record in page["records"]], list(range(40)))
        page = self.ask("POST", "/v1/groups/picky/poll", {"topics": ["ordered"], "order": "total", "filter": "value >= 38"})
        self.assertEqual([record["value"] for record in page["records"]], [38, 39])
        self.assertTrue(page["caught_up"])
        self.refused("POST", "/v1/groups/picky/poll", {"topics": ["ordered"], "order": "random"},
                     status=400, code="invalid-request")
        self.refused("POST", "/v1/groups/picky/poll", {"topics": ["ordered"], "filter": "value >"},
                     status=400, code="invalid-filter")

    def test_what_cannot_be_asked_for_is_refused(self):
        self.topic("wrong", 0)
        for body in ({"member": ""}, {"member": "m" * 256}, {"member": "m", "session": "500ms"},
                     {"member": "m", "session": "31m"}):
            self.refused("POST", "/v1/groups/wrong/poll", {"topics": ["wrong"], **body},
                         status=400, code="invalid-request")
        self.refused("POST", "/v1/groups/wrong/poll", {"topics": ["nothing"], "member": "m"},
                     status=404, code="topic-not-found")
        self.refused("GET", "/v1/groups/wrong", status=404, code="group-not-found")
        self.refused("POST", "/v1/groups/wrong/leave", {}, status=400, code="invalid-request")


class AfterARestart(WireCase):
    def test_members_go_on_and_commits_in_hand_still_count(self):
        self.ask("PUT", "/v1/topics/orders", {"partitions": 2}, status=201)
        self.ask("POST", "/v1/topics/orders/records", {"records": [{"value": n} for n in range(10)]})
        page = self.ask("POST", "/v1/groups/g/poll", {"topics": ["orders"], "member": "a", "max": 4})
        self.broker.kill()
        self.broker.start()
        committed = self.ask("POST", "/v1/groups/g/commit", {"member": "a", "cursor": page["cursor"]})
        self.assertEqual(sum(committed["committed"]["orders"].values()), 4, json.dumps(committed))
        rest = self.ask("POST", "/v1/groups/g/poll", {"topics": ["orders"], "member": "a"})
        self.assertEqual(len(rest["records"]), 6)


if __name__ == "__main__":
    unittest.main()
