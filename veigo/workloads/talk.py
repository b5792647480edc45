"""``SendAndRead`` carried out: gather, begin to talk, fall silent when told, drain what is under way.

Everything goes through the stack's public port. Nobody waits for anybody: an act has its time, and whoever is still
trying to send when the next one is due does both.
"""

import asyncio
import itertools
import random
import uuid
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Self

from veigo.client.graphql import GraphQL
from veigo.client.session import User, must
from veigo.history import Frame, History, now
from veigo.outcome import Outcome
from veigo.stack.problem import first_of
from veigo.steady_state import Pulses
from veigo.workloads.acts import Act, Doing, acts
from veigo.workloads.conversation import IN_FLIGHT_MAX, SIGN_UPS_AT_ONCE_MAX, name_of, until_time
from veigo.workloads.drain import Drain
from veigo.workloads.listening import Listening
from veigo.workloads.send_and_read import SendAndRead

ATTEMPTS_MAX = 40  # of one send, with pauses that double: a minute of a stack that answers nobody
JOINING_AT_ONCE_MAX = 16
ANSWERED_WITHIN_S = 30.0  # for who still tries when the talk is over; above, what became of it is unknown
UNINVITED_EVERY_S = 1.0
HEARD_WITHIN_S = 5.0  # that somebody who was removed knows it; above, perhaps they never were
SEEN_OUT_ATTEMPTS = 5
SEEN_OUT_PAUSE_S = 1.0


