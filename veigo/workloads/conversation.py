"""A conversation: users sign up, make rooms, listen on their sockets and talk, and one tries to get in uninvited.

Everything goes through the stack's one public port. Nobody speaks before every socket has joined every room it is
meant for, so that a message that does not come is a loss and nothing else.
"""

import asyncio
import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from veigo.client.graphql import GraphQL
from veigo.client.session import User, must
from veigo.history import History, Operation, now
from veigo.outcome import Outcome
from veigo.workloads.drain import Drain
from veigo.workloads.script import Cast, Line, Shape, attempts_s, cast, script

# Password hashing is meant to be slow; more sign-ups at once than this only queue up before it.
SIGN_UPS_AT_ONCE_MAX = 4
# When so many sends are unanswered, the schedule waits. Their latency counts from the intended time, so it shows.
IN_FLIGHT_MAX = 1_000
DRAIN_WAIT_S = 10

NAMES = ("Amina", "Bo", "Chiara", "Dmitri", "Eun-ji", "Farid", "Grace", "Hana", "Ivo", "José", "Kwame", "Łucja")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a conversation has come, for whoever watches."""

    step: str
    done: int
    total: int


class Conversation:
    """The workload: built from a shape and a seed, carried out by `hold`."""

    drain_wait_s: float = DRAIN_WAIT_S  # for what is still under way when the talk is over

    def __init__(
        self,
        base_url: str,
        shape: Shape,
        rng: random.Random,
        history: History,
        on_progress: Callable[[Progress], None] = lambda _: None,
        *,
        more_gateways: Sequence[str] = (),
        attempts: int = 1,
    ) -> None:
        """Prepare a conversation.

        Args:
            base_url: the gateway's URL.
            shape: how many, for how long, how fast.
            rng: who says what and when.
            history: where everything is written down.
            on_progress: told how far it has come.
            more_gateways: others that requests go to in turn.
            attempts: how often a send of unknown ending is made, under the same id.
        """
        self._shape = shape
        self._rng = rng
        self._history = history
        self._tell = on_progress
        self._people: Cast = cast(shape)
        self._drain = Drain()
        self._graphql = GraphQL(base_url, *more_gateways)
        self._attempts = attempts
        # Names and addresses of one run never meet those of another on the same stack.
        self._run = uuid.uuid4().hex[:12]
        self._users = [
            User(name_of(number), base_url, self._graphql, history, self._drain.received)
            for number in range(shape.users)
        ]
        self._rooms: list[str] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(user.leave() for user in self._users))
        await self._graphql.close()

    async def hold(self) -> None:
        """Carry the whole conversation out.

        Raises:
            StepFailed: the users could not get as far as talking.
        """
        await self._sign_up()
        await self._make_rooms()
        await self._listen()
        lines = script(self._shape, self._people, self._rng, lambda: str(uuid.uuid4()))
        self._history.mark("talk_started")
        async with asyncio.TaskGroup() as talking:
            talk = talking.create_task(self._talk(lines))
            talking.create_task(self._meanwhile(talk))
        self._history.mark("talk_ended")
        self._tell(Progress("waiting for the last deliveries", 0, self._drain.outstanding))
        await self._drain.complete(within_s=self.drain_wait_s)
        self._history.mark("drained")

    async def _sign_up(self) -> None:
        slots = asyncio.Semaphore(SIGN_UPS_AT_ONCE_MAX)
        signed_up = 0

        async def one(number: int, user: User) -> Operation:
            nonlocal signed_up
            async with slots:
                operation = await user.sign_up(f"{number}.{self._run}@example.com", "Password@123", f"demo-{number}")
            signed_up += 1
            self._tell(Progress("signing up", signed_up, len(self._users)))
            return operation

        for operation in await asyncio.gather(*(one(number, user) for number, user in enumerate(self._users))):
            must(operation)

    async def _make_rooms(self) -> None:
        for number, members in enumerate(self._people.rooms):
            creator, *others = [self._users[member] for member in members]
            made = must(await creator.create_room(f"Room {number + 1}", [other.id for other in others]))
            self._rooms.append(made.room or "")
            self._drain.expect_members(made.room or "", made.members or [])
            self._tell(Progress("making rooms", number + 1, len(self._people.rooms)))

    async def _listen(self) -> None:
        joined = 0

        async def one(number: int, user: User) -> list[Operation]:
            nonlocal joined
            rooms = [self._rooms[room] for room in self._people.rooms_of(number)]
            operations = [await user.connect(), *[await user.join(room) for room in rooms]]
            joined += 1
            self._tell(Progress("joining rooms", joined, len(self._users)))
            return operations

        for operations in await asyncio.gather(*(one(number, user) for number, user in enumerate(self._users))):
            for operation in operations:
                must(operation)

    async def _talk(self, lines: list[Line]) -> None:
        in_flight = asyncio.Semaphore(IN_FLIGHT_MAX)
        start_ns, _ = now()

        async def say(line: Line, intended_ns: int) -> None:
            try:
                user = self._users[line.user]
                room = self._rooms[line.room]
                self._drain.acknowledged(
                    await user.send(
                        room, line.content, line.message_id, intended_ns=intended_ns, attempts=self._attempts
                    )
                )
            finally:
                in_flight.release()

        async with asyncio.TaskGroup() as group:
            for said, line in enumerate(lines, start=1):
                intended_ns = start_ns + round(line.at_s * 1e9)
                await until_time(intended_ns)
                await in_flight.acquire()
                group.create_task(say(line, intended_ns))
                self._tell(Progress("talking", said, len(lines)))

    async def _meanwhile(self, _: "asyncio.Task[None]") -> None:
        """What goes on beside the talk, which is the task that is given."""
        await self._try_to_get_in()

    async def _try_to_get_in(self) -> None:
        """Let the outsider read, write and join, beside a member who may: being kept out counts where others get in."""
        start_ns, _ = now()
        outsider, member = self._users[self._people.outsider], self._users[self._people.rooms[0][0]]
        room = self._rooms[0]
        for at_s in attempts_s(self._shape):
            await until_time(start_ns + round(at_s * 1e9))
            await member.read(room)
            await outsider.read(room, expected=Outcome.FAILED)
            await outsider.send(room, "let me in", str(uuid.uuid4()), expected=Outcome.FAILED)
            await outsider.join(room, expected=Outcome.FAILED)


async def until_time(at_ns: int) -> None:
    """Sleep until a time of the monotonic clock; a time that has passed costs nothing."""
    if (left_ns := at_ns - now()[0]) > 0:
        await asyncio.sleep(left_ns / 1e9)


def name_of(number: int) -> str:
    """A name for the user of that number."""
    name = NAMES[number % len(NAMES)]
    round_number = number // len(NAMES)
    return f"{name} {round_number + 1}" if round_number else name
