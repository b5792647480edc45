"""WebSocket frames as a client that hardly speaks needs them: cut out of what came, and made. Pure.

A client must mask what it sends. The key may be any; with four zero bytes the masked payload is the payload itself, so
a frame is made once and sent by every socket of a crowd.
"""

import struct

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
FIN, MASKED = 0x80, 0x80
MASK = bytes(4)


def client_frame(opcode: int, payload: bytes) -> bytes:
    """Return one whole frame of a client."""
    length = len(payload)
    if length < 126:
        head = bytes((FIN | opcode, MASKED | length))
    elif length < 1 << 16:
        head = struct.pack("!BBH", FIN | opcode, MASKED | 126, length)
    else:
        head = struct.pack("!BBQ", FIN | opcode, MASKED | 127, length)
    return head + MASK + payload


def cut(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Cut a server's bytes into frames: each one's opcode and payload, and the rest, which is no whole frame yet."""
    frames = []
    at, end = 0, len(data)
    while end - at >= 2:
        length, begins = data[at + 1] & 0x7F, at + 2
        if length == 126:
            begins = at + 4
            length = int.from_bytes(data[at + 2 : begins])
        elif length == 127:
            begins = at + 10
            length = int.from_bytes(data[at + 2 : begins])
        if begins > end or begins + length > end:
            break
        frames.append((data[at] & 0x0F, data[begins : begins + length]))
        at = begins + length
    return frames, data[at:]


def close_code(payload: bytes) -> int:
    """Return the code in a Close frame's payload; 1005, as the protocol has it, where there is none."""
    return int.from_bytes(payload[:2]) if len(payload) >= 2 else 1005
