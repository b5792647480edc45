"""The rules: from a batch of records to everything that has to be done about it. Pure, nothing awaits.

Documents. A write never says "set this", it says "this is what version 7 says": every changing part of a document is
either a number that only grows, or a *register*, an object that begins with the version it comes from, and the newer
one wins (MongoDB's `$max` compares objects field by field, so one unconditional upsert by _id does it). The newest
message is a register that begins with two versions: its own place, then that of its last edit. Hence any
record may be applied any number of times, in any order, and the documents come out the same; a replay from any
earlier position repairs what was lost and harms nothing.

Policy data. OPA's patches have no "newer wins", so we hold what version of each room and session OPA has been given
(`Held`), and what is not newer is not sent. Rooms are compared whole, by their last applied membership event: a room's
events arrive in order (one key, one partition), repeated at most.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from services.aggregator.changes import (
    Change,
    MemberChanged,
    MessageChanged,
    ProfileChanged,
    ReadMark,
    RoomChange,
    RoomDescribed,
    RoomState,
    SessionChanged,
    Unreadable,
    change_in,
)
from services.aggregator.snapshot_rows import change_in_row

PRIVATE = "private"  # what a room is until it is said to be public

Register = dict[str, object]
Operation = dict[str, object]


class Record(Protocol):
    """What we read of a Kafka record."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


@dataclass(slots=True)
class Write:
    """What one document has to contain at least.

    Attributes:
        facts: fields that never change once known.
        newest: numbers that only grow, and registers of which the newer wins.
    """

    facts: dict[str, object] = field(default_factory=dict)
    newest: dict[str, object] = field(default_factory=dict)

    def include(self, facts: Mapping[str, object], newest: Mapping[str, object]) -> None:
        """Fold another write to the same document into this one."""
        self.facts.update(facts)
        for name, value in newest.items():
            if name not in self.newest or version_of(value) > version_of(self.newest[name]):
                self.newest[name] = value


