"""Celery on a broker: workers that ack late, retry, wait for their time, and die in the middle of a task.

Tasks write what they do into a journal file, one line each; nothing else tells how often they ran."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from wire._broker import WireCase
from wire._fetched import from_pypi

SECONDS_MAX = 60
VISIBILITY_SECONDS = 4
APP = pathlib.Path(os.environ["TWOFOLD_SOURCE_DIR"]) / "tests/wire/_celery_app.py"


class Celery(WireCase):
    @classmethod
    def setUpClass(cls) -> None:
        env = from_pypi("celery", "celery[sqs]", module="celery")
        super().setUpClass()
        cls.base = {**env, "BROKER": f"sqs://any:any@127.0.0.1:{cls.broker.port}",
                    "VISIBILITY_SECONDS": str(VISIBILITY_SECONDS)}

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="twofold-celery-")))
        (self.folder / "story.py").write_text(APP.read_text())
        self.queue = self.id().rsplit(".", 1)[1]
        self.env = {**self.base, "FOLDER": str(self.folder), "QUEUE": self.queue}

    @contextlib.contextmanager
    def worker(self):
        """A worker in a process group of its own; what is left of it ends with the block."""
        command = [sys.executable, "-m", "celery", "-A", "story", "worker", "-c", "1", "-l", "warning",
                   "--without-gossip", "--without-mingle", "--without-heartbeat"]
        with (self.folder / "worker.log").open("a") as log:
            process = subprocess.Popen(command, cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def stop(self, worker: subprocess.Popen) -> None:
        """Warm: it finishes what it has."""
        worker.send_signal(signal.SIGTERM)
        worker.wait(SECONDS_MAX)

    def say(self, program: str) -> None:
        ran = subprocess.run([sys.executable, "-c", "from story import *\n" + program], cwd=self.folder, env=self.env,
                             capture_output=True, text=True, timeout=SECONDS_MAX)
        self.assertEqual(ran.returncode, 0, ran.stderr)

    def journal(self) -> list:
        """(what, process of the worker, seconds since 1970) of each line so far."""
        path = self.folder / "journal"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(what, int(pid), float(at)) for what, pid, at in map(str.split, lines)]

    def whats(self) -> list:
        return [what for what, _, _ in self.journal()]

    def messages(self) -> dict:
        return self.ask("GET", f"/v1/queues/{self.queue}")["messages"]

    def until(self, what: str, condition) -> None:
        deadline = time.monotonic() + SECONDS_MAX
        while not condition():
            if time.monotonic() > deadline:
                self.fail(f"{what}: {self.journal()} {self.messages()}\n{(self.folder / 'worker.log').read_text()}")
            time.sleep(0.05)

    def nothing_left(self) -> bool:
        return not any(self.messages().values())

    def test_each_task_runs_once(self):
        self.say("for n in range(20): note.delay(f'n{n}')")
        with self.worker() as worker:
            self.until("all is done", lambda: len(self.journal()) >= 20 and self.nothing_left())
            self.stop(worker)
        self.assertEqual(sorted(self.whats()), sorted(f"n{n}" for n in range(20)))

    def test_a_task_is_tried_again_until_it_succeeds(self):
        self.say("stubborn.delay(failures=2)")
        with self.worker() as worker:
            self.until("it succeeds", lambda: "succeeded" in self.whats() and self.nothing_left())
            self.stop(worker)
        self.assertEqual(self.whats(), ["failed", "failed", "succeeded"])

    def test_countdown_and_eta_beyond_the_visibility_timeout_run_once_and_not_too_early(self):
        begun = time.time()
        wait = VISIBILITY_SECONDS + 2
        self.say(f"note.apply_async(['countdown'], countdown={wait})\n"
                 f"note.apply_async(['eta'], eta=datetime.now(timezone.utc) + timedelta(seconds={wait}))\n"
                 "note.delay('now')")
        self.assertEqual(self.messages()["delayed"], 2, "they wait in the queue, not in a worker")
        with self.worker() as worker:
            self.until("all ran", lambda: len(self.journal()) >= 3 and self.nothing_left())
            self.stop(worker)
        self.assertEqual(sorted(self.whats()), ["countdown", "eta", "now"])
        for what, _, at in self.journal():
            if what != "now":
                self.assertGreaterEqual(at - begun, wait, what)

    def test_the_task_of_a_worker_that_is_killed_runs_again_once(self):
        self.say("hang_once.delay()")
        with self.worker() as first:
            self.until("it has begun", lambda: self.whats() == ["begun"])
            os.killpg(first.pid, signal.SIGKILL)
            first.wait()
        with self.worker() as second:
            self.until("it is done", lambda: "done" in self.whats() and self.nothing_left())
            self.stop(second)
        self.assertEqual(self.whats(), ["begun", "begun", "done"])
        begun, again, done = self.journal()
        self.assertNotEqual(begun[1], again[1])
        self.assertEqual(again[1], done[1])


if __name__ == "__main__":
    unittest.main()
