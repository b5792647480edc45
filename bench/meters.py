"""What the stack's processes spend, and what the collector has taken."""

import asyncio

import aiohttp
import psutil

from veigo.stack.stack import Stack
from veigo.stack.state import read_record

# As long after every block, since idling is not free either; services send what they have to tell every second.
SETTLE_S = 2.5


class Meters:
    """Reads them."""

    def __init__(self, stack: Stack) -> None:
        record = read_record(stack.state_file)
        assert record is not None, "the stack runs"
        self._url = f"http://{stack.address('collector')}/healthz"
        self._processes = {n: psutil.Process(one.process.pid) for n, one in record.nodes.items() if one.process}

    def cpu_s(self) -> dict[str, float]:
        """Processor seconds of every node until now, its children's included."""
        return {node: sum(map(spent_s, [one, *one.children(True)])) for node, one in self._processes.items()}

    async def spans(self) -> int:
        """How many spans the collector has ever taken."""
        async with aiohttp.ClientSession() as http, http.get(self._url) as answer:
            return int((await answer.json())["spans"])

    async def settled(self) -> int:
        """Wait until the collector has what a block made; return how many spans it ever took."""
        await asyncio.sleep(SETTLE_S)
        return await self.spans()


def spent_s(process: psutil.Process) -> float:
    """User and system seconds of a process; nothing of one that is gone."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
