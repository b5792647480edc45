"""On the real stack, after a demo: nodes and edges told what is expected, and what dashboards ask for is there."""

import asyncio
import json
import re

import pytest

from live.conftest import veigo
from stack.collector import EXPECTED
from veigo.observability.expectations import When, read
from veigo.telemetry.prometheus import family_of

SETTLED_WITHIN_S = 30.0  # counts of messages are made 10 s after they were sent
FIRST_LABEL = re.compile(r"^(\w+)\{")


@pytest.fixture(scope="module")
def demo(stack, tmp_path_factory):
    """A demo on the stack that is up, and its run's folder."""
    into = tmp_path_factory.mktemp("runs")
    done = veigo("demo", "--name", stack.name, "--seconds", "6", "--keep", "--into", str(into), within_s=120)
    assert 0 == done.returncode, done.stdout + done.stderr
    return into


async def test_a_demo_tells_exactly_what_is_expected_of_every_node_and_edge(demo):
    """`veigo trace check --expected` holds the run against observability/expected."""
    checked = await asyncio.to_thread(veigo, "trace", "check", "--expected", "--run", "last", "--into", str(demo))

    assert (0, "") == (checked.returncode, checked.stderr), checked.stdout
    assert "every node and edge told what is expected of it" in checked.stdout


def asked_by_dashboards():
    """The names of all series the dashboards and alerts ask for."""
    names = set()
    for path in EXPECTED.parent.glob("grafana/dashboards/*.json"):
        panels = json.loads(path.read_text())["panels"]
        text = " ".join(one["expr"] for panel in panels for one in panel.get("targets", ()))
        names |= set(re.findall(r"\bveigo_\w+", text))
    return names


async def test_the_collectors_page_has_every_metric_the_dashboards_ask_for(demo, stack, http):
    """By the very names; what only rare events tell may be missing."""
    rare = {
        family_of(metric.name, metric.unit) for metric in read(EXPECTED).metrics.values() if metric.when is When.USED
    }
    wanted = {name for name in asked_by_dashboards() if not name.startswith(tuple(rare) or ("-",))}
    missing, message = wanted, 'veigo_message_traces_total{instance="collector",state="whole"} '
    async with asyncio.timeout(SETTLED_WITHIN_S):
        while True:
            async with http.get(f"http://{stack.nodes['collector']}/metrics") as answer:
                text = await answer.text()
            missing = wanted - {found[1] for line in text.splitlines() if (found := FIRST_LABEL.match(line))}
            if not missing and float(text.partition(message)[2].partition("\n")[0] or 0) > 0:
                break
            await asyncio.sleep(0.5)

    assert len(wanted) > 10
    assert all(f'veigo_node_ready{{instance="{node}"}} 1' in text for node in stack.nodes)
