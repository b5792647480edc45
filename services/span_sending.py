"""Sends finished spans every so often, sooner when many wait, in a thread of its own.

It obeys OpenTelemetry's variables: those of the exporter (endpoint, headers, timeout, compression, certificates) are
read by the SDK's exporter, which does the sending; `OTEL_BSP_SCHEDULE_DELAY` (ms) is how often, and
`OTEL_BSP_MAX_QUEUE_SIZE` how many spans wait at most. They are sent as OTLP/HTTP in JSON. Two variables are our own:
`SPAN_OUTBOX_DIR`, the folder in which spans wait, so that others can send what a killed process had told; without one,
or when it cannot be written to, they wait in memory. And `SPAN_ENCODING`: with `packed` they are sent as they wait,
which only our own collector understands, and costs a tenth of the work (`spans/packed.py`).
"""

import os
import threading
from pathlib import Path
from typing import Self

import structlog
from opentelemetry.exporter.http.transport._urllib3 import Urllib3HTTPTransport
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource

from services import otlp_json, outbox
from services.outbox import Outbox
from spans import packed
from spans.packed import Teller

log = structlog.get_logger()

EVERY_MS, SPANS_MAX = 5_000, 2_048  # OpenTelemetry's defaults


class SpanSending(threading.Thread):
    """The thread, and what waits for it."""

    def __init__(self, waiting: Outbox, folder: Path | None, every_s: float) -> None:
        super().__init__(name="span-sending", daemon=True)
        self.waiting = waiting
        self._folder, self._every_s = folder, every_s
        self._is_packed = os.environ.get("SPAN_ENCODING") == "packed"
        if self._is_packed:  # our collector is no proxy's and no certificate's business, and this takes half as long
            told = {"content-type": packed.CONTENT_TYPE}
            self._exporter = OTLPSpanExporter(headers=told, _transport=Urllib3HTTPTransport())
        else:
            self._exporter = OTLPSpanExporter(headers={"content-type": otlp_json.CONTENT_TYPE})
        self._stopping = False

    @classmethod
    def to_the_endpoint(cls, resource: Resource) -> Self:
        """Begin to send this process's spans."""
        named = os.environ.get("SPAN_OUTBOX_DIR")
        folder = Path(named) if named else None
        spans_max = int(os.environ.get("OTEL_BSP_MAX_QUEUE_SIZE", SPANS_MAX))
        teller = packed.packed(Teller(dict(resource.attributes), resource.schema_url))
        try:
            waiting = Outbox.open(folder, teller, spans_max)
        except OSError as error:
            log.warning("spans_wait_in_memory", folder=named, reason=str(error))
            waiting, folder = Outbox.open(None, teller, spans_max), None
        sending = cls(waiting, folder, int(os.environ.get("OTEL_BSP_SCHEDULE_DELAY", EVERY_MS)) / 1000)
        sending.start()
        return sending

    def run(self) -> None:
        """Send until stopped, and then the rest."""
        self._send_what_was_left()
        while not self._stopping:
            self.waiting.pressing.wait(self._every_s)
            self._send()
        self._send()

    def stop(self) -> None:
        """Return when the rest was sent, or lost, which the exporter's timeout bounds."""
        self._stopping = True
        self.waiting.pressing.set()
        self.join()
        self._exporter.shutdown()  # type: ignore[no-untyped-call]
        self.waiting.close()

    def _send(self) -> None:
        body = self.waiting.take()
        if body is not None:
            self.waiting.sent(lost=not self._sends(body))

    def _send_what_was_left(self) -> None:
        """Send what processes had told that were killed; what is not taken now, the next to start sends."""
        if self._folder is None:
            return
        for path in outbox.left_in(self._folder):
            if not all(self._sends(body) for body in outbox.bodies_in(path)):
                return  # nobody takes anything now, and our own spans wait
            path.unlink(missing_ok=True)

    def _sends(self, body: bytes) -> bool:
        return self._exporter._client.export(body if self._is_packed else otlp_json.request(body)).success
