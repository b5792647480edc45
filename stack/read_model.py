"""Reads both sides of the read model, chat's tables in PostgreSQL and the documents in MongoDB; has it made anew."""

import contextlib
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

from stack import mongo, postgres
from stack.snapshot import Snapshot, watermarks
from veigo.read_model import Document, Documents, RoomState, documents_of
from veigo.stack.stack import Stack

if TYPE_CHECKING:
    from pymongo.database import Database

ANSWER_MS_MAX = 60_000

Only = Collection[str] | None  # ids to read only these; None reads all


def _ids(only: Only) -> list[UUID] | None:
    return None if only is None else [UUID(each) for each in only]


@contextlib.contextmanager
def _database(stack: Stack) -> "Iterator[Database[dict[str, Any]]]":
    from pymongo import MongoClient

    client: MongoClient[dict[str, Any]] = MongoClient(
        mongo.url(stack), serverSelectionTimeoutMS=5_000, socketTimeoutMS=ANSWER_MS_MAX
    )
    with client:
        yield client.get_default_database("veigo")


def order(stack: Stack, snapshot: Snapshot | None) -> None:
    """Ask the aggregator to make every document anew: from a snapshot, or from the log's beginning."""
    what: dict[str, Any] = {"snapshot": None}
    if snapshot is not None:
        positions = [{"topic": topic, "partition": at, "next": end} for (topic, at), end in snapshot.ends.items()]
        what = {"snapshot": snapshot.topic, "end": snapshot.records, "positions": positions}
    with _database(stack) as database:
        database.orders.replace_one({"_id": "rebuild"}, what, upsert=True)


def is_ordered(stack: Stack) -> bool:
    """Whether the order is still to be carried out."""
    with _database(stack) as database:
        return database.orders.find_one({"_id": "rebuild"}) is not None


def documents(stack: Stack, rooms: Only = None, people: Only = None) -> Documents:
    """All documents there are, or those of some rooms and people."""
    selected = (("rooms", "_id", rooms), ("rosters", "room", rooms), ("mailboxes", "member", people))
    with _database(stack) as database:
        found = [
            list(database[name].find({} if only is None else {by: {"$in": list(only)}}))
            for name, by, only in (*selected, ("profiles", "_id", people))
        ]
    return documents_of(*found)


async def states(
    stack: Stack, only_rooms: Only = None, people: Only = None
) -> tuple[dict[str, RoomState], dict[str, Document]]:
    """What PostgreSQL holds, in one snapshot: rooms and profiles, by id, all or only some."""
    some, persons = _ids(only_rooms), _ids(people)
    connection = await postgres.connect(stack, "chat_db")
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            rooms = await connection.fetch("SELECT * FROM rooms WHERE $1::uuid[] IS NULL OR id = ANY($1)", some)
            members = await connection.fetch(
                "SELECT room_id, member_id, sequence FROM room_members WHERE $1::uuid[] IS NULL OR room_id = ANY($1)",
                some,
            )
            last = await connection.fetch(
                "SELECT DISTINCT ON (room_id) * FROM messages WHERE $1::uuid[] IS NULL OR room_id = ANY($1)"
                " ORDER BY room_id, sequence DESC",
                some,
            )
            read = await connection.fetch(
                "SELECT room_id, member_id, sequence, number FROM read_marks"
                " WHERE $1::uuid[] IS NULL OR room_id = ANY($1)",
                some,
            )
            sent = await connection.fetch(
                "SELECT room_id, sender_id, max(number) AS number FROM messages"
                " WHERE $1::uuid[] IS NULL OR room_id = ANY($1) GROUP BY room_id, sender_id",
                some,
            )
            profiles = await connection.fetch(
                "SELECT * FROM profiles WHERE $1::uuid[] IS NULL OR id = ANY($1)", persons
            )
    finally:
        await connection.close()
    in_room: dict[Any, dict[str, int]] = defaultdict(dict)
    read_in: dict[Any, dict[str, tuple[int, int]]] = defaultdict(dict)
    sent_in: dict[Any, dict[str, int]] = defaultdict(dict)
    for row in members:
        in_room[row["room_id"]][str(row["member_id"])] = row["sequence"]
    for row in read:
        read_in[row["room_id"]][str(row["member_id"])] = (row["sequence"], row["number"])
    for row in sent:
        sent_in[row["room_id"]][str(row["sender_id"])] = row["number"]
    newest = {row["room_id"]: dict(row) for row in last}
    found = {
        str(row["id"]): RoomState(
            dict(row), in_room[row["id"]], newest.get(row["id"]), read_in[row["id"]], sent_in[row["id"]]
        )
        for row in rooms
    }
    return found, {str(row["id"]): dict(row) for row in profiles}


def begins_at(stack: Stack, topic: str) -> int:
    """The number of records that are gone from the topic's beginning, all partitions together."""
    return sum(low for low, _ in watermarks(stack, topic).values())
