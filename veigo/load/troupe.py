"""The people of one process: their roles, their clock, their history, and how all of it ends.

Everything is written down here and handed to the director, who has the history of all processes: at once when it is in
the same process, else in pieces. A process that cannot get rid of its history keeps it up to a bound, and counts what
it had to drop after that; then the run is inconclusive, and nobody has run out of memory.
"""

import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
from gevent.event import AsyncResult, Event
from gevent.pool import Pool
from locust.env import Environment

from veigo.history import GeneratorSecond, Operation, Record, now
from veigo.load import messages
from veigo.load.door import Door
from veigo.load.gathering import Clock, RoundTrip, clock_of
from veigo.load.heartbeat import Heartbeat
from veigo.load.pieces import PIECE_RECORDS_MAX, Sending, packed
from veigo.load.roles import Role
from veigo.load.scene import Scene
from veigo.outcome import Outcome

RECORDS_MAX = 1_000_000  # that were not handed in yet
HAND_IN_EVERY_S = 0.5
ACTS_UNDER_WAY_MAX = 2_000  # of one process; above it acts wait for those before them, and their latency says so
ANSWERED_WITHIN_S = 20.0  # for what is under way when the talk ends: a little more than a request may take
LISTEN_EVERY_S = 0.05
ROUND_TRIPS = 8


