"""Keys made and taken away over HTTP: what they may do, what they outlive, and what never happens to the file."""

import http.client
import json
import os
import pathlib
import stat
import subprocess
import time
import tomllib
import unittest

from wire._broker import PROGRAM, SECONDS_MAX, InBackground
from wire._keys import Key, KeyedCase


class ManagedKeys(KeyedCase):
    def made(self, status: int = 201, by: Key = None, **key):
        return self.call("POST", "/v1/keys", key, status=status, headers=(by or self.admin).headers)

    def kept(self) -> dict:
        return {key["id"]: key for key in tomllib.loads(self.file.path.read_text())["key"]}

    def bearer(self, token: str) -> dict:
        return {"Authorization": f"Bearer {token}"}

    def test_a_key_that_was_made_works_at_once_and_after_a_restart(self):
        self.given("PUT", "/v1/topics/orders", {})
        answer = self.made(id="checkout", allow=["publish topic:orders"], requests_per_second=1000)
        self.assertEqual(answer.headers["cache-control"], "no-store")
        token = answer.json["secret_token"]
        for _ in range(2):
            self.call("POST", "/v1/topics/orders/records", {"value": 1}, headers=self.bearer(token))
            self.call("GET", "/v1/topics/orders", status=403, headers=self.bearer(token))
            self.broker.stop()
            self.broker.start()
        self.assertNotIn(token.split("_")[-1], self.file.path.read_text())
        self.assertNotIn(token.split("_")[-1], self.log())
        self.assertEqual(stat.S_IMODE(self.file.path.stat().st_mode), 0o600)
        self.assertEqual(self.kept()["checkout"]["requests_per_second"], 1000)
        self.call("DELETE", "/v1/keys/checkout", headers=self.admin.headers)

    def test_a_revoked_key_is_refused_and_its_connections_end_within_a_second(self):
        self.given("PUT", "/v1/topics/followed", {})
        token = self.made(id="reader", allow=["* topic:followed"]).json["secret_token"]
        follower = self.broker.connect()
        follower.request("GET", "/v1/topics/followed/records?from=earliest&follow=true", headers=self.bearer(token) | {"Accept": "application/x-ndjson"})
        stream = follower.getresponse()
        self.assertEqual(stream.status, 200)
        self.call("DELETE", "/v1/keys/reader", headers=self.admin.headers)
        begun = time.monotonic()
        try:
            while stream.read1(65536):
                pass
        except (OSError, http.client.HTTPException):
            pass  # it was cut
        self.assertLess(time.monotonic() - begun, 1.5)
        self.call("GET", "/v1/topics/followed", status=401, headers=self.bearer(token))
        self.call("DELETE", "/v1/keys/reader", status=404, headers=self.admin.headers)

    def test_an_sqs_secret_is_shown_once(self):
        answer = self.made(id="AKIAWORKER", allow=["consume queue:*"], sqs=True, token=False).json
        self.assertEqual(answer["aws_access_key_id"], "AKIAWORKER")
        self.assertGreaterEqual(len(answer["aws_secret_access_key"]), 40)
        self.assertNotIn("secret_token", answer)
        listed = self.call("GET", "/v1/keys", headers=self.admin.headers)
        self.assertNotIn(answer["aws_secret_access_key"].encode(), listed.body)
        self.call("DELETE", "/v1/keys/AKIAWORKER", headers=self.admin.headers)

    def test_nobody_hands_on_more_than_they_have(self):
        manager = self.key("manage *", "publish topic:orders", "consume queue:kitchen*")
        for allow in ("* *", "publish *", "publish topic:order*", "consume queue:*", "consume queue:kitche*",
                      "inspect topic:orders", "* topic:orders"):
            problem = self.made(403, by=manager, id="more", allow=[allow]).json
            self.assertIn(allow, problem["detail"])
        self.made(by=manager, id="less", allow=["publish topic:orders", "consume queue:kitchen-2", "manage queue:x*"])
        self.call("DELETE", "/v1/keys/less", headers=manager.headers)
        four = self.key("manage *", "publish *", "consume *", "inspect *")
        self.made(by=four, id="equal", allow=["* *"])
        self.call("DELETE", "/v1/keys/equal", headers=four.headers)

    def test_who_may_not_manage_the_broker_makes_no_keys(self):
        for grants in (("manage topic:*", "manage queue:*"), ("publish *", "consume *", "inspect *")):
            key = self.key(*grants)
            self.made(403, by=key, id="x", allow=["publish topic:x"])
            self.call("DELETE", "/v1/keys/admin", status=403, headers=key.headers)
        self.assertNotIn("x", self.kept())

    def test_nobody_locks_themselves_out(self):
        problem = self.call("DELETE", "/v1/keys/admin", status=400, headers=self.admin.headers).json
        self.assertIn("another one", problem["detail"])

    def test_what_is_refused_leaves_the_file_as_it_was(self):
        before = self.file.path.read_bytes()
        good = {"id": "x", "allow": ["publish topic:x"]}
        for wrong in ({"id": ""}, {"id": "a b"}, {"allow": []}, {"allow": ["fly topic:x"]}, {"allow": ["publish topic:*x"]},
                      {"account": "12"}, {"token": False}, {"requests_per_second": -1}, {"colour": "red"},
                      {"certificate": "C" * 1025}, {"id": 7}, {"allow": "publish *"}):
            with self.subTest(wrong):
                self.call("POST", "/v1/keys", good | wrong, status=400, headers=self.admin.headers)
        self.made(409, id="admin", allow=["publish topic:x"])
        self.assertEqual(self.file.path.read_bytes(), before)

    def test_what_was_written_into_the_file_meanwhile_is_kept(self):
        by_hand = Key("by_hand", ["inspect topic:orders"])
        with self.file.path.open("a") as file:
            file.write("\n" + by_hand.toml())
        self.made(id="by_http", allow=["publish topic:orders"])
        self.assertIn("by_hand", self.kept())
        self.assertNotEqual(self.status(by_hand, "GET", "/v1/topics/orders"), 401)
        for name in ("by_hand", "by_http"):
            self.call("DELETE", f"/v1/keys/{name}", headers=self.admin.headers)

    # Both read the file, both wrote it anew, and what one of them had put in was gone.
    def test_keys_made_at_the_same_moment_by_http_and_on_the_command_line_are_all_kept(self):
        every = range(15)

        def by_hand():
            for i in every:
                subprocess.run([PROGRAM, "key", "create", f"cli_{i}", "--allow", "publish topic:orders", "--keys-file", str(self.file.path)],
                               check=True, capture_output=True, timeout=SECONDS_MAX)

        beside = InBackground(by_hand)
        for i in every:
            self.made(id=f"http_{i}", allow=["publish topic:orders"])
        beside.finish()
        wanted = {f"{way}_{i}" for way in ("cli", "http") for i in every}
        self.assertEqual(wanted - set(self.kept()), set())
        self.assertEqual(os.listdir(self.file.path.parent), [self.file.path.name], "nothing is left beside it")
        for name in sorted(wanted):
            self.call("DELETE", f"/v1/keys/{name}", headers=self.admin.headers)

    def test_managing_keys_leaves_a_line(self):
        self.made(id="noted", allow=["publish topic:x"])
        self.call("DELETE", "/v1/keys/noted", headers=self.admin.headers)
        lines = [json.loads(line) for line in self.log().splitlines() if "_key" in line]
        told = {(line.get("action"), line.get("principal") or line.get("key")) for line in lines}
        self.assertTrue({"create_key", "revoke_key"} <= {action for action, _ in told}, lines)


