"""How many durable messages a second pass GraphQL and gRPC, by how many rows pgbench inserts."""

import asyncio
import contextlib
import os
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from bench.floors.database import Database, database
from bench.measure import Figures, Goal, Measure, Ratio, Repeat, Unable, Void
from bench.room import Room, room
from bench.site import Site

ROOMS, CLIENTS = 4, 16
BLOCK_S, PGBENCH_S = 4.0, 3
PGBENCH_THREADS = 2
SCRIPT = """INSERT INTO messages (id, room_id, sender_id, content, sequence, number)
VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), repeat('x', 100), 1, 1);
"""


def pgbench() -> str:
    """Where pgbench is.

    Raises:
        Unable: it is not installed.
    """
    found = shutil.which("pgbench") or next(map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))), None)
    if found is None:
        raise Unable("pgbench is missing; `apt-get install postgresql-contrib` brings it")
    return found


@contextlib.asynccontextmanager
async def inserting(site: Site, made: Database) -> AsyncIterator[Repeat]:
    """Have pgbench insert rows like messages, as fast as its clients can."""
    program, script = pgbench(), site.folder / "insert.sql"
    script.write_text(SCRIPT)
    where = urlsplit(made.url)

    async def repeat() -> Figures:
        process = await asyncio.create_subprocess_exec(
            *(program, "--no-vacuum", "--protocol=prepared", f"--file={script}", f"--time={PGBENCH_S}"),
            *(f"--client={CLIENTS}", f"--jobs={PGBENCH_THREADS}", f"--host={where.hostname}", f"--port={where.port}"),
            *(f"--username={where.username}", where.path.lstrip("/")),
            env=os.environ | {"PGPASSWORD": where.password or ""},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return {"per_s": per_s_in(said.decode())}

    yield repeat


def per_s_in(said: str) -> float:
    """The transactions a second that pgbench tells of.

    Raises:
        Void: it tells of none, or of some that failed.
    """
    rate = re.search(r"^tps = ([\d.]+)", said, re.MULTILINE)
    failed = re.search(r"^number of failed transactions: (\d+)", said, re.MULTILINE)
    if rate is None or (failed is not None and int(failed[1])):
        raise Void(f"pgbench said: {(said.strip() or 'nothing').splitlines()[-1]}")
    return float(rate[1])


@contextlib.asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Mapping[str, Repeat]]:
    """Have rooms in which everybody writes, and a table into which pgbench does."""
    async with contextlib.AsyncExitStack() as held:
        made = await held.enter_async_context(database(site))
        insert = await held.enter_async_context(inserting(site, made))
        rooms = [await held.enter_async_context(room(site)) for _ in range(ROOMS)]

        async def ours() -> Figures:
            return await rushed(rooms, site.seconds(BLOCK_S))

        await rushed(rooms, site.seconds(BLOCK_S))  # to warm up
        yield {"ours": ours, "pgbench": insert}


async def rushed(rooms: list[Room], seconds: float) -> Figures:
    """Write in all rooms as fast as answers come, and wait for all deliveries; what is counted are answers."""
    talks = await asyncio.gather(*(one.rush(CLIENTS // ROOMS, seconds) for one in rooms))
    return {"per_s": sum(len(talk.acknowledged_ns) for talk in talks) / seconds}


measure = Measure(
    name="durable_sends",
    question="How many messages are acknowledged by how many rows that pgbench inserts, at sixteen clients each?",
    sides={
        "ours": "GraphQL mutations in four rooms, each client waiting for its answer; all of them delivered afterwards",
        "pgbench": "INSERTs of rows like a message's, prepared, each a transaction",
    },
    ratios=(Ratio("rate", over=("ours",), under=("pgbench",), figure="per_s", goal=Goal(at_least=0.15)),),
    opened=opened,
    note="While messages are sent, everything behind them runs on the same processors: change capture, fan-out, read "
    "model and traces. Behind pgbench runs nothing.",
)
