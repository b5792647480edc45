"""What a service measures of itself is read as it is, and missing where nothing is known."""

import pytest
from opentelemetry.metrics import Observation

from services import metrics


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (None, []),
        (3, [Observation(3)]),
        ({"slot": {}}, []),
        ([({"slot": "a", "status": "lost"}, 1)], [Observation(1, {"slot": "a", "status": "lost"})]),
        ({"slot": {"a": 1, "b": 2}}, [Observation(1, {"slot": "a"}), Observation(2, {"slot": "b"})]),
    ],
)
def test_a_reading_is_one_number_or_one_for_each_label(reading, expected):
    """As the service has it."""
    assert expected == metrics.observations(reading)


def test_nothing_is_measured_without_an_endpoint(monkeypatch):
    """And nothing fails."""
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    metrics.configure()
    metrics.gauge("veigo.x", "X.", lambda: 1)

    assert metrics._provider is None
