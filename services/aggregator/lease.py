"""Which of several aggregators is at work: the one that holds the lease, a document in MongoDB that it keeps beating.

OPA's patches have no "newer wins", so only one may send them. The others stand by, answer for inboxes, and watch the
beat. A lease whose beat has not moved for `TAKEN_OVER_AFTER_S` is taken over, by compare-and-set on the beat, so that
one of them gets it. Every clock here is monotonic and compared with itself only: hosts need not agree on the time.

The holder stops believing in its lease `MARGIN_S` before the others may take it, and asks itself that before
everything it does to OPA. What remains is a holder that is paused between that question and its request, for longer
than the margin: its patch could then follow its successor's. The successor finds a marker in OPA that is not its own
no more, as it looks for it every half second, and loads OPA anew.
"""

import time
import uuid
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import DuplicateKeyError

BEAT_EVERY_S = 0.5
TAKEN_OVER_AFTER_S = 3.0
MARGIN_S = 1.0
ANSWER_MS_MAX = 1_000  # an answer that takes longer is none: the lease would be over before it was renewed


class LeaseLost(Exception):  # noqa: N818 - an answer, not an error
    """We are not the one at work any more."""


@dataclass(slots=True)
class Watch:
    """What a standby has seen of the lease: its beat, and since when that has not moved."""

    beat: int | None = None
    since_s: float = 0.0

    def may_take(self, holder: str | None, beat: int, now_s: float) -> bool:
        """Note what the lease says now; whether it is free."""
        if holder is None:
            return True
        if beat != self.beat:
            self.beat, self.since_s = beat, now_s
        return now_s - self.since_s >= TAKEN_OVER_AFTER_S


class Lease:
    """The lease, as one aggregator sees it. Methods raise pymongo.errors.PyMongoError when MongoDB does not answer."""

    def __init__(self, url: str) -> None:
        self._client: Any = AsyncIOMotorClient(
            url,
            maxPoolSize=1,
            retryWrites=False,
            serverSelectionTimeoutMS=ANSWER_MS_MAX,
            connectTimeoutMS=ANSWER_MS_MAX,
            socketTimeoutMS=ANSWER_MS_MAX,
        )
        self._leases: Any = self._client.get_default_database("veigo").leases
        self._me = uuid.uuid4().hex
        self._watch = Watch()
        self._believed_until_s = 0.0

    @property
    def held(self) -> bool:
        """Whether we are sure to be the one at work."""
        return time.monotonic() < self._believed_until_s

    def require(self) -> None:
        """Raise LeaseLost unless we are sure to be the one at work."""
        if not self.held:
            raise LeaseLost

    async def take(self) -> bool:
        """Take the lease if it is free; whether we have it."""
        began_s = time.monotonic()
        lease = await self._leases.find_one({"_id": "aggregator"})
        if lease is None:
            try:
                await self._leases.insert_one({"_id": "aggregator", "holder": self._me, "beat": 1})
            except DuplicateKeyError:
                return False
        elif self._watch.may_take(lease["holder"], lease["beat"], began_s):
            wanted = {"_id": "aggregator", "beat": lease["beat"]}
            taken = await self._leases.update_one(wanted, {"$set": {"holder": self._me}, "$inc": {"beat": 1}})
            if taken.matched_count == 0:
                return False
        else:
            return False
        self._believed_until_s = began_s + TAKEN_OVER_AFTER_S - MARGIN_S
        return True

    async def renew(self) -> None:
        """Beat.

        Raises:
            LeaseLost: another has taken it.
        """
        began_s = time.monotonic()
        mine = {"_id": "aggregator", "holder": self._me}
        if (await self._leases.update_one(mine, {"$inc": {"beat": 1}})).matched_count == 0:
            self._believed_until_s = 0.0
            raise LeaseLost
        self._believed_until_s = began_s + TAKEN_OVER_AFTER_S - MARGIN_S

    async def release(self) -> None:
        """Let go, so that another takes it at once."""
        self._believed_until_s = 0.0
        await self._leases.update_one({"_id": "aggregator", "holder": self._me}, {"$set": {"holder": None}})

    async def __aenter__(self) -> Self:
        """Nothing is opened yet: the first use connects."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._client.close()
