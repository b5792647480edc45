"""Wire up the aggregator, follow, drain: `python -m services.aggregator`."""

from services import lifecycle, logs
from services.aggregator import health
from services.aggregator.change_log import ChangeLog
from services.aggregator.documents import Documents
from services.aggregator.follower import Follower, follow_until_stopped
from services.aggregator.opa_data import PolicyData
from services.aggregator.progress import Progress
from services.aggregator.settings import Settings


async def main() -> None:
    """Run until told to stop."""
    settings = Settings()
    logs.configure("aggregator", settings.log_level)
    progress = Progress()
    async with (
        health.serving(settings.listen_host, settings.listen_port, progress),
        ChangeLog(settings.kafka_bootstrap_servers) as changes,
        PolicyData(settings.opa_url) as policies,
        Documents(settings.mongodb_url) as documents,
    ):
        follower = Follower(changes, documents, policies, progress)
        await follow_until_stopped(follower, settings.drain_s)


lifecycle.run(main())
