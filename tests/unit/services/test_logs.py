"""A line of a log is JSON, says who wrote it, and leads to the trace it belongs to."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SERVICES = sorted(path.parent.name for path in (ROOT / "services").glob("*/__main__.py"))
A_PROCESS = """
import logging, structlog
from services import finished_spans, logs, tracing
from spans.told import SERVER
logs.configure("chat", "info")
structlog.get_logger().info("started")
with tracing.span("work", SERVER) as span:
    structlog.get_logger().warning("ours")
    logging.getLogger("a.library").warning("a library's")
print('{"trace_id": "%s", "span_id": "%s"}' % (span.context.trace_id, span.context.span_id))
"""


@pytest.fixture(scope="module")
def lines():
    """What a process writes: at its start, in a span by us and by a library; and that span's ids."""
    done = subprocess.run([sys.executable, "-c", A_PROCESS], cwd=ROOT, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_line_names_the_span_it_was_written_in(lines):
    """Ours and our libraries' alike."""
    _, ours, theirs, ids = lines

    assert [("ours", "warning", "chat"), ("a library's", "warning", "chat")] == [
        (line["event"], line["level"], line["node"]) for line in (ours, theirs)
    ]
    assert [ids, ids] == [{name: line[name] for name in ids} for line in (ours, theirs)]


def test_a_line_outside_of_any_trace_names_none(lines):
    """A made-up id would lead nowhere."""
    assert "started" == lines[0]["event"]
    assert "trace_id" not in lines[0]


def test_there_are_services():
    """The next test is about each of them."""
    assert ["aggregator", "authentication", "chat", "gateway", "realtime"] == SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_writes_such_lines(service):
    """And with its own name on them."""
    main = (ROOT / "services" / service / "__main__.py").read_text()

    assert f'logs.configure("{service}", ' in main
