"""Topics and queues that a file describes are there before the first client, and a mistake in it keeps the broker from starting."""

import contextlib
import json
import pathlib
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

from _cli_broker import PROGRAM, SECONDS_MAX, VOLATILE, environment, free_port, run

SHOP = """
[[queue]]
name = "kitchen"
attach = "orders"
from = "start"
max_receives = 3
dead_letter = "kitchen-burnt"

[[topic]]
name = "orders"
partitions = 3
retention = { time = "48h" }
"""


class Resources(unittest.TestCase):
    def setUp(self) -> None:
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.folder = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="twofold-resources-")))
        self.file = self.folder / "shop.toml"

    def serve(self, *more: str) -> tuple[str, str]:
        """Until it is ready: its address, and what it said."""
        address = f"127.0.0.1:{free_port()}"
        broker = subprocess.Popen([PROGRAM, "serve", "--http", address, "--data", str(self.folder / "data"), "--set", "storage.min_free=0",
                                   "--set", f"resources.file={self.file}", *more],
                                  env=environment(**VOLATILE), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

        def stop() -> None:
            broker.terminate()
            broker.communicate(timeout=SECONDS_MAX)

        self.stack.callback(stop)
        self.stop = stop
        said = ""
        for line in broker.stderr:
            said += line
            if "twofold ready" in line:
                break
        return f"http://{address}", said

    def refused(self, *told: str, code: int = 1) -> None:
        said = run("serve", "--http", "127.0.0.1:0", "--data", str(self.folder / "data"), "--set", "storage.min_free=0",
                   "--set", f"resources.file={self.file}", code=code).stderr
        for text in told:
            self.assertIn(text, said)
        self.assertNotIn("twofold ready", said)

    @staticmethod
    def get(url: str, token: str = "") -> dict:
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def test_what_the_file_says_is_there_when_the_broker_is_ready(self) -> None:
        self.file.write_text(SHOP)
        url, said = self.serve()
        self.assertEqual(said.count("made as resources.file says"), 3)
        self.assertEqual(self.get(f"{url}/v1/topics/orders")["retention"]["time"], "2d")
        self.assertEqual(self.get(f"{url}/v1/queues/kitchen")["source"]["topic"], "orders")
        self.stop()

        self.file.write_text(SHOP.replace("48h", "24h"))
        url, said = self.serve()
        self.assertEqual((said.count("made as resources.file says"), said.count("changed as resources.file says")), (0, 1))
        self.assertEqual(self.get(f"{url}/v1/topics/orders")["retention"]["time"], "1d")

    def test_it_needs_no_key_of_its_own(self) -> None:
        self.file.write_text(SHOP)
        token = run("key", "create", "admin", "--allow", "* *", "--keys-file", str(self.folder / "keys.toml"), "-q").stdout.strip()
        url, _ = self.serve("--keys-file", str(self.folder / "keys.toml"))
        self.assertEqual(self.get(f"{url}/v1/topics/orders", token)["partitions"], 3)
        with self.assertRaises(urllib.error.HTTPError):
            self.get(f"{url}/v1/topics/orders")

    def test_in_memory_too(self) -> None:
        self.file.write_text(SHOP)
        url, _ = self.serve("--memory")
        self.assertEqual(self.get(f"{url}/v1/queues/kitchen-burnt")["name"], "kitchen-burnt")

    def test_a_mistake_is_told_with_file_and_line(self) -> None:
        self.file.write_text(SHOP + '\n[[topic]]\npartitions = 1\n')
        self.refused(f"resources.file: {self.file}:14: a topic has no name", code=2)
        self.file.write_text(SHOP + "[[topic]\n")
        self.refused(f"resources.file: {self.file}:13:", code=2)
        self.file.write_text(SHOP.replace("partitions = 3", "partitoins = 3"))
        self.refused(f"resources.file: {self.file}:9: ", "partitoins")
        self.file.write_text(SHOP.replace('attach = "orders"', 'attach = "odrers"'))
        self.refused(f"resources.file: {self.file}:2: ", "odrers")
        self.file.write_text(SHOP.replace('"kitchen"', '"kit chen"'))
        self.refused(f"resources.file: {self.file}:2: queue ", "kit chen")
        self.file.unlink()
        self.refused("resources.file: cannot read", code=2)

    def test_what_cannot_be_changed_is_told_too(self) -> None:
        self.file.write_text(SHOP)
        self.serve()
        self.stop()
        self.file.write_text(SHOP.replace("partitions = 3", "partitions = 4"))
        self.refused(f"resources.file: {self.file}:9: ", "partitions 3, which cannot be changed")


if __name__ == "__main__":
    unittest.main()
