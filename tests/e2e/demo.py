"""`twofold demo`: within a moment there is something to see and to type, and afterwards nothing is left."""

import json
import os
import pathlib
import pty
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request

from _cli_broker import PROGRAM, SECONDS_MAX, VOLATILE, environment, run


class Demo(unittest.TestCase):
    def start(self, *words: str, **more: str) -> subprocess.Popen:
        demo = subprocess.Popen([PROGRAM, "demo", "--http", "127.0.0.1:0", *words], env=environment(**VOLATILE | more), text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.end, demo)
        self.text = ""
        for line in demo.stdout:
            self.text += line
            if "attach orders billing" in line:
                break
        else:
            self.fail(f"it ended: {demo.stderr.read()}")
        self.url = re.search(r"http://localhost:\d+", self.text).group()
        return demo

    def end(self, demo: subprocess.Popen) -> None:
        if demo.poll() is None:
            demo.kill()
        demo.wait()
        demo.stdout.close()
        demo.stderr.close()

    def ask(self, path: str, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data=data), timeout=SECONDS_MAX) as answer:
            return json.load(answer)

    def sqs(self, action: str, body: dict):
        headers = {"X-Amz-Target": f"AmazonSQS.{action}", "Content-Type": "application/x-amz-json-1.0"}
        request = urllib.request.Request(self.url + "/", data=json.dumps(body).encode(), headers=headers)
        with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:
            return json.load(answer)

    def until(self, condition):
        deadline = time.monotonic() + SECONDS_MAX
        while not (value := condition()):
            self.assertLess(time.monotonic(), deadline, "it never came true")
        return value

    def interrupt(self, demo: subprocess.Popen, number: int = signal.SIGINT) -> None:
        demo.send_signal(number)
        self.assertEqual(demo.wait(SECONDS_MAX), 0, demo.stderr.read())

    def opened(self, *words: str, terminal: bool = True, **more: str) -> str | None:
        """What a desktop was asked to open by the time the first orders have come; None: nothing."""
        with tempfile.TemporaryDirectory(prefix="twofold-demo-desktop-") as folder:
            desktop, asked = pathlib.Path(folder, "xdg-open"), pathlib.Path(folder, "asked")
            desktop.write_text(f'#!/bin/sh\nprintf %s "$1" >{asked}.part && mv {asked}.part {asked}\n')
            desktop.chmod(0o755)
            leader, follower = pty.openpty()
            screen = follower if terminal else subprocess.PIPE
            demo = subprocess.Popen([PROGRAM, "demo", "--http", "127.0.0.1:0", "--rate", "50/s", *words], stdin=subprocess.DEVNULL, stdout=screen,
                                    stderr=subprocess.DEVNULL, env=environment(PATH=f"{folder}:{os.environ['PATH']}", **more))
            os.close(follower)
            said = os.fdopen(leader, "rb", buffering=0) if terminal else demo.stdout
            text = b""
            while b"attach orders billing" not in text:
                text += os.read(said.fileno(), 4096)
            self.url = re.search(rb"http://localhost:\d+", text).group().decode()
            # Orders come after the browser was or was not asked; a desktop that was asked has answered soon.
            self.until(lambda: self.ask("/v1/topics/orders/records?from=earliest")["records"])
            if terminal and not words and more.get("DISPLAY"):
                self.until(asked.exists)
            demo.terminate()
            demo.wait(SECONDS_MAX)
            said.close()
            return asked.read_text() if asked.exists() else None

    def test_the_browser_is_opened_where_there_is_a_screen_and_nobody_says_no(self):
        self.assertEqual(self.opened(DISPLAY=":0"), f"{self.url}/ui/#/kitchen")
        self.assertIsNone(self.opened("--no-open", DISPLAY=":0"))
        self.assertIsNone(self.opened(DISPLAY="", WAYLAND_DISPLAY=""))
        self.assertIsNone(self.opened(terminal=False, DISPLAY=":0"))

    def test_it_is_there_within_a_second_and_leaves_nothing(self):
        with tempfile.TemporaryDirectory(prefix="twofold-demo-test-") as folder:
            begun = time.monotonic()
            demo = self.start(TMPDIR=folder)
            took = time.monotonic() - begun
            self.assertLess(took, 5, "a second on an idle machine")
            self.assertEqual(len(os.listdir(folder)), 1)
            self.assertIn(f"{self.url}/ui/#/kitchen", self.text)
            queue = self.ask("/v1/queues/kitchen")
            self.assertEqual((queue["visibility_timeout"], queue["max_receives"], queue["dead_letter"], queue["on_disconnect"]),
                             ("5s", 3, "kitchen-burnt", "timeout"))
            self.assertEqual(queue["source"]["topic"], "orders")
            marks = self.sqs("ListQueueTags", {"QueueUrl": "kitchen"})["Tags"]
            self.assertEqual(marks, {f"made-by-demo/{one}": self.ask(f"/v1/{one.replace('/', 's/')}")["created"]
                                     for one in ("topic/orders", "queue/kitchen", "queue/kitchen-burnt")}, "the kitchen makes these anew unasked")
            order = self.until(lambda: self.ask("/v1/topics/orders/records?from=earliest")["records"])[0]
            self.assertRegex(order["key"], "^table-[1-6]$")
            self.assertIn("dish", order["value"])
            self.interrupt(demo)
            self.assertEqual(os.listdir(folder), [])

    def test_orders_come_at_the_rate_asked_for(self):
        demo = self.start("--rate", "50/s")
        self.until(lambda: self.ask("/v1/queues/kitchen")["messages"]["ready"] >= 20)
        self.interrupt(demo, signal.SIGTERM)

    def test_what_it_prints_can_be_typed(self):
        demo = self.start("--rate", "20/s")
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="twofold-demo-test-")))
        (folder / "twofold").symlink_to(pathlib.Path(PROGRAM).resolve())
        blocks = re.findall(r"^  (\w[^\n]*)\n((?:    [^\n]+\n)+)", self.text, re.MULTILINE)
        self.assertEqual([title.split()[0] for title, _ in blocks], ["curl", "AWS", "twofold"])
        for title, block in blocks:
            # A tail goes on for ever: the first line of it will do.
            lines = [line.strip() for line in block.splitlines()]
            lines = [f"{line} -n 1" if line.startswith("twofold tail") else line for line in lines]
            script = "set -e\n" + "\n".join(lines)
            done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=SECONDS_MAX, check=False,
                                  env=environment(PATH=f"{folder}:{os.environ['PATH']}"))
            self.assertEqual(done.returncode, 0, f"{title}\n{script}\n{done.stdout}\n{done.stderr}")
            self.assertIn({"curl": '"receive_count":1', "AWS": "ReceiptHandle", "twofold": "billing"}[title.split()[0]],
                          done.stdout + done.stderr)
        self.interrupt(demo)

    def test_data_is_kept_when_a_directory_is_named(self):
        with tempfile.TemporaryDirectory(prefix="twofold-demo-test-") as folder:
            data = pathlib.Path(folder) / "kept"
            for _ in range(2):
                demo = self.start("--data", str(data), "--set", "storage.min_free=0", "--rate", "50/s")
                self.assertIn(str(data), self.text)
                before = self.ask("/v1/topics/orders")["records"]
                marked = self.sqs("ListQueueTags", {"QueueUrl": "kitchen"})["Tags"]
                self.assertEqual(marked["made-by-demo/topic/orders"], self.ask("/v1/topics/orders")["created"])
                self.until(lambda: self.ask("/v1/topics/orders")["records"] > before)
                self.interrupt(demo)
            self.assertGreater(before, 0, "the second one found what the first had left")

    def test_what_somebody_made_before_is_not_said_to_be_the_demonstrations(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="twofold-demo-test-")))
        resources = folder / "resources.toml"
        resources.write_text('[[topic]]\nname = "orders"\n')
        demo = self.start("--set", f"resources.file={resources}")
        marks = self.sqs("ListQueueTags", {"QueueUrl": "kitchen"})["Tags"]
        self.assertEqual(sorted(marks), ["made-by-demo/queue/kitchen", "made-by-demo/queue/kitchen-burnt"])
        self.interrupt(demo)

    def test_a_port_in_use_is_said(self):
        with socket.create_server(("127.0.0.1", 0)) as holder, \
                tempfile.TemporaryDirectory(prefix="twofold-demo-test-") as folder:
            failed = run("demo", "--http", f"127.0.0.1:{holder.getsockname()[1]}", code=1, TMPDIR=folder)
            self.assertIn("another program uses the port", failed.stderr)
            self.assertEqual(os.listdir(folder), [])


if __name__ == "__main__":
    unittest.main()
