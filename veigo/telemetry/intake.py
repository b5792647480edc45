"""What the harness reports by itself, as JSON: who received which message when, and which faults were made.

POST /v1/deliveries   [{"message_id": "…", "recipient": "…", "connection": "…", "delivered_us": 1}, …]
POST /v1/faults       [{"fault": "kill", "node": "kafka", "began_us": 1, "felt_us": null, "healed_us": null}, …]
"""

from typing import TypeVar

import msgspec

from spans.packed import UnreadableError
from veigo.telemetry.rows import Delivery, Fault

T = TypeVar("T")


class _Delivery(msgspec.Struct, frozen=True):
    message_id: str
    recipient: str
    connection: str
    delivered_us: int


class _Fault(msgspec.Struct, frozen=True):
    fault: str
    node: str
    began_us: int
    felt_us: int | None = None
    healed_us: int | None = None


_encode = msgspec.json.Encoder().encode
_deliveries = msgspec.json.Decoder(list[_Delivery])
_faults = msgspec.json.Decoder(list[_Fault])


def deliveries(body: bytes) -> list[Delivery]:
    """Return the deliveries in a report; UnreadableError when it is none."""
    told = _decoded(_deliveries, body)
    return [Delivery(one.message_id, one.recipient, one.connection, one.delivered_us) for one in told]


def faults(body: bytes) -> list[Fault]:
    """Return the faults in a report; UnreadableError when it is none."""
    told = _decoded(_faults, body)
    return [Fault(one.fault, one.node, one.began_us, one.felt_us, one.healed_us) for one in told]


def report(rows: list[Delivery] | list[Fault]) -> bytes:
    """Return rows as the body of a report."""
    return _encode([row._asdict() for row in rows])


def _decoded(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableError(f"the body is no report: {error}") from None
