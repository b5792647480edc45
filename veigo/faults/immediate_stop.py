"""PostgreSQL is stopped at once, without a checkpoint: at its next start it recovers from its log."""

from typing import ClassVar

from veigo.faults.down import Down
from veigo.faults.site import Site


class ImmediateStop(Down):
    """Stops PostgreSQL in its immediate mode; it stays down until it is healed, and then recovers."""

    model: ClassVar = "PostgreSQL is shut down in immediate mode (SIGQUIT): connections are cut, nothing is flushed"

    def __init__(self) -> None:
        super().__init__("postgres")

    @property
    def name(self) -> str:
        """What happens."""
        return f"stop {self.node} immediately"

    async def inject(self, site: Site) -> None:
        """Stop it, and wait until it has."""
        await site.stop(self.node, "SIGQUIT")
