"""A drill: a few people do, in a few seconds and one room, all that there are promises about.

Ann and Bob talk, edit, delete and read; some sends never get an answer; Bob loses his socket and resumes; Cid is
removed and tries again; Dan signs out with his socket open; Eve was never let in.
"""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Callable

from saboteurs.relay import CUT
from veigo.client.graphql import GraphQL
from veigo.client.session import User, must
from veigo.history import Frame, History, Operation, SocketEvent, now
from veigo.outcome import Outcome

REVOKED_WITHIN_S = 2.0  # for Dan's socket to be closed
DRAINED_WITHIN_S = 3.0
PAUSE_S = 0.02
LINES = 14
CUTS = 4


class Drill:
    """The workload of one run."""

    def __init__(self, url: str, history: History) -> None:
        self.room = ""
        self._history = history
        self._graphql = GraphQL(url, timeout_s=10)
        self._reached: dict[str, int] = defaultdict(int)
        self._got: dict[str, set[str | None]] = defaultdict(set)
        names = ("Ann", "Bob", "Cid", "Dan", "Eve")
        self._people = [User(name, url, self._graphql, history, self._note) for name in names]

    async def __aenter__(self) -> "Drill":
        return self

    async def __aexit__(self, *_: object) -> None:
        for person in self._people:
            await person.leave()
        await self._graphql.close()

    async def hold(self) -> None:
        """Do everything once."""
        await self._gather()
        self._history.mark("talk_started")
        await self._talk()
        await self._change()
        await self._knock()
        await self._resume()
        await self._remove()
        await self._revoke()
        last = await self._say("bye")
        self._history.mark("talk_ended")
        ann, bob, *_ = self._people
        await until(lambda: {last.message_id} <= self._got[ann.id] & self._got[bob.id], DRAINED_WITHIN_S)
        self._history.mark("drained")

    async def ask_all(self) -> None:
        """Ask for one of everything that needs a decision."""
        _, bob, *_ = self._people
        await self._say("is anybody there?")
        await bob.read(self.room)
        await bob.add_members(self.room, [self._people[-1].id])

    async def read(self) -> Operation:
        """Let Bob read the room."""
        return await self._people[1].read(self.room)

    async def _gather(self) -> None:
        run = uuid.uuid4().hex[:12]
        for person in self._people:
            must(await person.sign_up(f"{person.name}.{run}@example.com", "Password@123", "drill"))
        ann, *others, eve = self._people
        self.room = must(await ann.create_room("Hall", [other.id for other in others])).room or ""
        own = must(await eve.create_room("Own", [])).room or ""
        for person in self._people:
            must(await person.connect())
            must(await person.join(own if person is eve else self.room))

    async def _talk(self) -> None:
        ann, bob, *_ = self._people
        for number in range(LINES):
            await self._say(f"line {number}", ann if number % 2 else bob)
            if number % 5 == 4:
                await bob.read(self.room)
        await asyncio.gather(*(self._say(f"at once {number}") for number in range(3)))
        for number in range(CUTS):
            await ann.send(self.room, f"{CUT}{number}", str(uuid.uuid4()), expected=Outcome.UNKNOWN)

    async def _change(self) -> None:
        ann, bob, *_ = self._people
        said = [await self._say(text) for text in ("to be edited", "to be deleted")]
        await ann.edit(self.room, said[0].message_id or "", "was edited")
        await ann.delete(self.room, said[1].message_id or "")
        await bob.read(self.room)

    async def _knock(self) -> None:
        eve = self._people[-1]
        await eve.read(self.room, expected=Outcome.FAILED)
        await eve.send(self.room, "let me in", str(uuid.uuid4()), expected=Outcome.FAILED)
        await eve.join(self.room, expected=Outcome.FAILED)

    async def _resume(self) -> None:
        _, bob, *_ = self._people
        last = await self._say("before Bob goes")
        await until(lambda: last.message_id in self._got[bob.id], DRAINED_WITHIN_S)
        await bob.leave()
        for number in range(3):
            await self._say(f"without Bob {number}")
        must(await bob.connect())
        must(await bob.join(self.room, after=self._reached[bob.id]))

    async def _remove(self) -> None:
        ann, _, cid, *_ = self._people
        must(await ann.remove_member(self.room, cid.id))
        for number in range(3):
            await self._say(f"without Cid {number}")
        await cid.read(self.room, expected=Outcome.FAILED)
        await cid.send(self.room, "still here?", str(uuid.uuid4()), expected=Outcome.FAILED)

    async def _revoke(self) -> None:
        dan = self._people[3]
        must(await dan.sign_out())
        await until(lambda: self._has_lost_socket(dan), REVOKED_WITHIN_S + 0.3)

    def _has_lost_socket(self, user: User) -> bool:
        return any(
            isinstance(record, SocketEvent) and record.user == user.id and record.event == "closed"
            for record in self._history.records
        )

    async def _say(self, text: str, who: User | None = None) -> Operation:
        speaker = who or self._people[0]
        return await speaker.send(self.room, text, str(uuid.uuid4()), intended_ns=now()[0])

    def _note(self, frame: Frame) -> None:
        if frame.room == self.room and frame.sequence is not None and frame.type not in {"JOINED", "LEFT"}:
            self._reached[frame.user] = max(self._reached[frame.user], frame.sequence)
            self._got[frame.user].add(frame.message_id)


async def until(condition: Callable[[], bool], within_s: float) -> bool:
    """Wait for a condition; False when it does not come true in time, as with some saboteurs it never does."""
    ends_ns = now()[0] + within_s * 1e9
    while not condition():
        if now()[0] > ends_ns:
            return False
        await asyncio.sleep(PAUSE_S)
    return True