@dataclass(slots=True)
class Held:
    """The versions OPA has been given, by room and by session id."""

    rooms: dict[str, int] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class RoomGrants:
    """What changed in one room for the policies, up to `version`; a member's None says they left."""

    version: int = 0
    privacy: str | None = None
    members: dict[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record nobody can read, with the reason."""

    record: Record
    reason: str


@dataclass(slots=True)
class Projection:
    """Everything a batch asks for, in the order in which it is to be done.

    Attributes:
        writes: documents by (collection, id).
        rooms: policy data of rooms, only what is newer than what OPA holds.
        sessions: policy data of sessions, likewise: id to (version, revoked).
        dead_letters: records to set aside.
        positions: where to go on, by (topic, partition): the offset after the last one read.
        records: how many records were read.
        ignored: how many of them did not concern us.
    """

    writes: dict[tuple[str, str], Write] = field(default_factory=dict)
    rooms: dict[str, RoomGrants] = field(default_factory=dict)
    sessions: dict[str, tuple[int, bool]] = field(default_factory=dict)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    positions: dict[tuple[str, int], int] = field(default_factory=dict)
    records: int = 0
    ignored: int = 0

    @property
    def urgent(self) -> bool:
        """Whether somebody waits for it: what the policies decide by, or a record that must not be lost sight of."""
        return bool(self.rooms or self.sessions or self.dead_letters)

    def write(self, collection: str, key: str, facts: Mapping[str, object], newest: Mapping[str, object]) -> None:
        """Ask for a document to contain this."""
        self.writes.setdefault((collection, key), Write()).include(facts, newest)


def version_of(value: object) -> tuple[int, ...]:
    """The versions a part of a document comes from: the numbers a register begins with, or the number itself."""
    if not isinstance(value, dict):
        assert isinstance(value, int), f"{value!r} is no version"
        return (value,)
    versions = tuple(itertools.takewhile(lambda part: type(part) is int, value.values()))
    assert versions, f"{value!r} carries no version"
    return versions


def project_snapshot(records: Sequence[Record]) -> Projection:
    """What rows of a snapshot ask for: documents only. OPA is loaded from those, when all rows are in them."""
    projection = project(records, Held(), reader=lambda record: change_in_row(record.value))
    projection.rooms.clear()
    projection.sessions.clear()
    return projection


def project(
    records: Sequence[Record],
    held: Held,
    into: Projection | None = None,
    reader: Callable[[Record], Change | None] = lambda record: change_in(record.topic, record.value),
) -> Projection:
    """What a batch of records asks for, given what OPA holds; on top of what is asked for already, when there is."""
    projection = into or Projection()
    for record in records:
        try:
            change = reader(record)
        except Unreadable as error:
            projection.dead_letters.append(DeadLetter(record, str(error)))
        else:
            _include(projection, change, held)
        projection.positions[record.topic, record.partition] = record.offset + 1
    projection.records += len(records)
    return projection


def _include(projection: Projection, change: Change | None, held: Held) -> None:
    """Fold one change into the documents, and into the policy data where it matters there."""
    match change:
        case None:
            projection.ignored += 1
        case RoomChange():
            _write_room(projection, change)
            if isinstance(change, MemberChanged) or (isinstance(change, RoomDescribed) and change.privacy is not None):
                _grant_in_room(projection, change, held)
        case ReadMark():
            mark = {"sequence": change.sequence, "number": change.number}
            _write_mail(projection, change.member, change.room, {"read": mark})
        case SessionChanged():
            who = {"accountId": change.account, "clientId": change.client} if change.account else {}
            newest = {"version": change.version, "revoked": change.revoked}
            projection.write("sessions", change.id, who, newest)
            known = projection.sessions.get(change.id, (held.sessions.get(change.id, 0), False))[0]
            if change.version > known:
                projection.sessions[change.id] = (change.version, change.revoked)
        case ProfileChanged():
            projection.write("profiles", change.id, {}, {"state": _profile(change)})


def _profile(change: ProfileChanged) -> Register:
    return {
        "version": change.version,
        "active": change.active,
        "name": change.name,
        "about": change.about,
        "photoPath": change.photo_path,
        "updatedAt": change.updated_at,
    }


def roster_of(room: str, bucket: str) -> str:
    """The document that lists those members of a room whose ids begin with `bucket`."""
    return f"{room}:{bucket}"


def mailbox_of(member: str, bucket: str) -> str:
    """The document that lists those rooms of somebody whose ids end with `bucket`."""
    return f"{member}:{bucket}"


def _write_mail(projection: Projection, member: str, room: str, newest: Mapping[str, object]) -> None:
    """What somebody has to do with a room, in one of their sixteen mailboxes."""
    parts = {f"rooms.{room}.{name}": value for name, value in newest.items()}
    projection.write("mailboxes", mailbox_of(member, room[-1]), {"member": member}, parts)


def _write_room(projection: Projection, change: RoomChange) -> None:
    """The room's document, and those of the people it is about."""
    sequence = change.sequence
    facts: dict[str, object] = {}
    newest: dict[str, object] = {"changed": {"sequence": sequence, "at": change.at}}
    match change:
        case MessageChanged():
            newest["messageCount"] = change.number
            newest["lastMessage"] = {
                "sequence": change.place,
                "revision": sequence,
                "id": change.message,
                "senderId": change.sender,
                "createdAt": change.created_at,
                "content": change.content,
            }
            _write_mail(projection, change.sender, change.room, {"sent": change.number})
        case MemberChanged():
            newest["version"] = sequence
            if change.member_count is not None:
                newest["members"] = {"sequence": sequence, "count": change.member_count}
            state = {"version": sequence, "active": change.active}
            roster = roster_of(change.room, change.member[0])
            projection.write("rosters", roster, {"room": change.room}, {f"members.{change.member}": state})
            mail = state | {"messageCount": change.message_count}
            _write_mail(projection, change.member, change.room, {"state": mail})
        case RoomDescribed():
            _describe(change, facts, newest)
        case RoomState():
            facts["type"] = change.type
            newest |= _state(change)
    projection.write("rooms", change.room, facts, newest)


def _state(room: RoomState) -> dict[str, object]:
    """All that a room's row says. What of it is how old it does not say; nothing is older than its last event."""
    details = {"name": room.name, "description": room.description, "photoPath": room.photo_path}
    return {
        "version": room.version,
        "messageCount": room.messages,
        "members": {"sequence": room.version, "count": room.members},
        "access": {"sequence": room.sequence, "privacy": room.privacy},
        "details": {"sequence": room.sequence, **details},
    }


def _describe(change: RoomDescribed, facts: dict[str, object], newest: dict[str, object]) -> None:
    """What is said about the room: its name with what describes it, and its privacy, each a register of its own."""
    if change.type is not None:
        facts["type"] = change.type
    if change.privacy is not None:
        newest["version"] = change.sequence
        newest["access"] = {"sequence": change.sequence, "privacy": change.privacy}
    if change.name is not None:
        newest["details"] = {
            "sequence": change.sequence,
            "name": change.name,
            "description": change.description,
            "photoPath": change.photo_path,
        }


def _grant_in_room(projection: Projection, change: MemberChanged | RoomDescribed, held: Held) -> None:
    """What the policies learn of a room, unless OPA holds it already."""
    pending = projection.rooms.get(change.room)
    known = pending.version if pending else held.rooms.get(change.room, 0)
    if change.sequence <= known:
        return
    grants = projection.rooms.setdefault(change.room, RoomGrants())
    grants.version = change.sequence
    if isinstance(change, RoomDescribed):
        grants.privacy = change.privacy
    else:
        grants.members[change.member] = change.sequence if change.active else None


def patch(projection: Projection, held: Held) -> list[Operation]:
    """The JSON patch of `data.aggregated` that gives OPA what it does not hold yet; empty when there is nothing."""
    operations: list[Operation] = []
    for session, (version, revoked) in projection.sessions.items():
        operations.append(_add(f"/sessions/{session}", {"version": version, "revoked": revoked}))
    for room, grants in projection.rooms.items():
        if room in held.rooms:
            operations += _room_patch(f"/rooms/{room}", grants)
        else:
            members = {member: sequence for member, sequence in grants.members.items() if sequence is not None}
            whole = {"version": grants.version, "privacy": grants.privacy or PRIVATE, "members": members}
            operations.append(_add(f"/rooms/{room}", whole))
    return operations


def given(projection: Projection, held: Held) -> None:
    """Note that OPA now holds what the projection gave it."""
    held.rooms.update({room: grants.version for room, grants in projection.rooms.items()})
    held.sessions.update({session: version for session, (version, _) in projection.sessions.items()})


def _room_patch(at: str, grants: RoomGrants) -> list[Operation]:
    operations: list[Operation] = []
    for member, sequence in grants.members.items():
        # Adding first makes removing safe: a patch that removes what is not there fails as a whole.
        operations.append(_add(f"{at}/members/{member}", sequence or 0))
        if sequence is None:
            operations.append({"op": "remove", "path": f"{at}/members/{member}"})
    if grants.privacy is not None:
        operations.append(_add(f"{at}/privacy", grants.privacy))
    operations.append(_add(f"{at}/version", grants.version))
    return operations


def _add(path: str, value: object) -> Operation:
    return {"op": "add", "path": path, "value": value}
