"""Somebody who listens through everything: one feed that reconnects and resumes, every frame of it in the history."""

import asyncio
import contextlib
import random
from collections.abc import Callable, Sequence
from typing import Self

from veigo.client.room_feed import RoomFeed
from veigo.client.session import User
from veigo.client.socket import frame_of, numbers
from veigo.history import Frame, History, SocketEvent, now

JOINED_WITHIN_S = 30.0


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


class Listening:
    """The feeds of several users; leaving the context hangs up."""

    def __init__(
        self, gateways: Sequence[str], rng: random.Random, history: History, on_frame: Callable[[Frame], None]
    ) -> None:
        """Listen through these gateways, given by their URLs; `rng` is the jitter of reconnecting."""
        self._gateways = gateways
        self._rng = rng
        self._history = history
        self._on_frame = on_frame
        self._open = contextlib.AsyncExitStack()
        self._reading: list[asyncio.Task[None]] = []
        self._feeds: dict[str, RoomFeed] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up."""
        for reading in self._reading:
            reading.cancel()
        await self._open.aclose()

    async def listen(self, user: User, rooms: Sequence[str]) -> None:
        """Let a user listen to rooms, and return when they are in all of them.

        Raises:
            TimeoutError: they were not let in in time.
        """
        number = len(self._feeds)
        gateways = [*self._gateways[number % len(self._gateways) :], *self._gateways]

        async def token(refused: bool) -> str | None:
            return None if refused else user.token

        noted = Noted(user.id, self._history, self._on_frame)
        feed = await self._open.enter_async_context(RoomFeed(gateways, token, self._rng, noted))
        self._feeds[user.id] = feed
        self._reading.append(asyncio.create_task(_read(feed)))
        for room in rooms:
            feed.join(room)
        for room in rooms:
            await feed.joined(room, within_s=JOINED_WITHIN_S)

    def come(self, user: User, room: str) -> None:
        """Let a user who listens already listen to one more room."""
        self._feeds[user.id].join(room)

    def wants(self, user: User, room: str) -> bool:
        """Whether somebody still believes to be in a room."""
        return self._feeds[user.id].wants(room)

    async def gone(self, user: User, room: str, *, within_s: float) -> bool:
        """Wait until somebody knows that they are not in a room any more; whether they did within the bound."""
        try:
            await self._feeds[user.id].ended(room, within_s=within_s)
        except TimeoutError:
            return False
        return True


async def _read(feed: RoomFeed) -> None:
    """Take the events, as an application would; the history has them already."""
    async for _ in feed:
        pass
