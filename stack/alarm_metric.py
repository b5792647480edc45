"""``veigo.alarm``: for every kind of alarm 1 while one stands and 0 while none does, sent to the collector."""

import logging
from types import TracebackType
from typing import TYPE_CHECKING, Self

from veigo.stack.alarms import AlarmKind, Alarms
from veigo.stack.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.metrics import CallbackOptions, Observation
    from opentelemetry.sdk.metrics import MeterProvider

EVERY_MS = 2_000
WITHIN_S = 2


class AlarmMetric:
    """Sends it for as long as it is entered. A collector that is away costs nothing but the readings."""

    def __init__(self, stack: Stack) -> None:
        self._alarms = Alarms(stack.folder)
        self._stack = stack
        self._provider: MeterProvider | None = None

    def __enter__(self) -> Self:
        """Begin."""
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from opentelemetry.sdk.resources import Resource

        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        logging.getLogger("urllib3").setLevel(logging.CRITICAL)
        endpoint = f"http://{self._stack.address('collector')}/v1/metrics"
        reader = PeriodicExportingMetricReader(OTLPMetricExporter(endpoint, timeout=WITHIN_S), EVERY_MS)
        about = {"service.name": "runner", "service.instance.id": "runner", "service.namespace": self._stack.name}
        self._provider = MeterProvider([reader], Resource(about))
        meter = self._provider.get_meter("veigo")
        meter.create_observable_gauge("veigo.alarm", [self._observed], "", "1: an alarm of this kind stands.")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop."""
        if self._provider is not None:
            self._provider.shutdown(timeout_millis=WITHIN_S * 1_000)

    def _observed(self, _: "CallbackOptions") -> "Iterable[Observation]":
        from opentelemetry.metrics import Observation

        standing = {each.kind for each in self._alarms.standing()}
        return [Observation(int(kind in standing), {"kind": kind.value}) for kind in AlarmKind]
