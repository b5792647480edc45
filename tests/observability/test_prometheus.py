"""Prometheus's own tools accept the configuration, and every alert fires when it should and not when it should not."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "observability" / "prometheus"
TESTS = sorted(FOLDER.glob("tests/*.yml"))
RULES = yaml.safe_load((FOLDER / "rules/veigo.yml").read_text())
ALERTS = [rule["alert"] for group in RULES["groups"] for rule in group["rules"] if "alert" in rule]


def promtool(*arguments):
    """Run promtool; the nox session `observability` says where it is."""
    program = os.environ.get("PROMTOOL") or shutil.which("promtool")
    assert program, "promtool is missing: run this by `.venv/bin/nox -s observability`, which fetches it"
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)


def test_prometheus_accepts_the_configuration():
    """With the rule files it names."""
    checked = promtool("check", "config", FOLDER / "prometheus.yml")

    assert 0 == checked.returncode, checked.stdout + checked.stderr
    assert "rules found" in checked.stdout


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_the_rules_do_what_their_tests_say(path):
    """Fire, or keep quiet."""
    tested = promtool("test", "rules", path)

    assert 0 == tested.returncode, tested.stdout + tested.stderr


def cases():
    """Every expectation of the rules' tests, as (alert, whether it is to fire)."""
    for path in TESTS:
        for test in yaml.safe_load(path.read_text())["tests"]:
            yield from ((one["alertname"], bool(one["exp_alerts"])) for one in test["alert_rule_test"])


@pytest.mark.parametrize("alert", ALERTS)
@pytest.mark.parametrize("fires", [True, False])
def test_every_alert_is_tested_both_ways(alert, fires):
    """That it fires, and that it does not."""
    assert (alert, fires) in set(cases())


def test_no_test_is_about_an_alert_that_is_gone():
    """It would pass for ever."""
    assert set() == {alert for alert, _ in cases()} - set(ALERTS)


def test_a_rule_that_never_fires_is_found(tmp_path):
    """The tests of the rules can fail: with a threshold nothing reaches, they do."""
    shutil.copytree(FOLDER, tmp_path / "prometheus")
    rules = tmp_path / "prometheus/rules/veigo.yml"
    rules.write_text(rules.read_text().replace("veigo_node_ready == 0", "veigo_node_ready < 0"))
    tested = promtool("test", "rules", tmp_path / "prometheus/tests/nodes.yml")

    assert 1 == tested.returncode
    assert "NodeDown" in tested.stdout + tested.stderr
