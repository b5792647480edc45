"""Rules for rooms and their members. Pure."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.chat import fields
from services.problems import Code, Problem, invalid

MEMBERS_AT_ONCE_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Room:
    """A room as it is stored; `last_sequence` is where its log stands."""

    id: uuid.UUID
    photo_path: str | None
    name: str
    description: str | None
    type: str
    privacy: str
    last_sequence: int
    membership_version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """A membership; `sequence` is the place of its beginning in the room's log."""

    room_id: uuid.UUID
    member_id: uuid.UUID
    sequence: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NewRoom:
    """A room to create, checked; `members` begins with its creator and names nobody twice."""

    name: str
    description: str | None
    photo_path: str | None
    type: str
    privacy: str
    members: tuple[uuid.UUID, ...]


def new_room(
    creator: uuid.UUID,
    name: str,
    room_type: str,
    privacy: str,
    description: str | None,
    photo_path: str | None,
    members: Iterable[str],
) -> NewRoom:
    """Return a room that may be created.

    Raises:
        Problem: INVALID_ARGUMENT.
    """
    everyone = tuple(dict.fromkeys([creator, *(fields.identifier("members", member) for member in members)]))
    if len(everyone) > MEMBERS_AT_ONCE_MAX:
        raise invalid(
            "members", f"Create the room with at most {MEMBERS_AT_ONCE_MAX:,} people and add the others after."
        )
    if room_type == "direct" and privacy != "private":
        raise invalid("privacy", "A direct room is between two people; leave privacy out, or make the room a group.")
    if room_type == "direct" and len(everyone) != 2:  # two is what direct means
        raise invalid("members", "A direct room has exactly one member beside you; name that one, or make it a group.")
    return NewRoom(
        fields.text("name", name, 100),
        fields.optional_text("description", description, 1_000),
        fields.optional_text("photoPath", photo_path, 500),
        room_type,
        privacy,
        everyone,
    )


def added_members(member_ids: Iterable[str]) -> tuple[uuid.UUID, ...]:
    """Return who is to be added, each once.

    Raises:
        Problem: INVALID_ARGUMENT.
    """
    wanted = tuple(dict.fromkeys(fields.identifier("membersId", member) for member in member_ids))
    if not 1 <= len(wanted) <= MEMBERS_AT_ONCE_MAX:
        raise invalid("membersId", f"Name 1 to {MEMBERS_AT_ONCE_MAX:,} people to add at a time.")
    return wanted


def check_may_grow(room_type: str) -> None:
    """Refuse to add anybody to a direct room.

    Raises:
        Problem: INVALID_ARGUMENT.
    """
    if room_type == "direct":
        raise invalid("roomId", "A direct room stays between its two people; create a group for more.")


def check_lists_own(caller: uuid.UUID, wanted: str) -> None:
    """Refuse to list somebody else's rooms.

    Raises:
        Problem: INVALID_ARGUMENT or FORBIDDEN.
    """
    if fields.identifier("id", wanted) != caller:
        raise Problem(Code.FORBIDDEN, "You can list your own rooms only; pass your own id.", "id")


def unknown_people() -> Problem:
    """Return the refusal of members who have no profile."""
    return invalid("members", "Every member needs a profile first; at least one of these ids has none.")


def unknown_room() -> Problem:
    """Return the refusal of a room id that no room has."""
    return Problem(Code.NOT_FOUND, "There is no room with this id; check roomId.", "roomId")
