"""Where one WebSocket frame ends and the next begins, in a stream of bytes that somebody else wrote. Pure.

The relay does not look into frames and changes nothing in them. But to say goodbye when the gateway is stopped it must
put in a frame of its own, and that is only possible between two of realtime's.
"""

import struct
from enum import Enum

HEAD_BYTES_MAX = 16 * 1024  # of the handshake's answer; a longer one is not watched any further
SERVICE_RESTART = 1012  # RFC 6455's registry: come back


def close_frame(code: int, reason: str) -> bytes:
    """Return a server's Close frame; `reason` may be 123 bytes long."""
    payload = struct.pack("!H", code) + reason.encode()
    if len(payload) > 125:
        raise ValueError("a control frame carries at most 125 bytes")
    return bytes([0x88, len(payload)]) + payload


class _Watching(Enum):
    HEAD = "the answer to the handshake"
    FRAMES = "frames"
    NOTHING = "no WebSocket after all"


class Boundary:
    """Follows what a server sends, from the first byte of its handshake."""

    def __init__(self) -> None:
        self._watching = _Watching.HEAD
        self._begun = bytearray()  # of the head, or of a frame's header, until it is complete
        self._left = 0  # bytes of the payload still to come

    @property
    def between_frames(self) -> bool:
        """Whether what was sent so far ends where a frame of ours could follow."""
        return self._watching is _Watching.FRAMES and not self._begun and not self._left

    def feed(self, data: bytes) -> int:
        """Take what was sent next; returns where in `data` the last complete frame ends, 0 when none does."""
        if self.between_frames and _is_one_frame(data):  # as nearly always; the rest is for how TCP may cut it
            return len(data)
        position = self._after_head(data) if self._watching is _Watching.HEAD else 0
        boundary = position if self.between_frames else 0
        while position < len(data) and self._watching is _Watching.FRAMES:
            position = self._after_part(data, position)
            if self.between_frames:
                boundary = position
        return boundary

    def _after_head(self, data: bytes) -> int:
        before = len(self._begun)
        self._begun += data
        end = self._begun.find(b"\r\n\r\n", max(0, before - 3))
        if end < 0:
            if len(self._begun) > HEAD_BYTES_MAX:
                self._stop_watching()
            return len(data)
        if not self._begun.startswith(b"HTTP/1.1 101 "):
            self._stop_watching()
            return len(data)
        self._begun.clear()
        self._watching = _Watching.FRAMES
        return end + 4 - before

    def _after_part(self, data: bytes, position: int) -> int:
        if self._left:
            taken = min(self._left, len(data) - position)
            self._left -= taken
            return position + taken
        missing = _header_length(self._begun or data[position : position + 2]) - len(self._begun)
        self._begun += data[position : position + missing]
        position = min(position + missing, len(data))
        if len(self._begun) >= 2 and len(self._begun) == _header_length(self._begun):
            self._left = _payload_length(self._begun)
            self._begun.clear()
        return position

    def _stop_watching(self) -> None:
        self._watching = _Watching.NOTHING
        self._begun.clear()


def _is_one_frame(data: bytes) -> bool:
    """Whether these bytes are one whole frame, not masked, with less than 64 KiB in it."""
    size = len(data)
    if size < 4:
        return size >= 2 and size == 2 + data[1]
    short = data[1]
    return size == (2 + short if short < 126 else 4 + (data[2] << 8 | data[3])) and short < 127


def _header_length(begun: bytes | bytearray) -> int:
    """Return how long a frame's header is; 2 until its second byte, which says so, is there."""
    if len(begun) < 2:
        return 2
    masked = 4 if begun[1] & 0x80 else 0
    return {126: 4, 127: 10}.get(begun[1] & 0x7F, 2) + masked


def _payload_length(header: bytes | bytearray) -> int:
    short = header[1] & 0x7F
    if short == 126:
        return int.from_bytes(header[2:4], "big")
    if short == 127:
        return int.from_bytes(header[2:10], "big")
    return short
