"""Rows that were copied in bulk share places in PostgreSQL's log, and Connect is killed among them (dbz#1554)."""

from typing import ClassVar

from veigo.faults.fault import Fault
from veigo.faults.heal import HealStep
from veigo.faults.site import Site
from veigo.stack.problem import NotReadyError, StackError
from veigo.stack.readiness import until

TOPIC = "chat.public.heartbeats"
FIRST_ID = 1_000  # the heartbeats of Debezium and of the probes come before
SENT_WITHIN_S = 30.0


class CopyAcrossRestart(Fault):
    """Copies rows into a captured table, kills Connect when some of them are in Kafka, and starts it again."""

    model: ClassVar = "Connect dies by SIGKILL in the middle of the rows of one COPY"

    def __init__(self, rows: int = 10_000) -> None:
        self.rows = rows
        self._sent = 0

    @property
    def name(self) -> str:
        """What happens."""
        return f"kill connect in the middle of a copy of {self.rows:,} rows"

    @property
    def nodes(self) -> tuple[str, ...]:
        """Who is killed, and where the rows are."""
        return ("connect", "postgres")

    def heals(self) -> tuple[HealStep, ...]:
        """Connect runs; the rows go when they have been captured, which their deletion is not."""
        remove = {"statement": "DELETE FROM heartbeats WHERE id >= 1000"}
        return (HealStep("start", "connect"), HealStep("capture", "chat"), HealStep("sql", "chat_db", remove))

    async def inject(self, site: Site) -> None:
        """Copy, and kill among the rows."""
        before = await site.records(TOPIC)
        last = FIRST_ID + self.rows - 1
        await site.sql("chat_db", f"COPY heartbeats (id) FROM PROGRAM 'seq {FIRST_ID} {last}'")

        async def some() -> None:
            if await site.records(TOPIC) - before < self.rows // 100:
                raise NotReadyError("fewer than one in a hundred are in Kafka")

        await until(some, SENT_WITHIN_S, "the copied rows do not come through")
        await site.kill("connect")
        self._sent = await site.records(TOPIC) - before
        await site.start("connect")

    async def felt(self, site: Site) -> str:
        """When it was killed Kafka had some of the rows, and not all."""
        del site
        if self._sent >= self.rows:
            raise StackError(f"nobody felt it: all {self.rows:,} rows were in Kafka before Connect was killed")
        return f"Kafka had {self._sent:,} of {self.rows:,} rows when Connect was killed"
