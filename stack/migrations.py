"""The schemas of the two databases, brought up to date by the services' own migrations, as an administrator."""

import asyncio
import os
import sys

from stack import postgres
from veigo.stack.node import Job
from veigo.stack.problem import StackError
from veigo.stack.process import last_lines
from veigo.stack.stack import Stack

SCHEMAS = {"authentication": "auth_db", "chat": "chat_db"}  # service → its database


async def run(stack: Stack) -> None:
    """Migrate both databases at once."""
    async with asyncio.TaskGroup() as group:
        for service, database in SCHEMAS.items():
            group.create_task(_migrate(stack, service, database))


async def _migrate(stack: Stack, service: str, database: str) -> None:
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
