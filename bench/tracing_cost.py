"""What tracing every message costs: on and off by turns, in one run on one stack.

    veigo up && python bench/tracing_cost.py --blocks 20

Blocks of a few seconds alternate, in an order drawn from a seed: in one kind every send carries a sampled trace, in the
other one that is not, which is how OpenTelemetry switches tracing off for a request. The stack, its caches and its
neighbours are the same for both, and a drift of the machine meets both alike. Senders wait for each answer before they
send again, so the rate is what the stack can take. The first half second of a block does not count, and between blocks
everybody waits until the collector has written what the block made: no block pays for another's spans. The harness
reports nothing meanwhile: what is measured is the stack's cost.

Rates and percentiles jump about on a small machine. So the processor time of every node is read as well, from the
beginning of a block until the collector is done with it, by message: that figure is far steadier, and says who spends.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psutil
import uvloop

from stack.table import TOPOLOGY
from stack.tools import toolchain
from veigo.client.documents import CREATE_MESSAGE, CreateMessageData
from veigo.client.graphql import GraphQL
from veigo.client.session import User, must
from veigo.history import Frame, History
from veigo.latency import percentile
from veigo.stack.stack import Stack
from veigo.stack.state import read_record
from veigo.telemetry.trace_ids import traceparent

ROOMS, MEMBERS = 4, 3
LEAD_S = 0.5  # of a block, not counted
SETTLE_S = 3.0  # after a block: as long after every one, since idling is not free either; services send every second


@dataclass(slots=True)
class Block:
    """A few seconds with tracing on, or off."""

    traced: bool
    acknowledged_ms: list[float] = field(default_factory=list)
    delivered_ms: list[float] = field(default_factory=list)
    per_s: float = 0.0
    sent: int = 0  # those of the lead included
    cpu_s: dict[str, float] = field(default_factory=dict)  # by node
    spans: int = 0


class Meters:
    """What the stack's processes spend, and what the collector has taken."""

    def __init__(self, stack: Stack) -> None:
        record = read_record(stack.state_file)
        assert record is not None
        self._url = f"http://{stack.address('collector')}/healthz"
        self._processes = {n: psutil.Process(one.process.pid) for n, one in record.nodes.items() if one.process}

    def cpu_s(self) -> dict[str, float]:
        """Processor seconds of every node until now, its children's included."""
        return {node: sum(map(spent_s, [one, *one.children(True)])) for node, one in self._processes.items()}

    async def settled(self) -> int:
        """Wait until the collector has written everything; return how many spans it ever took."""
        await asyncio.sleep(SETTLE_S)
        async with aiohttp.ClientSession() as http, http.get(self._url) as answer:
            return int((await answer.json())["spans"])


