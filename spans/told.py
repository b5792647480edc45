"""Finished spans, as they are told."""

from typing import Annotated, Any, TypeAlias

import msgspec

INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = 1, 2, 3, 4, 5  # as OTLP numbers them

MESSAGE_ID = "veigo.message.id"
ROOM_ID = "veigo.room.id"
SENDER_ID = "veigo.sender.id"
REPLAYED = "veigo.replayed"  # of what came again
UNFINISHED = "veigo.unfinished"  # it began, and the process died in it

Timed: TypeAlias = tuple[str, int, int, int, bool]  # a span's name, kind, beginning, end, and whether it went well


class Told(msgspec.Struct, array_like=True, gc=False):
    """A span.

    Attributes:
        name: what was done.
        kind: as OTLP numbers it.
        span_id, parent_id: in lower-case hexadecimal; a root has no parent.
        began_ns, ended_ns: since the epoch.
        ok: whether it went well.
        attributes: what is said of it alone.
        links: trace and span ids of others that have to do with it.
    """

    name: str
    kind: int
    span_id: str
    parent_id: str | None
    began_ns: int
    ended_ns: int
    ok: bool = True
    attributes: dict[str, Any] = {}
    links: tuple[tuple[str, str], ...] = ()


class TracePart(msgspec.Struct, array_like=True, gc=False, tag=0):
    """Spans of one trace that are told together.

    Attributes:
        trace_id: in lower-case hexadecimal.
        attributes: what is said of each of them.
        spans: one at least; the last is the one around the others, and by its id the part is known.
    """

    trace_id: str
    attributes: dict[str, Any]
    spans: Annotated[list[Told], msgspec.Meta(min_length=1)]

    @property
    def count(self) -> int:
        """How many spans there are."""
        return len(self.spans)

    def key(self, _: str) -> tuple[str, ...]:
        """What it is known by, if it comes again."""
        return self.trace_id, self.spans[-1].span_id

    def timed(self) -> list[Timed]:
        """When each of its spans began and ended."""
        return [(span.name, span.kind, span.began_ns, span.ended_ns, span.ok) for span in self.spans]

    def part(self, _: str) -> "TracePart":
        """The spans themselves."""
        return self
