"""Finished spans on their way out of the process: told, and handed to OpenTelemetry's SDK to be sent.

    finished_spans.tell(TracePart(trace_id, {MESSAGE_ID: "…"}, [Told("replay", PRODUCER, span_id, None, now, now)]))

OpenTelemetry's variables say where to (`OTEL_EXPORTER_OTLP_ENDPOINT`; nowhere without it), which traces
(`OTEL_TRACES_SAMPLER`) and whether at all (`OTEL_SDK_DISABLED`). What is told is bytes at once and waits in a bounded
file (`spans/packed.py`, `outbox.py`) for a thread that sends it (`span_sending.py`); when the other side is away or too
slow, what does not fit is dropped, as is what cannot be packed, and nothing here waits or fails. The SDK says who we
are and which traces are wanted, and sends; its own `Span`, `ReadableSpan` and batch processor take fifteen times as
long, and are not used.

Never put into an attribute what people wrote, a token or an e-mail address.
"""

import os
import sys
from typing import TYPE_CHECKING, TypeAlias

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.util.types import AttributeValue

from services.trace_context import Context
from spans.packed import NODE, Report, packed
from spans.told import TracePart

if TYPE_CHECKING:
    from services.span_sending import SpanSending

Attributes: TypeAlias = dict[str, AttributeValue]

# The thread that sends spans holds the interpreter for no longer than this at a time, while a message waits for it;
# Python's own bound is ten times as long.
SWITCH_INTERVAL_S = 0.0005
# What packing says of an attribute that is neither text nor a number of 64 bits.
UNSPEAKABLE = (TypeError, OverflowError, UnicodeEncodeError)
TAKES_ALL = ("AlwaysOnSampler", "ParentBased{root:AlwaysOnSampler")  # what samplers call themselves


class _Sending:
    """Where finished spans go."""

    def __init__(self, provider: TracerProvider, thread: "SpanSending") -> None:
        self.thread = thread
        self.put = thread.waiting.put
        self.begun = thread.waiting.begun
        self._sampler = provider.sampler
        self._takes_all = provider.sampler.get_description().startswith(TAKES_ALL)
        self.node = str(provider.resource.attributes.get(NODE, ""))

    def samples(self, trace_id: int, name: str) -> bool:
        """Whether the sampler wants a trace that begins here; to ask the SDK takes longer than to tell a span."""
        if self._takes_all:
            return True
        return self._sampler.should_sample(None, trace_id, name).decision is Decision.RECORD_AND_SAMPLE


_sending: _Sending | None = None


def configure() -> None:
    """Begin to send, if the environment says where to."""
    global _sending  # noqa: PLW0603 - one process, one exporter
    endpoint = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    if not endpoint or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return
    from services.span_sending import SpanSending

    sys.setswitchinterval(SWITCH_INTERVAL_S)
    provider = TracerProvider()
    _sending = _Sending(provider, SpanSending.to_the_endpoint(provider.resource))


def shutdown() -> None:
    """Send what waits, within the exporter's timeout."""
    global _sending  # noqa: PLW0603
    if _sending is not None:
        _sending.thread.stop()
        _sending = None


def enabled() -> bool:
    """Whether spans are sent at all."""
    return _sending is not None


def dropped() -> int:
    """How many spans found no room, or nobody who took them."""
    return _sending.thread.waiting.dropped if _sending else 0


def node() -> str:
    """This process's name among its like: `service.instance.id`."""
    return _sending.node if _sending else ""


def samples(trace_id: int, name: str) -> bool:
    """Whether a trace that begins here, with a span of this name, is wanted."""
    return _sending is not None and _sending.samples(trace_id, name)


def wanted(context: Context) -> bool:
    """Whether spans of this trace are to be told."""
    return _sending is not None and context.sampled


def tell(told: Report) -> None:
    """Tell of finished spans of a trace that is wanted."""
    if _sending is None:
        return
    try:
        bytes_told = packed(told)
    except UNSPEAKABLE:
        _sending.thread.waiting.dropped += told.count
    else:
        _sending.put(bytes_told, told.count)


def begin(begun: TracePart) -> int:
    """Note what is to be told if this process dies before it forgets it; return the note's place, to `forget`."""
    if _sending is None:
        return 0
    try:
        return _sending.begun.note(packed(begun))
    except UNSPEAKABLE:
        return 0


def forget(place: int) -> None:
    """Forget a note: what it is of has ended, and was told."""
    if place and _sending is not None:
        _sending.begun.forget(place)
