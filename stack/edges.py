"""The edges of a proxied stack from outside: what is done to one, and how long a request over it takes."""

import asyncio
import contextlib
import struct
import time
from typing import Any

from stack import mongo, postgres, rest
from stack.toxiproxy import proxy_name
from veigo.stack.edge import Via
from veigo.stack.problem import NotReadyError, StackError
from veigo.stack.stack import Stack

ASK_WITHIN_S = 10.0
# Kafka's ApiVersions request, version 0: its length, key 18, version, correlation id, no client id.
API_VERSIONS = struct.pack(">ihhih", 10, 18, 0, 1, -1)
PAGES = {Via.HTTP: "/", Via.WEBSOCKET: "/healthz", Via.OTLP: "/healthz"}


async def poison(stack: Stack, source: str, target: str, toxic: dict[str, Any]) -> None:
    """Add a toxic to every proxy of an edge; one of the same type and direction is replaced.

    Raises:
        StackError: the stack has no proxies.
    """
    named = toxic | {"name": f"{toxic['type']}_{toxic['stream']}", "toxicity": 1.0}
    for path in _paths(stack, source, target):
        with contextlib.suppress(NotReadyError):  # there is none to replace
            await rest.request(stack.address("toxiproxy"), "DELETE", f"{path}/{named['name']}")
        await rest.request(stack.address("toxiproxy"), "POST", path, named)


async def clear(stack: Stack, source: str, target: str) -> None:
    """Take every toxic off every proxy of an edge."""
    for path in _paths(stack, source, target):
        for toxic in await rest.request(stack.address("toxiproxy"), "GET", path):
            with contextlib.suppress(NotReadyError):  # somebody else took it off
                await rest.request(stack.address("toxiproxy"), "DELETE", f"{path}/{toxic['name']}")


def _paths(stack: Stack, source: str, target: str) -> list[str]:
    if not stack.topology.proxied:
        raise StackError(f"stack {stack.name} has no proxies in its edges; start it with `veigo up --proxied`")
    edge = stack.topology.edge(source, target)
    nodes = stack.topology.replicas(edge.target)
    return [f"/proxies/{proxy_name(edge.source, node.name)}/toxics" for node in nodes]


async def round_trip(stack: Stack, source: str, target: str) -> float:
    """The seconds one small request takes from connecting to its answer, on the way the source takes."""
    via = Via(stack.topology.edge(source, target).via)
    address = stack.reach(source, target).split(",")[0]
    began = time.monotonic()
    await _ask(stack, via, address)
    return time.monotonic() - began


async def _ask(stack: Stack, via: Via, address: str) -> None:
    match via:
        case Via.GRPC:
            await _ask_grpc(address)
        case Via.SQL | Via.REPLICATION:
            await _ask_postgres(stack, address)
        case Via.KAFKA:
            await _ask_kafka(address)
        case Via.MONGODB:
            await _ask_mongo(address)
        case _:
            await rest.request(address, "GET", PAGES[via], within_s=ASK_WITHIN_S)


async def _ask_grpc(address: str) -> None:
    import grpc

    async with grpc.aio.insecure_channel(address) as channel:
        await channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=ASK_WITHIN_S)


async def _ask_postgres(stack: Stack, address: str) -> None:
    import asyncpg

    url = f"postgresql://{postgres.SUPERUSER}:{stack.secrets.password(postgres.SUPERUSER)}@{address}/postgres"
    connection = await asyncpg.connect(url, timeout=ASK_WITHIN_S)
    try:
        await connection.fetchval("SELECT 1", timeout=ASK_WITHIN_S)
    finally:
        connection.terminate()


async def _ask_kafka(address: str) -> None:
    """Ask a broker which requests it knows; by hand, because a client would try again and keep silent about it."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(API_VERSIONS)
        size = int.from_bytes(await asyncio.wait_for(reader.readexactly(4), ASK_WITHIN_S))
        await asyncio.wait_for(reader.readexactly(size), ASK_WITHIN_S)
    finally:
        writer.close()


async def _ask_mongo(address: str) -> None:
    from pymongo import AsyncMongoClient

    bound_ms = int(ASK_WITHIN_S * 1_000)
    url = f"mongodb://{address}/{mongo.DATABASE}"
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(
        url, directConnection=True, serverSelectionTimeoutMS=bound_ms
    )
    try:
        await client.admin.command("ping")
    finally:
        await client.close()