def kernel() -> str:
    """What tells one running kernel from another: processes that share it share a clock. Empty when it does not say."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text(encoding="ascii").strip() if path.exists() else ""


class Troupe:
    """The people of this process."""

    def __init__(
        self,
        environment: Environment,
        scene: Scene,
        hand_over: Callable[[list[Record]], None] | None = None,
    ) -> None:
        """Prepare a process's part.

        Args:
            environment: Locust's.
            scene: what is played.
            hand_over: the director's way to take records, when it is in this process.
        """
        self.people: set[Any] = set()
        self.door = Door(environment.host or "http://localhost:4000")
        self.acts = Pool(ACTS_UNDER_WAY_MAX)
        self.clock = Clock()
        self.ends_ns = 0  # of the talk, by this process's clock; 0 while nobody knows
        self._environment = environment
        self._storm_at = scene.storm_at
        self._hand_over = hand_over
        self._records: list[Record] = []
        self._lost = 0
        self._sending = Sending()
        self._wishes: dict[int, AsyncResult[Role | None]] = {}
        self._numbers = itertools.count(1)
        self._sockets = itertools.count(1)
        self._trips: list[RoundTrip] = []
        self._same_clock = False
        self._timed = Event()
        self._reached: dict[str, int] = {}
        self._greenlets: list[gevent.Greenlet] = []
        self.heartbeat = Heartbeat(
            lambda: len(self.people), lambda: len(self.acts), self._note_second, scene.late_ms_tolerated
        )

    def begin(self) -> None:
        """Set the clock, and begin to hand in what is written down."""
        self._greenlets = [gevent.spawn(self.heartbeat.beat), gevent.spawn(self._hand_in_for_ever)]
        if self._hand_over is not None:
            self._timed.set()
            return
        self._greenlets.append(gevent.spawn(self._ask_the_time))

    def end(self) -> None:
        """Let go of everything."""
        gevent.killall(self._greenlets)
        self.door.close()

    # -- what people ask for

    def role(self, within_s: float) -> Role | None:
        """Ask for a role; None when there is none left.

        Raises:
            gevent.Timeout: the director did not answer.
        """
        self._timed.wait(within_s)
        wish = next(self._numbers)
        self._wishes[wish] = AsyncResult()
        try:
            self._say(messages.WISH, {"wish": wish})
            role: Role | None = self._wishes[wish].get(timeout=within_s)
        finally:
            del self._wishes[wish]
        if role is not None and not self.ends_ns:
            self.ends_ns = self.here_ns(role.talk_ends_ns)
            if self._storm_at is not None:
                storm_ns = self.here_ns(role.talk_began_ns) + round(role.seconds * self._storm_at * 1e9)
                self._greenlets.append(gevent.spawn_later(max(0.0, (storm_ns - now()[0]) / 1e9), self._cut_all))
        return role

    def give_back(self, number: int, after: dict[str, int]) -> None:
        """Let somebody else have a role."""
        self._say(messages.BACK, {"number": number, "after": after})

    def socket_number(self) -> int:
        """A number for a socket, new in this process."""
        return next(self._sockets)

    def here_ns(self, directors_ns: int) -> int:
        """A time of the director's by this process's clock."""
        return directors_ns - self.clock.ahead_ns

    def wall_us(self, at_ns: int) -> int:
        """A time of this process's monotonic clock as the director's wall clock has it."""
        now_ns, now_us = now()
        return now_us - (now_ns - at_ns) // 1000 + self.clock.ahead_us

    def _cut_all(self) -> None:
        for person in list(self.people):
            person.cut()

    # -- what people write down

    def append(self, record: Record) -> None:
        """Write a record down."""
        if self._lost or len(self._records) >= RECORDS_MAX:
            self._lost += 1  # and all that follow: a history may end early, and has no hole
            return
        self._records.append(record)
        if isinstance(record, Operation) and record.name == "send" and record.outcome is Outcome.OK:
            room, sequence = record.room or "", record.sequence or 0
            self._reached[room] = max(self._reached.get(room, 0), sequence)

    def tell(self, kind: str, name: str, took_ms: float, length: int, error: BaseException | None) -> None:
        """Tell Locust of a request that has ended."""
        self._environment.events.request.fire(
            request_type=kind, name=name, response_time=took_ms, response_length=length, exception=error, context={}
        )

    def _note_second(self, second: GeneratorSecond) -> None:
        if self.ends_ns and second.at_ns < self.ends_ns:
            self.append(second)

    # -- what the director says

    def hear(self, kind: str, data: dict[str, Any]) -> None:
        """Take a message."""
        match kind:
            case messages.ROLE:
                if (wish := self._wishes.get(data["wish"])) is not None:
                    wish.set(Role.of(data["role"]) if data["role"] else None)
            case messages.TIME:
                at_ns, at_us = now()
                self._same_clock = self._same_clock or data["same"]
                self._trips.append(RoundTrip(data["asked_ns"], at_ns, at_us, data["at_ns"], data["at_us"]))
            case messages.TAKEN:
                self._sending.acknowledged = max(self._sending.acknowledged, data["number"])
            case messages.SILENCE:
                self.ends_ns = self.here_ns(data["ends_ns"])
                gevent.spawn(self._fall_silent)
            case messages.LISTEN:
                gevent.spawn(self._listen, data["rooms"], data["within_s"])
            case messages.CURTAIN:
                gevent.spawn(self._hang_up, data["within_s"])

    def _fall_silent(self) -> None:
        gevent.sleep(max(0.0, (self.ends_ns - now()[0]) / 1e9))
        self.acts.join(timeout=ANSWERED_WITHIN_S)
        self.acts.kill(timeout=1)  # what is under way still has an unknown ending
        self._say(messages.ANSWERED, {"reached": self._reached})

    def _listen(self, rooms: dict[str, int], within_s: float) -> None:
        deadline_s = time.monotonic() + within_s
        waiting = list(self.people)
        while waiting and time.monotonic() < deadline_s:
            waiting = [person for person in waiting if not person.has_heard(rooms)]
            gevent.sleep(LISTEN_EVERY_S)
        self._say(messages.HEARD, {"waiting": len(waiting)})

    def _hang_up(self, within_s: float) -> None:
        deadline_s = time.monotonic() + within_s
        hanging_up = [gevent.spawn(person.hang_up) for person in list(self.people)]
        gevent.joinall(hanging_up, timeout=within_s)
        while (self._records or not self._all_taken) and time.monotonic() < deadline_s:
            self._hand_in()
            gevent.sleep(0.01)
        self._say(messages.OVER, {"pieces": self._sending.sent, "lost": self._lost + len(self._records)})

    # -- what is handed to the director

    @property
    def _all_taken(self) -> bool:
        return self._sending.acknowledged == self._sending.sent

    def _hand_in_for_ever(self) -> None:
        while True:
            gevent.sleep(HAND_IN_EVERY_S)
            self._hand_in()

    def _hand_in(self) -> None:
        if self._hand_over is not None:
            records, self._records = self._records, []
            self._hand_over(records)
            return
        while self._records and self._sending.may_send and self._timed.is_set():
            piece, self._records = self._records[:PIECE_RECORDS_MAX], self._records[PIECE_RECORDS_MAX:]
            clock = [self.clock.ahead_ns, self.clock.ahead_us, self.clock.uncertain_ns]
            self._say(
                messages.PIECE,
                {"number": self._sending.next(), "data": packed(piece), "clock": clock},
            )
            gevent.sleep(0)

    def _ask_the_time(self) -> None:
        for _ in range(ROUND_TRIPS):
            self._say(messages.ASK_TIME, {"asked_ns": now()[0], "kernel": kernel()})
            gevent.sleep(0.05)
        while not self._trips:
            gevent.sleep(0.05)
        self.clock = Clock() if self._same_clock else clock_of(self._trips)
        self._timed.set()

    def _say(self, kind: str, data: dict[str, Any]) -> None:
        assert self._environment.runner is not None
        self._environment.runner.send_message(kind, data)
