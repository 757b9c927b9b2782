"""What `twofold generate` prints holds where it is used: systemd's checker takes the unit, every alert fires when it
must and else not, and a running broker knows every setting, path and metric that the files name."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from _cli_broker import PROGRAM, BrokerCase, run
from _prometheus import prometheus
from wire._fetched import from_pypi
from wire._installed import lacking

try:
    import yaml
except ImportError:
    import sys
    sys.path[:0] = from_pypi("yaml", "pyyaml", module="yaml")["PYTHONPATH"].split(os.pathsep)
    import yaml

SOURCE = pathlib.Path(os.environ.get("TWOFOLD_SOURCE_DIR", "."))
METRIC = re.compile(r"\b(?:twofold|process)_[a-z_]+")
# systemd's own measure, 0 to 10; a unit without any hardening has 9.6.
EXPOSURE_MAX = 2.0


def generated(name: str) -> str:
    return run("generate", name).stdout


def promtool(*words: str, folder: pathlib.Path) -> str:
    done = subprocess.run([prometheus("promtool"), *words], cwd=folder, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise AssertionError(f"promtool {' '.join(words)}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def settings_known() -> set[str]:
    return {key["environment"] for key in json.loads(run("config", "keys", "-o", "json").stdout)}


class Printing(unittest.TestCase):
    def test_every_file_is_listed_and_printed(self):
        names = [entry["name"] for entry in json.loads(run("generate", "-o", "json").stdout)]
        self.assertEqual(names, sorted(names))
        for name in names:
            self.assertGreater(len(generated(name)), 50, name)
        self.assertEqual(generated("alerts"), (SOURCE / "deploy/alerts.yml").read_text())
        self.assertEqual(generated("dogstatsd"), (SOURCE / "deploy/dogstatsd.py").read_text())

    def test_what_is_not_there_is_refused_with_where_to_look(self):
        self.assertIn("twofold generate", run("generate", "helm", code=2).stderr)

    def test_a_compose_file_outside_of_a_checkout_builds_nothing(self):
        printed, ours = yaml.safe_load(generated("compose")), yaml.safe_load((SOURCE / "docker/compose.yaml").read_text())
        del ours["services"]["broker"]["build"]
        self.assertEqual(printed, ours)


class Systemd(unittest.TestCase):
    def setUp(self) -> None:
        if not shutil.which("systemd-analyze"):
            raise lacking("systemd-analyze")
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="twofold-unit-")))
        self.unit = self.folder / "twofold.service"
        self.unit.write_text(generated("systemd").replace("/usr/bin/twofold", str(pathlib.Path(PROGRAM).absolute())))

    def test_the_unit_is_one(self):
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", self.unit], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_the_unit_leaves_little_exposed(self):
        done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", self.unit],
                              capture_output=True, text=True)
        level = re.search(r"Overall exposure level for twofold.service: ([\d.]+)", done.stdout)
        self.assertLessEqual(float(level.group(1)), EXPOSURE_MAX)

    def test_the_user_of_the_unit_can_be_made(self):
        (self.folder / "etc").mkdir()
        done = subprocess.run(["systemd-sysusers", f"--root={self.folder}", "-"], input=generated("sysusers"),
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex((self.folder / "etc/passwd").read_text(), r"(?m)^twofold:x:\d+:\d+:.*:/var/lib/twofold:")
        self.assertIn("User=twofold\n", generated("systemd"))


class Asking(BrokerCase):
    def fetch(self, path: str) -> str:
        done = subprocess.run(["curl", "-fsS", self.url + path], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, f"{path}: {done.stderr}")
        return done.stdout


class Kubernetes(Asking):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        parts = {part["kind"]: part for part in yaml.safe_load_all(generated("kubernetes"))}
        cls.service, cls.policy, cls.set = parts["Service"], parts["NetworkPolicy"], parts["StatefulSet"]
        cls.pod = cls.set["spec"]["template"]
        cls.container = cls.pod["spec"]["containers"][0]

    def test_parts_find_each_other_by_their_labels(self):
        labels = self.pod["metadata"]["labels"]
        self.assertEqual(self.service["spec"]["selector"], labels)
        self.assertEqual(self.set["spec"]["selector"]["matchLabels"], labels)
        self.assertEqual(self.policy["spec"]["podSelector"]["matchLabels"], labels)
        self.assertEqual(self.set["spec"]["serviceName"], self.service["metadata"]["name"])
        monitor = yaml.safe_load(generated("servicemonitor"))
        self.assertEqual(monitor["spec"]["selector"]["matchLabels"], self.service["metadata"]["labels"])
        self.assertEqual(monitor["spec"]["endpoints"][0]["port"], self.service["spec"]["ports"][0]["name"])

    def test_one_replica_keeps_its_volume_and_has_no_right_that_it_does_not_need(self):
        self.assertEqual(self.set["spec"]["replicas"], 1)
        claim = self.set["spec"]["volumeClaimTemplates"][0]["metadata"]["name"]
        self.assertEqual(self.container["volumeMounts"], [{"name": claim, "mountPath": "/var/lib/twofold"}])
        self.assertEqual(self.pod["spec"]["securityContext"]["runAsUser"], 65532)
        self.assertEqual(self.container["securityContext"], {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}})
        self.assertIs(self.pod["spec"]["enableServiceLinks"], False)
        self.assertGreaterEqual(self.pod["spec"]["terminationGracePeriodSeconds"], 30)

    def test_a_broker_answers_its_probes_and_its_name(self):
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            self.fetch(self.container[probe]["httpGet"]["path"])
        self.fetch(self.pod["metadata"]["annotations"]["prometheus.io/path"])
        values = {entry["name"]: entry.get("value", "") for entry in self.container["env"]}
        self.assertLessEqual({name for name in values if name.startswith("TWOFOLD_")}, settings_known())
        in_a_pod = {name: value.replace("$(POD_NAMESPACE)", "shop") for name, value in values.items() if name.startswith("TWOFOLD_")}
        shown = {key["name"]: key["value"] for key in json.loads(run("config", "show", "-o", "json", **in_a_pod).stdout)}
        self.assertIn("twofold.shop.svc.cluster.local", shown["http.hosts"])


class WhatIsMeasured(Asking):
    """A broker with one of everything: a topic that a group has read, a queue, requests."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        for words in (["topic", "create", "orders"], ["produce", "orders", "{}"], ["attach", "orders", "kitchen", "--from", "start"],
                      ["consume", "orders", "-g", "accounts", "-O", "start", "-n", "1", "--commit", "each"]):
            run(*words, TWOFOLD_URL=cls.url)

    def metrics(self) -> set[str]:
        return set(re.findall(r"(?m)^# TYPE (\S+) ", self.fetch("/metrics")))

    def measured(self, expression: str) -> None:
        known = self.metrics()
        for name in METRIC.findall(re.sub(r'"[^"]*"', '""', expression)):
            self.assertIn(re.sub(r"_(?:bucket|sum|count)$", "", name), known, expression)

    def boards(self) -> list[dict]:
        return [json.loads(generated(f"grafana-{name}")) for name in ("overview", "queues", "logs")]

    def expressions(self) -> list[str]:
        asked = []
        for board in self.boards():
            asked += [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
            for variable in board["templating"]["list"]:
                found = re.fullmatch(r"label_values\((\w+), \w+\)", variable["query"]["query"]) if variable["type"] == "query" else None
                asked += [found.group(1)] if found else []
        return asked

    def test_keda_finds_its_numbers(self):
        for scaled in yaml.safe_load_all(generated("keda")):
            if scaled["kind"] != "ScaledObject":
                continue
            for trigger in scaled["spec"]["triggers"]:
                self.assertEqual(trigger["type"], "metrics-api")
                metadata = trigger["metadata"]
                found = json.loads(self.fetch(metadata["url"].removeprefix("http://twofold.default.svc:8080")))
                for member in metadata["valueLocation"].split("."):
                    found = found[member]
                self.assertIsInstance(found, int)
                self.assertGreater(float(metadata["targetValue"]), 0)

    def test_every_metric_of_the_dashboard_and_the_alerts_exists(self):
        alerts = [rule["expr"] for group in yaml.safe_load(generated("alerts"))["groups"] for rule in group["rules"]]
        expressions = self.expressions() + alerts
        self.assertGreater(len(expressions), 40)
        for expression in expressions:
            self.measured(expression)

    def test_panels_have_places_and_numbers_of_their_own(self):
        for board in self.boards():
            panels = board["panels"]
            self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
            taken = set()
            for panel in panels:
                place = panel["gridPos"]
                cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
                self.assertFalse(cells & taken, panel["title"])
                self.assertLessEqual(place["x"] + place["w"], 24)
                taken |= cells

    def test_a_dashboard_asks_with_the_variables_that_it_has_and_has_none_in_vain(self):
        boards = self.boards()
        self.assertEqual(len({board["uid"] for board in boards}), 3)
        for board in boards:
            there = {variable["name"] for variable in board["templating"]["list"]}
            used = set(re.findall(r"\$\{?(\w+)", json.dumps([board["panels"], board["templating"]]))) - {"__rate_interval", "__all"}
            self.assertEqual(used, there, board["title"])
            for panel in board["panels"]:
                if panel["type"] != "row":
                    self.assertEqual(panel["datasource"], {"type": "prometheus", "uid": "${datasource}"}, panel["title"])
                    self.assertEqual(len({target["refId"] for target in panel["targets"]}), len(panel["targets"]), panel["title"])

    def test_prometheus_understands_every_expression(self):
        with tempfile.TemporaryDirectory(prefix="twofold-rules-") as folder:
            rules = [{"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "1m")}
                     for number, expression in enumerate(self.expressions())]
            (pathlib.Path(folder) / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
            promtool("check", "rules", "rules.yml", folder=pathlib.Path(folder))


class WithKeysAndTls(unittest.TestCase):
    """What stands there as a comment for brokers that ask for keys and speak TLS."""

    def guarded(self, name: str) -> str:
        """With the settings among the comments in force: those that are no sentence."""
        return re.sub(r"(?m)^( +)# ((?:\w+: \{.*\}|\w+: \w+))$", r"\1\2", generated(name))

    def test_prometheus_takes_a_token_and_an_authority(self):
        job = yaml.safe_load(self.guarded("prometheus"))["scrape_configs"][0]
        self.assertEqual((job["scheme"], job["authorization"]), ("https", {"credentials_file": "twofold.token"}))
        with tempfile.TemporaryDirectory(prefix="twofold-scrape-") as name:
            folder = pathlib.Path(name)
            for file, text in (("alerts.yml", generated("alerts")), ("prometheus.yml", self.guarded("prometheus")), ("twofold.token", "tk_metrics_0\n")):
                (folder / file).write_text(text)
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key",
                            "-out", "twofold-ca.pem", "-subj", "/CN=x"], cwd=folder, check=True, capture_output=True)
            promtool("check", "config", "prometheus.yml", folder=folder)

    def test_the_operators_files_stay_files(self):
        endpoint = yaml.safe_load(self.guarded("servicemonitor"))["spec"]["endpoints"][0]
        self.assertEqual((endpoint["scheme"], endpoint["authorization"]["credentials"]["key"]), ("https", "token"))
        parts = list(yaml.safe_load_all(self.guarded("keda")))
        holder = parts.pop()
        self.assertEqual((holder["kind"], holder["spec"]["secretTargetRef"][0]["parameter"]), ("TriggerAuthentication", "token"))
        for trigger in (trigger for scaled in parts for trigger in scaled["spec"]["triggers"]):
            self.assertEqual((trigger["authenticationRef"]["name"], trigger["metadata"]["authMode"]), (holder["metadata"]["name"], "bearer"))


class Alerts(unittest.TestCase):
    def test_each_fires_when_it_must_and_else_not(self):
        with tempfile.TemporaryDirectory(prefix="twofold-alerts-") as name:
            folder = pathlib.Path(name)
            (folder / "alerts.yml").write_text(generated("alerts"))
            (folder / "prometheus.yml").write_text(generated("prometheus"))
            shutil.copy(SOURCE / "tests/e2e/_alerts_test.yml", folder)
            promtool("check", "config", "prometheus.yml", folder=folder)
            promtool("test", "rules", "_alerts_test.yml", folder=folder)
            said = (folder / "_alerts_test.yml").read_text()
            for alert in re.findall(r"alert: (\w+)", generated("alerts")):
                self.assertEqual(said.count(f'alertname="{alert}"}}\'') + said.count(f"alertname: {alert},"), 2, alert)


if __name__ == "__main__":
    unittest.main()
