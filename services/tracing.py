"""Spans under way, made by hand where they are worth it.

    with tracing.span("POST opa send_message", CLIENT, {"veigo.policy": "send_message"}) as span:
        span.set("veigo.decision", "allow")

The span under way is the parent of those begun within it, in this task and the tasks it starts. A span that takes
place elsewhere (a hop that only its record tells of) is told as a whole, by `finished_spans.tell`. Never put into an
attribute what people wrote, a token or an e-mail address.
"""

import time
from collections.abc import Mapping
from contextvars import ContextVar, Token
from random import getrandbits
from types import TracebackType
from typing import Self

from opentelemetry.util.types import AttributeValue

from services import finished_spans
from services.finished_spans import Attributes
from services.trace_context import Context
from spans.told import UNFINISHED, Told, TracePart

TOGETHER_MAX = 16  # finished spans that wait for the one around them; of more, none waits
# All there is to say of a span that may never end: the note of it is small, and will hardly ever be told.
BEGUN: Attributes = {UNFINISHED: True}

_current: ContextVar["Span | None"] = ContextVar("span", default=None)


class _Together:
    """What ended within a span that is nobody's child in this process: told with it, in one go."""

    __slots__ = ("_outermost", "_places", "_spans", "attributes", "trace_id")

    def __init__(self, outermost: "Span") -> None:
        self.trace_id = outermost.context.trace_id
        self.attributes: Attributes = {}
        self._outermost: Span | None = outermost
        self._spans: list[Told] = []
        self._places: list[int] = []

    def end(self, span: "Span", told: Told, place: int) -> None:
        """Take a finished span and its note's place, and tell when it is the last, or one too many."""
        self._spans.append(told)
        if place:
            self._places.append(place)
        if self._outermost is span:
            self._outermost = None
        if self._outermost is None or len(self._spans) >= TOGETHER_MAX:
            spans, places, self._spans, self._places = self._spans, self._places, [], []
            finished_spans.tell(TracePart(self.trace_id, self.attributes, spans))
            for one in places:  # only now: who dies before leaves at least that it began
                finished_spans.forget(one)


class Span:
    """A stretch of work under way. An exception that leaves it makes it a failed one.

    Of one that is `noted`, and of those around it, the beginning outlives a process that dies before its end.
    """

    attributes: Attributes
    context: Context
    together: _Together

    __slots__ = (
        "_began_ns",
        "_kind",
        "_name",
        "_noted",
        "_outer",
        "_parent_id",
        "_place",
        "_token",
        "_wanted",
        "attributes",
        "context",
        "ok",
        "together",
    )

    def __init__(self, name: str, kind: int, attributes: Attributes, parent: Context | None, *, noted: bool) -> None:
        outer: Span | None = _current.get()
        if parent is None and outer is not None:
            parent = outer.context
        self._name, self._kind = name, kind
        self._parent_id = None if parent is None else parent.span_id
        self.attributes = attributes
        self.context = context = _child_of(parent, name)
        self.ok = True
        self._token: Token[Span | None] | None = None
        self._began_ns = 0
        self._wanted = finished_spans.wanted(context)
        self._noted, self._place = noted, 0
        if outer is not None and outer.context.trace_id != context.trace_id:
            outer = None  # what is told together is of one trace
        self._outer = outer
        self.together = _Together(self) if outer is None else outer.together

    def set(self, name: str, value: AttributeValue) -> None:
        """Say something about it."""
        self.attributes[name] = value

    def __enter__(self) -> Self:
        """Begin."""
        self._token = _current.set(self)
        self._began_ns = time.time_ns()
        if self._noted and self._wanted:
            self._place = self._note()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End, and hand it over."""
        ended_ns = time.time_ns()
        if self._token is not None:
            _current.reset(self._token)
        self._outer = None
        if not self._wanted:
            return
        if kind is not None:
            self.ok = False
            self.attributes["error.type"] = kind.__name__
        self.together.end(self, self._told(ended_ns, self.attributes, ok=self.ok), self._place)

    def _told(self, ended_ns: int, attributes: Attributes, *, ok: bool) -> Told:
        began_ns = self._began_ns
        if ended_ns < began_ns:  # the clock was set
            ended_ns = began_ns
        return Told(self._name, self._kind, self.context.span_id, self._parent_id, began_ns, ended_ns, ok, attributes)

    def _note(self) -> int:
        """Note it and those around it that are not noted yet, as they are told if they never end."""
        begun: list[Told] = []
        one: Span | None = self
        while one is not None and one._wanted and not one._place:
            begun.append(one._told(one._began_ns, BEGUN, ok=False))
            one = one._outer
        return finished_spans.begin(TracePart(self.together.trace_id, self.together.attributes, begun))


def span(
    name: str,
    kind: int,
    attributes: Mapping[str, AttributeValue] | None = None,
    parent: Context | None = None,
    *,
    noted: bool = False,
) -> Span:
    """Return a span, to be entered; a child of `parent`, or else of the one under way, or else a root.

    `noted` are those whose context leaves the process: what hangs below them is told by others.
    """
    return Span(name, kind, dict(attributes or {}), parent, noted=noted)


def current() -> Span | None:
    """Return the span under way."""
    return _current.get()


def note(attributes: Mapping[str, AttributeValue]) -> None:
    """Say something about the span under way, if there is one, and about all that are told with it."""
    outer = _current.get()
    if outer is not None:
        outer.together.attributes.update(attributes)


def traceparent() -> str | None:
    """Return the context of the span under way as others are to be told it."""
    outer = _current.get()
    return None if outer is None else str(outer.context)


def _child_of(parent: Context | None, name: str) -> Context:
    span_id = f"{getrandbits(64) or 1:016x}"
    if parent is not None:
        return Context(parent.trace_id, span_id, parent.sampled)
    trace_id = getrandbits(128) or 1
    sampled = finished_spans.samples(trace_id, name)
    return Context(f"{trace_id:032x}", span_id, sampled)
