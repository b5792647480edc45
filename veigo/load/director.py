"""The director: makes the accounts and rooms, hands out roles, says when the talk is over, and gathers the history.

It is in Locust's master, or in the one process there is. A run goes: prepare → talk → fall silent → listen until
everybody has everything → hang up → over. Each step waits for all troupes, within a bound, and what did not happen in
time is told in the notes and keeps the run from being more than inconclusive.
"""

import logging
import time
from collections import deque
from collections.abc import Collection
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import gevent
from locust.env import Environment
from locust.runners import MasterRunner

from veigo.history import RunStarted, now
from veigo.load import messages
from veigo.load.archive import Archive
from veigo.load.gathering import Clock
from veigo.load.knee import knee
from veigo.load.preparation import Preparation
from veigo.load.ramp import STEPS
from veigo.load.scene import Scene
from veigo.load.steps import Tally
from veigo.load.troupe import ANSWERED_WITHIN_S, kernel
from veigo.run_folder import RunFolder
from veigo.stack.problem import StackError

if TYPE_CHECKING:
    from veigo.load.roles import Role

LISTEN_WITHIN_S = 15.0  # for everybody to have what was acknowledged; above it something is lost, or nearly
HANG_UP_WITHIN_S = 60.0  # for sockets to close and the rest of the history to come
GRACE_S = 5.0  # for a troupe's answer to come, beyond what it may take
LOOK_EVERY_S = 0.1
HANDED_IN_WITHIN_S = 2.0  # most of what a step was met with

logger = logging.getLogger(__name__)


class Phase(StrEnum):
    """How far a run is."""

    PREPARING = "preparing"
    TALKING = "talking"
    ENDING = "ending"
    OVER = "over"


