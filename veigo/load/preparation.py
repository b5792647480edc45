"""Before anybody talks: an account for everybody, and the rooms, made by the director.

None of it is measured, and Locust is told nothing of it. That it happened is in the history: who is in which room is
what everything else is judged by.
"""

import logging
import time
from collections.abc import Callable

import gevent
from gevent.pool import Pool

from veigo.history import Record
from veigo.load.account import Account
from veigo.load.archive import Archive
from veigo.load.casting import cast, rooms_of_each
from veigo.load.door import Door
from veigo.load.roles import PASSWORD, Role
from veigo.load.scene import Scene
from veigo.outcome import Outcome
from veigo.stack.problem import StackError
from veigo.workloads.conversation import SIGN_UPS_AT_ONCE_MAX, name_of

ROOMS_AT_ONCE_MAX = 4
MEMBERS_AT_ONCE_MAX = 1_000  # as many as the stack adds in one request
TOLD_EVERY = 200

logger = logging.getLogger(__name__)


class Preparation:
    """Everybody's account, and the rooms."""

    def __init__(self, gateway: str, scene: Scene, seed: int, archive: Archive) -> None:
        self._door = Door(gateway)
        self._scene = scene
        self._seed = seed
        self._archive = archive
        self._run = f"{seed:x}.{time.time_ns():x}"  # addresses of one run never meet those of another

    def append(self, record: Record) -> None:
        """Write a step down."""
        self._archive.append(record)

    def tell(self, kind: str, name: str, took_ms: float, length: int, error: BaseException | None) -> None:
        """Locust is told nothing of what comes before the run."""

    def roles(self) -> list[Role]:
        """Sign everybody up and make the rooms; the roles are in the order in which people come.

        Raises:
            StackError: somebody could not be signed up, or a room not be made.
        """
        people = self._scene.people
        logger.info("Preparing: %d accounts", people)
        accounts = [Account(name_of(number), self._door, self) for number in range(people)]
        self._each(SIGN_UPS_AT_ONCE_MAX, range(people), lambda number: self._sign_up(number, accounts[number]))
        rooms = cast(people, self._scene.room_size, self._scene.second_room_every)
        ids = [""] * len(rooms)
        logger.info("Preparing: %d rooms", len(rooms))

        def make(room: int) -> None:
            ids[room] = self._make_room(room, [accounts[member] for member in rooms[room]])

        self._each(ROOMS_AT_ONCE_MAX, range(len(rooms)), make)
        self._door.close()
        of = rooms_of_each(rooms, people)
        speak = [set(members[: self._scene.speakers_per_room]) for members in rooms]
        return [
            Role(
                number=number,
                name=account.name,
                email=self._email(number),
                account=account.id,
                access=account.access,
                refresh=account.refresh_token,
                signed_up_ns=account.token_ns,
                rooms=[ids[room] for room in of[number]],
                speaks_in=[ids[room] for room in of[number] if number in speak[room]],
                seed=self._seed,
            )
            for number, account in enumerate(accounts)
        ]

    def _email(self, number: int) -> str:
        return f"{number}.{self._run}@example.com"

    def _sign_up(self, number: int, account: Account) -> None:
        signed_up = account.sign_up(self._email(number), PASSWORD, "load")
        if signed_up.outcome is not Outcome.OK:
            raise StackError(f"nobody can be signed up ({signed_up.error}); is the stack up? `veigo status` says")
        if (number + 1) % TOLD_EVERY == 0:
            logger.info("Preparing: %d accounts made", number + 1)

    def _make_room(self, number: int, members: list[Account]) -> str:
        others = [member.id for member in members[1:]]
        made = members[0].create_room(f"Room {number + 1}", others[: MEMBERS_AT_ONCE_MAX - 1])
        if made.outcome is not Outcome.OK or made.room is None:
            raise StackError(f"a room could not be made: {made.error}")
        for first in range(MEMBERS_AT_ONCE_MAX - 1, len(others), MEMBERS_AT_ONCE_MAX):
            added = members[0].add_members(made.room, others[first : first + MEMBERS_AT_ONCE_MAX])
            if added.outcome is not Outcome.OK:
                raise StackError(f"people could not be added to a room: {added.error}")
        return made.room

    def _each(self, at_once: int, numbers: range, do: Callable[[int], None]) -> None:
        pool = Pool(at_once)
        greenlets = [pool.spawn(do, number) for number in numbers]
        try:
            gevent.joinall(greenlets, raise_error=True)
        finally:
            pool.kill()
