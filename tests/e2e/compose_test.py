"""The image and the compose files in a real Docker engine: what the image is, every protocol through the published
port, containers that are killed and restarted, a volume that keeps everything, and the health that the engine sees.

Exits with 77 where no Docker engine can run at all. The image holds the program under test; that the Dockerfile
compiles it from its sources takes a quarter of an hour and is tests/e2e/source/image_from_source.py, not part of a test run.
"""

import asyncio
import json
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request

from _cli_broker import free_port, run
from _engine import Engine
from _prometheus import prometheus
from _stack import BUILT, DEMO_IMAGE, IMAGE, PROMETHEUS_IMAGE, SOURCE, Stack, build_image, compose_programs, until
from wire._stream import JSON, Stream, websockets

sys.path.append(str(SOURCE / "scripts"))
import run_docs  # noqa: E402

IMAGE_BYTES_MAX = 40_000_000
WITHOUT_KEYS = ("--env=TWOFOLD_AUTH_INSECURE=true",)  # it listens on all addresses of its container
SKIPPED = 77
PROMETHEUS = """FROM debian:bookworm-slim
COPY prometheus /bin/prometheus
RUN install -d -o 65534 -g 65534 /prometheus
USER 65534:65534
VOLUME /prometheus
ENTRYPOINT ["/bin/prometheus"]
"""
engine = Engine()


def setUpModule() -> None:
    unittest.enterModuleContext(engine)
    build_image(engine)
    engine.build(DEMO_IMAGE, str(SOURCE / "docker/demo/Dockerfile"), str(SOURCE))


