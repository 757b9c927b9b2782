"""Threads of clients that outlive brokers: they pause while none runs, and go on with the next one."""

import random
import threading

from _loop_broker import SECONDS_MAX, Broker, Client


class ClientThreads:
    """One thread for each of `kinds`, each with a seed of its own. What one of them does is `step`."""

    retry_seconds: float | None = None  # when a life answers no more: None waits for the next one

    def __init__(self, kinds: list, seed: int):
        self.seed = seed
        self.changed = threading.Condition()
        self.port: int | None = None
        self.life = 0
        self.answered = 0
        self.ended = False
        self.threads = [threading.Thread(target=self.run, args=(n, kind)) for n, kind in enumerate(kinds)]
        for thread in self.threads:
            thread.start()

    def step(self, kind, client: Client, process: str, life: int, chance: random.Random, state: dict) -> bool:
        """One turn of a client; False when nobody answers any more. `state["new"]`: first on its connection."""
        raise NotImplementedError

    def leave(self, state: dict) -> None:
        """Ends what a client has kept in its `state`."""

    # -- whoever starts and ends brokers
    def connect(self, broker: Broker) -> None:
        with self.changed:
            self.port, self.life, self.answered = broker.port, broker.life, 0
            self.changed.notify_all()

    def wait_for_answers(self, count: int) -> None:
        with self.changed:
            if not self.changed.wait_for(lambda: self.answered >= count, timeout=SECONDS_MAX):
                raise AssertionError(f"only {self.answered} of {count} calls were answered in {SECONDS_MAX} s")

    def disconnect(self) -> None:
        with self.changed:
            self.port = None

    def end(self) -> None:
        with self.changed:
            self.ended, self.port = True, None
            self.changed.notify_all()
        for thread in self.threads:
            thread.join(SECONDS_MAX)

    # -- one client
    def run(self, number: int, kind) -> None:
        chance = random.Random(self.seed * 100 + number)
        state: dict = {}
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.port is not None or self.ended)
                if self.ended:
                    return self.leave(state)
                port, life = self.port, self.life
            client = Client(port)
            state["new"] = True
            while self.port == port and self.life == life:
                if not self.step(kind, client, f"c{number}", life, chance, state):
                    break
                state["new"] = False
                with self.changed:
                    self.answered += 1
                    self.changed.notify_all()
            client.close()
            with self.changed:  # its process is gone, or leaving: wait for the next one
                self.changed.wait_for(lambda: self.life != life or self.ended, timeout=self.retry_seconds)
