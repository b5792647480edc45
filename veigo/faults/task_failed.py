"""A connector's task fails for good: Debezium may no longer log in, and every restart fails like the first."""

from typing import ClassVar

from veigo.faults import capture
from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Site

ROLE = "debezium"


class TaskFailed(Fault):
    """Takes the right to log in from Debezium's role, and restarts the task, which has to."""

    model: ClassVar = "a role loses a right it needs; nothing is lost, and nothing goes on until it has it back"

    def __init__(self, connector: str = "chat") -> None:
        self.connector = connector

    @property
    def name(self) -> str:
        """What happens."""
        return f"fail the task of {self.connector}"

    @property
    def nodes(self) -> tuple[str, ...]:
        """Who fails."""
        return ("connect",)

    def heals(self) -> tuple[HealStep, ...]:
        """The role may again, and the tasks are restarted."""
        return (
            HealStep("sql", "postgres", {"statement": f"ALTER ROLE {ROLE} LOGIN"}),
            HealStep("capture", self.connector),
        )

    async def inject(self, site: Site) -> None:
        """Take the right, and have it needed."""
        await site.sql("postgres", f"ALTER ROLE {ROLE} NOLOGIN")
        await capture.ask(site, "POST", self.connector, "restart?includeTasks=true")

    async def felt(self, site: Site) -> str:
        """Connect calls it FAILED, and says why."""
        return await capture.failed(site, self.connector)
