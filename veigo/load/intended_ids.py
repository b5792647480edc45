"""Message ids that tell when the message was meant to be sent, so that whoever receives it knows how late it is.

A message of a load run is sent by one process and received by others, on other machines perhaps, and each of them has
to say how long it took. The one thing that comes through whole is the id, which the sender chooses. It is a UUIDv7 with
a fraction of the millisecond in `rand_a` (RFC 9562, section 6.2, method 3): 60 bits of wall clock, precise to a quarter
of a microsecond, and 62 bits at random.
"""

import random
import uuid

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62
_FRACTIONS = 4096  # of a millisecond
_CHARACTERS = 36


def id_for(intended_us: int, rng: random.Random) -> str:
    """Make the id of a message that is meant to be sent at a time, in microseconds since 1970."""
    milliseconds, microseconds = divmod(intended_us, 1000)
    # Rounded up, so that reading it back, rounded down, gives the same microsecond.
    fraction = -(-microseconds * _FRACTIONS // 1000)
    return str(uuid.UUID(int=milliseconds << 80 | _VERSION_7 | fraction << 64 | _VARIANT | rng.getrandbits(62)))


def intended_us(message_id: str) -> int | None:
    """Tell when a message was meant to be sent; None when its id is not of this kind.

    It is asked of every message that comes, so the digits are taken where they stand.
    """
    if len(message_id) != _CHARACTERS or message_id[14] != "7" or message_id[19] not in "89ab":
        return None
    milliseconds, fraction = message_id[:8] + message_id[9:13], message_id[15:18]
    try:
        return int(milliseconds, 16) * 1000 + int(fraction, 16) * 1000 // _FRACTIONS
    except ValueError:
        return None
