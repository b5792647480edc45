"""Wire up authentication, serve, drain: `python -m services.authentication`."""

import asyncio

from protos.veigo.authentication.v1.authentication_pb2_grpc import add_AuthenticationServiceServicer_to_server
from services import lifecycle, logs, postgres
from services.access_tokens import TokenVerifier
from services.authentication import retention
from services.authentication.passwords import PasswordLane
from services.authentication.rpc import SERVICE, Authentication
from services.authentication.settings import Settings
from services.authentication.store import Store
from services.authentication.tokens import TokenSigner
from services.rpc_server import serving


async def main() -> None:
    """Run until told to stop."""
    settings = Settings()
    logs.configure("authentication", settings.log_level)
    signer = TokenSigner.from_file(
        settings.signing_key_file, settings.token_issuer, settings.access_token_s, settings.refresh_token_s
    )

    async def own_keys() -> str:
        return signer.key_set()

    passwords = PasswordLane()
    async with postgres.pool(settings.database_url, settings.connections_max) as pool:
        store = Store(pool)
        sweeping = asyncio.create_task(retention.run(store, settings.refresh_tokens_kept_s, settings.retention_every_s))
        rpc = Authentication(store, passwords, signer, TokenVerifier(settings.token_issuer, own_keys))
        services = [(SERVICE, lambda server: add_AuthenticationServiceServicer_to_server(rpc, server))]
        async with serving(
            f"{settings.listen_host}:{settings.listen_port}", services, settings.drain_s, postgres.OUTAGES
        ):
            await lifecycle.until_stopped()
        sweeping.cancel()
    passwords.close()


lifecycle.run(main())
