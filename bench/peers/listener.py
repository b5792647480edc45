"""Many sockets to one server, held by `sources/native/listener.c`, and what they heard."""

import base64
import contextlib
import struct
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.measure import Void
from bench.peers.driven import Driven, NoAnswerError, driven
from bench.peers.tools import built

MARK = "bench:"  # stands before the number of a message, in its text
NOTE = struct.Struct("=IIQ")  # socket, number, monotonic nanoseconds; as listener.c writes them


def text(number: int, size: int) -> str:
    """A message's text of so many characters, which the listener knows it by."""
    return f"{MARK}{number:08d} ".ljust(size, "x")


@dataclass(frozen=True, slots=True)
class Door:
    """How a client gets into a room of some server.

    Attributes:
        port: on this machine.
        path: what it asks to be upgraded, with the query.
        say: the frame it sends then.
        joined: what stands in the frame that lets it in; empty when the upgrade does.
        ping, pong: a frame that asks whether it is there, and its answer, where a server asks by text.
    """

    port: int
    path: str = "/"
    say: str = ""
    joined: str = ""
    ping: str = ""
    pong: str = ""

    @property
    def request(self) -> bytes:
        """The upgrade, word for word."""
        key = base64.b64encode(b"veigo scoreboard").decode()
        lines = (
            f"GET {self.path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        )
        return "\r\n".join((*lines, "", "")).encode()


@dataclass(frozen=True, slots=True)
class Heard:
    """What the sockets heard since they were told to begin.

    Attributes:
        frames: those that held a delivery, or several.
        size: bytes of all those frames together, without WebSocket's own.
        arrivals: number of a message → monotonic nanoseconds of its arrival at each socket, in no order.
    """

    frames: int
    size: int
    arrivals: Mapping[int, list[int]] = field(repr=False)

    @property
    def deliveries(self) -> int:
        """Messages, once for each socket they reached."""
        return sum(map(len, self.arrivals.values()))


def heard(frames: int, size: int, dropped: int, notes: bytes) -> Heard:
    """Read what the listener wrote.

    Raises:
        Void: a socket received a message twice, or there was more than the listener could note.
    """
    if dropped:
        raise Void(f"{dropped:,} deliveries were too many to note")
    arrivals: dict[int, list[int]] = {}
    seen: set[tuple[int, int]] = set()
    for socket, number, at_ns in NOTE.iter_unpack(notes):
        if (socket, number) in seen:
            raise Void(f"message {number} reached a socket twice")
        seen.add((socket, number))
        arrivals.setdefault(number, []).append(at_ns)
    return Heard(frames, size, arrivals)


def require_all(heard: Heard, numbers: Iterable[int], sockets: int) -> None:
    """Require that each of these messages reached every socket, and nothing else came.

    Raises:
        Void: something is missing, or too much.
    """
    wanted = set(numbers)
    if strange := set(heard.arrivals) - wanted:
        raise Void(f"{len(strange)} messages came that this block did not send")
    if missing := sum(sockets - len(heard.arrivals.get(number, ())) for number in wanted):
        raise Void(f"{missing:,} of {len(wanted) * sockets:,} deliveries are missing")


class Listener:
    """The sockets, open and in their room."""

    def __init__(self, program: Driven, folder: Path, sockets: int) -> None:
        self.sockets = sockets
        self.refusals = 0  # for now, at the upgrade or the join; each was asked again
        self._program = program
        self._notes = folder / f"heard-{program.system.pid}"

    async def begin(self) -> None:
        """Forget what was heard."""
        await self._program.ask("begin", "begun")

    async def end(self) -> Heard:
        """Return what was heard since.

        Raises:
            Void: see `heard`.
        """
        frames, _, dropped, _, size = await self._program.ask(f"end {self._notes}", "ended")
        return heard(frames, size, dropped, self._notes.read_bytes())

    async def until(self, deliveries: int, within_s: float) -> None:
        """Wait for so many deliveries since the beginning, no longer than that; `end` tells what came."""
        with contextlib.suppress(NoAnswerError):
            await self._program.ask(f"until {deliveries}", "reached", within_s)

    async def more(self, sockets: int) -> None:
        """Open further sockets, and wait until they are in."""
        self.sockets, self.refusals = await self._program.ask(f"more {sockets}", "joined")


@asynccontextmanager
async def listening(door: Door, sockets: int, folder: Path, source: str = "127.0.0.1") -> AsyncIterator[Listener]:
    """Open sockets and wait until all are in.

    Args:
        door: where, and how.
        sockets: how many.
        folder: for what they hear.
        source: the address of this machine they come from; one has 28,000 ports to each server.
    """
    request = folder / f"upgrade-{uuid.uuid4()}"
    request.write_bytes(door.request)
    arguments = {
        "--port": str(door.port),
        "--from": source,
        "--sockets": str(sockets),
        "--request": str(request),
        "--say": door.say,
        "--joined": door.joined,
        "--ping": door.ping,
        "--pong": door.pong,
    }
    told = [part for pair in arguments.items() for part in pair]
    async with driven("the listener", built("listener") / "listener", *told) as program:
        count, _ = await program.answer("joined")
        yield Listener(program, folder, count)
