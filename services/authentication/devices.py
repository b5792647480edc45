"""Rules for the list of devices: what an entry is, and its place in the list. Pure."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from services.pages import forged

LIST = "devices"


@dataclass(frozen=True, slots=True)
class Device:
    """Where an account is signed in: a live session, by the name its device gave."""

    session_id: uuid.UUID
    client_id: str
    signed_in_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the list, newest sign-in first."""

    signed_in_at: datetime
    session_id: uuid.UUID


def key(device: Device) -> str:
    """Return a device's place as the text in a cursor."""
    return f"{device.signed_in_at.isoformat()} {device.session_id}"


def place(after: str | None) -> Place | None:
    """Return the place that a cursor names; None at the list's beginning.

    Raises:
        Problem: INVALID_ARGUMENT, for a forged cursor.
    """
    if after is None:
        return None
    moment, _, session_id = after.partition(" ")
    try:
        signed_in_at = datetime.fromisoformat(moment)
        if signed_in_at.tzinfo is None:
            raise forged()
        return Place(signed_in_at, uuid.UUID(session_id))
    except ValueError:
        raise forged() from None
