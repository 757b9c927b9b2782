"""SIGTERM under load of REST, SQS and WebSocket: who waits is sent away empty, who holds something settles it,
what was answered is kept, the process ends with 0."""

import os
import pathlib
import random
import sys
import tempfile
import threading
import time
import unittest

from _history_check import a_stop_lets_them_settle, everything, of_another_protocol
from _loop_broker import Broker, Client
from _loop_clients import BY_SQS, COPY, QUEUE, STREAMED, Load, look_at_the_end, set_up
from _loop_history import History

STOPS = int(os.environ.get("TWOFOLD_LOOP_STOPS", "8"))
SEED = int(os.environ.get("TWOFOLD_LOOP_SEED", "1"))
STOP_SECONDS_MAX = 10  # what docker stop allows


class Poll(threading.Thread):
    """Somebody who waits at an empty queue for a minute."""

    def __init__(self, port: int, queue: str):
        super().__init__()
        self.client = Client(port)
        self.queue = queue
        self.result: tuple[str, dict] = ("never", {})
        self.client.must("PUT", f"/v1/queues/{queue}", {})
        self.start()

    def run(self) -> None:
        self.result = self.client.call("POST", f"/v1/queues/{self.queue}/receive", {"wait": "60s"})
        self.client.close()


class SigtermDrain(unittest.TestCase):
    def test_a_stop_keeps_every_answer_and_ends_with_0(self):
        with tempfile.TemporaryDirectory(prefix="twofold-stop-") as folder:
            broker, history = Broker(pathlib.Path(folder) / "data"), History()
            moments = random.Random(SEED)
            broker.start()
            first = Client(broker.port)
            set_up(first)
            first.close()
            load = Load(history, SEED)
            self.told: dict[int, int] = {}  # when, by life
            try:
                for _ in range(STOPS):
                    load.connect(broker)
                    poll = Poll(broker.port, "quiet")
                    load.wait_for_answers(moments.randint(20, 120))
                    self.stop(broker, poll)
                    load.disconnect()
                    broker.start()
            finally:
                load.end()
            end = look_at_the_end(history, broker)
            self.assertEqual(broker.terminate(), 0)
            wrong = everything(history, end, QUEUE, COPY) + a_stop_lets_them_settle(history, set(range(1, STOPS + 1)))
            for queue in (BY_SQS, STREAMED):
                self.assertTrue([c for c in history.of("ack", told="ok") if c.asked["queue"] == queue], f"nobody worked on {queue}")
                wrong += of_another_protocol(history, queue, end)
            for queue in (QUEUE, BY_SQS, STREAMED):
                late = [c for c in history.of("ack", told="ok") if c.asked["queue"] == queue and c.invoked > self.told.get(c.life, 2**63)]
                self.assertTrue(late, f"nobody acked on {queue} after a signal: nothing was tried")
            print(f"{STOPS} stops, {len(history.calls)} calls, {len(end.records)} records, seed {SEED}")
            if wrong:
                history.dump(pathlib.Path(tempfile.gettempdir()) / f"twofold-sigterm-{SEED}.jsonl")
            self.assertEqual(wrong, [])

    def stop(self, broker: Broker, poll: Poll) -> None:
        began = time.monotonic()
        self.told[broker.life] = time.monotonic_ns()
        code = broker.terminate()
        self.assertEqual(code, 0, "".join(broker.lines[-20:]))
        self.assertLess(time.monotonic() - began, STOP_SECONDS_MAX)
        poll.join(STOP_SECONDS_MAX)
        told, answer = poll.result
        self.assertEqual((told, answer.get("messages")), ("ok", []), "a long poll is answered empty")


if __name__ == "__main__":
    sys.exit(unittest.main())
