"""Finished spans, packed: how they wait to be sent, and how our own collector takes them.

    told = packed([span, another])  # told together
    body = framed(packed_teller(resource)) + framed(told)

A span is packed where it is told, between two steps of a message, in one call of C: there, every line of Python costs
several times what it takes in a loop. Bytes at once, because that is what can be left for somebody else to send
(`outbox.py`). Whoever else is to have them gets OTLP (`otlp_json.py`).

A body is a row of frames, each the length of what follows in four bytes, the lowest first, and MessagePack. The first
frame is who tells, the others are lists of spans, and a length of 0 ends it, as the end of the body does. What cannot
be read ends it too: a process was killed while it told that.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Any

import msgspec
from opentelemetry.sdk.resources import Resource

CONTENT_TYPE = "application/vnd.veigo.spans"
LENGTH = Struct("<I")
NO_MORE = LENGTH.pack(0)


class Teller(msgspec.Struct, array_like=True):
    """Who tells of spans: the attributes of its resource, and the schema they follow."""

    attributes: dict[str, Any]
    schema_url: str = ""


class Packed(msgspec.Struct, array_like=True, gc=False):
    """A span as it waits.

    Attributes:
        name: what was done.
        kind: as OTLP numbers it.
        trace_id, span_id, parent_id: in lower-case hexadecimal; a root has no parent.
        began_ns, ended_ns: since the epoch.
        attributes: what is said of it.
        ok: whether it went well.
        links: trace and span ids of others that have to do with it.
    """

    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str | None
    began_ns: int
    ended_ns: int
    attributes: dict[str, Any]
    ok: bool = True
    links: tuple[tuple[str, str], ...] = ()


# Spans that are told together, each the fields of a `Packed` in their order.
packed = msgspec.msgpack.Encoder().encode

_teller = msgspec.msgpack.Decoder(Teller).decode
_spans = msgspec.msgpack.Decoder(list[Packed]).decode


def packed_teller(resource: Resource) -> bytes:
    """Who tells, from what the SDK knows of this process."""
    return packed(Teller(dict(resource.attributes), resource.schema_url))


def framed(told: bytes) -> bytes:
    """A frame."""
    return LENGTH.pack(len(told)) + told


def frames_in(body: bytes) -> Iterator[bytes]:
    """What is in its frames."""
    at = 0
    while at + LENGTH.size <= len(body) and (length := LENGTH.unpack_from(body, at)[0]):
        begin = at + LENGTH.size
        at = begin + length
        yield body[begin:at]


class UnreadableError(ValueError):
    """Nobody has packed this."""


def unpacked(body: bytes) -> tuple[Teller, Iterator[Packed]]:
    """Who tells, and the spans, one telling at a time: all in one piece would keep the service waiting for as long.

    Raises:
        UnreadableError: it is no such body.
    """
    frames = frames_in(body)
    try:
        teller = _teller(next(frames))
    except (msgspec.DecodeError, UnicodeDecodeError, StopIteration) as error:
        raise UnreadableError(f"the body is none of packed spans: {error}") from None
    return teller, _spans_in(frames)


def is_readable(body: bytes) -> bool:
    """Whether somebody has packed this."""
    try:
        unpacked(body)
    except UnreadableError:
        return False
    return True


def _spans_in(frames: Iterator[bytes]) -> Iterator[Packed]:
    for frame in frames:
        try:
            yield from _spans(frame)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
