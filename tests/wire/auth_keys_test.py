"""Keys over HTTP: who is let in, what they see, what guessing costs, and how a key ends."""

import base64
import http.client
import json
import os
import pathlib
import re
import stat
import statistics
import subprocess
import tempfile
import time
import unittest

from wire._broker import PROGRAM, InBackground
from wire._keys import KeyedCase


def basic(user: str, password: str) -> dict:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


class Keys(KeyedCase):
    def test_bearer_and_basic(self):
        self.given("PUT", "/v1/topics/words", {})
        key = self.key("inspect topic:words")
        for headers in (key.headers, basic(key.id, key.secret), basic(key.id, key.token),
                        {"authorization": f"bearer {key.token}"}):
            self.assertEqual(self.call("GET", "/v1/topics/words", headers=headers).json["name"], "words")

    def test_whoever_shows_nothing_is_asked(self):
        answer = self.call("GET", "/v1/topics", status=401)
        self.assertEqual(answer.json["code"], "unauthenticated")
        self.assertEqual(answer.headers["www-authenticate"], 'Bearer realm="twofold"')
        for path in ("/livez", "/readyz", "/startupz", "/health", "/v1", "/openapi.json", "/asyncapi.json", "/errors/forbidden", "/ui/"):
            self.assertNotIn(self.status(None, "GET", path), (401, 403), path)
        self.assertEqual(self.status(None, "GET", "/metrics"), 401)

    def test_a_refusal_says_which_grant_is_missing(self):
        key = self.key("inspect topic:a")
        problem = self.call("POST", "/v1/topics/b/records", {"value": 1}, status=403, headers=key.headers).json
        self.assertEqual(problem["code"], "forbidden")
        self.assertIn("publish for the topic b", problem["detail"])
        self.assertIn('"publish topic:b"', problem["hint"])

    def test_what_exists_and_what_does_not_are_refused_alike(self):
        self.given("PUT", "/v1/topics/secret-plans", {})
        key = self.key("* topic:mine*")
        def refusal(name, method="GET", path="", body=None):
            answer = self.call(method, f"/v1/topics/{name}{path}", body, status=403, headers=key.headers)
            problem = answer.json
            del problem["request_id"]
            return str(problem).replace(name, "NAME")
        for method, path, body in (("GET", "", None), ("PUT", "", {}), ("DELETE", "", None),
                                   ("POST", "/records", {"value": 1}), ("POST", "/records", None)):
            self.assertEqual(refusal("secret-plans", method, path, body), refusal("secret-plant", method, path, body))

    def test_hints_do_not_tell_names(self):
        self.given("PUT", "/v1/topics/mine-hidden-1", {})
        blind = self.key("consume topic:mine-*")
        problem = self.call("GET", "/v1/topics/mine-hidden-2/records", status=404, headers=blind.headers).json
        self.assertNotIn("mine-hidden-1", str(problem))
        seeing = self.key("consume topic:mine-*", "inspect topic:mine-*")
        problem = self.call("GET", "/v1/topics/mine-hidden-2/records", status=404, headers=seeing.headers).json
        self.assertIn("mine-hidden-1", str(problem))

    def test_lists_show_what_may_be_seen_page_by_page(self):
        names = [f"list-{number:02}" for number in range(12)]
        for name in names:
            self.given("PUT", f"/v1/topics/{name}", {})
            self.given("PUT", f"/v1/queues/q-{name}", {"source": {"topic": name}})
        for kind, names in (("topic", names), ("queue", [f"q-{name}" for name in names])):
            seen = names[1::3]
            key = self.key(*[f"inspect {kind}:{name}" for name in seen])
            got, cursor = [], ""
            while cursor is not None:
                page = self.call("GET", f"/v1/{kind}s?limit=2{cursor}", headers=key.headers).json
                self.assertLessEqual(len(page["items"]), 2)
                got += [item["name"] for item in page["items"]]
                cursor = f"&cursor={page['next']}" if "next" in page else None
                self.assertNotRegex(str(page.get("next")), "|".join(set(names) - set(seen)))
            self.assertEqual(got, seen)
        key = self.key("inspect topic:list-00")
        readers = self.call("GET", "/v1/topics/list-00/consumers", headers=key.headers).json
        self.assertEqual(readers["queues"], [])

    def test_hostile_fields(self):
        key = self.key("inspect topic:a")
        for text in ("Bearer", "Bearer ", "Bearer tk_", f"Bearer {key.token}x", f"Bearer {key.token[:-1]}", "Basic", "Basic !!",
                     "Basic " + base64.b64encode(b"no colon").decode(), "Basic " + base64.b64encode(b"\x00\xff:\x00").decode(),
                     f"Basic {base64.b64encode(f'other:{key.token}'.encode()).decode()}", f"Token {key.token}", key.token,
                     "Bearer " + "a" * 15_000, "Bearer tk_" + "_" * 10_000, f"Bearer {key.token.upper()}", f"Bearer\t{key.token}",
                     "Digest username=x", "AWS4-HMAC-SHA256 Credential=x", "\xff\xfe", f"Bearer {key.token}, Bearer {key.token}"):
            status = self.broker.call("GET", "/v1/topics", None, {"Authorization": text.encode("latin-1")}).status
            self.assertIn(status, (400, 401, 429), text[:60])
        doubled = (f"GET /v1/topics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key.token}\r\n"
                   f"Authorization: Bearer {key.token}\r\n\r\n").encode()
        self.assertTrue(self.broker.raw(doubled).startswith(b"HTTP/1.1 400 "))
        self.assertEqual(self.status(key, "GET", "/v1/topics"), 200)

    def test_a_connection_is_whoever_the_last_request_says(self):
        key = self.key("inspect topic:a")
        connection = self.broker.connect()
        for headers, status in ((key.headers, 200), (key.headers, 200), ({}, 401), (self.admin.headers, 200),
                                (key.headers, 200), ({"Authorization": "Bearer x"}, 401), (key.headers, 200)):
            answer = self.broker.call("GET", "/v1/topics", None, headers, connection)
            self.assertIn(answer.status, (401, 429) if status == 401 else (status,))
        self.assertEqual(self.broker.call("GET", "/v1/stats", None, key.headers, connection).status, 403)
        connection.close()

    def test_a_large_body_of_a_stranger_is_not_read(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.broker.port, timeout=10)
        connection.putrequest("POST", "/v1/topics/a/records")
        connection.putheader("Content-Length", str(5 << 20))
        connection.endheaders()
        answer = connection.getresponse()  # before any of it was sent
        self.assertEqual((answer.status, answer.getheader("Connection")), (401, "close"))
        connection.close()

    def test_a_key_that_is_revoked_ends_its_connections_within_a_second(self):
        self.given("PUT", "/v1/queues/waited-for", {})
        key = self.key("consume queue:waited-for", "inspect queue:waited-for")
        idle = self.broker.connect()
        self.broker.call("GET", "/v1/queues/waited-for", None, key.headers, idle)
        def wait():
            try:
                return self.status(key, "POST", "/v1/queues/waited-for/receive", {"wait": "30s"})
            except (http.client.HTTPException, OSError):
                return "closed"
        waiting = InBackground(wait)
        bystander = self.broker.connect()
        self.broker.call("GET", "/v1/topics", None, self.admin.headers, bystander)
        time.sleep(0.3)  # the poll has begun, most likely; if not, it is refused
        began = time.monotonic()
        self.revoke(key)
        self.assertIn(waiting.finish(), ("closed", 401, 429))
        idle.sock.settimeout(5)
        self.assertEqual(idle.sock.recv(1), b"")
        self.assertLess(time.monotonic() - began, 1.5)
        self.assertIn(self.status(key, "GET", "/v1/queues/waited-for"), (401, 429))
        self.assertEqual(self.broker.call("GET", "/v1/topics", None, self.admin.headers, bystander).status, 200)

    def test_a_key_that_changed_may_do_what_it_says_now(self):
        self.given("PUT", "/v1/topics/changing", {})
        key = self.key("inspect topic:changing")
        key.allow = ["inspect topic:other"]
        self.reload()
        deadline = time.monotonic() + 5
        while self.status(key, "GET", "/v1/topics/changing") != 403:
            self.assertLess(time.monotonic(), deadline)

    def test_a_file_that_is_wrong_changes_nothing(self):
        good = self.file.path.read_text()
        self.file.path.write_text(good + "\n[[key]]\nid = 'broken'\nhash = 's3cr3t'\n")
        self.broker.process.send_signal(1)
        deadline = time.monotonic() + 5
        while "not reloaded, what was there stays in force" not in self.log():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        self.assertEqual(self.status(self.admin, "GET", "/v1/topics"), 200)
        self.assertNotIn("s3cr3t", self.log())
        self.file.write()

    def test_keys_are_listed_without_their_secrets(self):
        key = self.key("publish topic:listed", sqs_secret="clear-secret", requests_per_second=7)
        text = self.call("GET", "/v1/keys", headers=self.admin.headers)
        listed = {one["id"]: one for one in text.json["items"]}[key.id]
        self.assertEqual(listed, {"id": key.id, "account": "000000000000", "token": True, "sqs": True,
                                  "allow": ["publish topic:listed"], "requests_per_second": 7, "bytes_per_second": 0,
                                  "namespace": "default", "stored_bytes": 0})
        self.assertNotIn(b"clear-secret", text.body)
        self.assertNotIn(key.secret.encode(), text.body)

    def test_answers_to_a_key_of_idempotency_are_not_shown_to_others(self):
        self.given("PUT", "/v1/topics/once", {})
        one, other = self.key("publish topic:once"), self.key("publish topic:once", "inspect topic:nothing")
        headers = {"Idempotency-Key": "the-same", **one.headers}
        first = self.call("POST", "/v1/topics/once/records", {"value": 1}, headers=headers)
        again = self.call("POST", "/v1/topics/once/records", {"value": 1}, headers=headers)
        self.assertEqual(again.headers["idempotency-replayed"], "true")
        theirs = self.call("POST", "/v1/topics/once/records", {"value": 1}, headers={**headers, **other.headers})
        self.assertNotIn("idempotency-replayed", theirs.headers)
        self.assertNotEqual(theirs.json["records"][0]["offset"], first.json["records"][0]["offset"])


