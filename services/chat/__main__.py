"""Wire up chat, serve, drain: `python -m services.chat`."""

from services import lifecycle, logs, postgres, rpc_channel
from services.access_tokens import TokenVerifier
from services.chat import rpc
from services.chat.authorization import Authorization
from services.chat.settings import Settings
from services.chat.store import Store
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
        store = Store(pool)
        verifier = TokenVerifier(settings.token_issuer, fetched_from(channel))
        services = rpc.services(store, Authorization(verifier, decisions, store.membership_version))
        async with serving(
            f"{settings.listen_host}:{settings.listen_port}", services, settings.drain_s, postgres.OUTAGES
        ):
            await lifecycle.until_stopped()


lifecycle.run(main())
