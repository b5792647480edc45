"""Rules for rooms and their members. Pure."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from services.chat import fields
from services.problems import Code, Problem, invalid

MEMBERS_AT_ONCE_MAX = 1_000
NOT_A_MEMBER = "You are not a member of this room; ask a member to add you."
CHANGEABLE = frozenset({"photo_path", "name", "description", "privacy"})


@dataclass(frozen=True, slots=True)
class Room:
    """A room as it is stored.

    Attributes:
        last_sequence: where its log stands.
        membership_version: sequence of the newest change of its members or privacy.
        pair: the two people of a direct room in ascending order; None in a group.
        message_count: messages ever written in it.
        member_count: members it has.
        log_horizon: the log's events up to here are gone.
        changed_at: when its log last moved.
    """

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
    pair: list[uuid.UUID] | None = None
    message_count: int = 0
    member_count: int = 0
    log_horizon: int = 0
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A membership; `sequence` is the place of its beginning in the room's log, which had so many messages then."""

    room_id: uuid.UUID
    member_id: uuid.UUID
    sequence: int
    created_at: datetime
    updated_at: datetime
    message_count: int = 0


@dataclass(frozen=True, slots=True)
class NewRoom:
    """A room to create, checked; `members` begins with its creator and names nobody twice."""

    name: str
    description: str | None
    photo_path: str | None
    type: str
    privacy: str
    members: tuple[uuid.UUID, ...]

    @property
    def pair(self) -> list[uuid.UUID] | None:
        """The two people of a direct room in ascending order, by which there is one for them; None for a group."""
        return sorted(self.members) if self.type == "direct" else None


@dataclass(frozen=True, slots=True)
class RoomChange:
    """The fields to change, by name and checked, with what they become."""

    fields: dict[str, str | None]

    def of(self, room: Room) -> Room:
        """Return the room as it is after the change.

        Raises:
            Problem: INVALID_ARGUMENT.
        """
        if room.type == "direct" and self.fields.get("privacy", "private") != "private":
            raise invalid("privacy", "A direct room stays private; create a group for a public one.")
        return replace(room, **self.fields)  # type: ignore[arg-type]  # the names are CHANGEABLE's


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands in a room: whether they are in it, where its log ends, and how far they have read it."""

    member: bool
    last_sequence: int
    read: int


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


def change(
    paths: Iterable[str], name: str, description: str | None, photo_path: str | None, privacy: str
) -> RoomChange:
    """Return a change that may be made: of what `paths` name; an absent `description` or `photo_path` is cleared.

    Raises:
        Problem: INVALID_ARGUMENT.
    """
    named = fields.mask(paths, CHANGEABLE)
    wanted: dict[str, str | None] = {}
    if "name" in named:
        wanted["name"] = fields.text("name", name, 100)
    if "description" in named:
        wanted["description"] = fields.optional_text("description", description, 1_000)
    if "photo_path" in named:
        wanted["photo_path"] = fields.optional_text("photoPath", photo_path, 500)
    if "privacy" in named:
        wanted["privacy"] = privacy
    return RoomChange(wanted)


def check_may_shrink(room: Room | None) -> None:
    """Refuse to take anybody out of a direct room, or of one there is not.

    Raises:
        Problem: NOT_FOUND or INVALID_ARGUMENT.
    """
    if room is None:
        raise unknown_room()
    if room.type == "direct":
        raise invalid("roomId", "Nobody leaves a direct room: it is its two people's for good.")


def acknowledged(standing: Standing | None, sequence: int, refusal: str) -> int:
    """Return how far somebody has read who says that it is up to `sequence`.

    Raises:
        Problem: NOT_FOUND, FORBIDDEN with the sentence `refusal`, or INVALID_ARGUMENT.
    """
    if standing is None:
        raise unknown_room()
    if not standing.member:
        raise Problem(Code.FORBIDDEN, refusal)
    if sequence > standing.last_sequence:
        raise invalid("sequence", f"The room's log ends at {standing.last_sequence}; acknowledge no more than that.")
    return max(standing.read, sequence)


def not_negative(field: str, sequence: int) -> int:
    """Return a position in a room's log.

    Raises:
        Problem: INVALID_ARGUMENT.
    """
    if sequence < 0:
        raise invalid(field, f"Give {field} as a sequence of the room's log: 0 or more.")
    return sequence


def check_lists_own(caller: uuid.UUID, wanted: str) -> None:
    """Refuse to list somebody else's rooms.

    Raises:
        Problem: INVALID_ARGUMENT or FORBIDDEN.
    """
    if fields.identifier("id", wanted) != caller:
        raise Problem(Code.FORBIDDEN, "You can list your own rooms only; pass your own id.", "id")


def unknown_people() -> Problem:
    """Return the refusal of members who have no profile."""
    return invalid("members", "Every member needs a profile; at least one of these ids has none, or not any more.")


def unknown_room() -> Problem:
    """Return the refusal of a room id that no room has."""
    return Problem(Code.NOT_FOUND, "There is no room with this id; check roomId.", "roomId")


def no_member(field: str, whose: str) -> Problem:
    """Return the refusal to end a membership there is not; `whose` begins the sentence."""
    return Problem(Code.NOT_FOUND, f"{whose} not a member of this room, or not any more.", field)
