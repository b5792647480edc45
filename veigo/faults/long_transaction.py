"""Transactions that write before Debezium restarts and commit after it, while others commit in between (dbz#76)."""

from typing import ClassVar

from veigo.faults import capture, held_commits
from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Site
from veigo.stack.problem import StackError

CONFIRMED = """
    SELECT 1 FROM pg_replication_slots
    WHERE slot_name = $1 AND active AND confirmed_flush_lsn > $2::text::pg_lsn"""


class LongTransaction(Fault):
    """Holds every commit of a room's change open while the chat connector restarts. It takes people who talk."""

    model: ClassVar = "transactions stay open across a restart of Debezium, while others commit"

    def __init__(self) -> None:
        self._spanned = 0

    @property
    def name(self) -> str:
        """What happens."""
        return "hold transactions open across a restart of debezium"

    @property
    def nodes(self) -> tuple[str, ...]:
        """Who restarts, and who holds."""
        return ("connect", "postgres")

    def heals(self) -> tuple[HealStep, ...]:
        """Whoever waits goes on, and nobody waits again."""
        statements = (held_commits.RELEASE, held_commits.FORGET)
        undo = (HealStep("sql", held_commits.DATABASE, {"statement": statement}) for statement in statements)
        return (*undo, HealStep("capture", "chat"))

    async def inject(self, site: Site) -> None:
        """Hold, wait until Debezium has gone past rows that are not committed, restart it, and let go."""
        async with held_commits.held_commits(site):
            held = await held_commits.rows(site, "nobody changes a room", held_commits.WAITING)
            passed = (capture.slot_of("chat"), held[0]["lsn"])
            await held_commits.rows(site, "Debezium did not go past an open transaction", CONFIRMED, *passed)
            reader = await capture.reader(site, "chat")
            await capture.ask(site, "POST", "chat", "restart?includeTasks=true")
            await capture.another_reader(site, "chat", reader)
            waiting = {row["pid"] for row in await site.sql(held_commits.DATABASE, held_commits.WAITING)}
            self._spanned = len(waiting & {row["pid"] for row in held})

    async def felt(self, site: Site) -> str:
        """Transactions were open from before the restart until after it."""
        del site
        if not self._spanned:
            raise StackError("nobody felt it: no transaction was open across the restart")
        return f"{self._spanned} transactions wrote before Debezium restarted, and committed after it"
