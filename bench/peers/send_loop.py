"""The floor of fan-out, running: `sources/native/send_loop.c`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psutil

from bench.measure import Void
from bench.peers.beside import free_port
from bench.peers.driven import Driven, driven
from bench.peers.listener import Door
from bench.peers.tools import built

DONE_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class SendLoop:
    """One that runs; every socket it has gets everything."""

    program: Driven
    port: int

    @property
    def process(self) -> psutil.Process:
        """Whose processor time counts."""
        return self.program.system

    def door(self) -> Door:
        """How its clients get in."""
        return Door(self.port)

    async def send(self, numbers: list[int], per_s: float) -> None:
        """Send messages of these numbers, which follow each other, at a steady rate.

        Raises:
            Void: a socket did not take one.
        """
        _, dropped = await self.program.ask(f"send {len(numbers)} {per_s} {numbers[0]}", "sent", DONE_WITHIN_S)
        if dropped:
            raise Void(f"{dropped:,} sends were not taken")


@asynccontextmanager
async def send_loop(frame_bytes: int) -> AsyncIterator[SendLoop]:
    """Run it; each message is one frame with so many bytes of text."""
    port = free_port()
    told = ("--port", str(port), "--frame-bytes", str(frame_bytes))
    async with driven("send_loop", built("send_loop") / "send_loop", *told) as program:
        await program.answer("listening")
        yield SendLoop(program, port)