class Director:
    """One run."""

    def __init__(
        self, environment: Environment, name: str, whole: Scene, scene: Scene, seed: int, folder: RunFolder
    ) -> None:
        """Take the scene as it is played, beside the whole of it."""
        self.phase = Phase.PREPARING
        self.notes: list[str] = []
        self._tally = Tally() if len(scene.steps) > 1 else None
        self.archive = Archive(folder.history, self._tally)
        self.scene = scene
        self.folder = folder
        self.began_ns = 0
        self.ends_ns = 0
        self._environment = environment
        self._seed = seed
        self._roles: deque[Role] = deque()
        self._given: dict[int, Role] = {}
        self._wishes: deque[tuple[str, int]] = deque()
        self._known: set[str] = set()  # troupes that ever said anything, whether or not they are still there
        self._answered: dict[str, dict[str, int]] = {}
        self._waiting: dict[str, int] = {}
        self._over: dict[str, int] = {}
        self._directing = gevent.spawn(self._direct)
        self._looked_at = 0  # steps
        parameters = {
            "people": scene.people,
            "minutes": scene.minutes,
            "processes": len(self._troupes),
            **({STEPS: len(scene.steps)} if len(scene.steps) > 1 else {}),
            **scene.limits.as_parameters(),
        }
        if smaller := scene.smaller_than(whole):
            self.notes.append(f"a smaller version of the scene: {smaller}")
        self.archive.append(RunStarted(folder.id, name, seed, parameters, now()[1]))

    @property
    def elapsed_s(self) -> float:
        """For how long people have been talking."""
        return (now()[0] - self.began_ns) / 1e9 if self.began_ns else 0.0

    def abandon(self) -> None:
        """Give up: somebody stopped Locust."""
        if self.phase is Phase.OVER:
            return
        self.phase = Phase.OVER
        self._directing.kill()
        self.archive.mark("interrupted")
        self.notes.append("the run was interrupted before its end")

    # -- what troupes say

    def hear(self, kind: str, troupe: str, data: dict[str, Any]) -> None:
        """Take a message."""
        self._known.add(troupe)
        match kind:
            case messages.WISH:
                self._wishes.append((troupe, data["wish"]))
                self._hand_out()
            case messages.BACK:
                self._take_back(data["number"], data["after"])
            case messages.ASK_TIME:
                at_ns, at_us = now()
                same = bool(data["kernel"]) and data["kernel"] == kernel()
                answer = {"asked_ns": data["asked_ns"], "at_ns": at_ns, "at_us": at_us, "same": same}
                self._say(messages.TIME, answer, troupe)
            case messages.PIECE:
                if self.archive.take_piece(troupe, data["number"], data["data"], Clock(*data["clock"])):
                    self._say(messages.TAKEN, {"number": data["number"]}, troupe)
            case messages.ANSWERED:
                self._answered[troupe] = data["reached"]
            case messages.HEARD:
                self._waiting[troupe] = data["waiting"]
            case messages.OVER:
                self._take_over(troupe, data["pieces"], data["lost"])

    def _take_over(self, troupe: str, pieces: int, lost: int) -> None:
        self.archive.receiving(troupe).total = pieces
        self._over[troupe] = lost
        if lost:
            self.notes.append(f"a generator had to drop {lost:,} records of its history")

    def _take_back(self, number: int, after: dict[str, int]) -> None:
        role = self._given[number]
        role.after, role.returning = after, True
        self._roles.append(role)
        self._hand_out()

    def _hand_out(self) -> None:
        if self.phase is Phase.PREPARING:
            return
        while self._wishes:
            troupe, wish = self._wishes.popleft()
            role = self._roles.popleft() if self._roles else None
            if role is not None:
                self._given[role.number] = role
            self._say(messages.ROLE, {"wish": wish, "role": role.as_message() if role else None}, troupe)

    # -- the run, from its beginning to its end

    def _direct(self) -> None:
        gevent.sleep(0)  # until we are made
        try:
            self._prepare()
            self._let_them_talk()
            self._end()
        except StackError as error:
            self.notes.append(str(error))
            logger.error("%s", error)
        finally:
            self.archive.flush()
            self.phase = Phase.OVER

    def _prepare(self) -> None:
        preparing = Preparation(self._environment.host or "http://localhost:4000", self.scene, self._seed, self.archive)
        self._roles = deque(preparing.roles())
        self.began_ns = now()[0]
        self.ends_ns = self.began_ns + round(self.scene.seconds * 1e9)
        for role in self._roles:
            role.talk_began_ns, role.talk_ends_ns = self.began_ns, self.ends_ns
            role.people, role.seconds = self.scene.people, self.scene.seconds
        self.archive.mark("talk_started")
        self.phase = Phase.TALKING
        self._hand_out()

    def _let_them_talk(self) -> None:
        while now()[0] < self.ends_ns and not self._has_broken:
            gevent.sleep(LOOK_EVERY_S)
        self.ends_ns = min(self.ends_ns, now()[0])

    @property
    def _has_broken(self) -> bool:
        """Whether a step of a rising load has broken, and all that could be learnt is known."""
        steps = len(self.scene.steps)
        step_s = self.scene.seconds / steps
        over = int((self.elapsed_s - HANDED_IN_WITHIN_S) / step_s)
        if self._tally is None or over <= self._looked_at:
            return False
        self._looked_at = over
        ends_s = [step_s * (number + 1) for number in range(over)]
        return knee(self._tally.steps(self.began_ns, ends_s), more_to_come=True).broken is not None

    def _end(self) -> None:
        self.phase = Phase.ENDING
        self._say(messages.SILENCE, {"ends_ns": self.ends_ns})
        self._wait_for(self._answered, ANSWERED_WITHIN_S, "fell silent")
        self.archive.mark("talk_ended", self.ends_ns)
        rooms: dict[str, int] = {}
        for reached in self._answered.values():
            for room, sequence in reached.items():
                rooms[room] = max(rooms.get(room, 0), sequence)
        self._say(messages.LISTEN, {"rooms": rooms, "within_s": LISTEN_WITHIN_S})
        self._wait_for(self._waiting, LISTEN_WITHIN_S, "said whether they had heard everything")
        if sum(self._waiting.values()):
            self.notes.append(f"{sum(self._waiting.values()):,} sockets had not everything after {LISTEN_WITHIN_S:g} s")
        drained_ns = now()[0]
        self._say(messages.CURTAIN, {"within_s": HANG_UP_WITHIN_S})
        self._wait_for(self._over, HANG_UP_WITHIN_S, "handed in their history")
        self._make_sure_of_the_history()
        # Not before it is known that all of it is here: what is missing from a history would pass for lost.
        self.archive.mark("drained", drained_ns)

    def _make_sure_of_the_history(self) -> None:
        if not self._is_local and (broken := [one for one in self._known if not self.archive.receiving(one).complete]):
            raise StackError(
                f"the history of {len(broken)} generators is not whole, so nothing can be said for certain"
            )
        if self.archive.dropped or any(self._over.values()):
            raise StackError("the history is longer than can be judged; run for fewer minutes, or with fewer people")
        if self.archive.uncertain_ms:
            self.notes.append(f"generators' clocks agree to {self.archive.uncertain_ms:.1f} ms")

    def _wait_for(self, told: dict[str, Any], within_s: float, what: str) -> None:
        deadline_s = time.monotonic() + within_s + GRACE_S
        while not set(self._troupes) <= set(told):
            if time.monotonic() > deadline_s:
                missing = len(set(self._troupes) - set(told))
                raise StackError(f"{missing} generators have not {what} within {within_s:g} s; see Locust's log")
            gevent.sleep(LOOK_EVERY_S)

    @property
    def _is_local(self) -> bool:
        return not isinstance(self._environment.runner, MasterRunner)

    @property
    def _troupes(self) -> Collection[str]:
        runner = self._environment.runner
        if not isinstance(runner, MasterRunner):
            return ["local"]
        return [worker.id for worker in (*runner.clients.ready, *runner.clients.spawning, *runner.clients.running)]

    def _say(self, kind: str, data: dict[str, Any], troupe: str | None = None) -> None:
        assert self._environment.runner is not None
        self._environment.runner.send_message(kind, data, troupe)
