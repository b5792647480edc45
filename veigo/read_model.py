"""What the documents in MongoDB must be, given what PostgreSQL holds; and where they are not. Pure.

Rooms that moved on between the two readings cannot be compared, and are told apart from those that differ.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RoomState:
    """A room as PostgreSQL has it, in one snapshot.

    Attributes:
        room: its row.
        members: member id → the sequence that added them.
        last_message: the row of its newest message, deleted or not.
        read: member id → (sequence, number) of how far they have read.
        sent: member id → the number of their newest message.
    """

    room: Document
    members: Mapping[str, int]
    last_message: Document | None
    read: Mapping[str, tuple[int, int]]
    sent: Mapping[str, int]


@dataclass(slots=True)
class Documents:
    """All documents, by collection and id."""

    rooms: Mapping[str, Document]
    rosters: Mapping[str, Mapping[str, Document]]  # room → member → state
    mailboxes: Mapping[tuple[str, str], Document]  # (member, room) → parts
    profiles: Mapping[str, Document]


@dataclass(slots=True)
class Comparison:
    """What a comparison came to."""

    equal: int = 0
    moved: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def take(self, differences: list[str]) -> None:
        """Count one thing that was compared, with its differences."""
        self.wrong += differences
        self.equal += not differences


def documents_of(
    rooms: Iterable[Document], rosters: Iterable[Document], mailboxes: Iterable[Document], profiles: Iterable[Document]
) -> Documents:
    """Put the documents together by what they are about."""
    by_room: dict[str, dict[str, Document]] = {}
    for roster in rosters:
        by_room.setdefault(roster["room"], {}).update(roster.get("members", {}))
    mails = {(box["member"], room): parts for box in mailboxes for room, parts in box.get("rooms", {}).items()}
    return Documents({row["_id"]: row for row in rooms}, by_room, mails, {row["_id"]: row["state"] for row in profiles})


def compare(states: Mapping[str, RoomState], profiles: Mapping[str, Document], documents: Documents) -> Comparison:
    """Hold the documents against PostgreSQL."""
    result = Comparison()
    for room_id, state in states.items():
        document = documents.rooms.get(room_id)
        came = 0 if document is None else document["changed"]["sequence"]
        if came > state.room["last_sequence"]:
            result.moved.append(room_id)
            continue
        result.take(_room_differences(room_id, state, documents))
    for profile_id, row in profiles.items():
        shown = documents.profiles.get(profile_id)
        missing = [f"profile {profile_id}: there is no document"]
        result.take(missing if shown is None else _different(f"profile {profile_id}", _profile(row), shown))
    return result


def compare_policy_data(
    states: Mapping[str, RoomState], revoked: Mapping[str, bool], aggregated: Mapping[str, Any]
) -> Comparison:
    """Hold what the policies decide by against PostgreSQL.

    Args:
        states: rooms, by id.
        revoked: sessions, by id, and whether each was revoked.
        aggregated: `data.aggregated` of Open Policy Agent.
    """
    result = Comparison()
    rooms, sessions = aggregated.get("rooms", {}), aggregated.get("sessions", {})
    for room_id, state in states.items():
        held = rooms.get(room_id, {})
        if held.get("version", 0) > state.room["membership_version"]:
            result.moved.append(room_id)
            continue
        expected = {
            "version": state.room["membership_version"],
            "privacy": state.room["privacy"],
            "members": dict(state.members),
        }
        result.take(_different(f"room {room_id}", expected, held))
    for session_id, gone in revoked.items():
        result.take(_different(f"session {session_id}", {"revoked": gone}, sessions.get(session_id, {})))
    return result


def _room_differences(room_id: str, state: RoomState, documents: Documents) -> list[str]:
    document = documents.rooms.get(room_id)
    if document is None:
        return [f"room {room_id}: there is no document"]
    row, last = state.room, state.last_message
    expected: dict[str, object] = {
        "sequence": row["last_sequence"],
        "version": row["membership_version"],
        "type": row["type"],
        "privacy": row["privacy"],
        "details": (row["name"], row["description"], row["photo_path"]),
        "members": row["member_count"],
        "messages": row["message_count"],
        "lastMessage": None if last is None else _message(last),
    }
    details = document.get("details", {})
    shown = document.get("lastMessage")
    came = {
        "sequence": document["changed"]["sequence"],
        "version": document.get("version"),
        "type": document.get("type"),
        "privacy": document.get("access", {}).get("privacy"),
        "details": (details.get("name"), details.get("description"), details.get("photoPath")),
        "members": document.get("members", {}).get("count"),
        "messages": document.get("messageCount", 0),
        "lastMessage": shown and (shown["id"], shown["senderId"], shown["sequence"], shown["content"]),
    }
    roster = documents.rosters.get(room_id, {})
    expected["roster"] = dict(state.members)
    came["roster"] = {member: each["version"] for member, each in roster.items() if each["active"]}
    for member, mark in state.read.items():
        expected[f"read by {member}"] = mark
        read = documents.mailboxes.get((member, room_id), {}).get("read", {})
        came[f"read by {member}"] = (read.get("sequence"), read.get("number"))
    for member, number in state.sent.items():
        expected[f"sent by {member}"] = number
        came[f"sent by {member}"] = documents.mailboxes.get((member, room_id), {}).get("sent")
    return _different(f"room {room_id}", expected, came)


def _message(row: Document) -> tuple[object, ...]:
    content = None if row["deleted_at"] is not None else row["content"]
    return (str(row["id"]), str(row["sender_id"]), row["sequence"], content)


def _profile(row: Document) -> dict[str, object]:
    active = row["deleted_at"] is None
    return {"active": active, "name": row["name"], "about": row["about"], "photoPath": row["photo_path"]}


def _different(what: str, expected: Document, came: Document) -> list[str]:
    return [
        f"{what}: {name} is {came.get(name)!r} and not {value!r}"
        for name, value in expected.items()
        if came.get(name) != value
    ]
