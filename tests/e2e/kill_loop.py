"""kill -9 under load, again and again: whatever was answered stays true.

The moments are numbers of answers, drawn from TWOFOLD_LOOP_SEED; TWOFOLD_LOOP_KILLS sets how many.
"""

import os
import pathlib
import random
import sys
import tempfile
import unittest

from _history_check import everything, of_another_protocol
from _loop_broker import Broker, Client
from _loop_clients import BY_SQS, COPY, QUEUE, STREAMED, Load, look_at_the_end, set_up
from _loop_history import History

KILLS = int(os.environ.get("TWOFOLD_LOOP_KILLS", "32"))
SEED = int(os.environ.get("TWOFOLD_LOOP_SEED", "1"))


class KillLoop(unittest.TestCase):
    def test_what_was_acknowledged_survives_every_kill(self):
        with tempfile.TemporaryDirectory(prefix="twofold-kill-") as folder:
            broker, history = Broker(pathlib.Path(folder) / "data"), History()
            end = self.live_and_die(broker, history)
            wrong = everything(history, end, QUEUE, COPY)
            wrong += of_another_protocol(history, BY_SQS, end) + of_another_protocol(history, STREAMED, end)
            told = {told: sum(1 for c in history.calls if c.told == told) for told in ("ok", "fail", "info")}
            print(f"{KILLS} kills, calls {told}, {len(end.records)} records, {len(end.dead)} dead, seed {SEED}")
            if wrong:
                history.dump(pathlib.Path(tempfile.gettempdir()) / f"twofold-kill-loop-{SEED}.jsonl")
            self.assertEqual(wrong, [])
            self.assertGreater(told["ok"], KILLS * 10, "the load proves nothing")
            self.assertGreater(len(end.dead), 0)

    def live_and_die(self, broker: Broker, history: History):
        moments = random.Random(SEED)
        broker.start()
        first = Client(broker.port)
        set_up(first)
        first.close()
        load = Load(history, SEED)
        try:
            for _ in range(KILLS):
                load.connect(broker)
                load.wait_for_answers(moments.randint(1, 90))
                broker.kill()
                load.disconnect()
                broker.start()
        finally:
            load.end()
        try:
            return look_at_the_end(history, broker)
        finally:
            broker.kill()


if __name__ == "__main__":
    sys.exit(unittest.main())