class Quotas(KeyedCase):
    def test_requests_a_second(self):
        key = self.key("inspect *", requests_per_second=3)
        answers = [self.broker.call("GET", "/v1/topics", None, key.headers) for _ in range(30)]
        refused = [answer for answer in answers if answer.status == 429]
        self.assertGreater(len(refused), 5)
        self.assertGreaterEqual(len(answers) - len(refused), 3)
        self.assertEqual(refused[0].json["code"], "quota-exceeded")
        self.assertGreaterEqual(int(refused[0].headers["retry-after"]), 1)
        self.assertEqual(refused[0].headers["ratelimit-policy"], '"requests";q=3;w=1')
        self.assertEqual(self.status(self.admin, "GET", "/v1/topics"), 200)
        deadline = time.monotonic() + 5
        while self.status(key, "GET", "/v1/topics") != 200:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)

    def test_bytes_a_second(self):
        self.given("PUT", "/v1/topics/heavy", {})
        key = self.key("publish topic:heavy", bytes_per_second=10_000)
        body = {"value": "x" * 30_000}
        self.assertEqual(self.status(key, "POST", "/v1/topics/heavy/records", body), 200)
        self.assertEqual(self.status(key, "POST", "/v1/topics/heavy/records", body), 429)

    def test_a_body_in_chunks_counts_like_any_other(self):
        self.given("PUT", "/v1/topics/chunked", {})
        key = self.key("publish topic:chunked", bytes_per_second=1000)
        body = json.dumps({"value": "x" * 100_000}).encode()
        statuses = []
        for _ in range(3):
            connection = self.broker.connect()
            connection.request("POST", "/v1/topics/chunked/records", body=iter([body]), encode_chunked=True,
                               headers={**key.headers, "Content-Type": "application/json", "Transfer-Encoding": "chunked"})
            statuses.append(connection.getresponse().status)
            connection.close()
        self.assertEqual(statuses, [200, 429, 429])

    def test_what_is_read_counts_for_those_who_send_no_body(self):
        self.given("PUT", "/v1/topics/wide", {})
        self.given("POST", "/v1/topics/wide/records", {"value": "x" * 20_000})
        key = self.key("consume topic:wide", bytes_per_second=1_000)
        read = "/v1/topics/wide/records?from=earliest"
        self.assertEqual(self.status(key, "GET", read), 200)
        self.assertEqual(self.status(key, "GET", read), 429)

    def test_a_body_that_is_refused_for_its_size_costs_nothing(self):
        self.given("PUT", "/v1/topics/spared", {})
        key = self.key("publish topic:spared", bytes_per_second=1_000)
        connection = self.broker.connect()
        connection.putrequest("POST", "/v1/topics/spared/records")
        for name, value in (("Content-Length", "99999999999"), *key.headers.items()):
            connection.putheader(name, value)
        connection.endheaders()
        self.assertEqual(connection.getresponse().status, 413)
        connection.close()
        self.assertEqual(self.status(key, "POST", "/v1/topics/spared/records", {"value": 1}), 200)

    def test_a_body_in_chunks_of_sqs_is_charged_once(self):
        key = self.key("inspect *", bytes_per_second=1_000)
        headers = {"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0", **key.headers}
        connection = self.broker.connect()
        connection.request("POST", "/", body=iter([b"{" + b" " * 850 + b"}"]), encode_chunked=True,
                           headers={**headers, "Transfer-Encoding": "chunked"})
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()
        self.assertEqual(self.broker.call("POST", "/", b"{}", headers).status, 200)

    def test_lines_are_read_no_faster_than_the_key_may_send_them(self):
        self.given("PUT", "/v1/topics/paced", {})
        key = self.key("publish topic:paced", bytes_per_second=40_000)
        line = b'{"value":"%s"}\n' % (b"x" * 1_000)
        began = time.monotonic()
        connection = self.broker.connect()
        connection.request("POST", "/v1/topics/paced/records", body=iter([line] * 200), encode_chunked=True,
                           headers={**key.headers, "Content-Type": "application/x-ndjson", "Transfer-Encoding": "chunked"})
        lines = connection.getresponse().read().splitlines()
        connection.close()
        self.assertEqual((len(lines), b"offset" in lines[-1]), (200, True))
        self.assertGreater(time.monotonic() - began, 2)

    def test_sqs_has_its_own_word_for_it(self):
        key = self.key("inspect *", requests_per_second=1)
        said = {self.broker.call("POST", "/", b"{}", {"X-Amz-Target": "AmazonSQS.ListQueues",
                                                      "Content-Type": "application/x-amz-json-1.0", **key.headers}).body
                for _ in range(4)}
        self.assertTrue(any(b"RequestThrottled" in body for body in said), said)


