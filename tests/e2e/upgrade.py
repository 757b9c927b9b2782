"""Whatever a released format left on disk opens and is read entirely; what a newer one left is refused untouched."""

import contextlib
import hashlib
import json
import pathlib
import struct
import tarfile
import tempfile
import unittest

from _cli_broker import run
from _upgrade_data import contents, lines
from _storage_broker import Inside, Running

FORMATS = pathlib.Path(__file__).parent / "formats"
# What is old is not to go because it is: these directories are opened years after they were made.
KEEP = "groups.offset_retention=36500d"
SUPERBLOCK_BODY = 196


def crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def set_version(superblock: pathlib.Path, version: int) -> None:
    body = bytearray(superblock.read_bytes())
    struct.pack_into("<I", body, 4, version)
    struct.pack_into("<I", body, SUPERBLOCK_BODY, crc32c(bytes(body[:SUPERBLOCK_BODY])))
    superblock.write_bytes(body)


class Upgrades(unittest.TestCase):
    def setUp(self) -> None:
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.folder = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="twofold-upgrade-")))

    def unpack(self, name: str) -> tuple[pathlib.Path, dict]:
        data = self.folder / name
        with tarfile.open(FORMATS / f"{name}.tar.xz") as tar:
            tar.extractall(data, filter="data")
        expected = json.loads((FORMATS / f"{name}.json").read_text())
        return data, {kind: expected[kind] for kind in ("topics", "queues", "groups", "namespaces") if kind in expected}

    def start(self, data: pathlib.Path) -> Running:
        broker = Running(data, KEEP)
        self.stack.callback(lambda: broker.process.poll() is None and broker.stop())
        return broker

    def read_by_clients(self, broker: Running | Inside, expected: dict) -> None:
        for name, topic in expected["topics"].items():
            read, path = 0, f"/v1/topics/{name}/records?from=earliest&limit=1000"
            while (page := broker.ask("GET", path))["records"]:
                read += len(page["records"])
                path = f"/v1/topics/{name}/records?limit=1000&cursor={page['cursor']}"
            self.assertEqual(read, topic["records"], name)
        for name, queue in expected["queues"].items():
            messages, path = 0, f"/v1/queues/{name}/messages?limit=1000"
            while path:
                page = broker.ask("GET", path)
                messages += len(page["items"])
                path = page.get("next") and f"/v1/queues/{name}/messages?limit=1000&cursor={page['next']}"
            self.assertEqual(messages, queue["messages"], name)
        for name, inside in expected.get("namespaces", {}).items():
            self.read_by_clients(Inside(broker, name), inside)

    def test_every_format_there_was_is_opened_and_read_entirely(self) -> None:
        formats = sorted(path.name.removesuffix(".tar.xz") for path in FORMATS.glob("*.tar.xz"))
        self.assertTrue(formats)
        for name in formats:
            with self.subTest(name):
                data, expected = self.unpack(name)
                self.assertTrue(json.loads(run("storage", "verify", "--data", str(data), "-o", "json").stdout)["ok"])
                self.assertEqual(contents(data), expected, "read from the files alone")
                broker = self.start(data)
                self.read_by_clients(broker, expected)
                self.assertEqual(broker.ask("POST", "/v1/topics/once/records", {"records": [{"value": 5, "dedup_id": "new"}]})["records"][0]["offset"],
                                 expected["topics"]["once"]["records"], "and it goes on where that one stopped")
                broker.stop()
                expected["topics"].pop("once")
                after = contents(data)
                after["topics"].pop("once")
                self.assertEqual(after, expected, "after a start, a write and a stop")
                directory = lines(run("storage", "ls", "--data", str(data), "-o", "jsonl").stdout)[0]
                self.assertEqual((directory["format"], directory["clean"], directory["damaged"]), (self.newest(), True, []))
                self.read_by_clients(self.start(data), expected)

    def newest(self) -> int:
        data = self.folder / "new"
        self.start(data).stop()
        directory = lines(run("storage", "ls", "--data", str(data), "-o", "jsonl").stdout)[0]
        return directory["format"]

    def test_an_older_format_is_read_and_becomes_ours(self) -> None:
        data, expected = self.unpack("format_2")
        for slot in data.glob("superblock.*"):
            set_version(slot, 1)
        self.assertEqual(lines(run("storage", "ls", "--data", str(data), "-o", "jsonl").stdout)[0]["format"], 1)
        broker = self.start(data)
        self.read_by_clients(broker, expected)
        broker.stop()
        self.assertEqual(lines(run("storage", "ls", "--data", str(data), "-o", "jsonl").stdout)[0]["format"], self.newest())

    def test_a_newer_format_is_refused_by_everything_and_touched_by_nothing(self) -> None:
        data, _ = self.unpack("format_2")
        newest = self.newest()
        set_version(data / "superblock.1", newest + 1)
        told = (f"superblock.1: data directory of format version {newest + 1}; this program reads 1 to {newest}",
                "a newer Twofold wrote it: start that one, or restore the snapshot")
        before = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in data.rglob("*") if path.is_file()}
        for words, code in ((("serve", "--http", "127.0.0.1:0"), 1), (("storage", "verify"), 1), (("storage", "ls"), 1),
                            (("storage", "dump", "orders"), 1), (("storage", "snapshot", "--to", str(self.folder / "copy")), 1)):
            said = run(*words, "--data", str(data), code=code).stderr
            for text in told:
                self.assertIn(text, said, words)
        after = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in data.rglob("*") if path.is_file() and path.name != "LOCK"}
        self.assertEqual(after, before)


if __name__ == "__main__":
    unittest.main()
