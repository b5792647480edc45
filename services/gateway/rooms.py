"""What one WebSocket client listens to: rooms, over one socket to realtime, or a few when it wants a room twice.

Realtime knows one place for each room on a socket, so whoever wants the same room once more, from another place, needs
another socket for it. Few clients do, and none needs many.
"""

import asyncio
from collections.abc import AsyncGenerator

from services.gateway.event_types import RoomEvent
from services.gateway.realtimes import Realtimes
from services.gateway.upstream import Subscription, TooSlow, Upstream
from services.problems import Code, Problem

UPSTREAMS_MAX = 4  # so often can one connection listen to one room at once
ADMIT_S_MAX = 3.0  # then the connection is let in unasked, and its subscriptions find out


class Rooms:
    """All that one client listens to."""

    def __init__(self, realtimes: Realtimes) -> None:
        self._realtimes = realtimes
        self._upstreams: list[Upstream] = []
        self.ended: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()  # what ends the connection

    async def admit(self, token: str) -> None:
        """Find out whether realtime accepts a token, by opening the socket that its owner will most likely want.

        Raises:
            Problem: UNAUTHENTICATED, because it does not.
        """
        try:
            async with asyncio.timeout(ADMIT_S_MAX):
                await self._new(token).opened()
        except TimeoutError:
            pass  # nobody can be asked now; queries need no realtime, and a subscription waits for it
        except Problem as problem:
            if problem.code is Code.UNAUTHENTICATED:
                raise

    async def events(self, token: str, room_id: str, after: int | None) -> AsyncGenerator[RoomEvent, None]:
        """Listen to a room until it ends.

        Raises:
            Problem: the room cannot be listened to, or no longer.
        """
        upstream = self._free_for(room_id, token)
        subscription = Subscription(room_id, after)
        try:
            await upstream.listen(subscription)
            async for event in subscription.events:
                yield event
        except TooSlow:
            return  # the connection is closed, and says so
        finally:
            await upstream.leave(subscription)
            if upstream.idle and upstream in self._upstreams[1:]:
                self._upstreams.remove(upstream)
                await upstream.close()

    async def close(self) -> None:
        """Listen to nothing any more."""
        await asyncio.gather(*(upstream.close() for upstream in self._upstreams))

    def _free_for(self, room_id: str, token: str) -> Upstream:
        self._upstreams = [upstream for upstream in self._upstreams if not upstream.over]
        for upstream in self._upstreams:
            if not upstream.carries(room_id):
                return upstream
        if len(self._upstreams) >= UPSTREAMS_MAX:
            message = f"This connection listens to the room {UPSTREAMS_MAX} times already; share one, or connect again."
            raise Problem(Code.RESOURCE_EXHAUSTED, message, "roomId")
        return self._new(token)

    def _new(self, token: str) -> Upstream:
        upstream = Upstream(self._realtimes, token, self._upstream_ended)
        self._upstreams.append(upstream)
        return upstream

    def _upstream_ended(self, why: Exception) -> None:
        fatal = isinstance(why, TooSlow) or (isinstance(why, Problem) and why.code is Code.UNAUTHENTICATED)
        if fatal and not self.ended.done():
            self.ended.set_result(why)
