"""Rules for single fields that profiles, rooms and messages have in common. Pure."""

import uuid
from collections.abc import Iterable

from services.problems import invalid


def text(field: str, value: str, characters_max: int, *, blank: bool = False) -> str:
    """Return a text that may be stored.

    Args:
        field: its name in the contract, for the refusal.
        value: what was sent.
        characters_max: most Unicode code points it may have.
        blank: whether it may be empty or only white space.

    Raises:
        Problem: INVALID_ARGUMENT.
    """
    if len(value) > characters_max:
        raise invalid(field, f"Shorten {field} to {characters_max:,} characters; it has {len(value):,}.")
    if "\0" in value:
        raise invalid(field, f"Remove the character U+0000 from {field}; it cannot be stored.")
    if not blank and not value.strip():
        raise invalid(field, f"Give {field} at least one character that is not white space.")
    return value


def optional_text(field: str, value: str | None, characters_max: int) -> str | None:
    """Return a text that may be absent, with the rules of `text`."""
    return None if value is None else text(field, value, characters_max, blank=True)


def identifier(field: str, value: str) -> uuid.UUID:
    """Return an id.

    Raises:
        Problem: INVALID_ARGUMENT, when it is no UUID in its usual spelling.
    """
    try:
        parsed = uuid.UUID(value)
    except ValueError:
        parsed = None
    if parsed is None or str(parsed) != value.lower():
        raise invalid(field, f"Give {field} as a UUID, such as 0191c2a4-7a3e-7c51-9d7e-2f1f0d1c9b5a.")
    return parsed


def mask(paths: Iterable[str], allowed: frozenset[str]) -> frozenset[str]:
    """Return the fields that a change names; none means that nothing changes.

    Raises:
        Problem: INVALID_ARGUMENT, for a field that cannot be changed.
    """
    named = frozenset(paths)
    if not named <= allowed:
        raise invalid("updateMask", f"Name only fields that can be changed: {', '.join(sorted(allowed))}.")
    return named
