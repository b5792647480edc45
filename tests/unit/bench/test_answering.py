"""The least a server can do, asked by the least a client can be."""

import asyncio

from bench.answering import answering
from bench.floors.echo import echoed
from bench.http_connection import HttpConnection


async def test_every_request_is_answered_alike_on_one_connection():
    """Bodies of any length included."""
    async with answering("http") as address:
        connection = await HttpConnection.open(address)
        answers = [await connection.post("/", body) for body in (b"{}", b"x" * 100_000, b"")]
        answers.append(await connection.get("/health"))
        connection.close()

    assert [(200, b'{"result":true}')] * 4 == [(answer.status, answer.body) for answer in answers]


async def test_an_echo_is_what_was_said():
    """As often as was called."""
    async with echoed(200, 0.05) as repeat:
        figures = await repeat()

    assert 10 == figures["samples"]
    assert 0 < figures["p50_ms"]


async def test_the_server_ends_with_whoever_started_it():
    """Nothing is left running."""
    async with answering("echo") as address:
        pass

    host, _, port = address.rpartition(":")
    refused = await asyncio.gather(asyncio.open_connection(host, int(port)), return_exceptions=True)
    assert isinstance(refused[0], OSError)
