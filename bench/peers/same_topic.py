"""Has the stack's connector name each record's room in a header, by which Centrifugo knows where to publish it.

This is all that one topic for both takes: no second connector, no second publication, and the record's value, which
both read, stays as it was. It is Kafka Connect's own transform `HeaderFrom`, which copies the key's `room_id`; what it
costs is paid on both sides. The product's configuration has none of it, and gets it back at the end.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.site import Site
from stack import connectors, rest
from veigo.stack.readiness import until
from veigo.witness import TOPIC

CONNECTOR = "chat"
HEADER = "x-centrifugo-channels"
NAMED = {
    "header.converter": "org.apache.kafka.connect.storage.StringConverter",
    "transforms": "channel",
    "transforms.channel.type": "org.apache.kafka.connect.transforms.HeaderFrom$Key",
    "transforms.channel.fields": "room_id",
    "transforms.channel.headers": HEADER,
    "transforms.channel.operation": "copy",
    "transforms.channel.predicate": "events",  # other tables' keys have no room
    "predicates": "events",
    "predicates.events.type": "org.apache.kafka.connect.transforms.predicates.TopicNameMatches",
    "predicates.events.pattern": TOPIC.replace(".", "\\."),
}
RUNNING_WITHIN_S = 30.0


@asynccontextmanager
async def rooms_named(site: Site) -> AsyncIterator[None]:
    """Have the records name their rooms while the context is open."""
    plain = connectors.configuration(CONNECTOR)
    await _configure(site, plain | NAMED)
    try:
        yield
    finally:
        await _configure(site, plain)


async def _configure(site: Site, configuration: dict[str, str]) -> None:
    connect = site.stack.address("connect")
    await rest.request(connect, "PUT", f"/connectors/{CONNECTOR}/config", configuration, within_s=RUNNING_WITHIN_S)

    async def run() -> None:
        await connectors.require_running(connect, CONNECTOR)

    await until(run, RUNNING_WITHIN_S, f"connector {CONNECTOR} does not run; see {site.stack.log('connect')}")
    await connectors.follow_heartbeat(site.stack, CONNECTOR)
