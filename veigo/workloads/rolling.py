"""A conversation through replicas that are restarted all the time: what breaks is tried again, and resumed.

Users send under ids of their own and make a send of unknown ending again, through any gateway; they listen with a
`RoomFeed`, which reconnects and resumes. Meanwhile one replica of every service is restarted every so often.
"""

import asyncio
import contextlib
import itertools
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from veigo.client.room_feed import RoomFeed
from veigo.client.socket import frame_of, numbers
from veigo.history import Frame, History, SocketEvent, now
from veigo.workloads.conversation import Conversation, Progress
from veigo.workloads.script import Shape

ATTEMPTS_MAX = 40  # of one send: ten seconds and more of a stack that answers nobody
DRAIN_WAIT_S = 30.0
JOINED_WITHIN_S = 30.0

Restart = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is restarted, and when.

    Attributes:
        turns: the nodes to restart, turn by turn, from the beginning again after the last unless `once`.
        every_s: how long from the beginning of one turn to that of the next.
        restart: restarts a node and returns when it has answered again.
        once: whether the turns are over after the last.
    """

    turns: Sequence[Sequence[str]]
    every_s: float
    restart: Restart
    once: bool = False


class Noted:
    """Takes down what the sockets of one feed bring, as a history has it."""

    def __init__(self, user: str, history: History, on_frame: Callable[[Frame], None]) -> None:
        self._user = user
        self._history = history
        self._on_frame = on_frame
        self._socket = 0

    def opened(self) -> None:
        """Note a new socket."""
        self._socket = next(numbers)
        self._note("opened", None, "", ours=False)

    def frame(self, text: bytes) -> None:
        """Note a frame."""
        frame = frame_of(text, self._user, self._socket, *now())
        self._history.append(frame)
        self._on_frame(frame)

    def closed(self, code: int | None, reason: str, *, ours: bool) -> None:
        """Note the socket's end."""
        self._note("closed", code, reason, ours=ours)

    def _note(self, event: str, code: int | None, reason: str, *, ours: bool) -> None:
        at_ns, at_us = now()
        self._history.append(
            SocketEvent(event, self._user, self._socket, at_ns, at_us, ours=ours, code=code, reason=reason or None)
        )


class Rolling(Conversation):
    """The workload: a conversation, and the restarts."""

    drain_wait_s = DRAIN_WAIT_S

    def __init__(
        self,
        gateways: Sequence[str],
        shape: Shape,
        rng: random.Random,
        history: History,
        on_progress: Callable[[Progress], None],
        schedule: Schedule,
    ) -> None:
        """Prepare a conversation through these gateways.

        Args:
            gateways: their URLs.
            shape: how many, for how long, how fast.
            rng: who says what and when, and the feeds' jitter.
            history: where everything is written down.
            on_progress: told how far it has come.
            schedule: what is restarted meanwhile, and when.
        """
        first, *more = gateways
        super().__init__(first, shape, rng, history, on_progress, more_gateways=more, attempts=ATTEMPTS_MAX)
        self._gateways = gateways
        self._schedule = schedule
        self._feeds = contextlib.AsyncExitStack()
        self._reading: list[asyncio.Task[None]] = []

    async def __aexit__(self, *_: object) -> None:
        """Hang up."""
        for reading in self._reading:
            reading.cancel()
        await self._feeds.aclose()
        await super().__aexit__()

    async def _listen(self) -> None:
        async def one(number: int) -> None:
            user = self._users[number]

            async def token(refused: bool) -> str | None:
                return None if refused else user.token

            gateways = [*self._gateways[number % len(self._gateways) :], *self._gateways]
            noted = Noted(user.id, self._history, self._drain.received)
            feed = await self._feeds.enter_async_context(RoomFeed(gateways, token, self._rng, noted))
            self._reading.append(asyncio.create_task(_read(feed)))
            rooms = [self._rooms[room] for room in self._people.rooms_of(number)]
            for room in rooms:
                feed.join(room)
            for room in rooms:
                await feed.joined(room, within_s=JOINED_WITHIN_S)

        for number in range(len(self._users)):
            await one(number)
            self._tell(Progress("joining rooms", number + 1, len(self._users)))

    async def _meanwhile(self, talk: "asyncio.Task[None]") -> None:
        schedule = self._schedule
        for nodes in schedule.turns if schedule.once else itertools.cycle(schedule.turns):
            if talk.done():
                return
            begun_ns, _ = now()
            self._history.mark(f"restart {', '.join(nodes)}")
            await asyncio.gather(*(schedule.restart(node) for node in nodes))
            left_s = schedule.every_s - (now()[0] - begun_ns) / 1e9
            await asyncio.wait({talk}, timeout=max(0.0, left_s))


async def _read(feed: RoomFeed) -> None:
    """Take the events, as an application would; the history has them already."""
    async for _ in feed:
        pass
