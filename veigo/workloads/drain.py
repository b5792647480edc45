"""The condition a conversation ends with: every acknowledged message seen by every member.

It is fed by acknowledgements and frames as they come, and answers at once when nothing is outstanding any more. No
polling, and no sleeping in the hope that it is enough.
"""

import asyncio

from veigo.history import Frame, Operation
from veigo.outcome import Outcome


class Drain:
    """Which deliveries are still owed."""

    def __init__(self) -> None:
        self._members: dict[str, frozenset[str]] = {}
        self._seen: dict[str, set[str]] = {}
        self._missing: dict[str, set[str]] = {}
        self._nothing_missing = asyncio.Event()
        self._nothing_missing.set()

    @property
    def outstanding(self) -> int:
        """How many deliveries are still owed."""
        return sum(len(users) for users in self._missing.values())

    def expect_members(self, room: str, members: list[str]) -> None:
        """Say who is owed a room's messages."""
        self._members[room] = frozenset(members)

    def acknowledged(self, send: Operation) -> None:
        """Owe a message to every member who has not seen it yet, as acknowledgement and frame race each other."""
        if send.outcome is not Outcome.OK or send.message_id is None:
            return
        missing = set(self._members.get(send.room or "", ())) - self._seen.get(send.message_id, set())
        if missing:
            self._missing[send.message_id] = missing
            self._nothing_missing.clear()

    def received(self, frame: Frame) -> None:
        """Tick off what a member received."""
        if frame.type != "MESSAGE" or frame.message_id is None:
            return
        self._seen.setdefault(frame.message_id, set()).add(frame.user)
        missing = self._missing.get(frame.message_id)
        if missing is None:
            return
        missing.discard(frame.user)
        if not missing:
            del self._missing[frame.message_id]
        if not self._missing:
            self._nothing_missing.set()

    async def complete(self, within_s: float) -> bool:
        """Wait until nothing is owed; False when it still is after `within_s`."""
        try:
            async with asyncio.timeout(within_s):
                await self._nothing_missing.wait()
        except TimeoutError:
            return False
        return True
