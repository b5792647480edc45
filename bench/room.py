"""A room on the stack whose every message is timed, from when it was meant to be sent to each socket that listens.

A message that reached no socket, one twice or out of order makes the block void: a fast stack that loses is not fast.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

import msgspec

from bench.blocks import at_a_rate
from bench.http_connection import HttpConnection
from bench.measure import Void
from bench.raw_socket import RawSocket
from bench.site import Site
from veigo.client.accounts import Account, room_of, signed_up
from veigo.client.documents import CREATE_MESSAGE, CreateMessageData
from veigo.client.graphql import GraphQL, data_of
from veigo.telemetry.trace_ids import traceparent

JOINED_WITHIN_S = 30.0
DELIVERED_WITHIN_S = 10.0
CONNECTIONS = 32  # for sending; a send that finds none free waits, and its latency says so
CONTENT = "x" * 100
SAMPLED, UNSAMPLED = "01", "00"  # the flags that end a traceparent


class _Payload(msgspec.Struct, rename="camel"):
    id: str = ""
    sequence: int = 0


class _Frame(msgspec.Struct):
    type: str
    payload: list[_Payload]


_frame = msgspec.json.Decoder(_Frame)


@dataclass(slots=True)
class Talk:
    """What became of one block's messages.

    Attributes:
        intended_ns: when each was meant to be sent, by its id.
        started_ns: when it was.
        acknowledged_ns: when its answer came.
        delivered_ms: from the intended time to a socket, of every delivery.
        last_ms: from the intended time to the last socket, of every message.
    """

    intended_ns: dict[str, int] = field(default_factory=dict)
    started_ns: dict[str, int] = field(default_factory=dict)
    acknowledged_ns: dict[str, int] = field(default_factory=dict)
    delivered_ms: list[float] = field(default_factory=list)
    last_ms: list[float] = field(default_factory=list)

    @property
    def acknowledged_ms(self) -> list[float]:
        """From the intended time to the answer."""
        return [(at_ns - self.intended_ns[one]) / 1e6 for one, at_ns in self.acknowledged_ns.items()]

    @property
    def late_ms(self) -> list[float]:
        """How late the sends themselves began."""
        return [(at_ns - self.intended_ns[one]) / 1e6 for one, at_ns in self.started_ns.items()]


class Room:
    """The room, its sender and its listening sockets. Made by `room`."""

    def __init__(self, address: str, room: str, sender: Account, listener: Account) -> None:
        self.id = room
        self._address = address
        self._sender = sender
        self._listener = listener
        self._sockets: list[RawSocket] = []
        self._free: asyncio.Queue[HttpConnection] = asyncio.Queue()
        self._seen: dict[RawSocket, list[tuple[str, int, int]]] = {}
        self._joined = 0
        self._told = asyncio.Event()

    async def open(self, sockets: int) -> None:
        """Open the sockets of the listener and have all of them join."""
        path = f"/?token={quote('Bearer ' + self._listener.token)}"
        wish = msgspec.json.encode({"type": "JOIN_ROOM", "payload": [{"name": self.id}]})
        for _ in range(sockets):
            socket = await RawSocket.open(self._address, path, self._received)
            self._sockets.append(socket)
            socket.send(wish)
        await self._until(lambda: self._joined >= sockets, JOINED_WITHIN_S, "not every socket has joined")
        for _ in range(CONNECTIONS):
            self._free.put_nowait(await HttpConnection.open(self._address))

    def close(self) -> None:
        """Hang up."""
        for socket in self._sockets:
            socket.close()
        while not self._free.empty():
            self._free.get_nowait().close()

    async def talk(self, per_s: float, seconds: float) -> Talk:
        """Send at a steady rate, whatever becomes of it, and wait until every socket has everything.

        Raises:
            Void: something was refused, lost, came twice or out of order.
        """
        told = Talk()
        self._seen = {socket: [] for socket in self._sockets}
        async with asyncio.TaskGroup() as sends:
            async for intended_ns in at_a_rate(per_s, seconds):
                message_id = str(uuid.uuid4())
                told.intended_ns[message_id] = intended_ns
                sends.create_task(self._send(message_id, told))
        await self._delivered(told)
        return told

    async def rush(self, clients: int, seconds: float, *, traced: bool | None = None) -> Talk:
        """Send from so many clients, each as soon as it has its answer, and wait until every socket has everything.

        Every message asks to be `traced`, or not to be, as OpenTelemetry has it; with None it says nothing of it.

        Raises:
            Void: as `talk`.
        """
        told = Talk()
        self._seen = {socket: [] for socket in self._sockets}
        until_ns = time.monotonic_ns() + round(seconds * 1e9)

        async def write() -> None:
            while (now_ns := time.monotonic_ns()) < until_ns:
                message_id = str(uuid.uuid4())
                told.intended_ns[message_id] = now_ns
                await self._send(message_id, told, traced=traced)

        async with asyncio.TaskGroup() as writers:
            for _ in range(clients):
                writers.create_task(write())
        await self._delivered(told)
        return told

    async def _send(self, message_id: str, told: Talk, *, traced: bool | None = None) -> None:
        connection = await self._free.get()
        try:
            told.started_ns[message_id] = time.monotonic_ns()
            variables = {"roomId": self.id, "content": CONTENT, "messageId": message_id}
            body = msgspec.json.encode({"query": CREATE_MESSAGE, "variables": variables})
            headers = {"Authorization": f"Bearer {self._sender.token}"}
            if traced is not None:
                headers["traceparent"] = traceparent(message_id)[:-2] + (SAMPLED if traced else UNSAMPLED)
            answer = await connection.post("/graphql", body, headers)
            told.acknowledged_ns[message_id] = time.monotonic_ns()
            data_of(answer.status, answer.body, CreateMessageData)
        except Exception as error:
            raise Void(f"a message was not accepted: {error}") from error
        finally:
            self._free.put_nowait(connection)

    def _received(self, socket: RawSocket, text: bytes, at_ns: int) -> None:
        frame = _frame.decode(text)
        if frame.type == "MESSAGE":
            self._seen.setdefault(socket, []).append((frame.payload[0].id, frame.payload[0].sequence, at_ns))
        elif frame.type == "JOINED":
            self._joined += 1
        elif frame.type == "ERROR":
            socket.closed = text.decode()
        self._told.set()

    async def _delivered(self, told: Talk) -> None:
        wanted = len(told.intended_ns)
        await self._until(
            lambda: all(len(seen) >= wanted for seen in self._seen.values()),
            DELIVERED_WITHIN_S,
            f"some of {wanted} messages have not reached every socket",
        )
        self._judge(told)

    def _judge(self, told: Talk) -> None:
        last_ns: dict[str, int] = {}
        for seen in self._seen.values():
            sequences = [sequence for _, sequence, _ in seen]
            if sequences != sorted(set(sequences)):
                raise Void("a socket received messages twice or out of order")
            if {message_id for message_id, _, _ in seen} != set(told.intended_ns):
                raise Void("a socket received other messages than were sent")
            for message_id, _, at_ns in seen:
                told.delivered_ms.append((at_ns - told.intended_ns[message_id]) / 1e6)
                last_ns[message_id] = max(last_ns.get(message_id, 0), at_ns)
        told.last_ms = [(at_ns - told.intended_ns[one]) / 1e6 for one, at_ns in last_ns.items()]

    async def _until(self, condition: Callable[[], bool], within_s: float, why: str) -> None:
        try:
            async with asyncio.timeout(within_s):
                while not condition():
                    self._told.clear()
                    await self._told.wait()
        except TimeoutError:
            ended = next((socket.closed for socket in self._sockets if socket.closed), "")
            raise Void(f"{why} after {within_s:g} s" + (f"; one was {ended}" if ended else "")) from None


@asynccontextmanager
async def room(site: Site, *, sockets: int = 1) -> AsyncIterator[Room]:
    """Give a room in which one person writes and another listens on so many sockets."""
    async with GraphQL(site.gateway) as graphql:
        sender, listener = await signed_up(graphql, 2, "bench")
        id_ = await room_of(graphql, sender, [listener], "Room")
    made = Room(site.stack.address("gateway"), id_, sender, listener)
    try:
        await made.open(sockets)
        yield made
    finally:
        made.close()
