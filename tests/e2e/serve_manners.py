"""How a broker starts, what it answers to whom, and what does not stop it."""

import http.client
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from _cli_broker import PROGRAM, SECONDS_MAX, VOLATILE, BrokerCase, environment, free_port, run

SHM = pathlib.Path("/dev/shm")
FOREIGN = "pages.evil.example"


def soft_limit_of_files(pid: int) -> int:
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
    return int(re.search(r"^Max open files +(\d+)", limits, re.MULTILINE).group(1))


class Start(unittest.TestCase):
    def test_a_port_in_use_is_said_before_the_data_is_touched(self):
        with tempfile.TemporaryDirectory(prefix="twofold-start-") as folder, \
                socket.create_server(("127.0.0.1", 0)) as holder:
            data = pathlib.Path(folder) / "data"
            failed = run("serve", "--http", f"127.0.0.1:{holder.getsockname()[1]}", "--data", str(data), code=1)
            self.assertIn("another program uses the port", failed.stderr)
            self.assertEqual([file.name for file in data.iterdir() if file.name != "LOCK"], [])

    def test_localhost_is_an_address_to_listen_on(self):
        with tempfile.TemporaryDirectory(prefix="twofold-start-") as folder:
            broker = subprocess.Popen([PROGRAM, "serve", "--http", "localhost:0", "--data", folder, "--set",
                                       "storage.min_free=0"], env=environment(**VOLATILE), stderr=subprocess.PIPE, text=True)
            said = next((line for line in broker.stderr if "twofold ready" in line or "error" in line), "")
            broker.send_signal(signal.SIGTERM)
            broker.stderr.read()
            broker.stderr.close()
            self.assertEqual(broker.wait(SECONDS_MAX), 0)
            self.assertIn("twofold ready", said)

    # What was acknowledged as kept was gone with the next restart of the machine, and nobody had been told.
    @unittest.skipUnless(SHM.is_dir() and os.access(SHM, os.W_OK), "there is no tmpfs to start on")
    def test_a_directory_in_memory_is_refused_unless_it_may_be_one(self):
        with tempfile.TemporaryDirectory(prefix="twofold-start-", dir=SHM) as folder:
            data = pathlib.Path(folder) / "data"
            words = ("--http", f"127.0.0.1:{free_port()}", "--data", str(data), "--set", "storage.min_free=0")
            nobody = {"TWOFOLD_STORAGE_ALLOW_VOLATILE": "false"}
            failed = run("serve", *words, code=1, **nobody)
            self.assertIn(f"error: {data} is on tmpfs, in memory: nothing survives a restart of the machine", failed.stderr)
            self.assertIn("--allow-volatile", failed.stderr)
            self.assertFalse(data.exists(), "what is refused is not touched")
            told = run("doctor", *words, code=1, **nobody).stdout
            self.assertRegex(told, r"fail +file system +tmpfs")
            for allowed in (("--allow-volatile",), ("--set", "storage.durability=memory")):
                with self.subTest(allowed):
                    said = self.until_ready(*words, "--set", "log.format=json", *allowed)
                    self.assertIn('"msg":"the data does not outlive the place it is in"', said)
                    self.assertIn('"file_system":"tmpfs"', said)
                    self.assertRegex(run("doctor", *words, *allowed, **nobody).stdout, r"warn +file system +tmpfs")

    def until_ready(self, *words: str) -> str:
        """What a broker says until it is ready; it is stopped then."""
        broker = subprocess.Popen([PROGRAM, "serve", *words], env=environment(TWOFOLD_STORAGE_ALLOW_VOLATILE="false"),
                                  stderr=subprocess.PIPE, text=True)
        said = ""
        for line in broker.stderr:
            said += line
            if "twofold ready" in line:
                break
        broker.send_signal(signal.SIGTERM)
        broker.stderr.read()
        broker.stderr.close()
        self.assertEqual(broker.wait(SECONDS_MAX), 0, said)
        return said


    # The advice was to give the file to the broker's user, which it was already.
    def test_a_file_where_the_data_directory_should_be_is_said_to_be_none(self):
        with tempfile.TemporaryDirectory(prefix="twofold-start-") as folder:
            file = pathlib.Path(folder) / "data"
            file.write_text("precious")
            said = run("serve", "--http", "127.0.0.1:0", "--data", str(file), code=1).stderr
            self.assertIn(f"{file} is not a directory", said)
            self.assertNotIn("chown", said)
            self.assertEqual(file.read_text(), "precious")

    def without(self, capability: str, *words: str) -> str:
        """What `twofold words...` says as root without one of its powers."""
        if os.geteuid() != 0 or not shutil.which("setpriv"):
            self.skipTest("takes root, to be less than that")
        done = subprocess.run(["setpriv", f"--bounding-set=-{capability}", f"--inh-caps=-{capability}", os.path.abspath(PROGRAM), *words],
                              env=environment(), capture_output=True, text=True, timeout=SECONDS_MAX)
        self.assertEqual(done.returncode, 1, done)
        return done.stdout + done.stderr

    def test_a_port_that_is_kept_for_others_is_told_with_what_it_takes(self):
        free = int(pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
        if free <= 81:
            self.skipTest("low ports are free for all here")
        for words in (("serve", "--memory"), ("doctor", "--memory")):
            self.assertIn("CAP_NET_BIND_SERVICE", self.without("net_bind_service", *words, "--http", "127.0.0.1:81"))

    # The advice was to make one, over the keys that are there.
    def test_a_keys_file_that_cannot_be_read_is_told_with_what_to_do_about_it(self):
        with tempfile.TemporaryDirectory(prefix="twofold-start-") as folder:
            keys = pathlib.Path(folder) / "keys.toml"
            words = ("--memory", "--http", "127.0.0.1:0", "--keys-file", str(keys))
            self.assertIn("twofold key create NAME", run("serve", *words, code=1).stderr)
            keys.mkdir()
            self.assertIn("a directory stands in its place", run("serve", *words, code=1).stderr)
            keys.rmdir()
            keys.write_text("[[key]]\nid = 7\n")
            said = run("serve", *words, code=1).stderr
            self.assertIn(f"{keys}:2: id is a text", said)
            self.assertIn("correct it there", said)
            keys.chmod(0)
            os.chown(folder, 65534, 65534)
            os.chown(keys, 65534, 65534)
            said = self.without("dac_override,-dac_read_search", "serve", *words)
            self.assertIn("Permission denied", said)
            self.assertIn("user 0 has to be able to read it", said)
            self.assertNotIn("key create", said)


class Manners(BrokerCase):
    settings = ("http.hosts=broker.example.org",)

    @classmethod
    def setUpClass(cls) -> None:
        # Children inherit the soft limit of this process: a shell's, say.
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        cls.hard_limit = limits[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, limits[1]), limits[1]))
        cls.addClassCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        super().setUpClass()

    def ask(self, connection: http.client.HTTPConnection, path: str, host: str) -> int:
        connection.request("GET", path, headers={"Host": host})
        response = connection.getresponse()
        response.read()
        return response.status

    def test_as_many_files_may_be_open_as_the_system_allows(self):
        self.assertEqual(soft_limit_of_files(self.broker.pid), self.hard_limit)

    def test_a_terminal_that_closes_does_not_end_the_broker(self):
        self.broker.send_signal(signal.SIGHUP)
        self.cli("topic", "create", "after-hangup")
        self.assertIsNone(self.broker.poll())

    def test_readyz_says_how_disk_and_journal_are(self):
        connection = http.client.HTTPConnection(self.address, timeout=SECONDS_MAX)
        connection.request("GET", "/readyz?verbose")
        answer = connection.getresponse().read().decode()
        connection.close()
        self.assertIn('{"name":"journal","ok":true,"detail":"accepts writes"}', answer)
        self.assertIn('"name":"disk","ok":true', answer)

    def test_a_probe_under_a_foreign_name_opens_no_door_for_the_next_request(self):
        connection = http.client.HTTPConnection(self.address, timeout=SECONDS_MAX)
        for path in ("/livez", "/readyz", "/startupz"):
            self.assertEqual(self.ask(connection, path, FOREIGN), 200, path)
        for path in ("/v1/topics", "/metrics"):  # which says the names of all that there is
            self.assertEqual(self.ask(connection, path, FOREIGN), 403, path)
        connection.close()

    # A container whose settings named another port was unhealthy for ever.
    def test_health_asks_the_broker_that_its_own_settings_name(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TWOFOLD_")}
        for listen, code in ((self.address, 0), ("0.0.0.0:" + self.address.rsplit(":")[-1], 0), ("127.0.0.1:1", 1)):
            done = subprocess.run([PROGRAM, "health"], env=kept | {"TWOFOLD_HTTP_LISTEN": listen}, capture_output=True, timeout=SECONDS_MAX)
            self.assertEqual(done.returncode, code, f"{listen}: {done.stderr.decode()}")

    def test_a_configured_name_is_answered(self):
        connection = http.client.HTTPConnection(self.address, timeout=SECONDS_MAX)
        self.assertEqual(self.ask(connection, "/v1/topics", "broker.example.org:8080"), 200)
        connection.close()


if __name__ == "__main__":
    unittest.main()
