"""The documents in MongoDB, and how far into the change log they go. All MongoDB access is here.

Collections (`_id` in brackets):
- `rooms` [room]: type, version (last membership event), changed {sequence, at}, details {sequence, name, …}, access
  {sequence, privacy}, members {sequence, count}, messageCount, lastMessage {sequence, revision, id, senderId, …}
- `rosters` [room:first digit of the members' ids], sixteen for a room: room, members.<id> {version, active}; one who
  left stays, inactive
- `mailboxes` [member:last digit of the rooms' ids], sixteen for a person: member, rooms.<id> {state {version, active,
  messageCount}, read {sequence, number}, sent}
- `sessions` [session]: accountId, clientId, version, revoked
- `profiles` [account]: state {version, active, name, about, photoPath, updatedAt}
- `positions` [topic:partition]: topic, partition, next (the offset to read next)
- `orders` ["rebuild"]: that the others are to be made anew, and from what (rebuild_order.py)

Every write is an upsert by `_id` alone with `$max`, so repeating it or coming late with it changes nothing, on real
MongoDB and on the embedded server alike (which scans the collection when a filter names more than `_id`).

Positions are advanced by compare-and-set. A database that crashed may come back without its last moments; then the
comparison fails, and the caller goes back to the stored position and repeats what was lost.

Motor is used by request though it is past its end of life; see docs/decisions/0005-motor.md.
"""

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import UpdateOne

from services.aggregator.projection import Held, Write
from services.aggregator.rebuild_order import ORDERS, REBUILD, Positions, RebuildOrder, order_in

# In this order: a room's version must not get ahead of its memberships, should we be stopped halfway.
COLLECTIONS = ("sessions", "profiles", "mailboxes", "rosters", "rooms")
SELECTION_MS_MAX = 1_000  # how long to look for the server before saying it is away
ANSWER_MS_MAX = 60_000  # the embedded server reads 100 000 memberships in some 10 s; health tells long before


class Documents:
    """The read model. Every method raises pymongo.errors.PyMongoError when MongoDB does not do it."""

    def __init__(self, url: str) -> None:
        # One connection, used by one task: the steps of a batch are strictly in order. Nothing is retried behind our
        # back, so that every interruption is seen where it is handled.
        self._client: Any = AsyncIOMotorClient(
            url,
            maxPoolSize=1,
            retryWrites=False,
            retryReads=False,
            serverSelectionTimeoutMS=SELECTION_MS_MAX,
            connectTimeoutMS=SELECTION_MS_MAX,
            socketTimeoutMS=ANSWER_MS_MAX,
        )
        self._database: Any = self._client.get_default_database("veigo")

    async def write(self, writes: Mapping[tuple[str, str], Write]) -> None:
        """Make the documents contain this; what is newer in them stays."""
        for collection in COLLECTIONS:
            updates = [_update(key, write) for (into, key), write in writes.items() if into == collection]
            if updates:
                await self._database[collection].bulk_write(updates, ordered=False)

    async def positions(self, partitions: Iterable[tuple[str, int]]) -> Positions:
        """Where to go on in each partition; 0, and remembered as such, where we have never been."""
        wanted = {_key(topic, partition): (topic, partition) for topic, partition in partitions}
        found = {row["_id"]: row["next"] async for row in self._database.positions.find({})}
        await self._insert_positions({wanted[key]: 0 for key in wanted.keys() - found.keys()})
        return {wanted[key]: found.get(key, 0) for key in wanted}

    async def advance(self, expected: Positions, reached: Positions) -> bool:
        """Store how far we are; False, if a stored position is not the expected one. Then read them again."""
        moves = [
            UpdateOne({"_id": _key(*where), "next": expected[where]}, {"$set": {"next": offset}})
            for where, offset in reached.items()
        ]
        result = await self._database.positions.bulk_write(moves, ordered=False)
        return bool(result.matched_count == len(moves))

    async def order(self) -> RebuildOrder | None:
        """The order to make everything anew, if there is one."""
        return order_in(await self._database[ORDERS].find_one({"_id": REBUILD}))

    async def begin_anew(self, order: RebuildOrder) -> None:
        """Drop every document, and stand where the order says to go on."""
        for collection in (*COLLECTIONS, "positions"):
            await self._database[collection].drop()
        await self._insert_positions(order.positions)

    async def forget(self, order: RebuildOrder) -> None:
        """Note that this order is carried out; another that has come meanwhile stays."""
        await self._database[ORDERS].delete_one({"_id": REBUILD, "snapshot": order.snapshot})

    async def policy_data(self) -> tuple[dict[str, Any], Held]:
        """All that the policies need, whole, as `data.aggregated` holds it (without marker), and its versions."""
        rooms: dict[str, dict[str, Any]] = {}
        sessions: dict[str, dict[str, Any]] = {}
        # Rooms first: a membership newer than its room's version does no harm, the reverse would.
        async for row in self._database.rooms.find({"version": {"$gt": 0}}, {"version": 1, "access": 1}):
            privacy = row.get("access", {}).get("privacy", "private")
            rooms[row["_id"]] = {"version": row["version"], "privacy": privacy, "members": {}}
        async for row in self._database.rosters.find({}):
            if row["room"] in rooms:
                there = {member: state["version"] for member, state in row["members"].items() if state["active"]}
                rooms[row["room"]]["members"].update(there)
        async for row in self._database.sessions.find({}, {"version": 1, "revoked": 1}):
            sessions[row["_id"]] = {"version": row["version"], "revoked": row["revoked"]}
        held = Held(
            rooms={room: data["version"] for room, data in rooms.items()},
            sessions={session: data["version"] for session, data in sessions.items()},
        )
        return {"rooms": rooms, "sessions": sessions}, held

    async def _insert_positions(self, positions: Positions) -> None:
        rows = [
            {"_id": _key(topic, partition), "topic": topic, "partition": partition, "next": offset}
            for (topic, partition), offset in positions.items()
        ]
        if rows:
            await self._database.positions.insert_many(rows)

    async def __aenter__(self) -> Self:
        """Nothing is opened yet: the first use connects."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._client.close()


def _update(key: str, write: Write) -> UpdateOne:
    update: dict[str, Any] = {"$max": write.newest}
    if write.facts:
        update["$set"] = write.facts
    return UpdateOne({"_id": key}, update, upsert=True)


def _key(topic: str, partition: int) -> str:
    return f"{topic}:{partition}"
