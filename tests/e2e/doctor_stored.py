"""What the doctor says of the data directory itself, without a broker and without changing a byte of it."""

import contextlib
import json
import pathlib
import tempfile
import unittest

from _cli_broker import free_port, run
from _storage_broker import Running


class Stored(unittest.TestCase):
    def setUp(self) -> None:
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.data = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="twofold-stored-"))) / "data"
        self.stack = stack

    def checks(self, code: int = 0) -> dict:
        report = json.loads(run("doctor", "--data", str(self.data), "--set", f"http.listen=127.0.0.1:{free_port()}",
                                "--set", "storage.min_free=0", "-o", "json", code=code).stdout)
        return {check["name"]: check for check in report["checks"]}

    def picture(self) -> dict:
        return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in self.data.rglob("*") if path.is_file()}

    def broker(self) -> Running:
        broker = Running(self.data)
        self.stack.callback(broker.stop)
        broker.ask("PUT", "/v1/topics/orders")
        broker.ask("POST", "/v1/topics/orders/records", {"records": [{"value": n} for n in range(100)]})
        return broker

    def test_how_the_last_broker_stopped_is_told_and_no_byte_is_written(self) -> None:
        broker = self.broker()
        running = self.checks()
        self.assertIn("a broker is running", running["stored data"]["detail"])
        self.assertNotIn("last stop", running)
        broker.stop()
        before = self.picture()
        self.assertEqual(self.checks()["last stop"]["verdict"], "ok")
        self.assertEqual(self.picture(), before)

        self.broker().kill()
        before = self.picture()
        found = self.checks()
        self.assertEqual(found["last stop"]["verdict"], "warn")
        self.assertIn("what was acknowledged is there", found["last stop"]["hint"])
        self.assertEqual(found["stored data"]["verdict"], "ok")
        self.assertEqual(self.picture(), before)

    def test_what_was_written_last_and_is_rotten_is_told_before_a_broker_starts(self) -> None:
        self.broker().stop()
        [rotten] = self.data.glob("superblock.0")
        whole = rotten.read_bytes()
        rotten.write_bytes(whole[:60] + bytes([whole[60] ^ 1]) + whole[61:])
        found = self.checks()["stored data"]
        self.assertEqual(found["verdict"], "warn")
        self.assertIn("superblock.0", found["detail"])
        other = self.data / "superblock.1"
        other.write_bytes(rotten.read_bytes())
        found = self.checks(code=1)["stored data"]
        self.assertEqual(found["verdict"], "fail", "a broker would not start on it")


if __name__ == "__main__":
    unittest.main()
