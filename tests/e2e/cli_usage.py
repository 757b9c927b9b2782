"""The command line without a broker: help, mistakes, configuration, the doctor."""

import json
import os
import pathlib
import socket
import subprocess
import tempfile
import unittest

from _cli_broker import free_port, run

NOBODY = f"http://127.0.0.1:{free_port()}"


class Usage(unittest.TestCase):
    def test_help_goes_to_stdout_and_is_no_error(self):
        self.assertIn("Usage: twofold", run("--help").stdout)
        self.assertIn("Usage: twofold consume", run("consume", "--help").stdout)
        self.assertIn("create", run("topic", "-h").stdout)

    def test_asking_for_nothing_is_a_usage_error(self):
        self.assertIn("Usage: twofold", run(code=2).stdout)
        self.assertIn("Verbs:", run("queue", code=2).stdout)

    def test_mistakes_say_what_was_meant(self):
        for words, what in ((("consum", "orders"), 'did you mean "consume"?'),
                            (("consume", "orders", "-o", "start"), "-o is the output format; use -O start"),
                            (("receive", "q", "--wait", "20"), "without a unit"),
                            (("send",), "QUEUE is missing"),
                            (("consume", "orders", "-n"), "-n, --num needs a value: N"),
                            (("serve", "--http", "broker.example.org:80"), "is not an IP address"),
                            (("bench", "everything"), "is not a workload"),
                            (("topic", "list", "-s", "ftp://x"), "not the address of a broker")):
            mistake = run(*words, code=2)
            self.assertEqual(mistake.stdout, "")
            self.assertTrue(mistake.stderr.startswith("error: "), mistake.stderr)
            self.assertIn(what, mistake.stderr)

    def test_no_broker_is_exit_5_with_the_way_to_start_one(self):
        for words in (("topic", "list"), ("send", "q", "x"), ("receive", "q"), ("bench", "publish")):
            failure = run(*words, "-s", NOBODY, code=5)
            self.assertIn(f"cannot connect to {NOBODY}", failure.stderr)
            self.assertIn("twofold serve", failure.stderr)

    def test_health_of_nobody_is_exit_1(self):
        run("health", "-s", NOBODY, code=1)

    def test_destroying_without_a_terminal_needs_yes(self):
        # Even the look before the question needs a broker; the question itself is tested with one.
        run("topic", "delete", "orders", "-s", NOBODY, code=5)

    def test_version_needs_nobody(self):
        version = json.loads(run("version", "-s", NOBODY, "-o", "json").stdout)
        self.assertIn("commit", version)
        self.assertNotIn("broker", version)


class Configuration(unittest.TestCase):
    def setUp(self):
        self.holder = tempfile.TemporaryDirectory(prefix="twofold-config-")
        self.addCleanup(self.holder.cleanup)
        self.file = pathlib.Path(self.holder.name) / "twofold.toml"

    def test_the_printed_defaults_are_a_correct_file_also_without_their_comments(self):
        text = run("config", "defaults").stdout
        self.file.write_text(text)
        run("config", "check", str(self.file))
        # Lines of help stay comments; those of settings lose their sign.
        lines = [line[2:] if line.startswith("# ") and " = " in line else line for line in text.splitlines()]
        self.file.write_text("\n".join(lines))
        run("config", "check", str(self.file))
        shown = json.loads(run("config", "show", "--config", str(self.file), "-o", "json").stdout)
        self.assertTrue(all(key["origin"].startswith(str(self.file)) for key in shown), shown)

    def test_show_names_the_origin_of_each_value(self):
        self.file.write_text('[http]\nlisten = "127.0.0.1:1111"\nmax_body = "2MiB"\n')
        shown = json.loads(run("config", "show", "--config", str(self.file), "--set", "log.level=debug", "-o", "json",
                               TWOFOLD_HTTP_MAX_BODY="3MiB", TWOFOLD_SERVER_THREADS="2").stdout)
        by_name = {key["name"]: (key["value"], key["origin"]) for key in shown}
        self.assertEqual(by_name["http.listen"], ("127.0.0.1:1111", f"{self.file}:2:1"))
        self.assertEqual(by_name["http.max_body"], ("3MiB", "environment TWOFOLD_HTTP_MAX_BODY"))
        self.assertEqual(by_name["server.threads"], (2, "environment TWOFOLD_SERVER_THREADS"))
        self.assertEqual(by_name["log.level"], ("debug", "--set log.level"))
        self.assertEqual(by_name["log.format"], ("auto", "default"))

    def test_check_reports_every_mistake_with_its_place(self):
        self.file.write_text('[http]\nlissten = "x"\n[queues]\nvisibility_timeout = 30\n')
        failed = run("config", "check", str(self.file), code=2)
        self.assertIn(f'{self.file}:2:1: unknown key "http.lissten"', failed.stderr)
        self.assertIn('did you mean "http.listen"?', failed.stderr)
        self.assertIn(f"{self.file}:4:1: queues.visibility_timeout", failed.stderr)

    def test_serve_refuses_a_wrong_setting_before_it_touches_anything(self):
        data = pathlib.Path(self.holder.name) / "data"
        failed = run("serve", "--data", str(data), "--set", "storage.durabilty=disk", code=2)
        self.assertIn('did you mean "storage.durability"?', failed.stderr)
        self.assertFalse(data.exists())

    def test_an_unknown_variable_is_a_warning_and_kubernetes_own_are_not(self):
        shown = run("config", "show", TWOFOLD_HTTP_LISTN="x", TWOFOLD_PORT="tcp://10.0.0.1:80",
                    TWOFOLD_SERVICE_HOST="10.0.0.1")
        self.assertIn('did you mean "TWOFOLD_HTTP_LISTEN"?', shown.stderr)
        self.assertNotIn("TWOFOLD_PORT", shown.stderr)
        self.assertNotIn("TWOFOLD_SERVICE_HOST", shown.stderr)

    def test_keys_lists_names_for_scripts(self):
        names = run("config", "keys", "-o", "name").stdout.split()
        self.assertIn("storage.durability", names)
        self.assertEqual(len(names), len(set(names)))