class Guessing(KeyedCase):
    def wrong(self, id: str) -> dict:
        return {"Authorization": f"Bearer tk_{id}_{'0' * 64}"}

    def test_guessing_is_slow_and_says_nothing_of_who_exists(self):
        known, unknown = [], []
        for _ in range(12):
            for id, times in (("admin", known), ("nobody", unknown)):
                began = time.perf_counter()
                self.broker.call("GET", "/v1/topics", None, self.wrong(id))
                times.append(time.perf_counter() - began)
        self.assertGreaterEqual(min(known + unknown), 0.1)
        self.assertLess(abs(statistics.median(known) - statistics.median(unknown)), 0.05)
        statuses = {self.broker.call("GET", "/v1/topics", None, self.wrong("nobody")).status for _ in range(15)}
        self.assertIn(429, statuses)
        self.assertEqual(self.status(self.admin, "GET", "/v1/topics"), 200, "a right key passes from any address")
        metrics = self.broker.call("GET", "/metrics", None, self.admin.headers).body.decode()
        self.assertGreater(int(re.search(r'twofold_auth_failures_total\{listener="http"\} (\d+)', metrics)[1]), 20)

    def test_lines_for_the_operator(self):
        key = self.key("inspect topic:a")
        self.assertEqual(self.status(key, "DELETE", "/v1/topics/precious"), 403)
        self.given("PUT", "/v1/topics/made", {})
        self.assertEqual(self.status(key, "GET", "/v1/topics/x%E2%80%AEevil" + "a" * 400), 403)
        lines = [line for line in self.log().splitlines() if '"comp":"auth"' in line]
        denied = [line for line in lines if '"msg":"denied"' in line]
        self.assertTrue(any(f'"principal":"{key.id}","action":"delete_topic","resource":"topic:precious"' in line
                            for line in denied), denied)
        self.assertTrue(any('"msg":"done","principal":"admin","action":"put_topic","resource":"topic:made"' in line
                            for line in lines), lines)
        for secret in (key.secret, key.token, self.admin.secret):
            self.assertNotIn(secret, self.log())
        self.assertNotIn("\u202e", self.log())
        self.assertLess(max(map(len, denied)), 600)


