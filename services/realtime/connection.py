"""One client's connection: bytes to messages and back, with next to nothing kept while nothing is said.

Idle sockets are what this service has most of, so what one of them costs is what it costs. The protocol is that of
`websockets` (its Sans-I/O layer), but an object of it, with a parser, buffers and a log of its own, lives only while it
is needed: for the handshake, for a message that has come in part, and from the first Close frame on. Between two
messages a connection is this object, its transport and its token. There is no task, queue or timer for it; what a
client says is answered as it is read.
"""

import asyncio
from typing import Protocol as Shape
from typing import cast

from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import OPEN, SERVER, Protocol
from websockets.server import ServerProtocol

from services.access_tokens import AccessToken

FRAME_BYTES_MAX = 64 * 1024  # a longer message from a client is answered with 1009
HEAD_BYTES_MAX = 64 * 1024  # of a handshake, for which a browser's cookies are the most there is
HANDSHAKE_S_MAX = 10
CLOSE_GRACE_S = 5.0  # how long a closed socket has to take the close frame before its connection is cut
HEAD_END = b"\r\n\r\n"
PONG = b"\x8a\x80"  # how all that most clients ever say begins: an empty pong, six bytes with its mask
PONG_BYTES = 6


class Keeper(Shape):
    """Who looks after connections: decides about handshakes, and hears what clients say."""

    def requested(self, connection: "Connection", opening: ServerProtocol, request: Request) -> None:
        """A client asks to be let in, and says no more until it is answered."""

    def heard(self, connection: "Connection", message: str | bytes) -> None:
        """A client said something."""

    def gone(self, connection: "Connection") -> None:
        """The connection is no more."""


class Talk(Protocol):
    """The frames of an open WebSocket, for as long as a message has come in part, or a Close frame was sent."""

    def __init__(self) -> None:
        super().__init__(SERVER, state=OPEN, max_size=FRAME_BYTES_MAX)
        self.messages: list[str | bytes] = []
        self._parts: list[bytes] = []
        self._is_text = False
        self._unread_bytes = 0

    @property
    def is_between_messages(self) -> bool:
        """Whether nothing that came is still to be continued, and the connection is not about to end."""
        return self._unread_bytes == 0 and not self._parts and self.state is OPEN

    def receive_data(self, data: bytes | bytearray) -> None:
        """Read what came."""
        self._unread_bytes += len(data)
        super().receive_data(data)

    def recv_frame(self, frame: Frame) -> None:
        """Take a whole frame; one that is not text where it says so fails the connection, as others do."""
        length = len(frame.data)
        self._unread_bytes -= 6 + length + (0 if length < 126 else 2 if length < 1 << 16 else 8)
        super().recv_frame(frame)
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return
        if frame.opcode is not Opcode.CONT:
            self._is_text = frame.opcode is Opcode.TEXT
        self._parts.append(bytes(frame.data))
        if frame.fin:
            message = b"".join(self._parts)
            self._parts.clear()
            self.messages.append(message.decode() if self._is_text else message)


