"""Stories told by node: tests/wire/js."""

import json
import pathlib
import subprocess

from wire._broker import SECONDS_MAX, WireCase

STORIES = pathlib.Path(__file__).resolve().parent / "js"


class Story:
    """A program that says lines of JSON and hears lines back."""

    def __init__(self, case: WireCase, name: str, *arguments: str, env: dict, url: str = ""):
        env = {**env, "TWOFOLD_URL": url or f"http://127.0.0.1:{case.broker.port}"}
        self.process = subprocess.Popen(["node", STORIES / f"{name}.mjs", *arguments], env=env, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        case.addCleanup(self.process.__exit__, None, None, None)
        case.addCleanup(self.process.kill)

    def says(self):
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the story ended with {self.process.wait()}")
        return json.loads(line)

    def hears(self, word) -> None:
        print(json.dumps(word), file=self.process.stdin, flush=True)

    def ends(self) -> int:
        return self.process.wait(SECONDS_MAX)
