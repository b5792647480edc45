"""Wire up chat, serve, drain: `python -m services.chat`."""

import asyncio

from services import lifecycle, logs, postgres, rpc_channel
from services.access_tokens import TokenVerifier
from services.chat import retention, rpc
from services.chat.authorization import Authorization
from services.chat.log_store import LogStore
from services.chat.room_store import RoomStore
from services.chat.settings import Settings
from services.chat.slots import Slots
from services.decisions import DecisionPoint
from services.key_sets import fetched_from
from services.rpc_server import serving


async def main() -> None:
    """Run until told to stop."""
    settings = Settings()
    logs.configure("chat", settings.log_level)
    async with (
        postgres.pool(settings.database_url, settings.connections_max) as pool,
        DecisionPoint(settings.opa_url, settings.decision_wait_s) as decisions,
        rpc_channel.channel(settings.authentication_address) as channel,
    ):
        verifier = TokenVerifier(settings.token_issuer, fetched_from(channel))
        services = rpc.services(pool, Authorization(verifier, decisions, RoomStore(pool).membership_version))
        sweeping = asyncio.create_task(
            retention.run(LogStore(pool), settings.room_events_kept_s, settings.retention_every_s)
        )
        watching = asyncio.create_task(Slots().watch(pool))
        async with serving(
            f"{settings.listen_host}:{settings.listen_port}", services, settings.drain_s, postgres.OUTAGES
        ):
            await lifecycle.until_stopped()
        sweeping.cancel()
        watching.cancel()


lifecycle.run(main())
