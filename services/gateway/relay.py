"""Relays a WebSocket to a realtime, byte for byte: two TCP connections, each written what the other one says.

Nothing is parsed, copied apart or kept on the way. When one side reads slowly its transport's buffer fills, and the
other side is not read until it has drained: what piles up is bounded by one buffer and one read for each direction,
and the pressure reaches whoever sends. A half-closed side stays half-closed on the other, and an abort is passed on.

While the connection to realtime is being opened the client is not read, so what it sends early waits in the kernel,
but for what came in one piece with the handshake.
"""

import asyncio
import time
from http import HTTPStatus
from typing import cast

import structlog
from uvicorn.server import ServerState

from services.gateway import handshake
from services.gateway.frames import SERVICE_RESTART, Boundary, close_frame
from services.gateway.realtimes import Address, Realtimes
from services.problems import Code, Problem

log = structlog.get_logger()

CONNECT_S = 2.0  # to each realtime that is tried
BUFFER_BYTES_MAX = 64 * 1024  # written and not yet sent, for each direction; then the other side is not read

GOODBYE = close_frame(SERVICE_RESTART, "the gateway restarts; connect again")


class Backlog:
    """The most that waited to be sent on one connection, since it was last asked for."""

    def __init__(self) -> None:
        self._most_bytes = 0

    def note(self, waiting_bytes: int) -> None:
        """Note how much waits on one."""
        self._most_bytes = max(self._most_bytes, waiting_bytes)

    def most_bytes(self) -> int:
        """The most, and begin anew."""
        most, self._most_bytes = self._most_bytes, 0
        return most


backlog = Backlog()  # of all relays of this process


class End(asyncio.Protocol):
    """One of a relay's two connections; what it hears, the other says."""

    def __init__(self, relay: "Relay") -> None:
        self._relay = relay
        self.other: End = self
        self.transport: asyncio.Transport | None = None
        self.ended = False  # it will say no more
        self.heard_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        self.transport.set_write_buffer_limits(high=BUFFER_BYTES_MAX)

    def data_received(self, data: bytes) -> None:
        """Pass it on."""
        self.heard_bytes += len(data)
        self.other.say(data)

    def say(self, data: bytes) -> None:
        """Send what the other end heard."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)
            backlog.note(self.transport.get_write_buffer_size())

    def pause_writing(self) -> None:
        """Our buffer is full: read no more from the other end."""
        if self.other.transport is not None and not self.other.transport.is_closing():
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        """Our buffer has drained: read on."""
        if self.other.transport is not None and not self.other.transport.is_closing():
            self.other.transport.resume_reading()

    def eof_received(self) -> bool:
        """It will say no more, but may still listen."""
        self.ended = True
        if self.other.ended:
            self._relay.close()
        else:
            self.other.finish()
        return True  # the relay decides when it is closed

    def finish(self) -> None:
        """Say that no more will be said, once all has been."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write_eof()

    def connection_lost(self, error: Exception | None) -> None:
        """It is gone."""
        self.ended = True
        self.other.follow(error)
        self._relay.lost(self)

    def follow(self, error: Exception | None) -> None:
        """Go as the other end went: at once if that was with an error, else once all is sent."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.abort() if error else self.transport.close()


class ClientEnd(End):
    """The client's connection, which knows at any time whether a frame of ours would fit in."""

    def __init__(self, relay: "Relay") -> None:
        super().__init__(relay)
        self._boundary = Boundary()
        self._leaving = False
        self.left = False

    def say(self, data: bytes) -> None:
        """Send what realtime said; when leaving, up to where its last frame ends, and then goodbye."""
        fits = self._boundary.feed(data)
        if self.left:
            return
        if self._leaving and fits:
            super().say(data[:fits])
            self._say_goodbye()
        else:
            super().say(data)

    def data_received(self, data: bytes) -> None:
        """Pass it on, unless we said goodbye: then it is the client's goodbye, or came too late."""
        if not self.left:
            super().data_received(data)

    def follow(self, error: Exception | None) -> None:
        """Go as realtime went; but having said goodbye, wait for the client's, or closing could overtake ours."""
        if not self.left:
            super().follow(error)

    def leave(self) -> None:
        """Say goodbye between two frames, which is now or when the one under way has passed."""
        if self._leaving:
            return
        self._leaving = True
        if self._boundary.between_frames:
            self._say_goodbye()

    def _say_goodbye(self) -> None:
        self.left = True
        super().say(GOODBYE)
        self.finish()
        if self.other.transport is not None:
            self.other.transport.abort()


class Relay:
    """One WebSocket on its way through."""

    def __init__(self, server_state: ServerState, realtimes: Realtimes, path: str) -> None:
        self._state = server_state
        self._realtimes = realtimes
        self._carrier: Address | None = None
        self._path = path
        self._began = time.monotonic()
        self._client, self._upstream = ClientEnd(self), End(self)
        self._client.other, self._upstream.other = self._upstream, self._client

    def begin(self, transport: asyncio.Transport, opening: bytes) -> None:
        """Take over a client's connection; `opening` is the handshake and whatever came in one piece with it."""
        self._client.connection_made(transport)
        transport.set_protocol(self._client)
        transport.pause_reading()
        self._state.connections.add(self)  # type: ignore[arg-type]  # uvicorn waits for these when it is stopped
        task = asyncio.get_running_loop().create_task(self._open(opening))
        self._state.tasks.add(task)
        task.add_done_callback(self._state.tasks.discard)

    async def _open(self, opening: bytes) -> None:
        for address in self._realtimes.to_try(time.monotonic()):
            if await self._reach(address):
                break
        else:
            self._refuse()
            return
        client = self._client.transport
        if client is None or client.is_closing():
            self.close()
            return
        self._upstream.say(opening)
        client.resume_reading()

    async def _reach(self, address: Address) -> bool:
        self._carrier = address
        self._realtimes.took(address)  # at once: others choose theirs while we connect
        try:
            async with asyncio.timeout(CONNECT_S):
                await asyncio.get_running_loop().create_connection(lambda: self._upstream, *address)
        except (OSError, TimeoutError) as error:
            self._no_longer_carried()
            self._realtimes.avoid(address, time.monotonic())
            log.warning("realtime_unreachable", address=str(address), reason=type(error).__name__)
            return False
        return True

    def _refuse(self) -> None:
        client = self._client.transport
        if client is not None and not client.is_closing():
            message = "Live messages cannot be reached now; try again in a few seconds."
            client.write(handshake.refusal(HTTPStatus.SERVICE_UNAVAILABLE, Problem(Code.UNAVAILABLE, message)))
            client.close()

    def shutdown(self) -> None:
        """End soon, because the gateway stops: uvicorn calls this, and waits for us as long as it was told to."""
        self._client.leave()

    def close(self) -> None:
        """Close both connections, once all that was said is sent."""
        for end in (self._client, self._upstream):
            if end.transport is not None:
                end.transport.close()

    def lost(self, end: End) -> None:
        """Note that an end is gone; with the client's the relay is over."""
        if end is not self._client:
            self._no_longer_carried()
            return
        self._state.connections.discard(self)
        log.info(
            "relay_closed",
            path=self._path,
            seconds=round(time.monotonic() - self._began, 3),
            bytes_in=self._client.heard_bytes,
            bytes_out=self._upstream.heard_bytes,
        )

    def _no_longer_carried(self) -> None:
        if self._carrier is not None:
            self._realtimes.lost(self._carrier)
            self._carrier = None
