"""Reads the documents of an inbox from MongoDB, each by `_id`, in as many queries for many rooms as for one."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from motor.motor_asyncio import AsyncIOMotorClient

from services.aggregator import inbox
from services.aggregator.inbox import Document, Entry
from services.aggregator.projection import mailbox_of, roster_of

BUCKETS = "0123456789abcdef"
FIRST_BUCKETS = BUCKETS[:2]  # of a large room, an eighth of the members are enough to show twenty
CONNECTIONS_MAX = 8
ANSWER_MS_MAX = 5_000
ROOMS_MAX = 2_000  # rooms of one person that are looked at, the youngest ones; the others are not in the inbox


class InboxReader:
    """The read model, for reading. Methods raise pymongo.errors.PyMongoError when MongoDB does not answer."""

    def __init__(self, url: str) -> None:
        self._client: Any = AsyncIOMotorClient(
            url,
            maxPoolSize=CONNECTIONS_MAX,
            serverSelectionTimeoutMS=ANSWER_MS_MAX,
            connectTimeoutMS=ANSWER_MS_MAX,
            socketTimeoutMS=ANSWER_MS_MAX,
        )
        self._database: Any = self._client.get_default_database("veigo")

    async def entries(self, member: str, after: tuple[str, str] | None, limit: int) -> list[Entry]:
        """Return a part of somebody's inbox, without the members."""
        mails = inbox.mails(await self._all("mailboxes", (mailbox_of(member, bucket) for bucket in BUCKETS)))
        youngest = sorted(mails, key=lambda mail: mail.room, reverse=True)[:ROOMS_MAX]
        rooms = {row["_id"]: row for row in await self._all("rooms", (mail.room for mail in youngest))}
        # A membership may come through before the room's first event is read again; it shows up with that.
        known = [Entry(mail, rooms[mail.room]) for mail in youngest if "details" in rooms.get(mail.room, {})]
        return inbox.after(known, after)[:limit]

    async def with_members(self, entries: list[Entry]) -> list[Entry]:
        """Return entries with the first of their members and those members' profiles."""
        rosters: dict[str, list[Document]] = defaultdict(list)
        await self._add_rosters(rosters, [entry.mail.room for entry in entries], FIRST_BUCKETS)
        short = [
            entry.mail.room
            for entry in entries
            if len(inbox.shown(rosters[entry.mail.room])) < min(inbox.MEMBERS_SHOWN, entry.members_count)
        ]
        await self._add_rosters(rosters, short, BUCKETS[len(FIRST_BUCKETS) :])
        shown = {room: inbox.shown(found) for room, found in rosters.items()}
        people = {member for members in shown.values() for member in members}
        profiles = {row["_id"]: row["state"] for row in await self._all("profiles", people)}
        return [
            replace(entry, members=[(member, profiles.get(member, {})) for member in shown[entry.mail.room]])
            for entry in entries
        ]

    async def _add_rosters(self, into: dict[str, list[Document]], rooms: list[str], buckets: str) -> None:
        for row in await self._all("rosters", (roster_of(room, bucket) for room in rooms for bucket in buckets)):
            into[row["room"]].append(row)

    async def _all(self, collection: str, keys: Iterable[str]) -> list[Document]:
        wanted = list(keys)
        return [row async for row in self._database[collection].find({"_id": {"$in": wanted}})] if wanted else []

    async def __aenter__(self) -> Self:
        """Nothing is opened yet: the first use connects."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._client.close()