class Talk:
    """The people at it."""

    def __init__(self, people: SendAndRead, gateways: Sequence[str], seed: int, history: History) -> None:
        """Prepare them for a stack, given by its gateways' URLs."""
        self.pulses = Pulses()
        self._people = people
        self._history = history
        self._script = random.Random(seed)  # noqa: S311 - not a secret
        jitter = random.Random(seed + 1)  # noqa: S311 - of reconnecting, which takes as many numbers as it needs
        self._graphql = GraphQL(*gateways)
        self._drain = Drain()
        self._listening = Listening(gateways, jitter, history, self._received)
        self._users = [
            User(name_of(number), gateways[0], self._graphql, history, self._received)
            for number in range(people.people)
        ]
        self._rooms: list[str] = []
        self._inside: set[int] = set()  # rooms whose visitor is in, as far as anybody was told
        self._at_the_door: set[int] = set()  # rooms whose visitor is coming or going right now
        self._newest: dict[tuple[int, int], str] = {}  # (user, room) → the message they had acknowledged last
        self._in_flight = asyncio.Semaphore(IN_FLIGHT_MAX)
        self._under_way: set[asyncio.Task[None]] = set()
        self._talking: list[asyncio.Task[None]] = []
        self._silent = asyncio.Event()
        self._broken: list[asyncio.Task[None]] = []  # acts that ended in an error of the harness

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Fall silent and hang up, whatever is under way."""
        await _cancel([*self._talking, *self._under_way])
        await self._listening.__aexit__()
        await self._graphql.close()

    async def gather(self) -> None:
        """Sign up, make the rooms, and listen in them.

        Raises:
            StepFailed: somebody could not.
            TimeoutError: somebody was not let in in time.
        """
        run = uuid.uuid4().hex[:12]  # names and addresses of one run never meet those of another on the same stack

        async def sign_up(number: int) -> None:
            must(await self._users[number].sign_up(f"{number}.{run}@example.com", "Password@123", f"chaos-{number}"))

        async def listen(number: int) -> None:
            rooms = [self._rooms[room] for room, members in enumerate(self._people.members()) if number in members]
            await self._listening.listen(self._users[number], rooms)

        everybody = range(len(self._users))
        await _each(everybody, SIGN_UPS_AT_ONCE_MAX, sign_up)
        for members in self._people.members():
            await self._make_room([self._users[number] for number in members])
        await _each(everybody, JOINING_AT_ONCE_MAX, listen)

    def begin(self) -> None:
        """Begin to talk."""
        self._history.mark("talk_started")
        self._talking = [asyncio.create_task(self._talk()), asyncio.create_task(self._try_to_get_in())]

    def check(self) -> None:
        """Raise what broke in the harness while they talked, if anything did."""
        for task in (*self._talking, *self._broken):
            if task.done() and not task.cancelled():
                task.result()

    async def end(self) -> None:
        """Fall silent, wait until whoever still tries has an answer, within a bound, and see the visitors out."""
        self.check()
        self._silent.set()
        under_way = [*self._talking, *self._under_way]
        _, late = await asyncio.wait(under_way, timeout=ANSWERED_WITHIN_S)
        await _cancel(late)
        self.check()
        self._talking = []
        if self._people.visitors:
            await asyncio.gather(*(self._see_out(room) for room in range(len(self._rooms))))
        self._history.mark("talk_ended")

    async def drain(self, within_s: float) -> bool:
        """Wait until all who are always in a room have every acknowledged message of it; then let each read it.

        Returns:
            Whether they had them within the bound.
        """
        drained = await self._drain.complete(within_s=within_s)
        for room, members in enumerate(self._people.members()):
            await self._users[members[0]].read(self._rooms[room])
        self._history.mark("drained")
        return drained

    @property
    def outstanding(self) -> int:
        """How many deliveries are still owed."""
        return self._drain.outstanding

    async def _make_room(self, members: list[User]) -> None:
        creator, *others = members
        name = f"Room {len(self._rooms) + 1}"
        made = must(await creator.create_room(name, [other.id for other in others]))
        room = made.room or ""
        self._rooms.append(room)
        self._drain.expect_members(room, [member.id for member in members])
        self.pulses.room(room, [member.id for member in members])

    async def _talk(self) -> None:
        start_ns, _ = now()
        for act in acts(self._people.speakers(), self._people.sends_per_s, self._script, lambda: str(uuid.uuid4())):
            at_ns = start_ns + round(act.at_s * 1e9)
            await until_time(at_ns)
            await self._in_flight.acquire()
            if self._silent.is_set():
                return
            if act.doing is Doing.SEND:
                self.pulses.meant(act.message_id, self._rooms[act.room], at_ns)
            task = asyncio.create_task(self._do(act, at_ns))
            self._under_way.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._in_flight.release()
        if not task.cancelled() and task.exception() is not None:
            self._broken.append(task)

    async def _do(self, act: Act, at_ns: int) -> None:
        user, room = self._users[act.user], self._rooms[act.room]
        newest = self._newest.get((act.user, act.room))
        match act.doing:
            case Doing.SEND:
                await self._send(act, user, room, at_ns)
            case Doing.READ:
                await user.read(room)
            case Doing.COME_OR_GO if self._people.visitors:
                await self._come_or_go(act, user, room)
            # Either is the last that is done to a message, so that neither meets the other on the way.
            case Doing.EDIT if newest:
                del self._newest[act.user, act.room]
                await user.edit(room, newest, act.content)
            case Doing.DELETE if newest:
                del self._newest[act.user, act.room]
                await user.delete(room, newest)

    async def _send(self, act: Act, user: User, room: str, at_ns: int) -> None:
        attempts = ATTEMPTS_MAX if act.patient else 1
        sent = await user.send(room, act.content, act.message_id, intended_ns=at_ns, attempts=attempts)
        self._drain.acknowledged(sent)
        self.pulses.ended(sent)
        if sent.outcome is Outcome.OK:
            self._newest[act.user, act.room] = act.message_id

    async def _come_or_go(self, act: Act, user: User, room: str) -> None:
        """Let the visitor in, or have them leave or removed; who is in the middle of it is left alone."""
        if act.room in self._at_the_door:
            return
        self._at_the_door.add(act.room)
        try:
            visitor = self._users[self._people.visitor(act.room)]
            if act.room in self._inside:
                self._inside.discard(act.room)
                await (visitor.leave_room(room) if act.patient else user.remove_member(room, visitor.id))
            elif self._listening.wants(visitor, room):
                return  # they have not heard yet that they are out, or nobody ever learned whether they are
            elif (await user.add_members(room, [visitor.id])).outcome is not Outcome.FAILED:
                self._inside.add(act.room)
                self._listening.come(visitor, room)  # who was not let in after all is told so
        finally:
            self._at_the_door.discard(act.room)

    async def _see_out(self, number: int) -> None:
        """Put the visitor out, and wait until they know: what was said before, they have by then."""
        room, creator = self._rooms[number], self._users[self._people.members()[number][0]]
        visitor = self._users[self._people.visitor(number)]
        if number not in self._inside and await self._listening.gone(visitor, room, within_s=HEARD_WITHIN_S):
            return
        for _ in range(SEEN_OUT_ATTEMPTS):
            removed = await creator.remove_member(room, visitor.id)
            if removed.outcome is not Outcome.UNKNOWN:
                break
            await asyncio.sleep(SEEN_OUT_PAUSE_S)
        await self._listening.gone(visitor, room, within_s=ANSWERED_WITHIN_S)

    async def _try_to_get_in(self) -> None:
        """Let the uninvited one read, write and join a room, beside a member who may."""
        uninvited = self._users[-1]
        for number in itertools.count():
            if self._silent.is_set():
                return
            room = number % len(self._rooms)
            member = self._users[self._people.members()[room][0]]
            await member.read(self._rooms[room])
            await uninvited.read(self._rooms[room], expected=Outcome.FAILED)
            await uninvited.send(self._rooms[room], "let me in", str(uuid.uuid4()), expected=Outcome.FAILED)
            self._listening.come(uninvited, self._rooms[room])
            await asyncio.sleep(UNINVITED_EVERY_S)

    def _received(self, frame: Frame) -> None:
        self._drain.received(frame)
        self.pulses.received(frame)


async def _each(numbers: Iterable[int], at_once_max: int, do: Callable[[int], Awaitable[None]]) -> None:
    slots = asyncio.Semaphore(at_once_max)

    async def one(number: int) -> None:
        async with slots:
            await do(number)

    try:
        async with asyncio.TaskGroup() as group:
            for number in numbers:
                group.create_task(one(number))
    except ExceptionGroup as problems:  # who waits for us knows what one of us may raise, and no groups
        raise first_of(problems) from None


async def _cancel(tasks: Iterable["asyncio.Task[None]"]) -> None:
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
