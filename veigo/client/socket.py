"""The WebSocket door: one open socket, whose every frame is taken down with the time it came.

Reading never waits for anybody: a frame is decoded, recorded, and whoever waits for a JOINED is told. A user who asks
to join a room gets the room's answer, or the refusal, as they would from a GraphQL mutation.
"""

import asyncio
import itertools
from collections.abc import Callable
from urllib.parse import quote

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from veigo.history import Frame, History, SocketEvent, now
from veigo.outcome import Refused

OPEN_WAIT_S = 10
CLOSE_WAIT_S = 2
FRAME_BYTES_MAX = 1 << 20
CODES_BY_STATUS = {401: "UNAUTHENTICATED", 403: "FORBIDDEN"}

numbers = itertools.count(1)  # of sockets, each once in a run


class _Words(msgspec.Struct, rename="camel"):
    sender_id: str | None = None
    content: str | None = None


class _Payload(msgspec.Struct, rename="camel"):
    id: str | None = None
    room_id: str | None = None
    sequence: int | None = None
    content: _Words | None = None
    sender_id: str | None = None
    member_id: str | None = None
    code: str | None = None
    reason: str | None = None


class _Envelope(msgspec.Struct):
    type: str
    payload: list[_Payload]


_decoder = msgspec.json.Decoder(_Envelope)
_encoder = msgspec.json.Encoder()


class Socket:
    """One user's open socket. Made by `Socket.open`."""

    def __init__(
        self, user: str, connection: ClientConnection, history: History, on_frame: Callable[[Frame], None]
    ) -> None:
        self.number = next(numbers)
        self._user = user
        self._connection = connection
        self._history = history
        self._on_frame = on_frame
        self._answers: dict[str, asyncio.Future[Frame]] = {}
        self._closing = False
        self._note("opened")
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def open(
        cls, base_url: str, user: str, token: str, history: History, on_frame: Callable[[Frame], None]
    ) -> "Socket":
        """Open a socket as the holder of a token, which goes into the URL as a browser would have to do it.

        Raises:
            Refused: the handshake was answered with 401 or 403.
        """
        url = f"{base_url.rstrip('/').replace('http', 'ws', 1)}/?token={quote('SuperDuperUser ' + token)}"
        try:
            connection = await connect(
                url, compression=None, proxy=None, max_size=FRAME_BYTES_MAX, open_timeout=OPEN_WAIT_S
            )
        except InvalidStatus as error:
            reason = error.response.headers.get("X-WebSocket-Reject-Reason", "the handshake was refused")
            raise Refused(CODES_BY_STATUS.get(error.response.status_code, "UNAVAILABLE"), reason) from error
        return cls(user, connection, history, on_frame)

    async def join(self, room: str, after: int | None = None, *, wait_s: float = 10) -> Frame:
        """Join a room, or resume it after a sequence, and return its JOINED frame.

        Raises:
            Refused: the answer was an ERROR frame.
            TimeoutError: there was none within `wait_s`.
            ConnectionClosed: the socket ended first.
        """
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._answers[room] = answer
        wish = {"name": room} | ({} if after is None else {"after": after})
        try:
            async with asyncio.timeout(wait_s):
                await self._connection.send(_encoder.encode({"type": "JOIN_ROOM", "payload": [wish]}), text=True)
                frame = await answer
        finally:
            del self._answers[room]
        if frame.type == "ERROR":
            raise Refused(frame.code or "UNKNOWN", frame.reason or "refused without a reason")
        return frame

    async def close(self) -> None:
        """Leave, and wait for the last frame to be taken down, but not for ever."""
        self._closing = True
        try:
            async with asyncio.timeout(CLOSE_WAIT_S):
                await self._connection.close()
                await self._reading
        except TimeoutError:
            self._reading.cancel()

    async def _read(self) -> None:
        try:
            while True:
                text = await self._connection.recv(decode=False)
                self._take(text, *now())
        except ConnectionClosed as error:
            end = error.rcvd
            self._note("closed", code=end.code if end else None, reason=end.reason if end else "the connection broke")
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(error)

    def _take(self, text: bytes, at_ns: int, at_us: int) -> None:
        frame = frame_of(text, self._user, self.number, at_ns, at_us)
        self._history.append(frame)
        if frame.type in {"JOINED", "ERROR"} and frame.room in self._answers:
            answer = self._answers[frame.room]
            if not answer.done():
                answer.set_result(frame)
        self._on_frame(frame)

    def _note(self, event: str, code: int | None = None, reason: str | None = None) -> None:
        at_ns, at_us = now()
        self._history.append(
            SocketEvent(event, self._user, self.number, at_ns, at_us, ours=self._closing, code=code, reason=reason)
        )


def frame_of(text: bytes, user: str, socket: int, at_ns: int, at_us: int) -> Frame:
    """Decode one frame; one that cannot be read is kept as type UNREADABLE, for people to look at."""
    try:
        envelope = _decoder.decode(text)
        payload = envelope.payload[0] if envelope.payload else _Payload()
    except msgspec.DecodeError as error:
        return Frame("UNREADABLE", user, socket, at_ns, at_us, content=repr(text[:500]), reason=str(error))
    words = payload.content or _Words()
    return Frame(
        envelope.type,
        user,
        socket,
        at_ns,
        at_us,
        room=payload.room_id,
        sequence=payload.sequence,
        message_id=payload.id,
        sender=words.sender_id or payload.sender_id,
        content=words.content,
        member=payload.member_id,
        code=payload.code,
        reason=payload.reason,
    )