class Doctor(unittest.TestCase):
    def test_a_healthy_machine_passes(self):
        with tempfile.TemporaryDirectory(prefix="twofold-doctor-") as folder:
            report = json.loads(run("doctor", "--data", folder, "--set", f"http.listen=127.0.0.1:{free_port()}",
                                    "--set", "storage.min_free=0", "-o", "json").stdout)
            names = {check["name"]: check for check in report["checks"]}
            self.assertTrue(report["ok"])
            for name in ("configuration", "data directory", "sync", "clock", "free space", "file system", "mount", "lock",
                         "stored data", "open files", "port", "memory", "seccomp"):
                self.assertIn(name, names)
            self.assertEqual(list(pathlib.Path(folder).iterdir()), [], "the doctor leaves nothing behind")

    def test_a_port_in_use_is_told_with_its_holder(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = f"127.0.0.1:{server.getsockname()[1]}"
            told = run("doctor", "--memory", "--set", f"http.listen={address}").stdout
            self.assertRegex(told, rf"warn  port +{address} is in use by \S+ \(pid {os.getpid()}\)")

    def test_a_directory_that_is_a_file_fails_and_says_so(self):
        with tempfile.NamedTemporaryFile() as file:
            failed = run("doctor", "--data", file.name, code=1)
            self.assertIn("fail", failed.stdout)
            self.assertIn(file.name, failed.stdout)

    def test_a_directory_that_cannot_be_made_fails(self):
        failed = run("doctor", "--data", "/proc/twofold/data", code=1)
        self.assertRegex(failed.stdout, r"fail +data directory +/proc/twofold/data cannot be made in /proc|"
                                        r"fail +data directory +/proc is not writable")

    def test_a_wrong_setting_fails(self):
        self.assertIn("did you mean", run("doctor", "--set", "log.levle=info", code=1).stdout)


class Certificates(unittest.TestCase):
    """What `serve` would not start with, or would start with in vain, is told before."""

    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory(prefix="twofold-tls-")
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        self.file = self.folder / "twofold.toml"

    def openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True, timeout=60)

    def make(self, name: str, *dates: str) -> None:
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key")
        self.openssl("req", "-new", *key, "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (self.folder / "ca.conf").write_text("[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\n"
                                             "policy=p\nunique_subject=no\n[p]\ncommonName=supplied\n")
        (self.folder / "index").write_text("")
        (self.folder / "serial").write_text("01\n")
        self.openssl("ca", "-batch", "-config", "ca.conf", "-selfsign", "-keyfile", f"{name}.key", "-in", f"{name}.csr", "-out", f"{name}.pem",
                     *(dates or ("-days", "30")))
        (self.folder / f"{name}.key").chmod(0o600)

    def said(self, cert: str, key: str, *, right: bool) -> tuple[str, str]:
        """What doctor and config check say of the two."""
        paths = [str(self.folder / name) for name in (cert, key)]
        self.file.write_text(f'[tls]\ncert = "{paths[0]}"\nkey = "{paths[1]}"\n')
        doctor = run("doctor", "--memory", "--set", f"http.listen=127.0.0.1:{free_port()}", "--set", f"tls.cert={paths[0]}",
                     "--set", f"tls.key={paths[1]}", code=0 if right else 1).stdout
        return doctor, run("config", "check", str(self.file), code=0 if right else 2).stderr

    # Both found everything right, and the broker did not start, or served nobody.
    def test_files_of_tls_that_cannot_be_served_with_are_told_before_a_start(self):
        self.make("good")
        self.make("other")
        self.make("old", "-startdate", "20200101000000Z", "-enddate", "20200201000000Z")
        (self.folder / "empty.pem").write_text("")
        for cert, key, wanted in (("missing.pem", "good.key", "tls.cert: cannot read"), ("good.pem", "missing.key", "tls.key: cannot read"),
                                  ("empty.pem", "good.key", "it is empty"), ("good.key", "good.key", "holds no certificate"),
                                  ("good.pem", "other.key", "other.key"), ("old.pem", "old.key", "has expired on Feb  1"),
                                  (".", "good.key", "Is a directory")):
            with self.subTest(cert=cert, key=key):
                for told in self.said(cert, key, right=False):
                    self.assertIn(wanted, told)
        doctor, check = self.said("good.pem", "good.key", right=True)
        self.assertRegex(doctor, r"ok +certificate +CN=good, until ")
        self.assertIn("is right", check)
        (self.folder / "good.key").chmod(0o644)
        self.assertRegex(self.said("good.pem", "good.key", right=True)[0], r"warn +certificate +others than its owner can read tls.key")


if __name__ == "__main__":
    unittest.main()
