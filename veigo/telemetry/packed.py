"""Packed spans, as our services send them to this collector: half the work of OTLP for both.

A body is a row of frames, each the length of what follows in four bytes, the lowest first, and MessagePack. The first
frame is who tells, a list that begins with the attributes of its resource; the others are lists of spans. A length of 0
ends it, as the end of the body does, and so does what cannot be read: a process was killed while it told that.
"""

from collections.abc import Iterator, Mapping, Sequence
from struct import Struct
from typing import Any

import msgspec

from veigo.telemetry.told import Telling, Told, UnreadableError

CONTENT_TYPE = "application/vnd.veigo.spans"

_LENGTH = Struct("<I")
_pack = msgspec.msgpack.Encoder().encode
_spans = msgspec.msgpack.Decoder(list[Told]).decode


class _Teller(msgspec.Struct, array_like=True):
    attributes: dict[str, Any]


_teller = msgspec.msgpack.Decoder(_Teller).decode


def tellings(body: bytes, *, naming: str = "") -> list[Telling]:
    """What is in a body, or of it only what was told together with something that has these words in it.

    Raises:
        UnreadableError: it is none of packed spans.
    """
    frames = _frames_in(body)
    try:
        teller = _teller(next(frames))
    except (msgspec.DecodeError, UnicodeDecodeError, StopIteration):
        raise UnreadableError("the body is none of packed spans: it does not begin with who tells") from None
    words = naming.encode()
    return [(teller.attributes, _spans_in(frame for frame in frames if words in frame))]


def body_of(resource: Mapping[str, Any], spans: Sequence[Told]) -> bytes:
    """A body that says this.

    Raises:
        UnreadableError: a whole number in it has more than 64 bits.
    """
    try:
        frames = (_pack(_Teller(dict(resource))), _pack(spans))
    except OverflowError as error:
        raise UnreadableError(f"the body has a number that OTLP does not have: {error}") from None
    return b"".join(_LENGTH.pack(len(frame)) + frame for frame in frames)


def _frames_in(body: bytes) -> Iterator[bytes]:
    at = 0
    while at + _LENGTH.size <= len(body) and (length := _LENGTH.unpack_from(body, at)[0]):
        begin = at + _LENGTH.size
        at = begin + length
        yield body[begin:at]


def _spans_in(frames: Iterator[bytes]) -> Iterator[Told]:
    for frame in frames:
        try:
            yield from _spans(frame)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
