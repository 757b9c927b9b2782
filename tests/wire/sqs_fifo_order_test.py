"""The order of FIFO queues through boto3: who gets what, and when a group goes on."""

import time

from wire import _aws
from wire._broker import InBackground
from wire._fifo import SECONDS_MAX, FifoCase


class Order(FifoCase):
    def test_a_receive_takes_what_a_group_has_before_the_next_group(self):
        url = self.fifo()
        self.send(url, "g1-m1", "g2-m1", "g1-m2", "g1-m3")
        self.assertEqual(self.bodies(url), ["g1-m1", "g1-m2", "g1-m3", "g2-m1"])

    def test_a_group_with_messages_in_flight_waits_and_comes_behind_the_others(self):
        url = self.fifo(VisibilityTimeout=1)
        self.send(url, "g1-m1", "g1-m2", "g1-m3", "g1-m4", "g2-m1", "g3-m1")
        self.assertEqual(self.bodies(url, 2), ["g1-m1", "g1-m2"])
        self.assertEqual(self.bodies(url, 1), ["g2-m1"])
        self.until_in_flight(url, 0)
        first, *rest = self.bodies(url)
        self.assertEqual(first, "g3-m1")
        g1 = ["g1-m1", "g1-m2", "g1-m3", "g1-m4"]
        self.assertIn(rest, ([*g1, "g2-m1"], ["g2-m1", *g1]))

    def test_groups_take_turns_when_messages_are_given_back_at_once(self):
        url = self.fifo()
        self.send(url, "g1-m1", "g2-m1", "g2-m2", "g3-m1", "g1-m2")
        self.assertEqual(self.bodies(url, 3, VisibilityTimeout=0), ["g1-m1", "g1-m2", "g2-m1"])
        self.assertEqual(self.bodies(url, 10, VisibilityTimeout=0), ["g3-m1", "g1-m1", "g1-m2", "g2-m1", "g2-m2"])

    def test_a_message_given_back_does_not_wait_for_later_ones_in_flight(self):
        for seconds in (0, 1):
            url = self.fifo(f"-{seconds}")
            self.send(url, "g1-m1", "g1-m2", "g2-m1")
            taken = self.take(url, 2)
            self.assertEqual(list(taken), ["g1-m1", "g1-m2"])
            self.hide(url, taken["g1-m1"], seconds)
            self.until_in_flight(url, 1)
            self.assertEqual(self.bodies(url, 3), ["g2-m1", "g1-m1"])

    def test_an_extended_message_holds_back_what_comes_behind_it(self):
        for number, (extended, expected) in enumerate(
                (("g-foo", []), ("g-bar", ["g-foo"]), ("g-baz", ["g-foo", "g-bar"]))):
            url = self.fifo(f"-{number}", VisibilityTimeout=1)
            self.send(url, "g-foo", "g-bar", "g-baz")
            self.hide(url, self.take(url, 3)[extended], 60)
            self.until_in_flight(url, 1)
            self.assertEqual(self.bodies(url, 5), expected, extended)

    def test_a_group_goes_on_when_all_its_messages_in_flight_are_deleted(self):
        url = self.fifo()
        self.send(url, "g1-m1", "g1-m2", "g1-m3", "g1-m4", "g2-m1", "g2-m2", "g3-m1")
        self.delete(url, *self.take(url, 2).values())
        bodies = self.bodies(url)
        self.assertEqual(bodies[:2], ["g2-m1", "g2-m2"])
        self.assertIn(bodies[2:], (["g1-m3", "g1-m4", "g3-m1"], ["g3-m1", "g1-m3", "g1-m4"]))

    def test_a_group_does_not_go_on_while_one_is_in_flight(self):
        url = self.fifo()
        self.send(url, "g1-m1", "g1-m2", "g1-m3", "g1-m4", "g2-m1", "g2-m2", "g3-m1")
        self.delete(url, self.take(url, 2)["g1-m1"])
        self.assertEqual(self.bodies(url), ["g2-m1", "g2-m2", "g3-m1"])

    def test_a_waiting_poll_gets_the_next_message_when_the_one_before_is_deleted(self):
        url = self.fifo()
        polls = [InBackground(lambda: self.take(url, 10, WaitTimeSeconds=5)) for _ in range(3)]
        self.send(url, "g-m1", "g-m2")
        first = self.finished(polls, 1)
        self.assertEqual([list(poll.result) for poll in first], [["g-m1"]])
        self.assertEqual(self.bodies(url), [], "g-m2 is there and nobody gets it")
        self.delete(url, first[0].result["g-m1"])
        deleted = time.monotonic()
        both = self.finished(polls, 2)
        self.assertLess(time.monotonic() - deleted, 3, "at once, not when the poll ends")
        self.assertEqual(sorted(sum((list(poll.result) for poll in both), [])), ["g-m1", "g-m2"])
        self.assertEqual(sum(len(poll.finish()) for poll in polls), 2)

    def finished(self, polls: list, count: int) -> list:
        deadline = time.monotonic() + SECONDS_MAX
        while True:
            done = [poll for poll in polls if poll.result is not None or poll.error]
            if len(done) >= count:
                return done
            self.assertLess(time.monotonic(), deadline, "no poll was answered")
            time.sleep(0.01)

    def test_a_group_that_was_empty_begins_again(self):
        url = self.fifo()
        self.send(url, "g-m1")
        self.delete(url, *self.take(url, 10).values())
        self.assertEqual(self.bodies(url), [])
        self.send(url, "g-m2")
        self.assertEqual(self.bodies(url), ["g-m2"])

    def test_messages_that_wait_for_their_group_count_as_visible(self):
        url = self.fifo()
        self.send(url, "g1-m1", "g1-m2", "g2-m1", "g2-m2", "g3-m1", "g3-m2")
        for _ in range(2):
            self.bodies(url, 1)
        counts = self.attributes(url, "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        self.assertEqual(counts, {"ApproximateNumberOfMessages": "4", "ApproximateNumberOfMessagesNotVisible": "2"})

    def test_a_delayed_queue_keeps_the_order(self):
        url = self.fifo(DelaySeconds=1)
        self.send(url, "g-m1", DelaySeconds=0)
        self.send(url, "g-m2")
        self.assertEqual(self.bodies(url), [], "0 means the queue's delay")
        for body in ("g-m1", "g-m2"):
            taken = self.take(url, 1, WaitTimeSeconds=10)
            self.assertEqual(list(taken), [body])
            self.delete(url, *taken.values())


if __name__ == "__main__":
    _aws.main()
