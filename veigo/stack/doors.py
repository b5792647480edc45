"""Doors into a network of containers: ``python -m veigo.stack.doors 4600=kafka:9094 4500=postgres:5432``.

Only the gateway of a stack in containers is published. A harness outside needs more: the broker to witness by, the
database to compare with. It starts one more container in their network, this one, whose ports are published on the
loopback address alone and lead to the nodes. Nothing of the stack is changed by it, so a project that somebody else
started can be looked into as well.
"""

import asyncio
import contextlib
import signal
import sys

CHUNK_BYTES = 65_536


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Hand on bytes until there are no more; a slow taker holds the giver back."""
    try:
        while chunk := await source.read(CHUNK_BYTES):
            target.write(chunk)
            await target.drain()
        target.write_eof()
    except OSError:
        target.close()


async def lead(host: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Lead one caller to a node; one who cannot be reached closes the door at once, as the node itself would."""
    try:
        inner_reader, inner_writer = await asyncio.open_connection(host, port)
    except OSError:
        writer.close()
        return
    try:
        await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))
    finally:
        for one in (writer, inner_writer):
            with contextlib.suppress(OSError):
                one.close()


async def main(doors: list[str]) -> None:
    """Keep the doors open until told to stop."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    for door in doors:
        outside, _, inside = door.partition("=")
        host, _, port = inside.partition(":")
        await asyncio.start_server(
            lambda reader, writer, host=host, port=int(port): lead(host, port, reader, writer),  # type: ignore[misc]
            "0.0.0.0",  # noqa: S104 - inside the container; outside it is published on 127.0.0.1
            int(outside),
        )
    await stopped.wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
