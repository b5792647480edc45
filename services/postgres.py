"""How services hold PostgreSQL: one bounded pool, and which of its errors mean that it is out rather than wrong."""

import asyncpg

CONNECT_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 10.0  # a statement that takes longer is cancelled; callers see DEADLINE_EXCEEDED
CONNECTIONS_MIN = 2  # kept open, so that the first calls pay no connection

OUTAGES: tuple[type[Exception], ...] = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
)


class Stateless(asyncpg.Connection):
    """A connection that keeps nothing from one use to the next, so nothing has to be reset in between.

    No service listens, takes session locks, opens cursors outside a transaction or changes settings; asyncpg's reset
    would cost each statement one more round trip. An unfinished transaction is rolled back all the same.
    """

    def get_reset_query(self) -> str:
        """Return nothing to run."""
        return ""


def pool(url: str, connections_max: int) -> "asyncpg.Pool[asyncpg.Record]":
    """Return a pool, to be entered with `async with`; further statements wait for one of its connections."""
    return asyncpg.create_pool(
        url,
        min_size=CONNECTIONS_MIN,
        max_size=connections_max,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=COMMAND_TIMEOUT_S,
        connection_class=Stateless,
    )
