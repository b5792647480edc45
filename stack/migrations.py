"""The schemas of the two databases, brought up to date by the services' own migrations, as an administrator.

A database that is at the last revision is left alone.
"""

import asyncio
import os
import re
import sys
from pathlib import Path

from stack import postgres
from veigo.stack.node import Job
from veigo.stack.problem import StackError
from veigo.stack.process import last_lines
from veigo.stack.stack import Stack

ROOT = Path(__file__).resolve().parents[1]
SCHEMAS = {"authentication": "auth_db", "chat": "chat_db"}  # service → its database


async def run(stack: Stack) -> None:
    """Migrate both databases at once."""
    async with asyncio.TaskGroup() as group:
        for service, database in SCHEMAS.items():
            group.create_task(_migrate(stack, service, database))


def newest_revision(service: str) -> str:
    """The revision of the last migration file of a service, by file name."""
    last = max((ROOT / "services" / service / "schema" / "versions").glob("[0-9]*.py"))
    found = re.search(r'^revision(?:: str)? = "([^"]+)"', last.read_text(), re.MULTILINE)
    return found.group(1) if found else ""


async def is_current(stack: Stack, service: str, database: str) -> bool:
    """Whether the database says it has the last migration already; a start then spares two Python processes."""
    import asyncpg

    connection = await postgres.connect(stack, database)
    try:
        revisions = [row["version_num"] for row in await connection.fetch("SELECT version_num FROM alembic_version")]
    except asyncpg.UndefinedTableError:
        return False
    finally:
        await connection.close()
    return revisions == [newest_revision(service)]


async def _migrate(stack: Stack, service: str, database: str) -> None:
    if await is_current(stack, service, database):
        return
    log = stack.log(f"migrations-{service}")
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", f"services.{service}.schema"),
            env=os.environ | {"ADMIN_DATABASE_URL": postgres.dsn(stack, postgres.SUPERUSER, database)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            code = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
    if code != 0:
        said = "\n".join(f"  {line}" for line in last_lines(log))
        raise StackError(f"{service}'s schema exited with code {code}; the end of {log}:\n{said}")


JOB = Job(name="migrations", does="tables, publications and slots", run=run, after=("postgres",))
