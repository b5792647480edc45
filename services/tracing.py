"""Spans, made by hand where they are worth it, and handed to OpenTelemetry's SDK to be sent.

    with tracing.span("POST opa send_message", tracing.CLIENT, {"veigo.policy": "send_message"}) as span:
        span.set("veigo.decision", "allow")

The span under way is the parent of those begun within it, in this task and the tasks it starts. A span that takes
place elsewhere (a hop that only its record tells of) is told as a whole, by `tell`. Never put into an attribute what
people wrote, a token or an e-mail address.

OpenTelemetry's variables say where to (`OTEL_EXPORTER_OTLP_ENDPOINT`; nowhere without it), which traces
(`OTEL_TRACES_SAMPLER`) and whether at all (`OTEL_SDK_DISABLED`). A finished span is text at once and waits in a bounded
file (`span_encoding.py`, `outbox.py`) for a thread that sends them (`span_sending.py`); when the other side is away or
too slow, what does not fit is dropped, and nothing here waits or fails. The SDK says who we are and which traces are
wanted, and sends; its own `Span`, `ReadableSpan` and batch processor take fifteen times as long, and are not used.
"""

import os
import re
import sys
import time
from collections.abc import Mapping
from contextvars import ContextVar, Token
from random import getrandbits
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self, TypeAlias

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import SpanKind
from opentelemetry.util.types import AttributeValue

from services import span_encoding

if TYPE_CHECKING:
    from services.span_sending import SpanSending

Attributes: TypeAlias = dict[str, AttributeValue]

INTERNAL, SERVER, CLIENT = SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT
PRODUCER, CONSUMER = SpanKind.PRODUCER, SpanKind.CONSUMER
MESSAGE_ID = "veigo.message.id"
UNFINISHED = "veigo.unfinished"  # it began, and the process died in it

# The thread that sends spans holds the interpreter for no longer than this at a time, while a message waits for it;
# Python's own bound is ten times as long.
SWITCH_INTERVAL_S = 0.0005

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})")


class Context(NamedTuple):
    """Which span of which trace; W3C's `traceparent`."""

    trace_id: int
    span_id: int
    sampled: bool

    def __str__(self) -> str:
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-{self.sampled:02x}"


def context_in(traceparent: str | None) -> Context | None:
    """Return the context in a `traceparent`, or None when it is none."""
    found = _TRACEPARENT.fullmatch(traceparent or "")
    if found is None:
        return None
    return Context(int(found[1], 16), int(found[2], 16), bool(int(found[3], 16) & 1))


class _Sending:
    """Where finished spans go."""

    def __init__(self, provider: TracerProvider, thread: "SpanSending") -> None:
        self.thread = thread
        self.put = thread.waiting.put
        self.begun = thread.waiting.begun
        self.resource = provider.resource
        self.sampler = provider.sampler


_sending: _Sending | None = None
_current: ContextVar["Span | None"] = ContextVar("span", default=None)


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
    return str(_sending.resource.attributes.get("service.instance.id", "")) if _sending else ""


class Span:
    """A stretch of work under way. An exception that leaves it makes it a failed one.

    Of one that is `noted`, the beginning outlives a process that dies before its end; spans of others hang below it.
    """

    attributes: Attributes
    context: Context

    __slots__ = ("_began_ns", "_kind", "_name", "_noted", "_parent", "_place", "_token", "attributes", "context", "ok")

    def __init__(
        self, name: str, kind: SpanKind, attributes: Attributes, parent: Context | None, *, noted: bool
    ) -> None:
        outer: Span | None = _current.get()
        if parent is None and outer is not None:
            parent = outer.context
            if MESSAGE_ID in outer.attributes:
                attributes.setdefault(MESSAGE_ID, outer.attributes[MESSAGE_ID])
        self._name, self._kind, self._parent = name, kind, parent
        self.attributes = attributes
        self.context = _child_of(parent, name)
        self.ok = True
        self._token: Token[Span | None] | None = None
        self._began_ns = 0
        self._noted, self._place = noted, 0

    def set(self, name: str, value: AttributeValue) -> None:
        """Say something about it."""
        self.attributes[name] = value

    def __enter__(self) -> Self:
        """Begin."""
        self._token = _current.set(self)
        self._began_ns = time.time_ns()
        if self._noted:
            self._place = begin(self._name, self._kind, self.context, self._parent, self._began_ns, self.attributes)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End, and hand it over."""
        ended_ns = time.time_ns()
        if self._token is not None:
            _current.reset(self._token)
        if kind is not None:
            self.ok = False
            self.attributes["error.type"] = kind.__name__
        tell(self._name, self._kind, self.context, self._parent, self._began_ns, ended_ns, self.attributes, ok=self.ok)
        forget(self._place)


def span(
    name: str,
    kind: SpanKind,
    attributes: Mapping[str, AttributeValue] | None = None,
    parent: Context | None = None,
    *,
    noted: bool = False,
) -> Span:
    """Return a span, to be entered; a child of `parent`, or else of the one under way, or else a root."""
    return Span(name, kind, dict(attributes or {}), parent, noted=noted or kind is SERVER)


def current() -> Span | None:
    """Return the span under way."""
    return _current.get()


def note(attributes: Mapping[str, AttributeValue]) -> None:
    """Say something about the span under way, if there is one; its message's id goes on to the spans within."""
    outer = _current.get()
    if outer is not None:
        outer.attributes.update(attributes)


def traceparent() -> str | None:
    """Return the context of the span under way as others are to be told it."""
    outer = _current.get()
    return None if outer is None else str(outer.context)


def tell(
    name: str,
    kind: SpanKind,
    context: Context,
    parent: Context | None,
    began_ns: int,
    ended_ns: int,
    attributes: Mapping[str, AttributeValue],
    *,
    ok: bool = True,
    links: tuple[Context, ...] = (),
) -> None:
    """Tell of a finished span; nothing happens when its trace is not wanted."""
    if _sending is None or not context.sampled:
        return
    ended_ns = max(began_ns, ended_ns)
    _sending.put(span_encoding.span(name, kind, context, parent, began_ns, ended_ns, attributes, ok=ok, links=links))


def begin(
    name: str,
    kind: SpanKind,
    context: Context,
    parent: Context | None,
    began_ns: int,
    attributes: Mapping[str, AttributeValue],
) -> int:
    """Note what has begun: it is told as unfinished if this process dies. Return the note's place, to `forget`."""
    if _sending is None or not context.sampled:
        return 0
    told = {**attributes, UNFINISHED: True}
    return _sending.begun.note(span_encoding.span(name, kind, context, parent, began_ns, began_ns, told, ok=False))


def forget(place: int) -> None:
    """Forget a note: what it is of has ended, and was told."""
    if place and _sending is not None:
        _sending.begun.forget(place)


def _child_of(parent: Context | None, name: str) -> Context:
    if parent is not None:
        return Context(parent.trace_id, getrandbits(64) or 1, parent.sampled)
    trace_id = getrandbits(128) or 1
    sampled = False
    if _sending is not None:
        sampled = _sending.sampler.should_sample(None, trace_id, name).decision is Decision.RECORD_AND_SAMPLE
    return Context(trace_id, getrandbits(64) or 1, sampled)
