"""W3C's trace context: which span of which trace somebody acts in, as it travels in headers, metadata and rows."""

import re

import msgspec

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})")


class Context(msgspec.Struct, frozen=True, gc=False):
    """Ids in lower-case hexadecimal, as a `traceparent` has them; and whether the trace is wanted by who began it."""

    trace_id: str
    span_id: str
    sampled: bool

    def __str__(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


def context_in(traceparent: str | None) -> Context | None:
    """Return the context in a `traceparent`, or None when it is none."""
    found = _TRACEPARENT.fullmatch(traceparent or "")
    if found is None:
        return None
    return Context(found[1], found[2], bool(int(found[3], 16) & 1))
