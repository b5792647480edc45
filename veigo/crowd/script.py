"""What one socket of a crowd says: a handshake, some frames one after the other, and answers to pings. Pure.

Nothing here knows whose protocol it is, so that the same crowd can sit before any WebSocket server::

    Script(handshake("/connection/websocket"), (Step('{"id":1,"connect":{}}', '"connect"'),), answers={"{}": "{}"})

A ping of the WebSocket protocol is answered whatever the script says.
"""

from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from veigo.crowd.frames import TEXT, client_frame

KEY = "dmVpZ28tY3Jvd2QtaG9sZA=="  # 16 bytes in base64, as the protocol asks; the answer to it is not looked at


class Step(msgspec.Struct, frozen=True):
    """Something to say, and a part of the frame that answers it; after that the next step is taken.

    With nothing to `say` the frame is only waited for; with an empty `until` nothing is.
    """

    say: str
    until: str


class Script(msgspec.Struct, frozen=True):
    """What a socket says, from the first byte on.

    Attributes:
        handshake: the HTTP request that opens the WebSocket.
        steps: what follows the 101, one after the other; after the last the socket is settled.
        refused: a part of a frame that says no instead of answering a step; empty when there is none such.
        answers: whole text frames of the server, and what each is answered with: pings above the protocol's own.
    """

    handshake: str
    steps: tuple[Step, ...] = ()
    refused: str = ""
    answers: Mapping[str, str] = {}

    def spoken(self) -> tuple[bytes, ...]:
        """Return the steps' frames as they go onto the wire; empty where nothing is said."""
        return tuple(client_frame(TEXT, step.say.encode()) if step.say else b"" for step in self.steps)

    def answered(self) -> dict[bytes, bytes]:
        """Return the answers, as they go onto the wire, by the payload they answer."""
        return {heard.encode(): client_frame(TEXT, say.encode()) for heard, say in self.answers.items()}


def handshake(target: str, host: str = "localhost", headers: Mapping[str, str] = {}) -> str:
    """Return the request that opens a WebSocket at `target`, a path with its query."""
    lines = [
        f"GET {target} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {KEY}",
        "Sec-WebSocket-Version: 13",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines) + "\r\n\r\n"


def member(token: str, room: str) -> Script:
    """Return the script of somebody who listens in a room of ours."""
    join = msgspec.json.encode({"type": "JOIN_ROOM", "payload": [{"name": room}]}).decode()
    return Script(handshake(f"/?token={quote('Bearer ' + token)}"), (Step(join, '"JOINED"'),), refused='"ERROR"')
