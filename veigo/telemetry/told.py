"""A span as it came in, whichever way it came: packed (`spans/packed.py`), in OTLP's JSON (`otlp.py`) or protobuf."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from spans.packed import Report, Teller, unpacked
from spans.told import CLIENT, CONSUMER, INTERNAL, PRODUCER, SERVER

VALUE_CHARACTERS_MAX = 500  # of one attribute; what is longer is cut, so that nobody can fill the store
KINDS = {INTERNAL: "INTERNAL", SERVER: "SERVER", CLIENT: "CLIENT", PRODUCER: "PRODUCER", CONSUMER: "CONSUMER"}

Telling: TypeAlias = tuple[Mapping[str, Any], Iterable[Report]]  # who tells, by its resource's attributes, and what


def unpacked_tellings(body: bytes, *, naming: str = "") -> list[Telling]:
    """What is in a body of packed spans, or of it only what has these words in it.

    Raises:
        UnreadableError: it is none.
    """
    teller, told = unpacked(body, naming=naming)
    return [(teller.attributes, told)]


def kind_of(kind: int) -> str:
    """What kind of span it is, in OTLP's words."""
    return KINDS.get(kind, "INTERNAL")


def node_of(resource: Mapping[str, Any]) -> str:
    """Which node of the stack speaks."""
    return Teller(resource).node[:VALUE_CHARACTERS_MAX]


def bounded(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes, none of whose values is longer than the bound."""
    return {
        name: value[:VALUE_CHARACTERS_MAX] if isinstance(value, str) else value for name, value in attributes.items()
    }
