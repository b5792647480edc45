"""Finished spans, packed: how they wait to be sent, and how the collector takes them.

    told = packed(TracePart(trace_id, {MESSAGE_ID: "…"}, [span, another]))
    body = framed(packed(Teller({"service.name": "chat"}))) + framed(told)

A span is packed where it is told, between two steps of a message, in one call of C: there, every line of Python costs
several times what it takes in a loop. Bytes at once, because that is what can be left for somebody else to send
(`services/outbox.py`).

A body is a row of frames, each the length of what follows in four bytes, the lowest first, and MessagePack. The first
frame is who tells, each other is a part of a trace, or what a reader of records saw of a message (`spans/hops.py`). A
length of 0 ends it, as the end of the body does. What cannot be read ends it too: a process was killed while it told
that.
"""

from collections.abc import Iterable, Iterator, Mapping
from struct import Struct
from typing import Any, TypeAlias

import msgspec

from spans.hops import FannedOut, Projected
from spans.told import TracePart

CONTENT_TYPE = "application/vnd.veigo.spans"
NODE = "service.instance.id"
LENGTH = Struct("<I")
NO_MORE = LENGTH.pack(0)

Report: TypeAlias = TracePart | Projected | FannedOut  # what may be told; each can say which spans it is (`part`)


class UnreadableError(ValueError):
    """Nobody has packed this."""


class Teller(msgspec.Struct, array_like=True):
    """Who tells of spans: the attributes of its resource, and the schema they follow."""

    attributes: Mapping[str, Any]
    schema_url: str = ""

    @property
    def node(self) -> str:
        """Which of the stack it is: its `service.instance.id`, or its service's name when it has none."""
        return str(self.attributes.get(NODE) or self.attributes.get("service.name") or "unknown")


packed = msgspec.msgpack.Encoder().encode

_teller = msgspec.msgpack.Decoder(Teller).decode
_told = msgspec.msgpack.Decoder(Report).decode


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


def unpacked(body: bytes, *, naming: str = "") -> tuple[Teller, Iterator[Report]]:
    """Who tells, and what, one thing at a time; or of that only what has these words in it.

    Raises:
        UnreadableError: it is no such body.
    """
    frames, words = frames_in(body), naming.encode()
    try:
        teller = _teller(next(frames))
    except (msgspec.DecodeError, UnicodeDecodeError, StopIteration):
        raise UnreadableError("the body is none of packed spans: it does not begin with who tells") from None
    return teller, _told_in(frames if not words else (frame for frame in frames if words in frame))


def is_readable(body: bytes) -> bool:
    """Whether somebody has packed this."""
    try:
        unpacked(body)
    except UnreadableError:
        return False
    return True


def body_of(resource: Mapping[str, Any], told: Iterable[Report]) -> bytes:
    """A body that says this.

    Raises:
        UnreadableError: a whole number in it has more than 64 bits.
    """
    try:
        frames = [packed(Teller(resource)), *map(packed, told)]
    except OverflowError as error:
        raise UnreadableError(f"the body has a number that OTLP does not have: {error}") from None
    return b"".join(map(framed, frames))


def _told_in(frames: Iterator[bytes]) -> Iterator[Report]:
    for frame in frames:
        try:
            yield _told(frame)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
