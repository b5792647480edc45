"""Wire up realtime, serve, drain: `python -m services.realtime`."""

import asyncio

from services import lifecycle, logs, metrics, rpc_channel
from services.access_tokens import TokenVerifier
from services.decisions import DecisionPoint
from services.key_sets import fetched_from
from services.realtime.actions import Limits
from services.realtime.connection import Connection
from services.realtime.feed import Feed
from services.realtime.handshake import accepted_origins
from services.realtime.joining import Admission
from services.realtime.settings import Settings
from services.realtime.subscriptions import Subscriptions
from services.realtime.websocket import SocketServer


async def main() -> None:
    """Run until told to stop."""
    settings = Settings()
    logs.configure("realtime", settings.log_level)
    async with (
        DecisionPoint(settings.opa_url, settings.decision_wait_s) as decisions,
        rpc_channel.channel(settings.chat_address) as chat,
        rpc_channel.channel(settings.authentication_address) as authentication,
    ):
        admission = Admission(TokenVerifier(settings.token_issuer, fetched_from(authentication)), decisions, chat)
        feed = Feed(settings.kafka_bootstrap_servers)
        rules = Subscriptions[Connection](Limits(outbound_bytes_max=settings.outbound_bytes_max))
        origins = accepted_origins(settings.accepted_origins)
        sockets = SocketServer(
            rules,
            admission.admit,
            admission.position,
            admission.page,
            feed.health,
            origins,
            settings.ping_interval_s,
            settings.sockets_max,
        )
        metrics.gauge("veigo.sockets.open", "Open sockets.", lambda: rules.sockets_count)
        metrics.gauge("veigo.sockets.unread", "Most that waited for one.", sockets.unread_bytes_most, "By")
        metrics.gauge("veigo.rooms.open", "Rooms somebody is in.", lambda: rules.rooms_count)
        metrics.counter("veigo.log.holes", "Sequences that were found missing.", lambda: rules.holes)
        metrics.gauge("veigo.consumer.lag", "Records not read yet.", lambda: {"partition": feed.lag()})
        reading = asyncio.create_task(feed.run(sockets.apply, sockets.missed))
        async with sockets.serving(settings.listen_host, settings.listen_port, settings.drain_s):
            await lifecycle.until_stopped()
        reading.cancel()


lifecycle.run(main())
