"""A conversation through replicas that are restarted all the time: what breaks is tried again, and resumed.

Users send under ids of their own and make a send of unknown ending again, through any gateway; they listen with a
`RoomFeed`, which reconnects and resumes. Meanwhile one replica of every service is restarted every so often.
"""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from veigo.history import History, now
from veigo.workloads.conversation import Conversation, Progress
from veigo.workloads.listening import Listening
from veigo.workloads.script import Shape

ATTEMPTS_MAX = 40  # of one send, with pauses that double: a minute of a stack that answers nobody
DRAIN_WAIT_S = 30.0

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
        self._schedule = schedule
        self._listening = Listening(gateways, rng, history, self._drain.received)

    async def __aexit__(self, *_: object) -> None:
        """Hang up."""
        await self._listening.__aexit__()
        await super().__aexit__()

    async def _listen(self) -> None:
        for number, user in enumerate(self._users):
            await self._listening.listen(user, [self._rooms[room] for room in self._people.rooms_of(number)])
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
