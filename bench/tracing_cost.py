"""What tracing every message costs: on and off by turns, in one run on one stack.

    veigo up && python bench/tracing_cost.py --blocks 12

Blocks of a few seconds alternate, in an order drawn from a seed: in one kind every send carries a sampled trace, in the
other one that is not, which is how OpenTelemetry switches tracing off for a request. The stack, its caches and its
neighbours are the same for both, and a drift of the machine meets both alike. Senders wait for each answer before they
send again, so the rate is what the stack can take. The first second of a block, in which the spans of the one before
are still being sent, does not count. The harness reports nothing meanwhile: what is measured is the stack's cost.
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

import uvloop

from stack.table import TOPOLOGY
from stack.tools import toolchain
from veigo.client.documents import CREATE_MESSAGE, CreateMessageData
from veigo.client.graphql import GraphQL
from veigo.client.session import User, must
from veigo.history import Frame, History
from veigo.latency import percentile
from veigo.stack.stack import Stack
from veigo.telemetry.trace_ids import traceparent

ROOMS, MEMBERS = 4, 3
LEAD_S = 1.0  # of a block, not counted
QUIET_S = 0.5  # after a block, for what is under way


@dataclass(slots=True)
class Block:
    """A few seconds with tracing on, or off."""

    traced: bool
    acknowledged_ms: list[float] = field(default_factory=list)
    delivered_ms: list[float] = field(default_factory=list)
    per_s: float = 0.0


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
                await self.graphql.execute(CREATE_MESSAGE, variables, CreateMessageData, user._token, context)
                if counts:
                    block.acknowledged_ms.append((time.monotonic() - sent_s) * 1000)

        await asyncio.gather(*(send(number) for number in range(self._senders)))
        block.per_s = len(block.acknowledged_ms) / (time.monotonic() - counted_s)
        await asyncio.sleep(QUIET_S)
        self._sent_s.clear()

    async def leave(self) -> None:
        """Close everything."""
        await asyncio.gather(*(user.leave() for user in self._users))
        await self.graphql.close()

    def _received(self, frame: Frame) -> None:
        sent = self._sent_s.get(frame.message_id or "")
        if sent is not None:
            sent[1].delivered_ms.append((frame.at_ns / 1e9 - sent[0]) * 1000)


async def measure(base_url: str, *, blocks: int, seconds: float, senders: int, seed: int) -> list[Block]:
    """Carry the blocks out, as many with tracing as without."""
    order = [traced for n in range(blocks) for traced in random.Random(seed + n).sample([True, False], 2)]  # noqa: S311
    done = []
    with tempfile.TemporaryDirectory() as folder:
        async with History(Path(folder) / "history.jsonl") as history:
            load = Load(base_url, history, senders)
            await load.settle()
            await load.hold(Block(traced=True), seconds)  # to warm up
            for traced in order:
                block = Block(traced)
                await load.hold(block, seconds)
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
    for what, costs in (("throughput", throughput), ("p99 of deliveries", p99)):
        spread = statistics.stdev(costs) / len(costs) ** 0.5 if len(costs) > 1 else 0.0
        print(f"cost in {what}: {statistics.mean(costs):.1%} ± {spread:.1%} (mean of {len(costs)} pairs, its error)")  # noqa: T201


def p99_of(block: Block) -> float:
    """The 99th percentile of a block's deliveries."""
    return percentile(sorted(block.delivered_ms), 99) or 1.0


def main() -> None:
    """Measure a stack that is up."""
    parser = argparse.ArgumentParser(description="What tracing costs.")
    parser.add_argument("--name", default="default")
    parser.add_argument("--blocks", type=int, default=12, help="of each kind")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each block")
    parser.add_argument("--senders", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    stack = Stack.existing(TOPOLOGY, toolchain(), told.name)
    assert stack is not None, f"stack {told.name} is not up; `veigo up --name {told.name}` starts it"
    base_url = f"http://{stack.address('gateway')}"
    say(uvloop.run(measure(base_url, blocks=told.blocks, seconds=told.seconds, senders=told.senders, seed=told.seed)))


if __name__ == "__main__":
    main()