class TheProgram(unittest.TestCase):
    def run_it(self, *words, folder=None):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TWOFOLD_")}
        return subprocess.run([os.path.abspath(PROGRAM), *words], cwd=folder, env=environment, capture_output=True,
                              text=True, timeout=30)

    def test_others_are_not_let_in_without_keys(self):
        for words in (("--http", "0.0.0.0:0"), ("--sqs-listen", "0.0.0.0:0")):
            tried = self.run_it("serve", "--memory", *words)
            self.assertEqual(tried.returncode, 2, tried)
            self.assertIn("nobody is asked for a key", tried.stderr)
            self.assertIn("--insecure-no-auth", tried.stderr)

    def test_keys_are_made_listed_and_taken_away(self):
        with tempfile.TemporaryDirectory() as folder:
            made = self.run_it("key", "create", "orders", "--allow", "publish topic:orders", "--sqs", folder=folder)
            self.assertEqual(made.returncode, 0, made)
            token = made.stdout.splitlines()[0]
            self.assertRegex(token, r"^tk_orders_[0-9a-f]{64}$")
            path = pathlib.Path(folder, "keys.toml")
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
            self.assertNotIn(token.rsplit("_", 1)[1], path.read_text())
            self.assertIn("AWS_SECRET_ACCESS_KEY=", made.stdout)
            again = self.run_it("key", "create", "orders", "--allow", "* *", folder=folder)
            self.assertEqual(again.returncode, 4, again)
            for bad in (("x",), ("x", "--allow", "eat topic:a"), ("x/y", "--allow", "* *"), ("nobody", "--allow", "* *"),
                        ("x", "--allow", "* *", "--account", "12")):
                self.assertEqual(self.run_it("key", "create", *bad, folder=folder).returncode, 2, bad)
            listed = self.run_it("key", "list", folder=folder)
            self.assertIn("publish topic:orders", listed.stdout)
            self.assertEqual(self.run_it("key", "revoke", "orders", folder=folder).returncode, 0)
            self.assertEqual(self.run_it("key", "revoke", "orders", folder=folder).returncode, 3)


if __name__ == "__main__":
    unittest.main()