class TheImage(unittest.TestCase):
    def inspect(self, template: str):
        return json.loads(engine.inspect(IMAGE, "{{json " + template + "}}"))

    def test_is_small(self):
        size = self.inspect(".Size")
        print(f"image: {size / 1e6:.1f} MB", flush=True)
        self.assertLessEqual(size, IMAGE_BYTES_MAX)

    def test_runs_as_nobody_in_particular_with_its_data_in_a_volume(self):
        config = self.inspect(".Config")
        self.assertEqual(config["User"], "65532:65532")
        self.assertEqual(config["Healthcheck"]["Test"], ["CMD", "twofold", "health"])
        self.assertEqual(config["StopSignal"], "SIGTERM")
        self.assertEqual(list(config["Volumes"]), ["/var/lib/twofold"])
        self.assertEqual(config["Labels"]["org.opencontainers.image.revision"], "test")

    def test_holds_one_program_and_no_shell(self):
        container = engine.docker("create", IMAGE).stdout.strip()
        self.addCleanup(engine.docker, "rm", "--volumes", container)
        listed = engine.run("sh", "-c", f"{engine.program} export {container} | tar -tv").stdout.splitlines()
        # The engine's own files have no bytes; the loader and glibc can be run, as on every system.
        files = [line.split() for line in listed if line.startswith("-") and "x" in line[:10] and "usr/lib" not in line]
        programs = [file[-1] for file in files if file[2] != "0"]
        self.assertEqual(programs, ["usr/bin/twofold"])

    def test_beyond_its_machine_it_wants_keys_or_to_be_told(self):
        refused = engine.docker("run", "--rm", "--network=none", IMAGE, check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("nobody is asked for a key", refused.stderr)

    def test_a_data_directory_of_somebody_else_is_refused_with_what_to_do(self):
        words = ("run", "--rm", "--read-only", "--cap-drop=ALL", "--network=none", *WITHOUT_KEYS)
        refused = engine.docker(*words, "--user=4711:4711", IMAGE, check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("chown -R 4711:4711 /var/lib/twofold", refused.stderr)

    def test_a_broker_that_does_not_answer_is_unhealthy_until_it_does(self):
        container = engine.docker("run", "--detach", "--network=none", *WITHOUT_KEYS, "--health-interval=1s", "--health-timeout=1s",
                                  "--health-retries=2", "--health-start-period=1s", IMAGE).stdout.strip()
        self.addCleanup(engine.docker, "rm", "--force", "--volumes", container)
        health = lambda: engine.inspect(container, "{{.State.Health.Status}}")
        until("a new broker is healthy", lambda: health() == "healthy")
        broker = int(engine.inspect(container, "{{.State.Pid}}"))
        os.kill(broker, signal.SIGSTOP)
        try:
            until("a stopped broker is unhealthy", lambda: health() == "unhealthy")
        finally:
            os.kill(broker, signal.SIGCONT)
        until("it is healthy again", lambda: health() == "healthy")


class TheBroker(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.stack = Stack(engine, "twofold-test-broker")
        cls.addClassCleanup(cls.stack.down, "--volumes")
        cls.stack.up()

    def test_files_are_right_for_every_compose(self):
        for program in compose_programs(engine):
            for more in ([], ["compose.demo.yaml"], ["compose.observability.yaml"],
                         ["compose.demo.yaml", "compose.observability.yaml"]):
                files = [word for file in ["compose.yaml", *more] for word in ("--file", str(SOURCE / "docker" / file))]
                engine.run(*program, *files, "config", "--quiet")

    def test_has_no_right_that_it_does_not_need(self):
        lines = pathlib.Path(f"/proc/{self.stack.pid()}/status").read_text().splitlines()
        status = dict(line.split(":\t", 1) for line in lines)
        self.assertEqual(status["Uid"].split(), ["65532"] * 4)
        self.assertEqual(status["CapPrm"].strip("0"), "")
        self.assertEqual(status["CapBnd"].strip("0"), "")
        self.assertEqual(status["NoNewPrivs"], "1")
        self.assertEqual(status["Seccomp"], "2")
        self.assertEqual(self.stack.state("{{.HostConfig.ReadonlyRootfs}}"), "true")

    def test_is_published_on_loopback_only(self):
        ports = json.loads(self.stack.state("{{json .NetworkSettings.Ports}}"))
        self.assertEqual(ports, {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(self.stack.port)}]})

    def test_every_protocol_meets_on_one_record(self):
        self.stack.ask("PUT", "/v1/topics/meals", {})
        self.stack.ask("PUT", "/v1/queues/meals-work", {"source": {"topic": "meals", "from": "earliest"}})
        self.stack.ask("POST", "/v1/topics/meals/records", {"text": "over REST"})
        run("produce", "meals", "by the program", TWOFOLD_URL=self.stack.url)
        self.assertEqual(asyncio.run(self.read_over_websocket("meals", 2)), ["over REST", "by the program"])

        url = self.stack.sqs("GetQueueUrl", QueueName="meals-work")["QueueUrl"]
        self.assertTrue(url.startswith(self.stack.url), url)
        received = self.stack.sqs("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        self.assertEqual([message["Body"] for message in received], ["over REST", "by the program"])
        for message in received:
            self.stack.sqs("DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        self.assertIn("<title>Twofold</title>", self.stack.ask("GET", "/ui/"))
        self.assertIn('twofold_queue_messages{queue="meals-work",state="ready"} 0', self.stack.ask("GET", "/metrics"))

    async def read_over_websocket(self, topic: str, count: int) -> list:
        async with websockets.connect(f"ws://127.0.0.1:{self.stack.port}/v1/ws", subprotocols=[JSON]) as connection:
            stream = Stream(connection)
            await stream.hello()
            await stream.subscribe(topic=topic, **{"from": "earliest"})
            return [message["text"] for message in await stream.messages(count)]

    def test_what_was_acknowledged_outlives_kills_restarts_and_new_containers(self):
        self.stack.ask("PUT", "/v1/topics/kept", {})
        self.stack.ask("PUT", "/v1/queues/kept-work", {"source": {"topic": "kept", "from": "earliest"}, "visibility_timeout": "1h"})
        acknowledged = []
        for ending in (self.stack.crash, self.kill_container, self.restart, self.new_container):
            acknowledged += [self.publish(f"{len(acknowledged) + n}") for n in range(20)]
            taken = self.stack.ask("POST", "/v1/queues/kept-work/receive", {"max": 5})["messages"]
            receipts = [message["receipt"] for message in taken[:3]]
            self.stack.ask("POST", "/v1/queues/kept-work/ack", {"receipts": receipts})
            ending()
            self.assertEqual(self.read_all(), acknowledged, ending.__name__)
            before = self.stack.ask("GET", "/v1/queues/kept-work")["messages"]
        self.assertEqual((before["in_flight"], before["ready"]), (8, len(acknowledged) - 20))

    def publish(self, value: str) -> str:
        self.stack.ask("POST", "/v1/topics/kept/records", {"value": value})
        return value

    def read_all(self) -> list:
        return [record["value"] for record in self.stack.ask("GET", "/v1/topics/kept/records?from=earliest&limit=1000")["records"]]

    def kill_container(self) -> None:
        engine.docker("kill", self.stack.container())
        self.assertEqual(self.stack.state("{{.State.ExitCode}}"), "137")
        self.stack.up()

    def restart(self) -> None:
        engine.docker("stop", "--time=30", self.stack.container())
        self.assertEqual(self.stack.state("{{.State.ExitCode}}"), "0", "SIGTERM is an orderly end")
        self.stack.up()
        self.assertIn('"clean":"yes"', self.stack.logs("broker"))

    def new_container(self) -> None:
        before = self.stack.container()
        self.stack.down()
        self.stack.up()
        self.assertNotEqual(self.stack.container(), before)


class TheDemonstration(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.stack = Stack(engine, "twofold-test-demo", "compose.demo.yaml")
        cls.addClassCleanup(cls.stack.down, "--volumes")
        cls.stack.up()

    def ready_meals(self, cook: str) -> int:
        return self.stack.logs(cook).count("is done")

    def read_by_accounts(self) -> int:
        """How far the reader's group has committed; it is not there before its first commit."""
        try:
            offsets = self.stack.ask("GET", "/v1/groups/accounts")["offsets"]
        except urllib.error.HTTPError:
            return 0
        return offsets.get("orders", {}).get("0", {}).get("committed", 0)

    def test_cooks_of_two_protocols_share_the_orders_and_a_reader_sees_all_before_and_after_a_crash(self):
        until("the first order is taken", lambda: "order 1:" in self.stack.logs("waiter"))
        for phase in ("before", "after"):
            done = {cook: self.ready_meals(cook) for cook in ("cook-python", "cook-node")}
            stored = self.stack.ask("GET", "/v1/topics/orders/offsets")["partitions"][0]["end"]
            for cook, count in done.items():
                until(f"{cook} works {phase} the crash", lambda c=cook, n=count: self.ready_meals(c) > n)
            until(f"the reader has seen more {phase} the crash",
                  lambda n=stored: self.read_by_accounts() > n)
            if phase == "before":
                self.stack.crash()
        self.assertEqual(self.stack.state("{{.RestartCount}}", "waiter"), "0", "the waiter just asks again")
        self.assertIn("kitchen", self.stack.ask("GET", "/ui/"))


class Documentation(unittest.TestCase):
    """The blocks of the pages that need an engine, in one shell; only the port is another, and `docker build` takes the
    program that is compiled already."""

    def setUp(self) -> None:
        if not engine.daemon:
            self.skipTest("the engine is somebody's own: the pages' names of containers and volumes may be taken")
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="twofold-docker-docs-")))
        docker = self.folder / "docker"
        docker.write_text(f'#!/bin/sh\n[ "$1" = build ] && shift && set -- build --build-arg BUILT={BUILT} "$@"\n'
                          f'exec {engine.program} "$@"\n')
        docker.chmod(0o755)
        engine.docker("tag", DEMO_IMAGE, "twofold-demo:latest")
        self.addCleanup(engine.clear)

    def test_every_block_marked_compose_does_what_it_says(self):
        port = str(free_port())
        for name in run_docs.COMPOSE:
            page = run_docs.read_page(name, (SOURCE / name).read_text(), elsewhere=True)
            self.assertEqual((page.problems, bool(page.blocks)), ([], True))
            blocks = "\n".join(block.text for block in page.blocks)
            script = "set -eux\n" + re.sub(r"(127\.0\.0\.1|localhost):8080\b", rf"\1:{port}", blocks)
            engine.run("bash", "-c", script, cwd=SOURCE, seconds=300, environment={
                "PATH": f"{self.folder}{os.pathsep}{os.environ['PATH']}", "TWOFOLD_PORT": port,
                "COMPOSE_PROJECT_NAME": "twofold-test-docs"})


class Observability(unittest.TestCase):
    """Prometheus is Debian's, in place of the published image, which takes the same arguments; Grafana's image cannot
    be made here, so what it would load is checked by tests/e2e/generated_files.py instead."""

    @classmethod
    def setUpClass(cls) -> None:
        with tempfile.TemporaryDirectory(prefix="twofold-prometheus-") as name:
            folder = pathlib.Path(name)
            shutil.copy(prometheus("prometheus"), folder / "prometheus")
            (folder / "Dockerfile").write_text(PROMETHEUS)
            engine.build(PROMETHEUS_IMAGE, str(folder / "Dockerfile"), name)
        cls.stack = Stack(engine, "twofold-test-observed", "compose.observability.yaml")
        cls.addClassCleanup(cls.stack.down, "--volumes")
        cls.stack.up("broker", "prometheus")

    def ask_prometheus(self, path: str) -> dict:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.stack.prometheus_port}/api/v1/{path}", timeout=10) as answer:
            return json.load(answer)["data"]

    def scraped(self) -> list:
        try:
            return self.ask_prometheus("query?query=" + urllib.parse.quote('twofold_build_info{job="twofold"}'))["result"]
        except OSError:
            return []

    def test_prometheus_scrapes_the_broker_and_watches_the_alerts(self):
        until("Prometheus has scraped the broker", self.scraped)
        rules = [rule["name"] for group in self.ask_prometheus("rules")["groups"] for rule in group["rules"]]
        self.assertIn("TwofoldDown", rules)
        self.assertEqual([target["health"] for target in self.ask_prometheus("targets")["activeTargets"]], ["up"])


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=2)
    ran = program.result
    if ran.skipped and not ran.testsRun:
        sys.exit(SKIPPED)
    sys.exit(0 if ran.wasSuccessful() else 1)
