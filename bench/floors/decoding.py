"""The least change capture takes: a bare replication client that reads pgoutput and does nothing with it.

psycopg2 reads the stream in a thread of its own. Of each change only the row's id is looked at; `p50_ms` counts from
the commit's answer, and as zero what came before that, so that commit and decoding added up count nothing twice;
`since_insert_p50_ms` counts from the INSERT's sending.
"""

import asyncio
import secrets
import select
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psycopg2
from psycopg2.extras import LogicalReplicationConnection

from bench.blocks import at_a_rate, figures_of
from bench.floors.database import Database, Writer
from bench.measure import Figures, Repeat, Void

ARRIVED_WITHIN_S = 10.0
LOOK_EVERY_S = 0.2  # whether to end
INSERT = b"I"
ID_AT, ID_BYTES = 13, 36  # of pgoutput's Insert: kind, relation, 'N', columns, 't', length, and then the first column


class Follower:
    """Follows a publication in a thread, and notes when each row's change was there."""

    def __init__(self, url: str) -> None:
        self.seen_ns: dict[str, int] = {}
        self._ended = threading.Event()
        self._connection = psycopg2.connect(url, connection_factory=LogicalReplicationConnection)
        self._cursor: Any = self._connection.cursor()
        slot = f"bench_{secrets.token_hex(4)}"
        # Temporary: it goes with its connection, whatever becomes of us.
        self._cursor.execute(f"CREATE_REPLICATION_SLOT {slot} TEMPORARY LOGICAL pgoutput")
        self._cursor.start_replication(
            slot_name=slot, options={"proto_version": "1", "publication_names": "bench"}, decode=False
        )
        self._thread = threading.Thread(target=self._follow, name="follower", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop following."""
        self._ended.set()
        self._thread.join()
        self._connection.close()

    def _follow(self) -> None:
        while not self._ended.is_set():
            message = self._cursor.read_message()
            if message is None:
                select.select([self._cursor], [], [], LOOK_EVERY_S)
                continue
            at_ns = time.monotonic_ns()
            if message.payload[:1] == INSERT:
                self.seen_ns[message.payload[ID_AT : ID_AT + ID_BYTES].decode()] = at_ns
            self._cursor.send_feedback(flush_lsn=message.data_start)


@asynccontextmanager
async def decoded(made: Database, per_s: float, seconds: float) -> AsyncIterator[Repeat]:
    """Insert rows at a rate, and time each until a replication client has it."""
    connection = await made.connect()
    writer = Writer(connection)
    follower = await asyncio.to_thread(Follower, made.url)

    async def repeat() -> Figures:
        rows: dict[str, tuple[int, int]] = {}
        async for _ in at_a_rate(per_s, seconds):
            began_ns = time.monotonic_ns()
            rows[await writer.write()] = (began_ns, time.monotonic_ns())
        await arrived(follower.seen_ns, set(rows))
        seen = [(follower.seen_ns[row], *times) for row, times in rows.items()]
        return figures_of([max(0, at - committed) / 1e6 for at, _, committed in seen]) | figures_of(
            [(at - began) / 1e6 for at, began, _ in seen], "since_insert_"
        )

    try:
        await arrived(follower.seen_ns, {await writer.write()})
        yield repeat
    finally:
        await asyncio.to_thread(follower.close)
        await connection.close()


async def timed(
    send: Callable[[], Awaitable[str]], seen_ns: Mapping[str, int], per_s: float, seconds: float, prefix: str = ""
) -> Figures:
    """Send at a rate, and time each, by its name, from before it was sent until it was seen.

    Raises:
        Void: one was not seen in time.
    """
    began_ns: dict[str, int] = {}
    async for _ in at_a_rate(per_s, seconds):
        at_ns = time.monotonic_ns()
        began_ns[await send()] = at_ns
    await arrived(seen_ns, set(began_ns))
    return figures_of([(seen_ns[name] - at_ns) / 1e6 for name, at_ns in began_ns.items()], prefix)


async def arrived(seen: Mapping[str, int], wanted: set[str]) -> None:
    """Wait until everything has been seen, by a thread or another task.

    Raises:
        Void: it has not, within its time.
    """
    deadline_s = time.monotonic() + ARRIVED_WITHIN_S
    while missing := wanted - seen.keys():
        if time.monotonic() > deadline_s:
            raise Void(f"{len(missing)} of {len(wanted)} rows were not seen within {ARRIVED_WITHIN_S:g} s")
        await asyncio.sleep(0.01)
