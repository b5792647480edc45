"""The collector: takes in what every node says about itself, and shows it. Nobody waits for it."""

import os
import sys
from pathlib import Path

from stack import rest
from veigo.observability import expectations
from veigo.stack.node import Launch, Node
from veigo.stack.ports import HOST
from veigo.stack.stack import Stack
from veigo.telemetry import edge_rates

# Spans wait in a file (SPAN_OUTBOX_DIR), so those of a service that is killed are not lost, and there is no hurry: few
# and large requests cost less.
SENDING = {
    "OTEL_BSP_SCHEDULE_DELAY": "1000",  # ms
    "OTEL_BSP_MAX_QUEUE_SIZE": "8192",  # spans: a few seconds' worth at full load
    "OTEL_METRIC_EXPORT_INTERVAL": "2000",  # ms
    "OTEL_EXPORTER_OTLP_TIMEOUT": "2",  # s, repeated attempts included
    "SPAN_ENCODING": "packed",  # half of OTLP's work on either side
}

ROOT = Path(__file__).resolve().parents[1]
EXPECTED = ROOT / "observability" / "expected"


def launch(stack: Stack) -> Launch:
    """The process; the OTLP variables of whoever starts the stack name one more backend, which gets a copy."""
    environment = {
        "LISTEN_HOST": HOST,
        "LISTEN_PORT": str(stack.port("collector")),
        "STORE_FILE": str(stack.data("collector") / "telemetry.duckdb"),
        "CONNECT_URL": f"http://{stack.reach('collector', 'connect')}",
        "STACK_NAME": stack.name,
        "STATE_FILE": str(stack.state_file),
        "STACK_TABLE": edge_rates.described(stack.topology, expectations.read(EXPECTED)),
        "PYTHONUNBUFFERED": "1",
    }
    chosen = {name: value for name, value in os.environ.items() if name.startswith("OTEL_EXPORTER_OTLP_")}
    return Launch((sys.executable, "-m", "veigo.telemetry"), chosen | environment, folder=ROOT)


async def probe(stack: Stack) -> None:
    """Ready when it answers, and its store with it."""
    await rest.request(stack.address("collector"), "GET", "/healthz")


def environment_of(stack: Stack, node: str, service: str) -> dict[str, str]:
    """What a service is told about telemetry, by OpenTelemetry's own variables; those of the starter's shell go on."""
    chosen = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("OTEL_") and not name.startswith("OTEL_EXPORTER_OTLP_")
    }
    return (
        SENDING
        | chosen
        | {
            "OTEL_SERVICE_NAME": service,
            "OTEL_RESOURCE_ATTRIBUTES": f"service.instance.id={node},service.namespace={stack.name}",
            "SPAN_OUTBOX_DIR": str(stack.data("collector") / "outbox"),
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{stack.reach(service, 'collector')}",
        }
    )


NODE = Node(
    name="collector",
    does="spans, metrics and deliveries, kept and shown",
    offset=950,
    launch=launch,
    probe=probe,
)
