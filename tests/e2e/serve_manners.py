"""How a broker starts, what it answers to whom, and what does not stop it."""

import http.client
import os
import pathlib
import re
import resource
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
