"""What a service measures of itself: numbers it has anyway, read every few seconds by OpenTelemetry's SDK.

    metrics.gauge("veigo.sockets.open", "Open sockets.", lambda: rules.sockets_count)

How often calls are made, how long they take and how many fail is not counted here: the collector derives it from the
spans, so that it costs the services nothing. The same variables say where to as for spans (tracing.py).
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider

# One number, or one for each value of a label: {"label": {"a": 1, "b": 2}}, or each with several labels of its own.
Labelled: TypeAlias = tuple[Mapping[str, str], float]
Reading: TypeAlias = float | Mapping[str, Mapping[str, float]] | Sequence[Labelled] | None

_provider: MeterProvider | None = None


def configure() -> None:
    """Begin to send, if the environment says where to."""
    global _provider  # noqa: PLW0603 - one process, one exporter
    endpoint = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
    if not endpoint or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    _provider = MeterProvider(metric_readers=[PeriodicExportingMetricReader(OTLPMetricExporter())])


def shutdown() -> None:
    """Send the last readings, within the exporter's timeout."""
    global _provider  # noqa: PLW0603
    if _provider is not None:
        _provider.shutdown()
        _provider = None


def gauge(name: str, about: str, read: Callable[[], Reading], unit: str = "") -> None:
    """Measure what goes up and down."""
    if _provider is not None:
        _provider.get_meter("veigo").create_observable_gauge(name, [_observed(read)], unit, about)


def counter(name: str, about: str, read: Callable[[], Reading], unit: str = "") -> None:
    """Measure what only grows."""
    if _provider is not None:
        _provider.get_meter("veigo").create_observable_counter(name, [_observed(read)], unit, about)


def _observed(read: Callable[[], Reading]) -> Callable[[CallbackOptions], Iterable[Observation]]:
    def observe(_: CallbackOptions) -> Iterable[Observation]:
        return observations(read())

    return observe


def observations(reading: Reading) -> list[Observation]:
    """One observation for each number there is; nothing where nothing is known."""
    if reading is None:
        return []
    if isinstance(reading, Mapping):
        # Copied first: this runs in the exporter's thread, and the service goes on counting.
        labelled = [(label, dict(values)) for label, values in reading.items()]
        return [Observation(value, {label: key}) for label, values in labelled for key, value in values.items()]
    if isinstance(reading, Sequence):
        return [Observation(value, dict(labels)) for labels, value in reading]
    return [Observation(reading)]
