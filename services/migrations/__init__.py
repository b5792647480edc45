"""Migrations as SQL, run by Alembic: each service keeps its own in its `schema/` folder.

They run as an administrator before the service starts, because they make what a service's own role must not:
publications, replication slots and grants.
"""

import asyncio
import os
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

LOCK_KEY = 0x76656967  # pg_advisory_lock is per database, so one key serves every service
LOCK_WAIT_S = 60  # how long to wait for another process that migrates the same database


def upgrade(schema: Path) -> None:
    """Bring the database of ADMIN_DATABASE_URL to the newest revision in `schema`; does nothing when it is there.

    Raises:
        SystemExit: ADMIN_DATABASE_URL is not set.
    """
    url = os.environ.get("ADMIN_DATABASE_URL")
    if url is None:
        raise SystemExit("Set ADMIN_DATABASE_URL to postgresql://… of the database to migrate, as its administrator.")
    asyncio.run(_upgrade(url.replace("postgresql://", "postgresql+asyncpg://", 1), schema))


async def _upgrade(url: str, schema: Path) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.execute(text(f"SET lock_timeout = '{LOCK_WAIT_S}s'"))
        await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK_KEY})
        await connection.commit()
        await connection.run_sync(_run, schema)
    await engine.dispose()


def _run(connection: Connection, schema: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("version_locations", str(schema))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
