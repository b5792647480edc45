"""A real Prometheus reads a real stack: by our configuration, with our rules, and answers what our dashboards ask.

Only its haste is changed: it looks and evaluates every second, and no alert waits to be sure.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
import yaml

from live.conftest import veigo

ROOT = Path(__file__).parents[2] / "observability"
ALERTS = {
    rule["alert"]
    for group in yaml.safe_load((ROOT / "prometheus/rules/veigo.yml").read_text())["groups"]
    for rule in group["rules"]
    if "alert" in rule
}
READY_WITHIN_S = 30.0
SEEN_WITHIN_S = 40.0  # the collector tells what it derives every few seconds
# What a demo does not cause, so that its panels stay empty.
UNHEARD = {
    'span=~"opa patch"': "no message came in one batch with a change of members",
    'span=~"veigo[.]aggregator': "nobody opened an inbox",
    "RoomService/ReadLog": "nobody came back for what they had missed",
    "veigo_decisions_stale": "the data were never behind",
    "veigo_collector_not_handed_on": "there is no other backend",
}


def queries():
    """Every question of every panel, with the interval that Grafana would put in."""
    for file in sorted((ROOT / "grafana/dashboards").glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel.get("targets", []):
                yield file.stem, panel["title"], target["expr"].replace("$__rate_interval", "1m")


class Prometheus:
    """One server; every question is one of its HTTP interface."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, path, **question):
        """Ask, and return the data of the answer; what was wrong is in the assertion."""
        url = f"{self.url}{path}?{urllib.parse.urlencode(question)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            pytest.fail(f"{url}: {error.read().decode()}")

    def answers(self, query):
        """The series that a query finds now."""
        return self.ask("/api/v1/query", query=query)["result"]

    def firing(self):
        """What fires now, as (alert, instance)."""
        alerts = self.ask("/api/v1/alerts")["alerts"]
        return {
            (one["labels"]["alertname"], one["labels"].get("instance")) for one in alerts if one["state"] == "firing"
        }


def eventually(look, why, within_s=SEEN_WITHIN_S):
    """Wait until it is so."""
    deadline_s = time.monotonic() + within_s
    while not look():
        assert time.monotonic() < deadline_s, f"{why() if callable(why) else why}: not within {within_s:g} s"
        time.sleep(0.2)


def configuration(folder, target):
    """Our configuration in a hurry, looking at this stack."""
    shutil.copytree(ROOT / "prometheus", folder)
    main = folder / "prometheus.yml"
    told = yaml.safe_load(main.read_text())
    told["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    (job,) = told["scrape_configs"]
    assert [{"targets": ["collector:4950"]}] == job["static_configs"]
    job["static_configs"] = [{"targets": [target]}]
    main.write_text(yaml.safe_dump(told))
    rules = folder / "rules/veigo.yml"
    hasty = re.sub(
        r"(?m)^( *)(for|interval): .*$",
        lambda it: f"{it[1]}{it[2]}: {'0s' if it[2] == 'for' else '1s'}",
        rules.read_text(),
    )
    rules.write_text(hasty)
    return main


@pytest.fixture(scope="module")
def prometheus(veigo_stack, tmp_path_factory):
    """A server that looks at the stack of this session."""
    program = os.environ.get("PROMETHEUS") or shutil.which("prometheus")
    if not program:
        pytest.skip("there is no prometheus; `.venv/bin/nox -s observability` takes it out of Debian's package")
    folder = tmp_path_factory.mktemp("prometheus")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [
                program,
                f"--config.file={configuration(folder / 'etc', veigo_stack.addresses['collector'])}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--enable-feature=exemplar-storage",
            ],
            stdout=output,
            stderr=output,
        )
    try:
        asked = Prometheus(port)
        eventually(lambda: _is_ready(asked.url), f"it is not ready; it says {log}", READY_WITHIN_S)
        yield asked
    finally:
        server.terminate()
        server.wait(timeout=20)


def _is_ready(url):
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=2):
            return True
    except OSError:
        return False


def test_its_target_is_up(prometheus):
    eventually(lambda: prometheus.answers('up{job="veigo"} == 1'), "the collector is not read")

    (target,) = prometheus.ask("/api/v1/targets", state="active")["activeTargets"]
    assert ("up", "") == (target["health"], target["lastError"])


def test_every_rule_is_evaluated(prometheus):
    """Loaded, and none of them fails on what a stack really tells."""

    def rules():
        return [rule for group in prometheus.ask("/api/v1/rules")["groups"] for rule in group["rules"]]

    eventually(lambda: all(rule["health"] != "unknown" for rule in rules()), "rules are not evaluated")

    assert ALERTS == {rule["name"] for rule in rules() if rule["type"] == "alerting"}
    assert {"ok"} == {rule["health"] for rule in rules()}


def test_a_node_that_is_down_is_alarming_until_it_is_back(prometheus, veigo_stack):
    """And nothing else is, before or afterwards."""
    eventually(lambda: prometheus.answers("veigo_node_ready"), "nobody says which nodes are up")
    alarm = ("NodeDown", "aggregator")
    assert alarm not in prometheus.firing()
    try:
        assert 0 == veigo("stop", "aggregator", "--name", veigo_stack.name).returncode
        eventually(lambda: alarm in prometheus.firing(), "it does not fire")
    finally:
        assert 0 == veigo("start", "aggregator", "--name", veigo_stack.name).returncode

    eventually(lambda: alarm not in prometheus.firing(), "it goes on firing")


def test_every_question_of_the_dashboards_is_answered(prometheus, veigo_stack, tmp_path):
    """With figures, after people have talked."""
    talk = ("--seconds", "5", "--rate", "20", "--into", str(tmp_path))
    assert 0 == veigo("demo", "--name", veigo_stack.name, *talk, within_s=120).returncode

    asked = [each for each in queries() if not any(unheard in each[2] for unheard in UNHEARD)]

    def silent():
        return [each for each in asked if not prometheus.answers(each[2])]

    eventually(lambda: not silent(), lambda: f"panels stay empty: {silent()}")
    for unheard in UNHEARD:  # and those are questions that Prometheus understands
        assert any(unheard in query and prometheus.answers(query) is not None for *_, query in queries())