class BrokenFile(KeyedCase):
    """What happens to the file must not happen to the keys."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.other = cls.key("inspect *")

    # A container engine makes a directory of a missing bind mount: all keys were revoked, "reloaded".
    def test_a_directory_in_its_place_revokes_nobody(self):
        content = self.file.path.read_bytes()
        self.file.path.unlink()
        self.file.path.mkdir()
        self.broker.reload()
        self.broker.until_logged("not reloaded", 1)
        self.assertEqual(self.status(self.admin, "GET", "/v1/keys"), 200)
        answer = self.call("POST", "/v1/keys", {"id": "x", "allow": ["publish *"]}, status=500, headers=self.admin.headers).json
        self.assertEqual(answer["code"], "keys-file-failed")
        self.assertIn(f"cannot read {self.file.path}: Is a directory", answer["detail"])
        self.file.path.rmdir()
        self.file.path.write_bytes(content)

    # It said "internal", and that nobody knew whether the key had been made.
    def test_a_file_that_cannot_be_written_is_named_with_what_to_do(self):
        before = self.file.path.read_bytes()
        in_the_way = pathlib.Path(f"{self.file.path}.new")
        in_the_way.mkdir()
        for method, path, body in (("POST", "/v1/keys", {"id": "x", "allow": ["publish *"]}), ("DELETE", f"/v1/keys/{self.other.id}", None)):
            problem = self.call(method, path, body, status=500, headers=self.admin.headers).json
            self.assertEqual(problem["code"], "keys-file-failed")
            self.assertIn(f"The keys are as they were: cannot create {in_the_way}: File exists", problem["detail"])
            self.assertIn(f"a folder that user {os.geteuid()} may write to", problem["hint"])
        self.assertEqual(self.status(self.other, "GET", "/v1/topics"), 200)
        self.assertEqual(self.file.path.read_bytes(), before)
        in_the_way.rmdir()

    # Two signals took both threads of the storage pool: metrics and cold reads stood still.
    def test_a_file_that_hangs_holds_up_nothing_else(self):
        content = self.file.path.read_bytes()
        self.file.path.unlink()
        os.mkfifo(self.file.path)
        for _ in range(5):
            self.broker.reload()
        for _ in range(3):
            self.assertEqual(self.status(self.admin, "GET", "/metrics"), 200)
        hung = os.open(self.file.path, os.O_WRONLY)  # whoever reads it is let go, with all of it
        fresh = pathlib.Path(str(self.file.path) + ".whole")
        fresh.write_bytes(content)
        fresh.rename(self.file.path)
        os.write(hung, content)
        os.close(hung)
        before = self.log().count('"what":"keys"')
        self.broker.reload()
        self.broker.until_logged('"what":"keys"', before + 1)
        self.assertEqual(self.status(self.admin, "GET", "/v1/keys"), 200)


if __name__ == "__main__":
    unittest.main()
