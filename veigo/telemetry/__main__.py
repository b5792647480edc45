"""The collector's process: `python -m veigo.telemetry`, told by LISTEN_HOST, LISTEN_PORT and STORE_FILE.

STACK_NAME, STATE_FILE and STACK_TABLE are for the journey page: what it is of, its state, and what to draw; CONNECT_URL
is whom to ask about the connectors.
"""

import asyncio
import contextlib
import gc
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import structlog
import uvloop

from veigo.telemetry.api import Shown, table_in
from veigo.telemetry.collector import Collector, serving, store_at
from veigo.telemetry.connectors import Connectors
from veigo.telemetry.forwarding import Forwarding

NICENESS = 5  # whoever is watched goes first
AUTOGROUP = Path("/proc/self/autogroup")  # sched(7)
GARBAGE_EVERY = 200_000  # objects made and not gone; Python's own number is 700


def shown_of(told: Mapping[str, str]) -> Shown:
    """What the page is of."""
    name = told.get("STACK_NAME", "default")
    state_file = told.get("STATE_FILE")
    table = table_in(told.get("STACK_TABLE"))
    return Shown(name, live=True, table=table, state_file=Path(state_file) if state_file else None)


def give_way() -> None:
    """Run behind those who are watched.

    Where Linux gathers each session's processes in a group, niceness counts within the group alone, and a node is a
    session of its own: there the group must be nice.
    """
    os.nice(NICENESS)
    with contextlib.suppress(OSError):  # no such groups: another kernel, or a control group has the say
        AUTOGROUP.write_text(str(NICENESS))


async def main() -> None:
    """Serve until told to stop."""
    give_way()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    )
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    with store_at(Path(os.environ["STORE_FILE"])) as store:
        connect = os.environ.get("CONNECT_URL")
        connectors = Connectors(connect) if connect else None
        collector = Collector(store, Forwarding.named_by(os.environ), shown_of(os.environ), connectors)
        async with serving(collector, os.environ.get("LISTEN_HOST", "127.0.0.1"), int(os.environ["LISTEN_PORT"])):
            # Rows come by the thousand and none holds another: looking for cycles among them is most of what it costs.
            gc.freeze()
            gc.set_threshold(GARBAGE_EVERY)
            await stopped.wait()


uvloop.run(main())
