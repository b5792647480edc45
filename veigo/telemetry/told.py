"""A span as it came in, whichever way it came: packed (`packed.py`), in OTLP's JSON (`otlp.py`) or protobuf."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import msgspec

VALUE_CHARACTERS_MAX = 500  # of one attribute; what is longer is cut, so that nobody can fill the store


KINDS = {1: "INTERNAL", 2: "SERVER", 3: "CLIENT", 4: "PRODUCER", 5: "CONSUMER"}


class UnreadableError(ValueError):
    """A body that nobody can read."""


class Told(msgspec.Struct, array_like=True, gc=False):
    """A span.

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


Telling: TypeAlias = tuple[Mapping[str, Any], Iterable[Told]]  # who tells, by its resource's attributes, and what


def kind_of(told: Told) -> str:
    """What kind of span it is, in OTLP's words."""
    return KINDS.get(told.kind, "INTERNAL")


def node_of(resource: Mapping[str, Any]) -> str:
    """Which node of the stack speaks: its `service.instance.id`, or its service's name when it has none."""
    return str(resource.get("service.instance.id") or resource.get("service.name") or "unknown")[:VALUE_CHARACTERS_MAX]


def bounded(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes, none of whose values is longer than the bound."""
    return {
        name: value[:VALUE_CHARACTERS_MAX] if isinstance(value, str) else value for name, value in attributes.items()
    }
