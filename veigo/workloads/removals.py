"""Somebody is removed from a room, again and again: what do they still get, and what are they still let do?

Each trial has a room of its own. The member listens on a socket; the owner removes them; and from the moment the owner
has the answer the member tries to send, read, edit and join. All four must be refused: a grant is a violation, and so
is a frame whose sequence lies beyond the removal's. How long the member's last frame, the refusals, and the owner's
own next send take is measured from that same moment.
"""

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from veigo.client.graphql import GraphQL
from veigo.client.session import User, must
from veigo.client.socket import Socket
from veigo.history import Frame, History, now
from veigo.outcome import Refused, is_refusal

SETTLE_WITHIN_S = 10.0  # for the member's socket to be told of the removal
IN_FLIGHT_MAX = 200  # background messages not answered yet; above, the load waits

REMOVE = """mutation Remove($room: String!, $member: String!) {
  RemoveMemberFromRoom(roomId: $room, memberId: $member) { memberId } }"""
SEND = 'mutation Send($room: String!) { CreateMessage(roomId: $room, content: "still here?") { id } }'
READ = "query Read($room: String!) { ListMessages(roomId: $room) { records { id } } }"
EDIT = """mutation Edit($room: String!, $message: String!) {
  UpdateMessage(roomId: $room, messageId: $message, content: "edited") { id } }"""


Capture = Callable[[bool], Awaitable[None]]


class Report(msgspec.Struct):
    """An answer whose data nobody looks at."""


@dataclass(slots=True)
class Trial:
    """What one removal came to; times in milliseconds after its acknowledgement.

    Attributes:
        last_frame_ms: when the member's last frame came; None when none came after the acknowledgement.
        beyond: frames whose sequence lies beyond the removal's.
        refused_ms: when each attempt of the member was refused.
        granted: attempts that were not.
        unclear: attempts of unknown ending.
        owner_ms: how long the owner's next send took.
    """

    last_frame_ms: float | None = None
    beyond: int = 0
    refused_ms: dict[str, float] = field(default_factory=dict)
    granted: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    owner_ms: float | None = None


class Removals:
    """The workload: an owner, a member, and somebody who makes the load."""

    def __init__(self, base_url: str, history: History) -> None:
        self._base_url = base_url
        self._history = history
        self._graphql = GraphQL(base_url)
        self._frames: list[Frame] = []
        self._left = asyncio.Event()
        self._people = [
            User(name, base_url, self._graphql, history, self._note) for name in ("Owner", "Member", "Others")
        ]

    async def prepare(self) -> None:
        """Sign everybody up; StepFailed when that does not work."""
        run = uuid.uuid4().hex[:12]
        for number, person in enumerate(self._people):
            must(await person.sign_up(f"{number}.{run}@example.com", "Password@123", "lag"))

    async def close(self) -> None:
        """Close the connections."""
        await self._graphql.close()

    async def trials(self, count: int, rate: float, capture: Capture | None = None) -> list[Trial]:
        """Carry out so many removals, one after the other, beside `rate` messages a second in another room.

        Args:
            count: of removals.
            rate: of the other messages; 0 for none.
            capture: stops change capture (False) before each removal and lets it go on (True) after, when given.
        """
        loading = asyncio.create_task(self._load(rate)) if rate else None
        try:
            return [await self._trial(capture or _as_it_is) for _ in range(count)]
        finally:
            if loading is not None:
                loading.cancel()
                await asyncio.gather(loading, return_exceptions=True)

    async def _trial(self, capture: Capture) -> Trial:
        owner, member, _ = self._people
        room = must(await owner.create_room("Lag", [member.id])).room or ""
        said = must(await member.send(room, "hello", str(uuid.uuid4())))
        self._frames.clear()
        self._left.clear()
        socket = await Socket.open(self._base_url, member.id, member.token, self._history, self._note)
        try:
            await socket.join(room)
            must(await owner.send(room, "welcome", str(uuid.uuid4())))
            await capture(False)
            await self._ask(owner, REMOVE, room=room, member=member.id)
            acknowledged_ns, _ = now()
            trial = Trial()
            async with asyncio.TaskGroup() as group:
                attempts: dict[str, Awaitable[Any]] = {
                    "send": self._ask(member, SEND, room=room),
                    "read": self._ask(member, READ, room=room),
                    "edit": self._ask(member, EDIT, room=room, message=said.message_id or ""),
                    "join": self._join_elsewhere(member, room),
                }
                for name, attempt in attempts.items():
                    group.create_task(_attempted(trial, name, attempt, acknowledged_ns))
                group.create_task(self._owner_goes_on(trial, owner, room, acknowledged_ns))
            await capture(True)
            try:
                await asyncio.wait_for(self._left.wait(), SETTLE_WITHIN_S)
            except TimeoutError:  # then nobody knows what would have come beyond it
                trial.unclear.append(f"the member's socket was not told of the removal within {SETTLE_WITHIN_S:g} s")
            _judge_frames(trial, [frame for frame in self._frames if frame.room == room], acknowledged_ns)
        finally:
            await capture(True)
            await socket.close()
        return trial

    async def _ask(self, person: User, document: str, **variables: str) -> None:
        await self._graphql.execute(document, variables, Report, person.token)

    async def _join_elsewhere(self, member: User, room: str) -> None:
        socket = await Socket.open(self._base_url, member.id, member.token, self._history, lambda _: None)
        try:
            await socket.join(room)
        finally:
            await socket.close()

    async def _owner_goes_on(self, trial: Trial, owner: User, room: str, acknowledged_ns: int) -> None:
        with contextlib.suppress(Exception):  # with change capture stopped it is refused, and that is no finding
            await self._ask(owner, SEND, room=room)
            trial.owner_ms = (now()[0] - acknowledged_ns) / 1e6

    def _note(self, frame: Frame) -> None:
        self._frames.append(frame)
        if frame.type == "LEFT":
            self._left.set()

    async def _load(self, rate: float) -> None:
        others = self._people[2]
        room = must(await others.create_room("Load", [])).room or ""
        turns = asyncio.Semaphore(IN_FLIGHT_MAX)

        async def say() -> None:
            try:
                await others.send(room, "load", str(uuid.uuid4()))
            finally:
                turns.release()

        async with asyncio.TaskGroup() as group:
            while True:
                await asyncio.sleep(1 / rate)
                await turns.acquire()
                group.create_task(say())


async def _as_it_is(_: bool) -> None:
    """Leave change capture alone."""


async def _attempted(trial: Trial, name: str, attempt: Awaitable[Any], acknowledged_ns: int) -> None:
    try:
        await attempt
    except Exception as error:  # noqa: BLE001 - however it ended, it is told apart below
        told_no = is_refusal(error) or (isinstance(error, Refused) and error.code == "UNAVAILABLE")
        if told_no:
            trial.refused_ms[name] = (now()[0] - acknowledged_ns) / 1e6
        else:
            trial.unclear.append(f"{name}: {error}")
    else:
        trial.granted.append(name)


def _judge_frames(trial: Trial, frames: list[Frame], acknowledged_ns: int) -> None:
    late = [frame for frame in frames if frame.at_ns > acknowledged_ns]
    if late:
        trial.last_frame_ms = (max(frame.at_ns for frame in late) - acknowledged_ns) / 1e6
    removals = [frame.sequence or 0 for frame in frames if frame.type == "MEMBER_REMOVED"]
    if removals:
        trial.beyond = sum((frame.sequence or 0) > removals[0] for frame in frames if frame.type != "LEFT")
