"""Password hashes: argon2id in a lane of its own, so that a rush of sign-ins cannot starve everything else.

Parameters are the OWASP Password Storage Cheat Sheet's first choice for argon2id (19 MiB, 2 passes, 1 lane).
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from services.problems import Code, Problem

R = TypeVar("R")

WAITING_MAX = 200  # at ~40 ms each the last of them waits 8 s, within the callers' deadlines


class PasswordLane:
    """Hashes and verifies one password at a time, off the event loop."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._lane = ThreadPoolExecutor(max_workers=1, thread_name_prefix="argon2")
        self._waiting = 0
        # Verified against when there is no such account, so that both answers take the same time.
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """Return the encoded hash of a password.

        Raises:
            Problem: RESOURCE_EXHAUSTED when too many wait already.
        """
        return await self._in_lane(self._hasher.hash, password)

    async def matches(self, encoded: str | None, password: str) -> bool:
        """Return whether a password has this hash; with None it takes as long and is always False.

        Raises:
            Problem: RESOURCE_EXHAUSTED when too many wait already.
        """
        return await self._in_lane(self._verify, encoded or self._nobody, password) and encoded is not None

    def close(self) -> None:
        """Let the lane finish what it has begun and end its thread."""
        self._lane.shutdown(cancel_futures=True)

    def _verify(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except VerificationError:
            return False

    async def _in_lane(self, work: Callable[..., R], *arguments: str) -> R:
        if self._waiting >= WAITING_MAX:
            raise Problem(
                Code.RESOURCE_EXHAUSTED, "Too many people are signing in right now; try again in a few seconds."
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._lane, work, *arguments)
        finally:
            self._waiting -= 1
