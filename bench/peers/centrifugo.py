"""Centrifugo beside the stack: reading the stack's own Debezium topic, or an outbox in PostgreSQL.

It is given what its documentation recommends for speed where that differs from a default: `fetch_read_uncommitted`,
since Connect's producer uses no transactions, and the outbox's notification beside its polling. Clients sign in by JWT.
"""

import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import jwt
import psutil

from bench.peers.beside import beside, free_port
from bench.peers.listener import Door
from bench.peers.same_topic import HEADER
from bench.peers.tools import built
from bench.site import Site
from stack import rest
from veigo.stack.node import Launch
from veigo.stack.ports import HOST
from veigo.witness import TOPIC

OUTBOX = "centrifugo_outbox"
NOTIFIED = "centrifugo_partition_change"


def from_kafka(brokers: list[str]) -> dict[str, Any]:
    """A consumer of the stack's topic: each record's value goes as it is to the channels that its header names."""
    return {
        "enabled": True,
        "name": "debezium",
        "type": "kafka",
        "kafka": {
            "brokers": brokers,
            "topics": [TOPIC],
            "consumer_group": f"bench-centrifugo-{secrets.token_hex(4)}",
            "fetch_read_uncommitted": True,
            "publication_data_mode": {"enabled": True, "channels_header": HEADER},
        },
    }


def from_outbox(dsn: str) -> dict[str, Any]:
    """A consumer of an outbox table, told of each row by NOTIFY."""
    return {
        "enabled": True,
        "name": "outbox",
        "type": "postgresql",
        "postgresql": {
            "dsn": dsn,
            "outbox_table_name": OUTBOX,
            "num_partitions": 1,
            "partition_notification_channel": NOTIFIED,
        },
    }


def configuration(port: int, secret: str, consumers: list[Mapping[str, Any]]) -> dict[str, Any]:
    """What Centrifugo is told; a channel is a room's id, and whoever has signed in may subscribe."""
    return {
        "http_server": {"address": HOST, "port": port},
        "log": {"level": "warn"},
        "health": {"enabled": True},
        "client": {"token": {"hmac_secret_key": secret}},
        "channel": {"without_namespace": {"allow_subscribe_for_client": True}},
        "consumers": list(consumers),
    }


@dataclass(frozen=True, slots=True)
class Centrifugo:
    """One that runs."""

    process: psutil.Process
    port: int
    token: str

    def door(self, room: str) -> Door:
        """How its clients get into a room: both commands in one frame."""
        connect = json.dumps({"id": 1, "connect": {"token": self.token}})
        subscribe = json.dumps({"id": 2, "subscribe": {"channel": room}})
        return Door(
            self.port,
            path="/connection/websocket",
            say=f"{connect}\n{subscribe}",
            joined='"subscribe":{',
            ping="{}",
            pong="{}",
        )


@asynccontextmanager
async def centrifugo(site: Site, *consumers: Mapping[str, Any]) -> AsyncIterator[Centrifugo]:
    """Run it with these consumers."""
    port, secret = free_port(), secrets.token_hex(32)
    settings = site.folder / f"centrifugo-{port}.json"
    settings.write_text(json.dumps(configuration(port, secret, list(consumers))))
    program = built("centrifugo") / "centrifugo"
    launch = Launch((str(program), "--config", str(settings)))

    async def probe() -> None:
        await rest.request(f"{HOST}:{port}", "GET", "/health")

    token = jwt.encode({"sub": "bench"}, secret, algorithm="HS256")
    async with beside("centrifugo", launch, site.folder, probe) as process:
        yield Centrifugo(process, port, token)
