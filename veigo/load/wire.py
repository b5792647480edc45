"""A WebSocket under gevent: the protocol of ``websockets`` without its I/O, on one of gevent's sockets.

The library's state machine takes about 4 µs for a frame; a WebSocket client that reads header, length and body by
themselves takes 25 times that (docs/decisions/0026), and a generator that is slow measures itself.
"""

import ssl
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import gevent.socket
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from veigo.outcome import Refused

OPEN_WITHIN_S = 10.0
CLOSE_WITHIN_S = 2.0
FRAME_BYTES_MAX = 1 << 20
READ_BYTES = 1 << 16
CODES_BY_STATUS = {401: "UNAUTHENTICATED", 403: "FORBIDDEN"}
CUT_SHORT = 1006  # RFC 6455, 7.1.5: what a connection that ended without a Close frame is said to have ended with


class Wire:
    """One open socket. Made by `Wire.open`."""

    def __init__(self, connection: gevent.socket.socket, protocol: ClientProtocol) -> None:
        self._connection = connection
        self._protocol = protocol
        self._texts: list[bytes] = []
        self._parts: list[bytes] = []

    @classmethod
    def open(cls, gateway: str, token: str) -> "Wire":
        """Open a socket as the holder of a token.

        Raises:
            Refused: the handshake was answered with something else than yes.
            OSError: nobody answered.
        """
        address = urlsplit(gateway)
        secure = address.scheme in {"https", "wss"}
        host = address.hostname or "localhost"
        connection = gevent.socket.create_connection((host, address.port or (443 if secure else 80)), OPEN_WITHIN_S)
        try:
            connection.setsockopt(gevent.socket.IPPROTO_TCP, gevent.socket.TCP_NODELAY, 1)
            if secure:
                connection = ssl.create_default_context().wrap_socket(connection, server_hostname=host)
            url = f"{'wss' if secure else 'ws'}://{address.netloc}/?token={quote('SuperDuperUser ' + token)}"
            wire = cls(connection, ClientProtocol(parse_uri(url), max_size=FRAME_BYTES_MAX))
            wire._shake_hands()
            connection.settimeout(None)
        except BaseException:
            connection.close()
            raise
        return wire

    def send(self, text: bytes) -> None:
        """Send a text frame."""
        self._protocol.send_text(text)
        self._flush()

    def texts(self) -> Iterator[bytes]:
        """Every text frame, until the socket ends; `ended` says how."""
        while True:
            yield from self._taken()
            if self._protocol.state is State.CLOSED:
                return
            self._read()

    @property
    def ended(self) -> tuple[int, str]:
        """The close code and reason of a socket that has ended."""
        received = self._protocol.close_rcvd
        return (received.code, received.reason) if received else (CUT_SHORT, "the connection broke")

    def close(self) -> None:
        """Say goodbye; whoever reads `texts` sees the end."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(1000)
            self._flush()

    def cut(self) -> None:
        """Drop the connection without a word, as a tunnel does."""
        try:
            self._connection.shutdown(gevent.socket.SHUT_RDWR)
        except OSError:
            return  # it was gone already

    def _shake_hands(self) -> None:
        self._protocol.send_request(self._protocol.connect())
        self._flush()
        while self._protocol.state is State.CONNECTING and self._protocol.handshake_exc is None:
            self._read()
            self._texts = self._taken()  # a frame may have come with the answer
        refusal = self._protocol.handshake_exc
        if isinstance(refusal, InvalidStatus):
            reason = refusal.response.headers.get("X-WebSocket-Reject-Reason", "the handshake was refused")
            raise Refused(CODES_BY_STATUS.get(refusal.response.status_code, "UNAVAILABLE"), reason) from refusal
        if refusal is not None or self._protocol.state is State.CLOSED:
            message = f"the handshake failed: {refusal or 'the connection was closed'}"
            raise ConnectionResetError(message) from refusal

    def _read(self) -> None:
        try:
            data = self._connection.recv(READ_BYTES)
        except OSError:
            data = b""
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        self._flush()

    def _flush(self) -> None:
        """Write what the protocol has to say: our frames, its pongs and goodbyes."""
        for data in self._protocol.data_to_send():
            try:
                if data:
                    self._connection.sendall(data)
                else:
                    self._connection.shutdown(gevent.socket.SHUT_WR)
            except OSError:
                break  # reading tells how it ended
        if self._protocol.state is State.CLOSED:
            self._connection.close()

    def _taken(self) -> list[bytes]:
        texts, self._texts = self._texts, []
        for event in self._protocol.events_received():
            if not isinstance(event, Frame) or event.opcode not in {Opcode.TEXT, Opcode.CONT}:
                continue
            if event.fin and not self._parts:
                texts.append(bytes(event.data))
                continue
            self._parts.append(bytes(event.data))
            if event.fin:
                texts.append(b"".join(self._parts))
                self._parts = []
        return texts