class Connection(asyncio.Protocol):
    """A client's connection, which is also the handle the rules know it by.

    Attributes:
        transport: to the client.
        is_open: whether frames may be written: from the handshake's end until a Close frame is sent or the client gone.
        is_clear: whether it is open and nothing waits in the transport; then `fd` may be written to.
        fd: the socket's number. It is this client's until `connection_lost`, before which no transport closes it.
        has_spoken: since that was last set to False, so that whoever asks can tell if somebody is there.
        token: the access token it was let in with.
        access: what that says.
    """

    __slots__ = (
        "_deadline",
        "_keeper",
        "_opening",
        "_talk",
        "_unread",
        "_writable",
        "access",
        "fd",
        "has_spoken",
        "is_clear",
        "is_open",
        "token",
        "transport",
    )

    transport: asyncio.Transport
    token: str
    access: AccessToken

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._unread: bytes | None = b""  # what came before it was let in: of the request, and after that early frames
        self._opening: ServerProtocol | None = None  # while it is decided
        self._talk: Talk | None = None
        self._writable: asyncio.Future[None] | None = None  # there while something waits in the transport
        self._deadline: asyncio.TimerHandle | None = None
        self.is_open = self.is_clear = False
        self.has_spoken = True
        self.fd = -1

    @property
    def is_opening(self) -> bool:
        """Whether it is still to be let in, or was not."""
        return self._unread is not None

    # The client says something.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the client has so long to get through its handshake."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        self.transport.set_write_buffer_limits(0)  # so that we are told whenever something begins or ceases to wait
        self.fd = transport.get_extra_info("socket").fileno()
        self._deadline = asyncio.get_running_loop().call_later(HANDSHAKE_S_MAX, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        """Read what came, which also says that the client is there."""
        self.has_spoken = True
        if self._unread is not None:
            self._read_request(self._unread + data)
            return
        if self._talk is None:
            if len(data) == PONG_BYTES and data.startswith(PONG):
                return
            self._talk = Talk()
        self._listen(self._talk, data)

    def eof_received(self) -> None:
        """The client has left: with None returned, the transport closes itself."""

    def connection_lost(self, _: Exception | None) -> None:
        """It is gone."""
        self.is_open = self.is_clear = False
        self.fd = -1
        self._talk = self._opening = None
        self.resume_writing()
        self._end_deadline()
        self._keeper.gone(self)

    def _read_request(self, data: bytes) -> None:
        self._unread = data
        if self._opening is not None:
            return
        head, end, rest = data.partition(HEAD_END)
        if not end and len(head) < HEAD_BYTES_MAX:
            return
        self._opening, self._unread = ServerProtocol(), rest
        self._opening.receive_data(head + end)
        self.transport.pause_reading()
        match self._opening.events_received():
            case [Request() as request]:
                self._keeper.requested(self, self._opening, request)
            case _:
                self._write(self._opening)  # it is none, and the library has worded that

    def _listen(self, talk: Talk, data: bytes) -> None:
        talk.receive_data(data)
        talk.events_received()  # the frames; what they come to is in `messages`
        messages, talk.messages = talk.messages, []
        self._write(talk)
        for message in messages:
            self._keeper.heard(self, message)
        if talk.is_between_messages:
            self._talk = None

    # The service says something.

    def answer(self, response: Response) -> None:
        """Answer the request, unless the client is gone; with any status but 101 that ends the connection."""
        opening, self._opening = self._opening, None
        if opening is None or self.transport.is_closing():
            return
        opening.send_response(response)
        self.is_open = self.is_clear = opening.state is OPEN
        self._write(opening)
        if self.is_open:
            self._end_deadline()

    def begin(self) -> None:
        """Read what the client says from here on, and first what it had said before it was let in."""
        early, self._unread = self._unread, None
        if early:
            self.data_received(early)
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def send_close(self, code: int, reason: str) -> None:
        """Say goodbye; the client has a moment to take it and to answer, then its connection is cut.

        That is not as `websockets` does it, which waits, without a bound, for a full write buffer to drain.
        """
        if self.is_open:
            self._talk = self._talk or Talk()
            self._talk.send_close(code, reason)
            self._write(self._talk)

    async def drained(self) -> None:
        """Wait until nothing waits in the transport or the connection is gone, however long that takes."""
        if self._writable is not None:
            await asyncio.shield(self._writable)  # several may wait

    def pause_writing(self) -> None:
        """Something waits in the transport."""
        self.is_clear = False
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """Nothing does any more."""
        self.is_clear = self.is_open
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

    def _write(self, protocol: Protocol) -> None:
        if self.transport.is_closing():
            return
        for data in protocol.data_to_send():
            if data:
                self.transport.write(data)
            else:
                self.transport.write_eof()
        if protocol.close_expected():
            self.is_open = self.is_clear = False
            if self._deadline is None:
                self._deadline = asyncio.get_running_loop().call_later(CLOSE_GRACE_S, self.transport.abort)

    def _end_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
