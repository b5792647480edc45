"""A worker's history on its way to the master, in pieces small enough for a message. Pure.

Pieces are numbered and acknowledged: a worker has only so many under way, and the master knows when it has them all.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from veigo.history import Record

PIECE_RECORDS_MAX = 4_000  # half a megabyte before it is compressed, as long as messages are of ordinary length
UNDER_WAY_MAX = 8

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Record)


def packed(records: Sequence[Record]) -> bytes:
    """Make a piece of some records."""
    return zlib.compress(_encoder.encode_lines(records), 1)


def unpacked(piece: bytes) -> list[Record]:
    """Return what is in a piece.

    Raises:
        zlib.error, msgspec.DecodeError: it is damaged.
    """
    records: list[Record] = _decoder.decode_lines(zlib.decompress(piece))
    return records


@dataclass(slots=True)
class Sending:
    """Which pieces are under way."""

    sent: int = 0
    acknowledged: int = 0

    @property
    def may_send(self) -> bool:
        """Whether one more may be sent."""
        return self.sent - self.acknowledged < UNDER_WAY_MAX

    def next(self) -> int:
        """Take the number of the next one."""
        self.sent += 1
        return self.sent


@dataclass(slots=True)
class Receiving:
    """How many pieces of one worker have come, and whether these are all.

    They are taken in their order only. A history that ends early proves less than a whole one; one with a hole in it
    would prove a loss that never was.
    """

    taken: int = 0
    total: int | None = None

    def take(self, number: int) -> bool:
        """Whether a piece is the next one."""
        if number != self.taken + 1:
            return False
        self.taken = number
        return True

    @property
    def complete(self) -> bool:
        """Whether the worker has said how many there are, and all of them have come."""
        return self.total is not None and self.taken == self.total
