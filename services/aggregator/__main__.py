"""Wire up the aggregator, follow, drain: `python -m services.aggregator`."""

import asyncio
from functools import partial

from pymongo.errors import PyMongoError

from protos.veigo.aggregator.v1.aggregator_pb2_grpc import add_InboxServiceServicer_to_server
from services import lifecycle, logs, metrics, rpc_channel
from services.access_tokens import TokenVerifier
from services.aggregator import health
from services.aggregator.change_log import ChangeLog
from services.aggregator.documents import Documents
from services.aggregator.follower import Follower, follow_until
from services.aggregator.inbox_reader import InboxReader
from services.aggregator.leading import lead
from services.aggregator.lease import Lease
from services.aggregator.opa_data import PolicyData
from services.aggregator.progress import Progress
from services.aggregator.rpc import SERVICE, Inbox
from services.aggregator.settings import Settings
from services.decisions import DecisionPoint
from services.key_sets import fetched_from
from services.rpc_server import serving


async def main() -> None:
    """Run until told to stop."""
    settings = Settings()
    logs.configure("aggregator", settings.log_level)
    progress = Progress()
    metrics.gauge("veigo.consumer.lag", "Records not applied yet.", lambda: {"partition": progress.lag()})
    metrics.counter("veigo.dead_letters", "Records set aside.", lambda: progress.dead_letters)
    async with (
        health.serving(settings.listen_host, settings.listen_port, progress),
        DecisionPoint(settings.opa_url, settings.decision_wait_s) as decisions,
        rpc_channel.channel(settings.authentication_address) as authentication,
        InboxReader(settings.mongodb_url) as reader,
    ):
        inbox = Inbox(reader, TokenVerifier(settings.token_issuer, fetched_from(authentication)), decisions)
        services = [(SERVICE, lambda server: add_InboxServiceServicer_to_server(inbox, server))]
        address = f"{settings.listen_host}:{settings.grpc_port}"
        async with serving(address, services, settings.drain_s, (PyMongoError,)):
            stopping = asyncio.Event()
            asked = asyncio.create_task(lifecycle.until_stopped())
            asked.add_done_callback(lambda _: stopping.set())
            async with Lease(settings.mongodb_url) as lease:
                await lead(lease, progress, partial(_follow, settings, progress, lease), stopping)


async def _follow(settings: Settings, progress: Progress, lease: Lease, ending: asyncio.Event) -> None:
    async with (
        ChangeLog(settings.kafka_bootstrap_servers) as changes,
        PolicyData(settings.opa_url) as policies,
        Documents(settings.mongodb_url) as documents,
    ):
        follower = Follower(changes, documents, policies, progress, lease)
        await follow_until(follower, ending, settings.drain_s)


lifecycle.run(main())
