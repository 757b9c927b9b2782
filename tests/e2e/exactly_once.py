"""kill -9 in the middle of pipelines: every order has one line in the ledger and one copy, never none, never two.

The moments are numbers of answers, drawn from TWOFOLD_LOOP_SEED; TWOFOLD_LOOP_KILLS sets how many.
"""

import collections
import os
import pathlib
import random
import sys
import tempfile
import time
import unittest

from _loop_broker import SECONDS_MAX, Broker, Client
from _pipeline import COPIES, LEDGER, ORDERS, Pipeline, everything_in, is_done, set_up

KILLS = int(os.environ.get("TWOFOLD_LOOP_KILLS", "24"))
SEED = int(os.environ.get("TWOFOLD_LOOP_SEED", "1"))
ORDERS_PER_KILL = 40


def not_once(counts: collections.Counter, orders: int) -> dict:
    """What was not there exactly once, and how often it was."""
    wrong = {n: counts[n] for n in range(orders) if counts[n] != 1}
    return wrong | {n: count for n, count in counts.items() if n not in range(orders)}


class ExactlyOnce(unittest.TestCase):
    def test_every_order_is_worked_on_once_and_copied_once(self):
        orders = KILLS * ORDERS_PER_KILL
        with tempfile.TemporaryDirectory(prefix="twofold-once-") as folder:
            broker = Broker(pathlib.Path(folder) / "data")
            broker.start()
            client = Client(broker.port)
            set_up(client)
            client.close()
            pipeline = Pipeline(orders, SEED)
            try:
                self.kill_again_and_again(broker, pipeline)
                client = Client(broker.port)
                fed, worked, copied = self.look_when_done(client, orders)
            finally:
                pipeline.end()
                broker.kill()
        print(f"{KILLS} kills, {orders} orders, {pipeline.resent} times fed again, {pipeline.replayed} commits sent again, "
              f"{pipeline.refused} refused as stale, seed {SEED}")
        self.assertEqual(not_once(fed, orders), {}, "orders")
        self.assertEqual(not_once(worked, orders), {}, "lines in the ledger")
        self.assertEqual(not_once(copied, orders), {}, "copies")
        self.assertGreater(pipeline.replayed + pipeline.refused + pipeline.resent, 0, "no kill hit anything")

    def kill_again_and_again(self, broker: Broker, pipeline: Pipeline) -> None:
        moments = random.Random(SEED)
        for _ in range(KILLS):
            pipeline.connect(broker)
            pipeline.wait_for_answers(moments.randint(1, 60))
            broker.kill()
            pipeline.disconnect()
            broker.start()
        pipeline.connect(broker)

    def look_when_done(self, client: Client, orders: int) -> tuple:
        deadline = time.monotonic() + 4 * SECONDS_MAX
        while not is_done(client, orders):
            self.assertLess(time.monotonic(), deadline, "the pipelines do not come to their end")
            time.sleep(0.2)  # between two looks; nothing depends on it
        values = {topic: [r["value"] for r in everything_in(client, topic)] for topic in (ORDERS, LEDGER, COPIES)}
        return (collections.Counter(values[ORDERS]), collections.Counter(v["order"] for v in values[LEDGER]),
                collections.Counter(values[COPIES]))


if __name__ == "__main__":
    sys.exit(unittest.main())