def spent_s(process: psutil.Process) -> float:
    """User and system seconds of a process; nothing of one that is gone."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


class Load:
    """People in rooms, and senders that are never idle."""

    def __init__(self, base_url: str, history: History, senders: int) -> None:
        self.graphql = GraphQL(base_url)
        self._senders = senders
        self._run = uuid.uuid4().hex[:12]
        people = range(ROOMS * MEMBERS)
        self._users = [User(f"P{n}", base_url, self.graphql, history, self._received) for n in people]
        self._rooms: list[str] = []
        self._sent_s: dict[str, tuple[float, Block]] = {}

    async def settle(self) -> None:
        """Sign everybody up and let them listen."""
        for number, user in enumerate(self._users):
            must(await user.sign_up(f"{number}.{self._run}@example.com", "Password@123", "bench"))
        for number in range(ROOMS):
            first, *others = self._users[number * MEMBERS : (number + 1) * MEMBERS]
            room = must(await first.create_room("Room", [other.id for other in others])).room or ""
            self._rooms.append(room)
            for user in (first, *others):
                must(await user.connect())
                must(await user.join(room))

    async def hold(self, block: Block, seconds: float) -> None:
        """Send for a while, as fast as answers come."""
        began_s = time.monotonic()
        counted_s, until_s = began_s + LEAD_S, began_s + LEAD_S + seconds

        async def send(number: int) -> None:
            user, room = self._users[(number % ROOMS) * MEMBERS], self._rooms[number % ROOMS]
            while (sent_s := time.monotonic()) < until_s:
                message_id = str(uuid.uuid4())
                counts = sent_s >= counted_s
                if counts:
                    self._sent_s[message_id] = (sent_s, block)
                context = traceparent(message_id)[:-2] + ("01" if block.traced else "00")
                variables = {"roomId": room, "content": "Hello", "messageId": message_id}
                block.sent += 1
                await self.graphql.execute(CREATE_MESSAGE, variables, CreateMessageData, user._token, context)
                if counts:
                    block.acknowledged_ms.append((time.monotonic() - sent_s) * 1000)

        await asyncio.gather(*(send(number) for number in range(self._senders)))
        block.per_s = len(block.acknowledged_ms) / (time.monotonic() - counted_s)

    def forget(self) -> None:
        """Be ready for the next block."""
        self._sent_s.clear()

    async def leave(self) -> None:
        """Close everything."""
        await asyncio.gather(*(user.leave() for user in self._users))
        await self.graphql.close()

    def _received(self, frame: Frame) -> None:
        sent = self._sent_s.get(frame.message_id or "")
        if sent is not None:
            sent[1].delivered_ms.append((frame.at_ns / 1e9 - sent[0]) * 1000)


async def measure(stack: Stack, *, blocks: int, seconds: float, senders: int, seed: int) -> list[Block]:
    """Carry the blocks out, as many with tracing as without."""
    order = [traced for n in range(blocks) for traced in random.Random(seed + n).sample([True, False], 2)]  # noqa: S311
    base_url, meters, done = f"http://{stack.address('gateway')}", Meters(stack), []
    with tempfile.TemporaryDirectory() as folder:
        async with History(Path(folder) / "history.jsonl") as history:
            load = Load(base_url, history, senders)
            await load.settle()
            await load.hold(Block(traced=True), seconds)  # to warm up
            spans = await meters.settled()
            for traced in order:
                block = Block(traced)
                spent = meters.cpu_s()
                load.forget()
                await load.hold(block, seconds)
                spans, before = await meters.settled(), spans
                block.spans = spans - before
                block.cpu_s = {node: now_s - spent[node] for node, now_s in meters.cpu_s().items()}
                done.append(block)
            await load.leave()
    return done


def say(blocks: list[Block]) -> None:
    """Print both kinds beside each other, and what tracing costs: by pairs of neighbours, with the spread."""
    print(f"{'':<12}{'messages/s':>12}{'ack p50':>10}{'ack p99':>10}{'seen p50':>10}{'seen p99':>10}")  # noqa: T201
    for traced in (False, True):
        mine = [block for block in blocks if block.traced is traced]
        acknowledged = sorted(time for block in mine for time in block.acknowledged_ms)
        delivered = sorted(time for block in mine for time in block.delivered_ms)
        times = [percentile(one, percent) or 0 for one in (acknowledged, delivered) for percent in (50, 99)]
        rate = statistics.mean(block.per_s for block in mine)
        print(f"{'tracing on' if traced else 'tracing off':<12}{rate:>12.1f}" + "".join(f"{t:>10.1f}" for t in times))  # noqa: T201
    pairs = [sorted(blocks[n : n + 2], key=lambda block: block.traced) for n in range(0, len(blocks), 2)]
    throughput = [1 - on.per_s / off.per_s for off, on in pairs]
    p99 = [p99_of(on) / p99_of(off) - 1 for off, on in pairs]
    cpu = [cpu_ms(on) / cpu_ms(off) - 1 for off, on in pairs]
    for what, costs in (("throughput", throughput), ("p99 of deliveries", p99), ("processor time a message", cpu)):
        spread = statistics.stdev(costs) / len(costs) ** 0.5 if len(costs) > 1 else 0.0
        told = f"{statistics.mean(costs):.1%} ± {spread:.1%} (mean of {len(costs)} pairs and its error)"
        print(f"cost in {what}: {told}, median {statistics.median(costs):.1%}")  # noqa: T201
    say_who_spends(blocks)


def say_who_spends(blocks: list[Block]) -> None:
    """Print the processor time of every node, by message."""
    sent = {traced: sum(one.sent for one in blocks if one.traced is traced) for traced in (False, True)}
    print(f"\n{'CPU ms/message':<16}{'off':>8}{'on':>8}{'more':>8}")  # noqa: T201
    for node in blocks[0].cpu_s:
        off, on = (1000 * sum(one.cpu_s[node] for one in blocks if one.traced is t) / sent[t] for t in (False, True))
        print(f"{node:<16}{off:>8.3f}{on:>8.3f}{on - off:>8.3f}")  # noqa: T201
    print(f"spans a message: {sum(one.spans for one in blocks if one.traced) / sent[True]:.1f}")  # noqa: T201


def cpu_ms(block: Block) -> float:
    """Processor time of all nodes by message."""
    return 1000 * sum(block.cpu_s.values()) / block.sent


def p99_of(block: Block) -> float:
    """The 99th percentile of a block's deliveries."""
    return percentile(sorted(block.delivered_ms), 99) or 1.0


def main() -> None:
    """Measure a stack that is up."""
    parser = argparse.ArgumentParser(description="What tracing costs.")
    parser.add_argument("--name", default="default")
    parser.add_argument("--blocks", type=int, default=20, help="of each kind")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each block")
    parser.add_argument("--senders", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    stack = Stack.existing(TOPOLOGY, toolchain(), told.name)
    assert stack is not None, f"stack {told.name} is not up; `veigo up --name {told.name}` starts it"
    say(uvloop.run(measure(stack, blocks=told.blocks, seconds=told.seconds, senders=told.senders, seed=told.seed)))


if __name__ == "__main__":
    main()
